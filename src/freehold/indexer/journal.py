"""The events that the projection keeps, read again as they were logged, in the order of the chain."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from freehold.core.events import Logged, Position
from freehold.indexer import tables as t
from freehold.indexer.decode import event_of


def events_of(
    connection: Connection, contracts: Sequence[str], kinds: Sequence[type] = ()
) -> list[Logged]:
    """The events of these contracts (of these kinds only, if any are named), oldest first."""
    event, contract, block = t.chain_event.c, t.contract.c, t.block.c
    rows = (
        select(t.chain_event, contract.address, block.hash, block.seconds)
        .join(t.contract, contract.id == event.contract)
        .join(t.block, block.number == event.block)
        .where(contract.address.in_(contracts))
        .order_by(event.block, event.log)
    )
    if kinds:
        rows = rows.where(event.name.in_([kind.__name__ for kind in kinds]))
    return [
        Logged(
            Position(row.block, row.log, row.seconds, row.hash, "0x" + row.transaction.hex()),
            row.address,
            event_of(row.name, row.body),
        )
        for row in connection.execute(rows)
    ]
