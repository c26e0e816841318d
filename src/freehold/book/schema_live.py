"""The tables of the book that tell others what changes: the feed, webhooks, deliveries, relayed acts.

`change` is the one feed of the platform: what happened, in the order in which it happened, written in
the transaction of what it tells. Numbers are given out under `change_head`, which writers update in
turn, so a reader who has seen a number will never find a smaller one later. The secret of a webhook is
sealed like personal data (`confidential.py`). `relayed_act` keeps what a holder signed, by the hash of
what he signed, so the same is never sent twice.
"""

from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from freehold.book.schema import Instant, Number, metadata


class Delivered(StrEnum):
    """Where a delivery stands."""

    WAITING = "WAITING"
    DONE = "DONE"
    DEAD = "DEAD"  # given up after the last try; it can be replayed


change_head = Table(
    "change_head",
    metadata,
    Column("one", Integer, primary_key=True, autoincrement=False),
    Column("number", Number, nullable=False),
)
change = Table(
    "change",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("scope", String(260), nullable=False),
    Column("subject", String(260), nullable=False),
    Column("content", Text, nullable=False),
)
webhook = Table(
    "webhook",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("identity", ForeignKey("identity.id"), nullable=False, index=True),
    Column("issuer", String(128), nullable=False),
    Column("url", String(512), nullable=False),
    Column("kinds", Text, nullable=False),
    Column("powers", Text),
    Column("read_to", Number, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("paused_at", Instant),
)
"""`powers` narrow what it may see where an API key made it; null: all that its owner may see.
`paused_at`: nothing is sent since then, and what changes waits."""

delivery = Table(
    "delivery",
    metadata,
    Column("number", Number, primary_key=True),
    Column("webhook", ForeignKey("webhook.id"), nullable=False),
    Column("change", ForeignKey("change.number"), nullable=False),
    Column("round", Integer, nullable=False),
    Column("state", String(8), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("leased_by", String(128)),
    Column("leased_until", Instant),
    UniqueConstraint("webhook", "change", "round"),
    CheckConstraint(f"state IN ({', '.join(repr(str(one)) for one in Delivered)})", name="state"),
    Index(None, "state", "due_at"),
)
"""`round` 0 is the delivery that the change itself caused, later rounds are replays."""

delivery_try = Table(
    "delivery_try",
    metadata,
    Column("delivery", ForeignKey("delivery.number"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("status", Integer),
    Column("milliseconds", Integer, nullable=False),
    Column("said", String(200), nullable=False),
)
relayed_act = Table(
    "relayed_act",
    metadata,
    Column("digest", String(66), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("issuer", ForeignKey("issuer.id"), nullable=False),
    Column("holder", String(42), nullable=False),
    Column("instruction", ForeignKey("instruction.id"), nullable=False, index=True),
    Column("gas", BigInteger, nullable=False),
    Column("at", Instant, nullable=False),
    Index(None, "issuer", "at"),
)
