"""Turnaround and searches by Rule 17Ad, at their boundaries."""

from datetime import UTC, date, datetime

import pytest

from freehold.core.recordkeeping import Item, Lost, Searched, due_day, next_search, turnaround

TODAY = date(2026, 11, 27)


def item(received, done=None, routine=True):
    at = datetime(*received, 15, tzinfo=UTC)
    ended = datetime(*done, 16, tzinfo=UTC) if done else None
    return Item(1, "ann", "transfer", routine, at, ended, None, None)


def test_the_third_business_day_is_in_time_and_weekends_and_holidays_do_not_count():
    assert due_day(date(2026, 11, 20)) == date(2026, 11, 25)  # a Friday
    assert due_day(date(2026, 11, 25)) == date(2026, 12, 1)  # Thanksgiving, and a weekend
    good = item((2026, 11, 20), (2026, 11, 25))
    late = item((2026, 11, 20), (2026, 11, 26))
    assert turnaround([good], TODAY).in_time == 1 and turnaround([late], TODAY).in_time == 0


@pytest.mark.parametrize(("late", "good"), [(1, True), (2, False)])
def test_nine_of_ten_are_enough_and_eight_are_not(late, good):
    items = [item((2026, 11, 2), (2026, 11, 3))] * (10 - late)
    items += [item((2026, 11, 2), (2026, 11, 20))] * late
    found = turnaround(items, TODAY)
    assert found.good is good and found.due == 10


def test_what_is_open_counts_once_it_is_late_and_what_is_not_routine_never():
    open_now = item((2026, 11, 25))
    assert turnaround([open_now], date(2026, 12, 1)).due == 0
    found = turnaround([open_now], date(2026, 12, 2))
    assert (found.due, found.good, found.aged) == (1, False, (open_now,))
    assert turnaround([item((2026, 11, 2), routine=False)], TODAY).share is None


def lost(*searched):
    return Lost(1, "ann", date(2025, 6, 30), None, tuple(Searched(day, "a") for day in searched))


def test_the_first_search_lies_between_three_and_twelve_months_and_an_early_one_is_none():
    found = next_search(lost(), date(2026, 6, 30))
    assert (found.which, found.begins, found.ends) == (1, date(2025, 9, 30), date(2026, 6, 30))
    assert not found.late and next_search(lost(), date(2026, 7, 1)).late
    assert next_search(lost(date(2025, 9, 29)), TODAY).which == 1
    assert found.escheat_hint == date(2028, 6, 30)


def test_the_second_search_counts_from_the_first_and_then_there_is_none():
    first = date(2025, 9, 30)
    found = next_search(lost(first), TODAY)
    assert (found.which, found.begins, found.ends) == (2, date(2026, 3, 30), date(2026, 9, 30))
    assert found.late
    assert next_search(lost(first, date(2026, 3, 29)), TODAY).which == 2
    assert next_search(lost(first, date(2026, 3, 30)), TODAY).which == 0
