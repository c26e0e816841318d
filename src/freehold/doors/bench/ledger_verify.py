"""`freehold bench ledger`, the part about `freehold verify`: a register of many holders, proved.

One instrument with that many accounts, of which every tenth has a lot and every hundredth frozen units,
on both local ledgers. Measured is all that the command does: logs read, register built, every figure
asked of the contracts, and the projection compared.
"""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from freehold import config
from freehold.chain.logs import source_of_node
from freehold.core.errors import Broken, Unavailable
from freehold.desks.register.verification import answers_of_node, verify
from freehold.doors.bench import gas_ledger, gas_world
from freehold.doors.bench.gas_ledger import Ledger
from freehold.doors.bench.gas_world import World
from freehold.doors.bench.report import Row
from freehold.indexer import follow, tables
from freehold.indexer.memory import Memory

HOLDERS = 10_000


def rows(holders: int = HOLDERS) -> Iterator[Row]:
    """Seconds of one verification on each ledger; none for anvil where it is not installed."""
    with gas_ledger.embedded() as ledger:
        yield _row(ledger, holders)
    try:
        with gas_ledger.anvil(config.load().home) as ledger:
            yield _row(ledger, holders)
    except Unavailable:
        return


def _row(ledger: Ledger, holders: int) -> Row:
    world = World(ledger)
    list(gas_world.platform(world))
    gas_world.crowd(world, holders)
    source, course = source_of_node(ledger.w3), follow.Course((world.register,))
    with tempfile.TemporaryDirectory(prefix="freehold-bench-") as folder:
        projection = tables.open_projection(f"sqlite:///{Path(folder)}/index.db")
        with projection.connect() as connection:
            follow.follow(connection, source, course, Memory())
            began = time.perf_counter()
            found = verify(source, course, lambda *at: answers_of_node(ledger.w3, *at), connection)
            seconds = time.perf_counter() - began
        projection.dispose()
    if not found.ok or found.counts["units"] != holders:
        raise Broken(f"the register of the measurement is wrong: {found.differences[:1]}")
    return Row(f"{ledger.name}, verify {holders:,} accounts", seconds, "s", goal=60)
