"""The daily control of an instrument: what may exist, what exists, who has it, what does not agree.

Rule 17Ad-10 wants the agent's control book (authorised and issued) and the master file of holders to
agree, and 17Ad-11 wants differences known by their age. Here three books are compared: the contract,
the projection of its events, and the agent's own book.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from freehold.core.facts import Flags, unpack_facts
from freehold.core.standing import Line, parted
from freehold.core.units import format_units


@dataclass(frozen=True, slots=True)
class Controlled:
    """One instrument as of a block, in base units. `differences` are sentences; none: all agree."""

    token: str
    class_id: str
    name: str
    symbol: str
    decimals: int
    authorised: int
    issued: int
    redeemed: int
    supply: int
    outstanding: int
    treasury: int
    free: int
    locked: int
    frozen: int
    holders: int
    differences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OfChain:
    """What the contract says at the block."""

    authorised: int
    supply: int


@dataclass(frozen=True, slots=True)
class OfBook:
    """What the agent's book says: accounts of its holders, and base units locked by restraints on
    each account (None: the whole account)."""

    accounts: frozenset[int]
    locks: Mapping[int, Sequence[int | None]]


@dataclass(frozen=True, slots=True)
class Named:
    """Which instrument a control is of."""

    token: str
    class_id: str
    name: str
    symbol: str
    decimals: int


def control(
    one: Named,
    chain: OfChain,
    lines: Sequence[Line],
    supply: tuple[int, int],
    book: OfBook,
    day: int,
) -> Controlled:
    """Compare the three books. `supply` are units issued and redeemed by the projection; `day` is the
    UTC day number as of which lots are locked or free."""
    issued, redeemed = supply
    held = [line for line in lines if not _own(line)]
    parts = [parted(line, day) for line in held]
    treasury = sum(line.units for line in lines if _own(line))
    outstanding = sum(line.units for line in held)
    return Controlled(
        one.token,
        one.class_id,
        one.name,
        one.symbol,
        one.decimals,
        chain.authorised,
        issued,
        redeemed,
        chain.supply,
        outstanding,
        treasury,
        sum(part.free for part in parts),
        sum(part.locked for part in parts),
        sum(part.frozen for part in parts),
        len(held),
        tuple(_differences(one.decimals, chain, lines, supply, book)),
    )


def _differences(
    decimals: int, chain: OfChain, lines: Sequence[Line], supply: tuple[int, int], book: OfBook
) -> list[str]:
    """What does not agree, each in a sentence; quantities in whole units."""

    def text(units: int) -> str:
        return format_units(units, decimals)

    in_issue, posted, there = supply[0] - supply[1], sum(line.units for line in lines), chain.supply
    found = []
    if in_issue != there:
        found.append(
            f"the projection has {text(in_issue)} units in issue, the contract {text(there)}"
        )
    if posted != there:
        found.append(f"positions add up to {text(posted)} units, the contract has {text(there)}")
    if there > chain.authorised:
        found.append(f"{text(there)} units are in issue, {text(chain.authorised)} are authorised")
    for line in lines:
        if line.account not in book.accounts and not _own(line):
            found.append(f"account {line.account} holds units, and the book knows no holder of it")
        found += _unlocked(line, book.locks.get(line.account, ()), decimals)
    return found


def _unlocked(line: Line, locks: Sequence[int | None], decimals: int) -> list[str]:
    """What the book locks must be frozen on the chain."""
    counted = sum(one for one in locks if one is not None)
    if None in locks and not line.stopped:
        return [f"the book stops account {line.account}, the chain does not"]
    if counted > line.frozen and not line.stopped:
        locked, frozen = format_units(counted, decimals), format_units(line.frozen, decimals)
        return [
            f"the book locks {locked} units of account {line.account}, the chain freezes {frozen}"
        ]
    return []


def _own(line: Line) -> bool:
    return bool(unpack_facts(line.facts).flags & Flags.TREASURY)
