"""Dates as RFC 5545 has them: folded by octets, escaped, whole days and instants."""

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from freehold.core.icalendar import LONGEST, Event, as_text, escaped, folded

NOW = datetime(2026, 11, 27, 22, 0, 5, tzinfo=UTC)


def unfolded(text: str) -> list[str]:
    return text.replace("\r\n ", "").removesuffix("\r\n").split("\r\n")


def test_an_instant_and_a_whole_day_are_events_of_one_calendar():
    record = Event(
        "a-1", datetime(2026, 12, 1, 18, tzinfo=UTC), "Record: div, 1; \\ends", "One\nTwo",
        "Record", "http://x/actions/div", 2,
    )  # fmt: skip
    gone = Event("a-2", date(2026, 12, 31), "Ex-date: div", cancelled=True)
    text = as_text("Freehold", [record, gone], NOW)
    assert text.endswith("END:VCALENDAR\r\n") and "\n" not in text.replace("\r\n", "")
    lines = unfolded(text)
    assert lines[:4] == [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Freehold//Calendar of securities//EN",
        "CALSCALE:GREGORIAN",
    ]  # fmt: skip
    for line in (
        "UID:a-1", "DTSTAMP:20261127T220005Z", "SEQUENCE:2", "DTSTART:20261201T180000Z",
        "SUMMARY:Record: div\\, 1\\; \\\\ends", "DESCRIPTION:One\\nTwo", "STATUS:CONFIRMED",
        "DTSTART;VALUE=DATE:20261231", "DTEND;VALUE=DATE:20270101", "STATUS:CANCELLED",
        "URL:http://x/actions/div",
    ):  # fmt: skip
        assert line in lines, line


@given(st.text(max_size=400))
def test_no_line_is_longer_than_75_octets_and_unfolding_gives_the_text_back(text):
    line = f"SUMMARY:{escaped(text)}"
    pieces = folded(line).split("\r\n")
    assert all(len(piece.encode()) <= LONGEST for piece in pieces)
    assert all(piece.startswith(" ") for piece in pieces[1:])
    assert pieces[0] + "".join(piece[1:] for piece in pieces[1:]) == line


@given(st.text(max_size=200))
def test_a_text_cannot_begin_a_line_of_its_own(text):
    assert not {"\n", "\r", "\x00", "\x85", "\u2028"} & set(escaped(text))
