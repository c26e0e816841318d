"""The tables of corporate actions: what was announced, each version of its terms, each step, elections.

Nothing is rewritten: terms have versions, and how far an action is follows from its steps and the
clock (`core/actions/life.py`), so no stored state can be out of date. Terms and contents are JSON with
amounts as decimal text. No personal data: holders stand by account number.
"""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from freehold.book.schema import Instant, Number, metadata

corporate_action = Table(
    "corporate_action",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("issuer", ForeignKey("issuer.id"), nullable=False, index=True),
    Column("instrument", ForeignKey("instrument.token"), nullable=False, index=True),
    Column("kind", String(24), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("by", String(64), nullable=False),
)

action_terms = Table(
    "action_terms",
    metadata,
    Column("number", Number, primary_key=True),
    Column("action", ForeignKey("corporate_action.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", String(64), nullable=False),
    UniqueConstraint("action", "version"),
)

action_step = Table(
    "action_step",
    metadata,
    Column("number", Number, primary_key=True),
    Column("action", ForeignKey("corporate_action.id"), nullable=False),
    Column("step", String(16), nullable=False),
    Column("content", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", String(64), nullable=False),
    Index(None, "action", "step"),
)

action_election = Table(
    "action_election",
    metadata,
    Column("number", Number, primary_key=True),
    Column("action", ForeignKey("corporate_action.id"), nullable=False),
    Column("account", Integer, nullable=False),
    Column("choice", String(32), nullable=False),
    Column("units", String(40), nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", String(64), nullable=False),
    Index(None, "action", "account"),
)
"""The last row of an account is in force."""
