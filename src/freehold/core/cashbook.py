"""The cash book: every movement of money by double entry, for each issuer and currency.

An account has a kind and a name. *Places* hold money and can be asked what they hold: a wallet, a pot,
a bank account. Everything else says whose money it is or where it went. An entry's postings sum to
zero in their one currency, a debit above zero and a credit below, or it does not come into being; it
is never changed or deleted, only reversed by another one that names it. Amounts are whole numbers of
the currency's smallest unit. Source: double-entry bookkeeping as in Pacioli, *Summa* (1494), XI.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from freehold.core.errors import Broken, Conflict, Invalid
from freehold.core.ids import record_hash
from freehold.core.units import format_units


class Kind(StrEnum):
    """What an account is for. The first six are places, which hold money."""

    CASH = "cash"
    ESCROW = "escrow"
    DISTRIBUTION = "distribution"
    TAX = "tax"
    FEE = "fee"
    BANK = "bank"
    UNCLAIMED = "unclaimed"
    HOLDERS = "holders"
    AUTHORITY = "authority"
    OUTSIDE = "outside"
    UNEXPLAINED = "unexplained"


PLACES = (Kind.CASH, Kind.ESCROW, Kind.DISTRIBUTION, Kind.TAX, Kind.FEE, Kind.BANK, Kind.UNCLAIMED)
AGAINST = (
    Kind.HOLDERS,
    Kind.AUTHORITY,
    Kind.FEE,
    Kind.OUTSIDE,
    Kind.UNEXPLAINED,
    Kind.ESCROW,
)
"""What money that came to or left a bank may stand against."""
_ACROSS: Mapping[Kind, Kind] = {
    Kind.DISTRIBUTION: Kind.HOLDERS,
    Kind.TAX: Kind.AUTHORITY,
}
"""Whom a place pays when money leaves it to somebody whose address is not ours."""


class Account(NamedTuple):
    """An account of one issuer's book: its kind, and which one (an address, an IBAN, or empty)."""

    kind: Kind
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}" if self.name else str(self.kind)


class Currency(NamedTuple):
    """A currency of the book: its code, how many decimals, and the coin's contract if it is one."""

    code: str
    decimals: int
    coin: str = ""


class Posting(NamedTuple):
    """An amount on an account: a debit above zero, a credit below."""

    account: Account
    amount: int


class Source(StrEnum):
    """Where an entry comes from."""

    CHAIN = "chain"
    BANK = "bank"
    ACT = "act"
    REVERSAL = "reversal"


@dataclass(frozen=True, slots=True)
class Entry:
    """One balanced entry. `reference` is what it happens once under; `reverses` another entry's id."""

    issuer: str
    currency: str
    day: date
    source: Source
    reference: str
    text: str
    postings: tuple[Posting, ...]
    reverses: str = ""

    @property
    def id(self) -> str:
        """The entry's id, the same for the same reference of the same issuer and currency."""
        return record_hash([self.issuer, self.currency, self.source.value, self.reference])


def entry(
    issuer: str,
    currency: str,
    day: date,
    source: Source,
    reference: str,
    text: str,
    postings: Iterable[Posting],
    reverses: str = "",
) -> Entry:
    """A balanced entry. Raises Invalid for one that does not balance, is empty or has no reference."""
    found = tuple(one for one in postings if one.amount)
    if not reference.strip():
        raise Invalid("the entry has no reference: it says what happens once", field="reference")
    total = sum(one.amount for one in found)
    if total:
        side = "debits exceed credits" if total > 0 else "credits exceed debits"
        raise Invalid(
            f"the entry {reference!r} does not balance: {side} by {abs(total)} {currency}",
            field="postings",
        )
    if len(found) < 2:
        raise Invalid(f"the entry {reference!r} moves nothing", field="postings")
    return Entry(issuer, currency, day, source, reference, text, found, reverses)


def reversal(of: Entry, day: date, text: str) -> Entry:
    """The entry that takes another back. Raises Conflict for a reversal of a reversal."""
    if of.reverses:
        raise Conflict(f"entry {of.id} is a reversal itself: post what is right instead")
    turned = [Posting(one.account, -one.amount) for one in of.postings]
    known = (of.issuer, of.currency, day, Source.REVERSAL, of.id, text, turned)
    return entry(*known, reverses=of.id)


class Movement(NamedTuple):
    """Coins that moved on chain: what log says so, on which day, from and to which address."""

    coin: str
    block: int
    log: int
    day: date
    sender: str
    receiver: str
    amount: int
    transaction: str = ""


def entry_of_movement(
    issuer: str, currency: str, places: Mapping[str, Account], moved: Movement
) -> Entry | None:
    """The entry of a movement between places of an issuer (by address), or into or out of one.

    None where it touches none of them, moves nothing, or stays where it was.
    """
    sender, receiver = places.get(moved.sender), places.get(moved.receiver)
    if sender == receiver or not moved.amount:
        return None
    paid = receiver or _across(sender, moved.receiver)
    payer = sender or Account(Kind.OUTSIDE, moved.sender)
    text = f"{payer} to {paid}"
    postings = (Posting(paid, moved.amount), Posting(payer, -moved.amount))
    reference = f"{moved.coin} {moved.block}/{moved.log}"
    return entry(issuer, currency, moved.day, Source.CHAIN, reference, text, postings)


def _across(sender: Account | None, receiver: str) -> Account:
    assert sender is not None, "one of the two is a place"
    kind = _ACROSS.get(sender.kind, Kind.OUTSIDE)
    return Account(kind, "" if kind is Kind.HOLDERS else receiver)


@dataclass(frozen=True, slots=True)
class Posted:
    """An entry of the book with its number, who posted it and when."""

    number: int
    entry: Entry
    posted_by: str
    posted_at: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a trial balance: what stands on an account, as a debit or as a credit."""

    account: Account
    debit: int
    credit: int


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """All accounts of a currency at the end of a day; both columns have the same sum."""

    currency: str
    day: date
    lines: Sequence[Line]
    total: int


def trial_balance(entries: Iterable[Entry], currency: str, day: date) -> TrialBalance:
    """The trial balance at the end of a day. Raises Broken if the book does not balance."""
    found = balances(one for one in entries if one.currency == currency and one.day <= day)
    lines = [
        Line(account, max(amount, 0), max(-amount, 0))
        for account, amount in sorted(found.items())
        if amount
    ]
    debit, credit = sum(line.debit for line in lines), sum(line.credit for line in lines)
    if debit != credit:
        raise Broken(f"the cash book of {currency} does not balance: {debit} is not {credit}")
    return TrialBalance(currency, day, lines, debit)


def balances(entries: Iterable[Entry]) -> dict[Account, int]:
    """What stands on each account: debits less credits. The entries are of one currency."""
    found: dict[Account, int] = {}
    for one in entries:
        for account, amount in one.postings:
            found[account] = found.get(account, 0) + amount
    return found


# ---- reconciliation ----


class Cause(StrEnum):
    """What differs."""

    BALANCE = "balance"  # a place holds something else than the book says
    NOT_IN_BOOK = "not in the book"  # a line of a statement without a posting
    NOT_ON_STATEMENT = "not on the statement"  # a posting that the bank does not know


_POTS = "pots "
"""How a break's reference begins that is about all pots of a contract."""


@dataclass(frozen=True, slots=True)
class Break:
    """A difference that somebody has to explain; `amount` is what the other side has more."""

    issuer: str
    currency: str
    account: Account
    day: date
    cause: Cause
    reference: str
    amount: int

    @property
    def id(self) -> str:
        """The same for the same difference of a day, and for the same line of a statement."""
        words: list[str | int] = [self.issuer, self.currency, str(self.account), self.cause.value]
        return record_hash([*words, self.reference, str(self.amount)])

    @property
    def dated(self) -> bool:
        """Whether it is known by the day that it was found, not by a line of a statement."""
        return self.reference.removeprefix(_POTS) == self.day.isoformat()

    @property
    def short(self) -> bool:
        """Whether a contract holds fewer coins than its pots say."""
        return self.reference.startswith(_POTS)

    def sentence(self, decimals: int) -> str:
        """What is wrong, for a person."""
        amount = f"{format_units(abs(self.amount), decimals)} {self.currency}"
        if self.short:
            return f"{self.account} holds {amount} less than its pots say"
        if self.cause is Cause.BALANCE:
            side = "more" if self.amount > 0 else "less"
            return f"{self.account} holds {amount} {side} than the book says"
        way = "came in" if self.amount > 0 else "went out"
        if self.cause is Cause.NOT_IN_BOOK:
            return f"{amount} {way} at the bank ({self.reference}) and is {self.cause}"
        return f"the book has {amount} that {way} ({self.reference}) and is {self.cause}"


@dataclass(frozen=True, slots=True)
class Explanation:
    """Who explained a break, how and when."""

    person: str
    why: str
    at: datetime


@dataclass(frozen=True, slots=True)
class KnownBreak:
    """A break that was found: since when, how many persons it takes, who has explained it."""

    found: Break
    persons: int
    found_at: datetime
    explained: tuple[Explanation, ...]

    @property
    def open(self) -> bool:
        return len(self.explained) < self.persons


class BankLine(NamedTuple):
    """A line of a bank's statement: booking day, amount (below zero: paid out), its reference."""

    day: date
    amount: int
    reference: str
    text: str


def compare_balance(
    issuer: str, currency: str, account: Account, day: date, ours: int, theirs: int
) -> list[Break]:
    """The break of a place that holds something else than the book says, if it does."""
    if ours == theirs:
        return []
    return [Break(issuer, currency, account, day, Cause.BALANCE, day.isoformat(), theirs - ours)]


def compare_sum(
    issuer: str, currency: str, contract: str, day: date, said: int, held: int
) -> list[Break]:
    """The break of a contract that holds fewer coins than all its pots say together, if it does."""
    if said <= held:
        return []
    account = Account(Kind.DISTRIBUTION, contract)
    reference = f"{_POTS}{day.isoformat()}"
    return [Break(issuer, currency, account, day, Cause.BALANCE, reference, held - said)]


def compare_statement(
    issuer: str,
    currency: str,
    account: Account,
    booked: Sequence[tuple[str, date, int]],
    lines: Sequence[BankLine],
) -> list[Break]:
    """Match postings of a bank account (reference, day, amount) with a statement's lines, one to one.

    What is left on either side is a break. Lines that say the same are told apart by their number, so that
    a second one is a break of its own.
    """
    matched = paired(booked, lines)
    missing = [line for line, at in zip(_told_apart(lines), matched, strict=True) if at is None]
    left = [one for at, one in enumerate(booked) if at not in set(matched)]
    known = (issuer, currency, account)
    return [
        *(Break(*known, one.day, Cause.NOT_IN_BOOK, one.reference, one.amount) for one in missing),
        *(Break(*known, day, Cause.NOT_ON_STATEMENT, ref, amount) for ref, day, amount in left),
    ]


def paired(booked: Sequence[tuple[str, date, int]], lines: Sequence[BankLine]) -> list[int | None]:
    """Which posting of `booked` each line of a statement agrees with, by its place; None for none.

    Lines pair with a posting of the same reference and amount; one that has no reference in common
    pairs by day and amount.
    """
    told = list(_told_apart(lines))
    references = {one.reference for one in told}
    by_reference: dict[tuple[str, int], list[int]] = {}
    for at, (reference, _, amount) in enumerate(booked):
        by_reference.setdefault((reference, amount), []).append(at)
    found: list[int | None] = []
    for line in told:
        same = by_reference.get((line.reference, line.amount))
        found.append(same.pop(0) if same else None)
    taken = set(found)
    by_day: dict[tuple[date, int], list[int]] = {}
    for at, (reference, day, amount) in enumerate(booked):
        if at not in taken and reference not in references:
            by_day.setdefault((day, amount), []).append(at)
    for place, line in enumerate(told):
        alike = by_day.get((line.day, line.amount))
        if found[place] is None and alike:
            found[place] = alike.pop(0)
    return found


def _told_apart(lines: Sequence[BankLine]) -> Iterator[BankLine]:
    """Lines with references that differ: a missing one is the day's, the same again is numbered."""
    seen: dict[tuple[str, int], int] = {}
    for line in lines:
        name = line.reference or f"of {line.day}"
        again = seen[name, line.amount] = seen.get((name, line.amount), 0) + 1
        yield line._replace(reference=name if again == 1 else f"{name} ({again})")


@dataclass(frozen=True, slots=True)
class BankLeg:
    """Money that leaves a bank account (below zero) or came in; `against` says what it is for. Where
    `account` is a wallet it is tax that a pot sent there, and that its authority gets. `approval` is the
    proposal that two persons agree to, `state` where that stands."""

    issuer: str
    currency: str
    account: str
    amount: int
    payee: str
    against: Kind
    reference: str
    day: date
    proposed_by: str = ""
    released_by: str = ""
    approval: str = ""
    state: str = ""

    @property
    def of_wallet(self) -> bool:
        """Whether it is tax that waits in a wallet, and not money at a bank."""
        return self.account.startswith("0x")

    @property
    def id(self) -> str:
        """The same for the same reference on the same bank account."""
        return record_hash([self.issuer, self.account, self.reference])
