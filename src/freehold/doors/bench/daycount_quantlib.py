"""Day counts beside QuantLib's, on random days: the tests take a few thousand, the bench 100,000.

QuantLib computes in floating point, so a mismatch is a difference beyond 1e-12 of a year, or one
day of a 30/360 count. ACT/365L is the only convention of ours that it does not have. Where
notional periods precede the reference period QuantLib steps back month by month and shortens a day
31 for good, ISDA's examples do not; roll days stay within 28 there.
"""

import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any, NamedTuple

import QuantLib as ql

from freehold.core import calendar
from freehold.core.actions.daycount import (
    DayCount,
    Reference,
    Terms,
    roll,
    year_fraction,
)
from freehold.doors.bench.report import Row

CLOSE = 1e-12
PERIODS = 100_000
BRAZIL = calendar.calendar("ANBIMA")
FIRST, LAST = date(1950, 1, 1), date(2090, 12, 31)


class Case(NamedTuple):
    """A random period with what its convention needs."""

    start: date
    end: date
    terms: Terms


class Mismatch(NamedTuple):
    """What we and QuantLib say of a case that we disagree on."""

    case: Case
    ours: float
    theirs: float


def cases(convention: DayCount, count: int, seed: int) -> Iterator[Case]:
    """Random periods up to 40 years; a tenth of the ends are ends of February."""
    draw = random.Random(f"{convention} {seed}")
    for _ in range(count):
        if convention is DayCount.ACT_ACT_ICMA:
            yield _with_reference(draw)
        else:
            yield _plain(draw, convention)


def mismatches(convention: DayCount, count: int, seed: int = 1) -> Iterator[Mismatch]:
    """The cases of `count` on which QuantLib says something else."""
    counter = COUNTERS[convention]()
    for case in cases(convention, count, seed):
        ours = float(year_fraction(convention, *case))
        theirs = _theirs(convention, counter, case)
        if abs(ours - theirs) > CLOSE * max(1.0, abs(theirs)):
            yield Mismatch(case, ours, theirs)


def _theirs(convention: DayCount, counter: Any, case: Case) -> float:
    days = [_date(case.start), _date(case.end)]
    if case.terms.reference:
        days += [_date(case.terms.reference.start), _date(case.terms.reference.end)]
    if convention is DayCount.THIRTY_E_360_ISDA and case.terms.termination:
        counter = ql.Thirty360(ql.Thirty360.ISDA, _date(case.terms.termination))
    return float(counter.yearFraction(*days))


def _plain(draw: random.Random, convention: DayCount) -> Case:
    start = _month_end_sometimes(draw, FIRST + timedelta(draw.randrange(36_000)))
    longest = draw.choice([40, 400, 4_000, 14_600])
    end = _month_end_sometimes(draw, start + timedelta(draw.randrange(1, longest)))
    start, end = min(start, end), max(start, end)
    last = end if draw.random() < 0.5 else None
    return Case(start, end, Terms(None, last, BRAZIL if convention is DayCount.BUS_252 else None))


def _month_end_sometimes(draw: random.Random, day: date) -> date:
    if draw.random() < 0.1:
        return date(day.year, 3, 1) - timedelta(1)
    return roll(day, 0, True) if draw.random() < 0.1 else day


def _with_reference(draw: random.Random) -> Case:
    frequency, before = draw.choice([1, 2, 3, 4, 6, 12]), draw.random() < 0.5
    months = 12 // frequency
    begun = date(draw.randrange(1960, 2080), draw.randrange(1, 13), draw.randrange(1, 29))
    if not before:
        begun += timedelta(draw.randrange(4))
    reference = Reference(begun, roll(begun, months, False), frequency)
    span = (reference.end - reference.start).days
    start = begun + timedelta(draw.randrange(-4 * span if before else 0, span))
    end = start + timedelta(draw.randrange(1, draw.choice([span, 6 * span])))
    if start < reference.start:  # QuantLib refuses a period that holds the reference period
        end = min(end, reference.end)
    return Case(start, end, Terms(reference))


def _date(day: date) -> Any:
    return ql.Date(day.day, day.month, day.year)


def _brazilian_banks() -> Any:
    """QuantLib's arithmetic over our list of days on which they rest."""
    twin, day = ql.BespokeCalendar("ANBIMA"), FIRST
    while day.year < 2095:
        if not calendar.is_business_day(BRAZIL, day):
            twin.addHoliday(_date(day))
        day += timedelta(days=1)
    return ql.Business252(twin)


COUNTERS: dict[DayCount, Callable[[], Any]] = {
    DayCount.ACT_360: ql.Actual360,
    DayCount.ACT_364: ql.Actual364,
    DayCount.ACT_365_FIXED: ql.Actual365Fixed,
    DayCount.ACT_ACT_ISDA: lambda: ql.ActualActual(ql.ActualActual.ISDA),
    DayCount.ACT_ACT_ICMA: lambda: ql.ActualActual(ql.ActualActual.ISMA),
    DayCount.ACT_ACT_AFB: lambda: ql.ActualActual(ql.ActualActual.AFB),
    DayCount.THIRTY_360: lambda: ql.Thirty360(ql.Thirty360.BondBasis),
    DayCount.THIRTY_360_US: lambda: ql.Thirty360(ql.Thirty360.USA),
    DayCount.THIRTY_E_360: lambda: ql.Thirty360(ql.Thirty360.European),
    DayCount.THIRTY_E_360_ISDA: lambda: ql.Thirty360(ql.Thirty360.ISDA),
    DayCount.BUS_252: _brazilian_banks,
    DayCount.ONE_ONE: ql.OneDayCounter,
}


def rows() -> Iterator[Row]:
    """How many of 100,000 random periods differ, by convention: none may."""
    for convention in COUNTERS:
        differing = sum(1 for _ in mismatches(convention, PERIODS))
        yield Row(f"{convention}: differs from QuantLib", differing, f"of {PERIODS:,}", goal=0)
