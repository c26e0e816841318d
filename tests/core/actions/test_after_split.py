"""Terms behind a split: what a unit costs and brings is said anew, exactly; money in all stays."""

from fractions import Fraction

import pytest

from freehold.core.actions import after_split
from freehold.core.actions.terms import as_text, read

COIN = "0x" + "11" * 20
HEAD = (
    'id = "it"\nkind = "{kind}"\ninstrument = "common"\nrecord = 2040-01-01T00:00:00Z\n'
    "payment = 2040-01-09T00:00:00Z\n"
)
CASH = f'[cash]\ncoin = "{COIN}"\ndecimals = 6\n'
BODIES = {
    "cash-dividend": CASH + 'per_unit = "0.10"\n[reinvest]\nprice = "3"\n',
    "rent": CASH + 'pot = "90"\n',
    "tender": "most = 1001\n" + CASH + 'per_unit = "6"\n',
    "call": CASH + 'per_unit = "7"\n',
    "rights-issue": 'most = 30\n[units]\nratio = "1/3"\nprice = "3"\n' + CASH + 'per_unit = "3"\n',
    "stock-dividend": '[units]\nratio = "1/10"\nprice = "3"\n' + CASH + 'per_unit = "3"\n',
    "conversion": '[units]\nratio = "2"\ninto = "other"\n',
    "spin-off": '[units]\nratio = "1/4"\ninto = "other"\nprice = "3"\n' + CASH + 'per_unit = "3"\n',
    "split": '[units]\nratio = "2"\n',
}


def terms(kind):
    return read(HEAD.format(kind=kind) + BODIES[kind])


def figures(found):
    cash, units, price = found.cash, found.exchange, found.options.price
    return (
        cash and cash.amount, units and units.ratio, units and units.price, found.most, price,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "after"),
    [
        ("cash-dividend", (Fraction(1, 15), None, None, 0, 2)),
        ("rent", (90, None, None, 0, None)),
        ("tender", (4, None, None, 1501, None)),
        ("call", (Fraction(14, 3), None, None, 0, None)),
        ("rights-issue", (2, Fraction(1, 3), 2, 45, None)),
        ("stock-dividend", (2, Fraction(1, 10), 2, 0, None)),
        ("conversion", (None, Fraction(4, 3), None, 0, None)),
        ("spin-off", (2, Fraction(1, 6), 3, 0, None)),
        ("split", (None, 2, None, 0, None)),
    ],
)
def test_three_for_two_of_the_class_itself(kind, after):
    found = after_split.of_own_class(terms(kind), Fraction(3, 2))
    assert figures(found) == after
    assert read(as_text(found)) == found


def test_a_split_of_the_class_that_an_action_leads_into():
    found = after_split.of_other_class(terms("spin-off"), Fraction(3, 2))
    assert figures(found) == (3, Fraction(3, 8), 2, 0, None)
    assert after_split.of_other_class(terms("tender"), Fraction(3, 2)) == terms("tender")


def test_money_counted_before_a_split_and_re_invested_behind_it():
    found = after_split.reinvested(terms("cash-dividend"), Fraction(3, 2))
    assert figures(found) == (Fraction(1, 10), None, None, 0, 2)
    assert after_split.reinvested(terms("rent"), Fraction(3, 2)) == terms("rent")


@pytest.mark.parametrize("ratio", [Fraction(2), Fraction(1, 7), Fraction(9_999, 10_000)])
def test_a_split_and_its_reverse_leave_every_price_as_it_was(ratio):
    for kind in BODIES:
        there = after_split.of_own_class(terms(kind), ratio)
        back = after_split.of_own_class(there, 1 / ratio)
        assert figures(back)[:3] == figures(terms(kind))[:3]
