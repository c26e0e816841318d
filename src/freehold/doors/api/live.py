"""Routes of what changes: the feed, the stream of it, webhooks with their deliveries."""

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from anyio import sleep
from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from freehold.desks.access import sessions
from freehold.desks.office import Office
from freehold.desks.permits import Actor
from freehold.desks.platform import changes, webhooks
from freehold.desks.platform.changes import KINDS, Feed
from freehold.desks.platform.webhooks import DeliveryView
from freehold.doors.api.problems import responses
from freehold.doors.api.routes import (
    Caller,
    Cursor,
    Limit,
    OfficeOf,
    OnceKey,
)
from freehold.wire.live import (
    Change,
    Changes,
    Deliveries,
    Delivery,
    NewWebhook,
    PauseWanted,
    Replayed,
    ReplayWanted,
    Try,
    Webhook,
    Webhooks,
    WebhookWanted,
)

router = APIRouter(prefix="/v1")
POLL_SECONDS, HEARTBEAT_SECONDS = 0.4, 15.0
STREAMED = 200
Kinds = Annotated[
    str | None,
    Query(pattern=r"^[a-z.,]{1,256}$", description=f"Only these, with commas: {', '.join(KINDS)}"),
]
Which = Annotated[str, Path(pattern=r"^hook_[0-9a-f]{24}$", description="A webhook's id")]


@router.get("/changes", responses=responses(400))
def list_changes(
    office: OfficeOf,
    actor: Caller,
    cursor: Cursor = None,
    limit: Limit = 100,
    kinds: Kinds = None,
    issuer: Annotated[str | None, Query(max_length=128, description="Only of this issuer")] = None,
    subject: Annotated[
        str | None, Query(max_length=260, description="Only about this instruction, action, ...")
    ] = None,
) -> Changes:
    """What changed that the caller may see, in its order, behind `cursor` (the beginning if left out)."""
    found = changes.feed(office, actor, int(cursor or 0), limit, _kinds(kinds))
    items = [
        _change(one)
        for one in found.items
        if issuer in (None, one.scope.partition("/")[0]) and subject in (None, one.subject)
    ]
    return Changes(items=items, next=str(found.read_to))


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
        str,
        Header(
            alias="Last-Event-ID",
            pattern=r"^[0-9]{0,15}$",
            description="Go on behind this change; from now on if left out",
        ),
    ] = "",
) -> Response:
    """The same as server-sent events, as they happen: `id` is the change's number, `event` its kind.

    An event without data says from where on; another one comes every 15 seconds. The stream ends when the
    key does, and when the server stops.
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
def make_webhook(
    office: OfficeOf, actor: Caller, wanted: WebhookWanted, key: OnceKey = None
) -> NewWebhook:
    """Be told at a URL of what changes from now on; the secret of the signatures is shown this once."""
    made, secret = webhooks.subscribe(office, actor, wanted.url, wanted.kinds, wanted.issuer, key)
    return NewWebhook(**_webhook(made).model_dump(), secret=secret)


@router.delete("/webhooks/{id}", status_code=204, responses=responses(400, 404))
def end_webhook(office: OfficeOf, actor: Caller, id: Which) -> Response:
    """End a webhook at once."""
    webhooks.end(office, actor, id)
    return Response(status_code=204)


@router.put("/webhooks/{id}/pause", responses=responses(400, 404))
def pause_webhook(office: OfficeOf, actor: Caller, id: Which, wanted: PauseWanted) -> Webhook:
    """Pause a webhook, or go on with what waited meanwhile."""
    return _webhook(webhooks.pause(office, actor, id, paused=wanted.paused))


@router.post("/webhooks/{id}/secret", status_code=201, responses=responses(400, 404, 409))
def rotate_secret(office: OfficeOf, actor: Caller, id: Which, key: OnceKey = None) -> NewWebhook:
    """A new secret, shown this once; the old one signs nothing from now on."""
    made, secret = webhooks.rotate(office, actor, id, key)
    return NewWebhook(**_webhook(made).model_dump(), secret=secret)


@router.get("/webhooks/{id}/deliveries", responses=responses(400, 404))
def list_deliveries(
    office: OfficeOf, actor: Caller, id: Which, cursor: Cursor = None, limit: Limit = 100
) -> Deliveries:
    """What was delivered and tried, the newest first."""
    found = webhooks.log(office, actor, id, int(cursor) if cursor else None, limit)
    following = str(found[-1].delivery.number) if len(found) == limit else None
    return Deliveries(items=[_delivery(one) for one in found], next=following)


@router.post("/webhooks/{id}/replays", status_code=202, responses=responses(400, 404, 409))
def replay_webhook(
    office: OfficeOf, actor: Caller, id: Which, wanted: ReplayWanted, key: OnceKey = None
) -> Replayed:
    """Deliver changes once more, one or a range."""
    count = webhooks.replay(office, actor, id, wanted.first, wanted.last, key)
    return Replayed(deliveries=count)


async def _events(
    request: Request, office: Office, actor: Actor, at: int, kinds: tuple[str, ...]
) -> AsyncIterator[str]:
    """The stream; whether the caller may still see anything is looked up at every heartbeat."""
    stopping = request.app.state.stopping
    yield f"retry: 2000\nid: {at}\n\n"  # the place, also where nothing happens yet
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
            yield f"id: {at}\n: nothing new\n\n"


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
        body=one.body,
    )
