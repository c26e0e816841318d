"""Withholding adds up, and what cannot be is refused; the cases of the law are in the vectors."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.core.actions.tax import Form, Payee, withhold
from freehold.core.errors import Invalid
from freehold.core.reasons import Reason

DAY = date(2026, 11, 26)


@given(
    st.integers(0, 10**12),
    st.booleans(),
    st.sampled_from(list(Form)),
    st.booleans(),
    st.none() | st.integers(0, 30),
)
def test_what_is_paid_and_withheld_is_the_whole_and_never_more_than_the_full_rate(
    gross: int, us_person: bool, form: Form, certified: bool, percent: int | None
) -> None:
    treaty = None if percent is None else Fraction(percent, 100)
    payee = Payee(us_person, form, certified, date(2025, 1, 1), treaty)
    found = withhold(payee, gross, DAY)
    assert found.withheld + found.paid == gross
    assert 0 <= found.withheld <= gross * Fraction(30, 100) + Fraction(1, 2)


def test_a_form_that_is_missing_is_told_and_the_full_rate_taken() -> None:
    found = withhold(Payee(us_person=True), 100_000, DAY)
    assert (found.withheld, found.code) == (24_000, Reason.TAX_FORM_MISSING)


def test_a_negative_payment_and_a_day_without_rates_are_refused() -> None:
    with pytest.raises(Invalid, match="negative"):
        withhold(Payee(True), -1, DAY)
    with pytest.raises(Invalid, match="no rates are known for 2017"):
        withhold(Payee(True), 1, date(2017, 12, 31))
