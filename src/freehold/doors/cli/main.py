"""The `freehold` command: which commands there are, and what their exit codes are.

Commands are loaded when they are called, so `--help` stays quick; COMMANDS therefore carries the
sentence that `--help` shows, which a test compares with the command's own. A command returns an
`Outcome` (or nothing, which is DONE) or raises an error of core/errors.py. EXIT_CODES is the only
place that knows numbers.
"""

import difflib
import importlib
import sys
from pathlib import Path
from typing import NamedTuple

import click

from freehold.core.errors import (
    Broken,
    Conflict,
    Invalid,
    NotFound,
    NotPermitted,
    PlatformError,
    Unavailable,
)
from freehold.doors.cli.errors import explain, explain_bug, explain_usage
from freehold.doors.cli.output import Outcome


class Entry(NamedTuple):
    """Where a command lives (`module:name`) and the sentence that says what it does."""

    target: str
    sentence: str


COMMANDS = {
    "access": Entry(
        "freehold.doors.cli.access:access", "Say who may sign in to the platform, and as what."
    ),
    "agent": Entry(
        "freehold.doors.cli.agent:agent",
        "The transfer agent's desk: registrations, stops, legends, records, reports.",
    ),
    "action": Entry(
        "freehold.doors.cli.action:action",
        "Corporate actions: announce, preview, fund, pay, reconcile, close, amend, cancel.",
    ),
    "approvals": Entry(
        "freehold.doors.cli.approvals:approvals",
        "Acts that two persons agree to: propose, see what would change, approve, decline.",
    ),
    "asset": Entry(
        "freehold.doors.cli.asset:asset",
        "Record real things: check a record, compute its id, issue its title.",
    ),
    "audit": Entry(
        "freehold.doors.cli.audit:audit", "Verify and export the log of every act and refusal."
    ),
    "attest": Entry(
        "freehold.doors.cli.attest:attest",
        "Attestations of a registrar: state facts, sign them anywhere, let anybody submit them.",
    ),
    "backup": Entry(
        "freehold.doors.cli.backup:backup",
        "Copy book, keys and embedded ledger into the new folder TARGET, while everything runs.",
    ),
    "captable": Entry(
        "freehold.doors.cli.captable:captable",
        "Bring a cap table in, write it out, see it on a legal day.",
    ),
    "cash": Entry(
        "freehold.doors.cli.cash:cash",
        "The cash book: what moved, trial balances, reconciliation with chain and banks, breaks.",
    ),
    "claim": Entry(
        "freehold.doors.cli.claim:claim",
        "Claims about persons: add, end and revoke them, and say whose claims count.",
    ),
    "contracts": Entry(
        "freehold.doors.cli.contracts:contracts",
        "See the compiled contracts, or compile them from their sources.",
    ),
    "coupons": Entry(
        "freehold.doors.cli.coupons:coupons",
        "Compute every payment of a bond: dates, rates, and amounts for each unit, exact.",
    ),
    "daycount": Entry(
        "freehold.doors.cli.daycount:daycount",
        "Count the part of a year between two days by a convention, as an exact fraction.",
    ),
    "demo": Entry(
        "freehold.doors.cli.demo:demo",
        "The main job: a real cap table becomes securities that move by the rules.",
    ),
    "draft": Entry(
        "freehold.doors.cli.draft:draft",
        "Drafts of assets: list one's own, see what waits for a second person, agree, decline, discard.",
    ),
    "evidence": Entry(
        "freehold.doors.cli.evidence:evidence",
        "Evidence about persons: submit it, look at the queue, approve or reject it.",
    ),
    "holder": Entry(
        "freehold.doors.cli.holder:holder", "Admit holders, see them, mark them, freeze them."
    ),
    "howey": Entry(
        "freehold.doors.cli.howey:howey",
        "Is a token a security? Answer questions, read a reasoned memo.",
    ),
    "node": Entry(
        "freehold.doors.cli.node:node", "Run a ledger here: the embedded one, or the fast node."
    ),
    "person": Entry(
        "freehold.doors.cli.person:person",
        "Persons: record them, class them by their claims, admit them, erase them.",
    ),
    "policy": Entry(
        "freehold.doors.cli.policy:policy",
        "The rules as data: check, compile and prove them, put them in force, ask them.",
    ),
    "powers": Entry(
        "freehold.doors.cli.powers:powers",
        "See who holds which powers; grant and revoke them, effective after the public delay.",
    ),
    "meeting": Entry(
        "freehold.doors.cli.meeting:meeting",
        "Call meetings, vote, appoint proxies, count from the chain, close with minutes.",
    ),
    "record": Entry(
        "freehold.doors.cli.record:record",
        "Announce record instants, and list them; `register at record:N` shows the register of"
        " one.",
    ),
    "recover": Entry(
        "freehold.doors.cli.recover:recover",
        "Recover a lost wallet: one person proposes, a second one confirms after the delay.",
    ),
    "register": Entry(
        "freehold.doors.cli.register:register",
        "See the register of holders and take it with you.",
    ),
    "relay": Entry(
        "freehold.doors.cli.relay:relay",
        "Send acts that holders signed, from a file; the gas that is paid for that.",
    ),
    "serve": Entry(
        "freehold.doors.cli.serve:serve",
        "Run the platform: web pages, API, worker and ledger, each a process that is kept up.",
    ),
    "restore": Entry(
        "freehold.doors.cli.backup:restore",
        "Put the copy in SOURCE into the home of the settings, which must be empty.",
    ),
    "screening": Entry(
        "freehold.doors.cli.screening:screening",
        "Sanctions screening: compare everybody with a list, decide the hits, see what is due.",
    ),
    "split": Entry(
        "freehold.doors.cli.split:split",
        "Split an instrument's units: announce, run, cancel, see where it stands.",
    ),
    "statement": Entry(
        "freehold.doors.cli.statement:statement",
        "A holder's statement: opening, movements, closing, lots and restrictions.",
    ),
    "tally": Entry(
        "freehold.doors.cli.tally:tally",
        "Count the ballots of a meeting: votes, quorum, result, and why any ballot did not count.",
    ),
    "tax": Entry(
        "freehold.doors.cli.tax:tax",
        "Tax on payments: rates as dated data, the forms of persons, previews, the files of a year.",
    ),
    "transfer": Entry(
        "freehold.doors.cli.transfer:transfer",
        "Ask the rules for a transfer of UNITS from SENDER to RECEIVER, and post it if they allow"
        " it.",
    ),
    "units": Entry(
        "freehold.doors.cli.units:units",
        "Issue, redeem and force units of an instrument; halt and resume its transfers.",
    ),
    "verify": Entry(
        "freehold.doors.cli.verify:verify",
        "Rebuild the register from the chain alone and compare every figure with contracts and"
        " index.",
    ),
    "bench": Entry("freehold.doors.cli.bench:bench", "Measure, and hold the figures to goals."),
    "settings": Entry("freehold.doors.cli.settings:show_settings", "Print the settings in force."),
    "waterfall": Entry(
        "freehold.doors.cli.waterfall:waterfall",
        "Divide an exit by its terms: table of all who are paid, breakpoints, chart; to the cent.",
    ),
    "windup": Entry(
        "freehold.doors.cli.windup:windup",
        "Wind an issuer up: every class paid from one pot, per holder, by a plan two persons agree to.",
    ),
    "webhook": Entry(
        "freehold.doors.cli.webhook:webhook",
        "Tell somebody's server what changes: add, list, see deliveries, replay, end.",
    ),
    "version": Entry(
        "freehold.doors.cli.version:version", "Print the version and what it runs on."
    ),
}

EXIT_CODES: dict[Outcome | type[BaseException], int] = {
    Outcome.DONE: 0,
    Outcome.REFUSED: 1,
    Outcome.FAILED: 1,
    NotFound: 1,
    NotPermitted: 1,
    Conflict: 1,
    Unavailable: 1,
    Broken: 1,
    PlatformError: 1,
    Exception: 1,
    Invalid: 2,
    click.ClickException: 2,
    KeyboardInterrupt: 130,
}


class LazyGroup(click.Group):
    """A group that imports a command's module only when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            near = difflib.get_close_matches(cmd_name, COMMANDS, 1)
            hint = f" Did you mean {near[0]}?" if near else ""
            ctx.fail(f"No such command '{cmd_name}'.{hint}")
        module, name = COMMANDS[cmd_name].target.split(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command), f"{COMMANDS[cmd_name].target} is no command"
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name].sentence) for name in sorted(COMMANDS)])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Every command takes --json and then prints one JSON document. Exit codes: 0 done,"
    " 1 refused or failed, 2 the request cannot be read.",
)
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Settings to use instead of freehold.toml in the home directory.",
)
@click.pass_context
def app(context: click.Context, config: Path | None) -> None:
    """Tokenised securities, from issue to redemption, on any EVM chain."""
    context.obj = config


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code; everything that goes wrong becomes a sentence."""
    words = sys.argv[1:] if arguments is None else arguments
    as_json = "--json" in words
    try:
        outcome = app.main(words or ["--help"], prog_name="freehold", standalone_mode=False)
        return exit_code(outcome)
    except click.ClickException as mistake:
        explain_usage(mistake, as_json)
        return exit_code(mistake)
    except PlatformError as problem:
        explain(problem, as_json)
        return exit_code(problem)
    except (KeyboardInterrupt, click.Abort):
        click.echo("freehold: stopped.", err=True)
        return EXIT_CODES[KeyboardInterrupt]
    except BrokenPipeError:  # the reader of our output has seen enough
        sys.stderr.close()
        return EXIT_CODES[Outcome.DONE]
    except Exception as bug:
        explain_bug(bug, as_json)
        return exit_code(bug)


def exit_code(result: object) -> int:
    """What the table says about an outcome or an error; click's own `Exit` codes pass through."""
    if isinstance(result, int):
        return result
    if isinstance(result, Outcome):
        return EXIT_CODES[result]
    kinds = [kind for kind in type(result).__mro__ if kind in EXIT_CODES]
    return EXIT_CODES[kinds[0]] if kinds else EXIT_CODES[Outcome.DONE]
