"""The exit waterfall: published cases, properties, every choice searched, whole units that sum."""

import random
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.core.actions import waterfall
from freehold.core.actions.waterfall import (
    CarveOut,
    Common,
    Debt,
    ExitTerms,
    Option,
    Participation,
    Preferred,
    Tranche,
    breakpoints,
    ids,
    outcome,
    settle,
)
from freehold.core.errors import Invalid
from freehold.doors.bench.waterfall_search import equilibria, random_exit, random_table, search

NONE, FULL, CAPPED = Participation
M = 100_000_000  # a million, in cents


def preferred(
    name: str,
    millions: object,
    shares: int,
    participation: Participation = NONE,
    cap: int | None = None,
    rank: int = 1,
) -> Preferred:
    limit = None if cap is None else Fraction(cap) * M
    amount = Fraction(str(millions)) * M
    return Preferred(name, amount, rank, Fraction(shares), participation, limit)


def common(shares: int) -> tuple[Common, ...]:
    return (Common("common", Fraction(shares)),)


def paid(terms: ExitTerms, exit: object) -> list[Fraction]:
    """Millions to everybody, preferred classes first."""
    found = outcome(terms, Fraction(str(exit)) * M).payouts
    return [found[name] / M for name in ids(terms)]


def millions(*amounts: object) -> list[Fraction]:
    return [Fraction(str(one)) for one in amounts]


W1 = ExitTerms(common(40), (preferred("investor", 50, 60),))
W2 = ExitTerms(common(40), (preferred("investor", 50, 60, FULL),))
W3 = ExitTerms(common(900_000), (preferred("a", 1, 100_000),))
W4 = ExitTerms(
    common(700_000),
    (
        preferred("a", 2, 200_000, CAPPED, 4, rank=1),
        preferred("b", 1, 100_000, FULL, rank=2),
    ),
)
W5 = ExitTerms(
    common(375),
    (preferred("a", 5, 375, CAPPED, 10, rank=1), preferred("seed", 3, 250, CAPPED, 6, rank=2)),
)
W7 = ExitTerms(
    common(1_000),
    (preferred("a", 20, 300), preferred("b", "7.5", 200), preferred("c", "6.25", 200)),
)
W8 = ExitTerms(common(80), (preferred("investor", 10, 20),))


@pytest.mark.parametrize(
    ("terms", "exit", "expected"),
    [
        # Feld and Mendelson: $50M for 60 %, 1x without participation
        (W1, 100, millions(60, 40)),
        (W1, 80, millions(50, 30)),
        (W1, 40, millions(40, 0)),
        (W1, "250/3", millions(50, "100/3")),
        # the same with full participation
        (W2, 100, millions(80, 20)),
        # a tenth of the company for $1M; 5M is the case that a public library has wrong
        (W3, "0.5", millions("0.5", 0)),
        (W3, 3, millions(1, 2)),
        (W3, 5, millions(1, 4)),
        (W3, 11, millions("1.1", "9.9")),
        # A senior to B, A capped at twice its money
        (W4, 6, millions("2.6", "1.3", "2.1")),
        (W4, 13, millions(4, 2, 7)),
        (W4, 20, millions(4, "2.875", "13.125")),
        # Fundwave: two capped classes
        (W5, 5, millions(5, 0, 0)),
        (W5, 8, millions(5, 3, 0)),
        (W5, 20, millions("9.5", 6, "4.5")),
        (W5, 21, millions(10, 6, 5)),
        (W5, 24, millions(10, 6, 8)),
        # three classes of one rank with multiples share by what each is owed
        (W7, 20, millions("320/27", "120/27", "100/27", 0)),
        (W8, 15, millions(10, 5)),
        (W8, 100, millions(20, 80)),
    ],
)
def test_published_cases(terms: ExitTerms, exit: object, expected: list[Fraction]) -> None:
    assert paid(terms, exit) == expected


def test_w7_to_the_cent() -> None:
    (closing,) = settle(W7, 20 * M)
    assert closing.payouts == {
        "a": 1_185_185_185,
        "b": 444_444_445,
        "c": 370_370_370,
        "common": 0,
    }


def test_a_public_librarys_impossible_answer_is_not_ours() -> None:
    assert paid(W3, 5) != millions("4.5", "0.5")


# ---- every choice searched ----------------------------------------------------------------------


def test_no_class_gains_by_switching_alone_on_random_tables() -> None:
    found = search(2_000, 5)
    assert found.mismatches == []
    assert (found.ambiguous, found.without_equilibrium) == (0, 0)


def test_the_search_notices_a_class_that_does_not_convert(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waterfall, "_converted", lambda one, x: Fraction(0))
    assert len(search(200, 4).mismatches) > 10


def test_the_search_notices_ranks_that_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    by_rank = waterfall._by_rank
    flat = lambda claims, money: by_rank([(n, claim, 1) for n, claim, _ in claims], money)  # noqa: E731
    monkeypatch.setattr(waterfall, "_by_rank", flat)
    assert len(search(400, 5).mismatches) > 5


@pytest.mark.parametrize(("exit", "converting"), [(60, False), ("250/3", False), (84, True)])
def test_a_class_converts_only_when_that_pays_more(exit: object, converting: bool) -> None:
    found = outcome(W1, Fraction(str(exit)) * M)
    assert ("investor" in found.converting) is converting


def test_where_both_choices_pay_the_same_a_class_holds() -> None:
    terms = ExitTerms((), (preferred("only", 1, 10),))
    found = outcome(terms, Fraction(M))
    assert (found.payouts, found.converting) == ({"only": M}, frozenset())
    assert equilibria(terms, M) == [{"only": Fraction(M)}]


# ---- properties ---------------------------------------------------------------------------------

TABLES = st.integers(0, 10**9).map(lambda seed: random.Random(seed))


@given(TABLES)
def test_the_payouts_are_the_exit_and_nobody_loses_by_a_higher_one(draw: random.Random) -> None:
    terms = random_table(draw, 8)
    lower, higher = sorted(random_exit(draw, terms) for _ in range(2))
    low = outcome(terms, Fraction(lower)).payouts
    high = outcome(terms, Fraction(higher)).payouts
    assert (sum(low.values()), sum(high.values())) == (lower, higher)
    assert all(0 <= low[name] <= high[name] for name in low)


@given(TABLES)
def test_a_class_that_holds_stays_under_its_cap(draw: random.Random) -> None:
    terms = random_table(draw, 8)
    found = outcome(terms, Fraction(random_exit(draw, terms)))
    for one in terms.preferred:
        if one.cap is not None and one.id not in found.converting:
            assert found.payouts[one.id] <= max(one.cap, one.preference)


@given(TABLES)
def test_two_halves_of_a_class_get_what_the_whole_gets(draw: random.Random) -> None:
    terms = random_table(draw, 6)
    if not terms.preferred:
        return
    exit = Fraction(random_exit(draw, terms))
    whole, *others = terms.preferred
    half = replace(
        whole,
        preference=whole.preference / 2,
        shares=whole.shares / 2,
        accrued=whole.accrued / 2,
        cap=None if whole.cap is None else whole.cap / 2,
    )
    halves = replace(
        terms, preferred=(replace(half, id="left"), replace(half, id="right"), *others)
    )
    before, after = outcome(terms, exit).payouts, outcome(halves, exit).payouts
    assert after["left"] == after["right"] == before[whole.id] / 2
    assert all(after[name] == before[name] for name in before if name != whole.id)


@given(TABLES)
def test_the_order_of_classes_in_the_file_changes_nothing(draw: random.Random) -> None:
    terms = random_table(draw, 8)
    exit = random_exit(draw, terms)
    shuffled = replace(
        terms,
        commons=terms.commons[::-1],
        preferred=tuple(draw.sample(terms.preferred, len(terms.preferred))),
        options=terms.options[::-1],
    )
    assert outcome(terms, Fraction(exit)).payouts == outcome(shuffled, Fraction(exit)).payouts
    assert settle(terms, exit)[0].payouts == settle(shuffled, exit)[0].payouts


@given(TABLES)
def test_whole_parts_sum_to_every_stage_and_are_within_a_unit(draw: random.Random) -> None:
    terms = random_table(draw, 8)
    exit = random_exit(draw, terms)
    later = [draw.randrange(exit // 3 + 1) for _ in range(2)]
    stages = settle(terms, exit, [Tranche(f"t{n}", part) for n, part in enumerate(later)])
    assert [one.amount for one in stages] == [exit - sum(later), *later]
    exact = outcome(terms, Fraction(exit)).payouts
    for one in stages:
        assert sum(one.payouts.values()) == one.amount
    for name in exact:
        assert abs(sum(one.payouts[name] for one in stages) - exact[name]) < len(stages)


@given(TABLES)
def test_between_breakpoints_the_next_unit_is_shared_as_they_say(draw: random.Random) -> None:
    terms = random_table(draw, 6)
    terms = replace(
        terms,
        debts=(Debt("bank", Fraction(draw.randrange(50))),),
        carve_outs=(CarveOut("plan", Fraction(1, 10), Fraction(draw.randrange(99)), Fraction(20)),),
    )
    bends = breakpoints(terms)
    assert bends[0].exit == 0
    ends = [one.exit for one in bends[1:]] + [bends[-1].exit + 1000]
    for bend, end in zip(bends, ends, strict=True):
        assert sum(bend.shares.values()) == 1
        middle = bend.exit + (end - bend.exit) * Fraction(draw.randrange(1, 100), 100)
        here, there = outcome(terms, bend.exit).payouts, outcome(terms, middle).payouts
        for name in here:
            assert there[name] - here[name] == bend.shares.get(name, 0) * (middle - bend.exit)


# ---- debt, carve-outs, dividends, options, tranches ---------------------------------------------


def test_breakpoints_say_what_happens_where() -> None:
    told = [(one.exit / M, one.events, one.shares) for one in breakpoints(W1)]
    assert told == [
        (0, (), {"investor": 1}),
        (50, (("has its preference", "investor"),), {"common": 1}),
        (
            Fraction(250, 3),
            (("converts", "investor"),),
            {"investor": Fraction(3, 5), "common": Fraction(2, 5)},
        ),
    ]


def test_debt_is_paid_first_by_rank_and_in_proportion() -> None:
    debts = (Debt("bank", Fraction(60)), Debt("note", Fraction(40)), Debt("late", Fraction(50), 2))
    terms = ExitTerms(common(10), debts=debts)
    assert [outcome(terms, Fraction(50)).payouts[one] for one in ids(terms)] == [30, 20, 0, 0]
    assert [outcome(terms, Fraction(170)).payouts[one] for one in ids(terms)] == [60, 40, 50, 20]


@pytest.mark.parametrize(("exit", "carved"), [(100, 0), (150, 0), (250, 10), (1_000, 30)])
def test_a_carve_out_takes_its_part_of_what_exceeds_its_mark(exit: int, carved: int) -> None:
    plan = CarveOut("plan", Fraction(1, 10), above=Fraction(100), cap=Fraction(30))
    terms = ExitTerms(common(10), debts=(Debt("bank", Fraction(50)),), carve_outs=(plan,))
    found = outcome(terms, Fraction(exit)).payouts
    assert found["plan"] == carved
    assert found["common"] == exit - 50 - carved


def test_dividends_are_lost_or_kept_on_conversion_as_the_terms_say() -> None:
    lost = replace(preferred("a", 1, 50), preference=Fraction(130), accrued=Fraction(30))
    kept = replace(lost, keeps_dividends=True)
    for one, converted in ((lost, (250, 250)), (kept, (265, 235))):
        terms = ExitTerms(common(50), (one,))
        assert tuple(outcome(terms, Fraction(500)).payouts.values()) == converted
    # the class that keeps them converts earlier
    marks = [breakpoints(ExitTerms(common(50), (one,)))[-1].exit for one in (lost, kept)]
    assert marks == [260, 230]


def test_a_cap_that_dividends_have_outgrown_still_pays_the_preference() -> None:
    grown = Preferred("a", Fraction(120), 1, Fraction(50), CAPPED, Fraction(100))
    assert outcome(ExitTerms(common(50), (grown,)), Fraction(150)).payouts["a"] == 120


def test_options_are_exercised_when_a_unit_is_worth_more_than_the_strike() -> None:
    terms = ExitTerms(common(90), options=(Option("pool", Fraction(10), Fraction(20)),))
    assert outcome(terms, Fraction(180)).payouts == {"common": 180, "pool": 0}
    at = outcome(terms, Fraction(480))  # (480 + 20) / 100 = 5 a unit
    assert at.payouts == {"common": 450, "pool": 30}
    assert (at.per_common, at.converting) == (5, {"pool"})


def test_a_tranche_pays_what_it_adds_to_all_that_was_paid_before() -> None:
    stages = settle(W1, 100 * M, [Tranche("escrow", 15 * M), Tranche("earn-out", 5 * M)])
    assert [(one.id, one.payouts["investor"], one.payouts["common"]) for one in stages] == [
        ("closing", 50 * M, 30 * M),
        ("escrow", 7 * M, 8 * M),
        ("earn-out", 3 * M, 2 * M),
    ]


def test_tranches_over_the_exit_are_refused() -> None:
    with pytest.raises(Invalid, match="the tranches together are 11, more than the exit of 10"):
        settle(W1, 10, [Tranche("escrow", 11)])


def test_money_that_nobody_claims_is_not_lost_in_silence() -> None:
    terms = ExitTerms((), (replace(preferred("a", 1, 10), convertible=False),))
    assert outcome(terms, Fraction(M)).payouts == {"a": M}
    with pytest.raises(Invalid, match="are left that no class has a claim to"):
        outcome(terms, Fraction(M + 1))
