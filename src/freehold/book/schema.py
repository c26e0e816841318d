"""The tables of the book.

Facts are never updated: an instruction's content is written once, and every change of its state
leaves a row in `instruction_change`. Quantities of wei fit 63 bits here because they are fees per
unit of gas. Instants are ISO 8601 text in UTC, which sorts as time does on every database.
`holder.wallet` is the wallet a holder was admitted with; which one opens his account now is on
chain. `holder.custody` numbers the agent's key of a holder who has no wallet of his own.
`source_file` keeps the files that a cap table was read from, as they were.
A change to a table needs a revision in `migrations/versions`; a test compares the two.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

from freehold.core import clock
from freehold.core.instruction import Purpose, State

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMES)

Number = BigInteger().with_variant(Integer, "sqlite")
"""A row number: SQLite counts up by itself only in a column of exactly this type."""


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant, to the second, as `2026-11-22T14:00:00Z`."""

    impl = String(20)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> str | None:
        return None if value is None else clock.stamp(value)

    def process_result_value(self, value: Any, dialect: Any) -> datetime | None:
        return None if value is None else clock.parse(value)


def one_of(column: str, words: type[State] | type[Purpose]) -> CheckConstraint:
    """The column holds one of the enumeration's words."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


setting = Table(
    "setting",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
    Column("changed_at", Instant, nullable=False),
)

instruction = Table(
    "instruction",
    metadata,
    Column("number", Number, primary_key=True),
    Column("id", String(66), nullable=False, unique=True),
    Column("chain", BigInteger, nullable=False),
    Column("sender", String(42), nullable=False),
    Column("target", String(42)),
    Column("data", LargeBinary, nullable=False),
    Column("what", String(64), nullable=False),
    Column("state", String(10), nullable=False),
    Column("nonce", BigInteger),
    Column("mined_hash", String(66)),
    Column("mined_block", BigInteger),
    Column("block_hash", String(66)),
    Column("code", Integer),
    Column("note", Text),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("chain", "sender", "nonce"),
    one_of("state", State),
    Index(None, "state", "chain", "sender"),
)

instruction_change = Table(
    "instruction_change",
    metadata,
    Column("number", Number, primary_key=True),
    Column("instruction", ForeignKey("instruction.id"), nullable=False, index=True),
    Column("before", String(10)),
    Column("after", String(10), nullable=False),
    Column("at", Instant, nullable=False),
    Column("note", Text),
)

nonce = Table(
    "nonce",
    metadata,
    Column("chain", BigInteger, primary_key=True, autoincrement=False),
    Column("sender", String(42), primary_key=True),
    Column("next", BigInteger),
    Column("leased_by", String(128)),
    Column("leased_until", Instant),
)

signed_transaction = Table(
    "signed_transaction",
    metadata,
    Column("chain", BigInteger, primary_key=True, autoincrement=False),
    Column("sender", String(42), primary_key=True),
    Column("nonce", BigInteger, primary_key=True, autoincrement=False),
    Column("attempt", Integer, primary_key=True, autoincrement=False),
    Column("instruction", ForeignKey("instruction.id"), nullable=False, index=True),
    Column("purpose", String(6), nullable=False),
    Column("hash", String(66), nullable=False, unique=True),
    Column("raw", LargeBinary, nullable=False),
    Column("gas", BigInteger, nullable=False),
    Column("fee_max", BigInteger, nullable=False),
    Column("tip_max", BigInteger, nullable=False),
    Column("signed_at", Instant, nullable=False),
    one_of("purpose", Purpose),
)

issuer = Table(
    "issuer",
    metadata,
    Column("id", String(128), primary_key=True),
    Column("chain", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("country", String(2), nullable=False),
    Column("register", String(42), nullable=False, unique=True),
    Column("registry_face", String(42), nullable=False),
    Column("created_at", Instant, nullable=False),
)

asset = Table(
    "asset",
    metadata,
    Column("id", String(66), primary_key=True),
    Column("issuer", ForeignKey("issuer.id"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("name", Text, nullable=False),
    Column("record", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
)

instrument = Table(
    "instrument",
    metadata,
    Column("token", String(42), primary_key=True),
    Column("issuer", ForeignKey("issuer.id"), nullable=False),
    Column("class_id", String(128), nullable=False),
    Column("name", Text, nullable=False),
    Column("symbol", String(16), nullable=False),
    Column("decimals", Integer, nullable=False),
    Column("asset", ForeignKey("asset.id"), nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("issuer", "class_id"),
)

holder = Table(
    "holder",
    metadata,
    Column("issuer", ForeignKey("issuer.id"), primary_key=True),
    Column("id", String(128), primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("country", String(2), nullable=False),
    Column("wallet", String(42), nullable=False),
    Column("custody", Integer),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("issuer", "wallet"),
)

source_file = Table(
    "source_file",
    metadata,
    Column("issuer", ForeignKey("issuer.id"), primary_key=True),
    Column("name", String(256), primary_key=True),
    Column("text", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
)

policy = Table(
    "policy",
    metadata,
    Column("id", String(66), primary_key=True),
    Column("name", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("profiles", Text, nullable=False),
    Column("read_on", Instant, nullable=False),
)

policy_adoption = Table(
    "policy_adoption",
    metadata,
    Column("number", Number, primary_key=True),
    Column("instrument", ForeignKey("instrument.token"), nullable=False, index=True),
    Column("policy", ForeignKey("policy.id"), nullable=False),
    Column("step", Integer, nullable=False),
    Column("steps", Integer, nullable=False),
    Column("rows", Text, nullable=False),
    Column("announced_at", Instant, nullable=False),
    Column("effective_at", Instant, nullable=False),
    Column("activated_at", Instant),
    Column("called_off_at", Instant),
    Column("why_called_off", Text, nullable=False, server_default=text("''")),
)
