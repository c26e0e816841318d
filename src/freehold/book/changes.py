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

from sqlalchemy import Row, insert, select, update

from freehold.book import schema_access
from freehold.book import schema_live as schema
from freehold.book.session import Transaction
from freehold.core.errors import NotFound, Plain

INSTRUCTION, AUDIT, REGISTER, POSITION = (
    "instruction.changed",
    "audit.recorded",
    "register.changed",
    "position.changed",
)
KINDS = (INSTRUCTION, POSITION, REGISTER, AUDIT)


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
) -> int:
    """Append a change; its number."""
    turn = schema_access.audit_head
    tx.execute(update(turn).values(number=turn.c.number))
    head = schema.change_head
    if not tx.execute(update(head).values(number=head.c.number + 1)).rowcount:
        tx.execute(insert(head).values(one=1, number=1))
    number = int(tx.execute(select(head.c.number)).scalar_one())
    row = {"number": number, "at": now, "kind": kind, "scope": scope, "subject": subject}
    tx.execute(insert(schema.change).values(**row, content=json.dumps(dict(content))))
    return number


def head(tx: Transaction) -> int:
    """The number of the last change; 0 before the first."""
    return int(tx.execute(select(schema.change_head.c.number)).scalar() or 0)


def after(tx: Transaction, number: int, limit: int, kinds: Collection[str] = KINDS) -> list[Change]:
    """The changes behind a number in their order, at most `limit`, of these kinds."""
    of = schema.change.c
    rows = select(schema.change).where(of.number > number, of.kind.in_(kinds))
    return [_change(row) for row in tx.execute(rows.order_by(of.number).limit(limit))]


def told(tx: Transaction, kind: str, subject: str) -> bool:
    """Whether a change of this kind was told of this subject."""
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
