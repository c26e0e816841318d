"""What Rule 17Ad asks of a registered transfer agent, as arithmetic over its log.

Turnaround (17 CFR 240.17Ad-2(a)): of the routine items received in a month, nine of ten within three
business days of receipt. An item received on a day counts from that day; the third business day after
it is in time. Lost securityholders (17Ad-17): the first search between three and twelve months after the
holder was lost, the second between six and twelve months after the first; nobody need search for a
holder who died, who is no natural person, or who has less than 25 USD. Escheat is a hint only: the
common dormancy of three years (Revised Uniform Unclaimed Property Act 2016, s. 202) from the loss.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from freehold.core.calendar import add_business_days, calendar
from freehold.core.clock import anniversary

TURNAROUND_DAYS = 3
TURNAROUND_SHARE = Fraction(9, 10)
FIRST_SEARCH, SECOND_SEARCH = (3, 12), (6, 12)
DORMANT_MONTHS = 36
WHERE = "US"


@dataclass(frozen=True, slots=True)
class Item:
    """Something a holder asked for. `number` 0: it came through the platform itself."""

    number: int
    holder: str
    what: str
    routine: bool
    received_at: datetime
    done_at: datetime | None
    outcome: str | None
    instruction: str | None


@dataclass(frozen=True, slots=True)
class Searched:
    """A search for a lost holder: the day, and in what."""

    day: date
    source: str


@dataclass(frozen=True, slots=True)
class Lost:
    """A holder whose mail came back, and what was done to find him."""

    number: int
    holder: str
    lost_on: date
    found_at: datetime | None
    searches: tuple[Searched, ...]


@dataclass(frozen=True, slots=True)
class Turnaround:
    """A month's items: `due` are routine ones whose third business day is past, or that are done.

    `share` is None where nothing was due. `good`: the rule is met.
    """

    received: int
    routine: int
    due: int
    in_time: int
    share: Fraction | None
    aged: tuple[Item, ...]

    @property
    def good(self) -> bool:
        return self.share is None or self.share >= TURNAROUND_SHARE


@dataclass(frozen=True, slots=True)
class Open:
    """An item that is not turned around: what was noted of it, how many days it lies there, and the last
    day on which it is in time with whether that is past (`due` None: no routine item, no term runs)."""

    item: Item
    note: str
    days: int
    due: date | None
    late: bool


@dataclass(frozen=True, slots=True)
class Search:
    """What is to be done about a lost holder: the next search, from when, by when, and is it late."""

    lost: Lost
    which: int
    begins: date | None
    ends: date | None
    late: bool
    escheat_hint: date


def due_day(received: date) -> date:
    """The last day on which an item is in time."""
    return add_business_days(calendar(WHERE), received, TURNAROUND_DAYS)


def still_open(one: Item, note: str, today: date) -> Open:
    """How an item that is not turned around stands on a day."""
    received = one.received_at.date()
    due = due_day(received) if one.routine else None
    return Open(one, note, (today - received).days, due, due is not None and today > due)


def turnaround(items: Sequence[Item], today: date) -> Turnaround:
    """The rule over a month's items, as of a day. Items that are open and not yet due do not count."""
    routine = [one for one in items if one.routine]
    due, in_time, aged = 0, 0, []
    for one in routine:
        last = due_day(one.received_at.date())
        if one.done_at is not None:
            due += 1
            in_time += one.done_at.date() <= last
        elif today > last:
            due += 1
            aged.append(one)
    share = Fraction(in_time, due) if due else None
    return Turnaround(len(items), len(routine), due, in_time, share, tuple(aged))


def next_search(one: Lost, today: date) -> Search:
    """The search of 17Ad-17 that comes next for a lost holder; none after the second."""
    hint = anniversary(one.lost_on, DORMANT_MONTHS)
    days = sorted(each.day for each in one.searches)
    begins, ends = _window(one.lost_on, FIRST_SEARCH)
    first = next((day for day in days if day >= begins), None)
    if first is None:
        return Search(one, 1, begins, ends, today > ends, hint)
    begins, ends = _window(first, SECOND_SEARCH)
    if any(day >= begins for day in days):
        return Search(one, 0, None, None, False, hint)
    return Search(one, 2, begins, ends, today > ends, hint)


def _window(start: date, months: tuple[int, int]) -> tuple[date, date]:
    return anniversary(start, months[0]), anniversary(start, months[1])
