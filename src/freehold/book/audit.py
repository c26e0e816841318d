"""The audit log in the book: appended in the transaction of what it records, never changed.

Each entry hangs on the one before by its hash (`core/audit.py`). Updating the one row of the head
comes first, which makes writers take turns: two entries never hang on the same one.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update

from freehold.book import changes
from freehold.book import schema_access as schema
from freehold.book.session import Transaction
from freehold.core.audit import FIRST, Entry, Link, Outcome, hash_of
from freehold.core.clock import from_seconds, to_seconds
from freehold.core.errors import Plain
from freehold.core.roles import EVERYWHERE

PAGE = 1_000


def record(tx: Transaction, entry: Entry, now: datetime) -> Link:
    """Append an entry. `now` is cut to whole seconds, which is what is kept and hashed."""
    at = from_seconds(to_seconds(now))
    head = schema.audit_head
    if not tx.execute(update(head).values(number=head.c.number + 1)).rowcount:
        tx.execute(insert(head).values(one=1, number=1, hash=FIRST))
    number, before = tx.execute(select(head.c.number, head.c.hash)).one()
    link = Link(number, at, entry, hash_of(number, at, entry, before))
    tx.execute(update(head).values(hash=link.hash))
    tx.execute(insert(schema.audit_entry).values(**_columns(link)))
    told: dict[str, Plain] = {"act": entry.act, "outcome": entry.outcome, "code": entry.code}
    told |= {"actor": entry.actor, "hash": link.hash}
    changes.record(tx, changes.AUDIT, EVERYWHERE, str(number), told, at)
    return link


def head(tx: Transaction) -> tuple[int, str]:
    """The number and the hash of the last entry; (0, FIRST) before the first."""
    row = tx.execute(select(schema.audit_head.c.number, schema.audit_head.c.hash)).first()
    return (row.number, row.hash) if row else (0, FIRST)


def entries(
    tx: Transaction, after: int = 0, limit: int = PAGE, subject: str | None = None
) -> list[Link]:
    """Entries in their order behind number `after`, at most `limit`; only a subject's if one is named."""
    of = schema.audit_entry.c
    rows = select(schema.audit_entry).where(of.number > after)
    if subject is not None:
        rows = rows.where(of.subject == subject)
    return [_link(row) for row in tx.execute(rows.order_by(of.number).limit(limit))]


def newest(tx: Transaction, before: int | None, limit: int) -> list[Link]:
    """The last entries first, those before number `before` if it is given."""
    of = schema.audit_entry.c
    rows = select(schema.audit_entry)
    if before is not None:
        rows = rows.where(of.number < before)
    return [_link(row) for row in tx.execute(rows.order_by(of.number.desc()).limit(limit))]


def every(tx: Transaction) -> Iterator[Link]:
    """All entries in their order, read in pages."""
    after = 0
    while page := entries(tx, after):
        yield from page
        after = page[-1].number


def _columns(link: Link) -> dict[str, Any]:
    entry = link.entry
    return {
        "number": link.number,
        "at": link.at,
        "actor": entry.actor,
        "act": entry.act,
        "subject": entry.subject,
        "outcome": entry.outcome,
        "code": entry.code,
        "content": json.dumps(dict(entry.content), ensure_ascii=False),
        "hash": link.hash,
    }


def _link(row: Row[Any]) -> Link:
    entry = Entry(
        row.actor, row.act, row.subject, Outcome(row.outcome), row.code, json.loads(row.content)
    )
    return Link(row.number, row.at, entry, row.hash)
