"""`freehold bench ledger`, the part about the indexer: a register out of what a chain logged.

The recording is the stream of an invented company (stream.py), a million events of 100,000 holders
for the core, a part of it for the tables, because recordings of logs are large. For the node the
embedded ledger is made to log a valid company: contracts of a few bytes repeat as logs what they
are sent, so that reading over JSON-RPC and decoding are measured and no rule of a token is.
"""

import gc
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from web3 import Web3

from freehold.chain import node
from freehold.chain.logs import source_of_node
from freehold.core import events as e
from freehold.core.errors import Broken
from freehold.core.events import Logged, Position
from freehold.core.facts import Facts, pack_facts
from freehold.core.ids import ZERO_ADDRESS, checksummed
from freehold.core.rawlog import Source
from freehold.core.register import rebuild
from freehold.doors.bench import stream
from freehold.doors.bench.report import Row
from freehold.indexer import follow, tables
from freehold.indexer.decode import address_of, body_of, encode
from freehold.indexer.memory import Memory
from freehold.indexer.recording import record, source_of

EVENTS = 300_000
HOLDERS = 30_000
FROM_NODE = 40_000
RUNS = 3
"""The best of so many runs counts: whatever else the machine does only ever slows them."""
WHOLE_EVENTS = 1_000_000
WHOLE_HOLDERS = 100_000
_FEES = {"maxFeePerGas": 100 * 10**9, "maxPriorityFeePerGas": 10**9}


def rows() -> Iterator[Row]:
    """Events a second into SQLite, from a recording and from a node; a large register rebuilt."""
    yield from recorded_rows()
    yield from node_rows()
    yield from core_rows()


def recorded_rows(events: int = EVENTS, holders: int = HOLDERS) -> Iterator[Row]:
    """From recorded logs into a new SQLite file: decode, apply, write, commit."""
    found = list(_whole(stream.stream(1, holders, events)))
    recording = record(stream.heads(found[-1].position.block), found)
    del found
    gc.freeze()
    rate, _ = _follow(source_of(recording), follow.Course((stream.HOLDERS,)))
    gc.unfreeze()
    yield Row("recorded logs into SQLite", round(rate), "events/s", 50_000, "higher")


def node_rows(events: int = FROM_NODE) -> Iterator[Row]:
    """From the embedded ledger over its socket: `eth_getLogs`, JSON and all that follows."""
    with tempfile.TemporaryDirectory(prefix="freehold-bench-") as folder:
        home = Path(folder) / "home"
        sender: LocalAccount = Account.create()
        node.create_ledger(home, [sender.address])
        w3 = node.open_ledger(home, linger_seconds=1)
        holders, _token = _log_company(w3, sender, events)
        rate, read = _follow(source_of_node(w3), follow.Course((holders,)))
    if read < events:
        raise Broken(f"the node logged {events} events and {read} were read")
    yield Row("logs of a node into SQLite", round(rate), "events/s", 15_000, "higher")


def core_rows(events: int = WHOLE_EVENTS, holders: int = WHOLE_HOLDERS) -> Iterator[Row]:
    """The whole register in memory from events alone, in a process of its own."""
    asked = [sys.executable, "-m", __name__, str(events), str(holders)]
    done = subprocess.run(asked, capture_output=True, text=True, check=True)
    seconds, mebibytes = done.stdout.split()
    count = f"{events:,} events, {holders:,} holders"
    yield Row(f"register rebuilt: {count}", float(seconds), "s", 60, "lower")
    yield Row(f"register rebuilt: {count}, memory", float(mebibytes), "MiB", 1024, "lower")


def _follow(source: Source, course: follow.Course) -> tuple[float, int]:
    """Events a second into a fresh SQLite file (the best of RUNS), and how many there were."""
    found = [_follow_once(source, course) for _ in range(RUNS)]
    return max(events / seconds for events, seconds in found), found[0][0]


def _follow_once(source: Source, course: follow.Course) -> tuple[int, float]:
    checksummed.cache_clear()
    address_of.cache_clear()
    with tempfile.TemporaryDirectory(prefix="freehold-bench-") as folder:
        engine = tables.open_projection(f"sqlite:///{folder}/index.db")
        with engine.connect() as connection:
            started = time.perf_counter()
            progress = follow.follow(connection, source, course, Memory())
            seconds = time.perf_counter() - started
        engine.dispose()
    return progress.events, seconds


def _measure_core(events: int, holders: int) -> None:
    """Print seconds and MiB; inventing the events costs time of its own, which is taken off."""
    started = time.perf_counter()
    for _ in stream.stream(1, holders, events):
        pass
    inventing = time.perf_counter() - started
    started = time.perf_counter()
    register = rebuild(stream.HOLDERS, _whole(stream.stream(1, holders, events)))
    seconds = time.perf_counter() - started - inventing
    if len(register.accounts) < holders:
        raise Broken(f"{holders} holders were admitted and {len(register.accounts)} are there")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{seconds:.1f} {peak:.0f}")


def _whole(events: Iterator[Logged]) -> Iterator[Logged]:
    """Events up to the last transaction that is there as a whole."""
    waiting: list[Logged] = []
    for logged in events:
        if waiting and waiting[0].position.transaction != logged.position.transaction:
            yield from waiting
            waiting.clear()
        waiting.append(logged)


# ---- a node that logs what it is told ----------------------------------------------------------


def _repeater() -> bytes:
    """Code that logs 128 bytes it is sent as three topics and a word, and 64 as two topics."""
    loop, end, pair = 8, 48, 50
    code = bytes([0x36, 0x60, 0x40, 0x14, 0x60, pair, 0x57])  # size == 64: to the pair
    code += bytes([0x5F, 0x5B])  # place = 0; the loop begins at 8
    code += bytes([0x36, 0x81, 0x10, 0x15, 0x60, end, 0x57])  # unless place < size: to the end
    code += bytes([0x80, 0x60, 0x60, 0x01, 0x35, 0x5F, 0x52])  # memory = word at place + 96
    code += bytes([0x80, 0x60, 0x40, 0x01, 0x35])  # third topic
    code += bytes([0x81, 0x60, 0x20, 0x01, 0x35])  # second
    code += bytes([0x82, 0x35])  # first
    code += bytes([0x60, 0x20, 0x5F, 0xA3])  # log the word under them
    code += bytes([0x60, 0x80, 0x01, 0x60, loop, 0x56])  # place += 128, again
    code = code.ljust(end, b"\x5b") + bytes([0x5B, 0x00])
    return code + bytes([0x5B, 0x60, 0x20, 0x35, 0x5F, 0x35, 0x5F, 0x5F, 0xA2, 0x00])


def _log_company(w3: Web3, sender: LocalAccount, events: int) -> tuple[str, str]:
    """Let a node log a company of plain transfers; the addresses of `Holders` and the token."""
    code = _repeater()
    creation = bytes([0x60, len(code), 0x80, 0x60, 0x09, 0x5F, 0x39, 0x5F, 0xF3]) + code
    holders, token = (_send(w3, sender, None, creation) for _ in range(2))
    listed = encode(_placed(holders, e.InstrumentListed(token)))
    _send(w3, sender, holders, bytes.fromhex("".join(topic[2:] for topic in listed.topics)))
    for contract, found in _company(holders, token, events - 1):
        _send(w3, sender, contract, b"".join(_as_sent(contract, event) for event in found))
    return holders, token


def _company(holders: str, token: str, events: int) -> Iterator[tuple[str, tuple[object, ...]]]:
    """Pages of events: admissions, an issue to each holder, then transfers at random."""
    random = Random(1)
    wallets = [checksummed(f"0x{random.getrandbits(160):040x}") for _ in range(events // 20)]
    admitted = [
        e.Admitted(wallet, number, pack_facts(Facts(number, 1)))
        for number, wallet in enumerate(wallets, start=1)
    ]
    issued = [e.Transfer(ZERO_ADDRESS, wallet, 10**9) for wallet in wallets]
    moved = [
        e.Transfer(random.choice(wallets), random.choice(wallets), random.randrange(10**5))
        for _ in range(events - len(admitted) - len(issued))
    ]
    for contract, found in ((holders, admitted), (token, issued), (token, moved)):
        for first in range(0, len(found), 2_000):
            yield contract, tuple(found[first : first + 2_000])


def _as_sent(contract: str, event: object) -> bytes:
    raw = encode(_placed(contract, event))
    return bytes.fromhex(raw.topics[0][2:]) + body_of(raw)


def _placed(contract: str, event: object) -> Logged:
    return Logged(Position(0, 0, 0, "0x", "0x"), contract, event)


def _send(w3: Web3, sender: LocalAccount, to: str | None, data: bytes) -> str:
    """Send one transaction and see it done; the address of what it created, if it did."""
    asked: dict[str, Any] = {
        "nonce": w3.eth.get_transaction_count(sender.address),
        "data": data,
        "gas": 25_000_000,
        "value": 0,
        "chainId": w3.eth.chain_id,
        **({"to": to} if to else {}),
        **_FEES,
    }
    digest = w3.eth.send_raw_transaction(sender.sign_transaction(asked).raw_transaction)
    receipt = w3.eth.wait_for_transaction_receipt(digest)
    if receipt["status"] != 1:
        raise Broken("the node refused to log what is measured")
    return str(receipt["contractAddress"] or to)


if __name__ == "__main__":
    _measure_core(int(sys.argv[1]), int(sys.argv[2]))
