"""Fund and property waterfalls: tiers by hand, sums, hurdles that are returns, all mistakes."""

import random
from datetime import date, timedelta
from fractions import Fraction

import pytest
import pyxirr
from hypothesis import given
from hypothesis import strategies as st

from freehold.core.actions import fields
from freehold.core.actions.partnership import (
    CatchUp,
    Contribution,
    Partnership,
    PreferredReturn,
    ReturnOfCapital,
    Split,
    distribute,
    flows_of,
    investors,
    promote_of,
    tier_limits,
)
from freehold.core.actions.partnership_file import read_partnership
from freehold.core.errors import Invalid
from tests.parts import ROOT

START, YEAR_ON = date(2021, 3, 1), date(2022, 3, 1)
EIGHT, TWENTY = Fraction(8, 100), Fraction(1, 5)
FUND = Partnership(
    "gp",
    (ReturnOfCapital(), PreferredReturn(EIGHT), CatchUp(Fraction(1), TWENTY), Split(TWENTY)),
    (Contribution(START, "lp", 1_000_000),),
)


@pytest.mark.parametrize(
    ("amount", "to_lp", "promote"),
    [
        (400_000, 400_000, 0),
        (1_000_000, 1_000_000, 0),
        (1_080_000, 1_080_000, 0),
        (1_090_000, 1_080_000, 10_000),  # all to the sponsor in catch-up
        (1_100_000, 1_080_000, 20_000),  # now a fifth of the profit of 100,000
        (1_200_000, 1_160_000, 40_000),  # and it stays a fifth
    ],
)
def test_the_classic_fund_by_hand(amount: int, to_lp: int, promote: int) -> None:
    paid = distribute(FUND, amount, YEAR_ON)
    assert promote_of(paid) == promote
    assert sum(tier.investors.get("lp", 0) for tier in paid[-1].tiers) == to_lp


def test_tiers_end_where_they_are_full() -> None:
    assert tier_limits(FUND, YEAR_ON) == [1_000_000, 80_000, 20_000]


def test_a_partial_catch_up_lets_investors_have_the_rest_of_it() -> None:
    half = Partnership(
        "gp", (*FUND.tiers[:2], CatchUp(Fraction(1, 2), TWENTY), FUND.tiers[3]), FUND.contributions
    )
    # y / 2 = (80,000 + y) / 5
    (paid,) = distribute(half, 2_000_000, YEAR_ON)
    catch_up = paid.tiers[2]
    assert catch_up.amount == 53_334  # 53,333.33 rounded up
    assert catch_up.promote == catch_up.investors["lp"] == 26_667
    assert promote_of([paid]) == (2_000_000 - 1_000_000) // 5


def test_capital_comes_back_in_proportion_and_the_sponsor_is_an_investor_too() -> None:
    terms = Partnership(
        "gp",
        FUND.tiers,
        (Contribution(START, "lp", 900_001), Contribution(START, "gp", 100_000)),
    )
    (paid,) = distribute(terms, 500_000, YEAR_ON)
    assert paid.tiers[0].investors == {"gp": 50_000, "lp": 450_000}
    assert promote_of([paid]) == 0


def test_earlier_distributions_count_towards_the_hurdle() -> None:
    terms = Partnership("gp", FUND.tiers, FUND.contributions, ((YEAR_ON, 300_000),))
    later = date(2023, 3, 1)
    # 1,000,000 grows to 1,080,000, less 300,000, grows by 8 % again
    assert sum(tier_limits(terms, later)[:2]) == 842_400
    first, second = distribute(terms, 842_400, later)
    assert (first.amount, promote_of([first, second])) == (300_000, 0)
    assert pyxirr.xirr(
        [(day, -amount) for day, amount in flows_of(terms, "lp", [first, second])]
    ) == (pytest.approx(0.08, abs=1e-9))


def random_partnership(draw: random.Random) -> Partnership:
    dates = sorted(date(2015, 1, 1) + timedelta(draw.randrange(2_500)) for _ in range(5))
    put_in = [
        Contribution(day, draw.choice(["lp", "pension", "gp"]), draw.randrange(1, 10**12))
        for day in dates[:3]
    ]
    hurdles = sorted(draw.sample(range(1, 30), 2))
    return Partnership(
        "gp",
        (
            ReturnOfCapital(),
            PreferredReturn(Fraction(hurdles[0], 100)),
            CatchUp(draw.choice([Fraction(1), Fraction(3, 5)]), TWENTY),
            Split(TWENTY, Fraction(hurdles[1], 100)),
            Split(Fraction(3, 10)),
        ),
        tuple(put_in),
        tuple((day, draw.randrange(10**12)) for day in dates[3:]),
    )


SALE = date(2024, 6, 30)
DRAWS = st.integers(0, 10**9).map(random.Random)


@given(DRAWS)
def test_the_parts_of_every_distribution_sum_to_it_and_more_is_never_less(draw) -> None:
    terms = random_partnership(draw)
    amount = draw.randrange(10**13)
    paid = distribute(terms, amount, SALE)
    for one in paid:
        assert sum(tier.amount for tier in one.tiers) == one.amount
        assert all(part >= 0 for tier in one.tiers for part in tier.investors.values())
        assert all(tier.promote >= 0 for tier in one.tiers)
    more = distribute(terms, amount + draw.randrange(10**12), SALE)
    assert promote_of(more) >= promote_of(paid) - 1
    for who in investors(terms):
        less_got, more_got = (
            sum(tier.investors.get(who, 0) for tier in one[-1].tiers) for one in (paid, more)
        )
        assert more_got >= less_got - len(terms.tiers)  # whole units: one for each tier


@given(DRAWS)
def test_a_full_hurdle_tier_leaves_every_investor_at_that_return(draw) -> None:
    terms = random_partnership(draw)
    upto = sum(tier_limits(terms, SALE)[:2])
    paid = distribute(terms, upto, SALE)
    if any(tier.tier > 1 for one in paid for tier in one.tiers):
        return  # an earlier distribution had already passed the hurdle
    hurdle = float(terms.tiers[1].irr)
    for who in investors(terms):
        flows = [(day, -amount / 10**4) for day, amount in flows_of(terms, who, paid)]
        if abs(flows[0][1]) > 10**6:  # a unit is then less than 10^-9 of it
            assert pyxirr.xirr(flows) == pytest.approx(hurdle, abs=1e-9)


@given(DRAWS)
def test_after_the_catch_up_the_promote_is_its_part_of_all_profit(draw) -> None:
    terms = random_partnership(draw)
    terms = Partnership("gp", (*terms.tiers[:3], Split(TWENTY)), terms.contributions)
    amount = sum(tier_limits(terms, SALE)) + draw.randrange(10**12)
    paid = distribute(terms, amount, SALE)
    profit = amount - sum(one.amount for one in terms.contributions)
    assert abs(promote_of(paid) - profit * TWENTY) <= 2


# ---- the file -----------------------------------------------------------------------------------


def test_the_example_reads_and_pays() -> None:
    text = (ROOT / "examples/waterfalls/building.toml").read_text()
    file = read_partnership(fields.parse_toml(text))
    assert (file.currency, file.on, file.digits) == ("EUR", date(2026, 6, 30), 2)
    paid = distribute(file.terms, 2_400_000_000, file.on)
    assert [len(one.tiers) for one in paid] == [1, 1, 4]
    assert promote_of(paid) == 267_000_000


def test_every_mistake_of_the_file_is_told_at_once() -> None:
    wrong = """
kind = "partnership"
currency = "EUR"
on = 2024-01-01
sponsor = "gp"
[[contribution]]
on = 2025-01-01
partner = "lp"
amount = 0
[[distribution]]
on = 2020-01-01
amount = "5.001"
[[tier]]
kind = "split"
sponsor = "20%"
[[tier]]
kind = "preferred return"
irr = "8%"
[[tier]]
kind = "catch-up"
sponsor = "20%"
until = "20%"
[[tier]]
kind = "split"
sponsor = 1
until_irr = "7%"
[[tier]]
kind = "gift"
"""
    with pytest.raises(Invalid) as caught:
        read_partnership(fields.parse_toml(wrong))
    said = "\n".join(map(str, caught.value.mistakes))
    for one in (
        "name: is missing",
        "contribution 1: on: 2025-01-01 is after the distribution on 2024-01-01",
        "contribution 1: amount: 0 puts nothing in",
        "distribution 1: amount: 5.001 has more than the 2 decimal places",
        "distribution 1: on: 2020-01-01 is before the first contribution",
        "tier 1: kind: takes all the rest",
        "tier 3: until: 1/5 of profit is never reached",
        "tier 4: until_irr: is never reached while the sponsor gets everything",
        "tier 4: until_irr: 7% is no higher than the hurdle of a tier above",
        "tier 5: kind: 'gift' is none of return of capital",
        "tier: the last one must be a split without until_irr",
    ):
        assert one in said


def test_without_contributions_or_tiers_there_is_nothing_to_divide() -> None:
    with pytest.raises(Invalid) as caught:
        read_partnership(
            fields.parse_toml('name = "x"\ncurrency = "USD"\non = 2024-01-01\nsponsor = "g"')
        )
    said = "\n".join(map(str, caught.value.mistakes))
    assert "contribution: there is none" in said
    assert "tier: the last one must be" in said
