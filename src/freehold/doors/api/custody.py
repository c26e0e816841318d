"""Routes of self-custody: a holder's wallet shows its key, the agent consents; holders who sign in."""

from typing import Annotated, Any

from fastapi import APIRouter, Path

from freehold.desks.agent import custody
from freehold.desks.approvals import self_custody
from freehold.desks.onboarding import applying
from freehold.doors.api.admission import HolderPath, IssuerId
from freehold.doors.api.papers import Issuer
from freehold.doors.api.problems import responses
from freehold.doors.api.routes import Caller, IdempotencyKey, OfficeOf
from freehold.wire import custody as w

router = APIRouter(prefix="/v1")
Which = Annotated[str, Path(pattern=r"^[0-9a-z_]{1,66}$", description="The way's id")]


@router.get("/custody-exits", responses=responses(400, 404, 409))
def list_exits(office: OfficeOf, actor: Caller, issuer: Issuer = None) -> w.CustodyExits:
    """Ways out of the agent's key; a holder sees his own."""
    found = custody.listed(office, actor, issuer)
    return w.CustodyExits(items=[w.CustodyExitOut(**_said(one)) for one in found])


@router.post("/custody-exits", status_code=201, responses=responses(400, 404, 409))
def begin_exit(
    office: OfficeOf, actor: Caller, asked: w.CustodyExitWanted, issuer: Issuer = None
) -> w.CustodyExitAsked:
    """Begin: the text that the wallet has to sign. Asked again while it is good, it is the same."""
    made = custody.ask(office, actor, issuer, asked.holder, asked.wallet)
    return w.CustodyExitAsked(**_said(made.exit), text=made.text)


@router.post("/custody-exits/{id}/proof", responses=responses(400, 404, 409))
def prove_exit(office: OfficeOf, actor: Caller, id: Which, asked: w.ProofIn) -> w.CustodyExitOut:
    """Show that one has the wallet's key."""
    return w.CustodyExitOut(**_said(custody.prove(office, actor, id, asked.signature)))


@router.post("/custody-exits/{id}/consent", responses=responses(400, 404, 409))
def consent(office: OfficeOf, actor: Caller, id: Which, asked: w.ConsentIn) -> w.ConsentOut:
    """Note on what the holder's identity was checked, and propose that his wallet opens the account."""
    made = self_custody.consent(office, actor, id, asked.document)
    assert made.proposal, "what is refused is a conflict"
    return w.ConsentOut(exit=id, proposal=made.proposal.id)


@router.post(
    "/issuers/{issuer}/holders/{holder}/invitation",
    status_code=201,
    responses=responses(400, 404, 409),
)
def invite_holder(
    office: OfficeOf,
    actor: Caller,
    issuer: IssuerId,
    holder: HolderPath,
    asked: w.HolderInvitation,
    key: IdempotencyKey,
) -> w.HolderInvited:
    """Invite a holder who stands in the register already to sign in. His one-time link is in the first
    answer alone, and in a letter."""
    identity, token = applying.invite_holder(office, actor, asked.name, issuer, holder, key)
    link = None if token is None else f"/welcome/{token}"
    return w.HolderInvited(issuer=issuer, holder=holder, identity=identity, link=link)


def _said(one: Any) -> dict[str, Any]:
    names = ("id", "issuer", "holder", "wallet", "asked_at", "expires_at", "proved_at")
    return {name: getattr(one, name) for name in names} | {"checked": one.checked_by is not None}
