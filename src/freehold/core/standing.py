"""Who held what: the register now, after a block, at an instant, at a record, on a legal day.

An instant means *before the blocks at or after it*: a holding at a record instant is what stood
after all blocks whose time is smaller, exactly as `SecurityToken` keeps it. The legal day is another
view of the same moves, ordered by the day that the parties meant; only cap tables ask for it.

Counts are of persons: several accounts of one person count once, the issuer's own not at all.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from freehold.core.clock import day_number, to_seconds
from freehold.core.errors import Broken, NotFound
from freehold.core.facts import Flags, has_flag
from freehold.core.register import Register, Roll

Lots = Mapping[int, Mapping[int, int]]


@dataclass(frozen=True, slots=True)
class Standing:
    """One roll at one time: units and frozen units by account, lots by account and vintage."""

    token: str
    supply: int
    units: Mapping[int, int]
    frozen: Mapping[int, int]
    lots: Lots


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
    return Standing(token, roll.supply, dict(roll.units), dict(roll.frozen), lots)


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
    """Events stand in the order of their blocks, so the last change that counts is the state."""
    units: dict[int, int] = {}
    frozen: dict[int, int] = {}
    lots: dict[int, dict[int, int]] = {}
    supply = 0
    for move in roll.moves:
        if _after(move.block, move.seconds, block, before):
            break
        units[move.sender], units[move.receiver] = move.sender_units, move.receiver_units
        supply += move.units * ((not move.sender) - (not move.receiver))
    for lot in roll.lot_changes:
        if _after(lot.block, lot.seconds, block, before):
            break
        lots.setdefault(lot.account, {})[lot.vintage] = lot.units
    for freeze in roll.freeze_changes:
        if _after(freeze.block, freeze.seconds, block, before):
            break
        frozen[freeze.account] = freeze.units
    parts = {account: _held(held.items()) for account, held in lots.items() if any(held.values())}
    return Standing(roll.token, supply, _held(units.items()), _held(frozen.items()), parts)


def _after(block: int, seconds: int, last: int | None, before: int | None) -> bool:
    return (last is not None and block > last) or (before is not None and seconds >= before)


def _held(pairs: Iterable[tuple[int, int]]) -> dict[int, int]:
    return {key: units for key, units in pairs if units}
