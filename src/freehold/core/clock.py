"""Time: aware UTC instants, and the day numbers that the chain counts in.

Instants are aware UTC `datetime`; a naive one is a programmer's error. A *day* is an `int`, the
number of whole UTC days since 1970-01-01 (`seconds // 86_400`); day 0 means "none".
"""

import calendar
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from freehold.core.errors import Invalid

DAY_SECONDS = 86_400
LAST_DAY = (1 << 20) - 1
"""The largest day number that fits the register's words; it stands for "until further notice"."""
_EPOCH = date(1970, 1, 1)


class Clock(Protocol):
    """Tells the present instant; passed in, so that nothing in the core looks at a clock."""

    def now(self) -> datetime: ...


def parse(text: str, field: str = "time") -> datetime:
    """Read an ISO 8601 instant with a zone; a bare date is midnight UTC. Raises Invalid."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(
            f"{field} {text!r} is not an ISO 8601 time such as 2026-11-22T14:00:00Z",
            field=field,
            value=text,
        ) from None
    if instant.tzinfo is None:
        if len(text) > 10:
            raise Invalid(
                f"{field} {text} has no time zone: add Z for UTC", field=field, value=text
            )
        instant = instant.replace(tzinfo=UTC)
    return instant.astimezone(UTC)


def parse_day(text: str, field: str = "date") -> date:
    """Read an ISO 8601 date (2026-11-22). Raises Invalid."""
    try:
        return date.fromisoformat(text)
    except (ValueError, TypeError):
        raise Invalid(f"{field} {text!r} is not a date such as 2026-11-22", field=field) from None


def stamp(instant: datetime) -> str:
    """Write an instant as ISO 8601 in UTC with Z, to the second."""
    assert instant.tzinfo is not None, "an instant carries its zone"
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_seconds(seconds: int) -> datetime:
    """The instant of a block's timestamp."""
    return datetime.fromtimestamp(seconds, UTC)


def to_seconds(instant: datetime) -> int:
    """Whole seconds since 1970; fractions are cut."""
    assert instant.tzinfo is not None, "an instant carries its zone"
    return int(instant.timestamp())


def day_number(day: date) -> int:
    """The UTC day number of a date."""
    return (day - _EPOCH).days


def day_of(number: int) -> date:
    """The date of a UTC day number."""
    return _EPOCH + timedelta(days=number)


def anniversary(day: date, months: int) -> date:
    """The same day of the month `months` later, or that month's last day where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def release_day(day: date, months: int) -> date:
    """The first day on which a period of `months` from `day` is certainly over: the day after its
    anniversary, because a period must have elapsed and time zones differ."""
    return anniversary(day, months) + timedelta(days=1)
