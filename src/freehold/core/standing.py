"""Who held what: the register now, after a block, at an instant, at a record, on a legal day.

An instant means *before the blocks at or after it*: a holding at a record instant is what stood
after all blocks whose time is smaller, exactly as `SecurityToken` keeps it. The legal day is
another view of the same moves, by the day that the parties meant; only cap tables ask for it.

Counts are of persons: several accounts of one person count once, the issuer's own not at all.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple, TypeVar

from freehold.core.clock import day_number, to_seconds
from freehold.core.errors import Broken, NotFound
from freehold.core.facts import Flags, has_flag, is_over
from freehold.core.register import Register
from freehold.core.roll import FreezeChange, LotChange, Move, Roll, VintageChange

Change = TypeVar("Change", Move, LotChange, FreezeChange, VintageChange)


@dataclass(frozen=True, slots=True)
class Standing:
    """One roll at one time, by account: units, frozen units, units by vintage; terms by vintage."""

    token: str
    supply: int
    units: Mapping[int, int]
    frozen: Mapping[int, int]
    stopped: frozenset[int]
    lots: Mapping[int, Mapping[int, int]]
    vintages: Mapping[int, int]


class Lot(NamedTuple):
    """Units of one vintage in one account, and the vintage's terms as their word."""

    vintage: int
    units: int
    terms: int


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a register of holders: who (account, wallet, facts word) and what is held.

    `units` are all units, those in `lots` included; `stopped` means that none of them may move.
    """

    account: int
    wallet: str
    facts: int
    units: int
    frozen: int = 0
    stopped: bool = False
    lots: tuple[Lot, ...] = ()


class Parted(NamedTuple):
    """A holding by state; the three add up to it."""

    free: int
    locked: int
    frozen: int


def parted(line: Line, day: int) -> Parted:
    """A line's units on a UTC day number: frozen ones, those that a lot's clock holds besides, and free
    ones. A freeze takes from the locked units first, because free is what the rules let move."""
    frozen = line.units if line.stopped else min(line.frozen, line.units)
    held = sum(lot.units for lot in line.lots if not is_over(lot.terms, day))
    free = max(min(line.units - frozen, line.units - held), 0)
    return Parted(free, line.units - frozen - free, frozen)


def roll_of(register: Register, token: str) -> Roll:
    """The roll of one instrument. Raises NotFound."""
    roll = register.rolls.get(token)
    if roll is None:
        raise NotFound(f"instrument {token} is not listed by {register.holders}", token=token)
    return roll


def now(register: Register, token: str) -> Standing:
    """The roll after the last event that was applied."""
    roll = roll_of(register, token)
    lots = {account: dict(held) for account, held in roll.lots.items()}
    stopped, terms = frozenset(roll.stopped), dict(roll.vintages)
    units, frozen = dict(roll.units), dict(roll.frozen)
    return Standing(token, roll.supply, units, frozen, stopped, lots, terms)


def at_block(register: Register, token: str, block: int) -> Standing:
    """The roll after all events of blocks up to and with `block`."""
    return _standing(roll_of(register, token), block, None)


def at(register: Register, token: str, instant: datetime) -> Standing:
    """The roll at an instant: after all blocks whose time is before it."""
    return _standing(roll_of(register, token), None, to_seconds(instant))


def holders_of_record(register: Register, token: str, record: int) -> Standing:
    """The roll at an announced record instant. Raises NotFound if none has that number.

    Whoever asks makes sure that the chain has passed the instant.
    """
    roll = roll_of(register, token)
    if record not in roll.records:
        raise NotFound(f"no record {record} was announced for {token}", record=record)
    return _standing(roll, None, roll.records[record])


def holdings_on(register: Register, token: str, day: date) -> dict[int, int]:
    """Units by account as the law dates them: every move whose legal day is `day` or earlier.

    Raises Broken if the legal days contradict each other (units passed on before they came).
    """
    held: dict[int, int] = {}
    last = day_number(day)
    for move in roll_of(register, token).moves:
        if move.day <= last:
            held[move.sender] = held.get(move.sender, 0) - move.units
            held[move.receiver] = held.get(move.receiver, 0) + move.units
    held.pop(0, None)
    short = [account for account, units in held.items() if units < 0]
    if short:
        raise Broken(
            f"on {day} account {min(short)} would hold {held[min(short)]} units of {token}:"
            " the legal days of its transfers contradict each other",
            token=token,
        )
    return {account: units for account, units in held.items() if units}


def lines(register: Register, standing: Standing) -> list[Line]:
    """The register as lines, by account number; wallets and facts are those of now."""
    return [_line(register, standing, account) for account in sorted(standing.units)]


def _line(register: Register, standing: Standing, number: int) -> Line:
    account = register.accounts[number]
    held = sorted(standing.lots.get(number, {}).items())
    return Line(
        number,
        account.wallet,
        account.facts,
        standing.units[number],
        standing.frozen.get(number, 0),
        number in standing.stopped,
        tuple(Lot(vintage, units, standing.vintages[vintage]) for vintage, units in held),
    )


def outstanding(register: Register, standing: Standing) -> int:
    """Units in other hands than the issuer's own (treasury) accounts."""
    own = (units for account, units in standing.units.items() if _treasury(register, account))
    return standing.supply - sum(own)


def holder_count(register: Register, units: Mapping[int, int]) -> int:
    """How many persons hold: linked accounts count once, treasury accounts not at all."""
    return len(
        {
            person_of(register, account)
            for account, held in units.items()
            if held and not _treasury(register, account)
        }
    )


def by_person(register: Register, units: Mapping[int, int]) -> dict[int, int]:
    """Units by person; a person is called by the lowest of his account numbers."""
    held: dict[int, int] = {}
    for account, count in units.items():
        person = person_of(register, account)
        held[person] = held.get(person, 0) + count
    return held


def person_of(register: Register, account: int) -> int:
    """The lowest account number of the person behind an account."""
    return register.persons.get(account, (account,))[0]


def _treasury(register: Register, account: int) -> bool:
    return has_flag(register.accounts[account].facts, Flags.TREASURY)


def _standing(roll: Roll, block: int | None, before: int | None) -> Standing:
    """Changes stand in the order of their blocks, so the last one that counts is the state."""
    units: dict[int, int] = {}
    supply = 0
    for move in _until(roll.moves, block, before):
        units[move.sender], units[move.receiver] = move.sender_units, move.receiver_units
        supply += move.units * ((not move.sender) - (not move.receiver))
    lots: dict[int, dict[int, int]] = {}
    for lot in _until(roll.lot_changes, block, before):
        lots.setdefault(lot.account, {})[lot.vintage] = lot.units
    freezes = {freeze.account: freeze for freeze in _until(roll.freeze_changes, block, before)}
    return Standing(
        roll.token,
        supply,
        _held(units),
        _held({account: freeze.units for account, freeze in freezes.items()}),
        frozenset(account for account, freeze in freezes.items() if freeze.stopped),
        {account: _held(held) for account, held in lots.items() if any(held.values())},
        {each.vintage: each.terms for each in _until(roll.vintage_changes, block, before)},
    )


def _until(changes: Iterable[Change], block: int | None, before: int | None) -> Iterator[Change]:
    for change in changes:
        if block is not None and change.block > block:
            return
        if before is not None and change.seconds >= before:
            return
        yield change


def _held(units: Mapping[int, int]) -> dict[int, int]:
    return {key: count for key, count in units.items() if count}
