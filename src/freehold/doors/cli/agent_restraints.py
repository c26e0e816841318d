"""`freehold agent restrain`, `release` and `legend`: what stands in the way of a transfer, and its end."""

from datetime import datetime
from pathlib import Path

import click

from freehold.core.restraints import Legend, Restraint, RestraintKind
from freehold.desks import permits
from freehold.desks.agent import restraints
from freehold.desks.agent.restraints import LegendRequest, Placed, PlaceRequest
from freehold.desks.office import open_office
from freehold.doors.cli.acting import FILE, document_hash, issuer_option
from freehold.doors.cli.output import Column, Outcome, Table, json_option, show
from freehold.doors.cli.settings import settings

_document_option = click.option(
    "--document", required=True, type=FILE, help="The paper behind it; its SHA-256 is kept."
)


@click.command()
@click.argument("holder")
@click.argument("kind", type=click.Choice([str(one) for one in RestraintKind]))
@_document_option
@click.option("--for", "in_favour", default="", help="The claimant, pledgee or lienor.")
@click.option("--words", default="", help="What it is about, in a sentence.")
@click.option("--instrument", help="Class id, symbol or token; left out: everything he has.")
@click.option("--units", help="How many units; left out: all of them.")
@click.option("--lock", is_flag=True, help="Freeze the units on the chain too.")
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day on which it ends by itself; left out: until it is released.",
)
@issuer_option
@json_option
def restrain(
    holder: str,
    kind: str,
    document: Path,
    in_favour: str,
    words: str,
    instrument: str | None,
    units: str | None,
    lock: bool,
    until: datetime | None,
    issuer: str | None,
    as_json: bool,
) -> Outcome:
    """Place a stop order, an adverse claim, a pledge or a lien on HOLDER's units."""
    asked = PlaceRequest(
        holder,
        RestraintKind(kind),
        document_hash(document).hex(),
        in_favour,
        words,
        instrument,
        units,
        lock,
        issuer,
        until.date() if until else None,
    )
    with open_office(settings()) as office:
        done = restraints.place(office, permits.keyholder(), asked)
    return _tell(done, as_json)


@click.command()
@click.argument("restraint")
@click.option(
    "--days", type=int, default=30, show_default=True, help="So long registration is withheld."
)
@json_option
def notice(restraint: str, days: int, as_json: bool) -> None:
    """Note that the claimant was told of a transfer that waits: the period of UCC 8-403 begins."""
    with open_office(settings()) as office:
        one = restraints.give_notice(office, permits.keyholder(), restraint, days)
    show(restraint_document(one), as_json, restraint_table([one]))


@click.command()
@click.argument("restraint")
@_document_option
@json_option
def release(restraint: str, document: Path, as_json: bool) -> Outcome:
    """Release a restraint, and unlock on the chain what it locked."""
    with open_office(settings()) as office:
        done = restraints.release(
            office, permits.keyholder(), restraint, document_hash(document).hex()
        )
    return _tell(done, as_json)


@click.command()
@click.argument("holder")
@issuer_option
@json_option
def restrained(holder: str, issuer: str | None, as_json: bool) -> None:
    """Every restraint and legend of HOLDER, those that are over too."""
    with open_office(settings()) as office:
        who = permits.keyholder()
        found = restraints.of_holder(office, who, issuer, holder)
        stamped = restraints.legends_of(office, who, issuer, holder)
    document = {
        "restraints": [restraint_document(one) for one in found],
        "legends": [_legend_document(one) for one in stamped],
    }
    show(document, as_json, restraint_table(found), _legend_table(stamped))


@click.command()
@click.argument("holder")
@click.argument("vintage", type=int)
@click.argument("code")
@click.option("--instrument", required=True, help="Class id, symbol or token of the instrument.")
@_document_option
@issuer_option
@json_option
def legend(
    holder: str,
    vintage: int,
    code: str,
    instrument: str,
    document: Path,
    issuer: str | None,
    as_json: bool,
) -> None:
    """Put the legend CODE on HOLDER's lot VINTAGE."""
    asked = LegendRequest(holder, instrument, vintage, code, document_hash(document).hex(), issuer)
    with open_office(settings()) as office:
        number = restraints.stamp_legend(office, permits.keyholder(), asked)
    rows = [(str(number), code.upper(), str(vintage))]
    columns = [Column("legend", number=True), Column("code"), Column("lot", number=True)]
    show(
        {"legend": number, "code": code.upper(), "vintage": vintage},
        as_json,
        Table("", columns, rows),
    )


@click.command()
@click.argument("number", type=int)
@click.option("--opinion", required=True, type=FILE, help="Counsel's letter; its SHA-256 is kept.")
@json_option
def unlegend(number: int, opinion: Path, as_json: bool) -> None:
    """Remove a legend on counsel's letter."""
    with open_office(settings()) as office:
        one = restraints.remove_legend(
            office, permits.keyholder(), number, document_hash(opinion).hex()
        )
    show(_legend_document(one), as_json, _legend_table([one]))


COMMANDS = (restrain, notice, release, restrained, legend, unlegend)


def restraint_document(one: Restraint) -> dict[str, object]:
    """A restraint for a program."""
    return {
        "id": one.id,
        "holder": one.holder,
        "kind": str(one.kind),
        "token": one.token,
        "units": None if one.units is None else str(one.units),
        "locked": one.locked,
        "in_favour": one.in_favour,
        "words": one.words,
        "document": one.document,
        "placed_at": one.placed_at,
        "noticed_at": one.noticed_at,
        "until": one.until,
        "released_at": one.released_at,
    }


def restraint_table(found: list[Restraint]) -> Table:
    """Restraints for a person."""
    rows = [
        (
            one.id,
            str(one.kind),
            one.in_favour,
            "all" if one.units is None else str(one.units),
            "yes" if one.locked else "no",
            f"{one.until:%Y-%m-%d}" if one.until else "",
            f"{one.released_at:%Y-%m-%d}" if one.released_at else "",
        )
        for one in found
    ]
    names = ("restraint", "kind", "for", "base units", "locked", "until", "released")
    return Table("", [Column(name) for name in names], rows)


def _tell(done: Placed, as_json: bool) -> Outcome:
    one = done.restraint
    document = restraint_document(one) | {"refused": done.refused}
    rows = [("refused", done.refused)] if done.refused else [("restraint", one.id)]
    table = (
        restraint_table([one])
        if not done.refused
        else Table("", [Column("act"), Column("why")], rows)
    )
    show(document, as_json, table)
    return Outcome.REFUSED if done.refused else Outcome.DONE


def _legend_document(one: Legend) -> dict[str, object]:
    return {name: getattr(one, name) for name in Legend.__dataclass_fields__}


def _legend_table(found: list[Legend]) -> Table:
    rows = [
        (
            str(one.number),
            one.code,
            str(one.vintage),
            f"{one.removed_at:%Y-%m-%d}" if one.removed_at else "",
        )
        for one in found
    ]
    return Table("", [Column(name) for name in ("legend", "code", "lot", "removed")], rows)
