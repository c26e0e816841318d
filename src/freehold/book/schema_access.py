"""The tables of the book that say who may come in: identities, proofs, sessions, keys, the audit log.

Secrets are never kept as they are: of a session, an API key and a one-time link stands the SHA-256
of a random token, of a password its Argon2 hash. `identity.person` names a person of the register's
files, where the two are the same human being. `request` keeps what was answered under whose
idempotency key, so that asking again gives the same answer. `audit_head` has one row, which whoever
appends an entry updates first, so appends take turns on every database.
"""

from enum import StrEnum

from sqlalchemy import (
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
from freehold.core.audit import Outcome
from freehold.core.roles import Role


class Proof(StrEnum):
    """How somebody proves who he is."""

    PASSWORD = "PASSWORD"
    CODE = "CODE"  # time-based one-time codes, RFC 6238
    PASSKEY = "PASSKEY"
    WALLET = "WALLET"


class Purpose(StrEnum):
    """What a one-time secret is good for."""

    LINK = "LINK"  # an invitation: set a password and a code generator
    CODE = "CODE"  # the password was right, the code is to come
    PASSKEY = "PASSKEY"  # a WebAuthn challenge
    WALLET = "WALLET"  # the nonce of a wallet's sign-in message


def _one_of(column: str, words: type[StrEnum]) -> CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


identity = Table(
    "identity",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("sign_in_name", String(128), nullable=False, unique=True),
    Column("person", String(64)),
    Column("created_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("locked_at", Instant),
)
identity_role = Table(
    "identity_role",
    metadata,
    Column("number", Number, primary_key=True),
    Column("identity", ForeignKey("identity.id"), nullable=False, index=True),
    Column("role", String(24), nullable=False),
    Column("scope", String(260), nullable=False),
    Column("given_by", String(32), nullable=False),
    Column("given_at", Instant, nullable=False),
    Column("ended_at", Instant),
    _one_of("role", Role),
)
credential = Table(
    "credential",
    metadata,
    Column("number", Number, primary_key=True),
    Column("identity", ForeignKey("identity.id"), nullable=False, index=True),
    Column("proof", String(8), nullable=False),
    Column("handle", String(256), nullable=False),
    Column("content", Text, nullable=False),
    Column("counter", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("used_at", Instant),
    UniqueConstraint("proof", "handle"),
    _one_of("proof", Proof),
)
sign_in_session = Table(
    "sign_in_session",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("identity", ForeignKey("identity.id"), nullable=False, index=True),
    Column("client", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("browser", String(64)),
    Column("network", String(64)),
    Column("proved_at", Instant),
)
api_key = Table(
    "api_key",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("hash", String(64), nullable=False, unique=True),
    Column("identity", ForeignKey("identity.id"), nullable=False, index=True),
    Column("label", String(128), nullable=False),
    Column("powers", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("ended_at", Instant),
)
one_time = Table(
    "one_time",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("purpose", String(8), nullable=False),
    Column("identity", ForeignKey("identity.id"), index=True),
    Column("content", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    _one_of("purpose", Purpose),
)
failed_proof = Table(
    "failed_proof",
    metadata,
    Column("number", Number, primary_key=True),
    Column("about", String(80), nullable=False),
    Column("at", Instant, nullable=False),
    Index(None, "about", "at"),
)
request = Table(
    "request",
    metadata,
    Column("actor", String(32), primary_key=True),
    Column("key", String(128), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("scope", String(260), nullable=False),
    Column("instruction", ForeignKey("instruction.id"), index=True),
    Column("outcome", Text, nullable=False),
    Column("at", Instant, nullable=False),
)
audit_head = Table(
    "audit_head",
    metadata,
    Column("one", Integer, primary_key=True, autoincrement=False),
    Column("number", Number, nullable=False),
    Column("hash", String(64), nullable=False),
)
audit_entry = Table(
    "audit_entry",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("actor", String(64), nullable=False, index=True),
    Column("act", String(64), nullable=False),
    Column("subject", String(260), nullable=False, index=True),
    Column("outcome", String(8), nullable=False),
    Column("code", Integer),
    Column("content", Text, nullable=False),
    Column("hash", String(64), nullable=False),
    _one_of("outcome", Outcome),
)
