"""Payments that a bank makes: proposed by one person, attested and released by another."""

from datetime import date, datetime

from sqlalchemy import insert, or_, select

from freehold.book import schema_cashbook as schema
from freehold.book.session import Transaction
from freehold.core.cashbook import BankLeg, Kind
from freehold.core.errors import Conflict, NotFound


def propose(tx: Transaction, leg: BankLeg, by: str, now: datetime) -> BankLeg:
    """Write a leg down, once. Raises Conflict for another one under its reference."""
    known = _legs(tx, schema.bank_leg.c.id == leg.id)
    if known:
        raise Conflict(
            f"a payment under {leg.reference!r} was proposed already by {known[0].proposed_by}",
            leg=leg.id,
        )
    row = {
        "id": leg.id,
        "issuer": leg.issuer,
        "currency": leg.currency,
        "account": leg.account,
        "amount": str(leg.amount),
        "payee": leg.payee,
        "against": str(leg.against),
        "reference": leg.reference,
        "day": leg.day.isoformat(),
        "proposed_by": by,
        "created_at": now,
    }
    tx.execute(insert(schema.bank_leg).values(**row))
    return find(tx, leg.issuer, leg.reference)


def release(tx: Transaction, leg: BankLeg, by: str, entry: str, now: datetime) -> None:
    """Write down who released a leg, and the entry it posted. Raises Conflict for the proposer."""
    if leg.released_by:
        raise Conflict(f"the payment {leg.reference!r} was released by {leg.released_by} already")
    if leg.proposed_by == by:
        raise Conflict(
            f"{by} proposed the payment {leg.reference!r}: a second person releases it", leg=leg.id
        )
    row = {"leg": leg.id, "released_by": by, "entry": entry, "created_at": now}
    tx.execute(insert(schema.bank_leg_release).values(**row))


def find(tx: Transaction, issuer: str, reference: str) -> BankLeg:
    """A leg by its reference or id. Raises NotFound."""
    of = schema.bank_leg.c
    found = _legs(tx, of.issuer == issuer, or_(of.reference == reference, of.id == reference))
    if not found:
        raise NotFound(f"no payment {reference!r} was proposed for {issuer}", reference=reference)
    return found[0]


def legs(tx: Transaction, issuer: str) -> list[BankLeg]:
    """All legs of an issuer, in the order they were proposed."""
    return _legs(tx, schema.bank_leg.c.issuer == issuer)


def _legs(tx: Transaction, *which: object) -> list[BankLeg]:
    of, done = schema.bank_leg.c, schema.bank_leg_release.c
    rows = select(schema.bank_leg, done.released_by).join(
        schema.bank_leg_release, done.leg == of.id, isouter=True
    )
    chosen = rows.where(*which).order_by(of.created_at, of.id)  # type: ignore[arg-type]
    return [
        BankLeg(
            row.issuer,
            row.currency,
            row.account,
            int(row.amount),
            row.payee,
            Kind(row.against),
            row.reference,
            date.fromisoformat(row.day),
            row.proposed_by,
            row.released_by or "",
        )
        for row in tx.execute(chosen)
    ]
