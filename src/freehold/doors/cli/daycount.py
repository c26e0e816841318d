"""`freehold daycount`: which part of a year lies between two days, as an exact fraction."""

from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

import click

from freehold.core import calendar, clock
from freehold.core.actions import daycount as counts
from freehold.core.actions.daycount import DayCount, Reference, Terms
from freehold.core.errors import Invalid
from freehold.doors.cli.output import Column, Table, json_option, show

DIGITS = 20


@click.command()
@click.argument("convention")
@click.argument("start", metavar="FROM")
@click.argument("end", metavar="TO")
@click.option(
    "--reference",
    nargs=2,
    metavar="FROM TO",
    help="The regular coupon period, for ACT/ACT ICMA and ACT/365L; FROM TO itself if left out.",
)
@click.option("--frequency", type=int, help="Coupons a year: 1, 2, 3, 4, 6 or 12.")
@click.option("--end-of-month", is_flag=True, help="Coupons fall on the last days of months.")
@click.option("--termination", metavar="DATE", help="The termination date, for 30E/360 ISDA.")
@click.option("--calendar", "place", metavar="NAME", help="Business days, for BUS/252.")
@json_option
def daycount(
    convention: str,
    start: str,
    end: str,
    reference: tuple[str, str] | None,
    frequency: int | None,
    end_of_month: bool,
    termination: str | None,
    place: str | None,
    as_json: bool,
) -> None:
    """Count the part of a year between two days by a convention, as an exact fraction.

    FROM is counted and TO is not. Conventions: ACT/360, ACT/364, ACT/365F, ACT/365L, ACT/ACT ISDA,
    ACT/ACT ICMA, ACT/ACT AFB, 30/360, 30/360 US, 30E/360, 30E/360 ISDA, BUS/252, 1/1.
    """
    rule = counts.parse_convention(convention)
    first, last = clock.parse_day(start, "FROM"), clock.parse_day(end, "TO")
    terms = Terms(
        _reference(rule, (first, last), reference, frequency, end_of_month),
        clock.parse_day(termination, "--termination") if termination else None,
        calendar.calendar(place, "--calendar") if place else None,
    )
    found = counts.year_fraction(rule, first, last, terms)
    days = counts.days_counted(rule, first, last, terms)
    document = {
        "convention": str(rule),
        "from": first,
        "to": last,
        "days": days,
        "numerator": found.numerator,
        "denominator": found.denominator,
        "decimal": (written := decimal(found)),
        "decimal_is_exact": Fraction(written) == found,
    }
    row = (str(rule), str(first), str(last), str(days), str(found), written)
    headings = [Column("convention"), Column("from"), Column("to"), Column("days", number=True)]
    headings += [Column("fraction", number=True), Column("decimal", number=True)]
    show(document, as_json, Table("", headings, [row]))


def decimal(value: Fraction) -> str:
    """The fraction as a decimal of at most 20 digits, half to even; the document says if exact."""
    nearest = Context(prec=DIGITS, rounding=ROUND_HALF_EVEN)
    written = nearest.divide(Decimal(value.numerator), Decimal(value.denominator))
    return format(written, "f")


def _reference(
    rule: DayCount,
    period: tuple[date, date],
    written: tuple[str, str] | None,
    frequency: int | None,
    end_of_month: bool,
) -> Reference | None:
    if written:
        start, end = (clock.parse_day(one, "--reference") for one in written)
        return counts.reference_period(start, end, frequency, end_of_month)
    if rule not in (DayCount.ACT_ACT_ICMA, DayCount.ACT_365L):
        return None
    try:
        return counts.reference_period(*period, frequency, end_of_month)
    except Invalid as wrong:
        raise Invalid(
            f"{rule} needs --reference FROM TO, the regular coupon period: {wrong.message}",
            field="--reference",
        ) from None
