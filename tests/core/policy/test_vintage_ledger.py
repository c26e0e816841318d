"""RL-31, RL-32: lots by vintage say the same as a list of every single lot, whoever holds them.

Issues, sales on a path and in the open, gifts, sales by an affiliate and time follow each other at
random. The list keeps each acquisition with its exact day; an affiliate's sale is dated in the ledger
at the month's end, which is never earlier and at most 30 days later.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest

from freehold.core.clock import day_number, day_of, release_day
from freehold.core.facts import Facts, Flags, Kind, Vintage
from freehold.core.policy.compile import Compiled, compile_policy
from freehold.core.policy.compiled import (
    REACQUIRED,
    Lot,
    Moment,
    Party,
    reacquired_terms,
    select_lots,
)
from freehold.core.reasons import Reason
from freehold.desks.rules.policies import read_policy

RUNS, STEPS, HOLDERS = 40, 400, 5
US, QIB = 2, 4


@dataclass
class Piece:
    """Units of one acquisition: the exact day, and the day by which the ledger knows it."""

    exact: date
    known: date
    units: int


@dataclass
class World:
    """Both books of one run."""

    today: date
    free: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    lots: dict[int, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    terms: dict[int, Vintage] = field(default_factory=dict)
    loose: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    pieces: dict[int, list[Piece]] = field(default_factory=lambda: defaultdict(list))

    def vintage(self, terms: Vintage) -> int:
        """The number of these terms."""
        for number, known in self.terms.items():
            if known == terms:
                return number
        number = len(self.terms) + 1
        self.terms[number] = terms
        return number


@pytest.fixture(scope="module")
def compiled() -> Compiled:
    return compile_policy(
        read_policy(Path("examples/policies/dual.toml"), date(2026, 11, 26)).policy
    )


@pytest.mark.parametrize("seed", range(RUNS))
def test_lots_by_vintage_equal_a_list_of_every_lot(compiled: Compiled, seed: int) -> None:
    draw, world, seen = Random(seed), World(date(2025, 1, 10)), set()
    for _ in range(STEPS):
        seen.add(_step(compiled, world, draw))
        _compare(world)
    assert {"issue", "moved", Reason.RULE144_HOLDING} <= seen


def _step(compiled: Compiled, world: World, draw: Random) -> object:
    choice = draw.random()
    if choice < 0.15:
        world.today += timedelta(days=draw.randrange(1, 40))
        return "time"
    if choice < 0.3:
        return _issue(compiled, world, draw)
    return _move(compiled, world, draw)


def _issue(compiled: Compiled, world: World, draw: Random) -> str:
    to, units = draw.randrange(HOLDERS), draw.randrange(1, 100)
    number = world.vintage(compiled.vintage("D", world.today, reporting=False))
    if number in world.lots[to] or len(world.lots[to]) < 8:
        world.lots[to][number] = world.lots[to].get(number, 0) + units
        world.pieces[to].append(Piece(world.today, world.today, units))
    return "issue"


def _move(compiled: Compiled, world: World, draw: Random) -> object:
    giver, taker = draw.sample(range(HOLDERS), 2)
    units = draw.randrange(1, 120)
    buyer, kind = draw.choice([(QIB, Kind.SALE), (US, Kind.SALE), (US, Kind.GIFT)])
    affiliate = draw.random() < 0.2
    sender = _party(world, giver, QIB, Flags.AFFILIATE if affiliate else Flags(0))
    receiver = _party(world, taker, buyer, Flags(0))
    if units > sender.units:
        return "short"
    moment = Moment(day_number(world.today))
    chosen = select_lots(compiled.rules, sender, receiver, units, kind, moment)
    if chosen.code == Reason.VINTAGE_SLOTS_FULL:
        return _settle(world, taker)
    anew = affiliate and kind == Kind.SALE
    open_path = buyer == QIB or kind == Kind.GIFT
    listed = _from_list(world, giver, units, held=not open_path)
    assert (listed is None) is bool(chosen.code), (chosen, world.pieces[giver])
    if listed is None:
        return Reason(chosen.code)
    standing = compiled.rules.reacquired
    assert standing is not None
    bought = reacquired_terms(standing, day_number(world.today))
    for part in chosen.taken:
        becomes = world.vintage(bought) if part.becomes == REACQUIRED else part.becomes
        _post(world, giver, taker, part.vintage, becomes, part.units)
    known = day_of(bought.acquired)
    for piece, over in listed:
        if anew:
            world.pieces[taker].append(Piece(world.today, known, piece.units))
        elif over:
            world.loose[taker] += piece.units
        else:
            world.pieces[taker].append(piece)
    return "moved"


def _party(world: World, who: int, of_class: int, flags: Flags) -> Party:
    lots = tuple(
        Lot(number, units, world.terms[number]) for number, units in world.lots[who].items()
    )
    held = world.free[who] + sum(lot.units for lot in lots)
    return Party(Facts(who + 1, of_class, flags=flags), held, lots=lots, person=who + 1)


def _post(world: World, giver: int, taker: int, vintage: int, becomes: int, units: int) -> None:
    if vintage:
        world.lots[giver][vintage] -= units
        world.lots[giver] = {n: left for n, left in world.lots[giver].items() if left}
    else:
        world.free[giver] -= units
    if becomes:
        world.lots[taker][becomes] = world.lots[taker].get(becomes, 0) + units
    else:
        world.free[taker] += units


def _settle(world: World, who: int) -> str:
    """Lots whose clocks are over become free, as the token's `settle` makes them."""
    over = [n for n in world.lots[who] if world.terms[n].a_free <= day_number(world.today)]
    for number in over:
        world.free[who] += world.lots[who].pop(number)
    for piece in [one for one in world.pieces[who] if _over(world, one)]:
        world.pieces[who].remove(piece)
        world.loose[who] += piece.units
    return "settled"


def _over(world: World, piece: Piece) -> bool:
    return release_day(piece.known, 12) <= world.today


def _from_list(
    world: World, who: int, units: int, *, held: bool
) -> list[tuple[Piece, bool]] | None:
    """Take units off the list: loose ones, then the oldest; None if too few may go."""
    pieces = sorted(world.pieces[who], key=lambda one: one.known)
    able = [one for one in pieces if not held or _over(world, one)]
    if world.loose[who] + sum(one.units for one in able) < units:
        return None
    taken: list[tuple[Piece, bool]] = []
    part = min(world.loose[who], units)
    if part:
        world.loose[who] -= part
        taken.append((Piece(world.today, world.today, part), True))
    need = units - part
    for piece in able:
        if not need:
            break
        part = min(piece.units, need)
        piece.units -= part
        need -= part
        taken.append((Piece(piece.exact, piece.known, part), _over(world, piece)))
    world.pieces[who] = [one for one in world.pieces[who] if one.units]
    return taken


def _compare(world: World) -> None:
    for who in range(HOLDERS):
        by_day: dict[date, int] = defaultdict(int)
        for piece in world.pieces[who]:
            by_day[piece.known] += piece.units
            delay = release_day(piece.known, 12) - release_day(piece.exact, 12)
            assert timedelta(0) <= delay <= timedelta(days=30)
        in_lots: dict[date, int] = defaultdict(int)
        for number, units in world.lots[who].items():
            in_lots[day_of(world.terms[number].acquired)] += units
        assert in_lots == by_day
        assert world.free[who] == world.loose[who]
