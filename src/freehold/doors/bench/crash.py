"""`freehold bench crash`: kill -9 of worker and server at random moments, while requests arrive.

A client asks for transfers one after another, each under a key of its own, and asks again under the
same key where no answer came, as clients should. Meanwhile worker and server are killed, in an order
and at moments drawn from a seed, and the supervisor starts them again. In the end every accepted
request must be on chain exactly once, the book must say so, and the register must verify.
"""

import contextlib
import os
import random
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path

from freehold.book import instructions
from freehold.desks.register import registers
from freehold.doors.bench import platform_world as platform
from freehold.doors.bench.api import lost_and_doubled
from freehold.doors.bench.platform_world import World
from freehold.doors.bench.report import Options, Row

KILLS, SEED = 200, 20261127
LIMIT_SECONDS = 450
CLIENTS, ASKED_A_SECOND = 4, 24
SETTLE_SECONDS = 120
PARTS = ("worker", "server")
BETWEEN_SECONDS = 2.8
"""At most so long between two kills; half of it in the mean."""


@dataclass
class Told:
    """What the clients were told: the instruction of each accepted request, and what else came."""

    accepted: dict[str, str] = field(default_factory=dict)
    contradicted: int = 0
    unanswered: int = 0
    stop: threading.Event = field(default_factory=threading.Event)


def rows(options: Options) -> Iterator[Row]:
    """200 kills on SQLite."""
    with tempfile.TemporaryDirectory(prefix="freehold-bench-") as folder:
        yield from killed(platform.build(Path(folder), {}), KILLS, SEED)


def killed(world: World, kills: int, seed: int) -> Iterator[Row]:
    """Kill so often in a built world, then look at what is left of it."""
    chance, told = random.Random(seed), Told()
    with platform.office_of(world) as office:
        key = platform.key_of_agent(office)
    began, done, restarts = time.monotonic(), 0, dict.fromkeys(PARTS, 0)
    with platform.serving(world) as process:
        token = platform.token_of(world, key)
        clients = [
            threading.Thread(target=_ask, args=(world, key, token, number, told))
            for number in range(CLIENTS)
        ]
        for client in clients:
            client.start()
        while done < kills and time.monotonic() - began < LIMIT_SECONDS:
            time.sleep(chance.uniform(0, BETWEEN_SECONDS))
            part = chance.choice(PARTS)
            restarts[part] += 1
            done += _kill(world, part, chance)
        told.stop.set()
        for client in clients:
            client.join()
        platform.until_ready(world, process)
        _drained(world)
    yield Row("kills of worker and server", done, "kills", goal=kills, better="higher")
    yield Row("of the worker", restarts["worker"], "kills")
    yield Row("requests accepted meanwhile", len(told.accepted), "requests")
    yield Row("requests asked again for want of an answer", told.unanswered, "requests")
    yield Row("keys answered differently when asked again", told.contradicted, "requests", goal=0)
    with platform.office_of(world, followed=False) as office:
        lost, doubled = lost_and_doubled(office, tuple(told.accepted.values()))
        yield Row("accepted and lost", lost, "requests", goal=0)
        yield Row("accepted and done twice", doubled, "requests", goal=0)
        differences = len(registers.verify(office).differences)
        yield Row("differences found by verify", differences, "figures", goal=0)


def _ask(world: World, key: str, token: str, number: int, told: Told) -> None:
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


def _kill(world: World, part: str, chance: random.Random) -> int:
    """Kill one process of a part, once one lives; how many were killed."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        living = platform.processes(world).get(part, [])
        if living:
            with contextlib.suppress(ProcessLookupError):
                os.kill(chance.choice(living), signal.SIGKILL)
                return 1
        time.sleep(0.02)
    return 0


def _drained(world: World) -> None:
    """Wait until nothing waits any more."""
    end = time.monotonic() + SETTLE_SECONDS
    with platform.office_of(world) as office:
        while time.monotonic() < end:
            with office.book.reading() as tx:
                if not instructions.waiting(tx, office.chain):
                    return
            time.sleep(0.2)
