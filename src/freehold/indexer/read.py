"""What the projection answers: the register now, after a block, at an instant, at a record.

An instant means *before the blocks at or after it*, as everywhere (`core/standing.py`). Long
answers come in pages: name the last thing you saw and how many more you want.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, select

from freehold.core.actions.entitlement import Holdings
from freehold.core.clock import day_number, from_seconds, stamp, to_seconds
from freehold.core.errors import Broken, Conflict, NotFound
from freehold.core.events import Transfer
from freehold.core.facts import FLAGS_AT, Flags
from freehold.core.rawlog import BlockHead
from freehold.core.standing import Line, Lot
from freehold.indexer import tables as t
from freehold.indexer.decode import event_of
from freehold.indexer.memory import last_head

_STREAMED = 20_000
"""Rows that are held at once of a long answer."""
_TREASURY = int(Flags.TREASURY) << FLAGS_AT
"""The mark in a word of facts; a million words are looked at one by one."""


@dataclass(frozen=True, slots=True)
class Supply:
    """Units of one class: issued and redeemed since the beginning, outstanding or treasury."""

    issued: int
    redeemed: int

    @property
    def units(self) -> int:
        """Issued and not redeemed."""
        return self.issued - self.redeemed


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a holder's statement: the move, what he held after it, what explains it, and the hash
    of the transaction."""

    block: int
    log: int
    instant: datetime
    day: int
    change: int
    units: int
    transfer: Transfer
    cause: object | None
    transaction: str


def instruments(connection: Connection) -> list[str]:
    """The tokens that have a roll, in the order they were listed."""
    of = t.contract.c
    rows = select(of.address).where(of.holders != 0, of.holders != of.id).order_by(of.id)
    return list(connection.scalars(rows))


def head(connection: Connection) -> BlockHead:
    """The last block that was read. Raises NotFound before the first."""
    found = last_head(connection)
    if found is None:
        raise NotFound("the projection is empty: nothing was read from the chain yet")
    return found


def last_block(connection: Connection) -> int:
    """The number of the last block that was read. Raises NotFound before the first."""
    return head(connection).number


def head_instant(connection: Connection) -> datetime:
    """The instant of the last block that was read. Raises NotFound before the first."""
    return from_seconds(head(connection).seconds)


def block_before(connection: Connection, instant: datetime) -> int:
    """The last block before an instant, -1 if there is none.

    Raises Conflict while the chain has no block at or after the instant: more may come before it.
    """
    seconds = to_seconds(instant)
    last = last_head(connection)
    if last is None or last.seconds < seconds:
        read_to = stamp(from_seconds(last.seconds)) if last else "nothing"
        raise Conflict(f"{stamp(instant)} has not passed on the chain, which is read to {read_to}")
    block = t.block.c
    rows = select(block.number).where(block.seconds < seconds).order_by(block.number.desc())
    found = connection.scalar(rows.limit(1))
    return -1 if found is None else int(found)


def record_instant(connection: Connection, token: str, record: int) -> datetime:
    """The instant of an announced record. Raises NotFound."""
    number, known = _number(connection, token), t.record.c
    rows = select(known.instant).where(known.token == number, known.record == record)
    found = connection.scalar(rows.order_by(known.block.desc(), known.log.desc()).limit(1))
    if found is None:
        raise NotFound(f"no record {record} was announced for {token}", record=record)
    return from_seconds(found)


def records(connection: Connection, token: str) -> dict[int, datetime]:
    """The announced record instants by number, as they are since the last one was withdrawn."""
    number = _number(connection, token)
    return {row.record: from_seconds(row.instant) for row in t.latest(connection, t.record, number)}


def accounts(connection: Connection, token: str) -> dict[str, int]:
    """Every wallet that opens or once opened an account of the token's register, and its number."""
    holders = select(t.contract.c.holders).where(t.contract.c.id == _number(connection, token))
    known = t.wallet.c
    rows = select(known.wallet, known.account).where(known.holders == holders.scalar_subquery())
    return {row.wallet: row.account for row in connection.execute(rows)}


def opened(connection: Connection, register: str) -> dict[str, tuple[str, int]]:
    """By each wallet that opens or once opened an account of a register: the one that opens it now, and the
    account's word of facts (`core/facts.py`)."""
    number = connection.scalar(select(t.contract.c.id).where(t.contract.c.address == register))
    known = t.wallet.c
    rows = select(known.wallet, known.account).where(known.holders == number)
    now = {
        row.account: (row.wallet, int(row.facts))
        for row in t.latest(connection, t.account, number or 0)
    }
    return {wallet: now[account] for wallet, account in _plain(connection, rows)}


def lines(
    connection: Connection,
    token: str,
    block: int | None = None,
    after: int = 0,
    limit: int | None = None,
) -> list[Line]:
    """The register after `block` (now): accounts above `after` in their order, at most `limit`.

    Wallets, facts, lots and freezes are those of that block. Raises NotFound.
    """
    number = _number(connection, token)
    last = last_block(connection) if block is None else block
    held = t.units_after(number, last).where(t.position.c.account > after).subquery()
    rows = select(held).where(held.c.units != "0").order_by(held.c.account).limit(limit)
    units = {row.account: int(row.units) for row in connection.execute(rows)}
    return _lines(connection, number, units, last) if units else []


def lines_at(connection: Connection, token: str, instant: datetime) -> list[Line]:
    """The whole register at an instant that has passed. Raises Conflict if it has not."""
    return lines(connection, token, block_before(connection, instant))


def lines_of_record(connection: Connection, token: str, record: int) -> list[Line]:
    """The whole register at an announced record instant that has passed."""
    return lines_at(connection, token, record_instant(connection, token, record))


def holdings(connection: Connection, token: str, block: int) -> Holdings:
    """Who owned how many units after `block`, treasury left out, as two columns.

    The rows are streamed: for a million holders `lines` would build a million objects. Raises NotFound.
    """
    own, linked = _own_and_linked(connection, _number(connection, token), block)
    last = _last_units(connection, token, block)
    held = [(account, text) for account, text in last.items() if text != "0" and account not in own]
    accounts, units = [account for account, _ in held], [int(text) for _, text in held]
    known = set(accounts).intersection(linked)
    return Holdings(accounts, units, {account: linked[account] for account in known})


def units_by_account(connection: Connection, token: str, block: int) -> dict[int, int]:
    """Units by account of all that held some after `block`, accounts ascending, treasury included.

    Raises NotFound.
    """
    last = _last_units(connection, token, block)
    return {account: int(held) for account, held in last.items() if held != "0"}


def _last_units(connection: Connection, token: str, block: int) -> dict[int, str]:
    """One pass over the moves in the order they are stored, the last of an account overwriting those
    before: a third of the time of a look-up for each account."""
    of = t.history.c
    rows = select(of.account, of.units).where(
        of.token == _number(connection, token), of.block <= block
    )
    return dict(_plain(connection, rows.order_by(of.account, of.block, of.log)))


def holdings_of_record(connection: Connection, token: str, record: int) -> Holdings:
    """The holdings at an announced record instant that has passed. Raises NotFound, Conflict."""
    return holdings(
        connection, token, block_before(connection, record_instant(connection, token, record))
    )


def supply(connection: Connection, token: str, block: int | None = None) -> Supply:
    """Units issued and redeemed up to `block` (now)."""
    number, last = _number(connection, token), last_block(connection) if block is None else block
    of = t.supply.c
    rows = select(of.issued, of.redeemed).where(of.token == number, of.block <= last)
    row = connection.execute(rows.order_by(of.block.desc(), of.log.desc()).limit(1)).first()
    return Supply(int(row.issued), int(row.redeemed)) if row else Supply(0, 0)


def vintages(connection: Connection, token: str, block: int | None = None) -> dict[int, int]:
    """Terms of every vintage, as their words, after `block` (now)."""
    last = last_block(connection) if block is None else block
    return _terms(connection, _number(connection, token), last)


def holdings_on(connection: Connection, token: str, day: date) -> dict[int, int]:
    """Units by account as the law dates them: all moves whose legal day is `day` or earlier.

    Raises Broken if the legal days contradict each other.
    """
    number, last = _number(connection, token), day_number(day)
    moves = t.history.c
    rows = select(moves.account, moves.units, moves.day).where(moves.token == number)
    held: dict[int, int] = {}
    account, before = 0, 0
    for this, text, on in connection.execute(rows.order_by(moves.account, moves.block, moves.log)):
        before, account = (before if this == account else 0), this
        if on <= last:
            held[this] = held.get(this, 0) + int(text) - before
        before = int(text)
    if short := [account for account, units in held.items() if units < 0]:
        what = f"account {min(short)} would hold {held[min(short)]} units of {token} on {day}"
        raise Broken(f"the legal days of transfers contradict each other: {what}", token=token)
    return {account: units for account, units in held.items() if units}


def statement(
    connection: Connection,
    token: str,
    account: int,
    after: tuple[int, int] = (-1, -1),
    limit: int | None = None,
) -> list[Entry]:
    """The moves of one account in their order, behind (block, log) `after`, at most `limit`."""
    number, moves = _number(connection, token), t.history.c
    block, log = after
    mine = (moves.token == number, moves.account == account)
    earlier = (moves.block < block) | ((moves.block == block) & (moves.log <= log))
    newest = (moves.block.desc(), moves.log.desc())
    start = connection.scalar(select(moves.units).where(*mine, earlier).order_by(*newest).limit(1))
    rows = _explained().where(*mine, ~earlier).order_by(moves.block, moves.log).limit(limit)
    entries, before = [], int(start or 0)
    for at, on, text, day, seconds, name, body, hash, why, content in _plain(connection, rows):
        units, transfer = int(text), event_of(name, bytes(body))
        assert isinstance(transfer, Transfer), "units move by Transfer alone"
        cause = event_of(why, bytes(content)) if why else None
        place = (at, on, from_seconds(seconds), day)
        told = (transfer, cause, "0x" + bytes(hash).hex())
        entries.append(Entry(*place, units - before, units, *told))
        before = units
    return entries


def _explained() -> Select[Any]:
    """Moves of units: their instant, their event and transaction, and the event that explains them."""
    moves, moved, cause = t.history.c, t.chain_event, t.chain_event.alias("cause")
    said = (moved.c.name, moved.c.body, moved.c.transaction, cause.c.name, cause.c.body)
    rows = select(moves.block, moves.log, moves.units, moves.day, t.block.c.seconds, *said)
    rows = rows.join(t.block, t.block.c.number == moves.block)
    rows = rows.join(moved, (moved.c.block == moves.block) & (moved.c.log == moves.log))
    why = (cause.c.block == moves.block) & (cause.c.log == moves.header)
    return rows.outerjoin(cause, why)


def _number(connection: Connection, token: str) -> int:
    of = t.contract.c
    found = connection.scalar(
        select(of.id).where(of.address == token, of.holders != 0, of.holders != of.id)
    )
    if found is None:
        raise NotFound(f"instrument {token} is not listed by any register followed", token=token)
    return int(found)


def _own_and_linked(
    connection: Connection, token: int, block: int
) -> tuple[set[int], dict[int, int]]:
    """The issuer's own accounts, and by account the lowest one of a person who has several."""
    holders = connection.scalar(select(t.contract.c.holders).where(t.contract.c.id == token))
    of = t.account.c
    rows = select(of.account, of.facts, of.person).where(of.holders == holders, of.block <= block)
    ordered = rows.order_by(of.account, of.block, of.log)
    marked = [row for row in _plain(connection, ordered) if row[2] or int(row[1]) & _TREASURY]
    own = {account for account, facts, _ in marked if int(facts) & _TREASURY}
    later = rows.where(of.account.in_(own)).order_by(of.account, of.block, of.log)
    last = {account: int(facts) for account, facts, _ in _plain(connection, later)}
    own -= {account for account, facts in last.items() if not facts & _TREASURY}
    linked = {account: int(person.partition(" ")[0]) for account, _, person in marked if person}
    return own, linked


def _plain(connection: Connection, asked: Select[Any]) -> Iterator[tuple[Any, ...]]:
    """Rows as the driver gives them, page by page: half the time of rows with names."""
    cursor = connection.execute(asked).cursor
    assert cursor is not None, "a select has rows"
    while page := cursor.fetchmany(_STREAMED):
        yield from page


def _lines(connection: Connection, number: int, units: Mapping[int, int], block: int) -> list[Line]:
    accounts = sorted(units)
    first, last = accounts[0], accounts[-1]
    frozen = {
        row.account: row
        for row in t.latest(
            connection,
            t.freeze,
            number,
            t.freeze.c.account.between(first, last),
            t.freeze.c.block <= block,
        )
    }
    lots = _lots(connection, number, first, last, block)
    written = []
    for row in _accounts(connection, number, first, last, block):
        if row.account in units:
            freeze = frozen.get(row.account)
            line = Line(
                row.account,
                row.wallet,
                int(row.facts),
                units[row.account],
                int(freeze.units) if freeze else 0,
                bool(freeze and freeze.stopped),
                lots.get(row.account, ()),
            )
            written.append(line)
    return written


def _accounts(
    connection: Connection, token: int, first: int, last: int, block: int
) -> list[t.Version]:
    holders = connection.scalar(select(t.contract.c.holders).where(t.contract.c.id == token))
    within = (t.account.c.account.between(first, last), t.account.c.block <= block)
    return list(t.latest(connection, t.account, holders or 0, *within))


def _lots(
    connection: Connection, number: int, first: int, last: int, block: int
) -> dict[int, tuple[Lot, ...]]:
    terms = _terms(connection, number, block)
    within = (t.lot.c.account.between(first, last), t.lot.c.block <= block)
    lots: dict[int, list[Lot]] = {}
    for row in t.latest(connection, t.lot, number, *within):
        if row.units != "0":
            lot = Lot(row.vintage, int(row.units), terms[row.vintage])
            lots.setdefault(row.account, []).append(lot)
    return {account: tuple(held) for account, held in lots.items()}


def _terms(connection: Connection, number: int, block: int) -> dict[int, int]:
    rows = t.latest(connection, t.vintage, number, t.vintage.c.block <= block)
    return {row.vintage: int(row.terms) for row in rows}
