"""Work orders: kept once under their id, held by one worker at a time, and how far each is."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, or_, select, update

from freehold.book import schema_work as schema
from freehold.book.schema_work import Kind, State
from freehold.book.session import Transaction
from freehold.core.errors import Conflict, NotFound


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """Work asked for. `done` of `total` steps are done, `doing` says which one is next, or why it
    failed; `subject` is what it is about: a draft or a token."""

    id: str
    kind: Kind
    issuer: str
    subject: str
    content: Mapping[str, Any]
    state: State
    done: int
    total: int
    doing: str
    asked_by: str
    asked_at: datetime
    changed_at: datetime


def add(tx: Transaction, order: WorkOrder) -> WorkOrder:
    """Keep an order; the same id again gives the one that is kept. Raises Conflict if they differ."""
    of = schema.work_order.c
    row = tx.execute(select(schema.work_order).where(of.id == order.id)).first()
    if row is not None:
        known = _order(row)
        if (known.kind, known.content) != (order.kind, dict(order.content)):
            raise Conflict("this was asked for before with another content", work_order=order.id)
        return known
    values = {name: getattr(order, name) for name in WorkOrder.__dataclass_fields__}
    values["content"] = json.dumps(dict(order.content), sort_keys=True)
    tx.execute(insert(schema.work_order).values(**values))
    return order


def find(tx: Transaction, id: str) -> WorkOrder:
    """The order with this id. Raises NotFound."""
    row = tx.execute(select(schema.work_order).where(schema.work_order.c.id == id)).first()
    if row is None:
        raise NotFound("there is no such work order", work_order=id)
    return _order(row)


def about(tx: Transaction, subject: str) -> list[WorkOrder]:
    """Every order about a subject, the last one first."""
    of = schema.work_order.c
    rows = select(schema.work_order).where(of.subject == subject).order_by(of.number.desc())
    return [_order(row) for row in tx.execute(rows)]


def take(tx: Transaction, worker: str, now: datetime, until: datetime) -> WorkOrder | None:
    """Hold the oldest order that waits and that nobody else holds; None if there is none."""
    of = schema.work_order.c
    free = or_(of.held_until.is_(None), of.held_until < now, of.held_by == worker)
    rows = select(of.id).where(of.state == State.WAITING, free).order_by(of.number).limit(1)
    id = tx.execute(rows).scalar()
    if id is None:
        return None
    taken = update(schema.work_order).where(of.id == id, of.state == State.WAITING, free)
    if not tx.execute(taken.values(held_by=worker, held_until=until)).rowcount:
        return None
    return find(tx, id)


def hold(tx: Transaction, id: str, worker: str, until: datetime) -> bool:
    """Go on holding an order; False where another worker took it meanwhile."""
    of = schema.work_order.c
    mine = update(schema.work_order).where(of.id == id, of.held_by == worker)
    return bool(tx.execute(mine.values(held_until=until)).rowcount)


def step(tx: Transaction, id: str, done: int, doing: str, now: datetime) -> None:
    """Write down how far an order is."""
    changed = {"done": done, "doing": doing, "changed_at": now}
    tx.execute(update(schema.work_order).where(schema.work_order.c.id == id).values(**changed))


def move(
    tx: Transaction, id: str, before: State, after: State, now: datetime, **more: Any
) -> WorkOrder:
    """Change an order's state. Raises Conflict where it is not in the one before."""
    of = schema.work_order.c
    changed = {"state": after, "changed_at": now, "held_by": None, "held_until": None, **more}
    moved = update(schema.work_order).where(of.id == id, of.state == before)
    if not tx.execute(moved.values(**changed)).rowcount:
        raise Conflict(f"this is {find(tx, id).state.lower()} already", work_order=id)
    return find(tx, id)


def _order(row: Row[Any]) -> WorkOrder:
    values = {name: getattr(row, name) for name in WorkOrder.__dataclass_fields__}
    values |= {
        "kind": Kind(row.kind),
        "state": State(row.state),
        "content": json.loads(row.content),
    }
    return WorkOrder(**values)
