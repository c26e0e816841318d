"""`freehold bench ledger`, the part about the embedded ledger: speed, latency, reopening, kills.

It speaks JSON-RPC over the ledger's Unix socket, as any client does; how to start, stop and reopen
one is passed in, as are the signed transactions (what a transfer is, the caller decides; they come
in the order of their nonces). Signing is no part of any figure; everything else is: the socket,
JSON, recovery of the sender, execution, state root, the synced commit.
"""

import contextlib
import json
import os
import random
import signal
import socket
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from freehold.core.errors import Broken
from freehold.doors.bench.report import Row

BLOCK = 50
KILLS = 50
ONE_BY_ONE = 200
"""Transactions sent alone, for the latency."""
_BETWEEN_KILLS = 300


@dataclass(frozen=True, slots=True)
class Embedded:
    """A ledger that is measured.

    start: the ledger process's socket and id, started if none runs. reopen: seconds that opening
    its database takes while no process has it.
    """

    start: Callable[[], tuple[Path, int]]
    stop: Callable[[], None]
    reopen: Callable[[], float]


class Line:
    """One connection; `ask` sends a batch and gives the results in order."""

    def __init__(self, path: Path) -> None:
        self._link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._link.connect(str(path))

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *_: object) -> None:
        self._link.close()

    def ask(self, method: str, *params: Sequence[Any]) -> list[Any]:
        """Raises OSError where the ledger hung up, Broken where it refused."""
        answers = self._exchange(method, *params)
        if refused := [answer["error"] for answer in answers if "error" in answer]:
            raise Broken(f"{method} was refused while measuring: {refused[0]['message']}")
        return [answer["result"] for answer in answers]

    def send(self, raws: Sequence[str]) -> list[str]:
        """The hashes of transactions that are in a block now."""
        return self.ask("eth_sendRawTransaction", *([raw] for raw in raws))

    def refusal(self, raw: str) -> str | None:
        """Why the transaction is refused; None where it is in a block now."""
        answer = self._exchange("eth_sendRawTransaction", [raw])[0]
        return str(answer["error"]["message"]) if "error" in answer else None

    def _exchange(self, method: str, *params: Sequence[Any]) -> list[Any]:
        asked = [
            {"jsonrpc": "2.0", "id": i, "method": method, "params": each}
            for i, each in enumerate(params)
        ]
        self._link.sendall(json.dumps(asked).encode() + b"\n")
        return list(json.loads(self._answer()))

    def _answer(self) -> bytes:
        parts = []
        while chunk := self._link.recv(1 << 20):
            parts.append(chunk)
            if chunk.endswith(b"\n"):
                return b"".join(parts)
        raise ConnectionResetError("the ledger hung up")


def rows(
    ledger: Embedded,
    sign: Callable[[int], str],
    sustained: int = 10_000,
    seed: int = 1,
    kills: int = KILLS,
) -> Iterator[Row]:
    """All figures. `sign(i)` gives the i-th raw transfer; `sustained` go before the reopening.

    The ledger's next due transaction is the first. Raises Broken where a transfer fails, for then
    nothing else means anything.
    """
    random.seed(seed)
    path, _ = ledger.start()
    with Line(path) as line:
        yield _rate(line, sign, sustained)
        times = sorted(_delay(line, sign(sustained + i)) for i in range(ONE_BY_ONE))
    yield Row("embedded, one transfer, median", statistics.median(times), "ms")
    yield Row("embedded, one transfer, 99 of 100", times[len(times) * 99 // 100], "ms")
    ledger.stop()
    slowest = max(ledger.reopen() for _ in range(5))
    yield Row(f"embedded, reopening at {sustained:,}", slowest, "s", goal=0.1)
    began = time.perf_counter()
    ledger.start()
    yield Row("embedded, process started and answering", time.perf_counter() - began, "s")
    lost = _lost(ledger, sign, sustained + ONE_BY_ONE, kills)
    yield Row(f"embedded, transactions lost in {kills} kills", lost, "transactions", goal=0)


def _rate(line: Line, sign: Callable[[int], str], count: int) -> Row:
    spent = 0.0
    for start in range(0, count, BLOCK):
        raws = [sign(start + i) for i in range(min(BLOCK, count - start))]
        began = time.perf_counter()
        line.send(raws)
        spent += time.perf_counter() - began
    receipts = line.ask("eth_getBlockReceipts", ["latest"])[0]
    if any(receipt["status"] != "0x1" for receipt in receipts):
        raise Broken("a measured transfer was reverted")
    name = f"embedded, transfers in blocks of {BLOCK}"
    return Row(name, count / spent, "1/s", goal=60, better="higher")


def _delay(line: Line, raw: str) -> float:
    """Milliseconds from sending the bytes to holding the receipt."""
    began = time.perf_counter()
    line.ask("eth_getTransactionReceipt", line.send([raw]))
    return (time.perf_counter() - began) * 1_000


def _lost(ledger: Embedded, sign: Callable[[int], str], first: int, kills: int) -> int:
    """Acknowledged transfers that are gone after kill -9 at random moments."""
    lost, due = 0, first
    for _ in range(kills):
        digests = _until_killed(ledger, sign, due)
        with Line(ledger.start()[0]) as line:
            found = line.ask("eth_getTransactionReceipt", *([digest] for digest in digests))
            lost += found.count(None)
            due = _recorded(line, sign, due, len(digests))
    return lost


def _until_killed(ledger: Embedded, sign: Callable[[int], str], due: int) -> list[str]:
    """Send until the process is killed from the side; what was acknowledged until then."""
    path, process = ledger.start()
    raws = [sign(due + i) for i in range(_BETWEEN_KILLS)]
    digests: list[str] = []
    with Line(path) as line, contextlib.suppress(OSError):
        digests += line.send(raws[:1])
        moment = random.uniform(0, 0.25)
        timer = threading.Timer(moment, os.kill, (process, signal.SIGKILL))
        timer.start()
        at = 1
        while at < len(raws):
            size = random.choice((1, 5, 20))
            digests += line.send(raws[at : at + size])
            at += size
        timer.join()
    while _alive(path):
        time.sleep(0.01)
    return digests


def _alive(path: Path) -> bool:
    """Whether the process still takes connections."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        return link.connect_ex(str(path)) == 0


def _recorded(line: Line, sign: Callable[[int], str], due: int, acknowledged: int) -> int:
    """The first transfer that is not on the chain; some were recorded but not acknowledged."""
    at = due + acknowledged
    while at < due + _BETWEEN_KILLS:
        answer = line.refusal(sign(at))
        if answer is None or "nonce too low" not in answer:
            return at + (answer is None)
        at += 1
    return at
