"""Routes of keeping the cash book: coins and places, statements tried, an account's entries, reversals."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from freehold.core.cashbook import PLACES, Kind
from freehold.core.errors import Invalid
from freehold.core.units import format_units
from freehold.desks.servicing import cashbook, importing
from freehold.desks.servicing.cashbook import EntryView, LedgerLine
from freehold.desks.servicing.importing import CsvGiven, Tried
from freehold.doors.api.cashbook import Issuer, entry_out
from freehold.doors.api.problems import responses
from freehold.doors.api.routes import Caller, Cursor, Limit, OfficeOf
from freehold.wire.cash import (
    CoinIn,
    CoinOut,
    EntryOut,
    LedgerLineOut,
    LedgerOut,
    LineTriedOut,
    PlaceIn,
    PlaceKeptOut,
    ReversalIn,
    StatementIn,
    StatementOut,
    Statements,
    StatementsTried,
    StatementTriedOut,
)

router = APIRouter(prefix="/v1/cash")
EntryId = Annotated[
    str,
    Path(pattern=r"^([0-9]{1,15}|0x[0-9a-f]{64})$", description="An entry's number, or its id"),
]


@router.post("/coins", status_code=201, responses=responses(400, 404, 409, 422))
def add_coin(office: OfficeOf, actor: Caller, given: CoinIn, issuer: Issuer = None) -> CoinOut:
    """Take a coin into the book, once it was tried: one that cannot be relied on is refused."""
    found = cashbook.add_coin(office, actor, issuer, given.coin, given.holder, given.code)
    return CoinOut(code=found.code, decimals=found.decimals, coin=found.coin)


@router.post("/places", status_code=201, responses=responses(400, 404, 409, 422))
def add_place(
    office: OfficeOf, actor: Caller, given: PlaceIn, issuer: Issuer = None
) -> PlaceKeptOut:
    """Say that a wallet, a pot or a bank account holds the issuer's money."""
    account = cashbook.add_place(
        office, actor, issuer, given.currency, place_kind(given.kind), given.name
    )
    return PlaceKeptOut(account=str(account), currency=given.currency)


@router.post("/statements/dry-runs", responses=responses(400, 404, 409, 422))
def try_statement(
    office: OfficeOf, actor: Caller, given: StatementIn, issuer: Issuer = None
) -> StatementsTried:
    """What a statement would bring in, line by line: the entry each agrees with, or that it will be a
    break. Nothing is kept."""
    found = importing.tried(office, actor, issuer, *content_of(given))
    return StatementsTried(items=[_tried(one) for one in found])


@router.post("/statements", status_code=201, responses=responses(400, 404, 409, 422))
def import_statement(
    office: OfficeOf, actor: Caller, given: StatementIn, issuer: Issuer = None
) -> Statements:
    """Bring a bank's statement in. All mistakes are told at once, and then nothing is imported."""
    kept = importing.bring_in(office, actor, issuer, *content_of(given))
    decimals = cashbook.bank_currencies(office, actor, issuer)
    return Statements(
        items=[
            StatementOut(
                account=one.account,
                statement=one.id,
                currency=one.currency,
                day=one.day,
                lines=len(one.lines),
                closing=format_units(one.closing, decimals[one.currency]),
            )
            for one in kept
        ]
    )


@router.get("/account", responses=responses(400, 404, 409, 422))
def account(
    office: OfficeOf,
    actor: Caller,
    account: Annotated[str, Query(max_length=80, examples=["bank:DE89370400440532013000"])] = "",
    currency: Annotated[str, Query(max_length=16)] = "",
    issuer: Issuer = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> LedgerOut:
    """One account of a currency, entry by entry, with what stands on it after each; 422 unless both are
    named."""
    _, lines, places = cashbook.ledger(office, actor, issuer, currency, account)
    first = int(cursor or 0)
    shown = lines[first : first + limit]
    return LedgerOut(
        account=account,
        currency=currency,
        balance=format_units(lines[-1].balance if lines else 0, places),
        items=[_line(one, account, places) for one in shown],
        next=str(first + limit) if len(lines) > first + limit else None,
    )


@router.get("/entries/{id}", responses=responses(400, 404, 409))
def one_entry(office: OfficeOf, actor: Caller, id: EntryId, issuer: Issuer = None) -> EntryOut:
    """One entry, by its number or id."""
    return _entry(cashbook.entry(office, actor, issuer, id))


@router.post("/entries/{id}/reversal", status_code=201, responses=responses(400, 404, 409, 422))
def reverse(
    office: OfficeOf, actor: Caller, id: EntryId, given: ReversalIn, issuer: Issuer = None
) -> EntryOut:
    """Take an entry back by another one that names it; 409 the second time."""
    made = cashbook.reverse(office, actor, issuer, id, given.why)
    return _entry(cashbook.entry(office, actor, issuer, made.entry.id))


def content_of(given: StatementIn) -> tuple[bytes, CsvGiven]:
    """The file that was sent, and what was told of it. Raises Invalid unless there is one."""
    if (given.camt053 is None) == (given.csv is None):
        raise Invalid("a statement is either camt053 or csv: send one of the two", field="camt053")
    if given.csv is None:
        return (given.camt053 or "").encode(), CsvGiven()
    told = given.csv.model_dump(exclude={"text"})
    return given.csv.text.encode(), CsvGiven(**told)


def place_kind(word: str) -> Kind:
    """A kind of place. Raises Invalid."""
    if word not in [str(one) for one in PLACES]:
        raise Invalid(f"kind {word!r}: money is kept in {', '.join(PLACES)}", field="kind")
    return Kind(word)


def _entry(one: EntryView) -> EntryOut:
    return entry_out(one.posted, one.decimals)


def _line(one: LedgerLine, account: str, places: int) -> LedgerLineOut:
    entry = one.posted.entry
    against = [str(each.account) for each in entry.postings if str(each.account) != account]
    return LedgerLineOut(
        number=one.posted.number,
        day=entry.day,
        text=entry.text,
        against=against,
        amount=format_units(one.amount, places),
        balance=format_units(one.balance, places),
        reverses=bool(entry.reverses),
    )


def _tried(one: Tried) -> StatementTriedOut:
    read = one.read
    return StatementTriedOut(
        account=read.account,
        statement=read.id,
        currency=read.currency,
        day=read.day,
        opening=format_units(read.opening, one.decimals),
        closing=format_units(read.closing, one.decimals),
        follows=one.follows,
        lines=[
            LineTriedOut(
                day=line.day,
                amount=format_units(line.amount, one.decimals),
                reference=line.reference,
                text=line.text,
                entry=entry,
            )
            for line, entry in one.lines
        ],
    )
