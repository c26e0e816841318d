"""Routes of onboarding: investors invited, their applications reviewed, hits of screening decided."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from freehold.core.reasons import message_for
from freehold.desks.office import Office
from freehold.desks.onboarding import applying, reviewing, screening
from freehold.desks.onboarding.persons import Standing
from freehold.desks.permits import Actor
from freehold.doors.api.admission import IssuerId
from freehold.doors.api.papers import described, file_of
from freehold.doors.api.people import IssuerAsked
from freehold.doors.api.problems import responses
from freehold.doors.api.routes import Caller, Cursor, IdempotencyKey, Limit, OfficeOf
from freehold.wire.reviews import (
    Acceptance,
    ApplicationFile,
    ApplicationOut,
    Applications,
    ClaimOut,
    ClaimProposed,
    Declining,
    HitDecided,
    HitDecision,
    HitOut,
    Hits,
    InvestorInvitation,
    InvestorInvited,
    PaperOut,
    Question,
    StageAsked,
    StandingOut,
    Stated,
)

router = APIRouter(prefix="/v1")
Which = Annotated[str, Path(pattern=r"^ap_[0-9a-f]{24}$", description="An application's id")]
Number = Annotated[int, Path(ge=1, lt=1 << 53, description="A hit's number")]
PaperKind = Annotated[str, Path(pattern=r"^[a-z]{1,16}$", description=" or ".join(applying.PAPERS))]
OTHER = "application/octet-stream"


@router.post("/issuers/{issuer}/investors", status_code=201, responses=responses(400, 404, 409))
def invite_investor(
    office: OfficeOf,
    actor: Caller,
    issuer: IssuerId,
    asked: InvestorInvitation,
    key: IdempotencyKey,
) -> InvestorInvited:
    """Invite an investor, who then applies to the register. His one-time link is in the first answer
    alone, and in a letter."""
    made, token = applying.invite_once(office, actor, asked.name, issuer, key)
    link = None if token is None else f"/welcome/{token}"
    return InvestorInvited(**_application(made, asked.name.strip().lower()), link=link)


@router.get("/applications", responses=responses(400, 404))
def list_applications(
    office: OfficeOf,
    actor: Caller,
    issuer: IssuerAsked = None,
    stage: Annotated[list[StageAsked] | None, Query(max_length=len(StageAsked))] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Applications:
    """Applications that were handed over, of the issuers whose investors the caller reviews."""
    first = int(cursor or 0)
    found = reviewing.listed(office, actor, issuer, stage or [], first, limit + 1)
    following = str(first + limit) if len(found) > limit else None
    shown = [ApplicationOut(**_application(one, name)) for one, name in found[:limit]]
    return Applications(items=shown, next=following)


@router.get("/applications/{id}", responses=responses(400, 404, 409))
def one_application(office: OfficeOf, actor: Caller, id: Which) -> ApplicationFile:
    """Everything that decides an application."""
    return _file(office, actor, id)


@router.get(
    "/applications/{id}/papers/{kind}",
    response_class=Response,
    responses={**responses(400, 404, 409), **described(*applying.KINDS.values(), OTHER)},
)
def one_paper(office: OfficeOf, actor: Caller, id: Which, kind: PaperKind) -> Response:
    """A paper, as a file to be saved; that it was read is recorded."""
    content = reviewing.paper(office, actor, id, kind)
    media_type = applying.kind_of(content) or OTHER
    return file_of(content, media_type, f"{kind}.{media_type.rpartition('/')[2]}")


@router.post("/applications/{id}/approval", responses=responses(400, 404, 409))
def approve(office: OfficeOf, actor: Caller, id: Which, asked: Acceptance) -> ApplicationFile:
    """Make the accepted claims and let the worker open the account; 409 where no class takes him."""
    reviewing.approve(office, actor, id, asked.accepted, asked.why)
    return _file(office, actor, id)


@router.post("/applications/{id}/decline", responses=responses(400, 404, 409))
def decline(office: OfficeOf, actor: Caller, id: Which, asked: Declining) -> ApplicationFile:
    """End an application with a reason."""
    reviewing.decline(office, actor, id, asked.why)
    return _file(office, actor, id)


@router.post("/applications/{id}/question", responses=responses(400, 404, 409))
def ask(office: OfficeOf, actor: Caller, id: Which, asked: Question) -> ApplicationOut:
    """Give an application back with a question; it comes again once it is submitted again."""
    return ApplicationOut(**_application(*reviewing.ask(office, actor, id, asked.question)))


@router.get("/screening/hits", responses=responses(400))
def list_hits(office: OfficeOf, actor: Caller, cursor: Cursor = None, limit: Limit = 100) -> Hits:
    """Hits of screening that wait for a decision."""
    after = int(cursor or 0)
    found = [one for one in screening.waiting_for(office, actor) if one[0].number > after]
    following = str(found[limit - 1][0].number) if len(found) > limit else None
    return Hits(items=[_hit(review, said) for review, said in found[:limit]], next=following)


@router.post("/screening/hits/{number}/decision", responses=responses(400, 404, 409))
def decide_hit(office: OfficeOf, actor: Caller, number: Number, asked: HitDecision) -> HitDecided:
    """Say whether a person is the one of the list. Confirmed, his accounts are frozen at once."""
    done = screening.decide_as(office, actor, number, confirmed=asked.confirmed, why=asked.why)
    return HitDecided(
        number=number,
        confirmed=asked.confirmed,
        accounts=list(done.accounts),
        report_due=done.task.due if done.task else None,
    )


def _file(office: Office, actor: Actor, id: str) -> ApplicationFile:
    one = reviewing.file(office, actor, id)
    known = one.particulars
    named = {name: getattr(known, name) for name in Stated.model_fields}
    lists = {name: list(named[name]) for name in ("citizenships", "aliases")}
    return ApplicationFile(
        **_application(one.known, one.sign_in_name),
        issuer_name=one.issuer,
        person=one.known.person,
        particulars=Stated(**named | lists | {"kind": str(known.kind)}),
        status=one.status,
        why=one.why,
        papers=[
            PaperOut(kind=each.kind, digest=each.digest, size=each.size, at=each.created_at)
            for each in one.papers.values()
        ],
        proposed=[
            ClaimProposed(**{name: getattr(each, name) for name in ClaimProposed.model_fields})
            for each in one.proposed
        ],
        hits=one.hits,
        claims=[
            ClaimOut(
                state=str(state),
                **{n: getattr(claim, n) for n in ClaimOut.model_fields if n != "state"},
            )
            for claim, state in one.claims
        ],
        standing=_standing(one.standing) if one.standing else None,
    )


def _hit(one: Any, said: Mapping[str, Any]) -> HitOut:
    known = {name: said[name] for name in ("entry", "name", "score", "threshold", "reasons")}
    listed = {"sanctions_list": said["list"], **known}
    return HitOut(number=one.number, person=one.person, at=one.created_at, **listed)


def _standing(one: Standing) -> StandingOut:
    reason = message_for(one.code) if one.code else ""
    return StandingOut(class_name=one.class_name, country=one.country, code=one.code, reason=reason)


def _application(one: Any, name: str) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": name,
        "issuer": one.issuer,
        "stage": one.stage.lower(),
        "wallet": one.wallet,
        "invited_at": one.created_at,
        "submitted_at": one.submitted_at,
        "decided_at": one.decided_at,
        "decided_by": one.decided_by,
        "instruction": one.instruction,
    }
