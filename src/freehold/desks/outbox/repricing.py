"""What a split makes of announced actions: prices for a unit, ratios between classes, units elected.

Terms of holdings that are counted behind the split are written anew as the next version, in the transaction
that ends the split in the book. What was counted before it and is not yet carried out stops the split.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from freehold.book import actions, audit, issuers
from freehold.book.actions import KnownAction
from freehold.book.session import Transaction
from freehold.core.actions import after_split
from freehold.core.actions.kinds import ELECTED, Work
from freehold.core.actions.life import State, Step, state
from freehold.core.actions.terms import Terms, as_text, read
from freehold.core.audit import Entry
from freehold.core.errors import Conflict, Invalid, Plain
from freehold.desks.office import Office, next_instant

COUNTED = (Work.ISSUE, Work.OFFER, Work.CONVERT, Work.BUY, Work.REDEEM)
"""Works whose units and prices for a unit are of the register at their record."""
BY = "split"


@dataclass(frozen=True, slots=True)
class Repriced:
    """An action with its terms before and after a split."""

    id: str
    before: Terms
    after: Terms


@dataclass(frozen=True, slots=True)
class _Concerned:
    """An unfinished action of the class that is split (`own`), or that leads into it."""

    known: KnownAction
    terms: Terms
    steps: frozenset[Step]
    own: bool


def require_none_due(office: Office, token: str, ratio: Fraction, but: str = "") -> None:
    """Raises Conflict where an action stops a split: units or prices counted before it are due, or its
    terms behind the split would be none. `but` is the action that splits."""
    now = next_instant(office)
    with office.book.reading() as tx:
        concerned = [one for one in _concerned(tx, office.chain, token) if one.known.id != but]
    for one in concerned:
        stands, id = state(one.terms, one.steps, now), one.known.id
        counted = stands in (State.RECORDED, State.FUNDED, State.PAYING)
        reinvests = one.terms.options.price is not None
        begun = stands is State.PAYING and (not one.own or reinvests)
        if begun or (one.own and counted and one.terms.work in COUNTED):
            raise Conflict(
                f"the {one.terms.kind} {id} counts units of before the split: carry it"
                f" out or call it off, then split",
                action=but or id,
            )
        try:
            read(as_text(_after(one, ratio, now)))
        except Invalid as wrong:
            said = "; ".join(map(str, wrong.mistakes)) or wrong.message
            raise Conflict(
                f"the {one.terms.kind} {id} would have no terms behind the split ({said}): carry it out"
                f" or call it off, then split",
                action=but or id,
            ) from None


def repriced(office: Office, token: str, ratio: Fraction, but: str = "") -> list[Repriced]:
    """The actions that a split of today would write anew."""
    now = next_instant(office)
    with office.book.reading() as tx:
        found = [one for one in _concerned(tx, office.chain, token) if one.known.id != but]
    every = [Repriced(one.known.id, one.terms, _after(one, ratio, now)) for one in found]
    return [one for one in every if one.after != one.before]


def reprice(
    tx: Transaction, chain: int, token: str, ratio: Fraction, begun: datetime, now: datetime
) -> int:
    """Write the terms behind the split that halted the token at `begun`; how many actions have others.

    A record instant that passed while the split ran falls behind it.
    """
    count = 0
    for one in list(_concerned(tx, chain, token)):
        after = _after(one, ratio, begun)
        if after == one.terms:
            continue
        version = actions.add_terms(tx, one.known.id, as_text(after), now, BY)
        content: dict[str, Plain] = {"version": version, "ratio": str(ratio), "token": token}
        actions.add_step(tx, one.known.id, Step.AMEND, content, now, BY)
        if one.own and one.terms.work in ELECTED:
            for account, (choice, units) in actions.elections(tx, one.known.id).items():
                scaled = int(units * ratio)
                actions.elect(tx, one.known.id, account, choice, scaled, now, BY)
        told = content | {"action": one.known.id}
        entry = Entry("agent", "amend an action by a split", one.known.issuer, content=told)
        audit.record(tx, entry, now)
        count += 1
    return count


def _after(one: _Concerned, ratio: Fraction, begun: datetime) -> Terms:
    if Step.PAY in one.steps:
        return one.terms
    if not one.own:
        return after_split.of_other_class(one.terms, ratio)
    if one.terms.record > begun:
        return after_split.of_own_class(one.terms, ratio)
    return after_split.reinvested(one.terms, ratio)


def _concerned(tx: Transaction, chain: int, token: str) -> Iterator[_Concerned]:
    owner, split = issuers.instrument_at(tx, chain, token)
    unfinished = set(actions.unfinished(tx))
    for known in actions.every(tx, owner.id):
        if known.id not in unfinished:
            continue
        terms = read(actions.versions(tx, known.id)[-1])
        own = known.instrument == split.token
        into = terms.exchange.into if terms.exchange else ""
        leads = into and issuers.instrument_named(tx, owner.id, into).token == split.token
        if own or leads:
            steps = frozenset(Step(each.step) for each in actions.steps(tx, known.id))
            yield _Concerned(known, terms, steps, own)
