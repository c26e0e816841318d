"""Rates of return equal pyxirr's, and hurdles ask for exactly what reaches them."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
import pyxirr

from freehold.core.actions.irr import balance, irr, required_up
from freehold.doors.bench.irr_pyxirr import CLOSE, errors

START = date(2021, 3, 1)
YEAR_ON = date(2022, 3, 1)


def test_rates_and_hurdles_equal_pyxirrs_to_nine_places() -> None:
    found = list(errors(100))
    assert len(found) == 100
    assert max(rate for rate, _ in found) <= CLOSE
    assert max(hurdle for _, hurdle in found) <= CLOSE


def test_a_year_at_a_rate_is_that_rate() -> None:
    assert irr([(START, 100), (YEAR_ON, -110)]) == Decimal("0.1")
    assert irr([(START, 100), (YEAR_ON, -50)]) == Decimal("-0.5")
    assert irr([(START, 100), (YEAR_ON, -100)]) == 0


def test_the_hurdle_of_a_year_is_exact_and_that_of_a_day_more_is_rounded_up() -> None:
    flows = [(START, 10_000)]
    assert balance(flows, Fraction(8, 100), YEAR_ON) == 10_800
    assert required_up(flows, Fraction(8, 100), YEAR_ON) == 10_800
    assert required_up(flows, Fraction(8, 100), date(2022, 3, 2)) == 10_803
    assert required_up(flows, Fraction(0), date(2022, 3, 2)) == 10_000


def test_who_has_had_more_is_owed_nothing_and_later_flows_do_not_count() -> None:
    flows = [(START, 10_000), (YEAR_ON, -20_000), (date(2023, 1, 1), 99_000)]
    assert balance(flows, Fraction(8, 100), YEAR_ON) == -9_200
    assert required_up(flows, Fraction(8, 100), YEAR_ON) == 0


@pytest.mark.parametrize(
    "flows",
    [
        [(START, 100)],
        [(START, 100), (YEAR_ON, 100)],
        # 10 % and 20 % both balance these
        [(START, 10_000), (YEAR_ON, -23_000), (date(2023, 3, 1), 13_200)],
    ],
)
def test_flows_without_a_single_rate_have_none(flows: list[tuple[date, int]]) -> None:
    assert irr(flows) is None


def test_a_late_contribution_does_not_hide_the_rate() -> None:
    flows = [(START, 1_000), (YEAR_ON, -100), (date(2022, 9, 1), 50), (date(2024, 3, 1), -1_500)]
    theirs = pyxirr.xirr([(day, -amount) for day, amount in flows])
    assert float(irr(flows)) == pytest.approx(theirs, abs=1e-9)
