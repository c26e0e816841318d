"""Business days: which days a place works, where a date falls that it does not, when a day ends.

Holidays come from the kept library `holidays`: countries by ISO 3166 code (`US`, `DE`), their parts
(`US-NY`, `DE-BY`), markets by ISO 10383 code (`XNYS`, `XLON`, `BVMF`) and `XECB`, the calendar of
the euro's payment system; `ANBIMA` is Brazil's banks, the calendar of BUS/252. `weekends` closes on
Saturday and Sunday alone, `every-day` never. Names joined by + close when any of them does (FpML's
joint business centers): `XECB+US-NY`. A year that the library does not know is an error here and
never a year without holidays.
"""

import difflib
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays

from freehold.core.errors import Invalid

WEEKENDS = "weekends"
EVERY_DAY = "every-day"
ANBIMA = "ANBIMA"
_LONGEST_CLOSURE = 150
"""Days searched for a business day before giving up: New York was closed for four months in 1914."""


class Convention(StrEnum):
    """Where a date goes that is no business day: ISDA 2006, section 4.12, in FpML's codes."""

    UNADJUSTED = "NONE"
    FOLLOWING = "FOLLOWING"
    MODIFIED_FOLLOWING = "MODFOLLOWING"
    PRECEDING = "PRECEDING"
    MODIFIED_PRECEDING = "MODPRECEDING"
    NEAREST = "NEAREST"


@dataclass(frozen=True, slots=True)
class Calendar:
    """One place's business days, or those that several places share."""

    name: str
    places: tuple[str, ...]


def calendar(name: str, field: str = "calendar") -> Calendar:
    """The calendar of a name such as `XNYS` or `XECB+US-NY`. Raises Invalid for an unknown one."""
    places = tuple(dict.fromkeys(part.strip() for part in name.split("+")))
    for place in places:
        if place not in (WEEKENDS, EVERY_DAY) and _source(place) is None:
            near = difflib.get_close_matches(place.upper(), _known(), 3)
            hint = f"; near are {', '.join(near)}" if near else ""
            raise Invalid(
                f"{field} {place!r} is not known: write a country (US, US-NY), a market (XNYS),"
                f" {WEEKENDS} or {EVERY_DAY}{hint}",
                field=field,
                value=place,
            )
    return Calendar("+".join(places), places)


def joint(*calendars: Calendar) -> Calendar:
    """Closed whenever one of them is."""
    return calendar("+".join(one.name for one in calendars))


def is_business_day(where: Calendar, day: date) -> bool:
    """Whether all places work on that day. Raises Invalid for a year the library does not know."""
    return day in _open_days(where.places, day.year)[1]


def adjust(where: Calendar, day: date, convention: Convention) -> date:
    """The business day that stands for `day`.

    Modified conventions stay within the month of `day`; of two equally near days NEAREST takes the
    later. Raises Invalid for a year that the calendar does not know.
    """
    if convention is Convention.UNADJUSTED or is_business_day(where, day):
        return day
    return _ADJUSTED[convention](where, day)


def add_business_days(where: Calendar, day: date, count: int) -> date:
    """The business day `count` after `day` (before it, if negative); 0 moves to no earlier day.

    From a day that is none, the first step leads to the next business day in that direction.
    """
    if count == 0:
        return _step(where, day - timedelta(days=1), 1)
    for _ in range(abs(count)):
        day = _step(where, day, 1 if count > 0 else -1)
    return day


def business_days(where: Calendar, start: date, end: date) -> int:
    """How many business days there are from `start`, included, to `end`, excluded."""
    assert start <= end, "a period does not end before it begins"
    return _elapsed(where, end) - _elapsed(where, start) + _whole_years(where, start, end)


def cutoff(day: date, at: time, zone: str, field: str = "zone") -> datetime:
    """The one instant at which `day` ends for a purpose: a wall clock's time in an IANA time zone.

    A time that the clock shows twice (when summer time ends) is the later of the two, so that the
    day is not cut short; a time that it skips is moved on by the hour skipped. Raises Invalid.
    """
    assert at.tzinfo is None, "the zone is stated apart from the time"
    try:
        place = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid(
            f"{field} {zone!r} is not an IANA time zone such as America/New_York", field=field
        ) from None
    first = datetime.combine(day, at, place)
    second = first.replace(fold=1)
    # where a time is skipped, the reading with fold 0 lies after the gap, as it should
    shown_twice = first.utcoffset() != second.utcoffset() and _exists(first)
    return (second if shown_twice else first).astimezone(UTC)


def _exists(local: datetime) -> bool:
    there = local.astimezone(UTC).astimezone(local.tzinfo)
    return there.replace(tzinfo=None) == local.replace(tzinfo=None, fold=0)


def _step(where: Calendar, day: date, direction: int) -> date:
    """The first business day after `day` in that direction."""
    for distance in range(1, _LONGEST_CLOSURE):
        found = day + timedelta(days=direction * distance)
        if is_business_day(where, found):
            return found
    raise Invalid(f"calendar {where.name} has no business day near {day}", field="calendar")


def _following(where: Calendar, day: date) -> date:
    return _step(where, day, 1)


def _preceding(where: Calendar, day: date) -> date:
    return _step(where, day, -1)


def _modified_following(where: Calendar, day: date) -> date:
    after = _following(where, day)
    return after if after.month == day.month else _preceding(where, day)


def _modified_preceding(where: Calendar, day: date) -> date:
    before = _preceding(where, day)
    return before if before.month == day.month else _following(where, day)


def _nearest(where: Calendar, day: date) -> date:
    """FpML says: preceding, but following for a Sunday or Monday, which means a Western weekend.

    Said for every calendar: the nearer day, and of two equally near ones the following.
    """
    before, after = _preceding(where, day), _following(where, day)
    return before if day - before < after - day else after


_ADJUSTED: dict[Convention, Callable[[Calendar, date], date]] = {
    Convention.FOLLOWING: _following,
    Convention.MODIFIED_FOLLOWING: _modified_following,
    Convention.PRECEDING: _preceding,
    Convention.MODIFIED_PRECEDING: _modified_preceding,
    Convention.NEAREST: _nearest,
}


def _elapsed(where: Calendar, day: date) -> int:
    """Business days of the year of `day` before it."""
    return bisect_left(_open_days(where.places, day.year)[0], day)


def _whole_years(where: Calendar, start: date, end: date) -> int:
    return sum(len(_open_days(where.places, year)[0]) for year in range(start.year, end.year))


@cache
def _open_days(places: tuple[str, ...], year: int) -> tuple[tuple[date, ...], frozenset[date]]:
    """The business days of a year, in order and as a set."""
    day, days = date(year, 1, 1), []
    while day.year == year:
        if all(_works(place, day) for place in places):
            days.append(day)
        if day == date.max:
            break
        day += timedelta(days=1)
    return tuple(days), frozenset(days)


def _works(place: str, day: date) -> bool:
    if place == EVERY_DAY:
        return True
    if place == WEEKENDS:
        return day.weekday() < 5
    if place == ANBIMA and day.month == 12 and day.day >= 24 and day.day != 25:
        return day.weekday() < 5  # the exchange rests around New Year, the banks do not
    source = _source(place)
    assert source is not None, f"{place} was checked when the calendar was named"
    if not source.start_year <= day.year <= source.end_year:
        raise Invalid(
            f"calendar {place} is known for {source.start_year} to {source.end_year}, not for {day.year}",
            field="calendar",
            value=place,
        )
    return source.is_working_day(day)


@cache
def _source(place: str) -> holidays.HolidayBase | None:
    """The library's list of a place; None where it has none. An ISO country wins over a market."""
    country, _, part = ("BVMF" if place == ANBIMA else place).partition("-")
    try:
        return holidays.country_holidays(country, subdiv=part or None)
    except NotImplementedError:
        pass
    try:
        return None if part else holidays.financial_holidays(country)
    except NotImplementedError:
        return None


@cache
def _known() -> list[str]:
    return [ANBIMA, *holidays.list_supported_countries(), *holidays.list_supported_financial()]
