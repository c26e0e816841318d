"""The tables of two-person approvals: proposals, what became of them, rules, announcements.

A proposal's act never changes once it is written; its difference is replaced by a newer dry run as long
as nobody has decided. Holders stand by their ids, never by their names. `correction` links an entry on the
chain with the one that reversed it and the one that took its place.
"""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from freehold.book.schema import Instant, Number, metadata
from freehold.core.approvals import State

proposal = Table(
    "proposal",
    metadata,
    Column("number", Number, primary_key=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("issuer", ForeignKey("issuer.id"), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("token", String(42)),
    Column("amount", String(80)),
    Column("arguments", Text, nullable=False),
    Column("reason", Integer),
    Column("document", String(64)),
    Column("reference", String(128), nullable=False),
    Column("persons", Integer, nullable=False),
    Column("proposer", String(32), nullable=False),
    Column("proposer_human", String(64)),
    Column("proposed_at", Instant, nullable=False),
    Column("lapses_at", Instant, nullable=False),
    Column("difference", Text, nullable=False),
    Column("block", Number, nullable=False),
    Column("state", String(12), nullable=False),
    Column("decider", String(32)),
    Column("decider_human", String(64)),
    Column("decided_at", Instant),
    Column("note", Text, nullable=False),
    Column("alone", Boolean, nullable=False),
    Column("steps", Integer, nullable=False),
    Column("ended_at", Instant),
    Column("code", Integer),
    Column("why", Text, nullable=False),
    CheckConstraint(f"state IN ({', '.join(repr(str(one)) for one in State)})", name="state"),
    Index(None, "state", "issuer"),
)
proposal_instruction = Table(
    "proposal_instruction",
    metadata,
    Column("proposal", ForeignKey("proposal.id"), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("instruction", ForeignKey("instruction.id"), nullable=False, index=True),
)
approval_setting = Table(
    "approval_setting",
    metadata,
    Column("issuer", ForeignKey("issuer.id"), primary_key=True),
    Column("content", Text, nullable=False),
    Column("proposal", ForeignKey("proposal.id"), nullable=False),
    Column("changed_at", Instant, nullable=False),
)
announcement = Table(
    "announcement",
    metadata,
    Column("number", Number, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("issuer", ForeignKey("issuer.id"), nullable=False),
    Column("subject", String(66), nullable=False),
    Column("sentence", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Index(None, "issuer", "until"),
)
"""What everybody concerned has to hear: pages show it until `until`; others follow it by `number`."""

correction = Table(
    "correction",
    metadata,
    Column("corrected", String(66), primary_key=True),
    Column("reversed_by", String(66), nullable=False, index=True),
    Column("replaced_by", String(66), index=True),
    Column("proposal", ForeignKey("proposal.id"), nullable=False),
    Column("at", Instant, nullable=False),
)
