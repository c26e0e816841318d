"""Holders' ways from the agent's key to their own, in the book."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update

from freehold.book import schema_agent as schema
from freehold.book.session import Transaction
from freehold.core.errors import Conflict, NotFound
from freehold.core.ids import Address


@dataclass(frozen=True, slots=True)
class CustodyExit:
    """One holder's way: challenged, proved, his identity checked. `document` is the check's SHA-256."""

    id: str
    issuer: str
    holder: str
    wallet: Address
    nonce: str
    asked_at: datetime
    expires_at: datetime
    proved_at: datetime | None
    checked_by: str | None
    document: str | None


def add(tx: Transaction, one: CustodyExit) -> None:
    """Write a new one."""
    row = {name: getattr(one, name) for name in CustodyExit.__dataclass_fields__}
    tx.execute(insert(schema.custody_exit).values(**row))


def find(tx: Transaction, id: str) -> CustodyExit:
    """One of them. Raises NotFound."""
    row = tx.execute(select(schema.custody_exit).where(schema.custody_exit.c.id == id)).first()
    if row is None:
        raise NotFound(f"there is no way out of custody {id}", exit=id)
    return _exit(row)


def of_holder(tx: Transaction, issuer: str, holder: str) -> list[CustodyExit]:
    """A holder's ways out of the agent's key, the newest first."""
    of = schema.custody_exit.c
    rows = select(schema.custody_exit).where(of.issuer == issuer, of.holder == holder)
    return [_exit(row) for row in tx.execute(rows.order_by(of.asked_at.desc(), of.id))]


def of_issuer(tx: Transaction, issuer: str) -> list[CustodyExit]:
    """The ways out of the agent's key of an issuer's holders, the newest first."""
    of = schema.custody_exit.c
    rows = select(schema.custody_exit).where(of.issuer == issuer)
    return [_exit(row) for row in tx.execute(rows.order_by(of.asked_at.desc(), of.id))]


def by_nonce(tx: Transaction, nonce: str) -> CustodyExit:
    """The one whose challenge has this nonce. Raises NotFound."""
    of = schema.custody_exit.c
    row = tx.execute(select(schema.custody_exit).where(of.nonce == nonce)).first()
    if row is None:
        raise NotFound("this challenge was not made here: ask for another")
    return _exit(row)


def prove(tx: Transaction, id: str, now: datetime) -> None:
    """Note that the new wallet's key was shown, once. Raises Conflict."""
    of = schema.custody_exit.c
    here = update(schema.custody_exit).where(of.id == id, of.proved_at.is_(None))
    if not tx.execute(here.values(proved_at=now)).rowcount:
        raise Conflict("this proof was given already", exit=id)


def check(tx: Transaction, id: str, by: str, document: str) -> None:
    """Note who checked the holder's identity on what, once. Raises Conflict."""
    of = schema.custody_exit.c
    here = update(schema.custody_exit).where(
        of.id == id, of.proved_at.is_not(None), of.checked_by.is_(None)
    )
    if not tx.execute(here.values(checked_by=by, document=document)).rowcount:
        raise Conflict("the key was not shown yet, or the identity was checked already", exit=id)


def _exit(row: Row[Any]) -> CustodyExit:
    return CustodyExit(**{name: getattr(row, name) for name in CustodyExit.__dataclass_fields__})
