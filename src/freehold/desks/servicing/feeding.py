"""Feeds the pot of a share of revenue: each time revenue is told, its part goes in at once.

Putting a part in is funding, so at the doors it is one kind of act with it and one rule of approval.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from freehold.core.actions.life import Step
from freehold.core.actions.revenue import part_on, pot_of, share_of
from freehold.core.errors import Conflict, Invalid
from freehold.desks.office import Office
from freehold.desks.outbox.orders import Actor, ActOutcome, Ended
from freehold.desks.servicing import noting, paying, servicing
from freehold.desks.servicing.servicing import Case

LONGEST_REFERENCE = 140


@dataclass(frozen=True, slots=True)
class Fed:
    """Revenue that was told, in the coin's smallest unit: of which day, the part of it that went into the
    pot, under which reference."""

    revenue: int
    on: date
    part: Fraction
    amount: int
    reference: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Feeds:
    """What a share of revenue was fed, in the coin's smallest unit of `decimals`.

    `fed` is what is in this action's pot, `before` what the other actions of its series have paid, `most`
    what the series ever pays: None without a cap.
    """

    rows: tuple[Fed, ...]
    series: str
    decimals: int
    fed: int
    before: int
    most: int | None

    @property
    def reached(self) -> int:
        """What counts towards the cap so far; never more than it."""
        told = self.before + self.fed
        return told if self.most is None else min(told, self.most)


@noting.noted("feed action", noting.itself)
def feed(
    office: Office, actor: Actor, id: str, revenue: int, on: date, reference: str
) -> ActOutcome:
    """Put the part of `revenue` (smallest units, taken on a day) into the pot, once for a reference.

    The actor's own wallet pays. Raises NotFound, Conflict where it is not the time or the reference
    stands for another sum, Invalid for revenue whose part is nothing, or once the cap is reached.
    """
    of = servicing.case(office, id)
    servicing.require(office, of, Step.FEED)
    done = ActOutcome("feed", id, actor.name, Ended.DONE)
    if _was_told(of, revenue, on, reference):
        return done
    amount = due(office, of, revenue, on, reference)
    assert of.terms.revenue is not None, "required: the action is fed by revenue"
    if not _is_in(of, reference):  # a process that died here left the money in the pot
        done = paying.fund(office, actor, id, amount, reference)
    if not done.refused:
        left = {"part": str(part_on(of.terms.revenue, on)), "amount": str(amount)}
        servicing.record_step(office, actor, id, Step.FEED, _told(revenue, on, reference) | left)
    return done


def due(office: Office, of: Case, revenue: int, on: date, reference: str) -> int:
    """What of revenue goes into the pot, in smallest units. Nothing is changed.

    Raises Conflict where it is not the time or the reference stands for another sum, Invalid for
    revenue whose part is nothing, a day that has not come, or once the cap is reached.
    """
    servicing.require(office, of, Step.FEED)
    share, cash = of.terms.revenue, of.terms.cash
    assert share is not None and cash is not None, "required: the action is fed by revenue"
    _was_told(of, revenue, on, reference)
    if not 0 < len(reference.strip()) <= LONGEST_REFERENCE:
        said = (
            f"the reference of revenue has 1 to {LONGEST_REFERENCE} signs: it happens once under it"
        )
        raise Invalid(said, field="reference")
    if revenue <= 0:
        raise Invalid("revenue is above zero", field="revenue")
    today = servicing.now_of(office).date()
    if on > today:
        raise Invalid(f"the day {on} of the revenue has not come: it is {today}", field="on")
    amount = share_of(share, revenue, on)
    if not amount:
        raise Invalid(f"the part {part_on(share, on)} of {revenue} is nothing", field="revenue")
    pot_of(share, amount, servicing.paid_before(office, of.owner, of.terms), cash.decimals)
    return amount


def feeds(office: Office, of: Case) -> Feeds:
    """What the pot of an action was fed, first to last. Raises Conflict where no revenue feeds it."""
    share, cash = of.terms.revenue, of.terms.cash
    if share is None or cash is None:
        raise Conflict(f"{of.known.id} is not fed by revenue", action=of.known.id)
    rows = [
        Fed(
            int(one.content["revenue"]),
            date.fromisoformat(one.content["on"]),
            Fraction(one.content["part"]),
            int(one.content["amount"]),
            one.content["reference"],
            one.at,
            one.by,
        )
        for one in of.taken
        if one.step == Step.FEED
    ]
    fed = sum(int(one.content["amount"]) for one in of.taken if one.step == Step.FUND)
    most = None if share.most is None else int(share.most * 10**cash.decimals)
    before = servicing.paid_before(office, of.owner, of.terms)
    return Feeds(tuple(rows), share.series, cash.decimals, fed, before, most)


def _told(revenue: int, on: date, reference: str) -> dict[str, str]:
    return {"reference": reference, "revenue": str(revenue), "on": on.isoformat()}


def _was_told(of: Case, revenue: int, on: date, reference: str) -> bool:
    """Whether this revenue was told before. Raises Conflict where the reference stands for another."""
    told = _told(revenue, on, reference)
    for one in of.taken:
        if one.step == Step.FEED and one.content["reference"] == reference:
            known: Mapping[str, str] = one.content
            if {key: known[key] for key in told} != told:
                raise Conflict(
                    f"the reference {reference} stands for other revenue", action=of.known.id
                )
            return True
    return False


def _is_in(of: Case, reference: str) -> bool:
    """Whether the money of a reference has gone into the pot."""
    return any(
        one.step == Step.FUND and one.content.get("reference") == reference for one in of.taken
    )
