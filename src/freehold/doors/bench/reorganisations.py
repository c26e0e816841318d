"""A network that changes its mind under a platform that is asked meanwhile.

`freehold serve` works on PostgreSQL with a second worker beside its own, on an anvil that builds a block
every quarter of a second. Clients ask for transfers through the API. Again and again the network stops,
its last blocks are replaced by empty ones, and the API is asked once more for what it told of them: the
register as of the last block, a holder's statement and the instructions must have gone back with the
chain. Then the network goes on, and every accepted request must be on chain exactly once.
"""

import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from freehold import config
from freehold.book import instructions
from freehold.chain import node, rpc
from freehold.chain.anvil.genesis import ETHER, Genesis
from freehold.chain.anvil.install import executable
from freehold.chain.anvil.scratch import scratch
from freehold.chain.node import Ledger
from freehold.chain.signer import from_mnemonic, new_mnemonic
from freehold.core import ocf
from freehold.core.errors import Unavailable
from freehold.desks.register import registers
from freehold.doors.bench import platform_world as platform
from freehold.doors.bench import postgresql
from freehold.doors.bench.api import lost_and_doubled
from freehold.doors.bench.asking import CLIENTS, Told, keep_asking
from freehold.doors.bench.platform_world import World
from freehold.doors.bench.report import Options, Row

FINALITY = 8
BLOCK_SECONDS = 0.25
BETWEEN_SECONDS = 2.5
"""At most so long the network goes on between two of them."""
PATIENCE_SECONDS = 60.0
WORDS = "bench_words"
"""The environment variable with the mnemonic of both keys, after the prefix."""
SENDER_NAME = "Tobias Brandt"
TIMES, SEED = 20, 20261127


@dataclass
class Network:
    """An anvil that builds blocks by itself while `going` is set; the lock is held for each."""

    w3: Ledger
    url: str
    going: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def head(self) -> int:
        return int(rpc.ask(self.w3, "eth_blockNumber"), 16)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the API says of one moment: units of the sender in the register, and in the statement."""

    block_hash: str
    in_register: str
    in_statement: str
    statement_hash: str


@dataclass
class Count:
    """What the reorganisations took back, and what did not go back with the chain."""

    done: int = 0
    deepest: int = 0
    instructions: int = 0
    registers_wrong: int = 0
    statements_wrong: int = 0
    instructions_wrong: int = 0


def rows(options: Options) -> Iterator[Row]:
    """20 reorganisations; a row says so where a part is not here."""
    if postgresql.binaries() is None:
        yield Row("PostgreSQL: not here, apt install postgresql", 0, "", goal=1, better="higher")
        return
    try:
        executable(config.load().home)
    except Unavailable:
        yield Row("anvil: not here, freehold node install", 0, "", goal=1, better="higher")
        return
    with (
        tempfile.TemporaryDirectory(prefix="freehold-bench-") as folder,
        world_on_network(Path(folder)) as (world, network),
    ):
        yield from reorganised(world, network, TIMES, SEED)


@contextmanager
def world_on_network(folder: Path) -> Iterator[tuple[World, Network]]:
    """The example company on an anvil of our own, its book and projection on PostgreSQL.

    Raises Unavailable where anvil is missing.
    """
    words = new_mnemonic()
    people = [from_mnemonic(words, index).address for index in (0, 1)]
    genesis = Genesis(funded=tuple((one, 10_000 * ETHER) for one in people))
    holders = ocf.read(platform.example()).holders
    wallets = {one: from_mnemonic(words, 100 + n).address for n, one in enumerate(holders)}
    with scratch(config.load().home, genesis) as url, postgresql.running() as server:
        secret = f"env:{config.PREFIX}{WORDS.upper()}"
        settings = {
            "ledger": url,
            "chain_id": str(genesis.chain_id),
            "finality_depth": "0",
            "book_url": postgresql.new_database(server, "book"),
            "index_url": postgresql.new_database(server, "index"),
            "signer": "mnemonic:0",
            "signer_secret": secret,
            "second_signer": "mnemonic:1",
            "second_signer_secret": secret,
            "servers": "1",
            WORDS: words,
        }
        built = platform.build(folder, settings, wallets)
        environment = {**built.environment, "FREEHOLD_FINALITY_DEPTH": str(FINALITY)}
        network = Network(node.open_ledger(folder, url, chain_id=genesis.chain_id), url)
        try:
            with _building_blocks(network):
                yield replace(built, environment=environment), network
        finally:
            node.close(network.w3)


def reorganised(world: World, network: Network, times: int, seed: int) -> Iterator[Row]:
    """Replace the last blocks so many times while requests arrive, then look at what is left."""
    chance, told, count = random.Random(seed), Told(), Count()
    with platform.office_of(world) as office:
        key = platform.key_of_agent(office)
    with platform.serving(world), _second_worker(world):
        token = platform.token_of(world, key)
        clients = [
            threading.Thread(target=keep_asking, args=(world, key, token, number, told))
            for number in range(CLIENTS)
        ]
        for client in clients:
            client.start()
        try:
            for _ in range(times):
                time.sleep(chance.uniform(0, BETWEEN_SECONDS))
                _once(_Api(world, key, token), network, chance.randint(1, FINALITY), count)
        finally:
            told.stop.set()
            for client in clients:
                client.join()
        _drained(world)
    yield from _figures(count, times)
    yield Row("requests accepted while it reorganised", len(told.accepted), "requests")
    with platform.office_of(world, followed=False) as office:
        lost, doubled = lost_and_doubled(office, tuple(told.accepted.values()))
        yield Row("of them lost", lost, "requests", goal=0)
        yield Row("of them done twice", doubled, "requests", goal=0)
        differences = len(registers.verify(office).differences)
        yield Row("differences found by verify after it", differences, "figures", goal=0)


def _figures(count: Count, times: int) -> Iterator[Row]:
    yield Row("reorganisations", count.done, "times", goal=times, better="higher")
    yield Row("the deepest of them", count.deepest, "blocks")
    taken = "instructions whose block was replaced"
    yield Row(taken, count.instructions, "instructions", goal=times, better="higher")
    for name, wrong in (
        ("registers as of a replaced block", count.registers_wrong),
        ("statements", count.statements_wrong),
        ("instructions", count.instructions_wrong),
    ):
        yield Row(f"{name} that did not go back", wrong, "answers", goal=0)


@dataclass(frozen=True, slots=True)
class _Api:
    """The API of the platform, asked for what a reorganisation changes."""

    world: World
    key: str
    token: str

    def ask(self, path: str) -> Any:
        status, said = platform.ask(self.world, self.key, path)
        if status != 200:
            raise Unavailable(f"{path} was answered with {status}: {said}")
        return said

    def block(self) -> int:
        """The last block that the projection has."""
        return int(self.ask(f"/instruments/{self.token}/register?limit=1")["block"])

    def units(self, block: int) -> tuple[str, str]:
        """The block's hash, and the sender's units in the register as of it."""
        said = self.ask(f"/instruments/{self.token}/register?as_of=block:{block}")
        [units] = [one["units"] for one in said["items"] if one["holder"] == SENDER_NAME]
        return said["block_hash"], units

    def seen(self, block: int) -> Seen:
        """Register as of a block, and the statement up to now."""
        hash, units = self.units(block)
        said = self.ask(f"/holders/{platform.SENDER}/statement")
        [closing] = [one["closing"] for one in said["accounts"] if one["token"] == self.token]
        return Seen(hash, units, closing, said["block_hash"])

    def mined_after(self, block: int) -> list[str]:
        """The newest instructions that stand in blocks after one."""
        found = self.ask("/instructions?limit=200")["items"]
        return [one["id"] for one in found if (one["block"] or 0) > block]

    def still_after(self, block: int, ids: list[str]) -> list[str]:
        """Which of some instructions are told to stand in blocks after one, however many came since."""
        return [id for id in ids if (self.ask(f"/instructions/{id}")["block"] or 0) > block]


def _once(api: _Api, network: Network, depth: int, count: Count) -> None:
    """One reorganisation: while the network stands still, what the API told must go back."""
    head = _stopped_on_a_transfer(api, network)
    _until(lambda: api.block() == head, "the projection did not come up")
    _until(lambda: bool(api.mined_after(head - 1)), "the instructions were not followed")
    _, kept = api.units(head - depth)
    before, mined = api.seen(head), api.mined_after(head - depth)
    assert before.in_register == before.in_statement != kept, "there is something to take back"
    rpc.ask(network.w3, "anvil_reorg", depth, [])
    replaced = rpc.ask(network.w3, "eth_getBlockByNumber", hex(head), False)["hash"]
    _wait(lambda: api.units(head)[0] == replaced)
    _wait(lambda: not api.still_after(head - depth, mined))
    after = api.seen(head)
    count.registers_wrong += after.in_register != kept or after.block_hash != replaced
    count.statements_wrong += after.in_statement != kept or after.statement_hash != replaced
    count.instructions += len(mined)
    count.instructions_wrong += len(api.still_after(head - depth, mined))
    count.done, count.deepest = count.done + 1, max(count.deepest, depth)
    network.going.set()


def _stopped_on_a_transfer(api: _Api, network: Network) -> int:
    """Stop the network at a block that holds a transfer; its number."""
    with network.lock:
        network.going.clear()

    def built() -> bool:
        if int(rpc.ask(network.w3, "txpool_status")["pending"], 16):
            rpc.ask(network.w3, "evm_mine")
            return bool(rpc.ask(network.w3, "eth_getLogs", {"address": api.token}))
        return False

    _until(built, "no transfer was sent")
    return network.head()


def _wait(holds: Callable[[], bool]) -> bool:
    """Whether something came to hold in time; while the chain is shorter, the API has no such block."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(Unavailable):
            if holds():
                return True
        time.sleep(0.05)
    return False


def _until(holds: Callable[[], bool], otherwise: str) -> None:
    if not _wait(holds):
        raise Unavailable(f"{otherwise} within {PATIENCE_SECONDS:.0f} s")


def _drained(world: World) -> None:
    """Wait until every instruction is final; the network builds blocks meanwhile."""
    with platform.office_of(world) as office:

        def is_empty() -> bool:
            with office.book.reading() as tx:
                return not instructions.waiting(tx, office.chain)

        _until(is_empty, "the outbox was not empty")


@contextmanager
def _building_blocks(network: Network) -> Iterator[None]:
    """Build blocks in a thread, whatever waits or nothing."""
    rpc.ask(network.w3, "evm_setAutomine", False)
    network.going.set()
    thread = threading.Thread(target=_build_blocks, args=(network,))
    thread.start()
    try:
        yield
    finally:
        network.ended.set()
        network.going.set()
        thread.join()


def _build_blocks(network: Network) -> None:
    while not network.ended.wait(BLOCK_SECONDS):
        network.going.wait()
        with network.lock:
            if network.going.is_set() and not network.ended.is_set():
                rpc.ask(network.w3, "evm_mine")


@contextmanager
def _second_worker(world: World) -> Iterator[None]:
    """A worker of the same platform beside the one that the supervisor keeps."""
    paths = os.pathsep.join(filter(None, sys.path))
    with world.log.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "freehold.doors.platform.processes", "worker"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            env={**os.environ, **world.environment, "PYTHONPATH": paths},
        )
        try:
            yield
            if process.poll() is not None:
                raise Unavailable("the second worker ended by itself")
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(platform.STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
