"""A bond's file: what it says is what is paid, and every mistake is told at once."""

import re
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from freehold.core.actions.bond_file import read_bond
from freehold.core.actions.coupon import Fixed, Floating, Step, flows
from freehold.core.actions.schedule import Stub
from freehold.core.calendar import Convention, calendar
from freehold.core.errors import Invalid
from tests.parts import ROOT

BOND = """
name = "Five per cent"
currency = "USD"
face = "1000.00"
daycount = "30/360"
start = 2024-03-15
maturity = 2026-03-15
frequency = 2
"""
FIXED = '[rate]\nkind = "fixed"\nrate = "5%"\n'


def test_the_least_that_must_be_written_has_the_usual_rest() -> None:
    read = read_bond(BOND + FIXED)
    assert (read.name, read.currency, read.bond.face) == ("Five per cent", "USD", 100_000)
    assert read.bond.rate == Fixed(Fraction(1, 20))
    assert read.bond.schedule.calendar == calendar("weekends")
    assert [flow.amount for flow in flows(read.bond)] == [2_500, 2_500, 2_500, 102_500]


def test_everything_that_can_be_written_is_read() -> None:
    more = """
calendar = "XNYS"
convention = "MODFOLLOWING"
stub = "long last"
accrual_adjusted = true
payment_days = 2
record_days = 5
ex_days = 1
redemption_price = "1.02"
[[redemption]]
on = "2025-03-15"
part = "1/4"
[rate]
kind = "floating"
index = "SOFR"
spread = "-0.25%"
factor = 2
floor = 0
cap = "9%"
fixing_days = 3
in_arrears = true
[[fixing]]
on = 2024-03-13
rate = "-0.1%"
[[fixing]]
index = "ESTR"
on = 2024-03-13
rate = "3.9%"
"""
    read = read_bond(BOND + more)
    terms = read.bond.schedule
    assert (terms.calendar.name, terms.convention) == ("XNYS", Convention.MODIFIED_FOLLOWING)
    assert (terms.stub, terms.accrual_adjusted) == (Stub.LONG_LAST, True)
    assert (terms.payment_days, terms.record_days, terms.ex_days) == (2, 5, 1)
    assert read.bond.rate == Floating(
        "SOFR", Fraction(-1, 400), Fraction(2), Fraction(0), Fraction(9, 100), 3, True
    )
    assert read.bond.redemptions == ((date(2025, 3, 15), Fraction(1, 4)),)
    assert read.bond.redemption_price == Fraction(51, 50)
    assert read.fixings == {
        ("SOFR", date(2024, 3, 13)): Fraction(-1, 1000),
        ("ESTR", date(2024, 3, 13)): Fraction(39, 1000),
    }


def test_steps_are_tables() -> None:
    steps = '[rate]\nkind = "step"\n[[rate.step]]\nfrom = 2024-03-15\nrate = "4%"\n'
    assert read_bond(BOND + steps).bond.rate == Step(((date(2024, 3, 15), Fraction(1, 25)),))


def test_equal_and_level_principal_are_made_from_the_dates() -> None:
    equal = read_bond(BOND + 'principal = "equal"\n' + FIXED)
    assert [flow.principal for flow in flows(equal.bond)] == [25_000] * 4
    level = read_bond(BOND + 'principal = "level"\n' + FIXED)
    assert len({flow.amount for flow in flows(level.bond)}) == 1


@pytest.mark.parametrize("file", sorted((ROOT / "examples/bonds").glob("*.toml")), ids=str)
def test_the_examples_pay(file) -> None:
    read = read_bond(file.read_text())
    if isinstance(read.bond.rate, Floating):
        read = replace(read, bond=replace(read.bond, rate=Fixed(Fraction(1, 20))))
    assert sum(flow.principal for flow in flows(read.bond)) == read.bond.face


def test_every_mistake_is_told_with_its_place() -> None:
    wrong = """
currency = "USX"
face = 1000.505
daycount = "31/360"
start = "2024-02-30"
frequency = "two"
calendar = "XNYC"
convention = "LATER"
accrual_adjusted = "yes"
record_days = -1
principal = "level"
colour = "red"
[[redemption]]
on = 2025-03-15
part = "120%"
[rate]
kind = "floating"
spread = true
[[fixing]]
on = 5
rate = "abc"
"""
    with pytest.raises(Invalid) as caught:
        read_bond(wrong)
    said = "\n".join(map(str, caught.value.mistakes))
    for one in (
        "colour: is unknown; there are accrual_adjusted, calendar",
        "name: is missing: write a text",
        "currency: currency 'USX' is not an ISO 4217 currency such as USD",
        "line 3: face: 1000.505 has more than the 2 decimal places",
        "daycount: daycount '31/360' is none of ACT/360",
        "start: '2024-02-30' is not a date such as 2026-11-22",
        "maturity: is missing: write a date such as 2026-11-22",
        "frequency: two is not a number such as",
        "calendar: calendar 'XNYC' is not known",
        "convention: 'LATER' is none of NONE, FOLLOWING",
        "accrual_adjusted: 'yes' is neither true nor false",
        "record_days: -1 is negative",
        "redemption 1: part: 120% is more than the whole",
        "principal: level and [[redemption]] say two different things",
        "principal: level payments need a rate that is known",
        "rate: index: is missing: write a text",
        "rate: spread: True is not a number",
        "fixing 1: on: 5 is not a date",
        "line 21: fixing 1: rate: abc is not a number",
    ):
        assert one in said


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("= 3", "the file of terms is not TOML"),
        ("face = " + "9" * 5_000, "the file of terms is not TOML"),
        ("start = 9999-01-01\n" + FIXED, "start: 9999-01-01 is not a date such as"),
        (BOND, "rate: kind: None is none of fixed, step, floating"),
        (BOND + 'fixing = "x"\n' + FIXED, r"fixing: is a list of tables: write \[\[fixing\]\]"),
        (BOND + "rate = 5\n", r"rate: is a table: write \[rate\]"),
        (BOND.replace("1000.00", "1000.005") + FIXED, "more than the 2 decimal places"),
    ],
)
def test_a_file_of_another_shape_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_bond(text)
    said = "\n".join([caught.value.message, *map(str, caught.value.mistakes)])
    assert re.search(sentence, said), said
