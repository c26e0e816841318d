"""What people look at one by one: events by block or transaction, and when units moved."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, func, select

from freehold.core.clock import from_seconds
from freehold.core.errors import NotFound
from freehold.core.facts import Flags, unpack_facts
from freehold.indexer import tables as t
from freehold.indexer.decode import event_of

FREEZES = 40
"""How many freezes of an account are told."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An event where it stands: its contract, its transaction, and the event itself, decoded."""

    block: int
    log: int
    instant: datetime
    contract: str
    transaction: str
    instruction: str | None
    name: str
    event: object


def hold_still(connection: Connection) -> None:
    """Let what follows be read as it stands now, whatever somebody else writes meanwhile.

    It has to come first on a connection, and holds until that is given back.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN")
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


class Classified(NamedTuple):
    """An account, the class of its holder, and whether it is the issuer's own."""

    account: int
    holder_class: int
    own: bool


def newest(connection: Connection, before: tuple[int, int] | None, limit: int) -> list[Seen]:
    """The last events first, those before (block, log) if it is given."""
    of = t.chain_event.c
    if before is None:
        return list(_seen(connection, limit))
    block, log = before
    earlier = (of.block < block) | ((of.block == block) & (of.log < log))
    return list(_seen(connection, limit, earlier))


def sought(
    connection: Connection,
    name: str,
    contract: str,
    upto: int | None,
    first: int,
    limit: int,
    *,
    oldest: bool = False,
) -> tuple[list[Seen], int]:
    """Events of one name or of any, of one contract or of any, in blocks up to a number, from the `first`
    on (the newest is 0, with `oldest` the other way), and how many there are."""
    of = t.chain_event.c
    wanted: list[ColumnElement[bool]] = [of.name == name] if name else []
    if contract:
        which = select(t.contract.c.id).where(t.contract.c.address == contract)
        wanted.append(of.contract.in_(which))
    if upto is not None:
        wanted.append(of.block <= upto)
    counted = select(func.count()).select_from(t.chain_event).where(*wanted)
    total = int(connection.execute(counted).scalar_one())
    return list(_seen(connection, limit, *wanted, newest_first=not oldest, offset=first)), total


def in_block(connection: Connection, block: int) -> list[Seen]:
    """The events of a block, in their order."""
    return list(_seen(connection, None, t.chain_event.c.block == block, newest_first=False))


def counted(connection: Connection, first: int, last: int) -> dict[int, int]:
    """How many events each block has, of those from `first` to `last` that have any."""
    of = t.chain_event.c
    rows = select(of.block, func.count()).where(of.block.between(first, last)).group_by(of.block)
    return {block: int(count) for block, count in connection.execute(rows)}


class Moved(NamedTuple):
    """Units of an account changed in a block: whose they are, and how many base units it has now."""

    block: int
    hash: str
    token: str
    account: int
    wallet: str
    units: int


def moved_after(connection: Connection, block: int, limit: int) -> list[Moved]:
    """Whose units changed in the blocks behind one, oldest first; about `limit`, whole blocks only."""
    h, c, b = t.history.c, t.contract.c, t.block.c
    last = select(h.block).where(h.block > block).order_by(h.block).offset(limit).limit(1)
    end = connection.execute(last).scalar()
    rows = (
        select(h.block, b.hash, c.address, h.account, h.units, h.log, c.holders)
        .join(t.contract, c.id == h.token)
        .join(t.block, b.number == h.block)
        .where(h.block > block)
        .order_by(h.block, h.log)
    )
    if end is not None:
        rows = rows.where(h.block <= end)
    found: dict[tuple[int, str, int], Moved] = {}
    wallets = _wallets(connection)
    for row in connection.execute(rows):
        who = wallets.get((row.holders, row.account), "")
        place = (row.block, row.address, row.account)
        found[place] = Moved(row.block, row.hash, row.address, row.account, who, int(row.units))
    return list(found.values())


def _wallets(connection: Connection) -> dict[tuple[int, int], str]:
    """The wallet that an account was opened with, by register and account."""
    of = t.wallet.c
    rows = select(of.holders, of.account, of.wallet).order_by(of.block.desc(), of.log.desc())
    return {(row.holders, row.account): row.wallet for row in connection.execute(rows)}


def hash_at(connection: Connection, block: int) -> str | None:
    """The hash of a block that is kept; None if it is not."""
    return connection.execute(select(t.block.c.hash).where(t.block.c.number == block)).scalar()


def instructions_seen(connection: Connection) -> list[str]:
    """The instructions under which units passed, each as often as they did."""
    of = t.chain_event.c
    rows = select(of.instruction).where(of.name == "Passed", of.instruction.is_not(None))
    return [f"0x{found.hex()}" for found in connection.execute(rows).scalars()]


def of_transaction(connection: Connection, block: int, transaction: str) -> list[Seen]:
    """The events of a transaction, which stands in `block`, in their order."""
    mine = t.chain_event.c.transaction == bytes.fromhex(transaction.removeprefix("0x"))
    within = t.chain_event.c.block == block
    return list(_seen(connection, None, within, mine, newest_first=False))


def of_instruction(connection: Connection, instruction: str) -> list[Seen]:
    """The events that name an instruction as their own, in their order."""
    digits = instruction.removeprefix("0x")
    if len(digits) != 64 or not set(digits) <= set("0123456789abcdef"):
        return []
    mine = t.chain_event.c.instruction == bytes.fromhex(digits)
    return list(_seen(connection, None, mine, newest_first=False))


def versions_of(connection: Connection, register: str, account: int) -> list[tuple[Seen, str, int]]:
    """How an account of a register of holders came to stand as it does, oldest first: the event, the wallet
    that opened it from then on, and the word of its facts."""
    of, number = t.account.c, _contract(connection, register)
    rows = select(of.block, of.log, of.wallet, of.facts)
    mine = rows.where(of.holders == number, of.account == account).order_by(of.block, of.log)
    return [
        (_at(connection, row.block, row.log), row.wallet, int(row.facts))
        for row in connection.execute(mine).all()
    ]


def freezes_of(
    connection: Connection, token: str, account: int, limit: int = FREEZES
) -> list[tuple[Seen, int, bool]]:
    """The last freezes of an account in an instrument, oldest first: the event, the base units frozen from
    then on, and whether none of them may move."""
    of, number = t.freeze.c, _number(connection, token)
    rows = select(of.block, of.log, of.units, of.stopped)
    mine = rows.where(of.token == number, of.account == account)
    found = connection.execute(mine.order_by(of.block.desc(), of.log.desc()).limit(limit)).all()
    return [
        (_at(connection, row.block, row.log), int(row.units), bool(row.stopped))
        for row in reversed(found)
    ]


def moments(connection: Connection, token: str) -> list[tuple[int, datetime]]:
    """The blocks in which units of a token moved, with their instants, in order."""
    moves = t.history.c
    rows = select(moves.block, t.block.c.seconds).join(t.block, t.block.c.number == moves.block)
    rows = rows.where(moves.token == _number(connection, token)).distinct().order_by(moves.block)
    return [(row.block, from_seconds(row.seconds)) for row in connection.execute(rows)]


def moves(connection: Connection, token: str) -> Iterator[tuple[int, int, int]]:
    """Every move of a token as (block, account, units held after it), in order."""
    of = t.history.c
    rows = select(of.block, of.account, of.units).where(of.token == _number(connection, token))
    for row in connection.execute(rows.order_by(of.block, of.log)):
        yield row.block, row.account, int(row.units)


def classes(connection: Connection, token: str) -> list[Classified]:
    """The class of every account that ever held units of a token, as it is now."""
    number = _number(connection, token)
    holders = connection.scalar(select(t.contract.c.holders).where(t.contract.c.id == number))
    held = select(t.position.c.account).where(t.position.c.token == number)
    rows = t.latest(connection, t.account, holders or 0, t.account.c.account.in_(held))
    found = []
    for row in rows:
        facts = unpack_facts(int(row.facts))
        own = bool(facts.flags & Flags.TREASURY)
        found.append(Classified(row.account, facts.holder_class, own))
    return found


def block_at(connection: Connection, block: int) -> tuple[datetime, str]:
    """Instant and hash of a block, or of the last one before it that was kept; see `follow`."""
    of = t.block.c
    rows = select(of.seconds, of.hash).where(of.number <= block).order_by(of.number.desc())
    row = connection.execute(rows.limit(1)).first()
    return (from_seconds(row.seconds), row.hash) if row else (from_seconds(0), "")


def _seen(
    connection: Connection,
    limit: int | None,
    *which: ColumnElement[bool],
    newest_first: bool = True,
    offset: int = 0,
) -> Iterator[Seen]:
    of = t.chain_event.c
    rows = select(t.chain_event, t.contract.c.address, t.block.c.seconds)
    rows = rows.join(t.contract, t.contract.c.id == of.contract)
    rows = rows.join(t.block, t.block.c.number == of.block).where(*which)
    order = (of.block.desc(), of.log.desc()) if newest_first else (of.block, of.log)
    for row in connection.execute(rows.order_by(*order).limit(limit).offset(offset)):
        yield Seen(
            row.block,
            row.log,
            from_seconds(row.seconds),
            row.address,
            "0x" + row.transaction.hex(),
            "0x" + row.instruction.hex() if row.instruction else None,
            row.name,
            event_of(row.name, row.body),
        )


def _at(connection: Connection, block: int, log: int) -> Seen:
    """The event at a place, which made a version of something."""
    of = t.chain_event.c
    (seen,) = _seen(connection, None, of.block == block, of.log == log)
    return seen


def _contract(connection: Connection, address: str) -> int:
    number = connection.scalar(select(t.contract.c.id).where(t.contract.c.address == address))
    if number is None:
        raise NotFound(f"the contract {address} is not followed", contract=address)
    return int(number)


def _number(connection: Connection, token: str) -> int:
    of = t.contract.c
    found = connection.scalar(select(of.id).where(of.address == token, of.holders != 0))
    if found is None:
        raise NotFound(f"instrument {token} is not listed by any register followed", token=token)
    return int(found)
