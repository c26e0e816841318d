"""Statements of banks come in: read as camt.053 or CSV, tried against the book, then kept.

A trial says of each line which entry it agrees with; what agrees with none becomes a break when the book
is reconciled. Statements post nothing by themselves.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from freehold.book import cashbook as book
from freehold.book.cashbook import Statement
from freehold.book.session import Transaction
from freehold.core import bank_statements, statement_text
from freehold.core import cashbook as core
from freehold.core.bank_statements import CsvTerms, ReadStatement
from freehold.core.cashbook import Account, BankLine, Kind
from freehold.core.errors import Invalid
from freehold.core.statement_text import DayOrder
from freehold.desks import parties
from freehold.desks.office import Office, today
from freehold.desks.permits import Actor
from freehold.desks.servicing import cashbook

_NEEDED = ("account", "statement", "currency", "opening")


@dataclass(frozen=True, slots=True)
class CsvGiven:
    """What is told of a CSV: whose account, the statement's number, its currency and opening balance, the
    headings of its columns, and the readings of amounts and days where they have two."""

    account: str = ""
    statement: str = ""
    currency: str = ""
    opening: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    decimal_sign: str = ""
    day_order: str = ""


@dataclass(frozen=True, slots=True)
class Tried:
    """A statement as it would come in, each line with the number of the entry it agrees with.

    `follows`: whether it opens with what the last one of the account closed with; None for the first.
    """

    read: ReadStatement
    decimals: int
    lines: tuple[tuple[BankLine, int | None], ...]
    follows: bool | None


def read(
    office: Office, actor: Actor, issuer: str | None, content: bytes, given: CsvGiven
) -> list[ReadStatement]:
    """The statements of a file. Raises NotPermitted, Invalid with every mistake and its line."""
    places = cashbook.bank_currencies(office, actor, issuer, keeping=True)
    if bank_statements.is_camt(content):
        return bank_statements.read_camt(content, places)
    lines = bank_statements.lines_of(content)
    return [bank_statements.read_csv(lines, _terms(given, places))]


def bring_in(
    office: Office, actor: Actor, issuer: str | None, content: bytes, given: CsvGiven
) -> list[Statement]:
    """Keep the statements of a file, all or none. Raises as `read`, NotFound, Conflict."""
    found = read(office, actor, issuer, content, given)
    named = _named(content, given)
    return cashbook.import_statements(office, actor, issuer, found, named)


def tried(
    office: Office, actor: Actor, issuer: str | None, content: bytes, given: CsvGiven
) -> list[Tried]:
    """What `bring_in` would do; nothing is kept. Raises as it does."""
    owner = parties.owner(office, issuer)
    found = read(office, actor, issuer, content, given)
    kept = cashbook.statements_of(owner, found, _named(content, given))
    with office.book.reading() as tx:
        for one in kept:
            cashbook.require_importable(tx, one, today(office))
        decimals = {one.code: one.decimals for one in book.currencies(tx, owner.id)}
        return [
            Tried(each, decimals[each.currency], *_compared(tx, owner.id, each, one))
            for each, one in zip(found, kept, strict=True)
        ]


def _named(content: bytes, given: CsvGiven) -> bytes:
    """What tells a file from another one: a CSV does not say itself which statement it is."""
    if bank_statements.is_camt(content):
        return content
    return f"{given.account.replace(' ', '')} {given.statement.strip()}\n".encode() + content


def _compared(
    tx: Transaction, issuer: str, read: ReadStatement, one: Statement
) -> tuple[tuple[tuple[BankLine, int | None], ...], bool | None]:
    """Each line with the entry it agrees with, beside all that was imported before."""
    place = Account(Kind.BANK, one.account)
    booked = [
        (posted.number, (posted.entry.reference, posted.entry.day, amount))
        for posted in book.entries(tx, issuer, one.currency)
        for account, amount in posted.entry.postings
        if account == place and not posted.entry.reverses
    ]
    known = book.statements(tx, issuer, one.account, date.max)
    lines = [line for each in known for line in each.lines]
    matched = core.paired([each for _, each in booked], [*lines, *read.lines])[len(lines) :]
    told = [None if at is None else booked[at][0] for at in matched]
    before = [each for each in known if each.day <= one.day]
    follows = before[-1].closing == one.opening if before else None
    return tuple(zip(read.lines, told, strict=True)), follows


def _terms(given: CsvGiven, places: Mapping[str, int]) -> CsvTerms:
    """What was told of a CSV. Raises Invalid naming what is missing or not known."""
    needed = {name: getattr(given, name).strip() for name in _NEEDED}
    if lacking := [name for name, text in needed.items() if not text]:
        raise Invalid(f"the file is CSV: give {', '.join(lacking)}", field=lacking[0])
    if given.currency not in places:
        known = ", ".join(places) or "none"
        said = f"currency {given.currency[:16]}: no bank account is in it; there are {known}"
        raise Invalid(said, field="currency")
    for name in given.columns:
        if name not in bank_statements.COLUMNS:
            known = ", ".join(bank_statements.COLUMNS)
            raise Invalid(f"columns: {name[:32]!r} is none of {known}", field="columns")
    if given.decimal_sign not in ("", ",", "."):
        raise Invalid(f"decimal_sign {given.decimal_sign[:8]!r}: , or .", field="decimal_sign")
    order = DayOrder(given.day_order) if given.day_order in list(DayOrder) else None
    if given.day_order and order is None:
        said = f"day_order {given.day_order[:16]!r}: choose {' or '.join(DayOrder)}"
        raise Invalid(said, field="day_order")
    decimals = places[given.currency]
    opening = statement_text.amount(given.opening, decimals, given.decimal_sign, "opening")
    account = given.account.replace(" ", "")
    columns = {name: heading for name, heading in given.columns.items() if heading}
    known_of = (account, given.statement.strip(), given.currency, decimals, opening)
    return CsvTerms(*known_of, columns, given.decimal_sign, order)
