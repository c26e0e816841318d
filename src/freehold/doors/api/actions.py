"""Routes of corporate actions: the calendar, one action, entitlements, elections, and what is asked of it.

What two persons have to agree to is proposed and answered with the proposal; what follows from that is
asked for and answered with a work order, which the worker carries out.
"""

from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BeforeValidator

from freehold.core.actions.kinds import Kind
from freehold.core.actions.life import State
from freehold.core.errors import Invalid
from freehold.core.units import format_units, parse_units
from freehold.desks.approvals import approvals
from freehold.desks.approvals.approvals import ProposeRequest
from freehold.desks.office import today
from freehold.desks.servicing import ballots, calendars, events, processing
from freehold.desks.servicing.calendars import Wanted
from freehold.desks.servicing.processing import Act
from freehold.doors.api import problems
from freehold.doors.api.action_documents import (
    ActionMoney,
    ActionOut,
    Actions,
    CalendarOut,
    ElectionIn,
    ElectionOut,
    Elections,
    EntitlementsOut,
    FundIn,
    OrderOut,
    TermsIn,
    Versions,
    action_out,
    coins,
    date_out,
    money_out,
    order_out,
    part_out,
)
from freehold.doors.api.approvals import approval, tried
from freehold.doors.api.cashbook import day_alone
from freehold.doors.api.papers import ICS, described
from freehold.doors.api.problems import responses
from freehold.doors.api.routes import Caller, Cursor, IdempotencyKey, Limit, OfficeOf
from freehold.wire.approvals import Approval, TriedOut

router = APIRouter(prefix="/v1")
ActionId = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$", description="The action's id")]
Issuer = Annotated[
    str | None, Query(max_length=128, description="The issuer's id; every one that may be read")
]


KindOfDate = Annotated[
    str, Query(max_length=32, description="A kind of action, or `meeting`; every one if left out")
]
Security = Annotated[str, Query(max_length=128, description="The id of a class")]


@router.get("/actions", responses=responses(400, 404))
def list_actions(
    office: OfficeOf,
    actor: Caller,
    issuer: Issuer = None,
    kind: Kind | None = None,
    state: State | None = None,
    instrument: Annotated[
        str | None, Query(max_length=128, description="A class id, as the terms name it")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Actions:
    """Corporate actions of the issuers that the caller may read, the next payment first."""
    found = [
        one
        for one in events.listed(office, actor, issuer)
        if kind in (None, one.terms.kind)
        and state in (None, one.state)
        and instrument in (None, one.terms.instrument)
    ]
    first = int(cursor or 0)
    shown = found[first : first + limit]
    following = str(first + limit) if len(found) > first + limit else None
    return Actions(items=[action_out(one) for one in shown], next=following)


@router.get("/actions/calendar", responses=responses(400, 404))
def calendar(
    office: OfficeOf,
    actor: Caller,
    month: Annotated[
        str | None, Query(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$", examples=["2026-11"])
    ] = None,
    start: Annotated[
        date | None,
        BeforeValidator(day_alone),
        Query(alias="from", description="From this day on, instead of a month"),
    ] = None,
    until: Annotated[
        date | None, BeforeValidator(day_alone), Query(description="Until the day before this one")
    ] = None,
    issuer: Issuer = None,
    kind: KindOfDate = "",
    security: Security = "",
) -> CalendarOut:
    """Dates of actions, meetings and bonds: in a month (UTC; the one that runs if nothing is said), or from
    a day until another."""
    if start is None and until is None:
        month = month or f"{today(office):%Y-%m}"
        start = date.fromisoformat(f"{month}-01")
        until = (start + timedelta(days=31)).replace(day=1)
    found = calendars.dates(office, actor, Wanted(issuer, kind, security, start, until))
    return CalendarOut(month=month, items=[date_out(one) for one in found])


@router.get(
    "/actions/calendar.ics",
    response_class=Response,
    responses={**responses(400, 404), **described(ICS)},
)
def calendar_file(
    office: OfficeOf,
    actor: Caller,
    request: Request,
    issuer: Issuer = None,
    kind: KindOfDate = "",
    security: Security = "",
) -> Response:
    """Every date as an iCalendar file (RFC 5545)."""
    found = calendars.dates(office, actor, Wanted(issuer, kind, security))
    base = str(request.base_url).rstrip("/")
    text = calendars.as_file("Freehold", found, base, events.now(office))
    return Response(text, media_type="text/calendar; charset=utf-8")


@router.post("/actions/announcement/dry-runs", responses=responses(400, 404, 409))
def preview_announcement(office: OfficeOf, actor: Caller, given: TermsIn) -> TriedOut:
    """What the terms would do now, holder by holder; nothing is kept."""
    return tried(approvals.dry_run(office, actor, _proposal("announce-action", given, "")))


@router.post(
    "/actions", status_code=201, response_model=Approval, responses=responses(400, 404, 409, 422)
)
def announce(office: OfficeOf, actor: Caller, given: TermsIn, key: IdempotencyKey) -> Any:
    """Propose to announce an action; another person approves it."""
    return proposed(office, actor, _proposal("announce-action", given, key))


@router.get("/actions/{id}", responses=responses(400, 404))
def one_action(office: OfficeOf, actor: Caller, id: ActionId) -> ActionOut:
    """One action with every step that was taken."""
    return action_out(events.one(office, actor, id))


@router.get("/actions/{id}/terms", responses=responses(400, 404))
def terms(office: OfficeOf, actor: Caller, id: ActionId) -> Versions:
    """Every version of its terms."""
    return Versions(items=events.versions(office, actor, id))


@router.put(
    "/actions/{id}/terms",
    status_code=201,
    response_model=Approval,
    responses=responses(400, 404, 409, 422),
)
def amend(
    office: OfficeOf, actor: Caller, id: ActionId, given: TermsIn, key: IdempotencyKey
) -> Any:
    """Propose other terms, while nobody was paid by those in force."""
    owner = events.serviced(office, actor, id)
    asked = ProposeRequest("amend-action", {"terms": given.terms}, key, owner)
    return proposed(office, actor, asked)


@router.post(
    "/actions/{id}/replacement",
    status_code=201,
    response_model=Approval,
    responses=responses(400, 404, 409, 422),
)
def replace(
    office: OfficeOf, actor: Caller, id: ActionId, given: TermsIn, key: IdempotencyKey
) -> Any:
    """Propose to call the action off and announce another one, whose terms say that it follows; another
    person approves it."""
    owner = events.serviced(office, actor, id)
    texts = {"action": id, "terms": given.terms}
    return proposed(office, actor, ProposeRequest("replace-action", texts, key, owner))


@router.get("/actions/{id}/entitlements", responses=responses(400, 404, 409))
def entitlements(
    office: OfficeOf, actor: Caller, id: ActionId, cursor: Cursor = None, limit: Limit = 100
) -> EntitlementsOut:
    """Who gets what, page by page; a holder sees his own part alone."""
    one = events.one(office, actor, id)
    found = events.entitlements(office, actor, id)
    rest = [each for each in found.rows if each.part.account > int(cursor or 0)]
    shown = rest[:limit]
    return EntitlementsOut(
        provisional=found.provisional,
        total=coins(one, sum(each.part.gross for each in found.rows if not each.part.currency)),
        accounts=len(found.rows),
        items=[part_out(one, each) for each in shown],
        next=str(shown[-1].part.account) if len(rest) > limit else None,
    )


@router.get("/actions/{id}/money", responses=responses(400, 404, 409))
def money(office: OfficeOf, actor: Caller, id: ActionId) -> ActionMoney:
    """What is needed, funded, paid, held, withheld and swept, in each currency that is paid."""
    one = events.one(office, actor, id)
    return money_out(one, events.money(office, actor, id))


@router.get("/actions/{id}/elections", responses=responses(400, 404))
def elections(office: OfficeOf, actor: Caller, id: ActionId) -> Elections:
    """What holders elected; a holder sees his own election alone."""
    decimals = events.one(office, actor, id).instrument.decimals
    found = ballots.elections(office, actor, id)
    items = [
        ElectionOut(holder=holder, choice=choice, units=format_units(units, decimals))
        for holder, (choice, units) in sorted(found.items())
    ]
    return Elections(items=items)


@router.post("/actions/{id}/elections", status_code=201, responses=responses(400, 404, 409))
def elect(
    office: OfficeOf, actor: Caller, id: ActionId, given: ElectionIn, key: IdempotencyKey
) -> ElectionOut:
    """Elect for a holder: tender, subscribe, reinvest or a currency; the last word counts."""
    decimals = ballots.decimals_of(office, actor, id)
    units = parse_units(given.units, decimals)
    ballots.elect(office, actor, id, given.holder, given.choice, units, key)
    text = format_units(units, decimals)
    return ElectionOut(holder=given.holder, choice=given.choice, units=text)


@router.post(
    "/actions/{id}/funding",
    status_code=201,
    response_model=Approval,
    responses=responses(400, 404, 409, 422),
)
def fund(office: OfficeOf, actor: Caller, id: ActionId, given: FundIn, key: IdempotencyKey) -> Any:
    """Propose to put the money into the pot; another person approves it."""
    owner = events.serviced(office, actor, id)
    texts = {"action": id} | ({"amount": given.amount} if given.amount else {})
    return proposed(office, actor, ProposeRequest("fund-action", texts, key, owner))


@router.post("/actions/{id}/payment", status_code=202, responses=responses(400, 404, 409))
def pay(office: OfficeOf, actor: Caller, id: ActionId) -> OrderOut:
    """Pay everybody and deliver units now; asked again in the same state, it is the same order."""
    return order_out(processing.ask(office, actor, id, Act.PAY))


@router.post("/actions/{id}/reconciliation", status_code=202, responses=responses(400, 404, 409))
def reconcile(office: OfficeOf, actor: Caller, id: ActionId) -> OrderOut:
    """Compare what the chain's events say with what was due."""
    return order_out(processing.ask(office, actor, id, Act.RECONCILE))


@router.post("/actions/{id}/closing", status_code=202, responses=responses(400, 404, 409))
def close(office: OfficeOf, actor: Caller, id: ActionId) -> OrderOut:
    """Send the tax to its office and the dust back, and end the action."""
    return order_out(processing.ask(office, actor, id, Act.CLOSE))


@router.post(
    "/actions/{id}/releases/{account}", status_code=202, responses=responses(400, 404, 409)
)
def release(
    office: OfficeOf,
    actor: Caller,
    id: ActionId,
    account: Annotated[int, Path(ge=1, le=2**31)],
) -> OrderOut:
    """Send money and new units that are held for an account to its wallet, once nothing stands against
    it."""
    return order_out(processing.ask(office, actor, id, Act.RELEASE, account=str(account)))


@router.post(
    "/actions/{id}/cancellation",
    status_code=201,
    response_model=Approval,
    responses=responses(400, 404, 409, 422),
)
def cancel(office: OfficeOf, actor: Caller, id: ActionId, key: IdempotencyKey) -> Any:
    """Propose to call the action off; another person approves it."""
    owner = events.serviced(office, actor, id)
    return proposed(office, actor, ProposeRequest("cancel-action", {"action": id}, key, owner))


@router.get("/actions/{id}/orders", responses=responses(400, 404))
def orders(office: OfficeOf, actor: Caller, id: ActionId) -> list[OrderOut]:
    """Work on the action that waits for the worker, or that failed last."""
    events.one(office, actor, id)
    return [order_out(one) for one in processing.waiting(office, id)]


def proposed(office: Any, actor: Any, asked: ProposeRequest) -> Any:
    """The proposal that was made; what its dry run refuses is answered with 422."""
    made = approvals.propose(office, actor, asked)
    if made.proposal is None:
        return problems.answer(422, made.tried.reason, code=made.tried.code or None)
    return approval(approvals.proposal(office, actor, made.proposal.id))


def _proposal(kind: str, given: TermsIn, key: str) -> ProposeRequest:
    if not given.terms.strip():
        raise Invalid("the terms are empty", field="terms")
    return ProposeRequest(kind, {"terms": given.terms}, key, given.issuer)
