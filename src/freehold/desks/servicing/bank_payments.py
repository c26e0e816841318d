"""Payments that a bank makes for an issuer, and tax that is paid to its authority: what each would post.

Two persons agree to a payment (`desks/approvals/approvable_payments.py`), and only then it is posted, in
the transaction of the second one's decision. Tax waits under `tax` with the name of the wallet that a pot
sent it to (`core/cash_pots.py`), and its payment names that wallet.
"""

from collections.abc import Mapping
from datetime import datetime

from freehold.book import audit, bank_legs
from freehold.book import cashbook as book
from freehold.book.session import Transaction
from freehold.core import cashbook as core
from freehold.core.audit import Entry as Noted
from freehold.core.audit import Outcome
from freehold.core.cashbook import Account, BankLeg, Kind, Posting, Source
from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.core.ids import checksummed


def require_payable(tx: Transaction, leg: BankLeg) -> None:
    """Raises Invalid for an amount of 0, no reference, or an account that the payment cannot stand against;
    NotFound for an account that is no place of the issuer's; Conflict for more tax than waits, or what
    was paid under this reference already."""
    if not leg.amount or leg.against not in core.AGAINST or not leg.reference.strip():
        raise Invalid("a payment has an amount, a reference, and an account it stands against")
    one = _entry(tx, leg)
    if known := bank_legs.earlier(tx, leg.id):
        raise Conflict(
            f"the payment {leg.reference!r} was released by {known.released_by} already",
            leg=leg.id,
        )
    if book.is_there(tx, one.id):
        raise Conflict(
            f"another entry stands in the book under {leg.reference!r}: choose another reference",
            entry=one.id,
        )


def postings(tx: Transaction, leg: BankLeg) -> list[Posting]:
    """What the payment would post now. Raises as `require_payable`."""
    if leg.of_wallet:
        return _remitted(tx, leg)
    bank = Account(Kind.BANK, leg.account)
    if bank not in book.places(tx, leg.issuer, leg.currency):
        raise NotFound(f"{leg.account} is no bank account of {leg.issuer} in {leg.currency}")
    return [Posting(bank, leg.amount), Posting(Account(leg.against), -leg.amount)]


def stands(tx: Transaction, leg: BankLeg) -> Mapping[Account, int]:
    """What is on each account of the payment's currency now, in its smallest unit."""
    return core.balances(one.entry for one in book.entries(tx, leg.issuer, leg.currency))


def post(tx: Transaction, leg: BankLeg, now: datetime) -> None:
    """Post a payment that two persons agreed to, once. Raises as `require_payable`."""
    require_payable(tx, leg)
    one = _entry(tx, leg)
    book.post(tx, one, leg.released_by, now)
    bank_legs.keep(tx, leg, one.id, now)
    told = {"reference": leg.reference, "amount": str(leg.amount)}
    noted = Noted(leg.released_by, "cash-release", leg.issuer, Outcome.DONE, content=dict(told))
    audit.record(tx, noted, now)


def _entry(tx: Transaction, leg: BankLeg) -> core.Entry:
    source = Source.ACT if leg.of_wallet else Source.BANK
    known = (leg.issuer, leg.currency, leg.day, source, leg.reference, leg.payee)
    return core.entry(*known, postings(tx, leg))


def _remitted(tx: Transaction, leg: BankLeg) -> list[Posting]:
    """What says that an authority has the tax of a wallet.

    Where the wallet is a place of the book, what was tax in it is the issuer's own from then on, and the
    authority was paid by coins that went from it to the payee's wallet, or by money of another account.

    Raises Invalid, Conflict for more than waits, or coins that did not go to the payee yet.
    """
    if leg.against is not Kind.AUTHORITY or leg.amount >= 0:
        raise Invalid(
            f"what is paid out of the wallet {leg.account} is tax: it stands against authority",
            field="against",
        )
    wallet, amount = checksummed(leg.account), -leg.amount
    tax, whose = Account(Kind.TAX, wallet), Account(Kind.AUTHORITY, leg.payee)
    stood = stands(tx, leg)
    if stood.get(tax, 0) < amount:
        raise Conflict(f"of {tax} {stood.get(tax, 0)} waits, and {amount} is to be remitted")
    postings = [Posting(tax, leg.amount), Posting(whose, amount)]
    places = {one.name: one for one in book.places(tx, leg.issuer, leg.currency)}
    place = places.get(wallet)
    if place is None:
        return postings
    source = Account(Kind.OUTSIDE, leg.payee)
    if leg.payee.startswith("0x") and stood.get(source, 0) < amount:
        raise Conflict(f"the coins did not go from {wallet} to {leg.payee} yet: send them first")
    return [*postings, Posting(place, amount), Posting(source, -amount)]
