"""Forms of persons for tax, sealed, and what was paid and withheld; only ever added to."""

from collections.abc import Iterable
from datetime import date, datetime
from fractions import Fraction

from sqlalchemy import func, insert, select

from freehold.book import schema_cashbook as schema
from freehold.book.people import open_document, seal_document
from freehold.book.session import Transaction
from freehold.book.vault import Vault
from freehold.core.actions.incomes import Income
from freehold.core.actions.tax_forms import Payment, TaxForm, form_from_json, form_json
from freehold.core.errors import Conflict

_PLACE = "tax form"


def add(tx: Transaction, vault: Vault, person: str, form: TaxForm, now: datetime) -> None:
    """Keep a person's new form; older ones stay. Raises NotFound if the person was erased."""
    sealed = seal_document(tx, vault, person, _PLACE, form_json(form))
    tx.execute(insert(schema.tax_form).values(person=person, sealed=sealed, created_at=now))


def newest(tx: Transaction, vault: Vault, person: str) -> TaxForm | None:
    """A person's newest form; None where there is none, or the person was erased."""
    of = schema.tax_form.c
    rows = select(of.sealed).where(of.person == person).order_by(of.number.desc()).limit(1)
    sealed = tx.execute(rows).scalar()
    if sealed is None:
        return None
    return form_from_json(open_document(tx, vault, person, _PLACE, sealed))


def every(tx: Transaction, vault: Vault, person: str) -> list[tuple[TaxForm, datetime]]:
    """Every form of a person and when it was kept, the newest last; none of who was erased."""
    of = schema.tax_form.c
    rows = select(of.sealed, of.created_at).where(of.person == person).order_by(of.number)
    return [
        (form_from_json(open_document(tx, vault, person, _PLACE, row.sealed)), row.created_at)
        for row in tx.execute(rows)
    ]


def with_form(tx: Transaction) -> set[str]:
    """Who has a form on file."""
    return set(tx.execute(select(schema.tax_form.c.person).distinct()).scalars())


def record(tx: Transaction, issuer: str, payments: Iterable[Payment], now: datetime) -> int:
    """Write down what was paid and withheld, each account once for an action; returns how many.

    Raises Conflict for another amount for the same account and action.
    """
    known = {(one.action, one.account): one for one in payments_of(tx, issuer)}
    rows = []
    for one in payments:
        before = known.get((one.action, one.account))
        if before is not None and before != one:
            raise Conflict(
                f"account {one.account} was paid another amount for {one.action} already",
                account=one.account,
            )
        if before is None:
            rows.append(
                {
                    "issuer": issuer,
                    "action": one.action,
                    "account": one.account,
                    "person": one.person,
                    "day": one.day.isoformat(),
                    "currency": one.currency,
                    "decimals": one.decimals,
                    "gross": str(one.gross),
                    "withheld": str(one.withheld),
                    "rate": str(one.rate),
                    "rule": one.rule,
                    "cite": one.cite,
                    "statement": one.statement,
                    "chapter": one.chapter,
                    "created_at": now,
                    "income": one.income,
                    "part": one.part,
                }
            )
    if rows:
        tx.execute(insert(schema.tax_payment), rows)
    return len(rows)


def years(tx: Transaction, issuer: str) -> list[tuple[int, int]]:
    """The years in which an issuer paid, the last first, with how many payments."""
    of = schema.tax_payment.c
    year = func.substr(of.day, 1, 4)
    rows = (
        select(year, func.count()).where(of.issuer == issuer).group_by(year).order_by(year.desc())
    )
    return [(int(one), count) for one, count in tx.execute(rows)]


def payments_of(tx: Transaction, issuer: str, year: int | None = None) -> list[Payment]:
    """What was paid, of a year or ever, in the order it was written down."""
    of = schema.tax_payment.c
    rows = select(schema.tax_payment).where(of.issuer == issuer).order_by(of.number)
    if year is not None:
        rows = rows.where(of.day.between(f"{year:04d}-01-01", f"{year:04d}-12-31"))
    return [
        Payment(
            row.action,
            row.account,
            row.person,
            date.fromisoformat(row.day),
            row.currency,
            row.decimals,
            int(row.gross),
            int(row.withheld),
            Fraction(row.rate),
            row.rule,
            row.cite,
            row.statement,
            row.chapter,
            Income(row.income),
            row.part or "",
        )
        for row in tx.execute(rows)
    ]
