"""What people are told about their own access: a passkey that was added, a session that was ended."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update

from freehold.book import schema_entry as schema
from freehold.book.session import Transaction


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice; `content` are its particulars, no secrets. `seen_at` None: not read yet."""

    number: int
    identity: str
    what: str
    content: Mapping[str, str]
    at: datetime
    seen_at: datetime | None


def add(
    tx: Transaction, identity: str, what: str, content: Mapping[str, str], now: datetime
) -> None:
    """Tell an identity something."""
    values = {"identity": identity, "what": what, "content": json.dumps(dict(content)), "at": now}
    tx.execute(insert(schema.security_notice).values(**values))


def notices(tx: Transaction, identity: str, limit: int = 50) -> list[Notice]:
    """The notices of an identity, the newest first."""
    of = schema.security_notice.c
    rows = select(schema.security_notice).where(of.identity == identity)
    found = tx.execute(rows.order_by(of.number.desc()).limit(limit))
    return [
        Notice(row.number, row.identity, row.what, json.loads(row.content), row.at, row.seen_at)
        for row in found
    ]


def see_all(tx: Transaction, identity: str, now: datetime) -> None:
    """Note that an identity has read its notices."""
    of = schema.security_notice.c
    unread = update(schema.security_notice).where(of.identity == identity, of.seen_at.is_(None))
    tx.execute(unread.values(seen_at=now))
