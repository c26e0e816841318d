"""Routes of what changes: the feed, the stream of it, webhooks with their deliveries, relayed acts."""

import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any

from anyio import sleep
from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, BeforeValidator, Field, StringConstraints
from starlette.concurrency import run_in_threadpool

from freehold.core.ids import checksummed
from freehold.core.instruction import WORDS
from freehold.core.roles import EVERYWHERE
from freehold.core.signed_acts import SignedTransfer
from freehold.core.units import parse_units
from freehold.desks.access import sessions
from freehold.desks.office import Office
from freehold.desks.outbox import relay
from freehold.desks.permits import Actor
from freehold.desks.platform import changes, webhooks
from freehold.desks.platform.changes import KINDS, Feed
from freehold.desks.platform.webhooks import DeliveryView
from freehold.desks.securities import transfers
from freehold.doors.api import documents as d
from freehold.doors.api import problems
from freehold.doors.api.problems import responses
from freehold.doors.api.routes import (
    Caller,
    Cursor,
    IdempotencyKey,
    Limit,
    OfficeOf,
    Token,
)

router = APIRouter(prefix="/v1")
POLL_SECONDS, HEARTBEAT_SECONDS = 0.4, 15.0
STREAMED = 200
Number = Annotated[int, Field(ge=1, lt=1 << 53, strict=True), BeforeValidator(d.whole)]
Kinds = Annotated[
    str | None,
    Query(pattern=r"^[a-z.,]{1,128}$", description=f"Only these, with commas: {', '.join(KINDS)}"),
]
Which = Annotated[str, Path(pattern=r"^hook_[0-9a-f]{24}$", description="A webhook's id")]
Seconds = Annotated[int, Field(ge=0, lt=1 << 53, strict=True), BeforeValidator(d.whole)]
STRICT: Any = {"extra": "forbid"}


class Change(BaseModel):
    """Something that changed. `scope` is whom it concerns: an issuer, issuer/holder, or * for all."""

    number: int
    at: datetime
    kind: str
    scope: str
    subject: str
    content: dict[str, str | int | bool | None]


class Changes(BaseModel):
    """Changes in their order; `next` is the cursor of what comes after them, also when that is nothing
    yet."""

    items: list[Change]
    next: str


class WebhookWanted(BaseModel):
    """A webhook to make."""

    model_config = STRICT

    url: Annotated[str, StringConstraints(min_length=1, max_length=512)]
    kinds: Annotated[list[str], Field(min_length=1, max_length=len(KINDS))]
    issuer: Annotated[str, StringConstraints(min_length=1, max_length=128)] = EVERYWHERE


class Webhook(BaseModel):
    """A webhook without its secret."""

    id: str
    url: str
    kinds: list[str]
    issuer: str
    created_at: datetime


class Webhooks(BaseModel):
    """One's own webhooks."""

    items: list[Webhook]


class NewWebhook(Webhook):
    """A webhook with its secret, which is shown this once."""

    secret: str


class Try(BaseModel):
    """One try of a delivery; `status` is null where nobody answered."""

    number: int
    at: datetime
    status: int | None
    milliseconds: int
    said: str


class Delivery(BaseModel):
    """A change on its way to a webhook: WAITING, DONE or DEAD. `round` counts replays."""

    number: int
    change: int
    kind: str
    round: int
    state: str
    due_at: datetime
    tries: list[Try]


class Deliveries(BaseModel):
    """A page of deliveries, the newest first."""

    items: list[Delivery]
    next: str | None


class ReplayWanted(BaseModel):
    """The changes to deliver again, by their numbers, both ends included."""

    model_config = STRICT

    first: Number
    last: Number


class Replayed(BaseModel):
    """How many deliveries were made."""

    deliveries: int


class TransferSigned(BaseModel):
    """A transfer that its holder signed (ERC-3009, EIP-712)."""

    model_config = STRICT

    sender: d.Address
    receiver: d.Address
    units: d.Quantity
    valid_after: Seconds
    valid_before: Seconds
    nonce: Annotated[str, StringConstraints(pattern=r"^0x[0-9a-f]{64}$")]
    signature: Annotated[str, StringConstraints(pattern=r"^0x[0-9a-f]{130}$")]


class RelayAccepted(BaseModel):
    """A signed act that is on its way at our cost."""

    instruction: d.Hash
    state: str
    gas: int


@router.get("/changes", responses=responses(400))
def list_changes(
    office: OfficeOf, actor: Caller, cursor: Cursor = None, limit: Limit = 100, kinds: Kinds = None
) -> Changes:
    """What changed that the caller may see, in its order, behind `cursor` (the beginning if left out)."""
    found = changes.feed(office, actor, int(cursor or 0), limit, _kinds(kinds))
    return Changes(items=[_change(one) for one in found.items], next=str(found.read_to))


@router.get(
    "/changes/stream",
    response_class=StreamingResponse,
    responses=responses(400)
    | {200: {"content": {"text/event-stream": {}}, "description": "Server-sent events"}},
)
async def stream_changes(
    request: Request,
    office: OfficeOf,
    actor: Caller,
    kinds: Kinds = None,
    last: Annotated[
        str | None,
        Header(
            alias="Last-Event-ID",
            pattern=r"^[0-9]{1,15}$",
            description="Go on behind this change; from now on if left out",
        ),
    ] = None,
) -> Response:
    """The same as server-sent events, as they happen: `id` is the change's number, `event` its kind.

    A comment comes every 15 seconds. The stream ends when the key does, and when the server stops.
    """
    wanted = _kinds(kinds)
    start = int(last) if last else await run_in_threadpool(changes.head, office)
    await run_in_threadpool(changes.feed, office, actor, start, 1, wanted)  # a refusal comes first
    return StreamingResponse(
        _events(request, office, actor, start, wanted),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


@router.get("/webhooks", responses=responses())
def list_webhooks(office: OfficeOf, actor: Caller) -> Webhooks:
    """One's own webhooks, without their secrets."""
    return Webhooks(items=[_webhook(one) for one in webhooks.listed(office, actor)])


@router.post("/webhooks", status_code=201, responses=responses(400, 409))
def make_webhook(office: OfficeOf, actor: Caller, wanted: WebhookWanted) -> NewWebhook:
    """Be told at a URL of what changes from now on; the secret of the signatures is shown this once."""
    made, secret = webhooks.subscribe(office, actor, wanted.url, wanted.kinds, wanted.issuer)
    return NewWebhook(**_webhook(made).model_dump(), secret=secret)


@router.delete("/webhooks/{id}", status_code=204, responses=responses(400, 404))
def end_webhook(office: OfficeOf, actor: Caller, id: Which) -> Response:
    """End a webhook at once."""
    webhooks.end(office, actor, id)
    return Response(status_code=204)


@router.get("/webhooks/{id}/deliveries", responses=responses(400, 404))
def list_deliveries(
    office: OfficeOf, actor: Caller, id: Which, cursor: Cursor = None, limit: Limit = 100
) -> Deliveries:
    """What was delivered and tried, the newest first."""
    found = webhooks.log(office, actor, id, int(cursor) if cursor else None, limit)
    following = str(found[-1].delivery.number) if len(found) == limit else None
    return Deliveries(items=[_delivery(one) for one in found], next=following)


@router.post("/webhooks/{id}/replays", status_code=202, responses=responses(400, 404))
def replay_webhook(office: OfficeOf, actor: Caller, id: Which, wanted: ReplayWanted) -> Replayed:
    """Deliver changes once more, one or a range."""
    count = webhooks.replay(office, actor, id, wanted.first, wanted.last)
    return Replayed(deliveries=count)


@router.post(
    "/instruments/{token}/relays/transfer",
    status_code=202,
    response_model=RelayAccepted,
    responses=responses(400, 404, 409, 422),
)
def relay_transfer(
    office: OfficeOf, actor: Caller, token: Token, asked: TransferSigned, key: IdempotencyKey
) -> Any:
    """Send a transfer that its holder signed, at our cost: 202, or 422 with the reason and no gas spent."""
    token = checksummed(token)
    units = parse_units(asked.units, transfers.decimals_of(office, actor, token))
    sender, receiver = checksummed(asked.sender), checksummed(asked.receiver)
    instants = (asked.valid_after, asked.valid_before)
    signed = SignedTransfer(token, sender, receiver, units, *instants, asked.nonce)
    done = relay.relay(office, actor, "transfer", signed, asked.signature, key)
    if done.instruction is None:
        return problems.answer(422, done.reason, code=done.code or None)
    state = WORDS[done.instruction.state]
    return RelayAccepted(instruction=done.instruction.id, state=state, gas=done.gas)


async def _events(
    request: Request, office: Office, actor: Actor, at: int, kinds: tuple[str, ...]
) -> AsyncIterator[str]:
    """The stream; whether the caller may still see anything is looked up at every heartbeat."""
    stopping = request.app.state.stopping
    yield f"retry: 2000\n: behind {at}\n\n"
    quiet = 0.0
    while not stopping():
        top = await run_in_threadpool(changes.head, office)
        if top > at:
            found: Feed = await run_in_threadpool(changes.feed, office, actor, at, STREAMED, kinds)
            at = found.read_to
            for one in found.items:
                yield _event(_change(one))
                quiet = 0.0
            if found.items:
                continue
        await sleep(POLL_SECONDS)
        quiet += POLL_SECONDS
        if quiet >= HEARTBEAT_SECONDS:
            quiet = 0.0
            renewed = await run_in_threadpool(_again, request)
            if renewed is None:
                return
            actor = renewed
            yield f": {at}\n\n"


def _again(request: Request) -> Actor | None:
    """Who asks, looked up anew."""
    given = request.headers.get("authorization", "").partition(" ")[2]
    return sessions.actor_of_key(request.app.state.office, given)


def _event(one: Change) -> str:
    body = json.dumps(one.model_dump(mode="json"), ensure_ascii=False)
    return f"id: {one.number}\nevent: {one.kind}\ndata: {body}\n\n"


def _kinds(text: str | None) -> tuple[str, ...]:
    wanted = tuple(text.split(",")) if text else KINDS
    return tuple(one for one in KINDS if one in wanted)


def _change(one: Any) -> Change:
    return Change(**{name: getattr(one, name) for name in Change.model_fields})


def _webhook(one: Any) -> Webhook:
    values = {name: getattr(one, name) for name in Webhook.model_fields}
    return Webhook(**values | {"kinds": list(one.kinds)})


def _delivery(one: DeliveryView) -> Delivery:
    tries = [Try(**{n: getattr(each, n) for n in Try.model_fields}) for each in one.tries]
    known = one.delivery
    return Delivery(
        number=known.number,
        change=known.change,
        kind=one.kind,
        round=known.round,
        state=known.state,
        due_at=known.due_at,
        tries=tries,
    )
