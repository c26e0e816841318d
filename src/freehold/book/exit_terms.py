"""The terms on which an exit of an issuer is divided: every version that somebody saved."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select

from freehold.book.schema_exits import exit_terms
from freehold.book.session import Transaction


@dataclass(frozen=True, slots=True)
class Saved:
    """A version of an issuer's terms, counted from 1; `kept_by` is the identity of who saved it."""

    issuer: str
    version: int
    text: str
    kept_by: str
    kept_at: datetime


def latest(tx: Transaction, issuer: str) -> Saved | None:
    """The terms saved last; None where nobody saved any."""
    of = exit_terms.c
    rows = select(of.issuer, of.version, of.text, of.kept_by, of.kept_at)
    row = tx.execute(rows.where(of.issuer == issuer).order_by(of.version.desc()).limit(1)).first()
    return None if row is None else Saved(*row)


def keep(tx: Transaction, issuer: str, text: str, kept_by: str, now: datetime) -> Saved:
    """Save the next version; the text that is in force already stays the version it is."""
    before = latest(tx, issuer)
    if before is not None and before.text == text:
        return before
    made = Saved(issuer, 1 if before is None else before.version + 1, text, kept_by, now)
    values = {name: getattr(made, name) for name in Saved.__dataclass_fields__}
    tx.execute(insert(exit_terms).values(**values))
    return made
