"""Business days: adjustment, joint calendars, cut-offs; QuantLib has a calendar of its own."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
import QuantLib as ql
from hypothesis import given
from hypothesis import strategies as st

from freehold.core import calendar
from freehold.core.calendar import Convention, add_business_days, adjust, business_days, cutoff
from freehold.core.errors import Invalid

NEW_YORK = calendar.calendar("XNYS")
EURO = calendar.calendar("XECB")
WEEKENDS = calendar.calendar("weekends")
DAYS = st.dates(date(2000, 1, 1), date(2030, 12, 31))
QUANTLIB = {
    Convention.UNADJUSTED: ql.Unadjusted,
    Convention.FOLLOWING: ql.Following,
    Convention.MODIFIED_FOLLOWING: ql.ModifiedFollowing,
    Convention.PRECEDING: ql.Preceding,
    Convention.MODIFIED_PRECEDING: ql.ModifiedPreceding,
    Convention.NEAREST: ql.Nearest,
}


def theirs(day: date) -> ql.Date:
    return ql.Date(day.day, day.month, day.year)


def quantlib_twin(where: calendar.Calendar, first: int, last: int) -> ql.BespokeCalendar:
    """QuantLib's arithmetic over our list of closed days."""
    twin = ql.BespokeCalendar(where.name)
    day = date(first, 1, 1)
    while day.year <= last:
        if not calendar.is_business_day(where, day):
            twin.addHoliday(theirs(day))
        day += timedelta(days=1)
    return twin


TWIN = quantlib_twin(NEW_YORK, 1999, 2031)


@pytest.mark.parametrize(
    ("convention", "expected"),
    [
        (Convention.UNADJUSTED, "2024-03-31"),
        (Convention.FOLLOWING, "2024-04-01"),
        (Convention.MODIFIED_FOLLOWING, "2024-03-28"),
        (Convention.PRECEDING, "2024-03-28"),
        (Convention.MODIFIED_PRECEDING, "2024-03-28"),
        (Convention.NEAREST, "2024-04-01"),
    ],
)
def test_easter_sunday_at_the_end_of_a_month(convention: Convention, expected: str) -> None:
    assert adjust(NEW_YORK, date(2024, 3, 31), convention).isoformat() == expected


def test_the_preceding_day_in_another_month_is_not_taken_where_modified() -> None:
    assert adjust(NEW_YORK, date(2023, 1, 1), Convention.PRECEDING) == date(2022, 12, 30)
    assert adjust(NEW_YORK, date(2023, 1, 1), Convention.MODIFIED_PRECEDING) == date(2023, 1, 3)


@given(DAYS, st.sampled_from(list(Convention)))
def test_adjustment_equals_quantlib(day: date, convention: Convention) -> None:
    assert theirs(adjust(NEW_YORK, day, convention)) == TWIN.adjust(
        theirs(day), QUANTLIB[convention]
    )


@given(DAYS, st.integers(-300, 300))
def test_adding_business_days_equals_quantlib(day: date, count: int) -> None:
    found = TWIN.advance(theirs(day), count, ql.Days)
    if date(1999, 1, 1) < date(found.year(), found.month(), found.dayOfMonth()) < date(2031, 12, 1):
        assert theirs(add_business_days(NEW_YORK, day, count)) == found


@given(DAYS, DAYS)
def test_business_days_are_counted_with_the_first_and_without_the_last(a: date, b: date) -> None:
    start, end = sorted([a, b])
    assert business_days(NEW_YORK, start, end) == TWIN.businessDaysBetween(
        theirs(start), theirs(end), True, False
    )


def test_brazils_banks_keep_the_days_quantlib_says() -> None:
    banks, theirs_, day = calendar.calendar("ANBIMA"), ql.Brazil(), date(2005, 1, 1)
    while day.year < 2040:
        ours = calendar.is_business_day(banks, day)
        assert ours == theirs_.isBusinessDay(theirs(day)), day
        day += timedelta(days=1)


def test_the_euro_calendar_is_quantlibs_target_calendar() -> None:
    target, day = ql.TARGET(), date(2002, 1, 1)
    while day.year < 2040:
        ours = calendar.is_business_day(EURO, day)
        assert ours == target.isBusinessDay(theirs(day)), day
        day += timedelta(days=1)


def test_new_york_keeps_the_days_quantlib_knows_it_kept() -> None:
    market = ql.UnitedStates(ql.UnitedStates.NYSE)
    start, days = date(1990, 1, 1), range(36 * 365)
    listed = [start + timedelta(days=number) for number in days]
    differing = [
        day
        for day in listed
        if calendar.is_business_day(NEW_YORK, day) != market.isBusinessDay(theirs(day))
    ]
    assert differing == []


def test_a_joint_calendar_is_closed_where_one_place_is() -> None:
    both = calendar.joint(NEW_YORK, EURO)
    assert both.name == "XNYS+XECB"
    for closed in (date(2024, 7, 4), date(2024, 5, 1)):
        assert not calendar.is_business_day(both, closed)
    assert calendar.is_business_day(NEW_YORK, date(2024, 5, 1))
    assert calendar.is_business_day(EURO, date(2024, 7, 4))


def test_a_weekend_is_what_the_place_calls_one() -> None:
    friday, sunday, worked = date(2026, 11, 27), date(2026, 11, 29), date(2023, 1, 28)
    assert not calendar.is_business_day(calendar.calendar("IL"), friday)
    assert calendar.is_business_day(calendar.calendar("IL"), sunday)
    assert calendar.is_business_day(calendar.calendar("CN"), worked)  # a Saturday made up for
    assert not calendar.is_business_day(WEEKENDS, sunday)
    assert calendar.is_business_day(calendar.calendar("every-day"), sunday)


def test_no_business_day_counts_as_zero_steps_forward() -> None:
    assert add_business_days(NEW_YORK, date(2024, 7, 4), 0) == date(2024, 7, 5)
    assert add_business_days(NEW_YORK, date(2024, 7, 4), 1) == date(2024, 7, 5)
    assert add_business_days(NEW_YORK, date(2024, 7, 4), -1) == date(2024, 7, 3)


@pytest.mark.parametrize(
    ("day", "at", "zone", "instant"),
    [
        ("2026-01-15", "17:00", "America/New_York", "2026-01-15T22:00:00"),
        ("2026-07-15", "17:00", "America/New_York", "2026-07-15T21:00:00"),
        ("2026-07-15", "23:59:59", "Asia/Tokyo", "2026-07-15T14:59:59"),
        ("2026-11-01", "01:30", "America/New_York", "2026-11-01T06:30:00"),  # shown twice
        ("2026-03-08", "02:30", "America/New_York", "2026-03-08T07:30:00"),  # skipped
        ("2026-07-15", "12:00", "UTC", "2026-07-15T12:00:00"),
    ],
)
def test_a_cut_off_is_one_instant(day: str, at: str, zone: str, instant: str) -> None:
    expected = datetime.fromisoformat(instant).replace(tzinfo=UTC)
    assert cutoff(date.fromisoformat(day), time.fromisoformat(at), zone) == expected


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd"])
def test_an_unknown_zone_is_named(zone: str) -> None:
    with pytest.raises(Invalid, match="is not an IANA time zone such as"):
        cutoff(date(2026, 1, 1), time(17), zone)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("XNYC", "near are .*XNYS"),
        ("US-QQ", "'US-QQ' is not known: write a country"),
        ("", "'' is not known"),
        ("XNYS+", "'' is not known"),
        ("XNYS-NY", "'XNYS-NY' is not known"),
    ],
)
def test_an_unknown_calendar_is_refused_with_the_way_out(name: str, sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        calendar.calendar(name)


def test_a_year_that_the_list_does_not_cover_has_no_business_days_to_offer() -> None:
    with pytest.raises(Invalid, match="XECB is known for 1999 to 2100, not for 1998"):
        adjust(EURO, date(1998, 12, 31), Convention.FOLLOWING)
    with pytest.raises(Invalid, match="not for 2101"):
        business_days(NEW_YORK, date(2100, 12, 1), date(2101, 1, 5))
