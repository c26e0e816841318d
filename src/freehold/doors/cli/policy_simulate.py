"""`freehold policy simulate`: a policy over a register and a file of trades."""

import csv
from pathlib import Path

import click

from freehold.core.policy.compile import compile_policy
from freehold.core.policy.model import NOTICE
from freehold.core.policy.simulate import Outcome as Simulated
from freehold.core.policy.simulate import Refused, read_register, read_trades
from freehold.core.policy.simulate import simulate as run
from freehold.core.reasons import message_for
from freehold.doors.cli.output import Column, Outcome, Table, json_option, show
from freehold.doors.cli.policy_file import POLICY, read

MOST_SHOWN = 20
EVERY = 1 << 60


@click.command()
@click.argument("file", type=POLICY)
@click.argument("register", type=POLICY)
@click.argument("trades", type=POLICY)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write every refused trade, with its code and sentence, to this CSV file.",
)
@json_option
def simulate(file: Path, register: Path, trades: Path, out: Path | None, as_json: bool) -> Outcome:
    """Let the TRADES (CSV) happen over a REGISTER (CSV) under a policy: who passes, who does not.

    Both files' columns are in docs/reference/simulate.md. A refused trade changes nothing.
    """
    policy = read(file).policy
    compiled = compile_policy(policy)
    reporting = bool(policy.issuer.get("reporting"))
    with register.open(encoding="utf-8", newline="") as lines:
        seats = read_register(compiled, lines, reporting=reporting, source=register.name)
    with trades.open(encoding="utf-8", newline="") as lines:
        listed = read_trades(lines, trades.name)
    outcome = run(compiled, seats, listed, most=EVERY if out else MOST_SHOWN)
    if out:
        _write(out, outcome.refused)
    document = {
        "policy": policy.name,
        "id": compiled.id,
        "trades": len(listed),
        "passed": outcome.passed,
        "units": outcome.units,
        "holders": outcome.holders,
        "codes": {str(code): times for code, times in sorted(outcome.codes.items())},
        "refused": [_as_document(one) for one in outcome.refused[:MOST_SHOWN]],
        "notice": NOTICE,
    }
    show(document, as_json, _codes(outcome), _refused(outcome))
    return Outcome.DONE


def _codes(outcome: Simulated) -> Table:
    rows = [
        (str(code), message_for(code), f"{times:,}") for code, times in outcome.codes.most_common()
    ]
    title = f"{outcome.passed:,} trades pass; {outcome.holders:,} holders after them"
    return Table(
        title, [Column("code", number=True), Column("meaning"), Column("trades", number=True)], rows
    )


def _refused(outcome: Simulated) -> Table:
    rows = [
        (
            str(one.trade.line),
            one.trade.sender,
            one.trade.receiver,
            f"{one.trade.units:,}",
            str(one.code),
        )
        for one in outcome.refused[:MOST_SHOWN]
    ]
    columns = [Column("line", number=True), Column("sender"), Column("receiver")]
    columns += [Column("units", number=True), Column("code", number=True)]
    return Table("The first that are refused", columns, rows)


def _write(out: Path, refused: list[Refused]) -> None:
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("line", "code", "meaning"))
        writer.writerows((one.trade.line, one.code, message_for(one.code)) for one in refused)


def _as_document(one: Refused) -> dict[str, object]:
    trade = one.trade
    return {
        "line": trade.line,
        "sender": trade.sender,
        "receiver": trade.receiver,
        "units": trade.units,
        "code": one.code,
    }
