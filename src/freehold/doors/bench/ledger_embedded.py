"""The embedded ledger measured: throughput, latency, reopening, survival of kill -9.

Each row is a plain dict {name, value, unit, goal, better, met, peers}. What is sent comes from the
caller (creation code and the call data of one transfer), so the same rows stand for any token.
Signing is done beforehand and is no part of any figure; everything else is: the socket, JSON, the
recovery of the sender, execution, state root, the synced commit.
"""

import os
import random
import signal
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from web3 import Web3
from web3.types import RPCEndpoint

from freehold.chain import node
from freehold.chain.embedded import chain, place, store
from freehold.core.errors import Broken, Unavailable

Row = dict[str, Any]
SEND = RPCEndpoint("eth_sendRawTransaction")
BLOCK = 50
FEES = {"maxFeePerGas": 100 * 10**9, "maxPriorityFeePerGas": 10**9, "chainId": 31337}


@dataclass(frozen=True, slots=True)
class Token:
    """What is measured: creation code, and the call data that moves units to a receiver."""

    creation: str
    transfer: Callable[[str, int], str]


def measure_embedded(
    token: Token, transactions: int = 10_000, kills: int = 50, seed: int = 1
) -> list[Row]:
    """All rows, on a ledger in a temporary directory that is removed afterwards.

    transactions: on the chain before it is reopened. kills: rounds of kill -9. Raises Broken where
    a transfer fails, for then nothing else means anything.
    """
    random.seed(seed)
    with tempfile.TemporaryDirectory(prefix="freehold-bench-") as folder:
        home = Path(folder) / "home"
        sender: LocalAccount = Account.create()
        node.create_ledger(home, [sender.address])
        sent = _Sent(home, sender, token)
        rows = [_throughput(sent, transactions), *_latency(sent, 200)]
        _stop(home)
        return [*rows, *_reopening(home, transactions), _survival(sent, kills)]


class _Sent:
    """A token on a ledger and an endless supply of signed transfers."""

    def __init__(self, home: Path, sender: LocalAccount, token: Token) -> None:
        self.home, self.sender, self.token = home, sender, token
        w3 = self.w3 = node.open_ledger(home, linger_seconds=1)
        asked = {"nonce": 0, "data": token.creation, "gas": 8_000_000, "value": 0, **FEES}
        digest = w3.eth.send_raw_transaction(sender.sign_transaction(asked).raw_transaction)
        receipt = w3.eth.get_transaction_receipt(digest)
        if receipt["status"] != 1:
            raise Broken("the token to be measured cannot be created")
        self.address = receipt["contractAddress"]
        self.nonce = 1

    def sign(self, count: int) -> list[str]:
        """`count` signed transfers of one unit, each to an address never seen before."""
        return [self._sign_one() for _ in range(count)]

    def _sign_one(self) -> str:
        receiver = Web3.to_checksum_address(random.randbytes(20))
        data = self.token.transfer(receiver, 1)
        asked = {"nonce": self.nonce, "to": self.address, "data": data, "gas": 300_000, "value": 0}
        self.nonce += 1
        signed = self.sender.sign_transaction({**asked, **FEES})
        return str(signed.raw_transaction.to_0x_hex())


def _throughput(sent: _Sent, count: int) -> Row:
    spent, gas = 0.0, 0
    for raws in _parts(count, sent):
        start = time.perf_counter()
        answers: Any = sent.w3.provider.make_batch_request([(SEND, [raw]) for raw in raws])
        spent += time.perf_counter() - start
        if any("error" in answer for answer in answers):
            raise Broken(f"a transfer was refused: {answers[0]}")
        block = sent.w3.eth.get_block("latest")
        gas = block["gasUsed"] // len(block["transactions"])
    _require_success(sent.w3)
    row = _row("transfers in blocks of 50", count / spent, "1/s", 60, "higher")
    return {**row, "gas": gas, "transactions": count}


def _parts(count: int, sent: _Sent) -> Iterator[list[str]]:
    for start in range(0, count, BLOCK):
        yield sent.sign(min(BLOCK, count - start))


def _require_success(w3: Web3) -> None:
    receipts = w3.eth.get_block_receipts("latest")
    if any(receipt["status"] != 1 for receipt in receipts):
        raise Broken("a measured transfer was reverted")


def _latency(sent: _Sent, count: int) -> list[Row]:
    """From sending the bytes to holding the receipt, one after the other."""
    times = []
    for raw in sent.sign(count):
        start = time.perf_counter()
        digest: Any = sent.w3.provider.make_request(SEND, [raw])["result"]
        sent.w3.eth.get_transaction_receipt(digest)
        times.append((time.perf_counter() - start) * 1000)
    cuts = statistics.quantiles(times, n=100)
    return [
        _row("one transfer, median", statistics.median(times), "ms", None, "lower"),
        _row("one transfer, 99th percentile", cuts[98], "ms", None, "lower"),
    ]


def _reopening(home: Path, transactions: int) -> list[Row]:
    times = []
    for _ in range(5):
        start = time.perf_counter()
        opened = chain.open_chain(place.chain_path(home))
        times.append(time.perf_counter() - start)
        store.close(opened.store)
    start = time.perf_counter()
    w3 = node.open_ledger(home, linger_seconds=1)
    started = time.perf_counter() - start
    w3.provider.close()  # type: ignore[attr-defined]
    size = (place.chain_path(home) / "data.mdb").stat().st_size
    return [
        {**_row("reopening", max(times), "s", 0.1, "lower"), "transactions": transactions},
        _row("start of the process to the first answer", started, "s", 1.0, "lower"),
        _row("size on disk", size / 1e6, "MB", None, "lower"),
    ]


def _survival(sent: _Sent, kills: int) -> Row:
    """Acknowledged transfers that are gone after kill -9 at random moments, and wrong heads."""
    lost = acknowledged = 0
    for _ in range(kills):
        digests = _until_killed(sent)
        acknowledged += len(digests)
        w3 = node.open_ledger(sent.home, linger_seconds=1)
        for digest in digests:
            answer: Any = w3.provider.make_request(
                RPCEndpoint("eth_getTransactionReceipt"), [digest]
            )
            lost += answer["result"] is None
        w3.provider.close()  # type: ignore[attr-defined]
    row = _row(f"acknowledged transfers lost in {kills} kills", lost, "transfers", 0, "lower")
    return {**row, "acknowledged": acknowledged}


def _until_killed(sent: _Sent) -> list[str]:
    """Send until the process is killed from the side; what was acknowledged until then."""
    w3 = node.open_ledger(sent.home, linger_seconds=1)
    sent.nonce = w3.eth.get_transaction_count(sent.sender.address)
    raws = sent.sign(300)
    process = int((node.status(sent.home) or {})["process"])
    timer = threading.Timer(random.uniform(0, 0.25), os.kill, (process, signal.SIGKILL))
    timer.start()
    digests: list[str] = []
    try:
        while raws:
            part = [(SEND, [raw]) for raw in raws[: random.choice((1, 5, 20))]]
            del raws[: len(part)]
            answers: Any = w3.provider.make_batch_request(part)
            digests += [answer["result"] for answer in answers]
    except Unavailable:
        pass
    timer.join()
    w3.provider.close()  # type: ignore[attr-defined]
    return digests


def _stop(home: Path) -> None:
    """End the ledger process in good order."""
    running = node.status(home)
    if running:
        os.kill(int(running["process"]), signal.SIGTERM)
    while node.status(home):
        time.sleep(0.02)
    while (held := place.lock(home)) is None:
        time.sleep(0.02)
    held.close()


def _row(name: str, value: float, unit: str, goal: float | None, better: str) -> Row:
    met = None if goal is None else value >= goal if better == "higher" else value <= goal
    return {
        "name": name,
        "value": round(value, 4),
        "unit": unit,
        "goal": goal,
        "better": better,
        "met": met,
        "peers": {},
    }
