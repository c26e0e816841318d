"""The cash book: currencies and places, what it says, statements, and breaks, which need people.

What moved on chain is posted by itself (`cash_from_chain.py`) and compared each day (`reconciling.py`). A
break stays open until a person explains it, two persons where it is large; an explanation may post the
missing entry. Everything is audited in the transaction that does it.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from freehold.book import audit
from freehold.book import cashbook as book
from freehold.book.cashbook import Statement
from freehold.book.issuers import KnownIssuer
from freehold.book.session import Transaction
from freehold.chain import coins
from freehold.core import cash_pots
from freehold.core import cashbook as core
from freehold.core.audit import Entry as Noted
from freehold.core.audit import Outcome
from freehold.core.bank_statements import ReadStatement
from freehold.core.cashbook import (
    Account,
    Break,
    Cause,
    Currency,
    Kind,
    KnownBreak,
    Posted,
    Posting,
    Source,
    TrialBalance,
)
from freehold.core.errors import Conflict, Invalid, NotFound, Plain
from freehold.core.identifiers import minor_digits, parse_address, parse_currency
from freehold.core.roles import Power
from freehold.desks import parties, permits
from freehold.desks.access import humans
from freehold.desks.office import Office, today
from freehold.desks.permits import Actor
from freehold.desks.servicing import cash_from_chain, pay_coins

_LONGEST_ACCOUNT = 34
"""An IBAN has at most so many signs (ISO 13616)."""


@dataclass(frozen=True, slots=True)
class Overview:
    """What a page shows first: currencies with their places and what stands on each."""

    issuer: KnownIssuer
    currencies: tuple[Currency, ...]
    places: dict[str, tuple[tuple[Account, int], ...]]
    open_breaks: int


# ---- setting up ----


def add_coin(
    office: Office,
    actor: Actor,
    issuer: str | None,
    coin: str,
    holder: str,
    code: str | None = None,
) -> Currency:
    """Let an issuer pay and be paid in a coin, once it has been tried with a holder's balance.

    Raises NotPermitted, Invalid for a coin that is none or cannot be relied on, Conflict.
    """
    owner = _keeping(office, actor, issuer)
    address, whose = parse_address(coin, "coin"), parse_address(holder, "holder")
    pay_coins.require_money(office, address)
    found = coins.require_reliable(office.w3, address, whose)
    name = _code(code or found.symbol)
    currency = Currency(name, found.decimals, found.address)
    with office.book.transaction() as tx:
        for one in book.currencies(tx, owner.id):
            if one.coin == found.address and one.code != name:
                raise Conflict(f"the coin {found.address} is in the book already as {one.code}")
        book.add_currency(tx, owner.id, currency, 0, office.clock.now())
        _note(tx, office, actor, "cash-coin", owner, {"code": name, "coin": found.address})
    return currency


def add_place(
    office: Office, actor: Actor, issuer: str | None, code: str, kind: Kind, name: str
) -> Account:
    """Say that a wallet, a pot or a bank account holds an issuer's money.

    A bank account brings its ISO 4217 currency with it. Raises NotPermitted, Invalid, NotFound.
    """
    owner = _keeping(office, actor, issuer)
    if kind not in core.PLACES:
        raise Invalid(
            f"kind {kind}: money is kept in {', '.join(core.PLACES)}", field="kind", value=str(kind)
        )
    account = Account(kind, _bank(name) if kind is Kind.BANK else parse_address(name, "name"))
    now = office.clock.now()
    with office.book.transaction() as tx:
        if kind is Kind.BANK:
            bank = Currency(parse_currency(code), minor_digits(parse_currency(code)))
            book.add_currency(tx, owner.id, bank, 0, now)
        elif not book.currency(tx, owner.id, code).coin:
            raise Invalid(f"{code} is money at a bank: a wallet holds a coin", field="currency")
        book.add_place(tx, owner.id, code, account, now)
        _note(tx, office, actor, "cash-place", owner, {"currency": code, "place": str(account)})
    if kind is not Kind.BANK:
        cash_from_chain.forget(office, owner.id, code)
    return account


# ---- reading ----


def overview(office: Office, actor: Actor, issuer: str | None) -> Overview:
    """Currencies, places, what the book says stands on each. Raises NotPermitted."""
    owner = _reading(office, actor, issuer)
    with office.book.reading() as tx:
        known = tuple(book.currencies(tx, owner.id))
        found = {}
        for one in known:
            stands = core.balances(posted.entry for posted in book.entries(tx, owner.id, one.code))
            places = book.places(tx, owner.id, one.code)
            places += sorted(account for account in stands if cash_pots.pot_of(account))
            found[one.code] = tuple((place, stands.get(place, 0)) for place in places)
        left = len(book.breaks(tx, owner.id, open_alone=True))
    return Overview(owner, known, found, left)


def journal(
    office: Office, actor: Actor, issuer: str | None, code: str | None, until: date | None = None
) -> tuple[list[Posted], dict[str, int]]:
    """The entries of a currency (all) in their order, and the decimals of each currency."""
    owner = _reading(office, actor, issuer)
    with office.book.reading() as tx:
        places = {one.code: one.decimals for one in book.currencies(tx, owner.id)}
        if code is not None:
            book.currency(tx, owner.id, code)
        return book.entries(tx, owner.id, code, until), places


def trial_balances(
    office: Office, actor: Actor, issuer: str | None, code: str | None, day: date | None = None
) -> list[tuple[TrialBalance, int]]:
    """The trial balance of a currency (of each) at the end of a day, with its decimals."""
    owner = _reading(office, actor, issuer)
    when = day or today(office)
    with office.book.reading() as tx:
        chosen = [book.currency(tx, owner.id, code)] if code else book.currencies(tx, owner.id)
        return [
            (
                core.trial_balance(
                    (one.entry for one in book.entries(tx, owner.id, each.code, when)),
                    each.code,
                    when,
                ),
                each.decimals,
            )
            for each in chosen
        ]


def breaks(
    office: Office, actor: Actor, issuer: str | None, *, open_alone: bool = True
) -> tuple[list[KnownBreak], dict[str, int]]:
    """Breaks, open ones or all, and the decimals of each currency. Raises NotPermitted."""
    owner = _reading(office, actor, issuer)
    with office.book.reading() as tx:
        places = {one.code: one.decimals for one in book.currencies(tx, owner.id)}
        return book.breaks(tx, owner.id, open_alone=open_alone), places


# ---- statements, breaks, payments ----


def bank_currencies(
    office: Office, actor: Actor, issuer: str | None, *, keeping: bool = False
) -> dict[str, int]:
    """The decimals of the currencies that an issuer has at banks; `keeping`: for one who will write.

    Raises NotPermitted.
    """
    owner = (_keeping if keeping else _reading)(office, actor, issuer)
    with office.book.reading() as tx:
        return {one.code: one.decimals for one in book.currencies(tx, owner.id) if not one.coin}


def decimals(
    office: Office, actor: Actor, issuer: str | None, *, keeping: bool = False
) -> dict[str, int]:
    """The decimals of all currencies of an issuer, coins included. Raises NotPermitted."""
    owner = (_keeping if keeping else _reading)(office, actor, issuer)
    with office.book.reading() as tx:
        return {one.code: one.decimals for one in book.currencies(tx, owner.id)}


def import_statements(
    office: Office, actor: Actor, issuer: str | None, found: Sequence[ReadStatement], content: bytes
) -> list[Statement]:
    """Keep statements of a file, all or none.

    Raises NotPermitted, NotFound for a bank account that is no place of the issuer, Conflict for a
    statement that is here already.
    """
    owner = _keeping(office, actor, issuer)
    kept, now = statements_of(owner, found, content), office.clock.now()
    digest = hashlib.sha256(content).hexdigest()
    with office.book.transaction() as tx:
        for one in kept:
            require_importable(tx, one, today(office))
            book.keep_statement(tx, one, actor.id, now)
            about: dict[str, Plain] = {
                "account": one.account,
                "statement": one.id,
                "sha256": digest,
            }
            _note(tx, office, actor, "cash-import", owner, about)
    return kept


def statements_of(
    owner: KnownIssuer, found: Sequence[ReadStatement], content: bytes
) -> list[Statement]:
    """The statements of a file as the book keeps them."""
    digest = hashlib.sha256(content).hexdigest()
    return [
        Statement(
            hashlib.sha256(f"{digest} {place}".encode()).hexdigest(),
            owner.id,
            one.currency,
            one.account.replace(" ", ""),
            one.id,
            one.day,
            one.opening,
            one.closing,
            one.lines,
        )
        for place, one in enumerate(found)
    ]


def require_importable(tx: Transaction, one: Statement, day: date) -> None:
    """Raises NotFound for a bank account that is no place of the issuer, Invalid for a day that has not
    come, Conflict for a statement that is here already."""
    if Account(Kind.BANK, one.account) not in book.places(tx, one.issuer, one.currency):
        raise NotFound(
            f"the bank account {one.account} in {one.currency} is not one of {one.issuer}: add it first",
            account=one.account,
        )
    if one.day > day:
        raise Invalid(f"statement {one.id}: its day {one.day} has not come", field="day")
    book.require_new_statement(tx, one)


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """An entry's amount on one account, and what stands there after it, in the currency's smallest unit."""

    posted: Posted
    amount: int
    balance: int


def ledger(
    office: Office, actor: Actor, issuer: str | None, code: str, account: str
) -> tuple[KnownIssuer, list[LedgerLine], int]:
    """One account of a currency entry by entry, with its running balance, and the currency's decimals.

    `account` is its name as `bank:DE00` or `holders`. Raises NotPermitted, NotFound, Invalid.
    """
    owner, lines, stands = _reading(office, actor, issuer), [], 0
    if not account or not code:
        raise Invalid(
            "name an account and its currency", field="currency" if account else "account"
        )
    with office.book.reading() as tx:
        money = book.currency(tx, owner.id, code)
        found = book.entries(tx, owner.id, code)
    for posted in found:
        moved = [one.amount for one in posted.entry.postings if str(one.account) == account]
        if moved:
            stands += sum(moved)
            lines.append(LedgerLine(posted, sum(moved), stands))
    return owner, lines, money.decimals


@dataclass(frozen=True, slots=True)
class EntryView:
    """An entry, the number of the one that it takes back, and of the one that takes it back."""

    issuer: KnownIssuer
    posted: Posted
    decimals: int
    reverses: int | None
    reversed_by: int | None


def entry(office: Office, actor: Actor, issuer: str | None, id: str) -> EntryView:
    """One entry by its id or number. Raises NotPermitted, NotFound."""
    owner = _reading(office, actor, issuer)
    with office.book.reading() as tx:
        one = book.find(tx, owner.id, id)
        money = book.currency(tx, owner.id, one.entry.currency)
        taken = book.find(tx, owner.id, one.entry.reverses).number if one.entry.reverses else None
        by = book.reversal_of(tx, owner.id, one.entry.id)
    return EntryView(owner, one, money.decimals, taken, by.number if by else None)


def explain(
    office: Office,
    actor: Actor,
    issuer: str | None,
    id: str,
    why: str,
    against: Kind | None = None,
) -> KnownBreak:
    """Explain a break with a reason; the explanation that closes it posts the difference `against`
    an account, if one is named.

    Raises NotPermitted, for the same human being under another identity too; NotFound, Invalid without a
    reason, Conflict for a second time by the same person or a closed break.
    """
    owner = _keeping(office, actor, issuer)
    if not why.strip():
        raise Invalid("a break is explained with a reason: say why", field="why")
    if against is not None and against not in core.AGAINST:
        raise Invalid(
            f"against {against}: choose one of {', '.join(core.AGAINST)}", field="against"
        )
    now = office.clock.now()
    with office.book.transaction() as tx:
        known = _break(tx, owner.id, id)
        book.explain(tx, known, actor.id, why.strip(), now)
        said = "another person must explain it: you did already, under another identity"
        for earlier in known.explained:
            humans.require_another(tx, earlier.person, actor.id, said)
        known = _break(tx, owner.id, known.found.id)
        if against is not None and not known.open:
            book.post(tx, _correction(known.found, against, why), actor.id, now)
        _note(tx, office, actor, "cash-explain", owner, {"break": known.found.id, "why": why})
    return known


def _correction(found: Break, against: Kind, why: str) -> core.Entry:
    """The entry that makes the book say what the other side says."""
    if found.short:
        raise Invalid(
            "coins that a contract lacks are not posted: leave --against out and say where they are",
            field="against",
        )
    if found.cause is Cause.NOT_ON_STATEMENT:
        raise Invalid(
            "what the bank does not know is reversed, not posted: leave --against out and reverse"
            " the entry",
            field="against",
        )
    postings = (Posting(found.account, found.amount), Posting(Account(against), -found.amount))
    source = Source.BANK if found.account.kind is Kind.BANK else Source.ACT
    reference = found.reference if found.account.kind is Kind.BANK else f"break {found.id}"
    return core.entry(
        found.issuer, found.currency, found.day, source, reference or found.id, why, postings
    )


def reverse(office: Office, actor: Actor, issuer: str | None, id: str, why: str) -> Posted:
    """Take an entry back by another one that names it. Raises NotFound, Conflict the second time."""
    owner = _keeping(office, actor, issuer)
    if not why.strip():
        raise Invalid("an entry is reversed with a reason: say why", field="why")
    with office.book.transaction() as tx:
        known = book.find(tx, owner.id, id)
        turned = core.reversal(known.entry, today(office), why.strip())
        by = book.reversal_of(tx, owner.id, known.entry.id)
        if by or not book.post(tx, turned, actor.id, office.clock.now()):
            raise Conflict(f"entry {known.number} is reversed already", entry=known.entry.id)
        _note(tx, office, actor, "cash-reverse", owner, {"entry": known.entry.id, "why": why})
        return book.find(tx, owner.id, turned.id)


def _break(tx: Transaction, issuer: str, id: str) -> KnownBreak:
    """A break by its id or an unambiguous beginning of it."""
    known = book.breaks(tx, issuer, open_alone=False)
    start = id.removeprefix("0x")
    found = [one for one in known if one.found.id[2:].startswith(start)] if len(start) > 5 else []
    if len(found) != 1:
        raise NotFound(f"no break of {issuer} is called {id}: see `freehold cash breaks`", id=id)
    return found[0]


def _keeping(office: Office, actor: Actor, issuer: str | None) -> KnownIssuer:
    owner = parties.owner(office, issuer)
    permits.require(actor, Power.KEEP_CASH, owner.id)
    return owner


def _reading(office: Office, actor: Actor, issuer: str | None) -> KnownIssuer:
    owner = parties.owner(office, issuer)
    permits.require(actor, Power.READ_CASH, owner.id)
    return owner


def _bank(text: str) -> str:
    """A bank account's number without its spaces. Raises Invalid for what no bank writes."""
    found = text.replace(" ", "")
    if not (found.isascii() and found.isalnum() and 4 <= len(found) <= _LONGEST_ACCOUNT):
        raise Invalid(
            f"name {text[:40]!r} is no bank account: write its IBAN, 4 to {_LONGEST_ACCOUNT} letters and"
            " digits",
            field="name",
        )
    return found


def _code(text: str) -> str:
    code = text.strip().upper()
    if not code.isalnum() or not code.isascii() or len(code) > 16:
        raise Invalid(
            f"code {text!r}: a currency's code is 1 to 16 letters and digits", field="code"
        )
    return code


def _note(
    tx: Transaction,
    office: Office,
    actor: Actor,
    act: str,
    owner: KnownIssuer,
    what: dict[str, Plain],
) -> None:
    entry = Noted(actor.id, act, owner.id, Outcome.DONE, content=what)
    audit.record(tx, entry, office.clock.now())
