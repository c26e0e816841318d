"""The calendar of servicing: a month of dates, the list of actions, and the dates as a file (iCalendar)."""

import calendar as months
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from freehold.core.roles import Power
from freehold.desks import permits
from freehold.desks.servicing import calendars, events
from freehold.desks.servicing.calendars import Dated, Wanted
from freehold.doors.web import servicing_lists
from freehold.doors.web.listing import show
from freehold.doors.web.servicing import proposed
from freehold.doors.web.visits import Visit, page

COLOURS = {"Payment": "payment", "Delivery": "payment", "Claims end": "claims"}
"""The words by which a date is coloured, where it is not as all others."""


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the calendar's grid with what falls on it."""

    day: date
    inside: bool
    today: bool
    items: Sequence[tuple[str, str, str]]


def routes() -> list[BaseRoute]:
    """The page and the file."""
    return [
        Route("/actions", page(calendar), methods=["GET"]),
        Route("/actions/calendar.ics", page(as_file), methods=["GET"]),
    ]


def calendar(visit: Visit) -> Response:
    """A month of dates, and the list of actions; what is due next stands first."""
    found = events.listed(visit.office, visit.who)
    now = events.now(visit.office)
    month = _month(visit.query("month"), now.date())
    following = (month.replace(day=28) + timedelta(days=4)).replace(day=1)
    weeks = grid(month, now.date(), calendars.dates(visit.office, visit.who, _wanted(visit)))
    values: dict[str, Any] = {
        "total": len(found),
        "due": [one for one in found if one.due][:3],
        "weeks": weeks,
        "any_dates": any(day.inside and day.items for week in weeks for day in week),
        "month": month,
        "before": (month - timedelta(days=1)).strftime("%Y-%m"),
        "following": following.strftime("%Y-%m"),
        "today": now.date(),
        "now": now,
        "proposes": permits.allows(visit.who, Power.SERVICE),
        "waiting": proposed(visit),
    }
    return show(visit, "actions.html", servicing_lists.actions(visit, found), **values)


def as_file(visit: Visit) -> Response:
    """Every date that the filters leave, for the reader's own calendar."""
    found = calendars.dates(visit.office, visit.who, _wanted(visit))
    base = str(visit.request.base_url).rstrip("/")
    text = calendars.as_file("Freehold", found, base, events.now(visit.office))
    head = {"Content-Disposition": 'attachment; filename="freehold.ics"'}
    return Response(text, media_type="text/calendar; charset=utf-8", headers=head)


def grid(month: date, today: date, dated: Sequence[Dated]) -> list[list[Day]]:
    """The weeks of a month from Monday on, with what was not called off."""
    by_day: dict[date, list[tuple[str, str, str]]] = {}
    for one in dated:
        if not one.called_off:
            word = COLOURS.get(one.what, "")
            by_day.setdefault(one.day, []).append((f"{one.what}: {one.title}", one.href, word))
    return [
        [Day(day, day.month == month.month, day == today, by_day.get(day, [])) for day in week]
        for week in months.Calendar().monthdatescalendar(month.year, month.month)
    ]


def _wanted(visit: Visit) -> Wanted:
    issuer = visit.query("issuer") or None
    return Wanted(issuer, visit.query("kind"), visit.query("security"))


def _month(text: str, today: date) -> date:
    try:
        return datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError:
        return today.replace(day=1)
