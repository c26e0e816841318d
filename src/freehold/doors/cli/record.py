"""`freehold record`: record instants."""

import click

from freehold.core.clock import parse, stamp
from freehold.core.units import format_units
from freehold.desks import parties
from freehold.desks.office import open_office
from freehold.desks.register import records
from freehold.desks.register.records import RecordRequest
from freehold.desks.servicing import entitlements, recording
from freehold.doors.cli.acting import (
    Acting,
    act_document,
    act_options,
    act_table,
    actor_of,
    ended,
    instrument_option,
    issuer_option,
)
from freehold.doors.cli.output import Column, Outcome, Table, json_option, show
from freehold.doors.cli.settings import settings


@click.group()
def record() -> None:
    """Announce record instants, and list them; `register at record:N` shows the register of one."""


@record.command()
@click.argument("instant")
@instrument_option
@act_options
@json_option
def announce(
    instant: str,
    instrument: str,
    by: Acting,
    as_json: bool,
) -> Outcome:
    """Fix INSTANT (2026-11-22T14:00:00Z), which lies ahead: holdings before it are kept for ever."""
    with open_office(settings()) as office:
        asked = RecordRequest(instrument, parse(instant, "instant"), by.key, by.issuer)
        done = records.announce(office, actor_of(office, by.signer), asked, dry_run=by.dry_run)
    told = act_document(done.act) | {"record": done.number or None, "instant": done.instant}
    number = str(done.number) if done.number else "none"
    rows = (("record", number), ("instant", stamp(done.instant)))
    show(told, as_json, act_table(done.act, *rows))
    return ended(done.act)


@record.command()
@click.argument("number", type=int)
@instrument_option
@act_options
@json_option
def withdraw(number: int, instrument: str, by: Acting, as_json: bool) -> Outcome:
    """Take back the newest record, which lies ahead and for which nothing waits: it bars nearer ones."""
    with open_office(settings()) as office:
        actor = actor_of(office, by.signer)
        done = recording.withdraw(
            office, actor, by.issuer, instrument, number, by.key, dry_run=by.dry_run
        )
    show(act_document(done) | {"record": number}, as_json, act_table(done, ("record", str(number))))
    return ended(done)


@record.command("list")
@issuer_option
@click.option("--instrument", help="Class id, symbol or token; all if left out.")
@json_option
def list_(issuer: str | None, instrument: str | None, as_json: bool) -> None:
    """The record instants that were announced."""
    with open_office(settings()) as office:
        found = records.records(office, issuer, instrument)
    rows = [
        (one.class_id, str(one.number), stamp(one.instant), "yes" if one.passed else "no")
        for one in found
    ]
    columns = [Column("class"), Column("record", number=True), Column("instant"), Column("passed")]
    show({"records": found}, as_json, Table("Record instants", columns, rows))


@record.command()
@click.argument("number", type=int)
@instrument_option
@issuer_option
@json_option
def check(number: int, instrument: str, issuer: str | None, as_json: bool) -> Outcome:
    """Compare the holdings at record NUMBER in the register with what the contract itself kept."""
    with open_office(settings()) as office:
        _, found = parties.instrument(office, issuer, instrument)
        agreed = entitlements.agreement(office, found.token, number)
    rows = [
        ("accounts compared", f"{agreed.accounts:,}"),
        ("units", format_units(agreed.units, found.decimals)),
        ("differences", "; ".join(agreed.differences) or "none"),
    ]
    columns = [Column(f"record {number}"), Column(found.class_id)]
    show(agreed, as_json, Table("Register and contract", columns, rows))
    return Outcome.FAILED if agreed.differences else Outcome.DONE
