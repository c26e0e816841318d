"""Routes of subscriptions: what a holder owes for the units he subscribed, and his permit to take it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel

from freehold.core.units import format_units
from freehold.desks.servicing import processing, subscriptions
from freehold.doors.api.action_documents import STRICT, HolderId, OrderOut, order_out
from freehold.doors.api.actions import ActionId
from freehold.doors.api.problems import responses
from freehold.doors.api.routes import Caller, OfficeOf
from freehold.wire.relays import Signature

router = APIRouter(prefix="/v1")
Holder = Annotated[HolderId, Path(description="The holder's id")]


class SubscriptionOut(BaseModel):
    """What a holder owes at most, in whole coins; what he has and what may be taken; `missing` in words."""

    holder: str
    currency: str
    amount: str
    has: str
    allowed: str
    kept: bool
    until: datetime
    missing: str


class PermitIn(BaseModel):
    """The signature of the holder's wallet over the permit."""

    model_config = STRICT

    signature: Signature


@router.get("/actions/{id}/subscriptions/{holder}", responses=responses(400, 404, 409))
def subscription(office: OfficeOf, actor: Caller, id: ActionId, holder: Holder) -> SubscriptionOut:
    """What a holder owes for the units that he subscribed."""
    one = subscriptions.price(office, actor, id, holder)
    places = one.coin.decimals
    return SubscriptionOut(
        holder=one.holder,
        currency=one.coin.symbol,
        amount=format_units(one.amount, places),
        has=format_units(one.has, places),
        allowed=format_units(one.allowed, places),
        kept=one.kept,
        until=one.until,
        missing=one.missing,
    )


@router.get("/actions/{id}/subscriptions/{holder}/permit", responses=responses(400, 404, 409))
def permit(office: OfficeOf, actor: Caller, id: ActionId, holder: Holder) -> Mapping[str, Any]:
    """What the holder's wallet signs (EIP-712, ERC-2612) so that the price may be taken."""
    return subscriptions.to_sign(office, actor, id, holder)


@router.post(
    "/actions/{id}/subscriptions/{holder}", status_code=202, responses=responses(400, 404, 409)
)
def send_permit(
    office: OfficeOf, actor: Caller, id: ActionId, holder: Holder, given: PermitIn
) -> OrderOut:
    """Send the signed permit; the agent pays the gas."""
    return order_out(processing.ask_permit(office, actor, id, holder, given.signature))
