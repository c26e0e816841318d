"""Routes of claims and of what nobody claimed: file, proof, claim, sweeping, the report."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, StringConstraints

from freehold.core.actions import claim_file
from freehold.core.units import format_units
from freehold.desks.approvals.approvals import ProposeRequest
from freehold.desks.register import reports
from freehold.desks.servicing import claiming, processing, unclaimed
from freehold.desks.servicing.claiming import ClaimProof
from freehold.desks.servicing.unclaimed import Escheated
from freehold.doors.api.action_documents import STRICT, HolderId, OrderOut, order_out
from freehold.doors.api.actions import ActionId, Issuer, proposed
from freehold.doors.api.problems import responses
from freehold.doors.api.routes import Caller, IdempotencyKey, OfficeOf
from freehold.doors.api.windups import WindupId
from freehold.wire.approvals import Approval
from freehold.wire.claims import ClaimOut, ClaimsOut

router = APIRouter(prefix="/v1")
Holder = Annotated[HolderId, Path(description="The holder's id")]
CSV: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {}}}}
HEADS = (
    "jurisdiction", "holder", "name", "account", "action", "currency", "amount", "paid_on", "swept_on",
    "payee",
)  # fmt: skip


class UnclaimedOut(BaseModel):
    """Money that is left for an account, in whole coins; when it is due to be swept."""

    action: str
    holder: str
    name: str
    account: int
    jurisdiction: str
    currency: str
    amount: str
    held: bool
    paid_on: date
    due_on: datetime
    due: bool


class UnclaimedList(BaseModel):
    """All of it, the first due first."""

    items: list[UnclaimedOut]


class EscheatOut(BaseModel):
    """A line of the report: money of one account that went to whoever keeps unclaimed property."""

    jurisdiction: str
    holder: str
    name: str
    account: int
    action: str
    currency: str
    amount: str
    paid_on: date
    swept_on: date
    payee: str


class EscheatReport(BaseModel):
    """What was swept in a year, by jurisdiction."""

    year: int
    items: list[EscheatOut]


class SweepIn(BaseModel):
    """The wallet of whoever keeps unclaimed property."""

    model_config = STRICT

    payee: Annotated[str, StringConstraints(pattern=r"^0x[0-9a-fA-F]{40}$")]


@router.get(
    "/actions/{id}/claims",
    response_class=Response,
    responses=CSV | responses(400, 404, 409),
)
def claims(
    office: OfficeOf,
    actor: Caller,
    id: ActionId,
    currency: Annotated[str, Query(max_length=16)] = "",
) -> Response:
    """The claim file of a pot: every account's claim, and the root (docs/reference/claim-file.md)."""
    found = claiming.claims(office, actor, id, currency)
    text = "".join(claim_file.write(found.claims, found.root))
    return Response(text, media_type="text/csv")


@router.get("/actions/{id}/claims/{holder}", responses=responses(400, 404, 409))
def claim_proof(office: OfficeOf, actor: Caller, id: ActionId, holder: Holder) -> ClaimOut:
    """What proves a holder's claim; for himself, or for whoever reads the register."""
    return _claim(claiming.proof(office, actor, id, holder))


@router.post("/actions/{id}/claims/{holder}", status_code=202, responses=responses(400, 404, 409))
def claim(office: OfficeOf, actor: Caller, id: ActionId, holder: Holder) -> OrderOut:
    """Bring a holder's proof, for oneself or for him: his money goes to his wallet."""
    return order_out(processing.ask_claim(office, actor, id, holder))


@router.get(
    "/windups/{id}/claims", response_class=Response, responses=CSV | responses(400, 404, 409)
)
def windup_claims(
    office: OfficeOf, actor: Caller, id: WindupId, pot: Annotated[str, Query(max_length=16)] = ""
) -> Response:
    """The claim file of one pot of a winding-up (the first if left out): a class of a stage."""
    found = claiming.claims(office, actor, id, pot)
    text = "".join(claim_file.write(found.claims, found.root))
    return Response(text, media_type="text/csv")


@router.get("/windups/{id}/claims/{holder}", responses=responses(400, 404, 409))
def windup_claim_proofs(office: OfficeOf, actor: Caller, id: WindupId, holder: Holder) -> ClaimsOut:
    """What proves a holder's claims, one for each class of each stage that is open."""
    found = claiming.proofs(office, actor, id, holder)
    return ClaimsOut(items=[_claim(one) for one in found])


@router.post("/windups/{id}/claims/{holder}", status_code=202, responses=responses(400, 404, 409))
def claim_windup(office: OfficeOf, actor: Caller, id: WindupId, holder: Holder) -> OrderOut:
    """Bring a holder's proofs, for oneself or for him: his money goes to his wallet."""
    return order_out(processing.ask_claim(office, actor, id, holder))


@router.post(
    "/actions/{id}/sweep",
    status_code=201,
    response_model=Approval,
    responses=responses(400, 404, 409, 422),
)
def sweep(
    office: OfficeOf, actor: Caller, id: ActionId, given: SweepIn, key: IdempotencyKey
) -> Any:
    """Propose to send what nobody claimed of an action or a winding-up to whoever keeps it; another person
    approves it."""
    owner = unclaimed.serviced(office, actor, id)
    texts = {"action": id, "payee": given.payee}
    return proposed(office, actor, ProposeRequest("sweep-unclaimed", texts, key, owner))


@router.get("/unclaimed", responses=responses(400, 404))
def unclaimed_money(office: OfficeOf, actor: Caller, issuer: Issuer = None) -> UnclaimedList:
    """What is held or not claimed of an issuer's payments, with the day when it is due."""
    items = [
        UnclaimedOut(
            action=one.action,
            holder=one.holder,
            name=one.name,
            account=one.account,
            jurisdiction=one.jurisdiction,
            currency=one.currency,
            amount=format_units(one.amount, one.decimals),
            held=one.held,
            paid_on=one.paid_on,
            due_on=one.due_on,
            due=one.due,
        )
        for one in unclaimed.left(office, actor, issuer)
    ]
    return UnclaimedList(items=items)


Year = Annotated[int | None, Query(ge=2000, le=2200, description="The year of the sweep")]


@router.get("/unclaimed/report", responses=responses(400, 404))
def escheat(
    office: OfficeOf, actor: Caller, issuer: Issuer = None, year: Year = None
) -> EscheatReport:
    """What was swept in a year (the one that runs), by jurisdiction."""
    of = year or unclaimed.this_year(office)
    items = [escheat_out(one) for one in unclaimed.report(office, actor, issuer, of)]
    return EscheatReport(year=of, items=items)


@router.get(
    "/unclaimed/report.csv",
    response_class=Response,
    responses=CSV | responses(400, 404),
)
def escheat_csv(
    office: OfficeOf, actor: Caller, issuer: Issuer = None, year: Year = None
) -> Response:
    """The same as CSV."""
    of = year or unclaimed.this_year(office)
    rows = [
        tuple(str(getattr(escheat_out(one), name)) for name in HEADS)
        for one in unclaimed.report(office, actor, issuer, of)
    ]
    return Response(reports.csv_text(HEADS, rows), media_type="text/csv")


def _claim(one: ClaimProof) -> ClaimOut:
    known: dict[str, Any] = {name: getattr(one, name) for name in ClaimOut.model_fields}
    return ClaimOut(**known | {"gross": str(one.gross), "withheld": str(one.withheld)})


def escheat_out(one: Escheated) -> EscheatOut:
    """A line of the report, money in whole coins."""
    known: dict[str, Any] = {name: getattr(one, name) for name in EscheatOut.model_fields}
    return EscheatOut(**known | {"amount": format_units(one.amount, one.decimals)})
