"""Clients of a platform under test: each asks for transfers one after another, and again without an answer.

Every request has a key of its own, so that asking again is safe, and is asked twice, so that it shows
whether the answer stays the same.
"""

import contextlib
import threading
import time
from dataclasses import dataclass, field
from http.client import HTTPException

from freehold.doors.bench import platform_world as platform
from freehold.doors.bench.platform_world import World

CLIENTS, ASKED_A_SECOND = 4, 24
SETTLE_SECONDS = 120


@dataclass
class Told:
    """What the clients were told: the instruction of each accepted request, and what else came."""

    accepted: dict[str, str] = field(default_factory=dict)
    contradicted: int = 0
    unanswered: int = 0
    stop: threading.Event = field(default_factory=threading.Event)


def keep_asking(world: World, key: str, token: str, number: int, told: Told) -> None:
    """One client: asks until it has an answer, then for the next."""
    body = {"sender": platform.SENDER, "receiver": platform.RECEIVER, "units": "1"}
    path, count = f"/instruments/{token}/transfers", 0
    while not told.stop.is_set():
        count += 1
        mark = f"crash-{number}-{count}"
        for again in range(2):  # a second time to see that the answer stays the same
            id = _answer(world, key, path, body, mark, told)
            if id is None:
                return
            told.contradicted += again and told.accepted[mark] != id
            told.accepted[mark] = id
        told.stop.wait(CLIENTS / ASKED_A_SECOND)


def _answer(
    world: World, key: str, path: str, body: dict[str, str], mark: str, told: Told
) -> str | None:
    end = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(OSError, HTTPException, ValueError):
            status, said = platform.ask(world, key, path, body, Idempotency_Key=mark)
            if status == 202:
                return str(said["instruction"])
        told.unanswered += 1
        time.sleep(0.05)
    return None
