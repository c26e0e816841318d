"""`freehold powers`: who may do what to a register and its instruments."""

import click

from freehold.core.clock import stamp
from freehold.core.identifiers import parse_address
from freehold.core.powers import NO_POWERS, Powers
from freehold.desks.office import open_office
from freehold.desks.securities import authority
from freehold.desks.securities.authority import Holding, PowersRequest
from freehold.doors.cli.acting import (
    Acting,
    act_document,
    act_options,
    act_table,
    actor_of,
    ended,
    issuer_option,
)
from freehold.doors.cli.output import Column, Outcome, Table, json_option, show
from freehold.doors.cli.settings import settings

NAMES = {(power.name or "").lower(): power for power in Powers}
power_argument = click.argument(
    "names", metavar="POWER...", nargs=-1, required=True, type=click.Choice(list(NAMES))
)
over_option = click.option(
    "--instrument", help="Over this instrument (class id, symbol, token); else over the register."
)


@click.group()
def powers() -> None:
    """See who holds which powers; grant and revoke them, effective after the public delay."""


@powers.command("show")
@click.option(
    "--instrument", help="Only over this instrument; `register` for the register; else all."
)
@issuer_option
@json_option
def show_(instrument: str | None, issuer: str | None, as_json: bool) -> None:
    """Everybody who holds a power, and what is announced."""
    with open_office(settings()) as office:
        found = authority.powers(office, issuer, instrument)
    rows = [(one.over, one.called, one.who, _words(one.powers), _ahead(one)) for one in found]
    names = ("over", "called", "who", "holds", "announced")
    documents = [_document(one) for one in found]
    show({"powers": documents}, as_json, Table("Powers", [Column(one) for one in names], rows))


@powers.command()
@click.argument("who")
@power_argument
@over_option
@act_options
@json_option
def grant(
    who: str,
    names: tuple[str, ...],
    instrument: str | None,
    by: Acting,
    as_json: bool,
) -> Outcome:
    """Announce that WHO (an address) gains each POWER."""
    return _change(who, names, instrument, by, as_json, granted=True)


@powers.command()
@click.argument("who")
@power_argument
@over_option
@act_options
@json_option
def revoke(
    who: str,
    names: tuple[str, ...],
    instrument: str | None,
    by: Acting,
    as_json: bool,
) -> Outcome:
    """Announce that WHO (an address) loses each POWER; one's own are gone at once."""
    return _change(who, names, instrument, by, as_json, granted=False)


def _change(
    who: str,
    names: tuple[str, ...],
    instrument: str | None,
    by: Acting,
    as_json: bool,
    *,
    granted: bool,
) -> Outcome:
    wanted = NO_POWERS
    for name in names:
        wanted |= NAMES[name]
    with open_office(settings()) as office:
        asked = PowersRequest(
            parse_address(who, "who"), wanted, granted, by.key, by.issuer, instrument
        )
        done = authority.change(office, actor_of(office, by.signer), asked, dry_run=by.dry_run)
    now = done.holding
    rows = (("over", now.over), ("who", str(now.who)), ("holds", _words(now.powers)))
    table = act_table(done.act, *rows, ("announced", _ahead(now)))
    show(act_document(done.act) | {"powers": _document(now)}, as_json, table)
    return ended(done.act)


def _words(held: Powers) -> str:
    return " ".join((power.name or "").lower() for power in held) or "none"


def _ahead(one: Holding) -> str:
    if one.announced is None or one.effective is None:
        return ""
    return f"{_words(one.announced)} from {stamp(one.effective)}"


def _document(one: Holding) -> dict[str, object]:
    return {
        "over": one.over,
        "who": one.who,
        "called": one.called,
        "holds": [(power.name or "").lower() for power in one.powers],
        "announced": None
        if one.announced is None
        else [(power.name or "").lower() for power in one.announced],
        "effective": one.effective,
    }
