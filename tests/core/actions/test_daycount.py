"""Day counts: every published example exactly, QuantLib on random days, and second implementations."""

import random
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.core.actions.daycount import (
    DayCount,
    Reference,
    Terms,
    days_counted,
    parse_convention,
    reference_period,
    roll,
    year_fraction,
)
from freehold.core.calendar import calendar
from freehold.core.errors import Invalid
from freehold.doors.bench.daycount_quantlib import COUNTERS, mismatches

ISDA, ICMA, AFB = DayCount.ACT_ACT_ISDA, DayCount.ACT_ACT_ICMA, DayCount.ACT_ACT_AFB
BOND, EURO, EURO_ISDA = DayCount.THIRTY_360, DayCount.THIRTY_E_360, DayCount.THIRTY_E_360_ISDA


def day(text: str) -> date:
    return date.fromisoformat(text)


def counted(convention: DayCount, start: str, end: str, *reference: str, **terms) -> Fraction:
    ends = [day(one) for one in reference] or [day(start), day(end)]
    if convention in (ICMA, DayCount.ACT_365L):
        terms["reference"] = reference_period(*ends)
    return year_fraction(convention, day(start), day(end), Terms(**terms))


# ISDA, "EMU and market conventions: recent developments" (1999); exact values beside the printed.
@pytest.mark.parametrize(
    ("period", "reference", "isda", "icma", "afb"),
    [
        (
            ("2003-11-01", "2004-05-01"),
            (),
            Fraction(61, 365) + Fraction(121, 366),
            Fraction(1, 2),
            Fraction(182, 366),
        ),
        (
            ("1999-02-01", "1999-07-01"),
            ("1998-07-01", "1999-07-01"),
            Fraction(150, 365),
            Fraction(150, 365),
            Fraction(150, 365),
        ),
        (
            ("1999-07-01", "2000-07-01"),
            (),
            Fraction(184, 365) + Fraction(182, 366),
            Fraction(1),
            Fraction(1),
        ),
        (
            ("2002-08-15", "2003-07-15"),
            ("2003-01-15", "2003-07-15"),
            Fraction(334, 365),
            Fraction(153, 368) + Fraction(181, 362),
            Fraction(334, 365),
        ),
        (
            ("2003-07-15", "2004-01-15"),
            (),
            Fraction(170, 365) + Fraction(14, 366),
            Fraction(1, 2),
            Fraction(184, 365),
        ),
        (
            ("1999-07-30", "2000-01-30"),
            (),
            Fraction(155, 365) + Fraction(29, 366),
            Fraction(1, 2),
            Fraction(184, 365),
        ),
        (
            ("2000-01-30", "2000-06-30"),
            ("2000-01-30", "2000-07-30"),
            Fraction(152, 366),
            Fraction(152, 364),
            Fraction(152, 366),
        ),
    ],
)
def test_isdas_worked_examples_of_act_act(period, reference, isda, icma, afb) -> None:
    assert counted(ISDA, *period) == isda
    assert counted(ICMA, *period, *reference) == icma
    assert counted(AFB, *period) == afb


@pytest.mark.parametrize(
    ("convention", "period", "printed"),
    [
        (ISDA, ("2003-11-01", "2004-05-01"), 0.497724380567),
        (AFB, ("2003-11-01", "2004-05-01"), 0.497267759563),
        (ISDA, ("1999-02-01", "1999-07-01"), 0.410958904110),
        (ISDA, ("1999-07-01", "2000-07-01"), 1.001377348600),
        (ISDA, ("2003-07-15", "2004-01-15"), 0.504004790778),
        (AFB, ("2003-07-15", "2004-01-15"), 0.504109589041),
        (ISDA, ("2000-01-30", "2000-06-30"), 0.415300546448),
    ],
)
def test_the_decimals_that_quantlib_prints_of_them(convention, period, printed) -> None:
    assert float(counted(convention, *period)) == pytest.approx(printed, abs=1e-11)


@pytest.mark.parametrize(
    ("end_of_month", "expected"),
    [(True, Fraction(91, 364) + Fraction(61, 368)), (False, Fraction(91, 364) + Fraction(61, 360))],
)
def test_a_long_last_coupon_by_notional_quarters(end_of_month: bool, expected: Fraction) -> None:
    reference = reference_period(day("1999-11-30"), day("2000-02-29"), 4, end_of_month)
    terms = Terms(reference)
    assert year_fraction(ICMA, day("1999-11-30"), day("2000-04-30"), terms) == expected


@pytest.mark.parametrize(
    ("start", "end", "end_of_month", "expected"),
    [
        # notional periods before 2012-02-29, published with OpenGamma Strata's day counts
        ("2011-10-01", "2011-11-12", True, Fraction(42, 364)),
        ("2011-10-01", "2012-01-12", True, Fraction(60, 364) + Fraction(43, 364)),
        ("2011-07-01", "2011-08-12", True, Fraction(42, 368)),
        ("2011-07-01", "2011-11-12", True, Fraction(61, 368) + Fraction(73, 364)),
        ("2011-10-01", "2011-11-12", False, Fraction(42, 368)),
        ("2011-10-01", "2012-01-12", False, Fraction(59, 368) + Fraction(44, 368)),
    ],
)
def test_a_long_first_coupon_by_notional_quarters(start, end, end_of_month, expected) -> None:
    begun = day("2011-11-30") if end_of_month else day("2011-11-29")
    terms = Terms(Reference(begun, day("2012-02-29"), 4, end_of_month))
    assert year_fraction(ICMA, day(start), day(end), terms) == expected


@pytest.mark.parametrize(
    ("start", "end", "bond", "euro", "isda"),
    [
        ("2006-08-20", "2007-02-20", 180, 180, 180),
        ("2006-08-31", "2007-02-28", 178, 178, 180),
        ("2007-08-31", "2008-02-29", 179, 179, 180),
        ("2006-01-31", "2006-02-28", 28, 28, 30),
        ("2006-02-28", "2006-03-03", 5, 5, 3),
        ("2008-02-28", "2008-03-31", 33, 32, 32),
        ("2008-02-29", "2009-02-28", 359, 359, 360),
    ],
)
def test_isdas_worked_examples_of_30_360(start, end, bond, euro, isda) -> None:
    found = [days_counted(one, day(start), day(end)) for one in (BOND, EURO, EURO_ISDA)]
    assert found == [bond, euro, isda]
    assert counted(BOND, start, end) == Fraction(bond, 360)


def test_the_end_of_february_stays_on_the_termination_date() -> None:
    period = ("2011-08-31", "2012-02-29")
    assert counted(BOND, *period) == counted(EURO, *period) == Fraction(179, 360)
    assert counted(EURO_ISDA, *period) == Fraction(180, 360)
    assert counted(EURO_ISDA, *period, termination=day("2012-02-29")) == Fraction(179, 360)


@pytest.mark.parametrize(
    ("convention", "cents"),
    [
        (DayCount.ACT_360, "25277.78"),
        (DayCount.ACT_365_FIXED, "24931.51"),
        (DayCount.THIRTY_360, "25000.00"),
        (ISDA, "24886.22"),
        (ICMA, "25000.00"),
    ],
)
def test_half_a_year_at_five_per_cent_on_a_million(convention, cents) -> None:
    coupon = 1_000_000 * Fraction(5, 100) * counted(convention, "2003-11-01", "2004-05-01")
    assert f"{float(coupon):.2f}" == cents


@pytest.mark.parametrize(
    ("start", "end", "coupon_end", "frequency", "expected"),
    [
        # published with OpenGamma Strata's day counts
        ("2011-12-28", "2012-02-28", "2012-02-28", 1, Fraction(62, 365)),
        ("2011-12-28", "2012-02-28", "2012-02-29", 1, Fraction(62, 366)),
        ("2011-12-28", "2012-02-28", "2012-03-01", 1, Fraction(62, 366)),
        ("2011-12-28", "2012-02-29", "2012-02-29", 1, Fraction(63, 366)),
        ("2011-12-28", "2012-02-28", "2012-02-28", 2, Fraction(62, 366)),
        ("2011-12-28", "2012-02-29", "2012-03-01", 2, Fraction(63, 366)),
        ("2010-12-28", "2011-02-28", "2011-02-28", 2, Fraction(62, 365)),
        ("2010-12-28", "2011-02-28", "2011-03-01", 2, Fraction(62, 365)),
    ],
)
def test_act_365l_as_published(start, end, coupon_end, frequency, expected) -> None:
    terms = Terms(Reference(day(start), day(coupon_end), frequency))
    assert year_fraction(DayCount.ACT_365L, day(start), day(end), terms) == expected


def test_act_365l_equals_a_count_day_by_day() -> None:
    draw = random.Random(365)
    for _ in range(300):
        start = date(1990, 1, 1) + timedelta(draw.randrange(12_000))
        frequency = draw.choice([1, 2, 4])
        coupon_end = roll(start, 12 // frequency, False)
        end = start + timedelta(draw.randrange(1, (coupon_end - start).days + 1))
        passed = [start + timedelta(n) for n in range(1, (coupon_end - start).days + 1)]
        if frequency == 1:
            year = 366 if any((one.month, one.day) == (2, 29) for one in passed) else 365
        else:
            year = (date(coupon_end.year, 12, 31) - date(coupon_end.year - 1, 12, 31)).days
        terms = Terms(Reference(start, coupon_end, frequency))
        found = year_fraction(DayCount.ACT_365L, start, end, terms)
        assert found == Fraction((end - start).days, year)


def test_icma_with_month_ends_equals_a_sum_day_by_day() -> None:
    """Each day is worth 1 / (days of its notional period x frequency), which QuantLib cannot do
    with month ends: its notional periods know no such rule."""
    draw = random.Random(251)
    for _ in range(100):
        frequency = draw.choice([2, 4, 12])
        months = 12 // frequency
        begun = roll(date(draw.randrange(1990, 2030), draw.randrange(1, 13), 1), 0, True)
        reference = Reference(begun, roll(begun, months, True), frequency, True)
        edges = [roll(begun.replace(day=1), months * n, True) for n in range(-14, 15)]
        start = begun + timedelta(draw.randrange(-300, 200))
        end = start + timedelta(draw.randrange(1, 200))
        total = Fraction(0)
        for number in range((end - start).days):
            one = start + timedelta(number)
            after = min(edge for edge in edges if edge > one)
            before = max(edge for edge in edges if edge <= one)
            total += Fraction(1, (after - before).days * frequency)
        assert year_fraction(ICMA, start, end, Terms(reference)) == total


@pytest.mark.parametrize("convention", COUNTERS)
def test_quantlib_says_the_same_of_random_periods(convention: DayCount) -> None:
    assert list(mismatches(convention, 5_000)) == []


def test_a_convention_that_counts_wrong_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(COUNTERS, DayCount.THIRTY_360, COUNTERS[DayCount.THIRTY_360_US])
    assert len(list(mismatches(DayCount.THIRTY_360, 1_000))) > 5


@given(
    st.sampled_from(sorted(set(DayCount) - {ICMA, DayCount.ACT_365L, DayCount.ONE_ONE})),
    st.lists(st.dates(date(1980, 1, 1), date(2060, 1, 1)), min_size=2, max_size=2).map(sorted),
)
def test_an_empty_period_is_nothing_and_a_longer_one_is_not_less(convention, days) -> None:
    terms = Terms(calendar=calendar("ANBIMA"))
    start, end = days
    assert year_fraction(convention, start, start, terms) == 0
    assert year_fraction(convention, start, end, terms) >= 0
    if convention not in (EURO_ISDA, AFB):  # these two jump at the end of February
        later = year_fraction(convention, start, end + timedelta(3), terms)
        assert later >= year_fraction(convention, start, end, terms)


def test_every_period_is_one_by_one_one() -> None:
    assert counted(DayCount.ONE_ONE, "2024-01-01", "2029-05-01") == 1


def test_business_days_over_252() -> None:
    carnival = counted(
        DayCount.BUS_252, "2024-02-09", "2024-02-16", calendar=calendar("ANBIMA")
    )  # Friday, Wednesday (Ash Wednesday works), Thursday
    assert carnival == Fraction(3, 252)


@pytest.mark.parametrize(
    ("start", "end", "frequency"),
    [
        ("2023-02-28", "2023-08-31", 2),
        ("2023-08-31", "2024-02-29", 2),
        ("2023-11-30", "2024-02-29", 4),
        ("2023-04-30", "2023-10-31", 2),
        ("2023-05-15", "2024-05-15", 1),
        ("2024-02-29", "2025-02-28", 1),
        ("2024-01-31", "2024-02-29", 12),
    ],
)
def test_a_coupon_period_may_end_on_ends_of_months(start: str, end: str, frequency: int) -> None:
    assert reference_period(day(start), day(end)).frequency == frequency


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("act/360", DayCount.ACT_360),
        ("ACT_ACT_ICMA", ICMA),
        ("Act/Act (ISMA)", ICMA),
        ("30e/360 isda", EURO_ISDA),
        ("30/360", BOND),
        ("A001", BOND),
        ("Actual/365 (Fixed)", DayCount.ACT_365_FIXED),
        ("BUS/252", DayCount.BUS_252),
        ("1/1", DayCount.ONE_ONE),
    ],
)
def test_conventions_are_known_by_their_usual_spellings(text: str, expected: DayCount) -> None:
    assert parse_convention(text) is expected


@pytest.mark.parametrize("convention", DayCount)
def test_every_convention_is_read_back_from_its_own_name(convention: DayCount) -> None:
    assert parse_convention(str(convention)) is convention


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: parse_convention("ACT/366"), "'ACT/366' is none of ACT/360, ACT/364"),
        (
            lambda: year_fraction(ISDA, day("2024-02-02"), day("2024-02-01")),
            "ends on 2024-02-01, before it begins on 2024-02-02",
        ),
        (
            lambda: year_fraction(AFB, day("0001-01-01"), day("2024-02-01")),
            "0001-01-01 is not a day from the years 1600 to 2999",
        ),
        (
            lambda: year_fraction(ICMA, day("2024-02-01"), day("2024-08-01")),
            "ACT/ACT ICMA needs the coupon period",
        ),
        (
            lambda: year_fraction(DayCount.ACT_365L, day("2024-02-01"), day("2024-08-01")),
            "ACT/365L needs the coupon period",
        ),
        (
            lambda: year_fraction(DayCount.BUS_252, day("2024-02-01"), day("2024-08-01")),
            "name the calendar, such as ANBIMA",
        ),
        (
            lambda: reference_period(day("2024-02-01"), day("2024-07-01")),
            "2024-02-01 to 2024-07-01 is no whole coupon period",
        ),
        (
            lambda: reference_period(day("2023-02-15"), day("2023-08-31")),
            "2023-02-15 to 2023-08-31 is no whole coupon period",
        ),
        (
            lambda: reference_period(day("2024-02-01"), day("2024-08-01"), 4),
            "has 6 months, and frequency 4 means 3",
        ),
        (
            lambda: reference_period(day("2024-02-01"), day("2024-08-01"), 5),
            "frequency 5 is none of 1, 2, 3, 4, 6, 12",
        ),
        (
            lambda: reference_period(day("2024-02-01"), day("2024-02-01")),
            "ends on 2024-02-01, not after its begin",
        ),
    ],
)
def test_what_cannot_be_counted_is_said_in_one_sentence(call, sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        call()
