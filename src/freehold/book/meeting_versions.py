"""The versions of a meeting's notice after the first: who changed it when, and which meeting it replaced.

A supplement is a version of the same meeting; a notice that was called anew is one of the meeting that
replaced the other. Rows are only ever added.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select

from freehold.book.schema_meetings import meeting_version
from freehold.book.session import Transaction


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a notice, counted from 1 over the meetings it led through; `digest` is its SHA-256,
    `replaces` the meeting that this one was called instead of (None: the same meeting goes on)."""

    issuer: str
    number: int
    version: int
    notice: str
    digest: str
    replaces: int | None
    created_at: datetime
    by: str


def add(tx: Transaction, one: Version) -> None:
    """Keep a version."""
    values = {name: getattr(one, name) for name in Version.__dataclass_fields__}
    tx.execute(insert(meeting_version).values(**values))


def every(tx: Transaction, issuer: str) -> list[Version]:
    """All versions of an issuer's notices after the first ones, the oldest first."""
    of = meeting_version.c
    columns = [of[name] for name in Version.__dataclass_fields__]
    rows = select(*columns).where(of.issuer == issuer).order_by(of.created_at, of.version)
    return [Version(*row) for row in tx.execute(rows)]
