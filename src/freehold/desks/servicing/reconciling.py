"""The cash book against chain and banks: compared each day by the worker, or when somebody asks.

A difference is kept once and stays open until a person explains it. Whoever keeps the book is written to
about each new one, and the feed tells it. What the contracts that keep pots hold must cover all their
pots, those of other issuers too: a sum above the coins is a break of everybody who has a pot there.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from freehold.book import audit, changes, identities, issuers
from freehold.book import cashbook as book
from freehold.book.issuers import KnownIssuer
from freehold.book.session import Transaction
from freehold.chain import coins
from freehold.core import cashbook as core
from freehold.core.audit import Entry as Noted
from freehold.core.audit import Outcome
from freehold.core.cash_pots import Pot
from freehold.core.cashbook import Account, Break, Cause, Currency, Kind, KnownBreak, Posted
from freehold.core.clock import parse
from freehold.core.errors import Broken, Plain
from freehold.core.letters import Kind as Letter
from freehold.core.roles import EVERYWHERE, GRANTED, Power, Role
from freehold.desks import notices, parties, permits
from freehold.desks.office import Office, today
from freehold.desks.permits import Actor
from freehold.desks.servicing import cash_from_chain
from freehold.desks.servicing.cash_from_chain import Told

TWO_PERSONS_FROM = 1_000
"""Whole units of a currency from which two persons have to explain a break."""
WORKER = "worker"


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What was compared on a day, up to which block, and the breaks: new ones, and all open ones."""

    issuer: str
    day: date
    block: int
    posted: int
    compared: int
    new: int
    open: tuple[KnownBreak, ...]

    @property
    def clean(self) -> bool:
        return not self.open


@dataclass(frozen=True, slots=True)
class Standing:
    """How an issuer's book stands: when it was compared last, by whom, what was wrong with doing it,
    and the breaks that are open, with the decimals of each currency."""

    issuer: KnownIssuer
    at: datetime | None
    by: str
    compared: int
    failed: str
    open: tuple[KnownBreak, ...]
    decimals: Mapping[str, int]


def reconcile(office: Office, actor: Actor, issuer: str | None) -> Reconciled:
    """Post what moved, then compare every place with the chain or its bank; keep what differs.

    Raises NotPermitted, and as the chain and the book do.
    """
    owner = parties.owner(office, issuer)
    permits.require(actor, Power.KEEP_CASH, owner.id)
    return _reconciled(office, owner, actor.id)


def reconcile_due(office: Office) -> int:
    """Compare the book of every issuer once on each UTC day; how many were. The worker does it.

    A book that contradicts itself is written down as not compared, and told; the others go on.
    """
    now, done = office.clock.now(), 0
    with office.book.reading() as tx:
        known = [one for one in issuers.issuers(tx) if one.chain == office.chain]
        last = {one.id: book.compared(tx, one.id) for one in known}
    for owner in known:
        at = last[owner.id].get("at")
        if at and parse(at).astimezone(UTC).date() >= now.astimezone(UTC).date():
            continue
        try:
            _reconciled(office, owner, WORKER)
        except Broken as fault:
            _failed(office, owner, fault.message)
        done += 1
    return done


def standing(office: Office, who: Actor, issuer: str | None) -> Standing:
    """How an issuer's book stands. Raises NotPermitted, NotFound."""
    owner = parties.owner(office, issuer)
    permits.require(who, Power.READ_CASH, owner.id)
    with office.book.reading() as tx:
        said = book.compared(tx, owner.id)
        left = tuple(book.breaks(tx, owner.id, open_alone=True))
        decimals = {one.code: one.decimals for one in book.currencies(tx, owner.id)}
    at = parse(said["at"]) if said else None
    by, failed = said.get("by", ""), said.get("failed", "")
    return Standing(owner, at, by, int(said.get("compared", 0)), failed, left, decimals)


# ---- comparing ----


def _reconciled(office: Office, owner: KnownIssuer, by: str) -> Reconciled:
    posted, told = cash_from_chain.bring_in(office, owner)
    with office.book.reading() as tx:
        known = book.currencies(tx, owner.id)
        booked = {one.code: book.entries(tx, owner.id, one.code) for one in known}
    day, found, compared = today(office), [], 0
    for one in known:
        for differing in _of_currency(office, owner, one, booked[one.code], told, day):
            compared += 1
            found += [(each, _persons(each, one.decimals)) for each in differing]
    now = office.clock.now()
    with office.book.transaction() as tx:
        new = book.keep_breaks(tx, found, now)
        left = tuple(book.breaks(tx, owner.id, open_alone=True))
        decimals = {one.code: one.decimals for one in known}
        _announce(tx, owner, [each.sentence(decimals[each.currency]) for each in new], new, now)
        content: dict[str, Plain] = {"block": told.last, "compared": compared, "new": len(new)}
        if known or by != WORKER:  # nothing happened where nobody keeps any money
            entry = Noted(by, "cash-reconcile", owner.id, Outcome.DONE, content=content)
            audit.record(tx, entry, now)
        book.keep_compared(tx, owner.id, {"by": by, "compared": str(compared)}, now)
    return Reconciled(owner.id, day, told.last, posted, compared, len(new), left)


def _of_currency(
    office: Office,
    owner: KnownIssuer,
    currency: Currency,
    booked: Sequence[Posted],
    told: Told,
    day: date,
) -> Iterator[list[Break]]:
    """What differs at each place of a currency, place by place."""
    stands = core.balances(each.entry for each in booked)
    known = (owner.id, currency.code)
    with office.book.reading() as tx:
        places = book.places(tx, *known)
    for place in places:
        if place.kind is Kind.BANK:
            yield _bank_breaks(office, owner.id, currency.code, place, booked, day)
        else:
            theirs = coins.balance(office.w3, currency.coin, place.name, told.last)
            inside = {place, Account(Kind.TAX, place.name)}  # tax that is not remitted is in it too
            ours = sum(stands.get(one, 0) for one in inside)
            yield core.compare_balance(*known, place, day, ours, theirs)
    mine = told.of(currency.coin)
    for pot in mine:
        for place, theirs in cash_from_chain.held_by_pot(office, pot, told.last).items():
            yield core.compare_balance(*known, place, day, stands.get(place, 0), theirs)
    for contract in sorted({pot.contract for pot in mine}):
        said = _sum_of_pots(office, contract, currency.coin, told.last)
        held = coins.balance(office.w3, currency.coin, contract, told.last)
        yield core.compare_sum(*known, contract, day, said, held)


def _sum_of_pots(office: Office, contract: str, coin: str, block: int) -> int:
    """What all pots of a contract in a coin say together after a block, whoever's they are."""
    by_coin: dict[str, list[Pot]] = defaultdict(list)
    for pot, its in cash_from_chain.every_pot(office, block).items():
        by_coin[its].append(pot)
    return sum(
        amount
        for pot in by_coin[coin]
        if pot.contract == contract
        for amount in cash_from_chain.held_by_pot(office, pot, block).values()
    )


def _bank_breaks(
    office: Office, issuer: str, code: str, place: Account, booked: Sequence[Posted], day: date
) -> list[Break]:
    """What the imported statements of a bank account and the book do not have in common."""
    with office.book.reading() as tx:
        told = book.statements(tx, issuer, place.name, day)
    if not told:
        return []
    until = max(one.day for one in told)
    ours = [
        (posted.entry.reference, posted.entry.day, amount)
        for posted in booked
        for account, amount in posted.entry.postings
        if account == place and posted.entry.day <= until and not posted.entry.reverses
    ]
    lines = [line for one in told for line in one.lines]
    found = core.compare_statement(issuer, code, place, ours, lines)
    opening, closing = told[0].opening, told[-1].closing
    missing = closing - opening - sum(line.amount for line in lines)
    if missing:  # a statement between two others was not imported
        reference = f"statements {told[0].id} to {told[-1].id}"
        found.append(Break(issuer, code, place, until, Cause.BALANCE, reference, missing))
    return found


def _persons(found: Break, decimals: int) -> int:
    return 2 if abs(found.amount) >= TWO_PERSONS_FROM * 10**decimals else 1


# ---- telling ----


def keepers(tx: Transaction, issuer: str) -> list[str]:
    """The identities that keep an issuer's cash book."""
    roles = [role for role in Role if Power.KEEP_CASH in GRANTED[role]]
    scopes = (issuer, EVERYWHERE)
    found = (identities.with_role(tx, role, scope) for role in roles for scope in scopes)
    return sorted(frozenset().union(*found))


def _announce(
    tx: Transaction,
    owner: KnownIssuer,
    sentences: Sequence[str],
    new: Sequence[Break],
    now: datetime,
) -> None:
    """One letter to each who keeps the book, and one change for each break."""
    for one, sentence in zip(new, sentences, strict=True):
        content: dict[str, Plain] = {"what": sentence, "day": one.day.isoformat()}
        content |= {"currency": one.currency, "account": str(one.account)}
        changes.record(tx, changes.CASH, owner.id, one.id, content, now)
    if new:
        more = f", and {len(new) - 1} more" if len(new) > 1 else ""
        ids = hashlib.sha256(" ".join(one.id for one in new).encode()).hexdigest()
        _write(tx, owner, f"{sentences[0]}{more}", f"breaks {ids}", now)


def _failed(office: Office, owner: KnownIssuer, why: str) -> None:
    """Write down that a book could not be compared, and why."""
    now = office.clock.now()
    with office.book.transaction() as tx:
        content: dict[str, Plain] = {"why": why}
        entry = Noted(WORKER, "cash-reconcile", owner.id, Outcome.FAILED, content=content)
        audit.record(tx, entry, now)
        book.keep_compared(tx, owner.id, {"by": WORKER, "failed": why}, now)
        said = f"it could not be compared: {why}"
        _write(tx, owner, said, f"not compared {now:%Y-%m-%d}", now)


def _write(tx: Transaction, owner: KnownIssuer, what: str, once: str, now: datetime) -> None:
    facts = {"issuer": owner.name, "what": what, "link": "/cash/reconciliation"}
    for each in keepers(tx, owner.id):
        notices.tell(tx, each, Letter.BREAK, facts, now, once)
