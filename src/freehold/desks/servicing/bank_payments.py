"""Payments that a bank makes for an issuer, and tax that is paid to its authority: one person proposes,
another attests and releases.

Nothing is posted before the release, which posts in the same transaction. Tax waits under `tax` with the
name of the wallet that a pot sent it to (`core/cash_pots.py`), and its payment names that wallet.
"""

from freehold.book import audit, bank_legs
from freehold.book import cashbook as book
from freehold.book.issuers import KnownIssuer
from freehold.book.session import Transaction
from freehold.core import cashbook as core
from freehold.core.approvals import require_other_person
from freehold.core.audit import Entry as Noted
from freehold.core.audit import Outcome
from freehold.core.cashbook import Account, BankLeg, Kind, Posting, Source
from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.core.ids import checksummed
from freehold.core.roles import Power
from freehold.desks import parties, permits
from freehold.desks.access import humans
from freehold.desks.office import Office
from freehold.desks.permits import Actor


def payments(office: Office, actor: Actor, issuer: str | None) -> list[BankLeg]:
    """What was proposed and released, in order. Raises NotPermitted."""
    owner = parties.owner(office, issuer)
    permits.require(actor, Power.READ_CASH, owner.id)
    with office.book.reading() as tx:
        return bank_legs.legs(tx, owner.id)


def propose_payment(office: Office, actor: Actor, leg: BankLeg) -> BankLeg:
    """Propose a payment of a bank account, or of the tax that waits in a wallet; nothing is posted yet.

    Raises NotPermitted, NotFound, Invalid for an amount of 0 or an account that it cannot stand
    against, Conflict for more tax than waits."""
    owner = _keeping(office, actor, leg.issuer)
    if not leg.amount or leg.against not in core.AGAINST or not leg.reference.strip():
        raise Invalid("a payment has an amount, a reference, and an account it stands against")
    with office.book.transaction() as tx:
        if leg.of_wallet:
            _remitted(tx, leg)
        elif Account(Kind.BANK, leg.account) not in book.places(tx, owner.id, leg.currency):
            raise NotFound(f"{leg.account} is no bank account of {owner.id} in {leg.currency}")
        found = bank_legs.propose(tx, leg, actor.id, office.clock.now())
        told = {"reference": leg.reference, "amount": str(leg.amount)}
        noted = Noted(actor.id, "cash-propose", owner.id, Outcome.DONE, content=told)
        audit.record(tx, noted, office.clock.now())
    return found


def release_payment(office: Office, actor: Actor, issuer: str | None, reference: str) -> BankLeg:
    """Attest that the bank was told to pay what somebody else proposed, or that the authority has its tax:
    it is posted.

    Raises NotPermitted, for the same human being under another identity too and in a session without a
    fresh proof; NotFound, Conflict for the proposer himself, the second time, or for tax that does not wait
    any more.
    """
    owner = _keeping(office, actor, issuer)
    now = office.clock.now()
    permits.require_fresh_session(actor, now)
    with office.book.transaction() as tx:
        leg = bank_legs.find(tx, owner.id, reference)
        bank, other = Account(Kind.BANK, leg.account), Account(leg.against)
        postings = [Posting(bank, leg.amount), Posting(other, -leg.amount)]
        if leg.of_wallet and not leg.released_by:
            postings = _remitted(tx, leg)
        source = Source.ACT if leg.of_wallet else Source.BANK
        one = core.entry(
            owner.id, leg.currency, leg.day, source, leg.reference, leg.payee, postings
        )
        bank_legs.release(tx, leg, actor.id, one.id, now)
        require_other_person(humans.person(tx, leg.proposed_by), humans.person(tx, actor.id))
        book.post(tx, one, actor.id, now)
        told = {"reference": reference}
        audit.record(tx, Noted(actor.id, "cash-release", owner.id, Outcome.DONE, content=told), now)
        return bank_legs.find(tx, owner.id, reference)


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
    known = book.entries(tx, leg.issuer, leg.currency)
    stands = core.balances(one.entry for one in known)
    if stands.get(tax, 0) < amount:
        raise Conflict(f"of {tax} {stands.get(tax, 0)} waits, and {amount} is to be remitted")
    postings = [Posting(tax, leg.amount), Posting(whose, amount)]
    places = {one.name: one for one in book.places(tx, leg.issuer, leg.currency)}
    place = places.get(wallet)
    if place is None:
        return postings
    source = Account(Kind.OUTSIDE, leg.payee)
    if leg.payee.startswith("0x") and stands.get(source, 0) < amount:
        raise Conflict(f"the coins did not go from {wallet} to {leg.payee} yet: send them first")
    return [*postings, Posting(place, amount), Posting(source, -amount)]


def _keeping(office: Office, actor: Actor, issuer: str | None) -> KnownIssuer:
    owner = parties.owner(office, issuer)
    permits.require(actor, Power.KEEP_CASH, owner.id)
    return owner
