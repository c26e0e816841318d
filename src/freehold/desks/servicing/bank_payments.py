"""Payments that a bank makes for an issuer: one person proposes, another attests and releases.

Nothing is posted before the release, which posts in the same transaction.
"""

from freehold.book import audit, bank_legs
from freehold.book import cashbook as book
from freehold.book.issuers import KnownIssuer
from freehold.core import cashbook as core
from freehold.core.audit import Entry as Noted
from freehold.core.audit import Outcome
from freehold.core.cashbook import Account, BankLeg, Kind, Posting, Source
from freehold.core.errors import Invalid, NotFound
from freehold.core.roles import Power
from freehold.desks import parties, permits
from freehold.desks.office import Office
from freehold.desks.permits import Actor


def payments(office: Office, actor: Actor, issuer: str | None) -> list[BankLeg]:
    """What was proposed and released, in order. Raises NotPermitted."""
    owner = parties.owner(office, issuer)
    permits.require(actor, Power.READ_CASH, owner.id)
    with office.book.reading() as tx:
        return bank_legs.legs(tx, owner.id)


def propose_payment(office: Office, actor: Actor, leg: BankLeg) -> BankLeg:
    """Propose a payment of a bank account; nothing is posted yet. Raises NotPermitted, NotFound,
    Invalid for an amount of 0 or an account that it cannot stand against, Conflict."""
    owner = _keeping(office, actor, leg.issuer)
    if not leg.amount or leg.against not in core.AGAINST or not leg.reference.strip():
        raise Invalid("a payment has an amount, a reference, and an account it stands against")
    with office.book.transaction() as tx:
        if Account(Kind.BANK, leg.account) not in book.places(tx, owner.id, leg.currency):
            raise NotFound(f"{leg.account} is no bank account of {owner.id} in {leg.currency}")
        found = bank_legs.propose(tx, leg, actor.id, office.clock.now())
        told = {"reference": leg.reference, "amount": str(leg.amount)}
        noted = Noted(actor.id, "cash-propose", owner.id, Outcome.DONE, content=told)
        audit.record(tx, noted, office.clock.now())
    return found


def release_payment(office: Office, actor: Actor, issuer: str | None, reference: str) -> BankLeg:
    """Attest that the bank was told to pay what somebody else proposed: it is posted.

    Raises NotPermitted, NotFound, Conflict for the proposer himself or the second time.
    """
    owner = _keeping(office, actor, issuer)
    now = office.clock.now()
    with office.book.transaction() as tx:
        leg = bank_legs.find(tx, owner.id, reference)
        bank, other = Account(Kind.BANK, leg.account), Account(leg.against)
        postings = (Posting(bank, leg.amount), Posting(other, -leg.amount))
        one = core.entry(
            owner.id, leg.currency, leg.day, Source.BANK, leg.reference, leg.payee, postings
        )
        bank_legs.release(tx, leg, actor.id, one.id, now)
        book.post(tx, one, actor.id, now)
        told = {"reference": reference}
        audit.record(tx, Noted(actor.id, "cash-release", owner.id, Outcome.DONE, content=told), now)
        return bank_legs.find(tx, owner.id, reference)


def _keeping(office: Office, actor: Actor, issuer: str | None) -> KnownIssuer:
    owner = parties.owner(office, issuer)
    permits.require(actor, Power.KEEP_CASH, owner.id)
    return owner
