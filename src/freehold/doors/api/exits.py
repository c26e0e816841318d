"""Routes of the exit simulator: the terms of an issuer, saved or tried, and an exit divided by them."""

from fractions import Fraction
from typing import Annotated, Any

from fastapi import APIRouter, Path

from freehold.desks.servicing import exits
from freehold.desks.servicing.exits import TermsView
from freehold.doors.api.problems import responses
from freehold.doors.api.routes import Caller, OfficeOf
from freehold.doors.exits import document
from freehold.wire.exits import ExitAsked, ExitDivided, ExitTerms, ExitTermsIn

router = APIRouter(prefix="/v1")
IssuerId = Annotated[str, Path(min_length=1, max_length=128, description="The issuer's id")]


@router.get("/issuers/{issuer}/exit-terms", responses=responses(400, 404, 409))
def exit_terms(office: OfficeOf, actor: Caller, issuer: IssuerId) -> ExitTerms:
    """The terms on which an exit is divided: those saved last, or a draft."""
    return _terms(exits.terms_of(office, actor, issuer))


@router.put("/issuers/{issuer}/exit-terms", responses=responses(400, 404, 409))
def keep_exit_terms(
    office: OfficeOf, actor: Caller, issuer: IssuerId, given: ExitTermsIn
) -> ExitTerms:
    """Save terms; the same text again is no new version."""
    return _terms(exits.keep(office, actor, issuer, given.terms))


@router.post("/issuers/{issuer}/waterfall", responses=responses(400, 404, 409))
def waterfall(office: OfficeOf, actor: Caller, issuer: IssuerId, asked: ExitAsked) -> ExitDivided:
    """Divide an exit among everybody who has a claim on it. Nothing is kept, so it may be asked again."""
    found = exits.simulate(office, actor, issuer, asked.exit, asked.terms)
    return ExitDivided.model_validate(_plain(document(found)))


def _terms(view: TermsView) -> ExitTerms:
    return ExitTerms(
        issuer=view.owner.id,
        version=view.version,
        terms=view.text,
        kept_by=view.kept_by,
        kept_at=view.kept_at,
        notices=list(view.notices),
    )


def _plain(value: Any) -> Any:
    """The same with exact numbers as text."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return str(value) if isinstance(value, Fraction) else value
