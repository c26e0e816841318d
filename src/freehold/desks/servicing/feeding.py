"""Feeds the pot of a share of revenue: each time revenue is told, its part goes in at once."""

from datetime import date

from freehold.core.actions.life import Step
from freehold.core.actions.revenue import part_on, pot_of, share_of
from freehold.core.errors import Conflict, Invalid
from freehold.desks.office import Office
from freehold.desks.outbox.orders import Actor, ActOutcome, Ended
from freehold.desks.servicing import noting, paying, servicing


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
    share, cash = of.terms.revenue, of.terms.cash
    assert share is not None and cash is not None, "required: the action is fed by revenue"
    told = {"reference": reference, "revenue": str(revenue), "on": on.isoformat()}
    for one in of.taken:
        if one.step == Step.FEED and one.content["reference"] == reference:
            if {key: one.content[key] for key in told} != told:
                raise Conflict(f"the reference {reference} stands for other revenue", action=id)
            return ActOutcome("feed", id, actor.name, Ended.DONE)
    if revenue <= 0 or not reference.strip():
        raise Invalid("revenue is above zero and has a reference of its own", field="revenue")
    amount = share_of(share, revenue, on)
    if not amount:
        raise Invalid(f"the part {part_on(share, on)} of {revenue} is nothing", field="revenue")
    pot_of(share, amount, servicing.paid_before(office, of.owner, of.terms), cash.decimals)
    done = ActOutcome("feed", id, actor.name, Ended.DONE)
    if not _is_in(of, reference):  # a process that died here left the money in the pot
        done = paying.fund(office, actor, id, amount, reference)
    if not done.refused:
        left = told | {"part": str(part_on(share, on)), "amount": str(amount)}
        servicing.record_step(office, actor, id, Step.FEED, left)
    return done


def _is_in(of: servicing.Case, reference: str) -> bool:
    """Whether the money of a reference has gone into the pot."""
    return any(
        one.step == Step.FUND and one.content.get("reference") == reference for one in of.taken
    )
