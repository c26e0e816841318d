"""Events into rows: the one place where the projection is written.

What an event *means* is said once, in `core/register.py`: `project` applies a batch of events to
the registers in memory and writes down what they noted. `indexer/memory.py` undoes it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter

from sqlalchemy import Connection, Table

from freehold.core import events as e
from freehold.core.events import Logged
from freehold.core.events_paying import DistributionDeclared
from freehold.core.events_waterfall import WaterfallProposed
from freehold.core.rawlog import BlockHead
from freehold.core.register import Register, apply, end_transaction
from freehold.core.roll import Roll
from freehold.indexer import tables as t
from freehold.indexer.memory import Memory
from freehold.indexer.tables import Rows, insert


@dataclass(slots=True)
class Batch:
    """Rows on their way to the tables, by table."""

    rows: dict[str, Rows] = field(default_factory=dict)

    def add(self, table: Table, *row: object) -> None:
        self.rows.setdefault(table.name, []).append(row)


def project(
    connection: Connection,
    memory: Memory,
    heads: Sequence[BlockHead],
    logs: Iterable[tuple[Logged, bytes]],
) -> int:
    """Write whole blocks and their events, with the bodies of logs, in the caller's transaction.

    Returns how many events there were. Raises Broken if an event cannot follow from what is known;
    nothing may be committed then.
    """
    batch = Batch()
    batch.rows[t.block.name] = [*map(tuple, heads)]
    batch.rows[t.chain_event.name] = _event_rows(memory, batch, logs)
    for each in {id(register): register for register in memory.registers.values()}.values():
        end_transaction(each)
        for roll in each.rolls.values():
            _drain(memory, memory.numbers[roll.token], roll, batch)
    for name, rows in batch.rows.items():
        insert(connection, t.metadata.tables[name], rows)
    memory.tip = heads[-1] if heads else memory.tip
    return len(batch.rows[t.chain_event.name])


# ---- rows --------------------------------------------------------------------------------------


def _event_rows(memory: Memory, batch: Batch, logs: Iterable[tuple[Logged, bytes]]) -> Rows:
    """Apply the events one by one; their rows."""
    rows: Rows = []
    numbers, registers, add = memory.numbers, memory.registers, rows.append
    transaction, act = "", b""
    for logged, body in logs:
        position, contract, event = logged
        register = registers.get(contract)
        kind = type(event)
        if register is not None:
            apply(register, logged)
            if kind in _ACCOUNT_EVENTS:
                _note_accounts(memory, register, batch, logged)
        number = numbers.get(contract) or numbers.setdefault(contract, len(numbers) + 1)
        if position.transaction != transaction:
            transaction = position.transaction
            act = bytes.fromhex(transaction[2:])
        asked = _instruction(event) if kind in _INSTRUCTED else None
        add((position.block, position.index, number, kind.__name__, act, asked, body))
    return rows


def _instruction(event: object) -> bytes | None:
    """The instruction that an event of _INSTRUCTED names; None where it names none."""
    return bytes.fromhex(getattr(event, "instruction", "")[2:]) or None


def _note_accounts(memory: Memory, register: Register, batch: Batch, logged: Logged) -> None:
    position, _, event = logged
    place = (position.block, position.index)
    holders = memory.numbers[register.holders]
    match event:
        case e.InstrumentListed():
            number = memory.numbers.setdefault(event.token, len(memory.numbers) + 1)
            memory.registers[event.token] = register
            batch.add(t.contract, number, event.token, holders, position.block)
        case e.Admitted():
            batch.add(t.wallet, holders, event.wallet, event.account, *place)
            _note_account(register, holders, event.account, batch, place)
        case e.FactsSet():
            _note_account(register, holders, event.account, batch, place)
        case e.Replaced():
            batch.add(t.wallet, holders, event.new_wallet, event.account, *place)
            _note_account(register, holders, event.account, batch, place)
        case e.Linked():
            for member in register.persons[event.account]:
                _note_account(register, holders, member, batch, place)


def _note_account(
    register: Register, holders: int, number: int, batch: Batch, place: tuple[int, int]
) -> None:
    account = register.accounts[number]
    person = " ".join(map(str, register.persons.get(number, ())))
    batch.add(t.account, holders, number, *place, account.wallet, str(account.facts), person)


def _drain(memory: Memory, token: int, roll: Roll, batch: Batch) -> None:
    """Turn what a roll noted since the last batch into rows, sorted as the tables are."""
    if roll.moves:
        _drain_moves(memory, token, roll, batch)
    for lot in roll.lot_changes:
        batch.add(t.lot, token, lot.account, lot.vintage, lot.block, lot.log, str(lot.units))
    for freeze in roll.freeze_changes:
        place = (freeze.block, freeze.log)
        batch.add(t.freeze, token, freeze.account, *place, str(freeze.units), freeze.stopped)
    for vintage in roll.vintage_changes:
        place = (vintage.block, vintage.log)
        batch.add(t.vintage, token, vintage.vintage, *place, str(vintage.terms))
    for record in roll.record_changes:
        batch.add(t.record, token, record.record, record.block, record.log, record.instant)
    roll.forget_changes()


def _drain_moves(memory: Memory, token: int, roll: Roll, batch: Batch) -> None:
    rows: Rows = []
    supplies: Rows = []
    moves, add = roll.moves, rows.append
    issued = roll.issued - sum([move.units for move in moves if not move.sender])
    redeemed = roll.redeemed - sum([move.units for move in moves if not move.receiver])
    for block, log, _, day, sender, receiver, units, left, got, header in moves:
        if sender:
            add((token, sender, block, log, str(left), day, header))
        else:
            issued += units
        if receiver:
            add((token, receiver, block, log, str(got), day, header))
        else:
            redeemed += units
        if not (sender and receiver):
            supplies.append((token, block, log, str(issued), str(redeemed)))
    rows.sort(key=itemgetter(1))
    batch.rows.setdefault(t.supply.name, []).extend(supplies)
    batch.rows.setdefault(t.history.name, []).extend(rows)
    _note_holders(memory.holders.setdefault(token, set()), batch, rows)


def _note_holders(known: set[int], batch: Batch, rows: Rows) -> None:
    for row in rows:
        if row[1] not in known:
            known.add(row[1])
            batch.add(t.position, *row[:4])


_ACCOUNT_EVENTS = {e.InstrumentListed, e.Admitted, e.FactsSet, e.Replaced, e.Linked}
_INSTRUCTED = {
    e.Issued,
    e.Passed,
    e.Forced,
    e.Redeemed,
    e.FreezeOrdered,
    e.SplitAnnounced,
    e.SplitCancelled,
    e.SplitFinished,
    e.Converted,
    e.Corrected,
    DistributionDeclared,
    WaterfallProposed,
}
