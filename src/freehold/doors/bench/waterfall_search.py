"""The waterfall beside a search: every choice of every class tried, on random tables.

Nothing here comes from core/actions/waterfall.py but the terms. For a choice of who converts and
who exercises, preferences are paid by rank and the rest is shared by filling everybody up in
proportion until the next cap. A choice is an equilibrium if no class gets more by changing its own
part of it alone. The waterfall must pay what some equilibrium pays, and what all of them pay; a
table with equilibria that pay differently is counted apart.
"""

import random
from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import product
from typing import NamedTuple

from freehold.core.actions.waterfall import (
    Common,
    ExitTerms,
    Option,
    Participation,
    Preferred,
    outcome,
)
from freehold.doors.bench.report import Row

TABLES, CLASSES = 10_000, 8
Payoffs = dict[str, Fraction]
Choice = Mapping[str, bool]


class Search(NamedTuple):
    """How many tables were searched, on how many the waterfall pays something else, and so on."""

    tables: int
    mismatches: list[tuple[ExitTerms, int]]
    ambiguous: int
    without_equilibrium: int


def search(tables: int, most_classes: int, seed: int = 1) -> Search:
    """Compare the waterfall with all equilibria of random tables, each at a random exit."""
    draw = random.Random(seed)
    mismatches, ambiguous, none = [], 0, 0
    for _ in range(tables):
        terms = random_table(draw, most_classes)
        exit = random_exit(draw, terms)
        found = equilibria(terms, exit)
        ours = dict(outcome(terms, Fraction(exit)).payouts)
        none += not found
        ambiguous += len(found) > 1
        if ours not in found:
            mismatches.append((terms, exit))
    return Search(tables, mismatches, ambiguous, none)


def equilibria(terms: ExitTerms, exit: int) -> list[Payoffs]:
    """The different payouts of all choices from which nobody gains by switching alone."""
    choosers = [one.id for one in terms.preferred if one.convertible]
    choosers += [one.id for one in terms.options]
    paid = {}
    for bits in product((False, True), repeat=len(choosers)):
        paid[bits] = payoffs(terms, dict(zip(choosers, bits, strict=True)), Fraction(exit))
    found: list[Payoffs] = []
    for bits, here in paid.items():
        switched = (
            (name, paid[*bits[:place], not bits[place], *bits[place + 1 :]])
            for place, name in enumerate(choosers)
        )
        if all(there[name] <= here[name] for name, there in switched) and here not in found:
            found.append(here)
    return found


def payoffs(terms: ExitTerms, choice: Choice, money: Fraction) -> Payoffs:
    """What everybody gets, net of strikes, if each does what `choice` says."""
    used = [one for one in terms.options if choice[one.id]]
    money += sum(one.strike for one in used)
    paid: Payoffs = dict.fromkeys([*(one.id for one in terms.options)], Fraction(0))
    for rank in sorted({one.rank for one in terms.preferred}):
        claims = {one.id: _claim(one, choice) for one in terms.preferred if one.rank == rank}
        whole = sum(claims.values())
        part = min(money, whole)
        for name, claim in claims.items():
            paid[name] = claim * part / whole if whole else Fraction(0)
        money -= part
    _share(terms, choice, money, paid)
    for one in used:
        paid[one.id] -= one.strike
    return paid


def _claim(one: Preferred, choice: Choice) -> Fraction:
    if choice.get(one.id):
        return one.accrued if one.keeps_dividends else Fraction(0)
    return one.preference


def _share(terms: ExitTerms, choice: Choice, money: Fraction, paid: Payoffs) -> None:
    """Fill all who share up in proportion; whoever reaches a cap drops out and the rest goes on."""
    weights: Payoffs = {one.id: one.units for one in terms.commons}
    room: Payoffs = {}
    for one in terms.preferred:
        if choice.get(one.id) or one.participation is Participation.FULL:
            weights[one.id] = one.shares
        elif one.participation is Participation.CAPPED:
            weights[one.id] = one.shares
            assert one.cap is not None
            room[one.id] = max(one.cap - one.preference, Fraction(0))
    weights |= {one.id: one.shares for one in terms.options if choice[one.id]}
    paid.update({one.id: Fraction(0) for one in terms.commons})
    while money and (whole := sum(weights.values())):
        filled = min(
            (room[name] / weights[name] for name in room if weights.get(name)), default=None
        )
        level = money / whole if filled is None else min(money / whole, filled)
        for name, weight in weights.items():
            paid[name] += weight * level
            if name in room:
                room[name] -= weight * level
        money -= whole * level
        weights = {name: w for name, w in weights.items() if w and room.get(name) != 0}


def random_table(draw: random.Random, most_classes: int) -> ExitTerms:
    """A table of 2 to `most_classes` classes with the terms that occur in practice."""
    count = draw.randrange(2, most_classes + 1)
    commons = 1 if count < 4 or draw.random() < 0.8 else 2
    options = draw.randrange(0, 1 + (count - commons) // 2)
    return ExitTerms(
        tuple(Common(f"common-{n}", Fraction(draw.randrange(1, 90))) for n in range(commons)),
        tuple(_preferred(draw, n) for n in range(count - commons - options)),
        tuple(_option(draw, n) for n in range(options)),
    )


def random_exit(draw: random.Random, terms: ExitTerms) -> int:
    """An exit below, at or well above the preferences."""
    preferences = int(sum(one.preference for one in terms.preferred))
    return draw.choice([preferences, draw.randrange(1 + 6 * preferences), draw.randrange(3_000)])


def _preferred(draw: random.Random, number: int) -> Preferred:
    units = draw.randrange(1, 60)
    accrued = draw.choice([0, 0, draw.randrange(40)])
    original = units * draw.randrange(1, 12)
    preference = original * draw.choice([1, 1, 1, 2, 3]) + accrued
    participation = draw.choice(list(Participation))
    cap = preference + draw.randrange(3 * preference)
    return Preferred(
        f"preferred-{number}",
        Fraction(preference),
        draw.randrange(1, 4),
        units * Fraction(draw.choice([2, 2, 4, 3]), 2),
        participation,
        Fraction(cap) if participation is Participation.CAPPED else None,
        convertible=draw.random() < 0.9,
        accrued=Fraction(accrued),
        keeps_dividends=draw.random() < 0.3,
    )


def _option(draw: random.Random, number: int) -> Option:
    units = draw.randrange(1, 40)
    return Option(f"option-{number}", Fraction(units), Fraction(units * draw.randrange(12)))


def rows() -> Iterator[Row]:
    """How many of 10,000 random tables are paid otherwise than in an equilibrium: none may."""
    found = search(TABLES, CLASSES)
    unit = f"of {TABLES:,} tables of <= {CLASSES} classes"
    yield Row("waterfall: pays no equilibrium", len(found.mismatches), unit, goal=0)
    yield Row("waterfall: several equilibria that pay differently", found.ambiguous, unit, goal=0)
    yield Row("waterfall: no equilibrium at all", found.without_equilibrium, unit, goal=0)
