"""kill -9 while sending: whatever the moment, every instruction happens exactly once."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from freehold.core.instruction import State
from tests.chain.gate_world import AGENT, SECOND
from tests.desks.crash_child import POINTS

ROOT = Path(__file__).parents[2]
SEED = 20261122


def start(gate, point):
    child = "tests.desks.crash_child"
    command = [sys.executable, "-m", child, str(gate.home), gate.book_url, point]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=environment)


def finish(gate):
    """Another worker, after the dead one's lease has run out."""
    gate.clock.instant = gate.clock.instant.replace(year=gate.clock.instant.year + 1)
    for _ in range(2):
        assert gate.send(worker="survivor").held == ()
        assert gate.follow(worker="survivor").held == ()


def require_each_once(gate, asked, stored):
    """Each happened once, by the bytes that were stored first, and no nonce was left out."""
    assert sorted(gate.entered()) == sorted(one.id for one in asked)
    assert [gate.found(one).state for one in asked] == [State.SETTLED] * len(asked)
    for one in asked:
        assert len(gate.signed(one)) == 1
        assert one.id not in stored or gate.signed(one)[0].raw == stored[one.id]
    for signer in (AGENT, SECOND):
        nonces = [gate.found(one).nonce for one in asked if one.sender == signer.address]
        assert sorted(nonces) == list(range(gate.count(signer)))


def bytes_stored(gate, asked):
    return {one.id: gate.signed(one)[0].raw for one in asked if gate.signed(one)}


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_killed_at_a_chosen_point_sends_everything_once(gate, point):
    asked = [gate.ask("enter(bytes32)", sender=(AGENT, SECOND)[n % 2]) for n in range(5)]
    with start(gate, point) as child:
        assert child.wait(timeout=60) == -signal.SIGKILL
    states = {str(gate.found(one).state) for one in asked}
    stored = bytes_stored(gate, asked)
    assert bool(stored) == (point not in ("before storing", "before commit"))
    if point == "after sending, before marking":
        assert "SIGNED" in states and gate.entered()
    finish(gate)
    require_each_once(gate, asked, stored)


def test_workers_killed_at_random_moments_send_everything_once(gate):
    chance = random.Random(SEED)
    asked, stored, killed = [], {}, 0
    for _ in range(6):
        asked += [gate.ask("enter(bytes32)", sender=chance.choice((AGENT, SECOND))) for _ in "1234"]
        with start(gate, "never") as child:
            assert child.stdout.readline() == "ready\n"
            time.sleep(chance.uniform(0, 0.25))
            child.kill()
            killed += child.wait() == -signal.SIGKILL
        stored |= bytes_stored(gate, asked)
    assert killed
    finish(gate)
    require_each_once(gate, asked, stored)


def test_two_workers_at_once_send_everything_once(gate):
    asked = [gate.ask("enter(bytes32)", sender=(AGENT, SECOND)[n % 2]) for n in range(20)]
    with start(gate, "never") as one, start(gate, "never") as other:
        assert [child.wait(timeout=60) for child in (one, other)] == [0, 0]
    finish(gate)
    require_each_once(gate, asked, {})
