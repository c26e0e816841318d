"""The feed of changes: written in the transaction of what it tells, read in the order of its numbers.

A number is given out while the row of the audit log's head and then that of the feed are held, always
in this order; so numbers become visible in their order, and no reader who remembers the last one that
he saw can miss one.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from freehold.book import appending
from freehold.book import schema_live as schema
from freehold.book.appending import AUDIT as AUDIT
from freehold.book.appending import Told
from freehold.book.session import Transaction
from freehold.core.errors import NotFound, Plain

INSTRUCTION, REGISTER, POSITION = "instruction.changed", "register.changed", "position.changed"
ACTION, MEETING, WINDUP = "action.changed", "meeting.changed", "windup.changed"
APPROVAL, POLICY = "approval.changed", "policy.changed"
CASH = "cash.break"
KINDS = (INSTRUCTION, POSITION, REGISTER, ACTION, MEETING, WINDUP, POLICY, APPROVAL, CASH, AUDIT)


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened. `scope` is whom it concerns: an issuer, issuer/holder, or *."""

    number: int
    at: datetime
    kind: str
    scope: str
    subject: str
    content: Mapping[str, Any]


def record(
    tx: Transaction,
    kind: str,
    scope: str,
    subject: str,
    content: Mapping[str, Plain],
    now: datetime,
) -> None:
    """Append a change, at the end of the transaction."""
    appending.add(tx, Told(kind, scope, subject, content, now))


def head(tx: Transaction) -> int:
    """The number of the last change; 0 before the first."""
    appending.settle(tx)
    return int(tx.execute(select(schema.change_head.c.number)).scalar() or 0)


def after(tx: Transaction, number: int, limit: int, kinds: Collection[str] = KINDS) -> list[Change]:
    """The changes behind a number in their order, at most `limit`, of these kinds."""
    appending.settle(tx)
    of = schema.change.c
    rows = select(schema.change).where(of.number > number, of.kind.in_(kinds))
    return [_change(row) for row in tx.execute(rows.order_by(of.number).limit(limit))]


def told(tx: Transaction, kind: str, subject: str) -> bool:
    """Whether a change of this kind was told of this subject."""
    appending.settle(tx)
    of = schema.change.c
    rows = select(of.number).where(of.kind == kind, of.subject == subject)
    return tx.execute(rows.limit(1)).first() is not None


def find(tx: Transaction, number: int) -> Change:
    """One change. Raises NotFound."""
    row = tx.execute(select(schema.change).where(schema.change.c.number == number)).first()
    if row is None:
        raise NotFound(f"there is no change {number}", change=number)
    return _change(row)


def _change(row: Row[Any]) -> Change:
    return Change(row.number, row.at, row.kind, row.scope, row.subject, json.loads(row.content))
