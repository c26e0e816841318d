"""The running ledger: what the gateway's tasks share, and the order in which they may act.

One thread writes the journal, so commits happen in the order asked. `settled` is clear from the
moment anvil is told to mine until the block is committed: no answer leaves the gateway meanwhile,
so nobody can have seen a block that a crash could still undo. `life` counts anvil processes: an
answer of an earlier life is thrown away.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from freehold.chain.anvil import engine as engines
from freehold.chain.anvil.engine import Engine
from freehold.chain.anvil.genesis import Genesis
from freehold.core.errors import Unavailable

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(slots=True)
class Ledger:
    """`offset` is the chain's clock less the wall clock, `next_seconds` an instant asked for.

    `count` is the number of mined transactions, `snapshot_count` that of the newest snapshot.
    """

    binary: Path
    folder: Path
    journal: sqlite3.Connection
    genesis: Genesis
    engine: Engine | None = None
    life: int = 0
    last_seconds: int = 0
    offset: int = 0
    next_seconds: int | None = None
    count: int = 0
    snapshot_count: int = 0
    pen: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "journal"))
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    mining: asyncio.Lock = field(default_factory=asyncio.Lock)


async def write(
    ledger: Ledger,
    act: Callable[Concatenate[sqlite3.Connection, P], T],
    *args: P.args,
    **named: P.kwargs,
) -> T:
    """Run one function of the journal on its thread; a failed commit is Unavailable."""
    loop = asyncio.get_running_loop()
    try:
        return await loop.run_in_executor(ledger.pen, lambda: act(ledger.journal, *args, **named))
    except sqlite3.Error as fault:
        raise Unavailable(f"the journal cannot be written: {fault}") from fault


def engine_of(ledger: Ledger) -> Engine:
    """The present anvil. Raises Unavailable while it is being brought back."""
    if ledger.engine is None:
        raise Unavailable("the node is being brought back to its last block: send it again")
    return ledger.engine


async def ask(ledger: Ledger, body: bytes) -> bytes:
    """Pass a request through; its answer leaves only when all that it may show is journalled."""
    life = ledger.life
    answer = await engines.exchange(engine_of(ledger), body)
    if not ledger.settled.is_set():
        await ledger.settled.wait()
    if life != ledger.life:
        raise Unavailable("the node's engine stopped before it answered: send it again")
    return answer
