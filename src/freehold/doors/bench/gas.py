"""`freehold bench gas`: what every act costs in gas, from mined transactions on both engines.

The embedded ledger always, anvil where it is installed; the two must agree to the unit. Goals and
stretch goals stand in one table here. A plain ERC-20 of OpenZeppelin is measured in the same run:
it is the floor, for it keeps no rules at all. See gas_world.py for the circumstances of each row.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from freehold import config
from freehold.chain.artifacts import TOKEN_PARTS, artifact
from freehold.core.errors import Unavailable
from freehold.doors.bench import gas_peers
from freehold.doors.bench.gas_exits import exits
from freehold.doors.bench.gas_ledger import anvil, embedded
from freehold.doors.bench.gas_payments import dividends
from freehold.doors.bench.gas_votes import votes
from freehold.doors.bench.gas_world import World, measure, sizes
from freehold.doors.bench.report import Options, Row


class Goal(NamedTuple):
    """The most gas that an act may take, and what it would be a pleasure to reach."""

    most: int
    stretch: int | None = None


ONCE, EACH = Goal(60_000, 57_000), Goal(16_000, 14_500)
"""A recovery: the register's part, and each listed instrument's."""
DESK = Goal(5_500_000)
DESKS = ("BackOffice", "ActionDesk", "StandardsDesk", "TransferDesk")
GOALS: Mapping[str, Goal] = {
    "transfer, existing holder": Goal(45_500, 44_500),
    "transfer, new holder": Goal(67_500, 65_000),
    "transfer of one vintage, receiver has it": Goal(62_500, 61_000),
    "transfer of one vintage, receiver has none": Goal(79_000, 77_000),
    "transfer, first of both after a record instant": Goal(90_500, 89_000),
    "transfer, the next one after it": Goal(45_500, 44_500),
    "transferFrom, infinite allowance": Goal(48_500),
    "ERC-3009, sequential nonces": Goal(58_500),
    "admit, each of 100": Goal(26_000, 25_000),
    "issue, each of 100, existing holder": Goal(11_800, 11_000),
    "issue, each of 100, new holder": Goal(29_500, 28_700),
    "forced transfer": Goal(55_000, 52_000),
    "recovery, no instrument": ONCE,
    "recovery, each of 4 instruments": EACH,
    "recovery, 1 instrument": Goal(ONCE.most + EACH.most, 57_000 + 14_500),
    "recovery, 4 instruments, 3 held": Goal(ONCE.most + 4 * EACH.most, 57_000 + 4 * 14_500),
    "dividend, each of 100 pushed, nobody moved": Goal(20_000, 16_500),
    "dividend, each of 100 pushed, all moved": Goal(20_000),
    "waterfall, each of 100 pushed, nobody moved": Goal(20_000),
    "waterfall, each of 100 pushed, all moved": Goal(20_000),
    "vote by signature, each of 50, totals": Goal(19_000, 17_000),
    "vote by signature, each of 50, choice kept": Goal(40_500),
    "deploy one instrument": Goal(2_900_000, 2_400_000),
    **{f"deploy {desk}": DESK for desk in (*DESKS, "Waterfall")},
}
LARGEST_CODE = 24_576
"""Bytes of code that a contract may have (EIP-170)."""

Figures = Mapping[str, int]
Peers = Mapping[str, Mapping[str, int]]


def rows(options: Options) -> Iterator[Row]:
    """The table: goals first, then what has none, sizes, layouts, and how the engines agree."""
    home = config.load().home
    with embedded() as ledger:
        world = World(ledger)
        figures = with_sums(everything(world))
        bytes_of = dict(sizes(world))
    peers, missing = measure_peers(home) if options.peers else ({}, [])
    yield from gas_rows(figures, peers)
    for name, size in bytes_of.items():
        yield Row(f"code of {name}", size, "bytes", goal=LARGEST_CODE)
    yield from layout_rows()
    yield engines_row(figures, on_anvil(home))
    for reason in missing:
        yield Row(reason, 0, "figures")


def everything(world: World) -> dict[str, int]:
    """Every figure of one ledger: what the register costs, then what servicing it costs."""
    parts = (measure, dividends, exits, votes)
    return {name: gas for part in parts for name, gas in part(world)}


def with_sums(figures: dict[str, int]) -> dict[str, int]:
    """The figures, and what follows from several of them."""
    of_four = figures["recovery, 4 instruments, 3 held"] - figures["recovery, no instrument"]
    figures["recovery, each of 4 instruments"] = -(-of_four // 4)
    figures["deploy all four desks"] = sum(figures[f"deploy {desk}"] for desk in DESKS)
    return figures


def gas_rows(figures: Figures, peers: Peers) -> Iterator[Row]:
    """A row for each figure: the floor, those with a goal in their order, the others."""
    floor = [name for name in figures if name.startswith("plain ERC-20")]
    free = [name for name in figures if name not in GOALS and name not in floor]
    for name in (*floor, *GOALS, *free):
        goal = GOALS.get(name)
        most, stretch = goal or (None, None)
        others = peers.get(name, {})
        yield Row(name, figures[name], "gas", goal=most, stretch=stretch, peers=others)


def layout_rows() -> Iterator[Row]:
    """Desks work over a token's storage, so each of them must lay it out as the token does."""
    own = artifact("SecurityToken")["storage"]
    for desk in TOKEN_PARTS[1:]:
        other = artifact(desk)["storage"]
        differing = sum(own.get(name) != other.get(name) for name in own.keys() | other.keys())
        yield Row(f"storage of {desk} unlike the token's", differing, "slots", goal=0)


def engines_row(figures: Figures, others: Figures | None) -> Row:
    """How many figures differ between the engines; 0 figures where there is no second engine."""
    if others is None:
        return Row("anvil: not installed, run `freehold node install`", 0, "figures")
    differing = {name: gas for name, gas in others.items() if figures[name] != gas}
    name = f"figures of {len(others)} that differ between embedded ledger and anvil"
    peers = {f"{name} on anvil": gas for name, gas in differing.items()}
    return Row(name, len(differing), "figures", goal=0, peers=peers)


def on_anvil(home: Path) -> Figures | None:
    """The same figures on anvil, None where it is not installed."""
    with ExitStack() as stack:
        try:
            ledger = stack.enter_context(anvil(home))
        except Unavailable:
            return None
        return with_sums(everything(World(ledger)))


def measure_peers(home: Path) -> tuple[Peers, list[str]]:
    """Figures of others by the rows of ours, and a sentence for each that could not be measured."""
    found: dict[str, dict[str, int]] = {}
    missing = ["CMTAT: not measured, its compiled contracts are not published on npm"]
    with embedded() as ledger:
        try:
            for row, name, gas in gas_peers.measure(ledger, home):
                found.setdefault(row, {})[name] = gas
        except Unavailable as problem:
            missing.append(f"{gas_peers.NAME}: not measured, {problem.message}")
    return found, missing
