"""The terms of a winding-up, and where one stands by its steps."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from freehold.core.actions.windup import Course, State, Step, state, why_not
from freehold.core.actions.windup_file import exit_amount, read_windup, stages_of
from freehold.core.errors import Invalid

HELD = {"a": Fraction(100), "common": Fraction(301, 2), "plan": Fraction(0)}
TERMS = """currency = "USD"
name = "Sold"
[pay]
id = "sold"
coin = "EUR"
record = 2040-01-01T00:00:00Z
payment = 2040-01-02T00:00:00Z
[pay.wallets]
bank = "0x00000000000000000000000000000000000000ba"
[[debt]]
id = "bank"
amount = "10.01"
[[class]]
id = "a"
price = "1"
[[class]]
id = "common"
[[tranche]]
id = "escrow"
amount = "50"
"""


def test_units_come_from_the_register_and_amounts_are_the_coins():
    found = read_windup(TERMS, HELD)
    assert found.exit.terms.commons[0].units == Fraction(301, 2)
    stages = stages_of(found, exit_amount(found, "1,000"), 6)
    assert [stage.amount for stage in stages] == [950_000_000, 50_000_000]
    assert [sum(stage.payouts.values()) for stage in stages] == [950_000_000, 50_000_000]
    assert all(part % 10**4 == 0 for stage in stages for part in stage.payouts.values())
    with pytest.raises(Invalid, match="the coin has 0 decimals and USD 2"):
        stages_of(found, 100_000, 0)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('coin = "EUR"', 'coin = "0x12 of mine"', "neither a coin's address nor its code"),
        ('id = "sold"', 'id = "Sold!"', "is not small letters, digits and hyphens, at most 48"),
        ("2040-01-02", "2039-01-02", "is before the record"),
        ("payment =", "claim_days = 0\npayment =", "claims need at least a day"),
        ("payment =", 'tax = "XX"\npayment =', "'XX' is none of US"),
        ("payment =", 'leaves_out = ["a"]\npayment =', "'a' is paid as a class"),
        ("payment =", 'leaves_out = ["b"]\npayment =', "'b' is no class of the issuer"),
        ('id = "common"', 'id = "plan"', "nobody but the issuer has units of plan"),
        ("[[debt]]", "[pay.opens]\nescrow = 2050-01-01T00:00:00Z\n[[debt]]", "is not between"),
        ("00ba", "00", "is not the address of a wallet"),
        ("[pay.wallets]", "[pay.wallets]\nmine = 1", "is unknown; there are bank"),
    ],
)
def test_every_mistake_is_told_with_its_place(old, new, said):
    with pytest.raises(Invalid) as wrong:
        read_windup(TERMS.replace(old, new, 1), HELD)
    assert said in "; ".join(one.message for one in wrong.value.mistakes)
    assert all("line" in one.place for one in wrong.value.mistakes)


def test_terms_without_pay_say_what_is_missing():
    head, rest = TERMS.partition("[pay]")[0], TERMS.partition("[[debt]]")[2]
    with pytest.raises(Invalid) as wrong:
        read_windup(f"{head}[[debt]]{rest}", HELD)
    assert "[pay] says coin, record and payment" in str(wrong.value.mistakes[0])


def test_more_parts_or_stages_than_a_plan_holds_are_refused():
    many = "".join(f'[[tranche]]\nid = "t{one}"\namount = "1"\n' for one in range(8))
    more = "".join(f'[[carve_out]]\nid = "c{one}"\nshare = "1%"\n' for one in range(14))
    with pytest.raises(Invalid) as wrong:
        read_windup(TERMS + many + more, HELD)
    said = "; ".join(one.message for one in wrong.value.mistakes)
    assert "17 are paid, and a plan has 16 parts" in said
    assert "10 stages, and a plan has 8" in said


def test_a_life_follows_from_steps_money_and_clock():
    day = datetime(2040, 1, 1, tzinfo=UTC)
    stages = [("closing", 70, day + timedelta(1)), ("escrow", 30, day + timedelta(9))]
    begun = [Step.PROPOSE, Step.CONFIRM, Step.FUND]
    paid = [*begun, Step.OPEN, Step.PAY]

    def at(steps, funded=0):
        return Course("s", day, day + timedelta(1), stages, steps, funded, 0)

    lives = [
        (at([Step.PROPOSE]), State.PROPOSED, "a second person has not agreed"),
        (at(begun[:2]), State.AGREED, "lies ahead"),
        (at(begun, 70), State.FUNDED, "lies ahead"),
        (at([*begun, Step.OPEN], 70), State.PAYING, ""),
        (at(paid, 70), State.PART_PAID, "lies ahead"),
        (at([*paid, Step.OPEN, Step.PAY], 100), State.PAID, "everything is paid"),
        (at([*begun, Step.CANCEL], 70), State.CANCELLED, "nothing more is done"),
    ]
    for course, where, said in lives:
        assert state(course) is where
        assert said in why_not(course, day - timedelta(1), Step.PAY)
    assert why_not(at(begun, 70), day + timedelta(2), Step.PAY) == ""
    assert "30 is missing" in why_not(at(paid, 70), day + timedelta(9), Step.PAY)
    assert "the stage escrow of s is due on" in why_not(at(paid, 100), day + timedelta(2), Step.PAY)
    assert "what is open is paid" in why_not(at([*begun, Step.OPEN], 70), day, Step.CANCEL)
    assert "all that its plan divides" in why_not(at(begun, 100), day, Step.FUND)
