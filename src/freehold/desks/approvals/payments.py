"""Payments by the ways they had before they were acts that two persons agree to: by a reference.

Propose, release and list are the acts of `approvals.py` on the kind `payment`; whoever releases says by it
that the bank was told to pay, or that the authority has its tax.
"""

import secrets
from dataclasses import replace
from datetime import datetime

from freehold.book import approvals as book
from freehold.book import bank_legs, cashbook
from freehold.book.session import Transaction
from freehold.core.approvals import Proposal, State
from freehold.core.cashbook import BankLeg
from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.core.roles import Power
from freehold.core.units import format_units
from freehold.desks import parties, permits
from freehold.desks.approvals import approvals
from freehold.desks.approvals.approvable_payments import NAME, payment_of
from freehold.desks.approvals.approvals import ProposeRequest, Tried
from freehold.desks.office import Office
from freehold.desks.permits import Actor


def payments(office: Office, actor: Actor, issuer: str | None) -> list[BankLeg]:
    """What was released, in order, and behind it what was proposed and was not. Raises NotPermitted."""
    owner = parties.owner(office, issuer)
    permits.require(actor, Power.READ_CASH, owner.id)
    now = office.clock.now()
    with office.book.reading() as tx:
        return [*bank_legs.legs(tx, owner.id), *_not_released(tx, owner.id, now)]


def propose_payment(office: Office, actor: Actor, leg: BankLeg) -> BankLeg:
    """Propose a payment of a bank account, or of the tax that waits in a wallet; nothing is posted before
    another person releases it, unless the issuer's rules let one person pay so much.

    Raises NotPermitted, NotFound, Invalid for an amount of 0 or an account that it cannot stand
    against, Conflict for more tax than waits, or a payment of this reference that waits or was made."""
    permits.require(actor, Power.KEEP_CASH, leg.issuer)
    now = office.clock.now()
    with office.book.reading() as tx:
        places = cashbook.currency(tx, leg.issuer, leg.currency).decimals
        for one in _not_released(tx, leg.issuer, now):
            if one.id == leg.id and one.state == "proposed":
                said = (
                    f"a payment under {leg.reference!r} was proposed already by {one.proposed_by}"
                )
                raise Conflict(said, leg=leg.id)
    if leg.amount > 0:
        raise Invalid("a payment goes out: its amount is above zero", field="amount")
    texts = {
        "account": leg.account,
        "currency": leg.currency,
        "amount": format_units(-leg.amount, places),
        "payee": leg.payee,
        "against": str(leg.against),
    }
    key = f"payment {secrets.token_hex(12)}"
    asked = ProposeRequest(NAME, texts, key, leg.issuer, None, leg.reference)
    made = approvals.propose(office, actor, asked).proposal
    assert made is not None, "what is refused of a payment is raised"
    with office.book.reading() as tx:
        return payment_of(tx, made)


def release_payment(
    office: Office, actor: Actor, issuer: str | None, which: str, seen: str | None = None
) -> BankLeg:
    """Attest that the bank was told to pay what somebody else proposed, or that the authority has its tax:
    it is approved, and posted with that. `which` is its reference or id, `seen` the digest of the
    difference that was seen; left out, the one that the proposal has.

    Raises NotPermitted, for the same human being under another identity too and in a session without a
    fresh proof; NotFound, Conflict the second time, where the book moved on since the difference, or
    for tax that does not wait any more.
    """
    owner = parties.owner(office, issuer)
    permits.require(actor, Power.KEEP_CASH, owner.id)
    with office.book.reading() as tx:
        found = _proposal(tx, owner.id, which)
    if seen is None and found.state is State.PROPOSED and approvals.is_stale(office, found):
        approvals.dry_run_again(office, actor, found.id)
        raise Conflict(
            f"the book moved on since the payment {found.act.reference!r} was tried, and it was tried again"
            " now: look at what it changes, then release it again",
            approval=found.id,
        )
    approvals.approve(office, actor, found.id, seen or found.difference.digest)
    with office.book.reading() as tx:
        return payment_of(tx, book.find(tx, found.id))


def try_payment(office: Office, actor: Actor, issuer: str | None, which: str) -> Tried:
    """What a payment that waits, by its reference or id, would change now. Raises as `release_payment`."""
    owner = parties.owner(office, issuer)
    permits.require(actor, Power.KEEP_CASH, owner.id)
    with office.book.reading() as tx:
        found = _proposal(tx, owner.id, which)
    return approvals.dry_run_again(office, actor, found.id)


def _not_released(tx: Transaction, issuer: str, now: datetime) -> list[BankLeg]:
    found = [one for one in book.of_kind(tx, issuer, NAME) if one.state is not State.CARRIED_OUT]
    return [payment_of(tx, replace(one, state=one.at(now))) for one in found]


def _proposal(tx: Transaction, issuer: str, which: str) -> Proposal:
    """The last proposal of a payment by its reference or id. Raises NotFound, Conflict for one that was
    released before proposals were kept of it."""
    for one in reversed(book.of_kind(tx, issuer, NAME)):
        if which in (one.id, one.act.reference, payment_of(tx, one).id):
            return one
    for leg in bank_legs.legs(tx, issuer):
        if which in (leg.id, leg.reference):
            raise Conflict(f"the payment {which!r} was released by {leg.released_by} already")
    raise NotFound(f"no payment {which!r} was proposed for {issuer}", reference=which)
