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
from pathlib import Path

from freehold.book import instructions
from freehold.desks.register import registers
from freehold.doors.bench import platform_world as platform
from freehold.doors.bench import reorganisations
from freehold.doors.bench.api import lost_and_doubled
from freehold.doors.bench.asking import CLIENTS, SETTLE_SECONDS, Told, keep_asking
from freehold.doors.bench.platform_world import World
from freehold.doors.bench.report import Options, Row

KILLS, SEED = 200, 20261127
LIMIT_SECONDS = 450
PARTS = ("worker", "server")
BETWEEN_SECONDS = 2.8
"""At most so long between two kills; half of it in the mean."""


def rows(options: Options) -> Iterator[Row]:
    """200 kills on SQLite, then a network that reorganises under PostgreSQL with two workers."""
    with tempfile.TemporaryDirectory(prefix="freehold-bench-") as folder:
        yield from killed(platform.build(Path(folder), {}), KILLS, SEED)
    yield from reorganisations.rows(options)


def killed(world: World, kills: int, seed: int) -> Iterator[Row]:
    """Kill so often in a built world, then look at what is left of it."""
    chance, told = random.Random(seed), Told()
    with platform.office_of(world) as office:
        key = platform.key_of_agent(office)
    began, done, restarts = time.monotonic(), 0, dict.fromkeys(PARTS, 0)
    with platform.serving(world) as process:
        token = platform.token_of(world, key)
        clients = [
            threading.Thread(target=keep_asking, args=(world, key, token, number, told))
            for number in range(CLIENTS)
        ]
        for client in clients:
            client.start()
        while done < kills and time.monotonic() - began < LIMIT_SECONDS:
            time.sleep(chance.uniform(0, BETWEEN_SECONDS))
            if part := _kill(world, chance):
                restarts[part] += 1
                done += 1
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


def _kill(world: World, chance: random.Random) -> str | None:
    """Kill one process of any part that lives, once one does; whose it was."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        living = platform.processes(world)
        parts = [part for part in PARTS if living.get(part)]
        if parts:
            part = chance.choice(parts)
            with contextlib.suppress(ProcessLookupError):
                os.kill(chance.choice(living[part]), signal.SIGKILL)
                return part
        time.sleep(0.02)
    return None


def _drained(world: World) -> None:
    """Wait until nothing waits any more."""
    end = time.monotonic() + SETTLE_SECONDS
    with platform.office_of(world) as office:
        while time.monotonic() < end:
            with office.book.reading() as tx:
                if not instructions.waiting(tx, office.chain):
                    return
            time.sleep(0.2)
