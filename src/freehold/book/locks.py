"""What restraints lock on the chain, for each account: what it should be, what it is, who changes it now.

What it should be is the sum of all restraints that are locked and not released. Only one instruction
changes an account at a time; the database itself decides who enters it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Row, and_, insert, select, update
from sqlalchemy.exc import IntegrityError

from freehold.book import schema_agent, schema_locks
from freehold.book.session import Transaction
from freehold.core.ids import InstructionId


class Account(NamedTuple):
    """A holder's account in one instrument."""

    issuer: str
    holder: str
    token: str


class Locked(NamedTuple):
    """What restraints lock: base units, and whether the whole account is stopped."""

    units: int
    stopped: bool


NOTHING = Locked(0, False)


@dataclass(frozen=True, slots=True)
class Lock:
    """What restraints have locked on the chain, and what an instruction on its way makes of it."""

    account: Account
    now: Locked
    turn: int
    instruction: InstructionId | None
    then: Locked | None


def wanted(tx: Transaction, token: str | None = None) -> dict[Account, Locked]:
    """What should be locked, by account, of one instrument or of all."""
    of = schema_agent.restraint.c
    rows = select(of.issuer, of.holder, of.token, of.units).where(
        of.locked, of.released_at.is_(None), of.token.is_not(None)
    )
    if token is not None:
        rows = rows.where(of.token == token)
    totals: dict[Account, Locked] = {}
    for row in tx.execute(rows):
        at = Account(row.issuer, row.holder, row.token)
        before = totals.get(at, NOTHING)
        units = before.units + int(row.units or 0)
        totals[at] = Locked(units, before.stopped or row.units is None)
    return totals


def of_account(tx: Transaction, at: Account) -> Lock:
    """What is locked of an account; nothing where no restraint ever locked it."""
    row = tx.execute(select(schema_locks.account_lock).where(_at(at))).first()
    return _lock(row) if row is not None else Lock(at, NOTHING, 0, None, None)


def unsettled(tx: Transaction) -> list[Account]:
    """The accounts of which another amount should be locked than is, or that are being changed."""
    return list(_unsettled(wanted(tx), _all(tx)))


def paper(tx: Transaction, at: Account, *, locking: bool) -> str:
    """The SHA-256 of the paper behind the last restraint that was placed, or else released."""
    of = schema_agent.restraint.c
    mine = and_(of.issuer == at.issuer, of.holder == at.holder, of.token == at.token, of.locked)
    rows = select(of.document).where(mine).order_by(of.placed_at.desc(), of.id)
    if not locking:
        rows = select(of.release_document).where(mine, of.released_at.is_not(None))
        rows = rows.order_by(of.released_at.desc(), of.id)
    return str(tx.execute(rows.limit(1)).scalar_one())


def take_turn(tx: Transaction, lock: Lock, by: InstructionId, then: Locked) -> bool:
    """Give the account to an instruction; False where somebody else was first."""
    values = {"turn": lock.turn + 1, "instruction": by}
    values |= {"then_units": str(then.units), "then_stopped": then.stopped}
    if lock.turn == 0 and not _is_there(tx, lock.account):
        first = {**lock.account._asdict(), "units": "0", "stopped": False}
        try:
            with tx.begin_nested():
                tx.execute(insert(schema_locks.account_lock).values(**first, **values))
        except IntegrityError:
            return False
        return True
    of = schema_locks.account_lock.c
    free = and_(_at(lock.account), of.turn == lock.turn, of.instruction.is_(None))
    return bool(tx.execute(update(schema_locks.account_lock).where(free).values(**values)).rowcount)


def end_turn(tx: Transaction, lock: Lock, happened: bool) -> None:
    """The instruction of the account has ended; where it happened, what it made stands from now on."""
    of = schema_locks.account_lock.c
    values: dict[str, Any] = {"instruction": None, "then_units": None, "then_stopped": None}
    if happened and lock.then is not None:
        values |= {"units": str(lock.then.units), "stopped": lock.then.stopped}
    mine = and_(_at(lock.account), of.turn == lock.turn, of.instruction == lock.instruction)
    tx.execute(update(schema_locks.account_lock).where(mine).values(**values))


def of_token(tx: Transaction, token: str) -> list[Lock]:
    """What restraints have locked of every account of an instrument."""
    return [one for one in _all(tx).values() if one.account.token == token]


def set_units(tx: Transaction, at: Account, now: int, then: int | None) -> None:
    """A split made another figure of what is locked of an account, and of what is on its way."""
    values = {"units": str(now), "then_units": None if then is None else str(then)}
    tx.execute(update(schema_locks.account_lock).where(_at(at)).values(**values))


def _unsettled(wanted: dict[Account, Locked], there: dict[Account, Lock]) -> Iterator[Account]:
    for at in sorted(wanted.keys() | there.keys()):
        lock = there.get(at, Lock(at, NOTHING, 0, None, None))
        if lock.instruction is not None or wanted.get(at, NOTHING) != lock.now:
            yield at


def _all(tx: Transaction) -> dict[Account, Lock]:
    found = [_lock(row) for row in tx.execute(select(schema_locks.account_lock))]
    return {one.account: one for one in found}


def _is_there(tx: Transaction, at: Account) -> bool:
    return tx.execute(select(schema_locks.account_lock.c.turn).where(_at(at))).first() is not None


def _at(at: Account) -> Any:
    of = schema_locks.account_lock.c
    return and_(of.issuer == at.issuer, of.holder == at.holder, of.token == at.token)


def _lock(row: Row[Any]) -> Lock:
    then = None if row.then_units is None else Locked(int(row.then_units), bool(row.then_stopped))
    at = Account(row.issuer, row.holder, row.token)
    now = Locked(int(row.units), bool(row.stopped))
    return Lock(at, now, row.turn, row.instruction, then)
