"""The tables of the book for people who come in: what they are told, and applications of investors.

A `security_notice` tells somebody what happened to his own access. An `application` is one person's way
into one issuer's register: what he states and the papers that he hands in are sealed under his own data
key (`sealed`), so that erasing the person erases them; a paper's digest stays, because claims name it.
"""

from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from freehold.book.schema import Instant, Number, metadata


class Stage(StrEnum):
    """How far an application has come."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    APPROVED = "APPROVED"  # the register is to open the account
    ADMITTED = "ADMITTED"
    DECLINED = "DECLINED"


_STAGES = ", ".join(f"'{word}'" for word in Stage)

security_notice = Table(
    "security_notice",
    metadata,
    Column("number", Number, primary_key=True),
    Column("identity", ForeignKey("identity.id"), nullable=False, index=True),
    Column("what", String(32), nullable=False),
    Column("content", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("seen_at", Instant),
)
application = Table(
    "application",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("identity", ForeignKey("identity.id"), nullable=False, unique=True),
    Column("person", String(64), nullable=False, unique=True),
    Column("issuer", ForeignKey("issuer.id"), nullable=False, index=True),
    Column("invited_by", String(32), nullable=False),
    Column("stage", String(12), nullable=False, index=True),
    Column("wallet", String(42)),
    Column("instruction", ForeignKey("instruction.id"), index=True),
    Column("created_at", Instant, nullable=False),
    Column("submitted_at", Instant),
    Column("decided_at", Instant),
    Column("decided_by", String(32)),
    Column("sealed", LargeBinary),
    CheckConstraint(f"stage IN ({_STAGES})", name="stage"),
)
application_paper = Table(
    "application_paper",
    metadata,
    Column("number", Number, primary_key=True),
    Column("application", ForeignKey("application.id"), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("digest", String(71), nullable=False),
    Column("size", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("application", "kind", "digest"),
)
