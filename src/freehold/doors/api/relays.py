"""Routes of acts that holders signed themselves: the relay sends them at our cost, within budgets."""

from typing import Any, TypeVar

from fastapi import APIRouter
from pydantic import BaseModel

from freehold.core.ids import checksummed
from freehold.core.instruction import WORDS
from freehold.desks.office import Office
from freehold.desks.outbox import relay
from freehold.desks.permits import Actor
from freehold.doors import signed_acts
from freehold.doors.api import problems
from freehold.doors.api.admission import IssuerId
from freehold.doors.api.problems import responses
from freehold.doors.api.routes import Caller, IdempotencyKey, OfficeOf, Token
from freehold.doors.signed_acts import Coming
from freehold.wire.relays import (
    BudgetsWanted,
    CancelSigned,
    ClaimSigned,
    RelayAccepted,
    RelayTerms,
    SigningDomain,
    TransferSigned,
    VoteSigned,
)

router = APIRouter(prefix="/v1")
Model = TypeVar("Model", bound=BaseModel)
ACCEPTED: dict[str, Any] = {
    "status_code": 202,
    "response_model": RelayAccepted,
    "responses": responses(400, 404, 409, 422),
}


@router.get("/instruments/{token}/relays", responses=responses(400, 404))
def signing_domain(office: OfficeOf, actor: Caller, token: Token) -> SigningDomain:
    """What a holder's program needs to sign acts of a token offline."""
    return _out(SigningDomain, relay.domain(office, actor, checksummed(token)))


@router.post("/instruments/{token}/relays/transfer", **ACCEPTED)
def relay_transfer(
    office: OfficeOf, actor: Caller, token: Token, asked: TransferSigned, key: IdempotencyKey
) -> Any:
    """Send a transfer that its holder signed, at our cost: 202, or 422 with the reason and no gas spent."""
    return _relayed(office, actor, asked, key, token)


@router.post("/instruments/{token}/relays/cancel", **ACCEPTED)
def relay_cancel(
    office: OfficeOf, actor: Caller, token: Token, asked: CancelSigned, key: IdempotencyKey
) -> Any:
    """Send a signed cancellation of a transfer that was authorised and not used."""
    return _relayed(office, actor, asked, key, token)


@router.post("/relays/claim", **ACCEPTED)
def relay_claim(office: OfficeOf, actor: Caller, asked: ClaimSigned, key: IdempotencyKey) -> Any:
    """Send a holder's claim of his money, which goes where he signed that it goes."""
    return _relayed(office, actor, asked, key)


@router.post("/relays/vote", **ACCEPTED)
def relay_vote(office: OfficeOf, actor: Caller, asked: VoteSigned, key: IdempotencyKey) -> Any:
    """Send a vote that a holder or his proxy signed; one that would not count is not sent."""
    return _relayed(office, actor, asked, key)


@router.get("/issuers/{issuer}/relays", responses=responses(400, 404))
def relay_terms(office: OfficeOf, actor: Caller, issuer: IssuerId) -> RelayTerms:
    """What is relayed for an issuer's holders: the contracts, the budgets of a day, what is spent."""
    return _out(RelayTerms, relay.terms(office, actor, issuer))


@router.put("/issuers/{issuer}/relays/budgets", responses=responses(400, 404))
def set_budgets(
    office: OfficeOf, actor: Caller, issuer: IssuerId, wanted: BudgetsWanted
) -> RelayTerms:
    """Say how much gas a day is paid for an issuer's holders, and for one of them."""
    made = relay.set_budgets(office, actor, issuer, wanted.issuer_gas, wanted.holder_gas)
    return _out(RelayTerms, made)


def _relayed(office: Office, actor: Actor, asked: Coming, key: str, token: str = "") -> Any:
    signed = signed_acts.read(office, actor, asked, token)
    done = relay.relay(office, actor, signed, asked.signature, key)
    if done.instruction is None:
        return problems.answer(422, done.reason, code=done.code or None)
    state = WORDS[done.instruction.state]
    return RelayAccepted(instruction=done.instruction.id, state=state, gas=done.gas)


def _out(model: type[Model], found: object) -> Model:
    return model(**{name: getattr(found, name) for name in model.model_fields})
