"""Routes of revenue that feeds the pot of an action: what was told, and to tell more."""

from typing import Any

from fastapi import APIRouter

from freehold.core.units import format_units
from freehold.desks.approvals.approvals import ProposeRequest
from freehold.desks.servicing import events, feeding
from freehold.doors.api.actions import ActionId, proposed
from freehold.doors.api.problems import responses
from freehold.doors.api.routes import Caller, Cursor, IdempotencyKey, Limit, OfficeOf
from freehold.wire.approvals import Approval
from freehold.wire.feeds import FeedIn, FeedOut, FeedsOut

router = APIRouter(prefix="/v1")


@router.get("/actions/{id}/feeds", responses=responses(400, 404, 409))
def fed(
    office: OfficeOf, actor: Caller, id: ActionId, cursor: Cursor = None, limit: Limit = 100
) -> FeedsOut:
    """What the pot was fed, the last first, and how far the cap is reached; who tells and references
    are for whoever may read the register."""
    of = events.readable(office, actor, id)
    one, found = events.one(office, actor, id), feeding.feeds(office, of)
    first, rows = int(cursor or 0), found.rows[::-1] if one.may_read_all else ()
    places = found.decimals
    return FeedsOut(
        series=found.series,
        currency=one.symbol,
        fed=format_units(found.fed, places),
        before=format_units(found.before, places),
        reached=format_units(found.reached, places),
        most=None if found.most is None else format_units(found.most, places),
        items=[
            FeedOut(
                revenue=format_units(each.revenue, places),
                on=each.on,
                part=str(each.part),
                amount=format_units(each.amount, places),
                reference=each.reference,
                at=each.at,
                by=each.by,
            )
            for each in rows[first : first + limit]
        ],
        next=str(first + limit) if len(rows) > first + limit else None,
    )


@router.post(
    "/actions/{id}/feeds",
    status_code=201,
    response_model=Approval,
    responses=responses(400, 404, 409, 422),
)
def feed(office: OfficeOf, actor: Caller, id: ActionId, given: FeedIn, key: IdempotencyKey) -> Any:
    """Propose to put the part of revenue into the pot, under the rules of funding; another person
    approves it."""
    owner = events.serviced(office, actor, id)
    texts = {"action": id, "revenue": given.revenue, "on": given.on.isoformat()}
    texts["reference"] = given.reference
    return proposed(office, actor, ProposeRequest("fund-action", texts, key, owner))
