"""Whether the platform is well, for those who watch it: /health, /ready and /metrics.

/metrics is Prometheus text and is answered to this machine alone; a proxy that forwards requests
names whom it forwards for, and gets nothing. Whichever of the server's processes answers, the
figures are those of all of them together.
"""

import os
from functools import partial

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    generate_latest,
    multiprocess,
)
from prometheus_client import Gauge as AnyGauge
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from freehold.core.clock import to_seconds
from freehold.core.instruction import State
from freehold.desks.office import Office
from freehold.desks.platform.readiness import Readiness, readiness
from freehold.doors.api import problems

Gauge = partial(AnyGauge, multiprocess_mode="mostrecent")

WAITING = Gauge("freehold_instructions", "Instructions that are not over", ["state"])
OLDEST = Gauge("freehold_oldest_waiting_seconds", "Age of the oldest instruction not yet signed")
HEAD = Gauge("freehold_chain_head", "The last block of the ledger")
FOLLOWED = Gauge("freehold_projection_block", "The last block that the projection was read to")
PASSED = Gauge("freehold_worker_silence_seconds", "Since when the worker has not passed")
READY = Gauge("freehold_ready", "1 if every part does its work")


def health(request: Request) -> Response:
    """The process answers."""
    return JSONResponse({"status": "up"})


def ready(request: Request) -> Response:
    """Whether every part does its work now; 503 with the reasons if not."""
    found = readiness(request.app.state.office)
    content = {
        "ready": found.ready,
        "faults": len(found.faults),
        "head": found.head,
        "block": found.block,
        "waiting": sum(found.waiting.values()),
    }
    return JSONResponse(content, 200 if found.ready else 503)


def metrics(request: Request) -> Response:
    """Prometheus text."""
    local = request.client is not None and request.client.host in ("127.0.0.1", "::1")
    if not local or "x-forwarded-for" in request.headers or "forwarded" in request.headers:
        return problems.answer(404, "There is no such page.")
    _measure(request.app.state.office)
    return Response(generate_latest(_registry()), media_type=CONTENT_TYPE_LATEST)


def _registry() -> CollectorRegistry:
    """What all processes of the server have counted, where the supervisor gave them a place."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


def _measure(office: Office) -> Readiness:
    found = readiness(office)
    now = office.clock.now()
    for state in State:
        WAITING.labels(state.lower()).set(found.waiting.get(state, 0))
    OLDEST.set(to_seconds(now) - to_seconds(found.oldest) if found.oldest else 0)
    HEAD.set(found.head if found.head is not None else float("nan"))
    FOLLOWED.set(found.block if found.block is not None else float("nan"))
    silence = (now - found.worker_passed).total_seconds() if found.worker_passed else float("nan")
    PASSED.set(silence)
    READY.set(found.ready)
    return found
