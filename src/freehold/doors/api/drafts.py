"""Routes of asset drafts: one part after the other, what is missing, and the work that puts it on chain.

The asset wizard of the web over the same desk. A part is kept as it is sent, wrong or right, so that
nothing entered is lost; a wrong one is answered with 422 and every mistake, and the draft lists it.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from freehold.core.errors import Invalid, Mistake
from freehold.desks.outbox.work_orders import WorkOrder
from freehold.desks.securities import deployments, draft_reviews
from freehold.desks.securities.deployments import DOING, Draft
from freehold.desks.securities.draft_reviews import Review
from freehold.doors.api.problems import responses
from freehold.doors.api.routes import Caller, Cursor, IdempotencyKey, Limit, OfficeOf
from freehold.wire.drafts import (
    DeploymentOut,
    DocumentsIn,
    DraftIn,
    DraftOut,
    Drafts,
    FieldOut,
    OwnerOut,
    PolicyChosen,
    RecordIn,
    ReviewOut,
    TermsIn,
)
from freehold.wire.problems import WrongPlace

router = APIRouter(prefix="/v1")
DraftId = Annotated[str, Path(pattern=r"^d_[0-9a-f]{16}$", description="A draft's id")]


@router.get("/drafts", responses=responses(400))
def list_drafts(
    office: OfficeOf, actor: Caller, cursor: Cursor = None, limit: Limit = 100
) -> Drafts:
    """One's own drafts, the last changed first."""
    found, first = deployments.mine(office, actor), int(cursor or 0)
    following = str(first + limit) if len(found) > first + limit else None
    shown = [draft_out(office, one) for one in found[first : first + limit]]
    return Drafts(items=shown, next=following)


@router.post("/drafts", status_code=201, responses=responses(400, 404, 409))
def begin_draft(office: OfficeOf, actor: Caller, given: DraftIn, key: IdempotencyKey) -> DraftOut:
    """Begin a draft of a kind of asset, for an issuer that is there or a new one."""
    return draft_out(office, deployments.start(office, actor, given.model_dump(mode="json"), key))


@router.get("/drafts/{id}", responses=responses(400, 404))
def one_draft(office: OfficeOf, actor: Caller, id: DraftId) -> DraftOut:
    """A draft of one's own, and everything that it lacks."""
    return draft_out(office, deployments.find(office, actor, id))


@router.delete("/drafts/{id}", status_code=204, responses=responses(400, 404, 409))
def discard_draft(office: OfficeOf, actor: Caller, id: DraftId) -> Response:
    """Throw a draft away; 409 once it is being carried out."""
    deployments.discard(office, actor, id)
    return Response(status_code=204)


@router.put("/drafts/{id}/record", responses=responses(400, 404, 409))
def put_record(office: OfficeOf, actor: Caller, id: DraftId, given: RecordIn) -> DraftOut:
    """What the asset is."""
    return _kept(office, actor, id, "record", {**given.facts, "name": given.name})


@router.put("/drafts/{id}/documents", responses=responses(400, 404, 409))
def put_documents(office: OfficeOf, actor: Caller, id: DraftId, given: DocumentsIn) -> DraftOut:
    """Its documents, by their hashes."""
    rows = [one.model_dump() for one in given.documents]
    return _kept(office, actor, id, "documents", {"rows": rows})


@router.put("/drafts/{id}/terms", responses=responses(400, 404, 409))
def put_terms(office: OfficeOf, actor: Caller, id: DraftId, given: TermsIn) -> DraftOut:
    """The class of units that is issued against it."""
    said = {**given.model_dump(), "decimals": str(given.decimals)}
    return _kept(office, actor, id, "terms", said)


@router.put("/drafts/{id}/policy", responses=responses(400, 404, 409))
def put_policy(office: OfficeOf, actor: Caller, id: DraftId, given: PolicyChosen) -> DraftOut:
    """The rules that are in force from the first unit on."""
    said = {"choice": given.choice, "text": given.text or ""}
    return _kept(office, actor, id, "policy", said)


@router.post("/drafts/{id}/review", responses=responses(400, 404, 409))
def ask_review(office: OfficeOf, actor: Caller, id: DraftId) -> DraftOut:
    """Ask a second person to agree; needed where `needs_review` says so. Asked again, it waits on."""
    return draft_out(office, draft_reviews.ask(office, actor, id))


@router.post("/drafts/{id}/deployment", status_code=202, responses=responses(400, 404, 409))
def deploy_draft(office: OfficeOf, actor: Caller, id: DraftId) -> DeploymentOut:
    """Put it on chain: the worker carries it out. Asked again, it is the same work."""
    return _deployment(deployments.deploy(office, actor, id), "")


@router.get("/drafts/{id}/deployment", responses=responses(400, 404))
def deployment_of_draft(office: OfficeOf, actor: Caller, id: DraftId) -> DeploymentOut:
    """How far the work is."""
    return _deployment(*deployments.progress(office, actor, id))


@router.post("/drafts/{id}/deployment/retry", status_code=202, responses=responses(400, 404, 409))
def deploy_again(office: OfficeOf, actor: Caller, id: DraftId) -> DeploymentOut:
    """Carry failed work out again; what is done is not done twice."""
    return _deployment(deployments.again(office, actor, id), "")


def _kept(
    office: OfficeOf, actor: Caller, id: str, step: str, given: Mapping[str, Any]
) -> DraftOut:
    try:
        return draft_out(office, deployments.save(office, actor, id, step, given))
    except Invalid as fault:
        said = [_placed(one) for one in fault.mistakes]
        raise Invalid(f"kept, but the {step} has mistakes: {fault.message}", said) from None


def _placed(one: Mistake) -> Mistake:
    """A mistake where it stands in a body: content-0 of the form is documents[0].content."""
    found = re.fullmatch(r"(.*\.)?(name|content|uri)-(\d+)", one.place)
    if found is None:
        return one
    return Mistake(f"documents[{found[3]}].{found[2]}", one.message)


def draft_out(office: OfficeOf, one: Draft) -> DraftOut:
    """A draft, what it lacks, and where its review stands."""
    content = one.content
    missing = [_placed(each) for each in deployments.missing(content, office.clock.now())]
    return DraftOut(
        id=one.id,
        kind=content["kind"],
        issuer=OwnerOut(**content["issuer"]),
        fields=[
            FieldOut(name=name, required=must) for name, must in deployments.record_fields(content)
        ],
        record=content.get("record"),
        documents=content.get("documents", {}).get("rows", []),
        terms=content.get("terms"),
        policy=content.get("policy"),
        missing=[WrongPlace(place=each.place, message=each.message) for each in missing],
        ready=not missing,
        needs_review=draft_reviews.is_needed(office, one),
        review=review_out(draft_reviews.review_of(one)),
        order=one.work_order,
        created_at=one.created_at,
        changed_at=one.changed_at,
    )


def review_out(one: Review | None) -> ReviewOut | None:
    """The review of what stands in a draft now."""
    if one is None:
        return None
    state = one.state.lower()
    return ReviewOut(state=state, seen=one.digest, at=one.at, by=one.by, note=one.note)


def _deployment(order: WorkOrder, token: str) -> DeploymentOut:
    names = ("id", "done", "total", "doing", "asked_at", "changed_at")
    values = {name: getattr(order, name) for name in names}
    state = order.state.lower()
    return DeploymentOut(**values, state=state, steps=list(DOING), token=token or None)
