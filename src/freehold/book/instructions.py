"""The outbox: instructions, the nonces they hold, and the bytes signed for them.

The discipline, which every function here keeps a part of:

- An instruction and its signed bytes are committed before they are sent; a signature that was not
  stored never leaves the process, so losing it loses nothing.
- Storing the first bytes takes the sender's next nonce in the same transaction. The (chain, sender,
  nonce) of an instruction is unique, and further bytes for it (a higher fee, a cancellation) must
  carry the same nonce.
- Only the worker that took the sender's lease last may store bytes. This is checked when they are
  stored, so a worker that slept while another took over stores nothing.
- After a crash the stored bytes are sent again; `signed` gives them back as they were.
- The entry of an instruction and its end stand in the audit log, written in the same transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    and_,
    bindparam,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from freehold.book import audit, changes, schema
from freehold.book.session import Transaction, new
from freehold.core.audit import Entry, Outcome
from freehold.core.errors import Conflict, NotFound, Plain
from freehold.core.ids import Address, InstructionId
from freehold.core.instruction import (
    IN_FLIGHT,
    Instruction,
    Purpose,
    SignedTransaction,
    State,
    require_move,
    require_same,
)
from freehold.postgresql import later

ENDS = {
    State.SETTLED: Outcome.DONE,
    State.REVERTED: Outcome.FAILED,
    State.REFUSED: Outcome.REFUSED,
    State.CANCELLED: Outcome.DONE,
    State.REPLACED: Outcome.FAILED,
}
"""States in which an instruction is over, as the audit log words them."""
_CONTENT = ("id", "chain", "target", "data", "what")
_OUTCOME = tuple(name for name in Instruction.__dataclass_fields__ if name not in _CONTENT)
_TABLE = schema.instruction
_MOVE = (
    update(_TABLE)
    .where(_TABLE.c.id == bindparam("stood"), _TABLE.c.state == bindparam("stood_at"))
    .values({name: bindparam(name) for name in _OUTCOME})
)
_ADD_CHANGE = later(insert(schema.instruction_change))
_STORE = insert(schema.signed_transaction)


@dataclass(frozen=True, slots=True)
class Change:
    """One change of an instruction's state; `before` is None for its entry."""

    before: State | None
    after: State
    at: datetime
    note: str | None


@dataclass(frozen=True, slots=True)
class Move:
    """A change to write: what the instruction was, what it is now, and a note of why."""

    before: Instruction
    after: Instruction
    note: str | None = None


def add(tx: Transaction, asked: Instruction, now: datetime) -> Instruction:
    """Enter an instruction, once: the same id with the same content returns what became of it.

    Raises Conflict if the id is taken by other content.
    """
    assert asked.state in (State.NEW, State.APPROVED), "an instruction starts NEW or APPROVED"
    assert asked.nonce is None, "an instruction gets its nonce when it is signed"
    if not tx.execute(
        new(tx.dialect.name, _TABLE), {**_columns(asked), "created_at": now}
    ).rowcount:
        return require_same(asked, find(tx, asked.id))
    _record(tx, asked, None, now, None)
    return asked


def find(tx: Transaction, which: InstructionId) -> Instruction:
    """The instruction with this id. Raises NotFound."""
    return numbered(tx, which)[2]


def numbered(tx: Transaction, which: InstructionId) -> tuple[int, datetime, Instruction]:
    """An instruction with its number and the instant it was asked for. Raises NotFound."""
    row = tx.execute(select(schema.instruction).where(schema.instruction.c.id == which)).first()
    if row is None:
        raise NotFound(f"there is no instruction {which}", instruction=which)
    return row.number, row.created_at, of_row(row)


def approved(tx: Transaction, chain: int, sender: Address, limit: int) -> list[Instruction]:
    """What the sender still has to sign, in the order in which it was asked for."""
    return _in_states(tx, chain, sender, {State.APPROVED}, limit)


def in_flight(tx: Transaction, chain: int, sender: Address) -> list[Instruction]:
    """What holds a nonce of the sender and is not final, in the order in which it was asked for."""
    return _in_states(tx, chain, sender, IN_FLIGHT, None)


def busy(tx: Transaction, chain: int) -> set[Address]:
    """The senders that have anything to sign, to send or to follow."""
    of = schema.instruction.c
    states = of.state.in_(sorted({State.APPROVED, *IN_FLIGHT}))
    rows = select(of.sender).where(states, of.chain == chain).distinct()
    return {Address(one) for one in tx.execute(rows).scalars()}


def anything_unmined(tx: Transaction, chain: int) -> bool:
    """Whether anything signed on this chain, by any key of the book, is still on its way."""
    states = schema.instruction.c.state.in_([State.SIGNED, State.SENT])
    asked = select(schema.instruction.c.number).where(states, schema.instruction.c.chain == chain)
    return tx.execute(asked.limit(1)).first() is not None


def waiting(tx: Transaction, chain: int) -> dict[State, int]:
    """How many instructions are not over yet, by state."""
    of = schema.instruction.c
    open_states = sorted(set(State) - ENDS.keys())
    rows = select(of.state, func.count()).where(of.chain == chain, of.state.in_(open_states))
    return {State(state): int(count) for state, count in tx.execute(rows.group_by(of.state))}


def oldest_waiting(tx: Transaction, chain: int) -> datetime | None:
    """Since when the oldest instruction waits to be signed; None if none does."""
    of = schema.instruction.c
    rows = select(of.created_at).where(of.chain == chain, of.state == State.APPROVED)
    return tx.execute(rows.order_by(of.number).limit(1)).scalar()


def thrown_back(tx: Transaction, chain: int) -> int:
    """How many instructions were mined once, lost their block, and are in no other one yet."""
    of, change = schema.instruction.c, schema.instruction_change.c
    lost = select(change.instruction).where(
        change.before == State.MINED, change.after == State.SENT
    )
    rows = select(func.count()).where(of.chain == chain, of.state == State.SENT, of.id.in_(lost))
    return int(tx.execute(rows).scalar_one())


def history(tx: Transaction, which: InstructionId) -> list[Change]:
    """Every change of the instruction's state, oldest first."""
    change = schema.instruction_change.c
    asked = select(schema.instruction_change).where(change.instruction == which)
    return [
        Change(State(row.before) if row.before else None, State(row.after), row.at, row.note)
        for row in tx.execute(asked.order_by(change.number))
    ]


def move(
    tx: Transaction, before: Instruction, after: Instruction, now: datetime, note: str | None = None
) -> Instruction:
    """Write what became of an instruction, if it still stands where `before` says.

    Raises Conflict if the change is not allowed or somebody else has made one meanwhile.
    """
    move_all(tx, [Move(before, after, note)], now)
    return after


def move_all(tx: Transaction, moves: Sequence[Move], now: datetime) -> None:
    """`move` for many: all of them or none. Raises Conflict, as it does."""
    if not moves:
        return
    for one in moves:
        require_move(one.before, one.after.state)
        assert one.before.id == one.after.id, "an instruction keeps its id"
    rows = [
        {"stood": one.before.id, "stood_at": one.before.state, **_outcome(one.after)}
        for one in moves
    ]
    if tx.execute(_MOVE, rows).rowcount != len(moves):
        which = moves[0].before if len(moves) == 1 else _moved_by_others(tx, moves)
        raise Conflict(
            f"instruction {which.id} is no longer {which.state}: read it again",
            instruction=which.id,
        )
    noted = [(one.after, one.before.state, one.note or one.after.note) for one in moves]
    _record_all(tx, noted, now)


def _moved_by_others(tx: Transaction, moves: Sequence[Move]) -> Instruction:
    """The first that does not stand where it was moved to; in the failed transaction of `move_all`."""
    return next(
        (one.before for one in moves if find(tx, one.before.id).state is not one.after.state),
        moves[0].before,
    )


def approve(tx: Transaction, which: InstructionId, now: datetime) -> Instruction:
    """Release a NEW instruction for signing. Raises Conflict in any other state."""
    found = find(tx, which)
    return move(tx, found, replace(found, state=State.APPROVED), now)


def withdraw(tx: Transaction, which: InstructionId, now: datetime) -> Instruction:
    """Cancel an instruction that nobody has signed. Raises Conflict once it has been signed."""
    found = find(tx, which)
    if found.state in IN_FLIGHT:
        raise Conflict(
            f"instruction {which} is {found.state}: only a cancellation on chain can stop it now",
            instruction=which,
            state=found.state,
        )
    return move(tx, found, replace(found, state=State.CANCELLED), now, "withdrawn")


def hand_over(tx: Transaction, which: InstructionId, to: Address, now: datetime) -> Instruction:
    """Give an instruction to another key.

    Allowed while nothing is signed for it, or after its nonce was finally spent on something else
    (REPLACED). Raises Conflict while bytes that may still be mined are about.
    """
    found = find(tx, which)
    if found.state not in (State.NEW, State.APPROVED, State.REPLACED):
        raise Conflict(
            f"instruction {which} is {found.state} under nonce {found.nonce} of {found.sender}: "
            "another key may send it only after that nonce has been spent on something else",
            instruction=which,
            state=found.state,
        )
    after = replace(found, sender=to, nonce=None, note=None)
    if found.state is State.REPLACED:
        return move(tx, found, replace(after, state=State.APPROVED), now, f"handed to {to}")
    mine = and_(schema.instruction.c.id == which, schema.instruction.c.state == found.state)
    tx.execute(update(schema.instruction).where(mine).values(**_outcome(after)))
    _record(tx, after, found.state, now, f"handed to {to}")
    return after


def lease(
    tx: Transaction, chain: int, sender: Address, worker: str, now: datetime, until: datetime
) -> bool:
    """Make `worker` the only one that may sign for the sender until then; False if another is."""
    held = schema.nonce.c
    free = or_(held.leased_by.is_(None), held.leased_by == worker, held.leased_until <= now)
    terms = {"leased_by": worker, "leased_until": until}
    taken = update(schema.nonce).where(_row(chain, sender), free).values(**terms)
    if tx.execute(taken).rowcount == 1:
        return True
    try:
        with tx.begin_nested():
            tx.execute(insert(schema.nonce).values(chain=chain, sender=sender, **terms))
    except IntegrityError:
        return False
    return True


def release(tx: Transaction, chain: int, sender: Address, worker: str) -> None:
    """End the worker's lease, if it still has it."""
    mine = and_(_row(chain, sender), schema.nonce.c.leased_by == worker)
    tx.execute(update(schema.nonce).where(mine).values(leased_by=None, leased_until=None))


def release_all(tx: Transaction) -> None:
    """End every lease: of a book that nobody works on, because it was just put here."""
    tx.execute(update(schema.nonce).values(leased_by=None, leased_until=None))


def senders(tx: Transaction, chain: int) -> list[Address]:
    """Every sender that ever signed or was held on a chain."""
    rows = select(schema.nonce.c.sender).where(schema.nonce.c.chain == chain)
    return [Address(one) for one in tx.execute(rows).scalars()]


def by_state(tx: Transaction) -> dict[str, int]:
    """How many instructions there are in each state."""
    of = schema.instruction.c
    rows = select(of.state, func.count()).group_by(of.state).order_by(of.state)
    return {state: int(count) for state, count in tx.execute(rows)}


def next_nonce(tx: Transaction, chain: int, sender: Address) -> int | None:
    """The nonce that the next signature takes; None before the first one."""
    return tx.execute(select(schema.nonce.c.next).where(_row(chain, sender))).scalar()


def adopt_nonce(tx: Transaction, chain: int, sender: Address, at: int) -> None:
    """Count on from a nonce that the chain reports, after a person has decided so.

    Needed where the key was used outside this book, or the chain was set up anew. Raises Conflict
    while anything signed under the old count could still be mined.
    """
    if in_flight(tx, chain, sender):
        raise Conflict(f"{sender} still has instructions on their way: let them end first")
    if not tx.execute(update(schema.nonce).where(_row(chain, sender)).values(next=at)).rowcount:
        tx.execute(insert(schema.nonce).values(chain=chain, sender=sender, next=at))


def store_first(
    tx: Transaction, found: Instruction, made: SignedTransaction, worker: str, now: datetime
) -> Instruction:
    """Keep the first bytes signed for an instruction and take their nonce, both or neither.

    Raises Conflict if another worker has taken over or the nonce is no longer the sender's next.
    """
    return store_first_all(tx, [(found, made)], worker, now)[0]


def store_first_all(
    tx: Transaction,
    each: Sequence[tuple[Instruction, SignedTransaction]],
    worker: str,
    now: datetime,
) -> list[Instruction]:
    """`store_first` for one sender's nonces in a row, all or none. Raises Conflict, as it does."""
    if not each:
        return []
    first = each[0][1]
    for place, (found, made) in enumerate(each):
        assert made.attempt == 1 and made.instruction == found.id, "this instruction's first bytes"
        assert made.nonce == first.nonce + place, "the nonces of one sender in a row"
    held = schema.nonce.c
    is_next = or_(held.next == first.nonce, held.next.is_(None))
    _require_lease(tx, first, worker, is_next, first.nonce + len(each))
    tx.execute(_STORE, [_signed_columns(made) for _, made in each])
    moves = [
        Move(found, replace(found, state=State.SIGNED, nonce=made.nonce)) for found, made in each
    ]
    move_all(tx, moves, now)
    return [one.after for one in moves]


def store_next(tx: Transaction, made: SignedTransaction, worker: str) -> None:
    """Keep further bytes for an instruction on its way: a higher fee, or a cancellation.

    Raises Conflict if another worker has taken over, the instruction is not on its way, or somebody
    else has stored this attempt meanwhile.
    """
    found = find(tx, made.instruction)
    place = (found.chain, found.sender, found.nonce)
    if found.state not in (State.SIGNED, State.SENT):
        raise Conflict(f"instruction {found.id} is {found.state}: there is nothing to replace")
    assert place == (made.chain, made.sender, made.nonce), "a replacement keeps its nonce"
    held = schema.nonce.c
    _require_lease(tx, made, worker, held.next > made.nonce, held.next)
    try:
        with tx.begin_nested():
            _store(tx, made)
    except IntegrityError:
        raise Conflict(f"attempt {made.attempt} of instruction {found.id} exists already") from None


def signed(tx: Transaction, found: Instruction) -> list[SignedTransaction]:
    """The bytes stored for the instruction under its present nonce, first attempt first."""
    table = schema.signed_transaction.c
    asked = select(schema.signed_transaction).where(
        table.chain == found.chain,
        table.sender == found.sender,
        table.nonce == found.nonce,
        table.instruction == found.id,
    )
    return [_signed(row) for row in tx.execute(asked.order_by(table.attempt))]


def signed_each(
    tx: Transaction, chain: int, sender: Address, found: Sequence[Instruction]
) -> list[list[SignedTransaction]]:
    """`signed` for many instructions of one sender that hold a nonce, in one question."""
    if not found:
        return []
    table = schema.signed_transaction.c
    nonces = [one.nonce for one in found if one.nonce is not None]
    asked = select(schema.signed_transaction).where(
        table.chain == chain, table.sender == sender, table.nonce.between(min(nonces), max(nonces))
    )
    by_instruction: dict[str, list[SignedTransaction]] = {one.id: [] for one in found}
    for row in tx.execute(asked.order_by(table.nonce, table.attempt)):
        if row.instruction in by_instruction:
            by_instruction[row.instruction].append(_signed(row))
    nonce_of = {one.id: one.nonce for one in found}
    return [
        [made for made in by_instruction[one.id] if made.nonce == nonce_of[one.id]] for one in found
    ]


def _in_states(
    tx: Transaction,
    chain: int,
    sender: Address,
    states: set[State] | frozenset[State],
    limit: int | None,
) -> list[Instruction]:
    table = schema.instruction
    asked = select(table).where(
        table.c.state.in_(sorted(states)), table.c.chain == chain, table.c.sender == sender
    )
    return [of_row(row) for row in tx.execute(asked.order_by(table.c.number).limit(limit))]


def _require_lease(
    tx: Transaction,
    made: SignedTransaction,
    worker: str,
    stands: ColumnElement[bool],
    next_nonce: Any,
) -> None:
    held = schema.nonce.c
    mine = and_(held.leased_by == worker, stands)
    changed = update(schema.nonce).where(_row(made.chain, made.sender), mine)
    if tx.execute(changed.values(next=next_nonce)).rowcount != 1:
        raise Conflict(
            f"{worker} may no longer sign for {made.sender}: another worker has taken over or "
            f"nonce {made.nonce} is taken; nothing was sent",
            sender=made.sender,
            nonce=made.nonce,
        )


def _row(chain: int, sender: Address) -> ColumnElement[bool]:
    return and_(schema.nonce.c.chain == chain, schema.nonce.c.sender == sender)


def _store(tx: Transaction, made: SignedTransaction) -> None:
    tx.execute(_STORE, [_signed_columns(made)])


def _signed_columns(made: SignedTransaction) -> dict[str, Any]:
    return {name: getattr(made, name) for name in SignedTransaction.__dataclass_fields__}


def _record(
    tx: Transaction, one: Instruction, before: State | None, now: datetime, note: str | None
) -> None:
    _record_all(tx, [(one, before, note)], now)


def _record_all(
    tx: Transaction, changed: Sequence[tuple[Instruction, State | None, str | None]], now: datetime
) -> None:
    """Keep changes of state: in the history, in the feed, and entries and ends in the audit log."""
    rows = [
        {"instruction": one.id, "before": before, "after": one.state, "at": now, "note": note}
        for one, before, note in changed
    ]
    tx.execute(_ADD_CHANGE, rows)
    for one, before, _ in changed:
        told: dict[str, Plain] = {"state": one.state, "before": before, "what": one.what}
        told |= {"transaction": one.mined_hash, "block": one.mined_block, "code": one.code}
        changes.record(tx, changes.INSTRUCTION, "", one.id, told, now)
        if before is None or one.state in ENDS:
            content = {"what": one.what, "state": str(one.state), "transaction": one.mined_hash}
            outcome = ENDS.get(one.state, Outcome.DONE)
            entry = Entry("outbox", "instruction", one.id, outcome, one.code, content)
            audit.record(tx, entry, now)


def _columns(one: Instruction) -> dict[str, Any]:
    return {name: getattr(one, name) for name in Instruction.__dataclass_fields__}


def _outcome(after: Instruction) -> dict[str, Any]:
    return {name: getattr(after, name) for name in _OUTCOME}


def of_row(row: Row[Any]) -> Instruction:
    """The instruction in a row of its table."""
    values = {name: getattr(row, name) for name in Instruction.__dataclass_fields__}
    return Instruction(**values | {"state": State(row.state)})


def _signed(row: Row[Any]) -> SignedTransaction:
    values = {name: getattr(row, name) for name in SignedTransaction.__dataclass_fields__}
    return SignedTransaction(**values | {"purpose": Purpose(row.purpose)})
