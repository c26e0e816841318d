"""The fast node when something dies under it: what was promised must stand afterwards.

Every test kills, freezes or damages the real thing. What is compared is what a client was told
before with what it is told after: blocks by hash and state root, receipts whole.
"""

import gzip
import os
import signal
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from eth_utils import keccak, to_checksum_address
from vyper import compile_code

from freehold.chain.anvil import node
from freehold.core.errors import Broken, Unavailable
from freehold.doors.bench.ledger_anvil import (
    Line,
    Refusal,
    kill_again_and_again,
    wait_for_receipt,
)
from tests.node.conftest import SENDER, as_processes, freeze, kill_all, signed
from tests.size import times

pytestmark = pytest.mark.needs("anvil")

TOKEN = """
# pragma version 0.4.3
event Transfer:
    sender: indexed(address)
    receiver: indexed(address)
    units: uint256

balanceOf: public(HashMap[address, uint256])

@deploy
def __init__(units: uint256):
    self.balanceOf[msg.sender] = units

@external
def transfer(receiver: address, units: uint256):
    self.balanceOf[msg.sender] -= units
    self.balanceOf[receiver] += units
    log Transfer(sender=msg.sender, receiver=receiver, units=units)
"""


def test_a_transaction_is_on_disk_before_the_engine_has_it(start, connect, home: Path) -> None:
    running = start()
    freeze(running.engine_pid)
    sending = background(lambda: connect(running).send_raw([signed(0)]))
    wait_until(lambda: rows(home, "SELECT raw FROM tx") == [(bytes.fromhex(signed(0)[2:]),)])
    kill_all(running)
    sending.join()
    receipt = wait_for_receipt(connect(start()), hash_of(signed(0)))
    assert receipt["status"] == "0x1", "it was never handed to the first engine, and mined since"


def test_nobody_sees_a_block_before_it_is_on_disk(start, connect, home: Path) -> None:
    running = start()
    line, heights = connect(running), []
    with closing(sqlite3.connect(journal_of(home), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")  # the block cannot be committed while this lasts
        mining = background(lambda: connect(running).call("evm_mine"))
        time.sleep(0.2)
        asking = background(lambda: heights.append(line.call("eth_blockNumber")))
        time.sleep(0.5)
        assert heights == [], "an answer that might show the block is held back"
        other.execute("ROLLBACK")
    mining.join()
    asking.join()
    assert heights == ["0x1"]


def test_a_block_that_cannot_be_journalled_was_never_there(start, connect, home: Path) -> None:
    running = start()
    line, heights = connect(running), []
    with closing(sqlite3.connect(journal_of(home), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        mining = background(lambda: connect(running).call("evm_mine"))
        time.sleep(0.2)
        asking = background(lambda: heights.append(connect(running).call("eth_blockNumber")))
        mining.join()
    asking.join()
    wait_until(lambda: answers(line))
    assert heights == [], "the engine said 1, which nobody may hear"
    assert line.call("eth_blockNumber") == "0x0"


def test_killed_at_random_moments_nothing_promised_is_lost(start) -> None:
    def run() -> Any:
        return as_processes(start())

    assert kill_again_and_again(run, signed, first=0, kills=times(2), seed=7) == 0


def test_after_a_kill_every_block_and_receipt_is_the_same(start, connect) -> None:
    running = start()
    told = write_history(connect(running))
    kill_all(running)
    assert everything(connect(start())) == told


def test_after_a_stop_every_block_and_receipt_is_the_same(start, connect, home: Path) -> None:
    told = write_history(connect(start()))
    node.stop(home)
    assert [it.name for it in (home / "anvil").glob("snapshot-*")] == ["snapshot-9.gz"]
    running = start()
    assert everything(connect(running)) == told
    more = connect(running).send_raw([signed(20)])[0]
    assert wait_for_receipt(connect(running), more)["blockNumber"] == hex(10)


def test_a_stop_under_load_finishes_the_block_and_keeps_a_snapshot(start, connect, home) -> None:
    running = start()
    told: list[str] = []

    def send_without_end() -> None:
        line = connect(running)
        for nonce in range(10_000):
            told.extend(line.send_raw([signed(nonce)]))

    sending = background(send_without_end)
    wait_until(lambda: len(told) > 50)
    node.stop(home)
    sending.join()
    assert (home / "anvil" / "node.log").read_text() == ""
    assert len(list((home / "anvil").glob("snapshot-*.gz"))) == 1
    line = connect(start())
    assert all(wait_for_receipt(line, accepted) for accepted in told)


def test_blocks_mined_on_a_snapshot_replay_without_it(start, connect, home: Path) -> None:
    write_history(connect(start()))
    node.stop(home)
    running = start()
    line = connect(running)
    wait_for_receipt(line, line.send_raw([signed(20), signed(21)])[1])
    told = everything(line)
    kill_all(running)
    (home / "anvil" / "snapshot-9.gz").unlink()
    assert everything(connect(start())) == told


def test_a_damaged_snapshot_is_passed_over(start, connect, home: Path) -> None:
    told = write_history(connect(start()))
    node.stop(home)
    (home / "anvil" / "snapshot-9.gz").write_bytes(gzip.compress(b"{}"))
    assert everything(connect(start())) == told


def test_the_engine_dying_alone_is_brought_back_to_the_same_blocks(start, connect, home) -> None:
    running = start()
    line = connect(running)
    told = write_history(line)
    kill_engine(running)
    with pytest.raises(Refusal, match="send it again"):
        while True:
            line.call("eth_blockNumber")
    wait_until(lambda: answers(line))
    assert everything(line) == told
    after = node.status(home)
    assert after is not None
    assert (after.pid, after.url) == (running.pid, running.url)
    assert after.engine_pid != running.engine_pid


def test_what_waited_in_a_dead_engine_is_mined_by_the_next(start, connect) -> None:
    running = start()
    line = connect(running)
    (behind_a_gap,) = line.send_raw([signed(1)])
    kill_all(running)
    line = connect(start())
    assert line.call("txpool_status") == {"pending": "0x0", "queued": "0x1"}
    line.send_raw([signed(0)])
    assert wait_for_receipt(line, behind_a_gap)["status"] == "0x1"


def test_what_was_refused_does_not_come_back(start, connect, home: Path) -> None:
    running = start()
    too_dear = signed(0, value=10**30)
    with pytest.raises(Refusal, match="Insufficient funds"):
        connect(running).send_raw([too_dear])
    kill_all(running)
    line = connect(start())
    assert line.call("txpool_status") == {"pending": "0x0", "queued": "0x0"}
    assert rows(home, "SELECT count(*) FROM tx") == [(0,)]


def test_a_clock_that_was_moved_stays_moved(start, connect) -> None:
    running = start()
    connect(running).call("evm_increaseTime", 86_400)
    kill_all(running)
    line = connect(start())
    line.call("evm_mine")
    mined = int(line.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
    assert abs(mined - time.time() - 86_400) < 60


@pytest.mark.parametrize("kept", [0, 4_096, 20_000])
def test_a_truncated_journal_stops_the_start(start, connect, home: Path, kept: int) -> None:
    write_history(connect(start()))
    node.stop(home)
    whole = journal_of(home).read_bytes()
    assert len(whole) > kept
    journal_of(home).write_bytes(whole[:kept])
    with pytest.raises(Broken, match=r"is damaged .* put back a copy of it"):
        start()
    assert node.status(home) is None


def test_a_journal_that_lost_its_last_blocks_is_noticed(start, connect, home: Path) -> None:
    write_history(connect(start()))
    node.stop(home)
    change(home, "DELETE FROM block WHERE number = 9", "UPDATE tx SET block = NULL WHERE block = 9")
    with pytest.raises(Broken, match="ends before block 9, of which it has a snapshot"):
        start()


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ("UPDATE block SET timestamp = timestamp + 1 WHERE number = 9", "gives block hash"),
        ("UPDATE block SET state_root = zeroblob(32) WHERE number = 9", "gives state root"),
        ("UPDATE tx SET raw = x'02' WHERE seq = 1", "refuses a transaction that it had mined"),
        ("DELETE FROM tx WHERE seq = 3", "lacks transaction"),
    ],
)
def test_a_changed_journal_is_not_served(start, connect, home, changed: str, why: str) -> None:
    running = start()
    write_history(connect(running))
    kill_all(running)
    change(home, changed)
    with pytest.raises(Broken, match=why):
        start()
    assert node.status(home) is None


def test_an_engine_that_cannot_start_is_told_with_its_own_words(home: Path, start) -> None:
    binary = next((home / "anvil" / "engine").glob("node_modules/*/*/bin/anvil"))
    place = home / "anvil" / "engine"
    inside = binary.relative_to(place)
    place.unlink()
    (place / inside).parent.mkdir(parents=True)
    (place / inside).write_text("#!/bin/sh\necho no room left >&2\nexit 3\n")
    (place / inside).chmod(0o755)
    with pytest.raises(Unavailable, match="anvil did not start: no room left"):
        start()


def write_history(line: Line) -> list[Any]:
    """Nine blocks: a deployment, transfers, a reverted one, moved time, an empty one."""
    token = token_address()
    code = bytes.fromhex(compile_code(TOKEN, output_formats=["bytecode"])["bytecode"][2:])
    deploy = code + (1_000).to_bytes(32, "big")
    settle(line, [signed(0, to="", data=deploy, value=0, gas=1_000_000)])
    for first in (1, 5, 9, 13):
        settle(line, [transfer(token, nonce) for nonce in range(first, first + 4)])
    settle(line, [transfer(token, 17, units=10**9)])
    line.call("evm_increaseTime", 86_400)
    settle(line, [transfer(token, 18)])
    line.call("evm_mine")
    settle(line, [signed(19)])
    told = everything(line)
    assert [block["status"] for block in told[6]["receipts"]] == ["0x0"]
    assert sum(len(receipt["logs"]) for block in told for receipt in block["receipts"]) == 17
    return told


def settle(line: Line, raws: list[str]) -> None:
    """Send them so that they share one block, and wait for it."""
    for raw in reversed(raws):  # the first nonce last: nothing can be mined before all are here
        line.send_raw([raw])
    receipts = [wait_for_receipt(line, hash_of(raw)) for raw in raws]
    assert {receipt["blockHash"] for receipt in receipts} == {receipts[0]["blockHash"]}


def everything(line: Line) -> list[Any]:
    """Every block with its receipts, as the node tells them."""
    last = int(line.call("eth_blockNumber"), 16)
    blocks = [line.call("eth_getBlockByNumber", hex(it), True) for it in range(last + 1)]
    return [
        block | {"receipts": line.call("eth_getBlockReceipts", block["number"])} for block in blocks
    ]


def transfer(token: str, nonce: int, units: int = 1) -> str:
    to = nonce.to_bytes(32, "big")
    data = keccak(text="transfer(address,uint256)")[:4] + to + units.to_bytes(32, "big")
    return signed(nonce, to=token, data=data, value=0)


def token_address() -> str:
    """Where the first contract of the sender is created."""
    rlp = b"\xd6\x94" + bytes.fromhex(SENDER.address[2:]) + b"\x80"
    return to_checksum_address(keccak(rlp)[12:])


def hash_of(raw: str) -> str:
    return "0x" + keccak(hexstr=raw).hex()


def answers(line: Line) -> bool:
    try:
        return bool(line.call("eth_chainId"))
    except Refusal:
        return False


def kill_engine(running: node.Node) -> None:
    os.kill(running.engine_pid, signal.SIGKILL)


def background(act: Any) -> threading.Thread:
    """Run it beside the test; that its node is killed is expected."""

    def run() -> None:
        try:
            act()
        except (OSError, Refusal):
            return

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def wait_until(holds: Any, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.01)


def journal_of(home: Path) -> Path:
    return home / "anvil" / "journal.sqlite"


def rows(home: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(journal_of(home))) as journal:
        return journal.execute(query).fetchall()


def change(home: Path, *statements: str) -> None:
    with closing(sqlite3.connect(journal_of(home))) as journal:
        for statement in statements:
            assert journal.execute(statement).rowcount > 0, "the fault is really planted"
        journal.commit()
