"""The tables of the book about persons: who they are, what was seen of them, what is to be looked at.

Every column called `sealed` is personal data under the person's own data key (`vault.py`); `wrapped`
is that key under the office's key, whose mark stands in `wrapping`. Deleting the row of `person_key`
erases the person: what stays plain are opaque ids, days, and what the chain shows anyway. A person's
particulars and claims are never updated: a new version, or a row that says what became of it. The id
of a screening hit is blinded with the person's key, so that it names no entry of a list. Holders who
came with a cap table, and its files, are sealed in the same way under keys of `subject_key`.
"""

from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from freehold.book.schema import Instant, Number, metadata
from freehold.core.holder import HolderKind


class Fate(StrEnum):
    """What may become of a claim: the fact ended, or the claim was taken back."""

    ENDED = "ended"
    REVOKED = "revoked"


class About(StrEnum):
    """What somebody has to look at."""

    EVIDENCE = "evidence"
    SCREENING = "screening"
    LIFTING = "lifting"


def _one_of(column: str, words: type[StrEnum]) -> CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


person = Table(
    "person",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("erased_at", Instant),
    _one_of("kind", HolderKind),
)

person_key = Table(
    "person_key",
    metadata,
    Column("person", ForeignKey("person.id"), primary_key=True),
    Column("wrapping", String(16), nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
)

subject_key = Table(
    "subject_key",
    metadata,
    Column("subject", String(280), primary_key=True),
    Column("wrapping", String(16), nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
)

sealed_text = Table(
    "sealed_text",
    metadata,
    Column("subject", String(280), primary_key=True),
    Column("place", String(280), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)

particulars = Table(
    "particulars",
    metadata,
    Column("number", Number, primary_key=True),
    Column("person", ForeignKey("person.id"), nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
)

claim = Table(
    "claim",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("person", ForeignKey("person.id"), nullable=False, index=True),
    Column("expires", String(10), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
)

claim_fate = Table(
    "claim_fate",
    metadata,
    Column("claim", ForeignKey("claim.id"), primary_key=True),
    Column("fate", String(8), primary_key=True),
    Column("day", String(10), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
    _one_of("fate", Fate),
)

evidence = Table(
    "evidence",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("person", ForeignKey("person.id"), nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
)

person_wallet = Table(
    "person_wallet",
    metadata,
    Column("issuer", ForeignKey("issuer.id"), primary_key=True),
    Column("wallet", String(42), primary_key=True),
    Column("person", ForeignKey("person.id"), nullable=False, index=True),
    Column("identity", String(42), nullable=False),
    Column("created_at", Instant, nullable=False),
)

commitment = Table(
    "commitment",
    metadata,
    Column("number", Number, primary_key=True),
    Column("person", ForeignKey("person.id"), nullable=False, index=True),
    Column("issuer", ForeignKey("issuer.id"), nullable=False),
    Column("commitment", String(66), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("commitment"),
)

screening_hit = Table(
    "screening_hit",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("person", ForeignKey("person.id"), nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
)

review = Table(
    "review",
    metadata,
    Column("number", Number, primary_key=True),
    Column("person", ForeignKey("person.id"), nullable=False),
    Column("about", String(9), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("about", "subject"),
    _one_of("about", About),
)

review_end = Table(
    "review_end",
    metadata,
    Column("review", ForeignKey("review.number"), primary_key=True, autoincrement=False),
    Column("approved", Integer, nullable=False),
    Column("reviewer", String(128), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
)

review_question = Table(
    "review_question",
    metadata,
    Column("review", ForeignKey("review.number"), primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("asked_by", String(128), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
)

dated_task = Table(
    "dated_task",
    metadata,
    Column("id", String(66), primary_key=True),
    Column("what", String(64), nullable=False),
    Column("about", String(64), nullable=False),
    Column("rule", String(32), nullable=False),
    Column("due", String(10), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("done_at", Instant),
    Index(None, "due"),
)
