"""Routes of acts that holders signed themselves: the relay sends them at our cost, within budgets."""

from typing import Any, TypeVar

from fastapi import APIRouter
from pydantic import BaseModel

from freehold.core.ids import checksummed
from freehold.core.instruction import WORDS
from freehold.core.signed_acts import (
    SignedAct,
    SignedCancel,
    SignedClaim,
    SignedTransfer,
    SignedVote,
)
from freehold.core.units import parse_units
from freehold.desks.office import Office
from freehold.desks.outbox import relay
from freehold.desks.permits import Actor
from freehold.desks.securities import transfers
from freehold.doors.api import problems
from freehold.doors.api.admission import IssuerId
from freehold.doors.api.problems import responses
from freehold.doors.api.routes import Caller, IdempotencyKey, OfficeOf, Token
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
    token = checksummed(token)
    units = parse_units(asked.units, transfers.decimals_of(office, actor, token))
    sender, receiver = checksummed(asked.sender), checksummed(asked.receiver)
    instants = (asked.valid_after, asked.valid_before)
    signed = SignedTransfer(token, sender, receiver, units, *instants, asked.nonce)
    return _relayed(office, actor, signed, asked.signature, key)


@router.post("/instruments/{token}/relays/cancel", **ACCEPTED)
def relay_cancel(
    office: OfficeOf, actor: Caller, token: Token, asked: CancelSigned, key: IdempotencyKey
) -> Any:
    """Send a signed cancellation of a transfer that was authorised and not used."""
    signed = SignedCancel(checksummed(token), checksummed(asked.sender), asked.nonce)
    return _relayed(office, actor, signed, asked.signature, key)


@router.post("/relays/claim", **ACCEPTED)
def relay_claim(office: OfficeOf, actor: Caller, asked: ClaimSigned, key: IdempotencyKey) -> Any:
    """Send a holder's claim of his money, which goes where he signed that it goes."""
    signed = SignedClaim(
        checksummed(asked.place),
        asked.distribution,
        asked.account,
        checksummed(asked.wallet),
        int(asked.gross),
        int(asked.withheld),
        tuple(asked.proof),
        checksummed(asked.payee),
        asked.deadline,
    )
    return _relayed(office, actor, signed, asked.signature, key)


@router.post("/relays/vote", **ACCEPTED)
def relay_vote(office: OfficeOf, actor: Caller, asked: VoteSigned, key: IdempotencyKey) -> Any:
    """Send a vote that a holder or his proxy signed; one that would not count is not sent."""
    signed = SignedVote(
        checksummed(asked.place),
        asked.meeting,
        checksummed(asked.holder),
        checksummed(asked.voter),
        int(asked.choices),
        tuple(int(one) for one in asked.marks),
        asked.at,
    )
    return _relayed(office, actor, signed, asked.signature, key)


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


def _relayed(office: Office, actor: Actor, signed: SignedAct, signature: str, key: str) -> Any:
    done = relay.relay(office, actor, signed, signature, key)
    if done.instruction is None:
        return problems.answer(422, done.reason, code=done.code or None)
    state = WORDS[done.instruction.state]
    return RelayAccepted(instruction=done.instruction.id, state=state, gas=done.gas)


def _out(model: type[Model], found: object) -> Model:
    return model(**{name: getattr(found, name) for name in model.model_fields})
