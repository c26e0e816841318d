"""The terms on which an exit of an issuer is divided, as the text of their file, version by version."""

from sqlalchemy import Column, ForeignKey, Integer, String, Table, Text

from freehold.book.schema import Instant, metadata

exit_terms = Table(
    "exit_terms",
    metadata,
    Column("issuer", ForeignKey("issuer.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
    Column("kept_by", String(128), nullable=False),
    Column("kept_at", Instant, nullable=False),
)
