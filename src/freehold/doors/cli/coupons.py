"""`freehold coupons`: every payment of a bond from its terms."""

from datetime import date
from fractions import Fraction
from pathlib import Path

import click

from freehold.core import clock
from freehold.core.actions.bond_file import BondFile, read_bond
from freehold.core.actions.coupon import Flow, flows, pot_down
from freehold.core.errors import Invalid
from freehold.core.identifiers import minor_digits
from freehold.core.units import format_units
from freehold.doors.cli.daycount import decimal
from freehold.doors.cli.output import Column, Table, json_option, show

TERMS = click.Path(exists=True, dir_okay=False, path_type=Path)
SHOWN_PLACES = 6


@click.command()
@click.argument("terms", type=TERMS)
@click.option("--units", type=int, help="Units outstanding: shows what all of them get together.")
@click.option("--until", metavar="DATE", help="Leave out what is paid after this day.")
@json_option
def coupons(terms: Path, units: int | None, until: str | None, as_json: bool) -> None:
    """Compute every payment of a bond: dates, rates, and amounts for each unit, exact."""
    if units is not None and units <= 0:
        raise Invalid(f"--units {units} is not a positive number of units", field="--units")
    read = read_bond(read_text(terms))
    last = clock.parse_day(until, "--until") if until else None
    paid = flows(read.bond, read.fixings, last)
    document = {
        "name": read.name,
        "currency": read.currency,
        "payments": [_document(read, flow, units) for flow in paid],
    }
    show(document, as_json, _table(read, paid, units))


def read_text(file: Path) -> str:
    """The text of a file. Raises Invalid if it is none."""
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Invalid(f"{file} is not a text in UTF-8: {error}") from None


def _document(read: BondFile, flow: Flow, units: int | None) -> dict[str, object]:
    days: dict[str, date] = {
        "from": flow.period.start,
        "to": flow.period.end,
        "ex_date": flow.period.ex_date,
        "record_date": flow.period.record_date,
        "payment_date": flow.period.payment_date,
    }
    exact: dict[str, Fraction] = {
        "rate": flow.rate,
        "day_count": flow.fraction,
        "outstanding_minor": flow.outstanding,
        "interest_minor": flow.interest,
        "principal_minor": flow.principal,
    }
    found: dict[str, object] = {"number": flow.period.number, **days, **exact}
    if units is not None:
        pot, dust = pot_down(flow.amount, units)
        found |= {"pot": format_units(pot, minor_digits(read.currency)), "dust_minor": dust}
    return found


def _table(read: BondFile, paid: tuple[Flow, ...], units: int | None) -> Table:
    digits = minor_digits(read.currency)
    columns = [Column("coupon", number=True)]
    columns += [Column(name) for name in ("from", "to", "ex-date", "record", "paid")]
    columns += [Column("rate", number=True), Column("day count", number=True)]
    columns += [Column("interest a unit", number=True), Column("principal a unit", number=True)]
    columns += [Column("all units", number=True)] if units is not None else []
    rows = []
    for flow in paid:
        one = flow.period
        dates = (one.start, one.end, one.ex_date, one.record_date, one.payment_date)
        row = [str(one.number), *map(str, dates), f"{decimal(flow.rate * 100)} %"]
        row += [str(flow.fraction), _money(flow.interest, digits), _money(flow.principal, digits)]
        if units is not None:
            row.append(format_units(pot_down(flow.amount, units)[0], digits))
        rows.append(row)
    return Table(f"{read.name}, {read.currency}", columns, rows)


def _money(minor: Fraction, digits: int) -> str:
    """An amount of each unit as a person reads it; ~ stands before one that is cut for the screen."""
    shown = minor * Fraction(10) ** (SHOWN_PLACES - digits)
    cut = "~" if shown.denominator != 1 else ""
    return cut + format_units(shown.numerator // shown.denominator, SHOWN_PLACES)
