"""py-evm's computation of Prague, with a faster loop and an account of the gas that it needed.

Code that was visited a few times is translated (`translate.py`); what has to do with the world, and what
runs once, is executed by py-evm's own functions, so the rules stay py-evm's. `tests` run the same
transactions on py-evm alone and compare gas, logs and state.

`needed` tells the smallest gas limit from one run. Code that calls code keeps a 64th back (EIP-150), and
a write to storage asks for more than it takes (EIP-2200); both are followed. Where code looked at its
gas for anything else than to hand it on, or a call ate all it was given, nobody can tell.
"""

from typing import Any

from eth.exceptions import Halt
from eth.vm.forks.prague.computation import PragueComputation
from eth.vm.logic.invalid import InvalidOpcode

from freehold.chain.embedded.encoding import keccak, keccak_cached
from freehold.chain.embedded.translate import Code, landings, translate

HOT = 12
"""Visits of a place after which it is translated: that takes as long as running it so often."""
REMEMBERED_CODES = 512
STIPEND, SENTRY = 2_300, 2_301
_GAS, _SSTORE, _JUMPS = 0x5A, 0x55, frozenset({0x56, 0x57})
_CALLS = frozenset({0xF1, 0xF2, 0xF4, 0xFA})
_SHA3, _SHA3_GAS, _SHA3_WORD_GAS = 0x20, 30, 6
_OPS: list[Any] = [PragueComputation.opcodes.get(at) or InvalidOpcode(at) for at in range(256)]
_CODES: dict[bytes, Code] = {}


def _sha3(computation: Any) -> None:
    """As py-evm's, but the places of mappings, which come back again and again, are remembered."""
    computation.consume_gas(_SHA3_GAS, "SHA3")
    start, size = computation.stack_pop_ints(2)
    computation.extend_memory(start, size)
    computation.consume_gas(_SHA3_WORD_GAS * ((size + 31) // 32), "SHA3: words")
    content = bytes(computation.memory_read_bytes(start, size))
    computation.stack_push_bytes(keccak_cached(content) if size <= 64 else keccak(content))


_OPS[_SHA3] = _sha3


class Computation(PragueComputation):
    """One frame. `gas_seen`: how much it saw that it had, and did not hand on to a call."""

    def __init__(self, state: Any, message: Any, transaction_context: Any) -> None:
        super().__init__(state, message, transaction_context)
        self.gas_seen: list[int] = []
        self.least = 0
        self.spent_before: list[int] = []

    @classmethod
    def apply_computation(
        cls, state: Any, message: Any, transaction_context: Any, parent_computation: Any = None
    ) -> Any:
        """Run a frame; as py-evm's function of this name, but for the loop."""
        with cls(state, message, transaction_context) as computation:
            if computation.is_origin_computation:
                computation.contracts_created = []
                if message.is_create:
                    cls.consume_initcode_gas_cost(computation)
            if parent_computation is not None:
                computation.contracts_created = parent_computation.contracts_created
            if message.is_create:
                computation.contracts_created.append(message.storage_address)
            precompile = computation.precompiles.get(message.code_address)
            if precompile is None:
                _run(computation)
            elif not message.is_delegation:
                precompile(computation)
        return computation

    def generate_child_computation(self, child_msg: Any) -> Any:
        """Note what was spent before a call."""
        stipend = STIPEND if child_msg.value and child_msg.should_transfer_value else 0
        handed = child_msg.gas - (0 if child_msg.is_create else stipend)
        self.spent_before.append(self.msg.gas - self._gas_meter.gas_remaining - handed)
        return super().generate_child_computation(child_msg)


def needed(frame: Any) -> int | None:
    """The least gas with which a frame would have done the same; None where that cannot be told."""
    if frame.gas_seen or (frame.is_error and frame.should_burn_gas):
        return None
    least: int = max(frame.least, frame.msg.gas - frame.get_gas_remaining())
    for before, child in zip(frame.spent_before, frame.children, strict=True):
        below = needed(child)
        if below is None:
            return None
        value = child.msg.value and child.msg.should_transfer_value and not child.msg.is_create
        wanted = below - (STIPEND if value else 0)
        if wanted > 0:
            least = max(least, before + wanted + (wanted - 1) // 63)
    return least


def _run(frame: Any) -> None:
    """Run until the frame ends. Raises py-evm's errors."""
    code = _code_of(frame.msg.code)
    stack, meter, stream = frame._stack.values, frame._gas_meter, frame.code
    place, gas, raw = 0, meter.gas_remaining, code.raw
    stretches, size = code.stretches, len(code.raw)
    while True:
        stretch = stretches.get(place) or _visited(code, place)
        if stretch is None:
            meter.gas_remaining, stream.program_counter = gas, place
            if _interpret(frame, raw, size):
                return
            place, gas = stream.program_counter, meter.gas_remaining
            _as_numbers(stack)
            continue
        place, gas = stretch(frame, stack, gas)
        if place < 0:
            place = ~place
            meter.gas_remaining, stream.program_counter = gas, place + 1
            if _step(frame, raw[place] if place < size else 0):
                return
            place, gas = place + 1, meter.gas_remaining
            if stack and type(stack[-1]) is not int:
                stack[-1] = int.from_bytes(stack[-1], "big")


def _step(frame: Any, op: int) -> bool:
    """Execute one instruction as py-evm does; whether the frame has ended."""
    if op == _SSTORE:
        spent = frame.msg.gas - frame._gas_meter.gas_remaining
        frame.least = max(frame.least, spent + SENTRY)
    elif op in _CALLS and frame.gas_seen and frame._stack.values[-1:] == frame.gas_seen[-1:]:
        frame.gas_seen.pop()
    try:
        _OPS[op](computation=frame)
    except Halt:
        return True
    return False


def _interpret(frame: Any, raw: bytes, size: int) -> bool:
    """Execute up to the next jump; whether the frame has ended."""
    stream = frame.code
    while True:
        at = stream.program_counter
        op = raw[at] if at < size else 0
        stream.program_counter = at + 1
        if _step(frame, op):
            return True
        if op == _GAS:
            frame.gas_seen.append(frame._stack.values[-1])
        if op in _JUMPS:
            return False


def _as_numbers(stack: list[Any]) -> None:
    for at, value in enumerate(stack):
        if type(value) is not int:
            stack[at] = int.from_bytes(value, "big")


def _code_of(raw: bytes) -> Code:
    found = _CODES.get(raw)
    if found is None:
        if len(_CODES) >= REMEMBERED_CODES:
            _CODES.clear()
        found = _CODES[bytes(raw)] = Code(bytes(raw), frozenset())
    return found


def _visited(code: Code, place: int) -> Any:
    """The translation of a place that has now been visited often enough; None before that."""
    visits = code.visits[place] = code.visits.get(place, 0) + 1
    if visits < HOT:
        return None
    if not code.landings:
        code.landings = landings(code.raw)
    made = code.stretches[place] = translate(code, place)
    return made
