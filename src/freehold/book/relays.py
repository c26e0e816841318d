"""Acts that were relayed for holders: each signed message once, and what they have cost lately."""

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class RelayedAct:
    """A signed message that was relayed: its hash, its kind, whose wallet, how it is sent, at what gas."""

    digest: str
    kind: str
    holder: str
    instruction: str
    gas: int
    at: datetime


def lately(tx: Transaction, issuer: str, limit: int) -> list[RelayedAct]:
    """What was relayed for an issuer's holders, the newest first."""
    of = schema.relayed_act.c
    rows = select(schema.relayed_act).where(of.issuer == issuer)
    names = RelayedAct.__dataclass_fields__
    return [
        RelayedAct(**{name: getattr(row, name) for name in names})
        for row in tx.execute(rows.order_by(of.at.desc(), of.digest).limit(limit))
    ]


def spent(tx: Transaction, issuer: str, holder: str | None, since: datetime) -> int:
    """The gas of what was relayed for an issuer, or for one holder of it, since an instant."""
    of = schema.relayed_act.c
    rows = select(func.sum(of.gas)).where(of.issuer == issuer, of.at > since)
    if holder is not None:
        rows = rows.where(of.holder == holder)
    return int(tx.execute(rows).scalar() or 0)
