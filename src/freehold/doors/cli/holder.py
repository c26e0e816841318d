"""`freehold holder`: who is on the register, and what the register says of him."""

import click

from freehold.core.clock import parse_day
from freehold.core.errors import Invalid
from freehold.core.facts import NO_FLAGS, Flags
from freehold.core.grounds import Grounds
from freehold.core.holder import Holder, HolderKind
from freehold.core.identifiers import parse_address, parse_country
from freehold.core.ids import HolderId
from freehold.core.policy.starter import HolderClass
from freehold.core.units import format_units
from freehold.desks import parties
from freehold.desks.office import open_office
from freehold.desks.onboarding import holders
from freehold.desks.onboarding.holders import (
    OF_THE_REGISTRAR,
    AdmitRequest,
    HolderReport,
    MarkRequest,
)
from freehold.desks.securities import enforcement
from freehold.desks.securities.enforcement import FreezeRequest
from freehold.doors.cli.acting import (
    Acting,
    act_document,
    act_options,
    act_table,
    actor_of,
    as_option,
    dry_run_option,
    ended,
    grounds_options,
    issuer_option,
)
from freehold.doors.cli.output import Column, Outcome, Table, json_option, plain, show
from freehold.doors.cli.settings import settings

FLAG_NAMES = {(flag.name or "").lower().replace("_", "-"): flag for flag in OF_THE_REGISTRAR}
CLASS_NAMES = {one.name.lower().replace("_", "-"): one for one in HolderClass}
class_option = click.option(
    "--class",
    "of_class",
    type=click.Choice(list(CLASS_NAMES)),
    help="The class of person that evidence was seen for.",
)
until_option = click.option("--until", help="The last day (2027-01-31) on which he may receive.")
some_instrument_option = click.option(
    "--instrument", help="Only in this instrument (class id, symbol or token); else everywhere."
)


@click.group()
def holder() -> None:
    """Admit holders, see them, mark them, freeze them."""


@holder.command()
@click.argument("id")
@click.option("--name", required=True, help="The name on the register; it stays in the book.")
@click.option("--entity", is_flag=True, help="It is an entity, not a natural person.")
@click.option("--country", default="", help="ISO 3166-1 alpha-2 code of residence.")
@click.option("--wallet", help="His own wallet; left out, the agent keeps a key for him.")
@class_option
@click.option(
    "--flag",
    "flags",
    multiple=True,
    type=click.Choice(list(FLAG_NAMES)),
    help="A mark of the registrar; may be given several times.",
)
@until_option
@issuer_option
@dry_run_option
@as_option
@json_option
def admit(
    id: str,
    name: str,
    entity: bool,
    country: str,
    wallet: str | None,
    of_class: str | None,
    flags: tuple[str, ...],
    until: str | None,
    issuer: str | None,
    dry_run: bool,
    acting: str,
    as_json: bool,
) -> Outcome:
    """Open an account for the person ID; the same again changes nothing."""
    kind = HolderKind.ENTITY if entity else HolderKind.PERSON
    known = Holder(HolderId(id), name, kind, parse_country(country) if country else "")
    asked = AdmitRequest(
        known,
        issuer,
        parse_address(wallet) if wallet else None,
        CLASS_NAMES[of_class] if of_class else None,
        _flags(flags),
        parse_day(until, "until") if until else None,
    )
    with open_office(settings()) as office:
        done = holders.admit(office, actor_of(office, acting), asked, dry_run=dry_run)
    show(act_document(done) | {"holder": id}, as_json, act_table(done, ("holder", id)))
    return ended(done)


@holder.command("show")
@click.argument("named", metavar="HOLDER")
@issuer_option
@json_option
def show_(named: str, issuer: str | None, as_json: bool) -> None:
    """One HOLDER (by id or wallet): account, class, marks, holdings."""
    with open_office(settings()) as office:
        found = holders.holder(office, issuer, named)
    columns = [Column("what"), Column("value")]
    show(_document(found), as_json, Table(found.name, columns, _rows(found)))


@holder.command("list")
@issuer_option
@json_option
def list_(issuer: str | None, as_json: bool) -> None:
    """All holders of an issuer, with what each holds."""
    with open_office(settings()) as office:
        found = holders.holders(office, issuer)
    rows = [
        (
            one.id,
            one.name,
            str(one.account),
            one.of_class,
            one.country,
            ", ".join(_lower(flag) for flag in one.flags),
            _held(one),
        )
        for one in found
    ]
    names = ("id", "name", "account", "class", "country", "marks", "holds")
    show(
        {"holders": [_document(one) for one in found]},
        as_json,
        Table("Holders", [Column(name) for name in names], rows),
    )


@holder.command("flag")
@click.argument("named", metavar="HOLDER")
@click.option(
    "--set",
    "wanted",
    multiple=True,
    type=click.Choice(list(FLAG_NAMES)),
    help="A mark to set; may be given several times.",
)
@click.option(
    "--clear",
    "unwanted",
    multiple=True,
    type=click.Choice(list(FLAG_NAMES)),
    help="A mark to take away; may be given several times.",
)
@class_option
@click.option("--country", help="ISO 3166-1 alpha-2 code of residence.")
@until_option
@act_options
@json_option
def flag(
    named: str,
    wanted: tuple[str, ...],
    unwanted: tuple[str, ...],
    of_class: str | None,
    country: str | None,
    until: str | None,
    by: Acting,
    as_json: bool,
) -> Outcome:
    """Record what the registrar has seen about HOLDER: class, marks, country, last day."""
    asked = MarkRequest(
        named,
        by.key,
        by.issuer,
        CLASS_NAMES[of_class] if of_class else None,
        _flags(wanted),
        _flags(unwanted),
        parse_country(country) if country else None,
        parse_day(until, "until") if until else None,
    )
    with open_office(settings()) as office:
        done = holders.mark(office, actor_of(office, by.signer), asked, dry_run=by.dry_run)
    show(act_document(done) | {"holder": named}, as_json, act_table(done, ("holder", named)))
    return ended(done)


@holder.command()
@click.argument("named", metavar="HOLDER")
@some_instrument_option
@click.option("--units", "amount", help="Freeze this many units instead of the whole account.")
@click.option("--sanctioned", is_flag=True, help="Mark the person as sanctioned.")
@grounds_options
@act_options
@json_option
def freeze(
    named: str,
    instrument: str | None,
    amount: str | None,
    sanctioned: bool,
    grounds: Grounds,
    by: Acting,
    as_json: bool,
) -> Outcome:
    """Freeze a person everywhere, an account in one instrument, or some units of it."""
    return _freeze(named, instrument, amount, sanctioned, grounds, by, as_json, frozen=True)


@holder.command()
@click.argument("named", metavar="HOLDER")
@some_instrument_option
@click.option("--units", "amount", help="Leave this many units frozen; 0 frees all.")
@click.option("--sanctioned", is_flag=True, help="Take the mark of a sanction away.")
@grounds_options
@act_options
@json_option
def unfreeze(
    named: str,
    instrument: str | None,
    amount: str | None,
    sanctioned: bool,
    grounds: Grounds,
    by: Acting,
    as_json: bool,
) -> Outcome:
    """End a freeze, on a reason of its own."""
    return _freeze(named, instrument, amount, sanctioned, grounds, by, as_json, frozen=False)


def _freeze(
    named: str,
    instrument: str | None,
    amount: str | None,
    sanctioned: bool,
    grounds: Grounds,
    by: Acting,
    as_json: bool,
    *,
    frozen: bool,
) -> Outcome:
    if amount is not None and instrument is None:
        raise Invalid("units are frozen in one instrument: name it with --instrument")
    with open_office(settings()) as office:
        units = None
        if amount is not None and instrument is not None:
            units = parties.quantity(office, by.issuer, instrument, amount)
        asked = FreezeRequest(
            named, frozen, grounds, by.key, by.issuer, instrument, units, sanctioned
        )
        done = enforcement.freeze(office, actor_of(office, by.signer), asked, dry_run=by.dry_run)
    told = {"holder": named, "instrument": instrument, "units": amount}
    show(act_document(done) | told, as_json, act_table(done, ("holder", named)))
    return ended(done)


def _flags(names: tuple[str, ...]) -> Flags:
    flags = NO_FLAGS
    for name in names:
        flags |= FLAG_NAMES[name]
    return flags


def _document(one: HolderReport) -> dict[str, object]:
    document: dict[str, object] = plain(one)
    document["holdings"] = [
        plain(held)
        | {
            "units": format_units(held.units, held.decimals),
            "frozen": format_units(held.frozen, held.decimals),
        }
        for held in one.holdings
    ]
    return document


def _rows(one: HolderReport) -> list[tuple[str, str]]:
    kept = ", a key that the agent keeps" if one.kept_by_agent else ""
    rows = [
        ("id", one.id),
        ("kind", one.kind),
        ("country", one.country),
        ("account", str(one.account)),
        ("wallet", f"{one.wallet}{kept}"),
        ("class", one.of_class),
        ("marks", ", ".join(_lower(name) for name in one.flags) or "none"),
        ("may receive until", one.until.isoformat() if one.until else "further notice"),
    ]
    if one.wallet != one.admitted_with:
        rows.insert(5, ("admitted with", one.admitted_with))
    for held in one.holdings:
        words = format_units(held.units, held.decimals)
        words += f", {format_units(held.frozen, held.decimals)} frozen" if held.frozen else ""
        rows.append((held.class_id, words + (", stopped" if held.stopped else "")))
    return rows


def _held(one: HolderReport) -> str:
    return ", ".join(f"{format_units(h.units, h.decimals)} {h.symbol}" for h in one.holdings)


def _lower(name: str) -> str:
    return name.lower().replace("_", "-")
