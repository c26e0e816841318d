"""Settings that belong to the book itself, by name: text in, text out."""

from datetime import datetime

from sqlalchemy import select, update

from freehold.book import schema
from freehold.book.session import Transaction, new


def read(tx: Transaction, name: str) -> str | None:
    """The value of a setting; None if it was never set."""
    return tx.execute(select(schema.setting.c.value).where(schema.setting.c.name == name)).scalar()


def write(tx: Transaction, name: str, value: str, now: datetime) -> None:
    """Set a setting, also where another process sets it for the first time at this moment."""
    values = {"value": value, "changed_at": now}
    named = update(schema.setting).where(schema.setting.c.name == name).values(**values)
    if tx.execute(named).rowcount:
        return
    first = new(tx.dialect.name, schema.setting).values(name=name, **values)
    if not tx.execute(first).rowcount:
        tx.execute(named)
