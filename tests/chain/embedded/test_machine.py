"""Translated code against py-evm's own loop, and the gas limit that one run tells."""

import random

import pytest
from eth.vm.forks.cancun.transaction_context import CancunTransactionContext
from eth.vm.forks.prague.computation import PragueComputation
from eth.vm.message import Message

from freehold.chain.embedded import machine
from freehold.chain.embedded.encoding import decode
from freehold.chain.embedded.machine import Computation, needed
from freehold.chain.embedded.state import LedgerState
from freehold.chain.embedded.translate import landings
from freehold.chain.embedded.trie import EMPTY_ROOT
from tests.chain.embedded.test_evm import Both, _something, context

HERE, CALLER = b"\x0a" * 20, b"\x0b" * 20
SIMPLE = [*range(0x01, 0x08), *range(0x0A, 0x0C), *range(0x10, 0x1E), 0x20]
WORLD = [0x30, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3D, 0x42, 0x43, 0x46]
REST = [0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x58, 0x59, 0x5A, 0x5B, 0x5C, 0x5D, 0x5E]
ENDS = [0x00, 0xF3, 0xFD, 0xFE, 0x0C]


@pytest.fixture(params=[1, 3, 10**9], ids=["at once", "soon", "never"])
def hot(request, monkeypatch):
    monkeypatch.setattr(machine, "HOT", request.param)
    monkeypatch.setattr(machine, "_CODES", {})
    return request.param


def program(rng, length):
    """Random code: mostly instructions that find what they need, with jumps to marked places."""
    code, places = bytearray(), []
    while len(code) < length:
        kind = rng.random()
        if kind < 0.42:
            size = rng.choice([0, 1, 1, 1, 1, 2, 4, 20, 32])
            low = rng.random() < 0.7
            content = bytes([rng.randrange(80)]) if low and size == 1 else rng.randbytes(size)
            code += bytes([0x5F + size]) + content
        elif kind < 0.62:
            code.append(rng.choice(SIMPLE))
        elif kind < 0.74:
            code.append(rng.randrange(0x80, 0xA0))
        elif kind < 0.80:
            code.append(rng.choice(WORLD))
        elif kind < 0.90:
            code.append(rng.choice(REST))
        elif kind < 0.94:
            places.append(len(code))
            code.append(0x5B)
        elif kind < 0.985 and places:
            place = rng.choice([*places, rng.randrange(length)])
            code += b"\x61" + place.to_bytes(2, "big") + rng.choice([b"\x56", b"\x57", b"\x57"])
        elif kind > 0.99:
            code.append(rng.choice(ENDS))
    return bytes(code)


def ran(kind, code, gas, data):
    """What code does with so much gas: everything that can be seen from outside."""
    state = LedgerState(context(), EMPTY_ROOT, decode, lambda digest: b"")
    state.set_code(HERE, code)
    message = Message(gas, HERE, CALLER, 0, data, code)
    done = kind.apply_message(state, message, CancunTransactionContext(1, CALLER))
    error = type(done.error).__name__ if done.is_error else ""
    slots = {} if done.is_error else dict(state.slots.get(HERE, {}))
    return done.get_gas_remaining(), done.output, error == "Revert", bool(error), slots


@pytest.mark.parametrize("seed", range(6))
def test_random_programs_do_what_they_do_on_py_evm(seed, hot):
    rng = random.Random(seed)
    ended = set()
    for _ in range(120):
        code = program(rng, rng.randrange(4, 160))
        gas, data = rng.choice([150, 1_000, 30_000]), rng.randbytes(rng.randrange(70))
        wanted = ran(PragueComputation, code, gas, data)
        for _ in range(2):
            assert ran(Computation, code, gas, data) == wanted, code.hex()
        ended.add(wanted[2:4])
    assert len(ended) > 1


@pytest.mark.parametrize("seed", range(2))
def test_random_transactions_do_what_they_do_on_py_evm(compiled, seed, hot):
    random.seed(seed)
    both = Both()
    made = [both.apply(data=compiled.bytecode).created for _ in range(2)]
    for _ in range(40):
        both.apply(**_something(random, made, compiled.abi))
    both.seal()


def test_a_loop_is_translated_and_gives_the_same_number(monkeypatch):
    monkeypatch.setattr(machine, "_CODES", {})
    # i = 200; do { sum += i; i -= 1 } while (i); return sum
    code = bytes.fromhex("5f60c85b9081019060019003806003575060005260206000f3")
    wanted = ran(PragueComputation, code, 100_000, b"")
    assert ran(Computation, code, 100_000, b"") == wanted
    assert int.from_bytes(wanted[1], "big") == sum(range(201))
    assert machine._CODES[code].stretches


def test_a_mark_inside_a_constant_is_no_place_to_land():
    assert landings(bytes.fromhex("605b5b61005b5b")) == {2, 6}


def test_the_least_gas_of_one_run_suffices_and_one_less_does_not(hot):
    rng, told = random.Random(9), 0
    while told < 60:
        code, data = program(rng, rng.randrange(4, 120)), rng.randbytes(40)
        state = LedgerState(context(), EMPTY_ROOT, decode, lambda digest: b"")
        message = Message(200_000, HERE, CALLER, 0, data, code)
        done = Computation.apply_message(state, message, CancunTransactionContext(1, CALLER))
        least = needed(done)
        if done.is_error or not least:
            continue
        told += 1
        assert not ran(PragueComputation, code, least, data)[3], code.hex()
        assert ran(PragueComputation, code, least - 1, data)[3], code.hex()
