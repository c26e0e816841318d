"""Day counts: which part of a year lies between two days, as an exact fraction.

A coupon is rate x day count, and conventions differ by a per cent of it, so each is written as its
source says and nothing is rounded. The first day counts and the last does not. Sources: ISDA 2006
Definitions, section 4.16 (the letters below); ICMA rule 251 with ISDA's "EMU and market conventions"
(1998, 1999) for ACT/ACT; ISO 20022's codes; 30/360 US as SIFMA's Standard Securities Calculation
Methods has it; BUS/252 as B3 counts for Brazil.
"""

import re
from calendar import isleap, monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from freehold.core.calendar import Calendar, business_days
from freehold.core.clock import anniversary
from freehold.core.errors import Invalid

FREQUENCIES = (1, 2, 3, 4, 6, 12)
"""Coupons in a year that whole months can carry."""

YEARS = range(1600, 3000)
"""What dates of securities may lie in: wide, and far from where the calendar of the machine ends."""


class DayCount(StrEnum):
    """The conventions, by the name they are written with."""

    ACT_360 = "ACT/360"
    ACT_364 = "ACT/364"
    ACT_365_FIXED = "ACT/365F"
    ACT_365L = "ACT/365L"
    ACT_ACT_ISDA = "ACT/ACT ISDA"
    ACT_ACT_ICMA = "ACT/ACT ICMA"
    ACT_ACT_AFB = "ACT/ACT AFB"
    THIRTY_360 = "30/360"
    THIRTY_360_US = "30/360 US"
    THIRTY_E_360 = "30E/360"
    THIRTY_E_360_ISDA = "30E/360 ISDA"
    BUS_252 = "BUS/252"
    ONE_ONE = "1/1"


@dataclass(frozen=True, slots=True)
class Reference:
    """The regular coupon period that a date's period belongs to, or would if it were regular.

    `frequency` is coupons in a year. With `end_of_month` notional periods end on the last days of
    months, otherwise on the day of the month of the nearer end of the reference period.
    """

    start: date
    end: date
    frequency: int
    end_of_month: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """What some conventions need beside two days; None where it is not stated."""

    reference: Reference | None = None
    termination: date | None = None
    calendar: Calendar | None = None


NO_TERMS = Terms()


def year_fraction(
    convention: DayCount, start: date, end: date, terms: Terms = NO_TERMS
) -> Fraction:
    """The part of a year from `start` (counted) to `end` (not counted), exact.

    Raises Invalid if the period ends before it begins or lies outside 1600 to 2999, or the
    convention needs terms that are missing: a reference period (ACT/ACT ICMA, ACT/365L) or a
    calendar (BUS/252).
    """
    for field, day in (("from", start), ("to", end)):
        if day.year not in YEARS:
            raise Invalid(f"{day} is not a day from the years 1600 to 2999", field=field)
    if end < start:
        raise Invalid(f"the period ends on {end}, before it begins on {start}", field="to")
    return _RULES[convention](start, end, terms)


def parse_convention(text: str, field: str = "convention") -> DayCount:
    """A convention from its name, case and spelling of separators aside. Raises Invalid."""
    squeezed = _squeezed(text)
    for convention in DayCount:
        if squeezed in (_squeezed(convention), *_ALIASES.get(convention, ())):
            return convention
    known = ", ".join(DayCount)
    raise Invalid(f"{field} {text!r} is none of {known}", field=field, value=text)


def reference_period(
    start: date, end: date, frequency: int | None = None, end_of_month: bool = False
) -> Reference:
    """A checked reference period; without `frequency` its length in months says it.

    Raises Invalid unless it is one whole coupon period of 1, 2, 3, 4, 6 or 12 months.
    """
    if end <= start:
        raise Invalid(
            f"the reference period ends on {end}, not after its begin {start}", field="reference"
        )
    fitting = [count for count in FREQUENCIES if _spans(start, end, 12 // count)]
    if frequency is not None and frequency not in FREQUENCIES:
        allowed = ", ".join(map(str, FREQUENCIES))
        raise Invalid(
            f"frequency {frequency} is none of {allowed} coupons a year", field="frequency"
        )
    if not fitting:
        raise Invalid(
            f"the reference period {start} to {end} is no whole coupon period of 1, 2, 3, 4, 6 or"
            " 12 months: give the regular period that the stub belongs to",
            field="reference",
        )
    if frequency is not None and frequency not in fitting:
        raise Invalid(
            f"the reference period {start} to {end} has {12 // fitting[0]} months, and"
            f" frequency {frequency} means {12 // frequency}",
            field="frequency",
        )
    return Reference(start, end, frequency or fitting[0], end_of_month)


def roll(day: date, months: int, end_of_month: bool) -> date:
    """The day `months` later; the last of its month where coupons fall on month ends."""
    moved = anniversary(day, months)
    return _month_end(moved) if end_of_month else moved


def thirty_360_days(convention: DayCount, start: date, end: date, terms: Terms = NO_TERMS) -> int:
    """The days between two dates as a 30/360 convention counts them."""
    first, last = _THIRTY[convention](start, end, terms)
    years, months = end.year - start.year, end.month - start.month
    return 360 * years + 30 * months + last - first


def days_counted(convention: DayCount, start: date, end: date, terms: Terms = NO_TERMS) -> int:
    """The days a convention counts: of 30 in a month, business days, or those of the calendar."""
    if convention in _THIRTY:
        return thirty_360_days(convention, start, end, terms)
    if convention is DayCount.BUS_252:
        return business_days(_needed_calendar(terms), start, end)
    return (end - start).days


def _spans(start: date, end: date, months: int) -> bool:
    """Whether a coupon period of that many months can have these ends, whatever its roll day."""
    whole = (end.year - start.year) * 12 + end.month - start.month == months
    there, back = anniversary(start, months), anniversary(end, -months)
    return whole and (there == end or back == start)


def _month_end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def _squeezed(text: str) -> str:
    return re.sub(r"[\s/_.()-]+", "", text).upper()


_ALIASES: dict[DayCount, tuple[str, ...]] = {
    DayCount.ACT_360: ("A004", "ACTUAL360"),
    DayCount.ACT_365_FIXED: ("A005", "ACT365FIXED", "ACT365", "ACTUAL365", "ACTUAL365FIXED"),
    DayCount.ACT_365L: ("A009",),
    DayCount.ACT_ACT_ICMA: ("A006", "ACTACTISMA"),
    DayCount.ACT_ACT_ISDA: ("A008",),
    DayCount.ACT_ACT_AFB: ("A010",),
    DayCount.THIRTY_360: ("A001", "30360BOND", "30360BONDBASIS"),
    DayCount.BUS_252: ("CAL252",),
}


# ---- ACT: days of the calendar ------------------------------------------------------------------


def _over(year: int) -> Callable[[date, date, Terms], Fraction]:
    return lambda start, end, terms: Fraction((end - start).days, year)


def _act_365l(start: date, end: date, terms: Terms) -> Fraction:
    """ICMA 251.1(i), ISDA 4.16(i): a year of 366 days if the coupon period ends in a leap year;
    with annual coupons if it holds 29 February, its first day not counted and its last counted."""
    reference = _needed_reference(terms, DayCount.ACT_365L)
    stop = max(end, reference.end)
    leap = isleap(stop.year)
    if reference.frequency == 1:
        leap = any(start < day <= stop for day in _leap_days(start.year, stop.year))
    return Fraction((end - start).days, 366 if leap else 365)


def _act_act_isda(start: date, end: date, terms: Terms) -> Fraction:
    """ISDA 4.16(b): days in leap years over 366, the others over 365."""
    total = Fraction(0)
    for year in range(start.year, end.year + 1):
        begun = max(start, date(year, 1, 1))
        over = end if year == end.year else date(year + 1, 1, 1)
        total += Fraction((over - begun).days, 366 if isleap(year) else 365)
    return total


def _act_act_icma(start: date, end: date, terms: Terms) -> Fraction:
    """ICMA 251.1(iii): days over (days of the notional period x frequency), period by period.

    Notional periods are the reference period and those that follow or precede it, each reckoned
    from its nearer end, as ISDA's worked examples do for long and short stubs.
    """
    reference = _needed_reference(terms, DayCount.ACT_ACT_ICMA)
    number = 0
    while _edge(reference, number) > start:
        number -= 1
    total, begun = Fraction(0), _edge(reference, number)
    while begun < end:
        number += 1
        over = _edge(reference, number)
        counted = max((min(end, over) - max(start, begun)).days, 0)
        total += Fraction(counted, (over - begun).days * reference.frequency)
        begun = over
    return total


def _edge(reference: Reference, number: int) -> date:
    """The notional coupon date `number` periods after the begin of the reference period."""
    months = 12 // reference.frequency
    if number == 0:
        return reference.start
    if number < 0:
        return roll(reference.start, months * number, reference.end_of_month)
    if number == 1:
        return reference.end
    return roll(reference.end, months * (number - 1), reference.end_of_month)


def _act_act_afb(start: date, end: date, terms: Terms) -> Fraction:
    """Whole years counted back from the end, and the rest over 365, or 366 if it holds 29 February.

    Association Francaise des Banques, master agreement of 1994, and the ISDA 1999 memorandum:
    counted back from 28 February a year ends on 29 February where there is one.
    """
    years, rest = 0, end
    while (earlier := _years_back(end, years + 1)) >= start:
        years, rest = years + 1, earlier
    leap = any(start <= day < rest for day in _leap_days(start.year, rest.year))
    return years + Fraction((rest - start).days, 366 if leap else 365)


def _years_back(day: date, years: int) -> date:
    earlier = anniversary(day, -12 * years)
    last_of_february = (earlier.month, earlier.day) == (2, 28) and isleap(earlier.year)
    return earlier.replace(day=29) if last_of_february else earlier


def _leap_days(first: int, last: int) -> list[date]:
    return [date(year, 2, 29) for year in range(first, last + 1) if isleap(year)]


# ---- 30: twelve months of thirty days -----------------------------------------------------------


def _thirty(convention: DayCount) -> Callable[[date, date, Terms], Fraction]:
    return lambda start, end, terms: Fraction(thirty_360_days(convention, start, end, terms), 360)


def _thirty_360(start: date, end: date, terms: Terms) -> tuple[int, int]:
    """ISDA 4.16(f), bond basis: a last day 31 becomes 30 only after a first day 30 or 31."""
    first = min(start.day, 30)
    return first, 30 if end.day == 31 and first == 30 else end.day


def _thirty_360_us(start: date, end: date, terms: Terms) -> tuple[int, int]:
    """SIFMA: as bond basis, and ends of February are 30 (the last day only after such a first)."""
    february_end = start.month == 2 and start == _month_end(start)
    both = february_end and end.month == 2 and end == _month_end(end)
    first = 30 if february_end else min(start.day, 30)
    return first, 30 if both or (end.day == 31 and first == 30) else end.day


def _thirty_e_360(start: date, end: date, terms: Terms) -> tuple[int, int]:
    """ISDA 4.16(g), Eurobond basis: 31 is 30, on both sides."""
    return min(start.day, 30), min(end.day, 30)


def _thirty_e_360_isda(start: date, end: date, terms: Terms) -> tuple[int, int]:
    """ISDA 4.16(h): ends of months are 30, but not the end of February on the termination date."""
    first = 30 if start == _month_end(start) else start.day
    kept = end.month == 2 and end == terms.termination
    return first, 30 if end == _month_end(end) and not kept else end.day


# ---- the rest -----------------------------------------------------------------------------------


def _bus_252(start: date, end: date, terms: Terms) -> Fraction:
    return Fraction(business_days(_needed_calendar(terms), start, end), 252)


def _one_one(start: date, end: date, terms: Terms) -> Fraction:
    """ISDA 4.16(a): every period is one, an empty one too."""
    return Fraction(1)


def _needed_reference(terms: Terms, convention: DayCount) -> Reference:
    if terms.reference is None:
        raise Invalid(
            f"{convention} needs the coupon period that the days belong to: give its two ends as"
            " the reference period",
            field="reference",
        )
    return terms.reference


def _needed_calendar(terms: Terms) -> Calendar:
    if terms.calendar is None:
        raise Invalid(
            "BUS/252 counts business days: name the calendar, such as ANBIMA", field="calendar"
        )
    return terms.calendar


_THIRTY: dict[DayCount, Callable[[date, date, Terms], tuple[int, int]]] = {
    DayCount.THIRTY_360: _thirty_360,
    DayCount.THIRTY_360_US: _thirty_360_us,
    DayCount.THIRTY_E_360: _thirty_e_360,
    DayCount.THIRTY_E_360_ISDA: _thirty_e_360_isda,
}
_RULES: dict[DayCount, Callable[[date, date, Terms], Fraction]] = {
    DayCount.ACT_360: _over(360),
    DayCount.ACT_364: _over(364),
    DayCount.ACT_365_FIXED: _over(365),
    DayCount.ACT_365L: _act_365l,
    DayCount.ACT_ACT_ISDA: _act_act_isda,
    DayCount.ACT_ACT_ICMA: _act_act_icma,
    DayCount.ACT_ACT_AFB: _act_act_afb,
    **{convention: _thirty(convention) for convention in _THIRTY},
    DayCount.BUS_252: _bus_252,
    DayCount.ONE_ONE: _one_one,
}
