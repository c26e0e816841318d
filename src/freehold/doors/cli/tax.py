"""`freehold tax`: what is withheld from payments, by which rate and source."""

from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from freehold.core.actions import tax_regimes
from freehold.core.actions.entitlement import TAX_ROUNDING
from freehold.core.actions.incomes import Income
from freehold.core.actions.tax import valid_until
from freehold.core.clock import parse_day
from freehold.core.errors import Invalid
from freehold.core.units import format_units
from freehold.desks import permits
from freehold.desks.office import open_office
from freehold.desks.servicing import forms_on_file, tax_payments, tax_wallet, taxes
from freehold.desks.servicing.forms_on_file import SOON_DAYS, Stands
from freehold.desks.servicing.tax_payments import Asked
from freehold.desks.servicing.taxes import Preview
from freehold.doors.cli.acting import instrument_option, issuer_option
from freehold.doors.cli.output import Column, Table, json_option, show
from freehold.doors.cli.settings import settings


@click.group()
def tax() -> None:
    """Tax on payments: rates as dated data, the forms of persons, previews, the files of a year."""


@tax.command()
@click.option("--on", metavar="DATE", help="The day of a payment; today if left out.")
@click.option("--country", help="Only what issuers of this country withhold (US, CH, DE ...).")
@json_option
def rates(on: str | None, country: str | None, as_json: bool) -> None:
    """The rates on a day, statutory and by treaty, with their sources and whether they are checked."""
    day = parse_day(on, "--on") if on else datetime.now(UTC).date()
    if country:
        tax_regimes.regime(country, "--country")
    found = [one for one in tax_regimes.rates_on(day) if country in (None, one.country)]
    rows = [
        (
            one.country,
            one.residence or "anybody",
            one.what,
            percent(one.rate),
            one.since.isoformat(),
            one.cite,
            "yes" if one.verified else "unverified",
        )
        for one in found
    ]
    headings = ("issuer in", "holder in", "what", "rate", "since", "source", "checked")
    columns = [Column(name, number=name == "rate") for name in headings]
    show({"day": day, "rates": found}, as_json, Table(f"Tax at source on {day}", columns, rows))


def percent(rate: Fraction) -> str:
    """A rate for reading: 26.375 %."""
    return f"{float(rate * 100):g} %"


@tax.command()
@click.argument("person")
@click.option("--form", "form", type=click.Choice(["w9", "w8ben", "w8bene"]), help="Which form.")
@click.option("--signed", metavar="DATE", help="When it was signed.")
@click.option("--residence", help="Where the person is taxed, ISO 3166 (DE); US for a W-9.")
@click.option("--tin", help="The taxpayer number.")
@click.option("--treaty", is_flag=True, help="The form claims the treaty with the residence.")
@click.option("--chapter3", help="Status under chapter 3: individual, corporation ...")
@click.option("--chapter4", help="Status under chapter 4 (FATCA): active-nffe ..., none.")
@click.option("--own-rate", help="A rate for this person alone (5%).")
@click.option("--why", help="The ruling or exemption behind it.")
@issuer_option
@json_option
def form(person: str, issuer: str | None, as_json: bool, **given: Any) -> None:
    """Keep PERSON's tax form, sealed; without --form show the newest. Mistakes refuse it whole."""
    told = {name: value for name, value in given.items() if value}
    with open_office(settings()) as office:
        who = permits.keyholder()
        if told:
            found = taxes.keep_form(office, who, issuer, person, told)
        else:
            found = taxes.form_of(office, who, issuer, person)
    until = valid_until(found.form, found.signed, found.signed)
    rows = [
        ("signed", found.signed.isoformat()),
        ("good until", until.isoformat() if until else "changed circumstances"),
        ("residence", found.residence),
        ("taxpayer number", "on file" if found.tin else "none"),
        ("treaty", "claimed" if found.treaty else "not claimed"),
        ("own rate", percent(found.own) if found.own is not None else "none"),
    ]
    document = {
        "person": person,
        "form": str(found.form),
        "signed": found.signed,
        "good_until": until,
        "residence": found.residence,
        "tin_on_file": bool(found.tin),
        "treaty": found.treaty,
        "own_rate": found.own,
    }
    show(document, as_json, Table("", [Column(person), Column(str(found.form))], rows))


def payment_options(command: Any) -> Any:
    """What is paid: options that preview and record share."""
    for option in (
        click.option("--currency", required=True, help="A currency of the cash book."),
        click.option("--record", "number", type=int, required=True, help="The record's number."),
        click.option("--pot", help="A fixed total, divided by largest remainder."),
        click.option("--per-unit", help="A rate for each whole unit, rounded down, dust returned."),
        click.option("--paid-on", metavar="DATE", help="The payment's day; today if left out."),
        click.option("--country", default="US", show_default=True, help="The issuer's country."),
        click.option(
            "--income",
            type=click.Choice([str(one) for one in Income]),
            default=str(Income.DIVIDEND),
            show_default=True,
            help="What it is for tax: a coupon is interest, a share of revenue other, a redemption"
            " principal.",
        ),
        instrument_option,
        issuer_option,
    ):
        command = option(command)
    return command


@tax.command()
@payment_options
@json_option
def preview(as_json: bool, **asked: Any) -> None:
    """What each account would get at a record, and what would be withheld; nothing is changed."""
    with open_office(settings()) as office:
        who, issuer = permits.keyholder(), asked["issuer"]
        found = tax_payments.previewed(office, who, issuer, _asked(asked))
    _show(found.preview, found.decimals, asked["currency"], as_json)


@tax.command()
@click.option(
    "--stands",
    type=click.Choice([str(one) for one in Stands]),
    help="Only persons whose form stands so.",
)
@click.option(
    "--soon", default=SOON_DAYS, show_default=True, help="Days before its end, a form is expiring."
)
@issuer_option
@json_option
def forms(stands: str | None, soon: int, issuer: str | None, as_json: bool) -> None:
    """Whose forms are on file: expired ones and persons without one first, then what ends soon."""
    with open_office(settings()) as office:
        every = forms_on_file.on_file(office, permits.keyholder(), issuer, soon)
    found = [one for one in every if stands in (None, one.stands)]
    rows = [
        (
            one.person,
            one.name,
            str(one.form.form) if one.form else "",
            one.residence,
            one.good_until.isoformat() if one.good_until else "",
            str(one.stands),
        )
        for one in found
    ]
    told = [
        {
            "person": one.person,
            "form": str(one.form.form) if one.form else None,
            "signed": one.form.signed if one.form else None,
            "good_until": one.good_until,
            "residence": one.residence,
            "stands": str(one.stands),
        }
        for one in found
    ]
    headings = ("person", "name", "form", "residence", "good until", "stands")
    show({"forms": told}, as_json, Table("Tax forms", [Column(one) for one in headings], rows))


@tax.command()
@click.argument("address", required=False)
@issuer_option
@json_option
def wallet(address: str | None, issuer: str | None, as_json: bool) -> None:
    """Where withheld tax goes; with an ADDRESS (or the word none) set it for what is announced next."""
    with open_office(settings()) as office:
        who = permits.keyholder()
        if address is not None:
            tax_wallet.set_by(office, who, issuer, address)
        owner, found = tax_wallet.shown(office, who, issuer)
    rows = [(owner.id, found or "the wallet of whoever pays")]
    columns = [Column("issuer"), Column("tax goes to")]
    show({"issuer": owner.id, "wallet": found}, as_json, Table("", columns, rows))


@tax.command()
@click.argument("year", type=int, required=False)
@issuer_option
@json_option
def withheld(year: int | None, issuer: str | None, as_json: bool) -> None:
    """What was paid and withheld in YEAR, or ever, account by account."""
    with open_office(settings()) as office:
        found = taxes.withheld(office, permits.keyholder(), issuer, year)
    rows = [
        (
            one.day.isoformat(),
            one.named,
            str(one.income),
            str(one.account),
            one.person,
            format_units(one.gross, one.decimals),
            format_units(one.withheld, one.decimals),
            one.currency,
            percent(one.rate),
            one.cite,
        )
        for one in found
    ]
    headings = "day action income account person gross withheld currency rate source".split()
    columns = [Column(one, number=one in ("account", "gross", "withheld")) for one in headings]
    show({"withheld": found}, as_json, Table("Paid and withheld", columns, rows))


@tax.command()
@click.argument("action")
@payment_options
@json_option
def record(action: str, as_json: bool, **asked: Any) -> None:
    """Write down that ACTION was paid so; once. The files of the year are made of it."""
    with open_office(settings()) as office:
        who, issuer = permits.keyholder(), asked["issuer"]
        found, _ = tax_payments.recorded(office, who, issuer, action, _asked(asked))
    _show(found.preview, found.decimals, asked["currency"], as_json)


into_option = click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="A new folder; its files are readable by their owner alone.",
)


@tax.command()
@click.argument("action")
@into_option
@issuer_option
@json_option
def statements(action: str, into: Path, issuer: str | None, as_json: bool) -> None:
    """A statement of ACTION as PDF for each holder: what was paid, withheld, by which rule."""
    from freehold.doors.papers import tax as paper

    with open_office(settings()) as office:
        owner, holders = taxes.action_statements(office, permits.keyholder(), issuer, action)
    _new_folder(into)
    written = []
    for who, paid in holders:
        made = paper.as_pdf(owner.name, action, who, paid, "Statement of a payment")
        written.append(_write(into / f"statement-{who.person or 'unknown'}.pdf", made))
    rows = [(name, str(len(paid))) for name, (_, paid) in zip(written, holders, strict=True)]
    columns = [Column("file"), Column("accounts", number=True)]
    show({"action": action, "files": written}, as_json, Table(str(into), columns, rows))


@tax.command()
@click.argument("year", type=int)
@into_option
@issuer_option
@json_option
def files(year: int, into: Path, issuer: str | None, as_json: bool) -> None:
    """The files of YEAR: rows of 1099-DIV, -INT, -MISC and 1042-S, and each holder's statement as PDF."""
    from freehold.doors.papers import tax_files

    with open_office(settings()) as office:
        found = taxes.year_files(office, permits.keyholder(), issuer, year)
    _new_folder(into)
    written = [_write(into / name, content) for name, content in tax_files.contents(found)]
    columns = [Column("file"), Column("rows", number=True)]
    rows = [
        (f"1099-DIV-{year}", str(len(found.dividends))),
        (f"1099-INT-{year}", str(len(found.interest))),
        (f"1099-MISC-{year}", str(len(found.miscellaneous))),
        (f"1042-S-{year}", str(len(found.foreign))),
        ("statements", str(len(found.holders))),
    ]
    show({"year": year, "files": written}, as_json, Table(str(into), columns, rows))


def _new_folder(into: Path) -> None:
    if into.exists() and any(into.iterdir()):
        raise Invalid(f"--into {into} is not empty: name a new folder", field="--into")
    into.mkdir(parents=True, exist_ok=True, mode=0o700)


def _write(file: Path, content: bytes) -> str:
    file.touch(mode=0o600)
    file.write_bytes(content)
    return file.name


def _asked(asked: dict[str, Any]) -> Asked:
    return Asked(
        asked["instrument"],
        asked["number"],
        asked["currency"],
        asked["pot"] or "",
        asked["per_unit"] or "",
        parse_day(asked["paid_on"], "--paid-on") if asked["paid_on"] else None,
        asked["country"],
        asked["income"],
    )


def _show(found: Preview, decimals: int, currency: str, as_json: bool) -> None:
    what, shares = found.taxed.entitlement, list(found.taxed.shares())
    rows = [
        (
            str(one.account),
            found.persons.get(one.account, ""),
            str(one.units),
            *(format_units(each, decimals) for each in (one.gross, one.withheld, one.net)),
            percent(one.treatment.rate),
            one.treatment.cite + ("" if one.treatment.verified else " (unverified)"),
        )
        for one in shares
    ]
    sums = (what.pot - what.dust, found.taxed.withheld_total, found.taxed.net_total)
    total = ("total", "", "", *(format_units(each, decimals) for each in sums), "", "")
    headings = ("account", "person", "units", "gross", "withheld", "net", "rate", "source")
    columns = [Column(name, number=name not in ("person", "source")) for name in headings]
    title = f"{currency}, {what.basis}; tax {TAX_ROUNDING}"
    document = {
        "basis": what.basis.name.lower(),
        "pot": format_units(what.pot, decimals),
        "dust": format_units(what.dust, decimals),
        "day": found.day,
        "shares": [
            {
                "account": one.account,
                "person": found.persons.get(one.account),
                "units": one.units,
                "gross": format_units(one.gross, decimals),
                "withheld": format_units(one.withheld, decimals),
                "net": format_units(one.net, decimals),
                "rate": one.treatment.rate,
                "rule": one.treatment.rule,
                "cite": one.treatment.cite,
                "statement": one.treatment.statement,
                "verified": one.treatment.verified,
            }
            for one in shares
        ],
    }
    show(document, as_json, Table(title, columns, [*rows, total]))
