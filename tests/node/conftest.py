"""A home with anvil in it for each test, and a holder who signs."""

import contextlib
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from eth_account import Account

from freehold import config
from freehold.chain.anvil import node
from freehold.chain.anvil.engine import room_of
from freehold.chain.anvil.genesis import ETHER, Genesis
from freehold.chain.anvil.node import Node
from freehold.doors.bench.ledger_anvil import Line, Running, kill

SENDER = Account.from_key(b"\x07" * 32)
RECEIVER = Account.from_key(b"\x09" * 32).address
GENESIS = Genesis(funded=((SENDER.address, 1_000 * ETHER),))
BROKE = Account.from_key(b"\x08" * 32)


def signed(nonce: int, **changed: object) -> str:
    """A signed transfer of one wei, or what `changed` makes of it."""
    fields = {
        "chainId": GENESIS.chain_id, "nonce": nonce, "gas": 100_000, "value": 1, "type": 2,
        "maxFeePerGas": 10**10, "maxPriorityFeePerGas": 10**9, "to": RECEIVER,
    }  # fmt: skip
    fields.update(changed)
    by = fields.pop("by", SENDER)
    kept = {name: value for name, value in fields.items() if value is not None}
    return "0x" + bytes(by.sign_transaction(kept).raw_transaction).hex()  # type: ignore[attr-defined]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """An empty home that shares the installed anvil; whatever runs on it is killed at the end."""
    (tmp_path / "anvil").mkdir()
    (tmp_path / "anvil" / "engine").symlink_to(config.load().home / "anvil" / "engine")
    yield tmp_path
    if node.is_owned(tmp_path):
        kill_all(node.status(tmp_path))
    shutil.rmtree(room_of(tmp_path / "anvil"), ignore_errors=True)


@pytest.fixture
def start(home: Path) -> Callable[[], Node]:
    """Start the node of `home`, or start it again on what it kept."""
    return lambda: node.start(home, GENESIS, port=0)


@pytest.fixture
def connect() -> Iterator[Callable[[Node | str], Line]]:
    """Connections to a node (or a URL), closed at the end."""
    with contextlib.ExitStack() as opened:
        yield lambda to: opened.enter_context(Line(to if isinstance(to, str) else to.url))


def kill_all(running: Node | None) -> None:
    """kill -9 the node and its engine."""
    assert running is not None, "there is a node to kill"
    kill(as_processes(running))


def as_processes(running: Node) -> Running:
    return Running(running.url, (running.pid, running.engine_pid))


def freeze(process: int) -> None:
    """Stop a process in its tracks without ending it."""
    os.kill(process, signal.SIGSTOP)
