"""The real EVM in this process, without blocks or disk: thousands of contract calls a minute.

Every message runs through the embedded ledger's own `execute`, so gas, logs and reverts are those of
a mined transaction. Any address may send (its balance is not asked); a snapshot is a copy of the
state. `Contract` gives the functions of an artifact as Python methods.
"""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from eth_abi import decode, encode
from eth_hash.auto import keccak
from eth_utils import to_checksum_address

from freehold.chain.artifacts import artifact
from freehold.chain.embedded.blocks import blank_header
from freehold.chain.embedded.evm import Ask, Outcome, context_of, execute
from freehold.chain.embedded.state import LedgerState
from freehold.chain.embedded.trie import EMPTY_ROOT

CHAIN_ID = 31337
FAULTY = "FREEHOLD_FAULTY_ARTIFACTS"
"""A folder with artifacts to test instead of the shipped ones (tests/contracts/faults)."""
GAS = 30_000_000
START = 20_454 * 86_400 + 43_200
"""Noon of 2026-01-01, in seconds."""


class Refused(Exception):
    """A call that reverted; `text` is what the contract said, `data` its raw answer."""

    def __init__(self, text: str, data: bytes = b"") -> None:
        super().__init__(text)
        self.text, self.data = text, data

    @property
    def code(self) -> int:
        """The reason code of a policy refusal, 0 for any other revert."""
        found = self.text.removeprefix("transfer refused: ")
        return int(found) if found != self.text else 0


@dataclass
class Engine:
    """One chain state and the time on it."""

    seconds: int = START
    chain_id: int = CHAIN_ID
    state: Any = None
    watcher: Callable[[bytes, bytes, Outcome], None] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.state is None:
            self.state = LedgerState(self._context(), EMPTY_ROOT, _no_disk, _no_disk)

    def _context(self) -> Any:
        header = blank_header(bytes(32), 1, self.seconds, 10**9, 0)
        return context_of(header, self.chain_id, [])

    @property
    def today(self) -> int:
        return self.seconds // 86_400

    def at(self, seconds: int) -> None:
        """Move the clock; unlike a ledger's it may go back, for a test of one more boundary."""
        self.seconds = seconds
        self.state.execution_context = self._context()

    def forward(self, seconds: int = 0, days: int = 0) -> None:
        self.at(self.seconds + seconds + days * 86_400)

    def snapshot(self) -> Any:
        state = self.state
        slots = {address: dict(kept) for address, kept in state.slots.items()}
        return self.seconds, self.chain_id, dict(state.accounts), slots

    def restore(self, kept: Any) -> None:
        self.seconds, self.chain_id, accounts, slots = kept
        codes = self.state.codes
        self.state = LedgerState(self._context(), EMPTY_ROOT, _no_disk, _no_disk)
        self.state.codes = codes
        self.state.accounts = dict(accounts)
        self.state.slots = {address: dict(kept) for address, kept in slots.items()}

    def send(
        self, sender: str, to: str | None, data: bytes, gas: int = GAS, value: int = 0
    ) -> Outcome:
        """One message; a revert raises Refused and changes nothing."""
        who = bytes.fromhex(sender[2:])
        target = bytes.fromhex(to[2:]) if to else None
        if value:
            self.state.delta_balance(who, value)
        ask = Ask(who, target, value, data, gas, 0, 0, self.state.get_nonce(who))
        outcome = execute(self.state, ask)
        if outcome.error is not None:
            raise Refused(_text(outcome), outcome.output)
        if self.watcher and target:
            self.watcher(target, data, outcome)
        return outcome

    def deploy(self, code: bytes, sender: str) -> str:
        outcome = self.send(sender, None, code)
        assert outcome.created is not None, "a creation has an address"
        return to_checksum_address(outcome.created)


def _no_disk(digest: bytes) -> Any:
    raise AssertionError(f"nothing of this chain is on a disk, not {digest.hex()}")


def _text(outcome: Outcome) -> str:
    if outcome.output[:4] == bytes.fromhex("08c379a0"):
        return decode(["string"], outcome.output[4:])[0]
    if outcome.output:
        return "0x" + outcome.output[:4].hex()
    return outcome.error or ""


@dataclass(frozen=True)
class Contract:
    """A contract at an address, called by the names of its ABI.

    `contract.transfer(to, 5, by=holder)` sends, `contract.ask("balanceOf", who)` reads,
    `contract.log(outcome, "Transfer")` finds events.
    """

    engine: Engine
    address: str
    abi: tuple[Mapping[str, Any], ...]

    def __getattr__(self, name: str) -> Callable[..., Outcome]:
        def send(*args: Any, by: str, gas: int = GAS) -> Outcome:
            return self.engine.send(by, self.address, self.data(name, *args), gas)

        return send

    def __hash__(self) -> int:
        return hash(self.address)

    def data(self, name: str, *args: Any) -> bytes:
        entry = self._entry(name, len(args))
        return call_data(entry, args)

    def ask(self, name: str, *args: Any, by: str = "0x" + "99" * 20) -> Any:
        entry = self._entry(name, len(args))
        outcome = self.engine.send(by, self.address, call_data(entry, args))
        values = decode([_type(one) for one in entry["outputs"]], outcome.output)
        return values[0] if len(values) == 1 else values

    def log(self, outcome: Outcome, name: str) -> list[dict[str, Any]]:
        """The events of that name in the order in which they were written."""
        entry = next(e for e in self.abi if e["type"] == "event" and e["name"] == name)
        topic = keccak(f"{name}({','.join(_type(one) for one in entry['inputs'])})".encode())
        here = bytes.fromhex(self.address[2:])
        return [
            _read_log(entry, found.topics, found.data)
            for found in outcome.logs
            if found.topics[0] == topic and found.address == here
        ]

    def names(self, outcome: Outcome) -> list[str]:
        """The names of this contract's events in their order."""
        return [
            name for found in outcome.logs for name in [self._topics().get(found.topics[0])] if name
        ]

    def _topics(self) -> dict[bytes, str]:
        return _topics_of(id(self.abi), self.abi)

    def _entry(self, name: str, count: int) -> Mapping[str, Any]:
        for entry in self.abi:
            named = (entry["type"], entry.get("name")) == ("function", name)
            if named and len(entry["inputs"]) == count:
                return entry
        raise AttributeError(f"no function {name} of {count} arguments")


_TOPICS: dict[int, dict[bytes, str]] = {}


def _topics_of(key: int, abi: tuple[Mapping[str, Any], ...]) -> dict[bytes, str]:
    if key not in _TOPICS:
        _TOPICS[key] = {
            keccak(f"{e['name']}({','.join(_type(one) for one in e['inputs'])})".encode()): e[
                "name"
            ]
            for e in abi
            if e["type"] == "event"
        }
    return _TOPICS[key]


def call_data(entry: Mapping[str, Any], args: tuple[Any, ...]) -> bytes:
    types = [_type(one) for one in entry["inputs"]]
    return selector(entry["name"], tuple(types)) + encode(types, args)


@cache
def selector(name: str, types: tuple[str, ...]) -> bytes:
    return keccak(f"{name}({','.join(types)})".encode())[:4]


def _type(parameter: Mapping[str, Any]) -> str:
    kind: str = parameter["type"]
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(_type(one) for one in parameter['components'])}){kind[5:]}"


def _read_log(entry: Mapping[str, Any], topics: list[bytes], data: bytes) -> dict[str, Any]:
    plain = [one for one in entry["inputs"] if not one["indexed"]]
    values = dict(
        zip([p["name"] for p in plain], decode([_type(p) for p in plain], data), strict=True)
    )
    marked = [one for one in entry["inputs"] if one["indexed"]]
    for one, topic in zip(marked, topics[1:], strict=True):
        dynamic = one["type"].startswith(("string", "bytes")) and one["type"] != "bytes32"
        values[one["name"]] = topic if dynamic else decode([_type(one)], topic)[0]
    return values


def creation(built: Mapping[str, Any], *args: Any) -> bytes:
    """The data that creates a contract from its artifact."""
    entry = next((e for e in built["abi"] if e["type"] == "constructor"), {"inputs": []})
    code = bytes.fromhex(built["bytecode"].removeprefix("0x"))
    return code + encode([_type(one) for one in entry["inputs"]], args)


@cache
def shipped(name: str) -> Mapping[str, Any]:
    """The artifact as the package ships it, or the faulty one that a test of the tests built."""
    faulty = os.environ.get(FAULTY)
    if faulty is None:
        return artifact(name)
    built: dict[str, Any] = json.loads((Path(faulty) / f"{name}.json").read_text())
    return built
