"""Coupon dates: regular periods and stubs, and the days on which each coupon is decided and paid.

Dates are reckoned from one end of the bond by whole coupon periods, never from one coupon to the
next, so that 31 January, 28 February, 31 March keeps its 31. First stubs are reckoned back from
the maturity, last stubs forward from the start (ISDA 2006, 4.10; FpML stubPeriodType).
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from freehold.core.actions.daycount import FREQUENCIES, YEARS, Reference, roll
from freehold.core.calendar import Calendar, Convention, add_business_days, adjust
from freehold.core.errors import Invalid, Mistake

LONGEST_YEARS = 200


class Stub(StrEnum):
    """Where the period stands that is not a whole one, and whether it is shorter or longer."""

    SHORT_FIRST = "short first"
    LONG_FIRST = "long first"
    SHORT_LAST = "short last"
    LONG_LAST = "long last"


@dataclass(frozen=True, slots=True)
class ScheduleTerms:
    """What coupon dates follow from; days before and after are business days of `calendar`.

    Interest runs from `start`. With `accrual_adjusted` periods end on business days, otherwise only
    payments move. A coupon is paid `payment_days` after its adjusted date, to holders at the record
    date, `record_days` before the payment; units trade without it from `ex_days` before the record
    date on.
    """

    start: date
    maturity: date
    frequency: int
    calendar: Calendar
    convention: Convention = Convention.FOLLOWING
    stub: Stub = Stub.SHORT_FIRST
    end_of_month: bool = False
    accrual_adjusted: bool = False
    payment_days: int = 0
    record_days: int = 1
    ex_days: int = 0


@dataclass(frozen=True, slots=True)
class Period:
    """One coupon period: interest runs from `start`, counted, to `end`, not counted.

    `reference` is the regular period it is, or would be. `begun` and `due` are its ends before any
    adjustment.
    """

    number: int
    start: date
    end: date
    begun: date
    due: date
    reference: Reference
    ex_date: date
    record_date: date
    payment_date: date


def schedule(terms: ScheduleTerms) -> tuple[Period, ...]:
    """The coupon periods from start to maturity, in order.

    Raises Invalid with every mistake of the terms.
    """
    if mistakes := _mistakes(terms):
        raise Invalid("the coupon schedule cannot be made", mistakes)
    edges = _edges(terms)
    return tuple(_period(terms, number, edges) for number in range(1, len(edges)))


def _mistakes(terms: ScheduleTerms) -> list[Mistake]:
    found = []
    if terms.maturity <= terms.start:
        found.append(Mistake("maturity", f"{terms.maturity} is not after the start {terms.start}"))
    for field, day in (("start", terms.start), ("maturity", terms.maturity)):
        if day.year not in YEARS:
            found.append(Mistake(field, f"{day} is not in the years 1600 to 2999"))
    if terms.maturity.year - terms.start.year > LONGEST_YEARS:
        message = f"{terms.maturity} is more than {LONGEST_YEARS} years after {terms.start}"
        found.append(Mistake("maturity", message))
    if terms.frequency not in FREQUENCIES:
        allowed = ", ".join(map(str, FREQUENCIES))
        found.append(Mistake("frequency", f"{terms.frequency} is none of {allowed} a year"))
    field, anchor = _anchor(terms)
    if terms.end_of_month and roll(anchor, 0, True) != anchor:
        message = f"coupons fall on ends of months, and {field} {anchor} is none"
        found.append(Mistake("end_of_month", message))
    for field in ("payment_days", "record_days", "ex_days"):
        days = getattr(terms, field)
        if days < 0:
            found.append(Mistake(field, f"{days} is negative: it counts business days"))
    return found


def _anchor(terms: ScheduleTerms) -> tuple[str, date]:
    """The end of the bond that dates are reckoned from."""
    return ("maturity", terms.maturity) if _backward(terms) else ("start", terms.start)


def _backward(terms: ScheduleTerms) -> bool:
    return terms.stub in (Stub.SHORT_FIRST, Stub.LONG_FIRST)


def _edges(terms: ScheduleTerms) -> list[date]:
    """Start, every coupon date and maturity, unadjusted and in order."""
    if _backward(terms):
        edges = [terms.maturity]
        while (edge := _rolled(terms, -len(edges))) > terms.start:
            edges.append(edge)
        if terms.stub is Stub.LONG_FIRST and edge < terms.start and len(edges) > 1:
            edges.pop()
        return [terms.start, *reversed(edges)]
    edges = [terms.start]
    while (edge := _rolled(terms, len(edges))) < terms.maturity:
        edges.append(edge)
    if terms.stub is Stub.LONG_LAST and edge > terms.maturity and len(edges) > 1:
        edges.pop()
    return [*edges, terms.maturity]


def _rolled(terms: ScheduleTerms, periods: int) -> date:
    """The date that many whole periods from the end of the bond that dates are reckoned from."""
    return roll(_anchor(terms)[1], 12 // terms.frequency * periods, terms.end_of_month)


def _period(terms: ScheduleTerms, number: int, edges: list[date]) -> Period:
    due, last = edges[number], len(edges) - 1
    ending = number - last if _backward(terms) else number
    regular = [_rolled(terms, ending - 1), _rolled(terms, ending)]
    accrual = [edges[number - 1], due]
    if terms.accrual_adjusted:
        regular, accrual = ([_adjusted(terms, day) for day in days] for days in (regular, accrual))
    payment = _before(terms, _adjusted(terms, due), -terms.payment_days)
    record = _before(terms, payment, terms.record_days)
    return Period(
        number,
        accrual[0],
        accrual[1],
        edges[number - 1],
        due,
        Reference(regular[0], regular[1], terms.frequency, terms.end_of_month),
        _before(terms, record, terms.ex_days),
        record,
        payment,
    )


def _adjusted(terms: ScheduleTerms, day: date) -> date:
    return adjust(terms.calendar, day, terms.convention)


def _before(terms: ScheduleTerms, day: date, days: int) -> date:
    return add_business_days(terms.calendar, day, -days) if days else day
