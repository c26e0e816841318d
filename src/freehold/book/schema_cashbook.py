"""The tables of the book for money: the cash book, bank statements, breaks, and forms for tax.

Entries, postings, statements, breaks and explanations are only ever added; the database itself refuses
to change or delete an entry or a posting (triggers in the migration). Amounts are decimal text, because
a coin's are wider than SQL's integers. A `cash_place` is a wallet, a pot or a bank account that holds
an issuer's money. `tax_form.sealed` is personal data under the person's own key.
"""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from freehold.book.schema import Instant, Number, metadata
from freehold.core.cashbook import Cause, Kind, Source


def _one_of(column: str, words: type[Kind] | type[Source] | type[Cause]) -> CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def _amount(name: str) -> Column[str]:
    return Column(name, String(80), nullable=False)


def _digest(name: str) -> Column[str]:
    return Column(name, String(66), primary_key=True)


cash_currency = Table(
    "cash_currency",
    metadata,
    Column("issuer", ForeignKey("issuer.id"), primary_key=True),
    Column("code", String(16), primary_key=True),
    Column("decimals", Integer, nullable=False),
    Column("coin", String(42), nullable=False),
    Column("since_block", Number, nullable=False),
    Column("created_at", Instant, nullable=False),
)

cash_place = Table(
    "cash_place",
    metadata,
    Column("number", Number, primary_key=True),
    Column("issuer", ForeignKey("issuer.id"), nullable=False),
    Column("currency", String(16), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("name", String(66), nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("issuer", "currency", "name"),
    _one_of("kind", Kind),
)

cash_entry = Table(
    "cash_entry",
    metadata,
    Column("number", Number, primary_key=True),
    Column("id", String(66), nullable=False, unique=True),
    Column("issuer", ForeignKey("issuer.id"), nullable=False),
    Column("currency", String(16), nullable=False),
    Column("day", String(10), nullable=False),
    Column("source", String(8), nullable=False),
    Column("reference", String(200), nullable=False),
    Column("text", Text, nullable=False),
    Column("reverses", String(66), unique=True),
    Column("posted_by", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    Index(None, "issuer", "currency", "day"),
    _one_of("source", Source),
)

cash_posting = Table(
    "cash_posting",
    metadata,
    Column("entry", ForeignKey("cash_entry.number"), primary_key=True, autoincrement=False),
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(12), nullable=False),
    Column("name", String(66), nullable=False),
    _amount("amount"),
    _one_of("kind", Kind),
)

bank_statement = Table(
    "bank_statement",
    metadata,
    _digest("digest"),
    Column("issuer", ForeignKey("issuer.id"), nullable=False),
    Column("currency", String(16), nullable=False),
    Column("account", String(66), nullable=False),
    Column("statement", String(128), nullable=False),
    Column("day", String(10), nullable=False),
    _amount("opening"),
    _amount("closing"),
    Column("imported_by", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("issuer", "account", "statement"),
)

bank_line = Table(
    "bank_line",
    metadata,
    Column("statement", ForeignKey("bank_statement.digest"), primary_key=True),
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("day", String(10), nullable=False),
    _amount("amount"),
    Column("reference", String(200), nullable=False),
    Column("text", Text, nullable=False),
)

cash_break = Table(
    "cash_break",
    metadata,
    _digest("id"),
    Column("issuer", ForeignKey("issuer.id"), nullable=False),
    Column("currency", String(16), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("name", String(66), nullable=False),
    Column("day", String(10), nullable=False),
    Column("cause", String(20), nullable=False),
    Column("reference", String(200), nullable=False),
    _amount("amount"),
    Column("persons", Integer, nullable=False),
    Column("found_at", Instant, nullable=False),
    Index(None, "issuer"),
    _one_of("kind", Kind),
    _one_of("cause", Cause),
)

cash_explanation = Table(
    "cash_explanation",
    metadata,
    Column("number", Number, primary_key=True),
    Column("break", ForeignKey("cash_break.id"), nullable=False),
    Column("person", String(64), nullable=False),
    Column("why", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("break", "person"),
)

bank_leg = Table(
    "bank_leg",
    metadata,
    _digest("id"),
    Column("issuer", ForeignKey("issuer.id"), nullable=False),
    Column("currency", String(16), nullable=False),
    Column("account", String(66), nullable=False),
    _amount("amount"),
    Column("payee", String(140), nullable=False),
    Column("against", String(12), nullable=False),
    Column("reference", String(140), nullable=False),
    Column("day", String(10), nullable=False),
    Column("proposed_by", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("proposal", String(32)),
)
"""A payment that was released; `proposal` is what two persons agreed to, null for one of before."""

bank_leg_release = Table(
    "bank_leg_release",
    metadata,
    Column("leg", ForeignKey("bank_leg.id"), primary_key=True),
    Column("released_by", String(64), nullable=False),
    Column("entry", String(66), nullable=False),
    Column("created_at", Instant, nullable=False),
)

tax_form = Table(
    "tax_form",
    metadata,
    Column("number", Number, primary_key=True),
    Column("person", ForeignKey("person.id"), nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
)

tax_payment = Table(
    "tax_payment",
    metadata,
    Column("number", Number, primary_key=True),
    Column("issuer", ForeignKey("issuer.id"), nullable=False),
    Column("action", String(64), nullable=False),
    Column("account", Number, nullable=False),
    Column("person", String(64), nullable=False),
    Column("day", String(10), nullable=False),
    Column("currency", String(16), nullable=False),
    Column("decimals", Integer, nullable=False),
    _amount("gross"),
    _amount("withheld"),
    Column("rate", String(40), nullable=False),
    Column("rule", String(16), nullable=False),
    Column("cite", String(128), nullable=False),
    Column("statement", String(16), nullable=False),
    Column("chapter", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("income", String(16), nullable=False, server_default="dividend"),
    Column("part", String(128)),
    UniqueConstraint("issuer", "action", "account"),
)
