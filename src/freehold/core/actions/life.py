"""How far a corporate action is, and what may be done with it now.

The state follows from the steps that were taken and from the clock; it is never stored, so it cannot be
out of date. From every state an action can be amended or called off, as long as something is left to
change: before anybody was paid by one person, after that by two, and then only what is not yet paid.
"""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from freehold.core.actions.terms import Terms
from freehold.core.clock import stamp


class Step(StrEnum):
    """What was done; the order is that of a life."""

    ANNOUNCE = "announce"
    AMEND = "amend"
    ELECT = "elect"
    FUND = "fund"
    FEED = "feed"
    CLOSE_BOOKS = "close the books"
    OPEN = "open"
    PAY = "pay"
    HOLD = "hold units"
    DELIVER = "deliver"
    RELEASE = "release units"
    OPEN_BOOKS = "open the books"
    RECONCILE = "reconcile"
    CLOSE = "close"
    CANCEL = "cancel"
    SWEEP = "sweep"


class State(StrEnum):
    """Where an action stands."""

    ANNOUNCED = "announced"
    RECORDED = "recorded"
    FUNDED = "funded"
    PAYING = "paying"
    DELIVERED = "delivered"
    RECONCILED = "reconciled"
    CLOSED = "closed"
    CANCELLED = "cancelled"


_LAST = (
    (Step.CANCEL, State.CANCELLED),
    (Step.CLOSE, State.CLOSED),
    (Step.RECONCILE, State.RECONCILED),
    (Step.DELIVER, State.DELIVERED),
    (Step.PAY, State.PAYING),
)
_ENDED = frozenset({State.CLOSED, State.CANCELLED})
_DONE = frozenset({State.DELIVERED, State.RECONCILED})


def state(terms: Terms, steps: Collection[Step], now: datetime) -> State:
    """Where an action stands at an instant."""
    for step, reached in _LAST:
        if step in steps:
            return reached
    if now < terms.record:
        return State.ANNOUNCED
    return State.FUNDED if Step.FUND in steps else State.RECORDED


def why_not(terms: Terms, steps: Collection[Step], now: datetime, wanted: Step) -> str:
    """The sentence that refuses a step now; empty where it may be taken."""
    where = state(terms, steps, now)
    if where in _ENDED:
        return f"the action {terms.id} is {where}: nothing more is done with it"
    if wanted in (Step.OPEN, Step.PAY, Step.DELIVER):
        return _early(terms, steps, now, where)
    until = terms.options.until
    if wanted is Step.ELECT and until is not None and now >= until:
        return f"what holders elect in {terms.id} ended on {stamp(until)}"
    if wanted is Step.ELECT and now >= terms.payment:
        return f"what holders elect in {terms.id} ended with the payment on {stamp(terms.payment)}"
    if wanted is Step.FUND and until is not None and now < until:
        return f"holders elect in {terms.id} until {stamp(until)}: fund its pots after that"
    if wanted is Step.FEED and terms.revenue is None:
        return f"the {terms.kind} {terms.id} has no [revenue]: fund it with `freehold action fund`"
    if wanted in (Step.FUND, Step.FEED) and where in _DONE | {State.PAYING}:
        return f"the action {terms.id} is {where}: its pot takes no more money"
    if wanted is Step.FUND and not terms.pays:
        return f"a {terms.kind} needs no pot: carry it out with `freehold action pay`"
    if wanted is Step.RECONCILE and where not in _DONE:
        return f"the action {terms.id} is {where}: it is reconciled once everything is paid"
    if wanted is Step.CLOSE and where is not State.RECONCILED:
        return f"the action {terms.id} is {where}: it is closed once it is reconciled"
    if wanted is Step.AMEND and where in _DONE:
        return f"the action {terms.id} is {where}: its terms bind those who were paid by them"
    if wanted is Step.ELECT and where in _DONE | {State.PAYING}:
        return f"the action {terms.id} is {where}: its terms bind those who were paid by them"
    if wanted is Step.CANCEL and where in _DONE:
        return f"the action {terms.id} is {where}: everybody has got what was due, so it is closed"
    return ""


def _early(terms: Terms, steps: Collection[Step], now: datetime, where: State) -> str:
    if where in _DONE:
        return f"the action {terms.id} is {where}: everything is paid"
    if now < terms.record:
        return f"the record instant {stamp(terms.record)} lies ahead: nobody is entitled yet"
    if terms.pays and Step.FUND not in steps:
        return f"the pot of {terms.id} is not funded yet: `freehold action fund {terms.id}`"
    if now < terms.payment:
        return f"the payment of {terms.id} is due on {stamp(terms.payment)}, not before"
    return ""
