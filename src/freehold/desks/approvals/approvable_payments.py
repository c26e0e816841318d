"""Payments that two persons agree to: what a bank pays for an issuer, and tax that its authority gets.

Nothing is posted before the approval, which posts in its own transaction: there is nothing to send, so
there is nothing that a worker could do twice or a kill could lose (`kinds.Kind.at_once`).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from freehold.book import approvals, cashbook
from freehold.book.session import Transaction
from freehold.core.approvals import Act, Change, Proposal, State
from freehold.core.cashbook import AGAINST, Account, BankLeg
from freehold.core.cashbook import Kind as AccountKind
from freehold.core.errors import Invalid
from freehold.core.roles import Power
from freehold.core.units import format_units, parse_units
from freehold.desks.approvals.kinds import Asking, Kind, Planned, Step
from freehold.desks.office import Office, today
from freehold.desks.servicing import bank_payments

NAME, NONE = "payment", "none"
LONGEST_PAYEE = 140


def leg_of(tx: Transaction, act: Act) -> BankLeg:
    """The payment that an act is: money in the smallest unit, below zero because it is paid out."""
    given = act.arguments
    places = cashbook.currency(tx, act.issuer, given["currency"]).decimals
    return BankLeg(
        act.issuer,
        given["currency"],
        given["account"],
        -parse_units(given["amount"], places, "amount"),
        given["payee"],
        AccountKind(given["against"]),
        act.reference,
        date.fromisoformat(given["day"]),
    )


def payment_of(tx: Transaction, found: Proposal) -> BankLeg:
    """The payment of a proposal, with who proposed it, and who released it where somebody did."""
    released = found.state in (State.APPROVED, State.CARRIED_OUT)
    by = found.decider or found.proposer
    return replace(
        leg_of(tx, found.act),
        proposed_by=found.proposer.identity,
        released_by=by.identity if released else "",
        approval=found.id,
        state="released" if released else found.state.lower().replace("_", "-"),
    )


def _read(office: Office, asking: Asking) -> Act:
    given, issuer = asking.texts, asking.owner.id
    if given["against"] not in [str(one) for one in AGAINST]:
        listed = ", ".join(AGAINST)
        raise Invalid(f"against {given['against']!r}: choose one of {listed}", field="against")
    if not asking.reference.strip():
        raise Invalid("a payment has a reference: the bank's statement names it", field="reference")
    if len(given["payee"]) > LONGEST_PAYEE:
        raise Invalid(f"a payee has at most {LONGEST_PAYEE} letters", field="payee")
    with office.book.reading() as tx:
        places = cashbook.currency(tx, issuer, given["currency"]).decimals
        amount = format_units(parse_units(given["amount"], places, "amount"), places)
        arguments = {
            "account": given["account"].replace(" ", ""),
            "currency": given["currency"],
            "amount": amount,
            "payee": given["payee"].strip(),
            "against": given["against"],
            "day": today(office).isoformat(),
        }
        act = Act(NAME, issuer, arguments, None, amount, None, asking.reference.strip())
        bank_payments.require_payable(tx, leg_of(tx, act))
    return act


def _difference(office: Office, act: Act) -> Sequence[Change]:
    """What is on each account before and after, and what stays on the issuer's other bank accounts."""
    with office.book.reading() as tx:
        leg = leg_of(tx, act)
        places = cashbook.currency(tx, act.issuer, leg.currency).decimals
        moves = bank_payments.postings(tx, leg)
        stood = bank_payments.stands(tx, leg)
        known = cashbook.places(tx, act.issuer, leg.currency)

    def told(amount: int) -> str:
        return format_units(amount, places)

    changes = [
        Change("Paid to", NONE, leg.payee),
        Change("Reference on the statement", NONE, leg.reference),
        Change("Day", NONE, leg.day.isoformat()),
    ]
    for one in moves:
        before = stood.get(one.account, 0)
        what = f"{_called(one.account)}, {leg.currency}"
        changes.append(Change(what, told(before), told(before + one.amount)))
    moved = {one.account for one in moves}
    others = [one for one in known if one.kind is AccountKind.BANK and one not in moved]
    for other in others:
        stays = told(stood.get(other, 0))
        changes.append(Change(f"{_called(other)}, {leg.currency}", stays, stays))
    return changes


def _called(account: Account) -> str:
    """An account in words: Bank DE89..., Holders."""
    return f"{str(account.kind).capitalize()} {account.name}".strip()


def _carry_out(office: Office, planned: Planned) -> Step:
    """Post it; there is nothing to send."""

    def write(tx: Transaction) -> None:
        leg = payment_of(tx, approvals.find(tx, planned.key))
        bank_payments.post(tx, leg, office.clock.now())

    return Step(write=write)


KINDS = (
    Kind(
        NAME,
        "Make a payment",
        Power.KEEP_CASH,
        _read,
        _difference,
        _carry_out,
        ("account", "currency", "amount", "payee", "against"),
        at_once=True,
    ),
)
