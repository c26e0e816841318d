"""Routes of a changed notice: what it would change, the proposal of it, and every version with its hash."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field, StringConstraints

from freehold.desks.approvals import approvals
from freehold.desks.approvals.approvals import ProposeRequest
from freehold.desks.servicing import events
from freehold.doors.api.actions import proposed
from freehold.doors.api.approvals import tried
from freehold.doors.api.meeting_documents import STRICT
from freehold.doors.api.meetings import Number
from freehold.doors.api.problems import responses
from freehold.doors.api.routes import Caller, IdempotencyKey, OfficeOf
from freehold.wire.approvals import Approval, Text, TriedOut

router = APIRouter(prefix="/v1")


class NoticeAsItShallBe(BaseModel):
    """The whole notice as TOML (docs/reference/votes.md), as it shall be."""

    model_config = STRICT

    notice: Annotated[Text, StringConstraints(min_length=1)]


class NoticeVersion(BaseModel):
    """A version of a notice; `replaces` is the meeting that was called anew by it."""

    version: int
    meeting: int
    sha256: str
    replaces: int | None
    at: datetime
    by: str
    notice: str


class NoticeVersions(BaseModel):
    """Every version, the first one first; `replaced_by` is the meeting that took this one's place."""

    items: list[NoticeVersion]
    replaced_by: int | None = Field(description="Empty where this meeting stands")


@router.post("/meetings/{number}/amendment/dry-runs", responses=responses(400, 404, 409))
def preview_amendment(
    office: OfficeOf, actor: Caller, number: Number, given: NoticeAsItShallBe
) -> TriedOut:
    """What another notice would change of a meeting; nothing is kept."""
    return tried(approvals.dry_run(office, actor, _asked(office, actor, number, given, "")))


@router.post(
    "/meetings/{number}/amendment",
    status_code=201,
    response_model=Approval,
    responses=responses(400, 404, 409, 422),
)
def amend(
    office: OfficeOf, actor: Caller, number: Number, given: NoticeAsItShallBe, key: IdempotencyKey
) -> Any:
    """Propose another notice; another person approves it, and the holders are told. What is voted on, by
    whom or when changes by a meeting called anew, before the vote opens; place and name at any time."""
    return proposed(office, actor, _asked(office, actor, number, given, key))


@router.get("/meetings/{number}/versions", responses=responses(400, 404))
def list_versions(office: OfficeOf, actor: Caller, number: Number) -> NoticeVersions:
    """Every version of the notice, with its SHA-256."""
    one = events.meeting(office, actor, number)
    return NoticeVersions(
        items=[
            NoticeVersion(
                version=each.version,
                meeting=each.number,
                sha256=each.digest,
                replaces=each.replaces,
                at=each.created_at,
                by=each.by,
                notice=each.notice,
            )
            for each in one.every_version
        ],
        replaced_by=one.replaced_by,
    )


def _asked(
    office: OfficeOf, actor: Caller, number: int, given: NoticeAsItShallBe, key: str
) -> ProposeRequest:
    owner = events.held_by(office, actor, number)
    texts = {"meeting": str(number), "notice": given.notice}
    return ProposeRequest("amend-meeting", texts, key, owner)
