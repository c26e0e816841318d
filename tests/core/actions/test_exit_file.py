"""The file of an exit: what it says becomes terms, and every mistake is told at once."""

from datetime import date
from fractions import Fraction

import pytest

from freehold.core.actions import fields
from freehold.core.actions.daycount import DayCount
from freehold.core.actions.exit_file import Compounding, ExitFile, growth, read_exit
from freehold.core.actions.waterfall import Participation, TrancheKind, settle
from freehold.core.errors import Invalid
from tests.parts import ROOT

HEAD = 'name = "Sale"\ncurrency = "USD"\n'
COMMON = '[[class]]\nid = "common"\nunits = 900\n'


def read(text: str) -> ExitFile:
    return read_exit(fields.parse_toml(HEAD + text))


def mistakes(text: str) -> str:
    with pytest.raises(Invalid) as caught:
        read(text)
    return "\n".join(map(str, caught.value.mistakes))


def series(name: str, *lines: str) -> str:
    return "\n".join(["[[class]]", f'id = "{name}"', "units = 100", 'price = "10.00"', *lines, ""])


def test_the_example_is_read_whole() -> None:
    text = (ROOT / "examples/waterfalls/venture-exit.toml").read_text()
    file = read_exit(fields.parse_toml(text))
    a, seed = file.terms.preferred
    assert (a.rank, seed.rank) == (1, 2)
    assert a.accrued == 2_000_000 * 250 * Fraction(6, 100) * 2  # two years of 365 days
    assert a.preference == 2_000_000 * 250 + a.accrued
    assert (seed.participation, seed.cap) == (Participation.CAPPED, 1_250_000 * 80 * 3)
    assert file.terms.commons[0].units == 4_750_000
    assert file.terms.options[0].strike == 600_000 * 110
    assert [one.kind for one in file.tranches] == [TrancheKind.ESCROW, TrancheKind.EARN_OUT]
    assert file.holders["series-seed"] == {"northgate-seed": 900_000, "ada-lindgren": 350_000}
    closing = settle(file.terms, 2_500_000_000, file.tranches)[0]
    assert closing.amount == sum(closing.payouts.values()) == 2_000_000_000


def test_ranks_are_written_or_follow_from_who_is_senior_to_whom() -> None:
    written = read(COMMON + series("a", "rank = 2") + series("b", "rank = 1"))
    assert [one.rank for one in written.terms.preferred] == [2, 1]
    related = read(
        COMMON
        + series("a", 'senior_to = ["seed"]')
        + series("b", 'senior_to = ["a", "seed"]')
        + series("seed")
    )
    assert [one.rank for one in related.terms.preferred] == [2, 1, 3]
    equal = read(COMMON + series("a") + series("b"))
    assert [one.rank for one in equal.terms.preferred] == [1, 1]


def test_a_class_converts_at_its_ratio_and_a_multiple_raises_its_preference() -> None:
    lines = ('converts_into = "common"', 'ratio = "3/2"', 'multiple = "1.5"')
    (one,) = read(COMMON + series("a", *lines)).terms.preferred
    assert (one.shares, one.preference, one.convertible) == (150, 150_000, True)
    (plain,) = read(COMMON + series("a")).terms.preferred
    assert not plain.convertible


def test_options_and_carve_outs_have_usual_terms_unless_they_say_more() -> None:
    plain = '[[option]]\nid = "o"\nunits = 5\nstrike = 2\n[[carve_out]]\nid = "p"\nshare = 0.1\n'
    terms = read(COMMON + plain).terms
    assert (terms.options[0].shares, terms.options[0].strike) == (5, 1_000)
    assert (terms.carve_outs[0].above, terms.carve_outs[0].cap) == (0, None)
    more = plain.replace("strike", "ratio = 3\nstrike") + 'above = "9.50"\ncap = 7\n'
    terms = read(COMMON + more).terms
    assert (terms.options[0].shares, terms.options[0].strike) == (15, 1_000)
    assert (terms.carve_outs[0].above, terms.carve_outs[0].cap) == (950, 700)


def test_dividends_grow_simply_or_on_each_anniversary() -> None:
    start, end, rule = date(2020, 1, 1), date(2022, 7, 1), DayCount.THIRTY_360
    rate = Fraction(1, 10)
    assert growth(rate, start, end, Compounding.NONE, rule) == Fraction(1, 4)
    compounded = Fraction(11, 10) ** 2 * Fraction(105, 100) - 1
    assert growth(rate, start, end, Compounding.ANNUAL, rule) == compounded
    late = date(2033, 7, 1)  # thirteen anniversaries and a half year
    compounded = Fraction(11, 10) ** 13 * Fraction(105, 100) - 1
    assert growth(rate, start, late, Compounding.ANNUAL, rule) == compounded
    stated = read(COMMON + series("a", 'accrued = "12.34"')).terms.preferred[0]
    assert (stated.accrued, stated.preference) == (1_234, 101_234)


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        (
            COMMON + series("a", 'converts_into = "a"'),
            "class 2: converts_into: a class cannot convert into itself",
        ),
        (
            COMMON + series("a", 'converts_into = "b"') + series("b", 'converts_into = "a"'),
            "class 2: converts_into: 'b' is no common class; there is common",
        ),
        (
            COMMON + series("a", 'senior_to = ["b"]') + series("b", 'senior_to = ["a"]'),
            "class 2: senior_to: seniority runs in a circle: a > b > a",
        ),
        (
            COMMON + series("a", 'senior_to = ["a"]'),
            "senior_to: seniority runs in a circle: a > a",
        ),
        (
            COMMON + series("a", 'senior_to = ["z"]'),
            "senior_to: 'z' is no other class with a preference",
        ),
        (
            COMMON + series("a", 'senior_to = ["common"]'),
            "'common' is no other class with a preference",
        ),
        (
            COMMON + series("a", 'senior_to = ["b"]') + series("b", "rank = 1"),
            "class 3: rank: and senior_to are two ways",
        ),
        (COMMON + series("a", "rank = 0"), "class 2: rank: 0 is no rank"),
        (COMMON + series("a", "multiple = -1"), "class 2: multiple: -1 is negative"),
        (COMMON + series("a", "multiple = nan"), "class 2: multiple: NaN is not a number"),
        (COMMON + series("a", "multiple = 1e99"), "multiple: 1E+99 is not a number such as 3"),
        (COMMON + series("a", f"multiple = '{'9' * 99}'"), "is not a number such as 3"),
        (
            COMMON + series("a", 'participation = "some"'),
            "participation: 'some' is none of none, full, capped",
        ),
        (COMMON + series("a", 'participation = "capped"'), "class 2: cap: is missing"),
        (
            COMMON + series("a", 'participation = "capped"', "multiple = 2", 'cap = "1.5"'),
            "class 2: cap: 1.5 times is under the multiple",
        ),
        (
            COMMON + series("a", 'participation = "full"', "cap = 2"),
            "cap: means nothing with participation full",
        ),
        (COMMON + series("a", 'converts_into = "common"', "ratio = 0"), "ratio: 0 converts into"),
        (COMMON + series("common"), "common: is the id of two tables"),
        (COMMON + series("a", "colour = 1"), "class 2: colour: is unknown"),
        (series("a"), "class: none gets what is left"),
        (COMMON.replace("900", "0"), "class 1: units: 0: a class without units"),
        (COMMON + "rank = 1\n", "class 1: rank: belongs to a preferred class, which has a price"),
        (
            COMMON + '[[class.holder]]\nid = "x"\nunits = 5\n',
            "class 1: units: 900, and its holders have 5",
        ),
        (
            '[[class]]\nid = "c"\n' + '[[class.holder]]\nid = "x"\nunits = 5\n' * 2,
            "class 1: holder 2: id: 'x' stands twice in this class",
        ),
        (
            COMMON + series("a", 'dividend = { rate = "8%", from = 2024-01-01 }'),
            "class 2: dividend: rate: accrues until the exit: write its day as `on`",
        ),
        (
            "on = 2023-01-01\n"
            + COMMON
            + series("a", 'dividend = { rate = "8%", from = 2024-01-01 }'),
            "dividend: from: 2024-01-01 is after the exit on 2023-01-01",
        ),
        (
            "on = 2025-01-01\n"
            + COMMON
            + series("a", 'dividend = { rate = "8%", from = 2024-01-01, daycount = "BUS/252" }'),
            "dividend: daycount: BUS/252 needs coupon periods or a calendar",
        ),
        (
            COMMON
            + '[[carve_out]]\nid = "p"\nshare = "60%"\n[[carve_out]]\nid = "q"\nshare = "0.4"\n',
            "carve_out: the shares together leave nothing",
        ),
        (
            COMMON + '[[option]]\nid = "o"\nunits = 5\nstrike = 1\ninto = "gold"\n',
            "option 1: into: 'gold' is no common class; there is common",
        ),
        (
            COMMON + '[[option]]\nid = "o"\nunits = 5\nstrike = 1\nratio = 0\n',
            "option 1: ratio: 0 gives nothing",
        ),
        (
            COMMON + '[[tranche]]\nid = "common"\namount = 5\n',
            "tranche 1: id: 'common' is taken",
        ),
        (
            COMMON
            + '[[debt]]\nid = "a"\namount = 5\nsenior_to = ["b"]\n'
            + '[[debt]]\nid = "b"\namount = 5\nsenior_to = ["a"]\n',
            "debt 1: senior_to: seniority runs in a circle: a > b > a",
        ),
    ],
)
def test_a_mistake_is_named_with_its_place(text: str, mistake: str) -> None:
    assert mistake in mistakes(text)


def test_all_mistakes_come_at_once() -> None:
    found = mistakes(
        series("a", 'converts_into = "a"', "multiple = -1")
        + series("b", 'senior_to = ["b"]', "ratio = true")
    )
    assert len(found.splitlines()) == 4
