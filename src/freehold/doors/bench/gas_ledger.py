"""A fresh ledger to measure gas on, and sending to it: the embedded one, or anvil.

Both begin with the same genesis and the same keys, so every transaction of a run is the same bytes
on both and its gas can be compared to the unit. Keys are drawn from a fixed seed: addresses look
like anybody's, and a figure does not move from run to run because an address has a zero byte.
"""

import contextlib
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from eth_hash.auto import keccak
from web3 import Web3

from freehold.chain import node, rpc
from freehold.chain.anvil.genesis import Genesis
from freehold.chain.anvil.scratch import scratch
from freehold.chain.signer import KeySigner, from_key
from freehold.core.errors import Broken, Unavailable
from freehold.core.ids import Address

CHAIN = 31337
START = 1_767_225_600
"""Time of block 0 in seconds; a day's first second."""
FUNDED = 60
"""How many parties may send."""
_ETHER = 10**18
_BLOCK_GAS = 30_000_000
_CALL_GAS = 16_000_000
_READY_SECONDS = 30.0

Receipt = Mapping[str, Any]


@dataclass(slots=True)
class Ledger:
    """A running ledger; `nonces` counts what each party has sent."""

    name: str
    w3: Web3
    nonces: dict[Address, int] = field(default_factory=dict)


@cache
def party(number: int) -> KeySigner:
    """The party with this number: the same in every run."""
    return from_key(keccak(f"freehold bench gas {number}".encode()).hex())


def send(ledger: Ledger, sender: KeySigner, data: bytes, to: str | None) -> Receipt:
    """Send a signed transaction and give its receipt, whether it succeeded or not."""
    nonce = ledger.nonces.get(sender.address, 0)
    asked = {
        "chainId": CHAIN, "nonce": nonce, "to": to, "data": data, "value": 0, "gas": _CALL_GAS,
        "maxFeePerGas": 10**12, "maxPriorityFeePerGas": 0,
    }  # fmt: skip
    raw = sender.sign_transaction(asked)
    digest = rpc.ask(ledger.w3, "eth_sendRawTransaction", "0x" + raw.hex())
    ledger.nonces[sender.address] = nonce + 1
    return _receipt(ledger, digest)


def post(ledger: Ledger, sender: KeySigner, data: bytes, to: str | None) -> Receipt:
    """Send what must succeed. Raises Broken where it does not."""
    receipt = send(ledger, sender, data, to)
    if int(receipt["status"], 16) != 1:
        call = {"from": sender.address, "to": to, "data": "0x" + data.hex()}
        said = rpc.answer(ledger.w3, "eth_call", call, "latest")
        why = said.words if isinstance(said, rpc.Failure) else "it used up its gas"
        raise Broken(f"a transaction that is to be measured on {ledger.name} failed: {why}")
    return receipt


def gas(receipt: Receipt) -> int:
    """Gas used, the 21,000 of every transaction included."""
    return int(receipt["gasUsed"], 16)


def set_time(ledger: Ledger, seconds: int) -> None:
    """Let the next block stand at this second."""
    rpc.ask(ledger.w3, "evm_setNextBlockTimestamp", hex(seconds))


def code_size(ledger: Ledger, address: str) -> int:
    """Bytes of code at an address."""
    return len(rpc.ask(ledger.w3, "eth_getCode", address, "latest")) // 2 - 1


def _receipt(ledger: Ledger, digest: str) -> Receipt:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        found = rpc.ask(ledger.w3, "eth_getTransactionReceipt", digest)
        if found is not None:
            return dict(found)
        time.sleep(0.002)
    raise Unavailable(f"{ledger.name} did not mine a transaction within {_READY_SECONDS} s")


def funds() -> dict[str, int]:
    """Every party that may send, with its wei."""
    return {party(number).address: 1_000_000 * _ETHER for number in range(FUNDED)}


# ---- the two engines ----


@contextlib.contextmanager
def embedded() -> Iterator[Ledger]:
    """The embedded ledger, in a home of its own that goes when the block ends."""
    with tempfile.TemporaryDirectory(prefix="freehold-gas-") as folder:
        home = Path(folder)
        node.create_ledger(
            home, funds(), chain_id=CHAIN, seconds=START, simulated_clock=True, development=True,
            gas_limit=_BLOCK_GAS,
        )  # fmt: skip
        w3 = node.open_ledger(home, linger_seconds=0.1)
        try:
            yield Ledger("embedded", w3)
        finally:
            _hang_up(w3, home)


@contextlib.contextmanager
def anvil(home: Path) -> Iterator[Ledger]:
    """The anvil that is installed in `home`, without a journal; gone when the block ends.

    Raises Unavailable where it is not installed.
    """
    genesis = Genesis(CHAIN, START, _BLOCK_GAS, tuple(funds().items()))
    with scratch(home, genesis) as url:
        yield Ledger("anvil", node.open_ledger(home, url, chain_id=CHAIN))


def _hang_up(w3: Web3, home: Path) -> None:
    """End the connection and wait until the ledger's process has let go of its home."""
    close = getattr(w3.provider, "close")  # noqa: B009 - not all of web3's providers have it
    close()
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        time.sleep(0.3)  # each look is a visit that it waits for, so leave it time to go
        if node.status(home) is None:
            return
