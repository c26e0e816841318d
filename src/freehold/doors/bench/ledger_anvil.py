"""`freehold bench ledger`, the part about the local fast node: speed with its journal, and kills.

It speaks to a node as any client does, over HTTP, and knows nothing else of it: how to start one
and which processes to kill are passed in, as are the signed transactions (what a transfer is, the
caller decides; they must come in the order of their nonces). A transaction counts when its receipt
can be read, which the node allows only after its block is on disk.
"""

import contextlib
import http.client
import json
import os
import random
import signal
import socket
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from freehold.doors.bench.report import Row

BATCH = 200
KILLS = 20
ONE_BY_ONE = 200
"""Transactions sent alone, for the latency."""


@dataclass(frozen=True, slots=True)
class Running:
    """A node that answers at `url`; `processes` are all that it consists of."""

    url: str
    processes: tuple[int, ...]


Start = Callable[[], Running]
"""Start the node, or start it again on what it kept; returns when it answers."""


@dataclass(slots=True)
class Witnessed:
    """What a client was told before the kill: accepted hashes, and receipts as hash -> block."""

    accepted: list[str] = field(default_factory=list)
    blocks: dict[str, str] = field(default_factory=dict)


def rows(
    start: Start,
    sign: Callable[[int], str],
    sustained: int,
    seed: int = 1,
    kills: int = KILLS,
) -> Iterator[Row]:
    """All figures. `sign(i)` gives the i-th raw transaction; `sustained` of them are sent in a row.

    The node must be new, so that the first transaction is due.
    """
    began = time.perf_counter()
    raws = [sign(index) for index in range(sustained)]
    yield Row("signing", sustained / (time.perf_counter() - began), "1/s", better="higher")
    node = start()
    per_second, seconds = sustained_rate(node.url, raws)
    yield Row("anvil, pre-signed transfers", per_second, "1/s", goal=2_000, better="higher")
    yield Row("anvil, length of that run", seconds, "s", goal=10, better="higher")
    alone = [sign(index) for index in range(sustained, sustained + ONE_BY_ONE)]
    delays = sorted(latencies(node.url, alone))
    yield Row("anvil, one transfer, median", statistics.median(delays) * 1_000, "ms")
    yield Row("anvil, one transfer, 99 of 100", delays[len(delays) * 99 // 100] * 1_000, "ms")
    kill(node)
    began = time.perf_counter()
    start()
    yield Row(f"anvil, back after a kill at {sustained:,}", time.perf_counter() - began, "s")
    lost = kill_again_and_again(start, sign, sustained + ONE_BY_ONE, kills, seed)
    yield Row(f"anvil, transactions lost in {kills} kills", lost, "transactions", goal=0)


def sustained_rate(url: str, raws: Sequence[str]) -> tuple[float, float]:
    """Send all in batches; transactions a second until the last receipt, and the seconds."""
    with Line(url) as line:
        began = time.perf_counter()
        for at in range(0, len(raws), BATCH):
            accepted = line.send_raw(raws[at : at + BATCH])
        receipt = wait_for_receipt(line, accepted[-1])
        seconds = time.perf_counter() - began
    assert receipt["status"] == "0x1", "a transfer of the measurement was reverted"
    return len(raws) / seconds, seconds


def latencies(url: str, raws: Sequence[str]) -> list[float]:
    """Seconds from sending one transaction to its receipt, one after the other."""
    delays = []
    with Line(url) as line:
        for raw in raws:
            began = time.perf_counter()
            (accepted,) = line.send_raw([raw])
            wait_for_receipt(line, accepted)
            delays.append(time.perf_counter() - began)
    return delays


def kill_again_and_again(
    start: Start, sign: Callable[[int], str], first: int, kills: int, seed: int
) -> int:
    """Send under load, kill -9 everything at a random moment, start again, compare; how many lost.

    Lost is an accepted transaction without a receipt afterwards, or one whose block changed.
    """
    moments, lost, sent = random.Random(seed), 0, first
    node = start()
    for _ in range(kills):
        witnessed = Witnessed()
        client = threading.Thread(target=_send_until_dead, args=(node.url, sign, sent, witnessed))
        client.start()
        time.sleep(moments.uniform(0.05, 0.6))
        kill(node)
        client.join()
        node = start()
        with Line(node.url) as line:
            lost += len(missing(line, witnessed))
        sent += len(witnessed.accepted)
    return lost


def kill(node: Running) -> None:
    """kill -9 every process of the node and wait until nobody listens at its address."""
    for process in node.processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    host, port = node.url.removeprefix("http://").split(":")
    with contextlib.suppress(OSError):
        while True:
            socket.create_connection((host, int(port))).close()
            time.sleep(0.002)


def _send_until_dead(
    url: str, sign: Callable[[int], str], first: int, witnessed: Witnessed
) -> None:
    """Batches of 20 and a receipt now and then, noting every answer."""
    with contextlib.suppress(OSError, http.client.HTTPException, Refusal), Line(url) as line:
        while True:
            at = first + len(witnessed.accepted)
            accepted = line.send_raw([sign(index) for index in range(at, at + 20)])
            witnessed.accepted.extend(accepted)
            receipt = line.call("eth_getTransactionReceipt", witnessed.accepted[-20])
            if receipt:
                witnessed.blocks[receipt["transactionHash"]] = receipt["blockHash"]


def missing(line: "Line", witnessed: Witnessed) -> list[str]:
    """Hashes that were promised and are not kept."""
    gone = []
    for accepted in witnessed.accepted:
        receipt = wait_for_receipt(line, accepted)
        if receipt is None or receipt["blockHash"] != witnessed.blocks.get(
            accepted, receipt["blockHash"]
        ):
            gone.append(accepted)
    return gone


def wait_for_receipt(line: "Line", transaction: str, seconds: float = 10.0) -> Any:
    """The receipt, or None if it does not come in time."""
    deadline = time.perf_counter() + seconds
    while time.perf_counter() < deadline:
        if receipt := line.call("eth_getTransactionReceipt", transaction):
            return receipt
        time.sleep(0.0005)
    return None


class Refusal(Exception):
    """The node answered with a JSON-RPC error."""


class Line(contextlib.AbstractContextManager["Line"]):
    """One kept-alive connection to a node; closed at the end of its `with`."""

    def __init__(self, url: str) -> None:
        self._http = http.client.HTTPConnection(url.removeprefix("http://"), timeout=60)

    def __exit__(self, *why: object) -> None:
        self._http.close()

    def call(self, method: str, *params: object) -> Any:
        """One method's result. Raises Refusal."""
        return self._results([{"jsonrpc": "2.0", "id": 0, "method": method, "params": params}])[0]

    def send_raw(self, raws: Sequence[str]) -> list[str]:
        """The hashes of accepted transactions. Raises Refusal if one is not."""
        method = "eth_sendRawTransaction"
        return self._results(
            [
                {"jsonrpc": "2.0", "id": place, "method": method, "params": [raw]}
                for place, raw in enumerate(raws)
            ]
        )

    def _results(self, batch: list[dict[str, Any]]) -> list[Any]:
        kind = {"Content-Type": "application/json"}
        self._http.request("POST", "/", json.dumps(batch), kind)
        answers = json.loads(self._http.getresponse().read())
        refused = [answer["error"]["message"] for answer in answers if "error" in answer]
        if refused:
            raise Refusal(f"{refused[0]} (and {len(refused) - 1} more)")
        return [answer["result"] for answer in answers]
