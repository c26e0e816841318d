"""The live part of a page: the network badge as it changes, and that what is shown has moved on.

One stream of server-sent events for each page in view. It tells only kinds and subjects of changes that
the visitor may see (`desks/platform/changes.py`); the page asks for itself again to show them. Watching
does not keep a session open, and the stream ends with it. Without scripts a page is read anew.
"""

import json
import time
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass

from anyio import sleep
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from freehold.desks.access import sessions
from freehold.desks.office import Office
from freehold.desks.permits import Actor
from freehold.desks.platform import changes
from freehold.desks.platform.changes import Feed
from freehold.desks.platform.readiness import readiness
from freehold.doors.web.network import Badge, badge
from freehold.doors.web.visits import COOKIE, client_of

PLACE = "/live"
POLL_SECONDS, BADGE_SECONDS, WHO_SECONDS = 1.0, 3.0, 10.0
MOST_STREAMS = 200
"""Pages that one process tells; the others are read anew by hand."""
TOLD = 500
WATCHED = (changes.INSTRUCTION, changes.POSITION, changes.REGISTER)
"""Not the audit log: reading a page can write to it."""


@dataclass(slots=True)
class Pulse:
    """What all streams of a process share: how many there are, and the badge, asked for once for all."""

    streams: int = 0
    asked: float = float("-inf")
    badge: Badge | None = None


async def stream(request: Request) -> Response:
    """The events of a page; 204, with which a browser stops asking, where nobody is signed in."""
    pulse: Pulse = request.app.state.pulse
    actor = await run_in_threadpool(_who, request)
    said = request.headers.get("last-event-id") or request.query_params.get("from", "")
    if actor is None or pulse.streams >= MOST_STREAMS:
        return Response(status_code=204)
    office: Office = request.app.state.office
    known = said.isascii() and said.isdigit() and len(said) < 16
    at = int(said) if known else await run_in_threadpool(changes.head, office)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    events = _events(request, pulse, actor, at)
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)


async def _events(request: Request, pulse: Pulse, actor: Actor, at: int) -> AsyncIterator[str]:
    """Badge and changes until the session or the server ends."""
    office: Office = request.app.state.office
    shown: Badge | None = None
    looked = time.monotonic()
    pulse.streams += 1
    try:
        yield f"retry: 3000\nid: {at}\n\n"
        while not request.app.state.stopping():
            now = await _badge(request, pulse)
            if now != shown:
                shown = now
                yield f"event: badge\ndata: {json.dumps(asdict(now))}\n\n"
            found = await run_in_threadpool(_moved, office, actor, at)
            if found is not None:
                at = found.read_to
                told = [{"kind": one.kind, "subject": one.subject} for one in found.items]
                yield f"id: {at}\n" + (
                    f"event: moved\ndata: {json.dumps(told)}\n\n" if told else "\n"
                )
            await sleep(POLL_SECONDS)
            if time.monotonic() - looked > WHO_SECONDS:
                looked = time.monotonic()
                renewed = await run_in_threadpool(_who, request)
                if renewed is None:
                    return
                actor = renewed
    finally:
        pulse.streams -= 1


def _moved(office: Office, actor: Actor, at: int) -> Feed | None:
    """What changed behind a number that the actor may see; None where nothing did."""
    kinds = [one for one in WATCHED if one not in changes.unseen(actor)]
    if not kinds or changes.head(office) <= at:
        return None
    return changes.feed(office, actor, at, TOLD, kinds)


async def _badge(request: Request, pulse: Pulse) -> Badge:
    """The badge, not older than a few seconds."""
    now = time.monotonic()
    if pulse.badge is None or now - pulse.asked > BADGE_SECONDS:
        pulse.asked = now
        pulse.badge = await run_in_threadpool(_badge_now, request)
    return pulse.badge


def _badge_now(request: Request) -> Badge:
    office: Office = request.app.state.office
    return badge(readiness(office), request.app.state.settings, simulated=office.simulated)


def _who(request: Request) -> Actor | None:
    """Who watches, by his session, which watching does not renew."""
    office, token = request.app.state.office, request.cookies.get(COOKIE)
    if not token:
        return None
    return sessions.actor_of_session(office, token, client_of(request), renew=False)
