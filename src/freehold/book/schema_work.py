"""The tables of work that takes several instructions, and of drafts that become such work.

A work order's content never changes; what changes is how far it is. Whoever carries one out holds it for a
time, so that two workers never do the same one, and a killed one's work is taken up by the next.
"""

from enum import StrEnum

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, Text

from freehold.book.schema import Instant, Number, metadata


class Kind(StrEnum):
    """What a work order does."""

    ESTABLISH = "ESTABLISH"
    ACTION = "ACTION"
    MEETING = "MEETING"


class State(StrEnum):
    """Where a work order stands."""

    WAITING = "WAITING"
    DONE = "DONE"
    FAILED = "FAILED"


def _one_of(column: str, words: type[Kind] | type[State]) -> CheckConstraint:
    return CheckConstraint(
        f"{column} IN ({', '.join(repr(str(one)) for one in words)})", name=column
    )


work_order = Table(
    "work_order",
    metadata,
    Column("number", Number, primary_key=True),
    Column("id", String(66), nullable=False, unique=True),
    Column("kind", String(12), nullable=False),
    Column("issuer", String(128), nullable=False),
    Column("subject", String(66), nullable=False, index=True),
    Column("content", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("doing", Text, nullable=False),
    Column("asked_by", String(32), nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("held_by", String(128)),
    Column("held_until", Instant),
    _one_of("kind", Kind),
    _one_of("state", State),
    Index(None, "state", "number"),
)
asset_draft = Table(
    "asset_draft",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("identity", ForeignKey("identity.id"), nullable=False, index=True),
    Column("content", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("work_order", ForeignKey("work_order.id")),
)
