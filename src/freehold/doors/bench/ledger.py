"""`freehold bench ledger`: transfers of a real SecurityToken on both ledgers, kills, the indexer.

One issuer with a hundred holders is set up on each ledger with all rules on; then one holder sends
units to the others, signed ahead. Two parts of this topic measure that (ledger_embedded.py,
ledger_anvil.py), one how fast a register is read from what a chain logged (ledger_indexer.py), one how
long it takes to verify it (ledger_verify.py), one how long the command takes to start (ledger_start.py).
"""

import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from freehold import config
from freehold.chain import contracts, node
from freehold.chain.anvil import node as fast
from freehold.chain.anvil.genesis import Genesis
from freehold.chain.anvil.install import executable
from freehold.core.errors import Unavailable
from freehold.doors.bench import (
    gas_world,
    ledger_anvil,
    ledger_embedded,
    ledger_indexer,
    ledger_start,
    ledger_verify,
)
from freehold.doors.bench.gas_ledger import CHAIN, Ledger, funds, party
from freehold.doors.bench.gas_world import SENDERS, World
from freehold.doors.bench.ledger_anvil import Running
from freehold.doors.bench.ledger_embedded import Embedded
from freehold.doors.bench.report import Options, Row

EMBEDDED_TRANSFERS = 10_000
FAST_TRANSFERS = 40_000
GAS = 200_000


def rows(options: Options) -> Iterator[Row]:
    """All parts in turn; a row says so where the fast node is not installed."""
    yield from ledger_start.rows()
    with tempfile.TemporaryDirectory(prefix="freehold-bench-") as folder:
        yield from _embedded(Path(folder))
    with tempfile.TemporaryDirectory(prefix="freehold-bench-") as folder:
        yield from _fast(Path(folder))
    yield from ledger_indexer.rows()
    yield from ledger_verify.rows()


def _embedded(home: Path) -> Iterator[Row]:
    node.create_ledger(home, funds(), chain_id=CHAIN)
    w3 = node.open_ledger(home)
    sign = _transfers(Ledger("embedded", w3))

    def stop() -> None:
        node.stop(home)

    measured = Embedded(partial(node.start, home), stop, partial(node.reopening_seconds, home))
    node.close(w3)
    yield from ledger_embedded.rows(measured, sign, EMBEDDED_TRANSFERS)
    node.stop(home)


def _fast(home: Path) -> Iterator[Row]:
    try:
        program = executable(config.load().home)
    except Unavailable:
        yield Row(
            "anvil: not installed, run `freehold node install`", 0, "", goal=1, better="higher"
        )
        return
    (home / "anvil").mkdir()
    (home / "anvil" / "engine").symlink_to(_engine(program))
    genesis = Genesis(chain_id=CHAIN, funded=tuple(funds().items()))

    def start() -> Running:
        found = fast.status(home) or fast.start(home, genesis, 0)
        return Running(found.url, (found.pid, found.engine_pid))

    w3 = node.open_ledger(home, start().url, chain_id=CHAIN)
    sign = _transfers(Ledger("anvil", w3))
    yield from ledger_anvil.rows(start, sign, FAST_TRANSFERS)
    if fast.status(home):
        fast.stop(home)


def _engine(program: Path) -> Path:
    """The folder `engine` of the home that the program is installed in."""
    return next(parent for parent in program.parents if parent.name == "engine")


def _transfers(ledger: Ledger) -> Callable[[int], str]:
    """An issuer with its holders on the ledger, and the signer of its transfers in their order."""
    world = World(ledger)
    for part in (gas_world.platform, gas_world.ruled_instrument, gas_world.admission_and_issue):
        list(part(world))
    sender, token = party(SENDERS), world.tokens[0]
    first = ledger.nonces.get(sender.address, 0)
    receivers = [party(gas_world.ADMITTED + number).address for number in range(gas_world.BATCH)]

    def sign(number: int) -> str:
        to = receivers[number % len(receivers)]
        asked = {
            "chainId": CHAIN,
            "nonce": first + number,
            "to": token,
            "data": contracts.call("SecurityToken", "transfer", to, 1),
            "value": 0,
            "gas": GAS,
            "maxFeePerGas": 10**12,
            "maxPriorityFeePerGas": 0,
        }
        return "0x" + sender.sign_transaction(asked).hex()

    return sign
