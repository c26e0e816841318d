"""Whoever approves terms of an action reads every field that differs."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime
from fractions import Fraction

import pytest

from freehold.core.actions.kinds import Kind
from freehold.core.actions.options import Options, PayCurrency, Payout
from freehold.core.actions.revenue import Revenue
from freehold.core.actions.terms import Basis, Cash, Exchange, Terms
from freehold.desks.approvals.approvable_servicing import _words

AT = datetime(2040, 1, 1, tzinfo=UTC)
LATER = datetime(2040, 1, 2, tzinfo=UTC)
COIN = "0x" + "11" * 20
CASH = Cash(COIN, 6, Basis.PER_UNIT, Fraction(1))
EXCHANGE = Exchange(Fraction(1, 2), "other", Fraction(3))
EUROS = PayCurrency("EUR", COIN, 18, Fraction(92, 100), AT.date())
OPTIONS = Options(Payout.PUSH, "USD", "USD", AT, (EUROS,), Fraction(2))
SHARE = Revenue("s", ((AT.date(), Fraction(1, 10)),), Fraction(2), Fraction(100))
TERMS = Terms(
    "div", Kind.CASH_DIVIDEND, "common", AT.date(), AT, AT, AT, CASH, EXCHANGE, options=OPTIONS
)
OTHER = {
    "kind": Kind.COUPON, "ex_date": date(2039, 1, 1), "record": LATER, "payment": LATER,
    "claim_until": LATER, "most": 7, "name": "n", "narrative": "n", "tax": "US", "revenue": SHARE,
    "oversubscription": True, "follows": "first",
}  # fmt: skip
PARTS = {
    "cash": (CASH, {"coin": "0x" + "22" * 20, "decimals": 2, "basis": Basis.POT, "amount": Fraction(2)}),
    "exchange": (EXCHANGE, {"ratio": Fraction(1, 3), "into": "", "price": None}),
    "revenue": (
        SHARE,
        {"series": "t", "parts": ((AT.date(), Fraction(1, 9)),), "cap": Fraction(3), "raised": Fraction(5)},
    ),
    "options": (
        OPTIONS,
        {
            "payout": Payout.CLAIM, "base": "GBP", "default": "EUR", "until": LATER, "price": None,
            "currencies": (EUROS._replace(rate=Fraction(92, 10_000)),),
        },
    ),
}  # fmt: skip


def test_every_field_of_terms_is_tried():
    named = {one.name for one in fields(Terms)} - {"id", "instrument"}  # these never change
    assert named == OTHER.keys() | PARTS.keys()
    for whole, other in PARTS.values():
        assert {one.name for one in fields(whole)} == other.keys()


@pytest.mark.parametrize("name", OTHER)
def test_a_field_that_differs_makes_a_row(name):
    assert _words(replace(TERMS, **{name: OTHER[name]})) != _words(TERMS)


@pytest.mark.parametrize(("part", "name"), [(p, n) for p, (_, o) in PARTS.items() for n in o])
def test_a_field_of_a_part_that_differs_makes_a_row(part, name):
    whole, other = PARTS[part]
    before = replace(TERMS, **{part: whole})
    after = replace(TERMS, **{part: replace(whole, **{name: other[name]})})
    assert _words(after) != _words(before)
