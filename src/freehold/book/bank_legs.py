"""Payments that a bank made, or tax that its authority got: written once, with what each posted.

What waits for a second person is a proposal (`approvals.py`); a row here is a payment that was released.
"""

from datetime import date, datetime

from sqlalchemy import insert, select

from freehold.book import schema_cashbook as schema
from freehold.book.session import Transaction
from freehold.core.cashbook import BankLeg, Kind


def keep(tx: Transaction, leg: BankLeg, entry: str, now: datetime) -> None:
    """Write down a payment that was released, and the entry it posted; its key lets it be there once."""
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
        "proposed_by": leg.proposed_by,
        "proposal": leg.approval or None,
        "created_at": now,
    }
    tx.execute(insert(schema.bank_leg).values(**row))
    done = {"leg": leg.id, "released_by": leg.released_by, "entry": entry, "created_at": now}
    tx.execute(insert(schema.bank_leg_release).values(**done))


def earlier(tx: Transaction, id: str) -> BankLeg | None:
    """The payment that was released under an id, if one was."""
    found = _legs(tx, schema.bank_leg.c.id == id)
    return found[0] if found else None


def legs(tx: Transaction, issuer: str) -> list[BankLeg]:
    """All payments of an issuer that were released, in the order they were posted."""
    return _legs(tx, schema.bank_leg.c.issuer == issuer)


def _legs(tx: Transaction, *which: object) -> list[BankLeg]:
    of, done = schema.bank_leg.c, schema.bank_leg_release.c
    posted = schema.cash_entry.c
    rows = (
        select(schema.bank_leg, done.released_by)
        .join(schema.bank_leg_release, done.leg == of.id)
        .join(schema.cash_entry, posted.id == done.entry)
    )
    chosen = rows.where(*which).order_by(posted.number)  # type: ignore[arg-type]
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
            row.released_by,
            row.proposal or "",
            "released",
        )
        for row in tx.execute(chosen)
    ]
