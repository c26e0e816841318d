"""`freehold policy propose`, `adopt`, `activate`, `call-off`, `explain`, `diff`: policy and instrument."""

from datetime import UTC, datetime
from pathlib import Path

import click

from freehold.core.facts import Kind, Proof
from freehold.core.policy.adoption import Adoption
from freehold.core.policy.checks import Check
from freehold.core.policy.compare import Flip, flips
from freehold.core.policy.model import KIND_NAMES, NOTICE, PROOF_NAMES
from freehold.core.registration import Signed
from freehold.core.units import format_units, parse_units
from freehold.desks.office import open_office
from freehold.desks.rules import adoption, calling_off, policies, restraining
from freehold.desks.rules.explaining import Explanation, Question
from freehold.desks.rules.explaining import explain as explained
from freehold.doors.cli.output import Column, Outcome, Table, json_option, show
from freehold.doors.cli.policy_ask import as_document
from freehold.doors.cli.policy_file import POLICY, read
from freehold.doors.cli.settings import settings

issuer_option = click.option("--issuer", help="The issuer's id, where there are several.")
MOST_SHOWN = 40


@click.command()
@click.argument("file", type=POLICY)
@click.argument("instrument")
@issuer_option
@json_option
def propose(file: Path, instrument: str, issuer: str | None, as_json: bool) -> None:
    """Show what a policy would change for an INSTRUMENT and its holders, doing nothing."""
    with open_office(settings()) as office:
        found = adoption.propose(office, issuer, instrument, _file(file))
    document = {
        "policy": found.policy,
        "instrument": found.instrument.name,
        "steps": found.steps,
        "rows": found.rows,
        "stranded": [
            {"holder": one.holder, "units": one.units, "why": one.why} for one in found.stranded
        ],
        "flips": [_flip(one) for one in found.flips],
        "notice": NOTICE,
    }
    rows = [(one.holder, str(one.units), one.why) for one in found.stranded]
    columns = [Column("holder"), Column("units", number=True), Column("why")]
    facts = [("policy id", found.policy), ("announcements", str(found.steps))]
    facts += [("rows on chain", str(found.rows)), ("holders stranded", str(len(found.stranded)))]
    tables = [Table(found.instrument.name, [Column("what"), Column("is")], facts)]
    tables += [Table("Would be stranded", columns, rows)] if rows else []
    tables += [_flips(found.flips)] if found.flips else []
    show(document, as_json, *tables)


@click.command()
@click.argument("file", type=POLICY)
@click.argument("instrument")
@click.option("--acknowledge-stranded", is_flag=True, help="Go on although holders are stranded.")
@issuer_option
@json_option
def adopt(
    file: Path, instrument: str, acknowledge_stranded: bool, issuer: str | None, as_json: bool
) -> None:
    """Announce a policy for an INSTRUMENT; it can be activated when the public delay is over."""
    with open_office(settings()) as office:
        announced = adoption.adopt(
            office, issuer, instrument, _file(file), acknowledge_stranded=acknowledge_stranded
        )
    _show_adoption(announced, as_json)


@click.command()
@click.argument("instrument")
@issuer_option
@json_option
def activate(instrument: str, issuer: str | None, as_json: bool) -> None:
    """Put the announced policy of an INSTRUMENT in force, once its delay is over."""
    with open_office(settings()) as office:
        _show_adoption(adoption.activate(office, issuer, instrument), as_json)


@click.command("call-off")
@click.argument("instrument")
@click.option("--why", required=True, help="Kept, and shown to whoever reads the policy.")
@issuer_option
@json_option
def call_off(instrument: str, why: str, issuer: str | None, as_json: bool) -> Outcome:
    """Call the announced policy of an INSTRUMENT off before its delay is over; what holds goes on holding.

    Exit code 1 where nothing is announced, or it comes into force already.
    """
    with open_office(settings()) as office:
        ended = calling_off.call_off(office, issuer, instrument, why)
    _show_adoption(ended, as_json)
    return Outcome.DONE if ended.called_off_at else Outcome.REFUSED


@click.command()
@click.argument("instrument")
@click.argument("sender")
@click.argument("receiver")
@click.argument("units")
@click.option(
    "--kind",
    type=click.Choice(sorted(KIND_NAMES)),
    default="sale",
    show_default=True,
    help="What kind of transfer it is.",
)
@click.option(
    "--proof",
    "proofs",
    type=click.Choice(sorted(PROOF_NAMES)),
    multiple=True,
    help="An attested fact to count with.",
)
@click.option("--signed-by", multiple=True, help="Somebody who has signed, by name; repeat it.")
@click.option(
    "--paper",
    "papers",
    type=click.Choice(sorted(restraining.rules().papers)),
    multiple=True,
    help="A paper that comes with the instruction.",
)
@click.option("--representative", default="", help="Who signs for the estate of an owner who died.")
@issuer_option
@json_option
def explain(
    instrument: str,
    sender: str,
    receiver: str,
    units: str,
    kind: str,
    proofs: tuple[str, ...],
    signed_by: tuple[str, ...],
    papers: tuple[str, ...],
    representative: str,
    issuer: str | None,
    as_json: bool,
) -> Outcome:
    """Say whether SENDER may pass UNITS of an INSTRUMENT to RECEIVER now, why not, and when.

    Holders are named by their ids. --proof stands for an attested fact. What the agent's records hold is
    told too: stops, claims, pledges, legends, and who must sign for units that are registered in a form
    that asks for it; --signed-by, --paper and --representative say who has. Exit code 1 if refused.
    """
    shown = Proof(sum(PROOF_NAMES[one] for one in set(proofs)))
    given = frozenset(signed_by), frozenset(papers), representative
    with open_office(settings()) as office:
        places = policies.decimals_of(office, issuer, instrument)
        amount, signed = parse_units(units, places), Signed(*given)
        asked = Question(sender, receiver, amount, KIND_NAMES[kind], shown, signed)
        found = explained(office, issuer, instrument, asked)
    _show_explanation(found, places, as_json)
    return Outcome.DONE if found.allowed else Outcome.REFUSED


@click.command()
@click.argument("before", type=POLICY)
@click.argument("after", type=POLICY)
@json_option
def diff(before: Path, after: Path, as_json: bool) -> None:
    """Show which transfers flip between two policies: who to whom, which units, old and new code."""
    found = tuple(flips(read(before).policy, read(after).policy))
    show({"flips": [_flip(one) for one in found], "notice": NOTICE}, as_json, _flips(found))


def _file(file: Path) -> policies.PolicyFile:
    return policies.read_file(file, datetime.now(UTC))


def _flip(one: Flip) -> dict[str, object]:
    return {
        "kind": one.kind.name.lower(),
        "seller": one.seller,
        "buyer": one.buyer,
        "units": one.units,
        "before": one.before,
        "after": one.after,
    }


def _flips(found: tuple[Flip, ...]) -> Table:
    """The flips of sales first; gifts and the like follow."""
    ordered = sorted(found, key=lambda one: (one.kind is not Kind.SALE, one.kind))
    rows = [
        (
            one.kind.name.lower(),
            one.seller,
            one.buyer,
            one.units,
            _said(one.before),
            _said(one.after),
        )
        for one in ordered[:MOST_SHOWN]
    ]
    title = f"{len(found)} kinds of transfers flip" + (
        f"; the first {MOST_SHOWN} (--json has all)" if len(found) > MOST_SHOWN else ""
    )
    names = ("kind", "seller", "buyer", "units", "before", "after")
    return Table(title, [Column(name) for name in names], rows)


def _said(code: int) -> str:
    return str(code) if code else "allowed"


def _show_adoption(announced: Adoption, as_json: bool) -> None:
    ended = "called off" if announced.called_off_at else "announced"
    state = "in force" if announced.activated_at else ended
    document: dict[str, object] = {
        "policy": announced.policy,
        "instrument": announced.instrument,
        "state": state,
        "step": announced.step,
        "steps": announced.steps,
        "effective_at": announced.effective_at,
        "rows": len(announced.rows),
    }
    facts = [("policy id", announced.policy), ("state", state)]
    facts += [("step", f"{announced.step} of {announced.steps}")]
    if announced.called_off_at:
        document["why"] = announced.why_called_off
        facts += [("why", announced.why_called_off)]
    else:
        facts += [("can be activated from", announced.effective_at.isoformat())]
    show(document, as_json, Table("", [Column("what"), Column("is")], facts))


def _show_explanation(found: Explanation, places: int, as_json: bool) -> None:
    decision, question = found.decision, found.question
    document = {
        "allowed": found.allowed,
        "code": found.code,
        "reason": found.reason,
        "policy": found.policy,
        "policy_id": found.policy_id,
        "on": found.on,
        "failures": [as_document(one) for one in decision.failures],
        "paths": [path._asdict() for path in decision.paths],
        "records": [{"code": one.code, "text": one.sentence} for one in found.records.against],
        "waits": found.records.waits,
        "checks": [_check(one) for one in found.checks],
        "would_pass_on": found.passes_on,
        "largest": found.most,
        "notice": NOTICE,
    }
    units = format_units(question.units, places)
    asked = f"{question.kind.name.lower()} of {units} by {question.sender} to {question.receiver}"
    title = f"{asked}: {'allowed' if found.allowed else f'refused with {found.code}'}"
    facts = [
        (f"{int(one.code)} {one.rule}", _reason(one.text, one.cite, one.way_out, one.unverified))
        for one in decision.failures
    ]
    facts += [(f"{one.code} records", one.sentence) for one in found.records.against]
    if found.passes_on:
        facts.append(("would pass on", str(found.passes_on)))
    if found.allowed and found.records.waits:
        facts.append(("waits for a second person", found.records.waits))
    facts.append(("most units that pass now", format_units(found.most, places)))
    facts += [
        (f"path {path.id}", "open" if path.open else f"closed: needs {path.lacks} ({path.cite})")
        for path in decision.paths
    ]
    facts.append(("policy", f"{found.policy}, {NOTICE}"))
    show(document, as_json, Table(title, [Column("what"), Column("is")], facts))


def _check(one: Check) -> dict[str, object]:
    names = ("passes", "text", "detail", "code", "cite")
    return {name: getattr(one, name) for name in names}


def _reason(text: str, cite: str, way_out: str, unverified: bool) -> str:
    said = f"{text} [{cite}{', unverified' if unverified else ''}]" if cite else text
    return f"{said} {way_out}".strip()
