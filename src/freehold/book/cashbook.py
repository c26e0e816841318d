"""The cash book in the book: currencies, places, entries, statements, breaks; only ever added to.

An entry is written once under its id; the same again is no change, another content under the same id
is a conflict. What does not balance never gets here (`core/cashbook.py`), and what was stored is
balanced again when it is read.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import insert, select

from freehold.book import schema_cashbook as schema
from freehold.book import settings
from freehold.book.session import Transaction
from freehold.core import cashbook as core
from freehold.core.cashbook import (
    Account,
    BankLine,
    Break,
    Cause,
    Currency,
    Entry,
    Explanation,
    Kind,
    KnownBreak,
    Posted,
    Source,
)
from freehold.core.clock import stamp
from freehold.core.errors import Conflict, NotFound


@dataclass(frozen=True, slots=True)
class Statement:
    """A bank's statement of one account up to the end of `day`; amounts in the smallest unit."""

    digest: str
    issuer: str
    currency: str
    account: str
    id: str
    day: date
    opening: int
    closing: int
    lines: Sequence[BankLine] = ()


# ---- currencies and places ----


def add_currency(
    tx: Transaction, issuer: str, currency: Currency, since_block: int, now: datetime
) -> None:
    """Let an issuer's book have a currency. Raises Conflict for other terms under the same code."""
    known = {one.code: one for one in currencies(tx, issuer)}.get(currency.code)
    if known is not None:
        if known != currency:
            raise Conflict(f"the currency {currency.code} is in the book already, with other terms")
        return
    row = {"issuer": issuer, **currency._asdict(), "since_block": since_block, "created_at": now}
    tx.execute(insert(schema.cash_currency).values(**row))


def currencies(tx: Transaction, issuer: str) -> list[Currency]:
    """The currencies of an issuer's book, by code."""
    of = schema.cash_currency.c
    rows = select(of.code, of.decimals, of.coin).where(of.issuer == issuer).order_by(of.code)
    return [Currency(*row) for row in tx.execute(rows)]


def currency(tx: Transaction, issuer: str, code: str) -> Currency:
    """One of them. Raises NotFound, which names those there are."""
    known = currencies(tx, issuer)
    for one in known:
        if one.code == code:
            return one
    names = ", ".join(one.code for one in known) or "none yet: add a coin or a bank account first"
    raise NotFound(f"the book of {issuer} has no currency {code}; it has {names}", currency=code)


def since_block(tx: Transaction, issuer: str, code: str) -> int:
    """The first block whose movements of a coin belong into the book."""
    of = schema.cash_currency.c
    rows = select(of.since_block).where(of.issuer == issuer, of.code == code)
    return int(tx.execute(rows).scalar_one())


def add_place(tx: Transaction, issuer: str, currency: str, account: Account, now: datetime) -> None:
    """Let a wallet, pot or bank account hold an issuer's money. Raises Conflict for another kind."""
    known = {one.name: one for one in places(tx, issuer, currency)}.get(account.name)
    if known is not None:
        if known != account:
            raise Conflict(f"{account.name} is in the book as {known.kind} already")
        return
    row = {"issuer": issuer, "currency": currency, "kind": str(account.kind)}
    tx.execute(insert(schema.cash_place).values(**row, name=account.name, created_at=now))


def places(tx: Transaction, issuer: str, currency: str) -> list[Account]:
    """Where an issuer's money of a currency is, in the order it was told."""
    of = schema.cash_place.c
    rows = select(of.kind, of.name).where(of.issuer == issuer, of.currency == currency)
    return [Account(Kind(kind), name) for kind, name in tx.execute(rows.order_by(of.number))]


# ---- entries ----


def post(tx: Transaction, entry: Entry, by: str, now: datetime) -> bool:
    """Write an entry; False if it is there already.

    Raises Conflict for another content under its id, Invalid if it does not balance.
    """
    of = schema.cash_entry.c
    checked = core.entry(
        entry.issuer,
        entry.currency,
        entry.day,
        entry.source,
        entry.reference,
        entry.text,
        entry.postings,
        entry.reverses,
    )
    known = _entries(tx, of.id == checked.id)
    if known:
        if known[0].entry != checked:
            raise Conflict(
                f"another entry stands in the book under {entry.reference!r}: choose another"
                " reference, or reverse that one",
                entry=checked.id,
            )
        return False
    row = {
        "id": checked.id,
        "issuer": entry.issuer,
        "currency": entry.currency,
        "day": entry.day.isoformat(),
        "source": str(entry.source),
        "reference": entry.reference,
        "text": entry.text,
        "reverses": entry.reverses or None,
        "posted_by": by,
        "created_at": now,
    }
    done = tx.execute(insert(schema.cash_entry).values(**row))
    assert done.inserted_primary_key is not None, "an entry has a number"
    number = done.inserted_primary_key[0]
    lines = [
        {"entry": number, "line": line, "kind": str(kind), "name": name, "amount": str(amount)}
        for line, ((kind, name), amount) in enumerate(checked.postings)
    ]
    tx.execute(insert(schema.cash_posting), lines)
    return True


def entries(
    tx: Transaction, issuer: str, currency: str | None = None, until: date | None = None
) -> list[Posted]:
    """An issuer's entries in the order they were posted, of a currency, up to the end of a day."""
    of = schema.cash_entry.c
    which = [of.issuer == issuer]
    if currency is not None:
        which.append(of.currency == currency)
    if until is not None:
        which.append(of.day <= until.isoformat())
    return _entries(tx, *which)


def find(tx: Transaction, issuer: str, id: str) -> Posted:
    """An entry by its id or number. Raises NotFound."""
    of = schema.cash_entry.c
    same = of.number == int(id) if id.isdigit() else of.id == id
    found = _entries(tx, of.issuer == issuer, same)
    if not found:
        raise NotFound(f"the cash book of {issuer} has no entry {id}", entry=id)
    return found[0]


def reversal_of(tx: Transaction, issuer: str, id: str) -> Posted | None:
    """The entry that takes another one back, if there is one."""
    of = schema.cash_entry.c
    found = _entries(tx, of.issuer == issuer, of.reverses == id)
    return found[0] if found else None


def is_there(tx: Transaction, id: str) -> bool:
    """Whether an entry with this id was posted."""
    of = schema.cash_entry.c
    return tx.execute(select(of.number).where(of.id == id)).first() is not None


def with_reference(tx: Transaction, issuer: str, currency: str, reference: str) -> Posted | None:
    """The entry of a movement on chain, if it was posted."""
    of = schema.cash_entry.c
    which = (of.issuer == issuer, of.currency == currency, of.reference == reference)
    found = _entries(tx, *which, of.source == str(Source.CHAIN))
    return found[0] if found else None


def _entries(tx: Transaction, *which: object) -> list[Posted]:
    of, line = schema.cash_entry.c, schema.cash_posting.c
    rows = select(schema.cash_entry).where(*which).order_by(of.number)  # type: ignore[arg-type]
    found = tx.execute(rows).all()
    wanted = select(of.number).where(*which)  # type: ignore[arg-type]
    lines = select(line.entry, line.kind, line.name, line.amount).where(line.entry.in_(wanted))
    postings: defaultdict[int, list[core.Posting]] = defaultdict(list)
    for number, kind, name, amount in tx.execute(lines.order_by(line.entry, line.line)):
        postings[number].append(core.Posting(Account(Kind(kind), name), int(amount)))
    return [
        Posted(
            row.number,
            Entry(
                row.issuer,
                row.currency,
                date.fromisoformat(row.day),
                Source(row.source),
                row.reference,
                row.text,
                tuple(postings[row.number]),
                row.reverses or "",
            ),
            row.posted_by,
            row.created_at,
        )
        for row in found
    ]


# ---- statements ----


def require_new_statement(tx: Transaction, statement: Statement) -> None:
    """Raises Conflict for a statement that was imported already."""
    of = schema.bank_statement.c
    mine = (of.issuer == statement.issuer, of.account == statement.account)
    rows = select(of.digest, of.created_at).where(*mine, of.statement == statement.id)
    if known := tx.execute(rows).first():
        same = "the same file" if known.digest == statement.digest else "with other content"
        raise Conflict(
            f"statement {statement.id} of {statement.account} was imported already ({same}):"
            " nothing was done",
            statement=statement.id,
        )


def keep_statement(tx: Transaction, statement: Statement, by: str, now: datetime) -> None:
    """Keep a statement with its lines. Raises Conflict if it is here already."""
    require_new_statement(tx, statement)
    row = {
        "digest": statement.digest,
        "issuer": statement.issuer,
        "currency": statement.currency,
        "account": statement.account,
        "statement": statement.id,
        "day": statement.day.isoformat(),
        "opening": str(statement.opening),
        "closing": str(statement.closing),
        "imported_by": by,
        "created_at": now,
    }
    tx.execute(insert(schema.bank_statement).values(**row))
    lines = [
        {
            "statement": statement.digest,
            "line": place,
            "day": one.day.isoformat(),
            "amount": str(one.amount),
            "reference": one.reference,
            "text": one.text,
        }
        for place, one in enumerate(statement.lines)
    ]
    if lines:
        tx.execute(insert(schema.bank_line), lines)


def statements(tx: Transaction, issuer: str, account: str, until: date) -> list[Statement]:
    """The statements of a bank account up to a day, the oldest first, with their lines."""
    of, line = schema.bank_statement.c, schema.bank_line.c
    rows = select(schema.bank_statement).where(
        of.issuer == issuer, of.account == account, of.day <= until.isoformat()
    )
    found = []
    for row in tx.execute(rows.order_by(of.day, of.created_at)).all():
        lines = select(line.day, line.amount, line.reference, line.text).where(
            line.statement == row.digest
        )
        found.append(
            Statement(
                row.digest,
                row.issuer,
                row.currency,
                row.account,
                row.statement,
                date.fromisoformat(row.day),
                int(row.opening),
                int(row.closing),
                tuple(
                    BankLine(date.fromisoformat(day), int(amount), reference, text)
                    for day, amount, reference, text in tx.execute(lines.order_by(line.line))
                ),
            )
        )
    return found


# ---- when it was compared ----


def keep_compared(tx: Transaction, issuer: str, said: Mapping[str, str], now: datetime) -> None:
    """Write down that an issuer's book was compared now: `by` whom, `failed` why not, and how much."""
    settings.write(tx, _compared(issuer), json.dumps({"at": stamp(now), **said}), now)


def compared(tx: Transaction, issuer: str) -> dict[str, str]:
    """What was written down last, with `at` when; empty where it never was."""
    found: dict[str, str] = json.loads(settings.read(tx, _compared(issuer)) or "{}")
    return found


def _compared(issuer: str) -> str:
    return f"cash compared {hashlib.sha256(issuer.encode()).hexdigest()[:32]}"


# ---- breaks ----


def keep_breaks(tx: Transaction, found: Iterable[tuple[Break, int]], now: datetime) -> list[Break]:
    """Keep breaks that are not known yet, with how many persons each takes; returns them.

    A difference of the same amount that still waits for its explanation is the same break.
    """
    of, new = schema.cash_break.c, []
    waiting: dict[str, set[tuple[object, ...]]] = {}
    for one, persons in found:
        if one.issuer not in waiting:
            left = breaks(tx, one.issuer, open_alone=True)
            waiting[one.issuer] = {_same(each.found) for each in left}
        known = tx.execute(select(of.id).where(of.id == one.id)).first()
        if known or (one.dated and _same(one) in waiting[one.issuer]):
            continue
        row = {
            "id": one.id,
            "issuer": one.issuer,
            "currency": one.currency,
            "kind": str(one.account.kind),
            "name": one.account.name,
            "day": one.day.isoformat(),
            "cause": str(one.cause),
            "reference": one.reference,
            "amount": str(one.amount),
            "persons": persons,
            "found_at": now,
        }
        tx.execute(insert(schema.cash_break).values(**row))
        new.append(one)
    return new


def _same(one: Break) -> tuple[object, ...]:
    return one.currency, one.account, one.cause, one.amount


def breaks(tx: Transaction, issuer: str, *, open_alone: bool) -> list[KnownBreak]:
    """Breaks of an issuer in the order they were found, open ones or all."""
    of, why = schema.cash_break.c, schema.cash_explanation.c
    explained: defaultdict[str, list[Explanation]] = defaultdict(list)
    mine = select(of.id).where(of.issuer == issuer)
    rows = select(schema.cash_explanation).where(why["break"].in_(mine)).order_by(why.number)
    for row in tx.execute(rows).mappings():
        said = Explanation(row["person"], row["why"], row["created_at"])
        explained[row["break"]].append(said)
    found = [
        KnownBreak(
            Break(
                row.issuer,
                row.currency,
                Account(Kind(row.kind), row.name),
                date.fromisoformat(row.day),
                Cause(row.cause),
                row.reference,
                int(row.amount),
            ),
            row.persons,
            row.found_at,
            tuple(explained[row.id]),
        )
        for row in tx.execute(
            select(schema.cash_break).where(of.issuer == issuer).order_by(of.found_at, of.id)
        )
    ]
    return [one for one in found if one.open or not open_alone]


def explain(tx: Transaction, known: KnownBreak, person: str, why: str, now: datetime) -> None:
    """Write down who explained a break. Raises Conflict if he did already, or nobody is needed."""
    if not known.open:
        raise Conflict(f"break {known.found.id[:10]} is explained already", found=known.found.id)
    if any(one.person == person for one in known.explained):
        raise Conflict(
            f"{person} explained break {known.found.id[:10]} already: it takes a second person",
            found=known.found.id,
        )
    row = {"break": known.found.id, "person": person, "why": why, "created_at": now}
    tx.execute(insert(schema.cash_explanation).values(row))
