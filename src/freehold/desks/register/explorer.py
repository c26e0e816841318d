"""The chain as people look at it: what happened last, and one transaction with what it said.

Everything here stands on the chain for anybody to read; people have no names in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime

from freehold.chain import rpc
from freehold.core.errors import NotFound
from freehold.core.ids import checksummed
from freehold.core.roles import Power
from freehold.desks import permits
from freehold.desks.office import Office
from freehold.desks.outbox.following import bring_up
from freehold.desks.permits import Actor
from freehold.indexer import explore
from freehold.indexer.explore import Seen


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


def events(
    office: Office, actor: Actor, before: tuple[int, int] | None, limit: int
) -> list[EventView]:
    """The last events first, those before (block, log) if it is given. Raises NotPermitted."""
    permits.require(actor, Power.READ_CHAIN)
    bring_up(office)
    with office.index.connect() as view:
        return [_event(one) for one in explore.newest(view, before, limit)]


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
    assert is_dataclass(one.event), "every event is a class of core/events.py"
    arguments = {each.name: str(getattr(one.event, each.name)) for each in fields(one.event)}
    return EventView(
        one.block,
        one.log,
        one.instant,
        one.name,
        one.contract,
        one.transaction,
        one.instruction,
        arguments,
    )
