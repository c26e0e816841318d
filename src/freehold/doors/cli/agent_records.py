"""`freehold agent report`, `lost`, `registration`: records of Rule 17Ad, holders' files."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import click

from freehold.core import registration as forms
from freehold.core.clock import parse_day
from freehold.core.errors import Invalid
from freehold.core.recordkeeping import Search
from freehold.desks import permits
from freehold.desks.agent import address_holds, recordkeeping, registrations
from freehold.desks.agent.recordkeeping import OUTCOMES, WHAT
from freehold.desks.office import open_office
from freehold.doors.cli.acting import FILE, document_hash, issuer_option
from freehold.doors.cli.output import Column, Outcome, Table, json_option, plain, show
from freehold.doors.cli.settings import settings


@click.command()
@click.option("--month", help="The month, as 2026-11; left out: this one.")
@issuer_option
@json_option
def report(month: str | None, issuer: str | None, as_json: bool) -> Outcome:
    """A month of records: turnaround, record differences, lost holders (17 CFR 240.17Ad-2, -11, -17).

    Exit code 1 if fewer than nine routine items of ten were in time, or a search is late.
    """
    first = parse_day(f"{month}-01", "month") if month else None
    with open_office(settings()) as office:
        one = recordkeeping.report(office, permits.keyholder(), issuer, first)
    t = one.turnaround
    late = [each for each in one.lost if each.late]
    document: dict[str, Any] = {
        "issuer": one.issuer,
        "month": f"{one.month:%Y-%m}",
        "received": t.received,
        "routine": t.routine,
        "due": t.due,
        "in_time": t.in_time,
        "share": None if t.share is None else str(t.share),
        "good": t.good,
        "aged": [each.number for each in t.aged],
        "differences": [each.what for each in one.differences],
        "lost": [_lost(each) for each in one.lost],
    }
    rows = [
        ("items received", str(t.received)),
        ("routine", str(t.routine)),
        ("due", str(t.due)),
        ("in time", str(t.in_time)),
        ("nine of ten", "yes" if t.good else "no: tell the regulator within ten business days"),
        ("open differences", str(len(one.differences))),
    ]
    tables = [Table(f"{one.issuer_name}, {one.month:%B %Y}", [Column("record"), Column("")], rows)]
    if one.lost:
        tables.append(_lost_table(one.lost))
    show(document, as_json, *tables)
    return Outcome.DONE if t.good and not late else Outcome.FAILED


@click.command()
@click.argument("holder")
@click.argument("what", type=click.Choice(WHAT))
@click.option("--not-routine", is_flag=True, help="It is none of the routine items of 17Ad-1(i).")
@click.option("--note", default="", help="What it is, in a sentence.")
@issuer_option
@json_option
def received(
    holder: str, what: str, not_routine: bool, note: str, issuer: str | None, as_json: bool
) -> None:
    """Write that an item of HOLDER came in by hand or by mail."""
    with open_office(settings()) as office:
        number = recordkeeping.receive(
            office, permits.keyholder(), issuer, holder, what, routine=not not_routine, note=note
        )
    _numbered("item", number, as_json)


@click.command()
@click.argument("item", type=int)
@click.argument("outcome", type=click.Choice(OUTCOMES))
@issuer_option
@json_option
def turned(item: int, outcome: str, issuer: str | None, as_json: bool) -> None:
    """Write that ITEM is done."""
    with open_office(settings()) as office:
        recordkeeping.turn_around(office, permits.keyholder(), issuer, item, outcome)
    _numbered("item", item, as_json)


@click.command()
@click.argument("holder")
@click.option("--on", "day", required=True, help="The day on which the holder was found lost.")
@issuer_option
@json_option
def lost(holder: str, day: str, issuer: str | None, as_json: bool) -> None:
    """Write that mail to HOLDER came back and no new address is known (17Ad-17)."""
    with open_office(settings()) as office:
        on = parse_day(day, "on")
        number = recordkeeping.lose(office, permits.keyholder(), issuer, holder, on)
    _numbered("lost", number, as_json)


@click.command()
@click.argument("number", type=int)
@click.option("--on", "day", help="The day of the search; left out with --found.")
@click.option("--in", "source", default="", help="The database that was searched.")
@click.option("--found", "was_found", is_flag=True, help="The holder was found.")
@json_option
def searched(number: int, day: str | None, source: str, was_found: bool, as_json: bool) -> None:
    """Write that the lost holder NUMBER was searched for, or found."""
    with open_office(settings()) as office:
        who = permits.keyholder()
        if was_found:
            recordkeeping.found(office, who, number)
            _numbered("lost", number, as_json)
            return
        if day is None:
            raise Invalid("say on which day, with --on, or --found", field="on")
        one = recordkeeping.search(office, who, number, parse_day(day, "on"), source)
    show(_lost(one), as_json, _lost_table([one]))


@click.command()
@click.argument("holder")
@click.argument("file", type=FILE, required=False)
@issuer_option
@json_option
def registration(holder: str, file: Path | None, issuer: str | None, as_json: bool) -> None:
    """How HOLDER's units are registered; with FILE (JSON) from now on as it says.

    FILE has `form`, `parties` (each with `role`, `name`, and `born` or `share` where the form wants
    them), and may have `quorum` and `majority_age`.
    """
    with open_office(settings()) as office:
        who = permits.keyholder()
        if file is not None:
            registrations.register(office, who, issuer, holder, _content(file))
        one = registrations.file(office, who, issuer, holder)
    document = {
        "holder": one.holder,
        "registration": forms.to_json(one.registration) if one.registration else None,
        "said": one.said,
        "of_age_on": one.of_age_on,
        "papers": [{"paper": each.paper, "dated": each.dated} for each in one.papers],
        "address": list(one.address.lines) if one.address else [],
        "address_held": one.held,
    }
    rows = [("registration", one.said or "not on file")]
    rows += [("address", ", ".join(one.address.lines))] if one.address else []
    rows += [("paper", f"{each.paper}, {each.dated}") for each in one.papers]
    show(document, as_json, Table(one.holder, [Column("file"), Column("")], rows))


@click.command()
@click.argument("holder")
@click.argument("paper")
@click.option("--dated", required=True, help="The day that the paper is dated.")
@click.option("--document", required=True, type=FILE, help="The paper; its SHA-256 is kept.")
@issuer_option
@json_option
def paper(
    holder: str, paper: str, dated: str, document: Path, issuer: str | None, as_json: bool
) -> None:
    """Note that a PAPER of HOLDER was seen: letters, death-certificate, resolution and others."""
    day, digest = parse_day(dated, "dated"), document_hash(document).hex()
    with open_office(settings()) as office:
        registrations.file_paper(office, permits.keyholder(), issuer, holder, paper, day, digest)
    columns = [Column("paper"), Column("dated")]
    show({"paper": paper, "dated": day}, as_json, Table(holder, columns, [(paper, str(day))]))


@click.command()
@click.argument("holder")
@click.argument("lines", nargs=-1)
@click.option("--mailbox", help="Where the holder is told of the change.")
@click.option("--lift", is_flag=True, help="End the hold: the holder has confirmed the change.")
@issuer_option
@json_option
def address(
    holder: str,
    lines: tuple[str, ...],
    mailbox: str | None,
    lift: bool,
    issuer: str | None,
    as_json: bool,
) -> None:
    """Change HOLDER's address to LINES; payments wait, and transfers are looked at twice, for a time."""
    with open_office(settings()) as office:
        who = permits.keyholder()
        if lift:
            registrations.lift_hold(office, who, issuer, holder)
            until = None
        else:
            until = registrations.move(office, who, issuer, holder, lines, mailbox).held_until
    said = f"{until:%Y-%m-%d}" if until else "no hold"
    columns = [Column("holder"), Column("held until")]
    show({"holder": holder, "held_until": until}, as_json, Table("", columns, [(holder, said)]))


@click.command("address-hold")
@click.option("--days", type=int, help="How many days; the periods set so far if left out.")
@click.option(
    "--from", "since", help="The first day whose changes wait so long; today if left out."
)
@issuer_option
@json_option
def address_hold(days: int | None, since: str | None, issuer: str | None, as_json: bool) -> None:
    """How long payments and transfers wait after a change of address, by the day of the change."""
    with open_office(settings()) as office:
        who = permits.keyholder()
        if days is None:
            found = address_holds.periods(office, who, issuer)
        else:
            day = parse_day(since, "from") if since else office.clock.now().date()
            found = address_holds.set_period(office, who, issuer, days, day)
    rows = [(str(one.since or "the beginning"), str(one.days)) for one in found]
    columns = [Column("from"), Column("days", number=True)]
    show({"periods": [plain(one) for one in found]}, as_json, Table("", columns, rows))


COMMANDS = (
    report,
    received,
    turned,
    lost,
    searched,
    registration,
    paper,
    address,
    address_hold,
)


def _content(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        raise Invalid(f"{file} is not JSON", field="file") from None
    if not isinstance(found, dict):
        raise Invalid(f"{file} is no registration: write an object with form and parties")
    return found


def _lost(one: Search) -> dict[str, str | int | bool | date | None]:
    return {
        "number": one.lost.number,
        "holder": one.lost.holder,
        "lost_on": one.lost.lost_on,
        "next_search": one.which,
        "from": one.begins,
        "by": one.ends,
        "late": one.late,
        "escheat_hint": one.escheat_hint,
    }


def _lost_table(found: "list[Search] | tuple[Search, ...]") -> Table:
    rows = [
        (
            str(one.lost.number),
            one.lost.holder,
            str(one.lost.lost_on),
            f"{one.begins} to {one.ends}" if one.which else "both are done",
            "yes" if one.late else "no",
            str(one.escheat_hint),
        )
        for one in found
    ]
    names = ("lost", "holder", "since", "next search", "late", "unclaimed property from")
    return Table("", [Column(name) for name in names], rows)


def _numbered(what: str, number: int, as_json: bool) -> None:
    show({what: number}, as_json, Table("", [Column(what, number=True)], [(str(number),)]))
