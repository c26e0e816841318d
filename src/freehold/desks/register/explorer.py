"""The chain as people look at it: what happened last, and one transaction with what it said.

Everything here stands on the chain for anybody to read; people have no names in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from enum import IntFlag
from typing import Any

from freehold.book import issuers
from freehold.chain import rpc, send
from freehold.core.clock import day_of, from_seconds, stamp
from freehold.core.errors import NotFound
from freehold.core.events import LotMoved, Passed
from freehold.core.facts import Flags, Kind
from freehold.core.grounds import Ground, name_of
from freehold.core.ids import checksummed
from freehold.core.powers import Powers
from freehold.core.roles import Power
from freehold.desks import permits
from freehold.desks.office import Office
from freehold.desks.outbox.following import bring_up
from freehold.desks.permits import Actor
from freehold.indexer import decode, explore
from freehold.indexer.explore import Seen

BITS: Mapping[str, type[IntFlag]] = {"powers": Powers, "held": Powers, "flags": Flags}
"""Arguments that are bits, and what their bits are called."""


@dataclass(frozen=True, slots=True)
class EventView:
    """An event where it stands, with its arguments as text by their names."""

    block: int
    log: int
    instant: datetime
    name: str
    contract: str
    transaction: str
    instruction: str | None
    arguments: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TransactionView:
    """A mined transaction and the events of the registers followed that it left."""

    hash: str
    block: int
    sender: str
    target: str | None
    succeeded: bool
    gas: int
    events: tuple[EventView, ...]


NAMES = sorted(one.__name__ for one in decode.ARGUMENTS)
"""What events are called."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is sought among events: a name, a contract (empty: any), blocks up to a number."""

    name: str = ""
    contract: str = ""
    upto: int | None = None


@dataclass(frozen=True, slots=True)
class BlockView:
    """A block: when it was made, how many transactions it has, and how many events of the registers that
    are followed stand in it."""

    number: int
    hash: str
    parent: str
    instant: datetime
    transactions: int
    events: int


@dataclass(frozen=True, slots=True)
class BlockPage:
    """One block with the hashes of its transactions and its events; `last` is the chain's last block."""

    block: BlockView
    hashes: tuple[str, ...]
    said: tuple[EventView, ...]
    last: int


def blocks(office: Office, actor: Actor, before: int | None, limit: int) -> list[BlockView]:
    """The last blocks first, those before a number if it is given. Raises NotPermitted."""
    permits.require(actor, Power.READ_CHAIN)
    bring_up(office)
    head = send.head(office.w3)
    last = head if before is None else min(before - 1, head)
    numbers = list(range(last, max(-1, last - limit), -1))
    if not numbers:
        return []
    said = rpc.answers(office.w3, "eth_getBlockByNumber", [hex(one) for one in numbers], False)
    with office.index.connect() as view:
        counts = explore.counted(view, numbers[-1], numbers[0])
    return [_block(one, counts) for one in said if isinstance(one, dict)]


def block(office: Office, actor: Actor, number: int) -> BlockPage:
    """One block. Raises NotFound where the chain has none of this number, NotPermitted."""
    permits.require(actor, Power.READ_CHAIN)
    bring_up(office)
    found = rpc.ask(office.w3, "eth_getBlockByNumber", hex(number), False)
    if found is None:
        raise NotFound(f"the chain has no block {number:,} yet", block=number)
    with office.index.connect() as view:
        said = tuple(_event(one) for one in explore.in_block(view, number))
    last = send.head(office.w3)
    return BlockPage(_block(found, {number: len(said)}), tuple(found["transactions"]), said, last)


def _block(said: Mapping[str, Any], counts: Mapping[int, int]) -> BlockView:
    number = int(said["number"], 16)
    instant = from_seconds(int(said["timestamp"], 16))
    held = len(said["transactions"])
    known = (number, said["hash"], said["parentHash"], instant, held)
    return BlockView(*known, counts.get(number, 0))


def events(
    office: Office, actor: Actor, before: tuple[int, int] | None, limit: int
) -> list[EventView]:
    """The last events first, those before (block, log) if it is given. Raises NotPermitted."""
    permits.require(actor, Power.READ_CHAIN)
    bring_up(office)
    with office.index.connect() as view:
        return [_event(one) for one in explore.newest(view, before, limit)]


def seek(
    office: Office,
    actor: Actor,
    asked: Asked,
    first: int,
    limit: int,
    *,
    oldest: bool = False,
) -> tuple[list[EventView], int]:
    """The events that fit, from the `first` on, and how many there are; the newest before the others unless
    `oldest`. Raises NotPermitted."""
    permits.require(actor, Power.READ_CHAIN)
    bring_up(office)
    with office.index.connect() as view:
        found, total = explore.sought(
            view, asked.name, asked.contract, asked.upto, first, limit, oldest=oldest
        )
    return [_event(one) for one in found], total


def contracts(office: Office, actor: Actor) -> list[tuple[str, str]]:
    """Address and words of each token and register that the book knows. Raises NotPermitted."""
    permits.require(actor, Power.READ_CHAIN)
    found = []
    with office.book.reading() as tx:
        for owner in issuers.issuers(tx):
            if owner.chain == office.chain:
                known = issuers.instruments(tx, owner.id)
                found.append((str(owner.register), f"Register of {owner.name}"))
                found += [(str(one.token), one.symbol) for one in known]
    return found


def transaction(office: Office, actor: Actor, hash: str) -> TransactionView:
    """A transaction by its hash. Raises NotFound, NotPermitted."""
    permits.require(actor, Power.READ_CHAIN)
    bring_up(office)
    receipt = rpc.ask(office.w3, "eth_getTransactionReceipt", hash)
    if receipt is None:
        raise NotFound(f"the chain has no transaction {hash}", transaction=hash)
    block = int(receipt["blockNumber"], 16)
    with office.index.connect() as view:
        found = tuple(_event(one) for one in explore.of_transaction(view, block, hash))
    target = receipt["to"]
    return TransactionView(
        hash,
        block,
        checksummed(receipt["from"]),
        checksummed(target) if target else None,
        int(receipt["status"], 16) == 1,
        int(receipt["gasUsed"], 16),
        found,
    )


def _event(one: Seen) -> EventView:
    return EventView(
        one.block,
        one.log,
        one.instant,
        one.name,
        one.contract,
        one.transaction,
        one.instruction,
        _said(one.event),
    )


def _said(event: object) -> dict[str, str]:
    """The arguments of an event as people read them: what is packed apart, instants, days and powers by
    their names."""
    assert is_dataclass(event), "every event is a class of core/events.py"
    if isinstance(event, LotMoved):
        packed = ("from_account", "to_account", "from_vintage", "to_vintage", "units")
        return {name: str(getattr(event, name)) for name in packed}
    return {
        each.name: _named(event, each.name) or _text(each.name, getattr(event, each.name))
        for each in fields(event)
    }


def _named(event: object, name: str) -> str:
    """What a number stands for, by its name in the business; empty where it is a number."""
    value = getattr(event, name)
    if name == "kind" and isinstance(event, Passed) and value in list(Kind):
        return Kind(value).name.lower().replace("_", " ")
    if name == "reason" and value in list(Ground):
        return f"{name_of(Ground(value))} ({value})"
    return ""


def _text(name: str, value: object) -> str:
    if not isinstance(value, int) or not value:
        return str(value)
    if name in ("instant", "effective"):
        return stamp(from_seconds(value))
    if name == "day":
        return day_of(value).isoformat()
    if name in BITS:
        return ", ".join(str(one.name).lower() for one in BITS[name] if value & one)
    return str(value)
