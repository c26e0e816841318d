"""The daily control of an instrument: what may exist, what exists, who has it, what does not agree.

Rule 17Ad-10 wants the agent's control book (authorised and issued) and the master file of holders to
agree, and 17Ad-11 wants differences known by their age. Here three books are compared: the contract,
the projection of its events, and the agent's own book.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from freehold.core.facts import Flags, unpack_facts
from freehold.core.standing import Line, parted


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
        tuple(_differences(chain, lines, supply, book)),
    )


def _differences(
    chain: OfChain, lines: Sequence[Line], supply: tuple[int, int], book: OfBook
) -> list[str]:
    issued, redeemed = supply
    posted = sum(line.units for line in lines)
    found = []
    if issued - redeemed != chain.supply:
        found.append(
            f"the projection has {issued - redeemed} units in issue, the contract {chain.supply}"
        )
    if posted != chain.supply:
        found.append(f"positions add up to {posted} units, the contract has {chain.supply}")
    if chain.supply > chain.authorised:
        found.append(f"{chain.supply} units are in issue, {chain.authorised} are authorised")
    for line in lines:
        if line.account not in book.accounts and not _own(line):
            found.append(f"account {line.account} holds units, and the book knows no holder of it")
        found += _unlocked(line, book.locks.get(line.account, ()))
    return found


def _unlocked(line: Line, locks: Sequence[int | None]) -> list[str]:
    """What the book locks must be frozen on the chain."""
    counted = sum(one for one in locks if one is not None)
    if None in locks and not line.stopped:
        return [f"the book stops account {line.account}, the chain does not"]
    if counted > line.frozen and not line.stopped:
        return [
            f"the book locks {counted} units of account {line.account}, the chain freezes"
            f" {line.frozen}"
        ]
    return []


def _own(line: Line) -> bool:
    return bool(unpack_facts(line.facts).flags & Flags.TREASURY)
