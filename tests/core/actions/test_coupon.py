"""Coupons and principal: exact per unit, equal to QuantLib's bonds, and divided without a rest."""

import random
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest
import QuantLib as ql

from freehold.core.actions.coupon import (
    Bond,
    Fixed,
    Floating,
    Step,
    accrued,
    equal_instalments,
    fixing_date,
    flows,
    level_payments,
    pot_down,
)
from freehold.core.actions.daycount import DayCount
from freehold.core.actions.schedule import ScheduleTerms, Stub, schedule
from freehold.core.calendar import calendar
from freehold.core.errors import Invalid, NotFound
from freehold.core.units import allocate

WEEKENDS = calendar("weekends")
FIVE = Fixed(Fraction(5, 100))


def day(text: str) -> date:
    return date.fromisoformat(text)


TERMS = ScheduleTerms(day("2024-03-15"), day("2026-03-15"), 2, WEEKENDS)
NOTE = Bond(100_000, DayCount.THIRTY_360, TERMS, FIVE)
SOFR = Floating("SOFR", spread=Fraction(2, 100))
FLOATER = replace(NOTE, daycount=DayCount.ACT_360, rate=SOFR)


def test_a_fixed_bond_pays_half_a_year_four_times_and_its_face() -> None:
    paid = flows(NOTE)
    assert [flow.interest for flow in paid] == [2_500] * 4
    assert [flow.principal for flow in paid] == [0, 0, 0, 100_000]
    assert [str(flow.period.payment_date) for flow in paid] == [
        "2024-09-16",
        "2025-03-17",
        "2025-09-15",
        "2026-03-16",
    ]
    assert paid[-1].amount == 102_500


def test_quantlib_pays_the_same_on_random_fixed_bonds() -> None:
    draw = random.Random(5)
    counters = {
        DayCount.ACT_360: ql.Actual360(),
        DayCount.ACT_365_FIXED: ql.Actual365Fixed(),
        DayCount.THIRTY_360: ql.Thirty360(ql.Thirty360.BondBasis),
        DayCount.ACT_ACT_ISDA: ql.ActualActual(ql.ActualActual.ISDA),
        DayCount.ACT_ACT_ICMA: ql.ActualActual(ql.ActualActual.ISMA),
    }
    for _ in range(100):
        begun = date(2005, 1, 1) + timedelta(draw.randrange(6_000))
        maturity = begun + timedelta(draw.randrange(60, 3_000))
        maturity = maturity.replace(day=min(maturity.day, 28))
        daycount, frequency = draw.choice(list(counters)), draw.choice([1, 2, 4])
        rate = Fraction(draw.randrange(1, 1_500), 10_000)
        terms = ScheduleTerms(begun, maturity, frequency, WEEKENDS)
        ours = flows(Bond(1_000_000, daycount, terms, Fixed(rate)))
        made = ql.Schedule(
            theirs(begun),
            theirs(maturity),
            ql.Period(12 // frequency, ql.Months),
            ql.WeekendsOnly(),
            ql.Unadjusted,
            ql.Unadjusted,
            ql.DateGeneration.Backward,
            False,
        )
        bond = ql.FixedRateBond(0, 1_000_000.0, made, [float(rate)], counters[daycount])
        listed = [flow.amount() for flow in bond.cashflows()]
        assert [float(flow.interest) for flow in ours] == pytest.approx(listed[:-1], rel=1e-11)
        assert ours[-1].principal == 1_000_000 == listed[-1]


def theirs(one: date) -> ql.Date:
    return ql.Date(one.day, one.month, one.year)


def test_a_step_bond_takes_each_rate_from_its_date_on() -> None:
    steps = ((day("2025-03-15"), Fraction(6, 100)), (day("2024-03-15"), Fraction(4, 100)))
    assert [flow.interest for flow in flows(replace(NOTE, rate=Step(steps)))] == [
        2_000,
        2_000,
        3_000,
        3_000,
    ]


def test_a_floater_takes_the_fixing_before_its_period_and_says_which_one_is_missing() -> None:
    fixings = {("SOFR", day("2024-03-13")): Fraction(53, 1000)}
    first, *others = flows(FLOATER, fixings, until=day("2024-09-30"))
    assert not others
    assert first.rate == Fraction(73, 1000)
    assert first.interest == 100_000 * Fraction(73, 1000) * Fraction(184, 360)
    with pytest.raises(NotFound) as missing:
        flows(FLOATER, fixings)
    assert missing.value.message == (
        "the SOFR fixing of 2024-09-12 is missing, which coupon 2 (2024-09-15 to 2025-03-15)"
        " takes: record it first"
    )
    assert missing.value.facts["date"] == "2024-09-12"


@pytest.mark.parametrize(
    ("fixing", "expected"),
    [("-0.03", "0.01"), ("-0.005", "0.015"), ("0.03", "0.05"), ("0.09", "0.06")],
)
def test_a_floor_and_a_cap_hold_the_rate(fixing: str, expected: str) -> None:
    rate = replace(SOFR, floor=Fraction(1, 100), cap=Fraction(6, 100))
    fixings = {("SOFR", day("2024-03-13")): Fraction(fixing)}
    bond = replace(FLOATER, rate=rate)
    assert flows(bond, fixings, until=day("2024-10-01"))[0].rate == Fraction(expected)


def test_a_rate_in_arrears_is_fixed_before_the_end_and_a_factor_multiplies_it() -> None:
    rate = replace(SOFR, in_arrears=True, factor=Fraction(3, 2))
    bond = replace(FLOATER, rate=rate)
    period = schedule(TERMS)[0]
    assert fixing_date(bond, rate, period) == day("2024-09-12")
    fixings = {("SOFR", day("2024-09-12")): Fraction(4, 100)}
    assert flows(bond, fixings, until=day("2024-10-01"))[0].rate == Fraction(8, 100)
    assert fixing_date(bond, replace(rate, fixing_days=0), period) == period.end


def test_interest_falls_with_the_principal_paid_back() -> None:
    paid = flows(replace(NOTE, redemptions=equal_instalments(TERMS)))
    assert [flow.principal for flow in paid] == [25_000] * 4
    assert [flow.interest for flow in paid] == [2_500, 1_875, 1_250, 625]
    assert [flow.outstanding for flow in paid] == [100_000, 75_000, 50_000, 25_000]


def test_level_payments_are_level_and_pay_the_whole_face() -> None:
    bond = replace(NOTE, daycount=DayCount.ACT_360)
    paid = flows(replace(bond, redemptions=level_payments(bond)))
    assert len({flow.amount for flow in paid}) == 1
    assert sum(flow.principal for flow in paid) == 100_000
    assert paid[0].interest > paid[-1].interest


def test_what_is_left_is_redeemed_at_its_price() -> None:
    bond = replace(
        NOTE,
        redemptions=((day("2025-03-15"), Fraction(1, 4)),),
        redemption_price=Fraction(102, 100),
    )
    assert [flow.principal for flow in flows(bond)] == [0, 25_000, 0, 76_500]


def test_accrued_interest_grows_and_is_negative_without_the_coupon() -> None:
    first = flows(NOTE)[0]
    assert accrued(NOTE, first, day("2024-03-15")) == 0
    assert accrued(NOTE, first, day("2024-06-15")) == 1_250
    assert first.period.ex_date == day("2024-09-13")
    assert accrued(NOTE, first, day("2024-09-12")) == Fraction(100_000 * 5 * 177, 100 * 360)
    assert accrued(NOTE, first, day("2024-09-13")) == -Fraction(100_000 * 5 * 2, 100 * 360)


def test_a_first_stub_of_an_icma_bond_counts_by_notional_periods() -> None:
    terms = ScheduleTerms(day("2002-08-15"), day("2004-01-15"), 2, WEEKENDS, stub=Stub.LONG_FIRST)
    first, second = flows(Bond(1_000_000, DayCount.ACT_ACT_ICMA, terms, FIVE))
    assert first.fraction == Fraction(153, 368) + Fraction(1, 2)
    assert second.fraction == Fraction(1, 2)


def test_a_pot_is_rounded_down_once_and_divided_without_a_rest() -> None:
    flow = flows(replace(NOTE, daycount=DayCount.ACT_365_FIXED))[0]
    holdings = [333, 333, 334, 1]
    pot, dust = pot_down(flow.interest, sum(holdings))
    assert pot + dust == flow.interest * 1_001
    assert 0 <= dust < 1
    assert sum(allocate(pot, holdings)) == pot


@pytest.mark.parametrize(
    ("changed", "mistake"),
    [
        ({"face": 0}, "face: 0 is not a positive number of minor units"),
        ({"redemption_price": Fraction(-1)}, "redemption_price: -1 is negative"),
        (
            {"redemptions": ((day("2025-01-01"), Fraction(1, 2)),)},
            "redemptions: 2025-01-01 is no coupon date",
        ),
        (
            {"redemptions": ((day("2025-03-15"), Fraction(3, 2)),)},
            "redemptions: the parts add up to 3/2, more than the face",
        ),
        (
            {"redemptions": ((day("2025-03-15"), Fraction(1, 4)),) * 2},
            "redemptions: 2025-03-15 stands 2 times",
        ),
        (
            {"redemptions": ((day("2025-03-15"), Fraction(-1, 4)),)},
            "redemptions: -1/4 on 2025-03-15 is negative",
        ),
        (
            {"rate": Step(((day("2025-03-15"), Fraction(1, 4)),))},
            "steps: no rate from the start 2024-03-15 on",
        ),
        (
            {"rate": Step(((day("2024-03-15"), Fraction(0)), (day("2024-04-15"), Fraction(0))))},
            "steps: 2024-04-15 is neither the start nor a coupon date",
        ),
        ({"rate": replace(SOFR, fixing_days=-1)}, "fixing_days: -1 is negative"),
        (
            {"rate": replace(SOFR, floor=Fraction(2), cap=Fraction(1))},
            "floor: 2 is above the cap 1",
        ),
    ],
)
def test_terms_that_contradict_each_other_are_named(changed, mistake: str) -> None:
    with pytest.raises(Invalid) as caught:
        flows(replace(NOTE, **changed))
    assert mistake in [str(one) for one in caught.value.mistakes]


def test_terms_at_the_edge_of_what_is_allowed_are_allowed() -> None:
    assert flows(replace(NOTE, face=1))[0].interest == Fraction(1, 40)
    assert flows(replace(NOTE, redemption_price=Fraction(0)))[-1].principal == 0
    assert flows(replace(NOTE, redemption_price=Fraction(9, 10)))[-1].principal == 90_000
    fixed = replace(SOFR, floor=Fraction(3, 100), cap=Fraction(3, 100), fixing_days=0)
    published = {("SOFR", period.start): Fraction(9, 100) for period in schedule(TERMS)}
    assert {flow.rate for flow in flows(replace(FLOATER, rate=fixed), published)} == {
        Fraction(3, 100)
    }


def test_what_is_paid_on_the_last_day_asked_for_is_in() -> None:
    assert len(flows(NOTE, until=day("2024-09-16"))) == 1
    assert len(flows(NOTE, until=day("2024-09-15"))) == 0
