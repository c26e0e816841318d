"""What every request passes: limits, security headers, ETags, metrics, one line in the journal.

Written against ASGI itself, because it sits in front of everything. Limits come first, so that what
is too large or too much costs nothing behind them.
"""

import hashlib
import secrets
import time
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from prometheus_client import Counter, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException

from freehold.config import Network
from freehold.doors.api import problems
from freehold.doors.platform import journal, proxies

LARGEST_BODY = 1 << 20
"""Bytes of a request: none of ours needs more, but an upload."""
LARGEST_UPLOAD = 9 << 20
UPLOADS = frozenset({"/api/v1/documents", "/documents"})
SMALLEST_ETAG, LARGEST_ETAG = 1, 8 << 20
REQUESTS_A_SECOND, BURST = 1_000.0, 3_000.0
SIGN_INS_A_SECOND, SIGN_IN_BURST = 1.0, 30.0
"""Of one address; lock-outs count failures beside this."""
REMEMBERED = 50_000
"""Addresses whose requests are counted; the longest silent ones are forgotten first."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; manifest-src 'self'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

REQUESTS = Counter("freehold_requests_total", "Requests answered", ["method", "route", "status"])
SECONDS = Histogram("freehold_request_seconds", "Seconds to the end of an answer", ["route"])
TURNED_AWAY = Counter("freehold_turned_away_total", "Requests over a limit", ["limit"])


@dataclass(slots=True)
class Allowance:
    """A bucket for each address: it fills at a rate, and a request takes one out."""

    rate: float
    burst: float
    left: dict[str, tuple[float, float]] = field(default_factory=dict)

    def take(self, address: str, now: float) -> bool:
        """Whether the address may go on."""
        full, since = self.left.pop(address, (self.burst, now))
        full = min(self.burst, full + (now - since) * self.rate)
        self.left[address] = (full - 1 if full >= 1 else full, now)
        if len(self.left) > REMEMBERED:
            del self.left[next(iter(self.left))]
        return full >= 1


class Gate:
    """The application behind its gate. `secure` says that browsers come by TLS; `share` is the
    number of processes among which an address's requests are parted; `trusted` are proxies that say for
    whom they ask."""

    def __init__(
        self, app: App, secure: bool, share: int = 1, trusted: Sequence[Network] = ()
    ) -> None:
        self.app = app
        self.trusted = trusted
        self.headers = dict(HEADERS)
        if secure:
            self.headers["Strict-Transport-Security"] = "max-age=31536000"
        self.all = Allowance(REQUESTS_A_SECOND / share, BURST / share)
        self.sign_ins = Allowance(SIGN_INS_A_SECOND / share, SIGN_IN_BURST / share)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, scope = time.perf_counter(), proxies.behind(scope, self.trusted)
        answer = _Answer(scope, send, self.headers)
        try:
            if turned := self._turned_away(scope):
                await turned(scope, receive, answer.send)
            else:
                await self.app(scope, _limited(receive, _largest(scope)), answer.send)
        except _TooLarge:
            if not answer.started:
                await _too_large(_largest(scope))(scope, receive, answer.send)
        except (
            Exception
        ) as fault:  # the application has answered, and hands it on to be written down
            journal.fault("server", fault, answer.id)
        finally:
            await answer.finish()
            _count(scope, answer.status, time.perf_counter() - began, answer.id)

    def _turned_away(self, scope: Scope) -> Any:
        """The response to a request over a limit, or None."""
        address, now = _address(scope), time.monotonic()
        if not self.all.take(address, now):
            TURNED_AWAY.labels("requests").inc()
            return _too_many(1)
        if _proves(scope) and not self.sign_ins.take(address, now):
            TURNED_AWAY.labels("sign-ins").inc()
            return _too_many(30)
        said = Headers(scope=scope).get("content-length", "0")
        if not said.isdigit() or int(said) > _largest(scope):
            TURNED_AWAY.labels("size").inc()
            return _too_large(_largest(scope))
        return None


class _TooLarge(HTTPException):
    """More came than was announced. The application reads the body, and answers with its status."""

    def __init__(self, most: int) -> None:
        super().__init__(413, _at_most(most))


class _Answer:
    """What goes out: with the security headers, and with an ETag where the API reads."""

    def __init__(self, scope: Scope, send: Send, headers: dict[str, str]) -> None:
        self.scope, self.out, self.headers = scope, send, headers
        self.status, self.started = 500, False
        self.id = secrets.token_hex(8)
        self.tagging = scope["method"] == "GET" and scope["path"].startswith("/api/")
        self.kept: Message | None = None
        self.body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started, self.status = True, message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in self.headers.items():
                headers.setdefault(name, value)
            headers.setdefault("Cache-Control", "no-store")
            headers["X-Request-Id"] = self.id
            streams = headers.get("content-type", "").startswith("text/event-stream")
            if self.tagging and self.status == 200 and not streams:
                self.kept = message
                return
        elif self.kept is not None:
            self.body += message.get("body", b"")
            return
        await self.out(message)

    async def finish(self) -> None:
        """Send what was kept back for its ETag: the body, or 304 if the caller has it already."""
        if self.kept is None:
            return
        headers = MutableHeaders(scope=self.kept)
        tag = f'"{hashlib.sha256(self.body).hexdigest()[:32]}"'
        headers["ETag"] = tag
        headers["Cache-Control"] = "private, no-cache"
        wanted = Headers(scope=self.scope).get("if-none-match", "")
        if tag in [one.strip().removeprefix("W/") for one in wanted.split(",")]:
            self.status = self.kept["status"] = 304
            for name in ("content-length", "content-type"):
                if name in headers:
                    del headers[name]
            self.body = b""
        await self.out(self.kept)
        await self.out({"type": "http.response.body", "body": self.body})


def _largest(scope: Scope) -> int:
    upload = scope["method"] == "POST" and scope["path"] in UPLOADS
    return LARGEST_UPLOAD if upload else LARGEST_BODY


def _limited(receive: Receive, most: int) -> Receive:
    """The request's body, cut off where it grows beyond the limit."""
    read = 0

    async def limited() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > most:
            raise _TooLarge(most)
        return message

    return limited


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else "unknown"


def _proves(scope: Scope) -> bool:
    """Whether the request tries to prove who somebody is."""
    path = scope["path"]
    return bool(scope["method"] == "POST" and path.startswith(("/sign-in", "/welcome/", "/prove")))


def _too_many(seconds: int) -> Any:
    said = f"Wait {seconds} s, then try again."
    return problems.answer(429, said, headers={"Retry-After": str(seconds)})


def _too_large(most: int) -> Any:
    return problems.answer(413, _at_most(most))


def _at_most(most: int) -> str:
    return f"A request to this address may have {most:,} bytes."


def _count(scope: Scope, status: int, seconds: float, id: str) -> None:
    route = getattr(scope.get("route"), "path", None) or "none"
    if scope["path"].startswith("/api/") and route != "none":
        route = f"/api{route}"
    REQUESTS.labels(scope["method"], route, status).inc()
    SECONDS.labels(route).observe(seconds)
    journal.write(
        "server",
        "request",
        id=id,
        method=scope["method"],
        route=route,
        status=status,
        ms=round(seconds * 1_000, 1),
    )
