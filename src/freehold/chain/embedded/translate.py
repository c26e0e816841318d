"""Stretches of EVM code as Python functions: what runs again and again is read only once.

A stretch is straight-line code from one place to the next jump, or to the next instruction that has to
do with the world (storage, calls, logs, copies), which py-evm executes. Within it the stack is followed
while translating: constants are written in, DUP, SWAP and POP vanish, and every other instruction
becomes one line of Python. Its gas is taken at its beginning. That is exact, because whatever goes
wrong inside, too little gas or anything else, burns all the gas and undoes all changes of the frame.

The costs are py-evm's own (`opcodes`). Stretches are made of numbers alone, so nothing of what is
translated can become anything but arithmetic.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from eth.exceptions import FullStack, InsufficientStack, InvalidJumpDestination, OutOfGas
from eth.vm.computation import memory_gas_cost
from eth.vm.forks.prague.computation import PragueComputation

Stretch = Callable[[Any, list[int], int], tuple[int, int]]
"""(computation, stack, gas) -> (next place, gas left); ~place where py-evm has to go on."""

STACK_LIMIT, LONGEST = 1024, 256
WORD = 1 << 256
_COSTS = {at: getattr(op, "gas_cost", 0) for at, op in PragueComputation.opcodes.items()}
_GAS, _JUMP, _JUMPI, _JUMPDEST, _POP = 0x5A, 0x56, 0x57, 0x5B, 0x50
_MLOAD, _MSTORE, _PC = 0x51, 0x52, 0x58
_TWO = {
    0x01: "({a} + {b}) & M",
    0x02: "({a} * {b}) & M",
    0x03: "({a} - {b}) & M",
    0x04: "{a} // {b} if {b} else 0",
    0x06: "{a} % {b} if {b} else 0",
    0x10: "1 if {a} < {b} else 0",
    0x11: "1 if {a} > {b} else 0",
    0x12: "1 if ({a} ^ TOP) < ({b} ^ TOP) else 0",
    0x13: "1 if ({a} ^ TOP) > ({b} ^ TOP) else 0",
    0x14: "1 if {a} == {b} else 0",
    0x16: "{a} & {b}",
    0x17: "{a} | {b}",
    0x18: "{a} ^ {b}",
    0x1A: "({b} >> (248 - 8 * {a})) & 255 if {a} < 32 else 0",
    0x1B: "({b} << {a}) & M if {a} < 256 else 0",
    0x1C: "{b} >> {a} if {a} < 256 else 0",
}
_ONE = {0x15: "0 if {a} else 1", 0x19: "{a} ^ M", 0x35: "word(c.msg.data, {a})"}
_NONE = {
    0x30: "number(c.msg.storage_address)",
    0x33: "number(c.msg.sender)",
    0x34: "c.msg.value",
    0x36: "len(c.msg.data)",
    0x38: "len(c.code)",
    0x3D: "len(c.return_data)",
    0x42: "c.state.timestamp",
    0x59: "len(c._memory)",
}


def word(data: bytes, at: int) -> int:
    """32 bytes of call data as a number; what lies behind its end is zero."""
    return (
        int.from_bytes(bytes(data[at : at + 32]).ljust(32, b"\0"), "big") if at < len(data) else 0
    )


def number(content: bytes) -> int:
    """Bytes as a number."""
    return int.from_bytes(content, "big")


def grow(c: Any, end: int, gas: int) -> int:
    """Extend the memory to `end` bytes; the gas left. Raises OutOfGas."""
    held = len(c._memory)
    fee = memory_gas_cost(end) - memory_gas_cost(held)
    if fee > gas:
        raise OutOfGas(f"Out of gas: Needed {fee} - Remaining {gas} - Reason: Expanding memory")
    c._memory.extend(held, end - held)
    return gas - fee


def short(gas: int) -> OutOfGas:
    """The error of a stretch that costs more than there is."""
    return OutOfGas(f"Out of gas: {-gas} more are needed")


def jump(code: "Code", place: int) -> int:
    """A place that may be jumped to. Raises InvalidJumpDestination."""
    if place not in code.landings:
        raise InvalidJumpDestination("Invalid Jump Destination")
    return place


def landings(code: bytes) -> frozenset[int]:
    """Every place of a JUMPDEST that is not part of a constant."""
    found, at = [], 0
    while at < len(code):
        op = code[at]
        if op == _JUMPDEST:
            found.append(at)
        at += op - 0x5E if 0x60 <= op <= 0x7F else 1
    return frozenset(found)


@dataclass(slots=True)
class Code:
    """A contract's code with what was translated of it, by place."""

    raw: bytes
    landings: frozenset[int]
    stretches: dict[int, Stretch] = field(default_factory=dict)
    visits: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Draft:
    """A stretch while it is written: its lines, the stack as expressions, the gas so far."""

    code: bytes
    landings: frozenset[int]
    at: int
    lines: list[str] = field(default_factory=list)
    stack: list[str] = field(default_factory=list)
    taken: int = 0
    deepest: int = 0
    gas: int = 0
    gas_asked: list[tuple[str, int]] = field(default_factory=list)
    names: int = 0

    def pop(self) -> str:
        if self.stack:
            return self.stack.pop()
        self.taken += 1
        return f"x{self.taken}"

    def reach(self, depth: int) -> None:
        """Have at least so many entries in hand."""
        while len(self.stack) < depth:
            self.taken += 1
            self.stack.insert(0, f"x{self.taken}")

    def push(self, text: str) -> None:
        self.stack.append(text)
        self.deepest = max(self.deepest, len(self.stack) - self.taken)

    def name(self, text: str) -> str:
        """Work something out now and call it by a name."""
        self.names += 1
        self.lines.append(f"t{self.names} = {text}")
        return f"t{self.names}"


def translate(code: Code, start: int) -> Stretch:
    """The function of the stretch that begins at a place."""
    draft = _Draft(code.raw, code.landings, start)
    end = _write(draft)
    source = "\n ".join(["def stretch(c, s, g):", *_head(draft), *draft.lines, *_tail(draft, end)])
    space = {**_SPACE, "code": code}
    exec(compile(source, f"<evm {start}>", "exec"), space)
    made: Stretch = space["stretch"]
    return made


def _write(draft: _Draft) -> str:
    """Write line after line; how the stretch ends, as an expression of the next place."""
    code = draft.code
    for _ in range(LONGEST):
        op = code[draft.at] if draft.at < len(code) else 0
        if op in (_JUMP, _JUMPI):
            draft.gas += _COSTS[op]
            place = draft.pop()
            if op == _JUMPI:
                return f"(jump(code, {place}) if {draft.pop()} else {draft.at + 1})"
            if not place.isdecimal() or int(place) not in draft.landings:
                return f"jump(code, {place})"
            draft.at = int(place)
            continue
        if not _simple(draft, op):
            return f"{~draft.at}"
        draft.gas += _COSTS[op]
        draft.at += op - 0x5E if 0x60 <= op <= 0x7F else 1
    return f"{draft.at}"


def _simple(draft: _Draft, op: int) -> bool:
    """Write one instruction; False where it is none of ours."""
    if op == 0x5F or 0x60 <= op <= 0x7F:
        size = op - 0x5F
        content = draft.code[draft.at + 1 : draft.at + 1 + size].ljust(size, b"\0")
        draft.push(str(int.from_bytes(content, "big")))
    elif 0x80 <= op <= 0x8F:
        draft.reach(op - 0x7F)
        draft.push(draft.stack[-(op - 0x7F)])
    elif 0x90 <= op <= 0x9F:
        draft.reach(op - 0x8E)
        stack, other = draft.stack, -(op - 0x8E)
        stack[-1], stack[other] = stack[other], stack[-1]
    elif op == _POP:
        draft.pop()
    elif op in _TWO:
        a, b = draft.pop(), draft.pop()
        draft.push(draft.name(_TWO[op].format(a=a, b=b)))
    elif op in _ONE:
        draft.push(draft.name(_ONE[op].format(a=draft.pop())))
    elif op in _NONE:
        draft.push(draft.name(_NONE[op]))
    elif op == _PC:
        draft.push(str(draft.at))
    else:
        return op == _JUMPDEST or _memory(draft, op) or _gas(draft, op)
    return True


def _memory(draft: _Draft, op: int) -> bool:
    if op not in (_MLOAD, _MSTORE):
        return False
    at = draft.pop()
    value = draft.pop() if op == _MSTORE else ""
    end = draft.name(f"{at} + 32")
    draft.lines.append(f"if {end} > len(c._memory): g = grow(c, {end}, g)")
    if value:
        draft.lines.append(f"c._memory._bytes[{at}:{end}] = ({value}).to_bytes(32, 'big')")
    else:
        draft.push(draft.name(f"number(c._memory._bytes[{at}:{end}])"))
    return True


def _gas(draft: _Draft, op: int) -> bool:
    """GAS: what is left, with what was taken for the rest of the stretch; known at the end."""
    if op != _GAS:
        return False
    draft.gas_asked.append((f"L{len(draft.gas_asked)}", draft.gas + _COSTS[op]))
    left = draft.name(f"g + {draft.gas_asked[-1][0]}")
    draft.lines.append(f"c.gas_seen.append({left})")
    draft.push(left)
    return True


def _head(draft: _Draft) -> list[str]:
    """Checks of stack and gas, and the entries that are used, by name."""
    lines = []
    if draft.taken:
        lines.append(f"if len(s) < {draft.taken}: raise InsufficientStack('too few stack items')")
    if draft.deepest > 0:
        most = STACK_LIMIT - draft.deepest
        lines.append(f"if len(s) > {most}: raise FullStack('Stack limit reached')")
    if draft.gas:
        lines += [f"g -= {draft.gas}", "if g < 0: raise short(g)"]
    lines += [f"{name} = {draft.gas - used}" for name, used in draft.gas_asked]
    lines += [f"x{at} = s[-{at}]" for at in range(1, draft.taken + 1)]
    if draft.taken:
        lines.append(f"del s[-{draft.taken}:]")
    return lines


def _tail(draft: _Draft, end: str) -> list[str]:
    lines = [f"s += ({', '.join(draft.stack)},)"] if draft.stack else []
    return [*lines, f"return {end}, g"]


_SPACE: dict[str, Any] = {
    "M": WORD - 1,
    "TOP": WORD >> 1,
    "word": word,
    "number": number,
    "grow": grow,
    "jump": jump,
    "short": short,
    "FullStack": FullStack,
    "InsufficientStack": InsufficientStack,
}
