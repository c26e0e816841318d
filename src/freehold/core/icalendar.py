"""Dates as an iCalendar file (RFC 5545), which calendars import or subscribe to.

Only what a list of dates needs is written: a VCALENDAR of VEVENTs, each an instant in UTC or a whole day.
Lines end with CRLF and are folded at 75 octets (3.1), texts are escaped (3.3.11), and what an event is
about keeps its UID, so that a date that moved moves in the reader's calendar too (3.8.4.7, 3.8.7.4).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

PRODUCT = "-//Freehold//Calendar of securities//EN"
LONGEST = 75
"""Octets of a line without its end (RFC 5545 3.1)."""


@dataclass(frozen=True, slots=True)
class Event:
    """A date: what it is called for ever (`uid`), when, in words; `sequence` counts its changes."""

    uid: str
    at: datetime | date
    summary: str
    description: str = ""
    category: str = ""
    url: str = ""
    sequence: int = 0
    cancelled: bool = False


def as_text(name: str, events: Iterable[Event], written: datetime) -> str:
    """The calendar as a file; `written` is the instant at which it was asked for."""
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", "CALSCALE:GREGORIAN"]
    head += [f"NAME:{escaped(name)}", f"X-WR-CALNAME:{escaped(name)}"]
    lines = [*head, *(line for one in events for line in _lines(one, written)), "END:VCALENDAR"]
    return "".join(f"{folded(line)}\r\n" for line in lines)


def escaped(text: str) -> str:
    """A text as a value: backslash, semicolon, comma and line ends escaped, control characters left out."""
    marks = {"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"}
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(marks.get(one, one if one.isprintable() else " ") for one in plain)


def folded(line: str) -> str:
    """A line in pieces of at most 75 octets, each but the first begun by a space; no character is cut."""
    pieces, piece, size = list[str](), "", 0
    for one in line:
        octets = len(one.encode())
        if size + octets > LONGEST:
            pieces.append(piece)
            piece, size = " ", 1
        piece, size = piece + one, size + octets
    return "\r\n".join([*pieces, piece])


def _lines(one: Event, written: datetime) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{escaped(one.uid)}"
    yield f"DTSTAMP:{_instant(written)}"
    yield f"SEQUENCE:{one.sequence}"
    if isinstance(one.at, datetime):
        yield f"DTSTART:{_instant(one.at)}"
    else:
        yield f"DTSTART;VALUE=DATE:{one.at:%Y%m%d}"
        yield f"DTEND;VALUE=DATE:{one.at + timedelta(days=1):%Y%m%d}"
    yield f"SUMMARY:{escaped(one.summary)}"
    if one.description:
        yield f"DESCRIPTION:{escaped(one.description)}"
    if one.category:
        yield f"CATEGORIES:{escaped(one.category)}"
    if one.url:
        yield f"URL:{one.url}"
    yield f"STATUS:{'CANCELLED' if one.cancelled else 'CONFIRMED'}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
