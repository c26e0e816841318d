"""Entitlements: the parts are the pot, treasury gets nothing, tax is each person's, claims go right."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.core.actions.entitlement import (
    Basis,
    Direction,
    Forms,
    Holdings,
    Terms,
    Trade,
    from_pot,
    from_rate,
    holdings_of,
    market_claim,
    taxed,
)
from freehold.core.actions.tax import Form, Payee, withhold
from freehold.core.actions.tax_regimes import countries, regime, treaty_rate
from freehold.core.errors import Invalid
from freehold.core.facts import Facts, Flags, pack_facts
from freehold.core.standing import Line, Lot

DAY = date(2026, 3, 31)
SIGNED = date(2025, 3, 10)
W9 = Payee(True, Form.W9, tin_certified=True)
TREATY = Payee(False, Form.W8BEN, True, SIGNED, Fraction(15, 100))
NOTHING = Payee(us_person=False)

held = st.lists(st.integers(1, 10**24), min_size=1, max_size=40)


def holdings(units, linked=None):
    return Holdings(range(1, len(units) + 1), units, linked or {})


@given(held, st.integers(1, 10**30))
def test_a_fixed_pot_is_divided_whole_and_nobody_is_off_by_one_unit(units, pot):
    found = from_pot(holdings(units), pot)
    assert (sum(found.amounts), found.dust, found.basis) == (pot, 0, Basis.FIXED_POT)
    for mine, part in zip(units, found.amounts, strict=True):
        assert abs(part - Fraction(pot * mine, sum(units))) < 1


def test_the_largest_remainders_get_the_rest_and_equals_in_their_order():
    assert from_pot(holdings([1, 1, 1]), 5).amounts == [2, 2, 1]
    assert from_pot(holdings([3, 2, 2]), 10).amounts == [4, 3, 3]


@given(held, st.fractions(Fraction(1, 10**6), 10**6))
def test_a_declared_rate_is_rounded_down_and_the_dust_told(units, rate):
    pot = int(sum(units) * rate) + 7
    found = from_rate(holdings(units), rate, pot)
    assert sum(found.amounts) + found.dust == pot
    assert found.amounts == [int(mine * rate) for mine in units]
    assert from_rate(holdings(units), rate).dust == 0


def test_a_pot_smaller_than_declared_is_refused_with_what_is_missing():
    with pytest.raises(Invalid, match="the pot 10 is smaller than declared.* fund 20 more"):
        from_rate(holdings([10, 20]), Fraction(1), 10)


@pytest.mark.parametrize("wrong", [0, -1])
def test_nothing_to_pay_and_nobody_to_pay_are_refused(wrong):
    with pytest.raises(Invalid, match="not above zero"):
        from_pot(holdings([1]), wrong)
    with pytest.raises(Invalid, match="not above zero"):
        from_rate(holdings([1]), Fraction(wrong))
    with pytest.raises(Invalid, match="there is nobody to pay"):
        from_pot(holdings([]), 1)


def test_all_units_of_a_holder_count_and_those_of_the_treasury_do_not():
    treasury = pack_facts(Facts(3, 1, flags=Flags.TREASURY))
    lines = [
        Line(3, "0xc", treasury, 500),
        Line(2, "0xb", pack_facts(Facts(2, 1)), 30, frozen=30, stopped=True),
        Line(1, "0xa", pack_facts(Facts(1, 1)), 70, lots=(Lot(1, 70, 1),)),
        Line(4, "0xd", pack_facts(Facts(4, 1)), 0),
    ]
    found = holdings_of(lines, {1: (1,), 2: (2, 5)})
    assert (list(found.accounts), list(found.units)) == ([1, 2], [70, 30])
    assert found.linked == {2: 2}


@given(st.lists(st.tuples(st.integers(1, 10**9), st.sampled_from([0, 1, 2])), min_size=1))
def test_tax_is_what_withhold_says_of_each_person_and_everything_adds_up(rows):
    payees = (NOTHING, W9, TREATY)
    what = from_rate(holdings([units for units, _ in rows]), Fraction(7, 3))
    forms = Forms(payees, {account: kind for account, (_, kind) in enumerate(rows, 1)})
    found = taxed(what, forms, DAY)
    for one, (_, kind) in zip(found.shares(), rows, strict=True):
        expected = withhold(payees[kind], one.gross, DAY)
        assert (one.withheld, one.net) == (expected.withheld, expected.paid)
    assert found.net_total + found.withheld_total == found.gross_total == sum(what.amounts)


def test_tax_of_a_person_with_several_accounts_is_taken_once_on_the_sum():
    what = from_rate(holdings([1, 1, 2], {1: 1, 3: 1}), Fraction(1))
    found = list(taxed(what, Forms((TREATY,), {}), DAY).shares())
    # 15 per cent of 3 is 0.45, rounded to 0; of 1, 0.15; each alone would be 0 + 0 + 0
    assert [one.withheld for one in found] == [0, 0, 0]
    what = from_rate(holdings([2, 1, 2], {1: 1, 3: 1}), Fraction(1))
    found = list(taxed(what, Forms((TREATY,), {}), DAY).shares())
    # 15 per cent of 4 is 0.6: one unit, which each account alone (0.3) would not give
    assert sum(one.withheld for one in found) == 1
    assert found[1].withheld == 0


def test_nobody_on_file_gets_the_default_and_its_code():
    found = next(taxed(from_pot(holdings([5]), 1000), Forms((NOTHING, W9), {}), DAY).shares())
    assert (found.withheld, found.treatment.chapter, int(found.treatment.code)) == (300, 3, 195)


def test_a_form_that_ran_out_yesterday_counts_for_nothing():
    payee = Payee(False, Form.W8BEN, True, date(2022, 3, 10), Fraction(15, 100))
    assert withhold(payee, 1000, date(2025, 12, 31)).withheld == 150
    assert withhold(payee, 1000, date(2026, 1, 1)).withheld == 300


def test_a_rate_of_ones_own_comes_first_and_fatca_is_chapter_four():
    own = Payee(False, Form.W8BENE, True, SIGNED, Fraction(15, 100), own=Fraction(0))
    fatca = Payee(False, Form.W8BENE, True, SIGNED, Fraction(15, 100), fatca_exempt=False)
    rows = list(taxed(from_pot(holdings([1, 1]), 200), Forms((own, fatca), {2: 1}), DAY).shares())
    assert [(one.withheld, one.treatment.chapter) for one in rows] == [(0, 3), (30, 4)]


def test_switzerland_keeps_the_whole_rate_and_says_what_may_be_claimed_back():
    found = regime("CH")(Payee(False, residence="DE"), DAY)
    assert (found.rate, found.reclaimable) == (Fraction(35, 100), Fraction(20, 100))
    assert not found.verified
    assert regime("CH")(Payee(False, residence="XX"), DAY).reclaimable == 0
    german = regime("DE")(Payee(False), DAY)
    assert german.rate == Fraction(25, 100) * (1 + Fraction(55, 1000))


def test_a_country_or_a_day_without_rates_is_named():
    with pytest.raises(Invalid, match=r"tax at source is not known; known are US, CH, DE"):
        regime("AQ")
    with pytest.raises(Invalid, match="no rates of LU are known for 1999"):
        regime("LU")(NOTHING, date(1999, 1, 1))
    assert treaty_rate("US", "DE", date(1989, 1, 1)) is None
    assert countries()[0] == "US"


RECORD = datetime(2026, 3, 20, 21, tzinfo=UTC)
TERMS = Terms(date(2026, 3, 20), RECORD, Fraction(5, 2), Fraction(15, 100))


@pytest.mark.parametrize(
    ("traded", "settled", "direction"),
    [
        (date(2026, 3, 19), None, Direction.SELLER_TO_BUYER),
        (date(2026, 3, 19), RECORD, Direction.SELLER_TO_BUYER),
        (date(2026, 3, 19), RECORD - timedelta(seconds=1), None),
        (date(2026, 3, 20), RECORD - timedelta(seconds=1), Direction.BUYER_TO_SELLER),
        (date(2026, 3, 20), None, None),
    ],
)
def test_a_trade_over_the_record_instant_makes_the_claim_of_whoever_was_left_out(
    traded, settled, direction
):
    found = market_claim(Trade(traded, settled, 101), TERMS)
    assert (found and found.direction) == direction
    if found:
        assert (found.gross, found.withheld, found.net) == (252, 38, 214)


def test_a_claim_of_no_units_is_refused():
    with pytest.raises(Invalid, match="units 0"):
        market_claim(Trade(DAY, None, 0), TERMS)
