"""The server process: API and web pages over one office, behind one gate.

It holds no signing key: what it decides stands in the book, and the worker signs it.
"""

import contextlib
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import uvicorn
from anyio.to_thread import current_default_thread_limiter
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route

from freehold.config import Config
from freehold.desks.office import Office, open_connections, open_office
from freehold.doors.api import app as api
from freehold.doors.platform import signals
from freehold.doors.platform.gate import Gate
from freehold.doors.platform.supervisor import listen
from freehold.doors.web import pages
from freehold.doors.web.live import Pulse

DRAIN_SECONDS = 10
THREADS = 8
"""Requests of one process worked on at once: more only make each other wait for the interpreter."""


def run(settings: Config, stop: threading.Event, ready: Callable[[], None]) -> int:
    """Serve until told to stop; the exit code. Raises Unavailable where the address is taken."""
    listener = listen(settings.listen, shared=settings.servers > 1)
    with listener, open_office(settings, followed=True, signing=False) as office:
        open_connections(office, THREADS)
        running: list[uvicorn.Server] = []
        served = uvicorn.Config(
            build(office, settings, ready, lambda: any(one.should_exit for one in running)),
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=True,
            proxy_headers=False,  # the gate reads them, of the proxies that are trusted
            timeout_graceful_shutdown=DRAIN_SECONDS,
            limit_concurrency=512,
        )
        running.append(uvicorn.Server(served))
        running[0].run(sockets=[listener])
    return 0


def build(
    office: Office,
    settings: Config,
    ready: Callable[[], None] = lambda: None,
    stopping: Callable[[], bool] = lambda: False,
) -> Any:
    """The whole application: pages, API, and what watches it. Streams end once it is `stopping`."""

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        current_default_thread_limiter().total_tokens = THREADS
        ready()
        yield

    routes: list[BaseRoute] = [
        Route("/health", signals.health, methods=["GET"]),
        Route("/ready", signals.ready, methods=["GET"]),
        Route("/metrics", signals.metrics, methods=["GET"]),
        Mount("/api", api.build(office, stopping)),
        *pages.routes(),
    ]
    app = Starlette(routes=routes, exception_handlers=dict(pages.EXCEPTIONS), lifespan=lifespan)
    app.state.office, app.state.settings = office, settings
    app.state.stopping, app.state.pulse = stopping, Pulse()
    secure = settings.public_url.startswith("https://")
    share = max(1, settings.servers)
    return Gate(app, secure, share, settings.trusted_proxies)
