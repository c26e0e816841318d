"""Routes that admit and suspend holders: acts of one person with the power."""

from typing import Annotated, Any

from fastapi import APIRouter, Path

from freehold.core.holder import Holder
from freehold.core.identifiers import parse_country
from freehold.core.ids import HolderId, checksummed
from freehold.core.instruction import WORDS
from freehold.desks.onboarding import admitting
from freehold.desks.onboarding.admitting import Given
from freehold.desks.onboarding.holders import AdmitRequest
from freehold.doors.api import problems
from freehold.doors.api.problems import responses
from freehold.doors.api.routes import Caller, IdempotencyKey, OfficeOf
from freehold.wire import documents as w
from freehold.wire.admission import Admission, GivenOut, Suspension

router = APIRouter(prefix="/v1")
IssuerId = Annotated[str, Path(min_length=1, max_length=128, description="The issuer's id")]
HolderPath = Annotated[w.HolderName, Path(description="A holder's id, or his first wallet")]


@router.post(
    "/issuers/{issuer}/holders",
    status_code=202,
    response_model=GivenOut,
    responses=responses(400, 404, 409, 422),
)
def admit(
    office: OfficeOf, actor: Caller, issuer: IssuerId, asked: Admission, key: IdempotencyKey
) -> Any:
    """Open an account for a person, with or without a wallet of his own."""
    found = AdmitRequest(
        Holder(
            HolderId(asked.id),
            asked.name,
            asked.kind,
            parse_country(asked.country) if asked.country else "",
        ),
        issuer,
        checksummed(asked.wallet) if asked.wallet else None,
        admitting.class_named(asked.holder_class),
    )
    return _given(admitting.admit_as(office, actor, found, key))


@router.post(
    "/issuers/{issuer}/holders/{holder}/suspension",
    status_code=202,
    response_model=GivenOut,
    responses=responses(400, 404, 409, 422),
)
def suspend(
    office: OfficeOf,
    actor: Caller,
    issuer: IssuerId,
    holder: HolderPath,
    asked: Suspension,
    key: IdempotencyKey,
) -> Any:
    """Suspend a holder, or reinstate him."""
    return _given(admitting.suspend_as(office, actor, issuer, holder, asked.suspended, key))


def _given(found: Given) -> Any:
    if found.instruction is None:
        return problems.answer(422, found.reason, code=found.code or None)
    state = WORDS[found.instruction.state]
    return GivenOut(holder=found.holder, instruction=found.instruction.id, state=state)
