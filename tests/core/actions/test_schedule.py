"""Coupon dates: QuantLib makes the same schedules, and the days around a payment are in order."""

import random
from datetime import date, timedelta
from itertools import pairwise

import pytest
import QuantLib as ql

from freehold.core.actions.daycount import Reference, roll
from freehold.core.actions.schedule import Period, ScheduleTerms, Stub, schedule
from freehold.core.calendar import Convention, calendar, is_business_day
from freehold.core.errors import Invalid

NEW_YORK = calendar("XNYS")
EVERY_DAY = calendar("every-day")


def day(text: str) -> date:
    return date.fromisoformat(text)


def edges(**terms) -> list[str]:
    periods = schedule(ScheduleTerms(calendar=EVERY_DAY, **terms))
    assert all(a.end == b.start for a, b in pairwise(periods))
    return [str(periods[0].start), *(str(period.end) for period in periods)]


@pytest.mark.parametrize(
    ("stub", "expected"),
    [
        (Stub.SHORT_FIRST, ["2024-01-20", "2024-05-15", "2024-11-15", "2025-05-15"]),
        (Stub.LONG_FIRST, ["2024-01-20", "2024-11-15", "2025-05-15"]),
        (Stub.SHORT_LAST, ["2024-01-20", "2024-07-20", "2025-01-20", "2025-05-15"]),
        (Stub.LONG_LAST, ["2024-01-20", "2024-07-20", "2025-05-15"]),
    ],
)
def test_the_stub_stands_where_the_terms_say(stub: Stub, expected: list[str]) -> None:
    terms = {"start": day("2024-01-20"), "maturity": day("2025-05-15"), "frequency": 2}
    assert edges(stub=stub, **terms) == expected


@pytest.mark.parametrize("stub", Stub)
def test_whole_periods_have_no_stub(stub: Stub) -> None:
    found = edges(start=day("2024-01-31"), maturity=day("2025-01-31"), frequency=4, stub=stub)
    assert found == ["2024-01-31", "2024-04-30", "2024-07-31", "2024-10-31", "2025-01-31"]


def test_coupons_on_ends_of_months_stay_there() -> None:
    terms = {"start": day("2023-08-31"), "maturity": day("2025-02-28"), "frequency": 2}
    assert edges(**terms) == ["2023-08-31", "2024-02-28", "2024-08-28", "2025-02-28"]
    assert edges(end_of_month=True, **terms) == [
        "2023-08-31",
        "2024-02-29",
        "2024-08-31",
        "2025-02-28",
    ]


@pytest.mark.parametrize("stub", Stub)
def test_a_life_shorter_than_a_period_is_one_coupon(stub: Stub) -> None:
    terms = {"start": day("2024-01-20"), "maturity": day("2024-03-20"), "frequency": 2}
    assert edges(stub=stub, **terms) == ["2024-01-20", "2024-03-20"]


def test_the_reference_of_a_stub_is_the_whole_period_it_would_be() -> None:
    terms = ScheduleTerms(day("2024-01-20"), day("2025-05-15"), 2, EVERY_DAY)
    first, second, *_ = schedule(terms)
    assert first.reference == Reference(day("2023-11-15"), day("2024-05-15"), 2)
    assert second.reference == Reference(second.start, second.end, 2)
    last = schedule(ScheduleTerms(*astuple(terms), stub=Stub.SHORT_LAST))[-1]
    assert last.reference == Reference(day("2025-01-20"), day("2025-07-20"), 2)


def astuple(terms: ScheduleTerms) -> tuple[date, date, int, object]:
    return terms.start, terms.maturity, terms.frequency, terms.calendar


def test_quantlib_makes_the_same_schedules() -> None:
    draw, made = random.Random(410), 0
    while made < 400:
        start = date(2000, 1, 1) + timedelta(draw.randrange(9_000))
        maturity = start + timedelta(draw.randrange(20, 4_000))
        stub = draw.choice([Stub.SHORT_FIRST, Stub.SHORT_LAST])
        anchor = maturity if stub is Stub.SHORT_FIRST else start
        end_of_month = roll(anchor, 0, True) == anchor and draw.random() < 0.5
        frequency = draw.choice([1, 2, 4, 12])
        adjusted, convention = draw.choice(
            [(False, ql.Unadjusted), (True, ql.ModifiedFollowing), (True, ql.Following)]
        )
        if end_of_month and adjusted:
            continue  # QuantLib then keeps to the last business day of the month: another rule
        made += 1
        terms = ScheduleTerms(
            start,
            maturity,
            frequency,
            calendar("XECB"),
            Convention.FOLLOWING
            if convention != ql.ModifiedFollowing
            else Convention.MODIFIED_FOLLOWING,
            stub,
            end_of_month,
            accrual_adjusted=adjusted,
        )
        theirs = ql.Schedule(
            to_quantlib(start),
            to_quantlib(maturity),
            ql.Period(12 // frequency, ql.Months),
            ql.TARGET(),
            convention,
            convention,
            ql.DateGeneration.Backward if stub is Stub.SHORT_FIRST else ql.DateGeneration.Forward,
            end_of_month,
        )
        ours = schedule(terms)
        found = [ours[0].start, *(period.end for period in ours)]
        # where adjustment moves two dates onto one day QuantLib drops one of them
        assert list(dict.fromkeys(found)) == [from_quantlib(one) for one in theirs], terms


def to_quantlib(one: date) -> ql.Date:
    return ql.Date(one.day, one.month, one.year)


def from_quantlib(one: ql.Date) -> date:
    return date(one.year(), one.month(), one.dayOfMonth())


def paid(**terms) -> Period:
    base = {"start": day("2026-01-04"), "maturity": day("2026-07-04"), "frequency": 2}
    return schedule(ScheduleTerms(calendar=NEW_YORK, **base | terms))[0]


def test_payment_record_and_ex_date_are_business_days_in_order() -> None:
    period = paid(payment_days=1, record_days=5, ex_days=1)
    assert period.due == period.end == day("2026-07-04")  # a Saturday; Friday is the holiday
    assert period.payment_date == day("2026-07-07")
    assert period.record_date == day("2026-06-29")
    assert period.ex_date == day("2026-06-26")
    days = [period.ex_date, period.record_date, period.payment_date]
    assert all(is_business_day(NEW_YORK, one) for one in days)


def test_without_days_between_them_all_three_are_the_payment_date() -> None:
    period = paid(record_days=0)
    assert period.ex_date == period.record_date == period.payment_date == day("2026-07-06")


def test_interest_runs_to_the_business_day_only_if_the_terms_say_so() -> None:
    assert paid().end == day("2026-07-04")
    adjusted = paid(accrual_adjusted=True)
    assert (adjusted.start, adjusted.end) == (day("2026-01-05"), day("2026-07-06"))
    assert adjusted.reference == Reference(adjusted.start, adjusted.end, 2)


def test_all_mistakes_are_told_at_once() -> None:
    terms = ScheduleTerms(
        day("2026-01-15"), day("2025-01-15"), 5, NEW_YORK, end_of_month=True, record_days=-1
    )
    with pytest.raises(Invalid) as caught:
        schedule(terms)
    assert [str(one) for one in caught.value.mistakes] == [
        "maturity: 2025-01-15 is not after the start 2026-01-15",
        "frequency: 5 is none of 1, 2, 3, 4, 6, 12 a year",
        "end_of_month: coupons fall on ends of months, and maturity 2025-01-15 is none",
        "record_days: -1 is negative: it counts business days",
    ]


@pytest.mark.parametrize(
    ("start", "maturity", "mistake"),
    [
        ("2024-01-15", "2224-01-16", ""),
        (
            "2024-01-15",
            "2225-01-15",
            "maturity: 2225-01-15 is more than 200 years after 2024-01-15",
        ),
        ("2999-01-15", "3000-01-15", "maturity: 3000-01-15 is not in the years 1600 to 2999"),
    ],
)
def test_a_life_beyond_reason_is_refused(start: str, maturity: str, mistake: str) -> None:
    terms = ScheduleTerms(day(start), day(maturity), 1, EVERY_DAY)
    if not mistake:
        assert len(schedule(terms)) == 201
        return
    with pytest.raises(Invalid) as caught:
        schedule(terms)
    assert mistake in [str(one) for one in caught.value.mistakes]
