"""Settings that belong to the book itself, by name: text in, text out."""

from datetime import datetime

from sqlalchemy import insert, select, update

from freehold.book import schema
from freehold.book.session import Transaction


def read(tx: Transaction, name: str) -> str | None:
    """The value of a setting; None if it was never set."""
    return tx.execute(select(schema.setting.c.value).where(schema.setting.c.name == name)).scalar()


def write(tx: Transaction, name: str, value: str, now: datetime) -> None:
    """Set a setting."""
    values = {"value": value, "changed_at": now}
    named = update(schema.setting).where(schema.setting.c.name == name)
    if not tx.execute(named.values(**values)).rowcount:
        tx.execute(insert(schema.setting).values(name=name, **values))
