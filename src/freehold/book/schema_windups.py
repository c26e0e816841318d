"""The tables of winding-ups and sales: the terms that two persons agreed to, and each step.

Nothing is rewritten: how far a winding-up is follows from its steps and the clock
(`core/actions/windup.py`). Contents are JSON with amounts as decimal text. No personal data: holders
stand by account number.
"""

from sqlalchemy import Column, ForeignKey, Index, String, Table, Text

from freehold.book.schema import Instant, Number, metadata

windup = Table(
    "windup",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("issuer", ForeignKey("issuer.id"), nullable=False, index=True),
    Column("terms", Text, nullable=False),
    Column("exit", String(40), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("by", String(64), nullable=False),
)

windup_step = Table(
    "windup_step",
    metadata,
    Column("number", Number, primary_key=True),
    Column("windup", ForeignKey("windup.id"), nullable=False),
    Column("step", String(16), nullable=False),
    Column("content", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", String(64), nullable=False),
    Index(None, "windup", "step"),
)
