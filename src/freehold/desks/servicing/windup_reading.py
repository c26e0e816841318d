"""Winding-ups for whoever asks: lists, one of each, what each class and each holder gets, what is next.

Whoever may read an issuer's register reads everything of its winding-ups; a holder reads those that two
persons have agreed to, and his own part alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from freehold.book import windups as book
from freehold.core.actions.entitlement import Holdings
from freehold.core.actions.exit_answer import choice_of, claims_of
from freehold.core.actions.waterfall import outcome
from freehold.core.actions.windup import State, Step, state, why_not
from freehold.core.actions.windup_file import exit_amount
from freehold.core.errors import NotFound
from freehold.core.roles import Power
from freehold.desks import parties, permits
from freehold.desks.office import Office, now_on_chain
from freehold.desks.permits import Actor
from freehold.desks.servicing import (
    entitlements,
    events,
    holders_of,
    servicing,
    windup_pots,
    windups,
)
from freehold.desks.servicing.windups import Case, Draft


@dataclass(frozen=True, slots=True)
class Share:
    """One account's part of a class in all stages, in the coin's smallest unit; whose it is; `paid` gross
    so far, of which `held` waits for him."""

    class_id: str
    account: int
    holder: str
    name: str
    units: int
    gross: int
    withheld: int
    paid: int
    held: int

    @property
    def became(self) -> str:
        """In one word."""
        if self.held:
            return "held"
        return "due" if not self.paid else "paid" if self.paid == self.gross else "part-paid"

    @property
    def net(self) -> int:
        return self.gross - self.withheld


@dataclass(frozen=True, slots=True)
class PartView:
    """What a class, or somebody outside the register, gets: in each stage, and what of it is paid.

    `does` is what a class chooses (converts, holds), or an option (exercises, lapses).
    """

    id: str
    kind: str
    does: str
    stages: Mapping[str, int]
    paid: int

    @property
    def total(self) -> int:
        return sum(self.stages.values())


@dataclass(frozen=True, slots=True)
class WindupView:
    """A winding-up as it stands. `next` says what comes next, `by_itself` that the worker does it."""

    of: Case
    state: State
    next: str
    by_itself: bool


def listed(office: Office, who: Actor, issuer: str | None = None) -> list[WindupView]:
    """The winding-ups that somebody may read, the newest first. Raises NotPermitted."""
    permits.require_any(who, (Power.READ_REGISTER, None), (Power.READ_OWN, None))
    found = []
    for owner in events.owners(office, who):
        if issuer in (None, owner.id):
            with office.book.reading() as tx:
                ids = [one.id for one in book.every(tx, owner.id)]
            cases = [windups.case(office, id) for id in reversed(ids)]
            found += [view(office, of) for of in cases if _is_shown(who, of)]
    return found


def every(office: Office, issuer: str | None) -> list[WindupView]:
    """All winding-ups of an issuer, for whoever works in its home. Raises NotFound, Conflict."""
    owner = parties.owner(office, issuer)
    with office.book.reading() as tx:
        ids = [one.id for one in book.every(tx, owner.id)]
    return [view(office, windups.case(office, id)) for id in ids]


def one(office: Office, who: Actor, id: str) -> WindupView:
    """One winding-up. Raises NotPermitted, NotFound, also for what one may not read."""
    permits.require_any(who, (Power.READ_REGISTER, None), (Power.READ_OWN, None))
    of = windups.case(office, id)
    theirs = of.owner.id in [owner.id for owner in events.owners(office, who)]
    if not theirs or not _is_shown(who, of):
        raise NotFound(f"there is no winding-up {id}", windup=id)
    return view(office, of)


def reads_all(who: Actor, of: Case) -> bool:
    """Whether somebody reads the whole register, so every holder's part."""
    return permits.allows(who, Power.READ_REGISTER, of.owner.id)


def serviced(office: Office, who: Actor, id: str) -> str:
    """The issuer of a winding-up that somebody may service. Raises NotPermitted, NotFound."""
    permits.require(who, Power.SERVICE)
    return one(office, who, id).of.owner.id


def view(office: Office, of: Case) -> WindupView:
    """A winding-up as it stands, for whoever may read it."""
    where, course = state(of.course), of.course
    if where in (State.CLOSED, State.CANCELLED):
        return WindupView(of, where, "", False)
    if where is State.PROPOSED:
        return WindupView(of, where, "A second person agrees to the plan", False)
    if where is State.PAID:
        return WindupView(of, where, "Proof against the chain's events", True)
    if where is State.RECONCILED:
        return WindupView(of, where, "Close it: tax goes out", False)
    early = why_not(course, servicing.now_of(office), Step.PAY)
    missing = course.funded < course.needed(course.opened + 1) and where is not State.PAYING
    stage = of.stages[min(course.paid, len(of.stages) - 1)].id
    said = early or f"The stage {stage} is paid"
    return WindupView(of, where, f"Fund the stage {stage}" if missing else said, not missing)


def parts(office: Office, of: Case | Draft) -> list[PartView]:
    """What each class and each payee outside the register gets, as the plan says it."""
    terms = of.terms.exit.terms
    written = of.known.exit if isinstance(of, Case) else of.exit
    found = outcome(terms, Fraction(exit_amount(of.terms, written)))
    claims = claims_of(terms)
    paid = _paid(office, of) if isinstance(of, Case) else {}
    order = (*of.terms.outside, *of.terms.classes)
    return [
        PartView(
            id,
            claims[id],
            choice_of(terms, found, id),
            {stage.id: stage.payouts.get(id, 0) for stage in of.stages},
            paid.get(id, 0),
        )
        for id in order
    ]


def shares(office: Office, of: Case | Draft) -> list[Share]:
    """What each account gets of each class, with tax; by the record where it has passed.

    Raises Invalid, NotFound as the register does.
    """
    token = of.instruments[0].token
    known = holders_of.by_account(office, of.owner, token)
    held = _holdings(office, of)
    due = {id: _due(office, of, id, each) for id, each in held.items()}
    became = _became(office, of) if isinstance(of, Case) else {}
    rows = []
    for id, each in held.items():
        for account, units in zip(each.accounts, each.units, strict=True):
            gross, withheld = due[id].get(account, (0, 0))
            who = known.get(account)
            paid, kept = became.get((id, account), (0, 0))
            named = (who.id, who.name) if who else ("", "")
            rows.append(Share(id, account, *named, units, gross, withheld, paid, kept))
    return rows


def readable_shares(office: Office, who: Actor, of: Case) -> list[Share]:
    """What each account gets; of a holder who may not read the register, his own accounts alone."""
    rows = shares(office, of)
    if reads_all(who, of):
        return rows
    mine = events.own_holders(who, of.owner.id)
    return [row for row in rows if row.holder in mine]


def own(office: Office, who: Actor) -> list[tuple[WindupView, Share]]:
    """What the holders get for whom somebody acts, the newest winding-up first. Raises NotPermitted."""
    permits.require(who, Power.READ_OWN)
    found = []
    for each in listed(office, who):
        mine = events.own_holders(who, each.of.owner.id)
        found += [(each, row) for row in shares(office, each.of) if row.holder in mine]
    return found


def stands(one: WindupView, row: Share) -> str:
    """What became of a holder's part in one word: what is still due of one called off never comes."""
    return "called off" if row.became == "due" and one.state is State.CANCELLED else row.became


def provisional(office: Office, of: Case) -> bool:
    """Whether the record instant lies ahead, so that today's holdings are shown."""
    return now_on_chain(office) < of.terms.record


# ---- parts ----


def _is_shown(who: Actor, of: Case) -> bool:
    """Holders hear of a winding-up once two persons have agreed to it."""
    return reads_all(who, of) or of.course.agreed


def _holdings(office: Office, of: Case | Draft) -> Mapping[str, Holdings]:
    """Who holds each class: at the record where it has passed, else now."""
    if isinstance(of, Draft):
        return of.holdings
    if provisional(office, of):
        draft = windups.draft(office, of.known.terms, of.known.exit, of.owner.id)
        return draft.holdings
    records = of.taken[0].content["records"]
    return {
        one.class_id: entitlements.holdings(office, one.token, int(records[one.class_id]))
        for one in of.instruments
    }


def _due(office: Office, of: Case | Draft, id: str, held: Holdings) -> dict[int, tuple[int, int]]:
    """Gross and tax by account over all stages: as it was written down where a stage was opened."""
    found: dict[int, tuple[int, int]] = {}
    opened = of.course.opened if isinstance(of, Case) else 0
    for number, stage in enumerate(of.stages):
        if not stage.payouts.get(id, 0):
            continue
        if isinstance(of, Case) and number < opened:
            amounts = windup_pots.due(of, number, id)
        else:
            shares = windup_pots.taxed(office, of, id, held, number).shares()
            amounts = {one.account: (one.gross, one.withheld) for one in shares}
        for account, (more, tax) in amounts.items():
            gross, withheld = found.get(account, (0, 0))
            found[account] = gross + more, withheld + tax
    return found


def _became(office: Office, of: Case) -> dict[tuple[str, int], tuple[int, int]]:
    """What was paid gross, and what is still held, by class and account."""
    found: dict[tuple[str, int], tuple[int, int]] = {}
    said = windup_pots.paid_parts(office, of)
    for part, _, id in windup_pots.class_pots(of):
        ended = bool(said[part].held) and windup_pots.is_ended(office, part)
        for account, (gross, _) in said[part].due.items():
            paid, kept = found.get((id, account), (0, 0))
            still = 0 if ended else said[part].still(account)
            found[(id, account)] = paid + gross, kept + still
    return found


def _paid(office: Office, of: Case) -> dict[str, int]:
    """What was paid so far, held money included, by part."""
    found: dict[str, int] = {}
    said = windup_pots.paid_parts(office, of)
    for part, _, id in windup_pots.class_pots(of):
        found[id] = found.get(id, 0) + sum(gross for gross, _ in said[part].due.values())
    for id, amount in windup_pots.settled_parts(office, of):
        found[id] = found.get(id, 0) + amount
    return found
