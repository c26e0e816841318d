"""The tables of the book for meetings: their notices and minutes, and votes on their way to the chain.

The chain counts; the book keeps what does not belong there: the words of the notice, and a vote from the
moment somebody gives it until it was brought in a batch. A vote without a signature is that of a
holder whose account the agent's key opens. What a secret vote says is sealed under its holder's subject.
"""

from sqlalchemy import (
    BigInteger,
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

meeting = Table(
    "meeting",
    metadata,
    Column("issuer", ForeignKey("issuer.id"), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("notice", Text, nullable=False),
    Column("digest", String(66), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("minutes", Text),
    Column("ended_at", Instant),
)

meeting_vote = Table(
    "meeting_vote",
    metadata,
    Column("number", Number, primary_key=True),
    Column("issuer", ForeignKey("issuer.id"), nullable=False),
    Column("meeting", BigInteger, nullable=False),
    Column("holder", String(128), nullable=False),
    Column("wallet", String(42), nullable=False),
    Column("voter", String(42), nullable=False),
    Column("choices", String(66), nullable=False),
    Column("marks", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("signature", String(132)),
    Column("key", String(128), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("instruction", String(66)),
    UniqueConstraint("issuer", "meeting", "key"),
    Index(None, "instruction"),
)

meeting_version = Table(
    "meeting_version",
    metadata,
    Column("issuer", ForeignKey("issuer.id"), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("notice", Text, nullable=False),
    Column("digest", String(66), nullable=False),
    Column("replaces", BigInteger),
    Column("created_at", Instant, nullable=False),
    Column("by", String(128), nullable=False),
)
