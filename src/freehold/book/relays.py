"""Acts that were relayed for holders: each signed message once, and what they have cost lately."""

from datetime import datetime

from sqlalchemy import func, insert, select

from freehold.book import schema_live as schema
from freehold.book.session import Transaction


def instruction_of(tx: Transaction, digest: str) -> str | None:
    """The instruction under which a signed message was relayed; None if it was not."""
    of = schema.relayed_act.c
    return tx.execute(select(of.instruction).where(of.digest == digest)).scalar()


def add(
    tx: Transaction,
    digest: str,
    kind: str,
    issuer: str,
    holder: str,
    instruction: str,
    gas: int,
    now: datetime,
) -> None:
    """Keep that a signed message was relayed."""
    row = {"digest": digest, "kind": kind, "issuer": issuer, "holder": holder}
    row |= {"instruction": instruction}
    tx.execute(insert(schema.relayed_act).values(**row, gas=gas, at=now))


def spent(tx: Transaction, issuer: str, holder: str | None, since: datetime) -> int:
    """The gas of what was relayed for an issuer, or for one holder of it, since an instant."""
    of = schema.relayed_act.c
    rows = select(func.sum(of.gas)).where(of.issuer == issuer, of.at > since)
    if holder is not None:
        rows = rows.where(of.holder == holder)
    return int(tx.execute(rows).scalar() or 0)
