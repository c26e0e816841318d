"""Routes of winding-ups: what two persons agree to is proposed, the rest is asked of the worker."""

from typing import Annotated, Any

from fastapi import APIRouter, Path

from freehold.core.actions.exit_plan import plan_hash
from freehold.core.units import format_units
from freehold.desks.approvals import approvals
from freehold.desks.approvals.approvals import ProposeRequest
from freehold.desks.servicing import windup_orders, windup_reading, windups
from freehold.desks.servicing.processing import Act
from freehold.desks.servicing.windup_reading import Share, WindupView
from freehold.desks.servicing.windups import Case
from freehold.doors.api.action_documents import order_out
from freehold.doors.api.actions import Issuer, proposed
from freehold.doors.api.approvals import tried
from freehold.doors.api.problems import responses
from freehold.doors.api.routes import Caller, Cursor, IdempotencyKey, Limit, OfficeOf
from freehold.wire.approvals import Approval, TriedOut
from freehold.wire.orders import OrderOut, Orders
from freehold.wire.windups import (
    PartOut,
    PotIn,
    ShareOut,
    Shares,
    StageOut,
    TakenOut,
    WindupIn,
    WindupOut,
    Windups,
)

router = APIRouter(prefix="/v1")
WindupId = Annotated[
    str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,47}$", description="The winding-up's id")
]


@router.get("/windups", responses=responses(400, 404))
def list_windups(
    office: OfficeOf,
    actor: Caller,
    issuer: Issuer = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Windups:
    """The winding-ups that the caller may read, the newest first; a holder those that are agreed to."""
    found, first = windup_reading.listed(office, actor, issuer), int(cursor or 0)
    following = str(first + limit) if len(found) > first + limit else None
    shown = found[first : first + limit]
    return Windups(items=[_windup(office, one) for one in shown], next=following)


@router.post("/windups/dry-runs", responses=responses(400, 404, 409))
def preview_windup(office: OfficeOf, actor: Caller, given: WindupIn) -> TriedOut:
    """What the terms would pay now, class by class and holder by holder; nothing is kept."""
    return tried(approvals.dry_run(office, actor, _proposal(given, "")))


@router.post(
    "/windups", status_code=201, response_model=Approval, responses=responses(400, 404, 409, 422)
)
def propose_windup(office: OfficeOf, actor: Caller, given: WindupIn, key: IdempotencyKey) -> Any:
    """Propose to wind an issuer up; another person approves it."""
    return proposed(office, actor, _proposal(given, key))


@router.get("/windups/{id}", responses=responses(400, 404))
def one_windup(office: OfficeOf, actor: Caller, id: WindupId) -> WindupOut:
    """One winding-up: what each class gets, what of it is paid, every step."""
    return _windup(office, windup_reading.one(office, actor, id))


@router.get("/windups/{id}/holders", responses=responses(400, 404, 409))
def windup_holders(
    office: OfficeOf, actor: Caller, id: WindupId, cursor: Cursor = None, limit: Limit = 100
) -> Shares:
    """What each holder gets of each class, page by page; to a holder his own part alone."""
    of = windup_reading.one(office, actor, id).of
    rows, first = windup_reading.readable_shares(office, actor, of), int(cursor or 0)
    following = str(first + limit) if len(rows) > first + limit else None
    shown = [_share(of, one) for one in rows[first : first + limit]]
    ahead = windup_reading.provisional(office, of)
    return Shares(provisional=ahead, count=len(rows), items=shown, next=following)


@router.post(
    "/windups/{id}/funding",
    status_code=201,
    response_model=Approval,
    responses=responses(400, 404, 409, 422),
)
def fund_windup(
    office: OfficeOf, actor: Caller, id: WindupId, given: PotIn, key: IdempotencyKey
) -> Any:
    """Propose to put the next stage's money into the pot; another person approves it."""
    owner = windup_reading.serviced(office, actor, id)
    texts = {"windup": id} | ({"amount": given.amount} if given.amount else {})
    return proposed(office, actor, ProposeRequest("fund-windup", texts, key, owner))


@router.post(
    "/windups/{id}/cancellation",
    status_code=201,
    response_model=Approval,
    responses=responses(400, 404, 409, 422),
)
def cancel_windup(office: OfficeOf, actor: Caller, id: WindupId, key: IdempotencyKey) -> Any:
    """Propose to call what is not yet paid off; another person approves it."""
    owner = windup_reading.serviced(office, actor, id)
    return proposed(office, actor, ProposeRequest("cancel-windup", {"windup": id}, key, owner))


@router.post("/windups/{id}/payment", status_code=202, responses=responses(400, 404, 409))
def pay_windup(office: OfficeOf, actor: Caller, id: WindupId) -> OrderOut:
    """Pay the stages that are funded and due now; asked again in the same state, it is the same order."""
    return order_out(windup_orders.ask(office, actor, id, Act.PAY_WINDUP))


@router.post("/windups/{id}/reconciliation", status_code=202, responses=responses(400, 404, 409))
def reconcile_windup(office: OfficeOf, actor: Caller, id: WindupId) -> OrderOut:
    """Compare what the chain's events say with what was due."""
    return order_out(windup_orders.ask(office, actor, id, Act.RECONCILE_WINDUP))


@router.post("/windups/{id}/closing", status_code=202, responses=responses(400, 404, 409))
def close_windup(office: OfficeOf, actor: Caller, id: WindupId) -> OrderOut:
    """Send the tax to its office, and end the winding-up."""
    return order_out(windup_orders.ask(office, actor, id, Act.CLOSE_WINDUP))


@router.post(
    "/windups/{id}/releases/{account}", status_code=202, responses=responses(400, 404, 409)
)
def release_windup(
    office: OfficeOf,
    actor: Caller,
    id: WindupId,
    account: Annotated[int, Path(ge=1, le=2**31)],
) -> OrderOut:
    """Send money that is held for an account to its wallet, once nothing stands against it."""
    return order_out(windup_orders.ask(office, actor, id, Act.RELEASE_WINDUP, account=str(account)))


@router.get("/windups/{id}/orders", responses=responses(400, 404))
def windup_work(office: OfficeOf, actor: Caller, id: WindupId) -> Orders:
    """What was asked of the worker and is not done yet, or failed."""
    found = windup_orders.waiting(office, actor, id)
    return Orders(items=[order_out(one) for one in found])


def _proposal(given: WindupIn, key: str) -> ProposeRequest:
    texts = {"terms": given.terms, "exit": given.exit}
    return ProposeRequest("propose-windup", texts, key, given.issuer)


def _windup(office: OfficeOf, one: WindupView) -> WindupOut:
    of = one.of
    return WindupOut(
        id=of.id,
        name=of.terms.exit.name,
        issuer=of.owner.id,
        state=str(one.state),
        next=one.next,
        exit=of.known.exit,
        currency=of.terms.exit.currency,
        coin=of.coin.address,
        symbol=of.coin.symbol,
        decimals=of.coin.decimals,
        plan=plan_hash(of.plan),
        number=of.number,
        record=of.terms.record,
        payment=of.terms.payment,
        claim_until=of.terms.claim_until,
        tax=of.terms.tax,
        funded=_coins(of, of.funded),
        total=_coins(of, of.course.total),
        stages=[
            StageOut(
                id=each.id, amount=_coins(of, each.amount), opens=windups.opens(of.terms, each.id)
            )
            for each in of.stages
        ],
        parts=[
            PartOut(
                id=each.id,
                kind=each.kind,
                does=each.does,
                stages={id: _coins(of, amount) for id, amount in each.stages.items()},
                total=_coins(of, each.total),
                paid=_coins(of, each.paid),
            )
            for each in windup_reading.parts(office, of)
        ],
        steps=[TakenOut(step=each.step, at=each.at, by=each.by) for each in of.taken],
    )


def _share(of: Case, one: Share) -> ShareOut:
    return ShareOut(
        class_id=one.class_id,
        account=one.account,
        holder=one.holder,
        units=format_units(one.units, windups.decimals_of(of, one.class_id)),
        gross=_coins(of, one.gross),
        withheld=_coins(of, one.withheld),
        net=_coins(of, one.net),
        paid=_coins(of, one.paid),
        held=_coins(of, one.held),
        state=one.became,
    )


def _coins(of: Case, amount: int) -> str:
    return format_units(amount, of.coin.decimals)
