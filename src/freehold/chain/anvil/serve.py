"""The fast node's own process: lock, journal, anvil, gateway, miner, and keeping them alive.

One process owns a home (a lock on a file, which the kernel drops however the process ends). If
anvil dies it is brought back from the journal while clients are told to send again. A difference
between journal and replay ends the process: nothing may be served on top of it.
"""

import asyncio
import contextlib
import fcntl
import json
import os
import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO

from freehold.chain.anvil import engine as engines
from freehold.chain.anvil import gateway, intake, listen, miner, replay
from freehold.chain.anvil import journal as journals
from freehold.chain.anvil.genesis import Genesis
from freehold.chain.anvil.install import executable
from freehold.chain.anvil.ledger import Ledger
from freehold.core.errors import Conflict, Unavailable

NOTICE = "node.json"
"""Written when the node answers: its url, process ids and chain id."""
_SNAPSHOT_AFTER = 20_000
"""Transactions since the last snapshot that call for another; doubled with the chain's length."""
_LONG_REPLAY = 2_000
"""Transactions replayed at the start that make a snapshot worth its second."""
_LOOK_SECONDS = 5.0


def run(home: Path, genesis: Genesis | None, port: int, ready: Callable[[str], None]) -> None:
    """Serve `home` until SIGTERM or SIGINT; `ready` gets the notice's text once it answers.

    Raises Conflict (another process, another genesis), Broken (damaged journal), Unavailable.
    """
    folder = home / "anvil"
    folder.mkdir(parents=True, exist_ok=True)
    binary = executable(home)
    with _only_one(folder):
        (folder / NOTICE).unlink(missing_ok=True)
        journal, stored = journals.open_journal(folder / "journal.sqlite", genesis)
        with contextlib.closing(journal):
            asyncio.run(_serve(binary, folder, journal, stored, port, ready))
        (folder / NOTICE).unlink(missing_ok=True)


@contextlib.contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    with (folder / "node.lock").open("a") as lock:
        if not take(lock):
            raise Conflict(
                f"a fast node already runs on {folder}: use it, or stop it with "
                "`freehold node stop`",
                folder=str(folder),
            )
        yield


def take(lock: IO[str]) -> bool:
    """Take the node's lock if no process holds it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


async def _serve(
    binary: Path,
    folder: Path,
    journal: sqlite3.Connection,
    genesis: Genesis,
    port: int,
    ready: Callable[[str], None],
) -> None:
    ledger = Ledger(binary, folder, journal, genesis)
    ledger.offset = int(journals.meta(journal, "offset"))
    leave = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, leave.set)
    try:
        await _bring_up(ledger)
        queue: intake.Queue = asyncio.Queue()
        server = await _listen(port, gateway.Gateway(ledger, queue))
        tell = partial(_tell, ledger, server.sockets[0].getsockname()[1], ready)
        tell()
        work = (intake.take_in(ledger, queue), miner.mine_for_ever(ledger),
                _keep_alive(ledger, tell), _keep_snapshots(ledger))  # fmt: skip
        await _until(leave, [asyncio.create_task(it) for it in work], ledger.mining)
        server.close()
        with contextlib.suppress(Unavailable):  # without it the next start only takes longer
            await _snapshot(ledger)
    finally:
        if ledger.engine is not None:
            engines.end(ledger.engine)
            await engines.ended(ledger.engine)
            shutil.rmtree(engines.room_of(folder), ignore_errors=True)
        ledger.pen.shutdown()


async def _bring_up(ledger: Ledger) -> None:
    """Lead a new anvil to the journal's head and open the gates.

    A snapshot does not bring anvil's own clock along, which would stand at the genesis: calls on the
    pending block would see a chain of long ago, on which no power is in force yet.
    """
    ledger.engine = await replay.bring_up(
        ledger.binary, ledger.folder, ledger.journal, ledger.genesis
    )
    head = journals.head(ledger.journal)
    ledger.last_seconds = head.timestamp if head else ledger.genesis.timestamp
    await engines.call(ledger.engine, "evm_setTime", miner.next_second(ledger))
    saved = next(iter(journals.snapshots(ledger.journal)), None)
    ledger.snapshot_count = saved.transactions if saved else 0
    ledger.count = journals.mined_count(ledger.journal)
    ledger.life += 1
    ledger.settled.set()
    ledger.wake.set()


async def _listen(port: int, door: gateway.Gateway) -> asyncio.Server:
    try:
        return await listen.serve(port, partial(gateway.respond, door))
    except OSError:
        raise Conflict(
            f"port {port} is taken by another program: give another one, or 0 for any free port",
            port=port,
        ) from None


def _tell(ledger: Ledger, port: int, ready: Callable[[str], None]) -> None:
    """Leave the notice for other processes (written beside and renamed)."""
    assert ledger.engine is not None, "only a node that stands gives notice"
    notice = {
        "url": f"http://127.0.0.1:{port}",
        "pid": os.getpid(),
        "engine_pid": ledger.engine.pid,
        "chain_id": ledger.genesis.chain_id,
    }
    draft = ledger.folder / (NOTICE + ".new")
    draft.write_text(json.dumps(notice))
    draft.replace(ledger.folder / NOTICE)
    ready(json.dumps(notice))


async def _until(
    leave: asyncio.Event, work: list[asyncio.Task[None]], mining: asyncio.Lock
) -> None:
    """Work until told to leave; the first piece of work that fails ends it all.

    A block that is being mined is finished first.
    """
    told = asyncio.create_task(leave.wait())
    done, _ = await asyncio.wait([told, *work], return_when=asyncio.FIRST_COMPLETED)
    async with mining:
        for task in (told, *work):
            task.cancel()
        await asyncio.gather(told, *work, return_exceptions=True)
    for task in done:
        task.result()


async def _keep_alive(ledger: Ledger, tell: Callable[[], None]) -> None:
    """Whenever anvil ends, bring it back. Raises what the replay raises."""
    while True:
        engine = ledger.engine
        assert engine is not None, "a node is kept alive once it stands"
        await engines.ended(engine)
        ledger.engine = None
        ledger.settled.clear()
        engines.end(engine)
        async with ledger.mining:
            await asyncio.get_running_loop().run_in_executor(ledger.pen, lambda: None)
            await _bring_up(ledger)
        tell()


async def _keep_snapshots(ledger: Ledger) -> None:
    """Snapshot after a long replay and whenever the chain has doubled: the way back stays short."""
    enough = _LONG_REPLAY
    while True:
        if ledger.count - ledger.snapshot_count >= enough:
            with contextlib.suppress(Unavailable):
                await _snapshot(ledger)
        enough = max(_SNAPSHOT_AFTER, ledger.snapshot_count)
        await asyncio.sleep(_LOOK_SECONDS)


async def _snapshot(ledger: Ledger) -> None:
    async with ledger.mining:
        await replay.save_snapshot(ledger)
