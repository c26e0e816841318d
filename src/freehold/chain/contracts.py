"""Calls to the contracts: data to send, values to read, by the names of their ABI.

Values go in and come out as plain Python: addresses as checksummed strings, 32-byte values as
0x-strings, tuples for structs. Desks hand the bytes to the outbox; nothing here sends.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_hash.auto import keccak
from eth_utils.address import to_checksum_address
from web3 import Web3
from web3.types import BlockIdentifier

from freehold.chain import rpc
from freehold.chain.artifacts import abi, artifact
from freehold.core.errors import Unavailable


def call(contract: str, function: str, *args: Any) -> bytes:
    """The call data of a function of one of our contracts."""
    entry = _function(contract, function, len(args))
    return _selector(contract, function, len(args)) + encode(_types(entry["inputs"]), args)


def creation(contract: str, *args: Any) -> bytes:
    """The data of a transaction that creates a contract."""
    code = bytes.fromhex(artifact(contract)["bytecode"].removeprefix("0x"))
    nothing: dict[str, Any] = {"inputs": []}
    entry = next((e for e in abi(contract) if e["type"] == "constructor"), nothing)
    return code + encode(_types(entry["inputs"]), args)


def blueprint(contract: str) -> bytes:
    """The data of a transaction that leaves a contract's code as a blueprint (ERC-5202)."""
    return bytes.fromhex(artifact(contract)["blueprint"].removeprefix("0x"))


def opening(
    name: str,
    symbol: str,
    decimals: int,
    authorised: int,
    asset: int,
    terms: bytes,
    assets: str,
    registry_face: str,
    power_delay: int,
    grants: Sequence[tuple[str, int]],
) -> bytes:
    """What an instrument is born with: the back office call in its constructor.

    `authorised` in base units, `power_delay` in seconds, `grants` as (address, powers).
    """
    entry = next(e for e in artifact("BackOffice")["abi"] if e.get("name") == "open")
    words = (
        name, symbol, decimals, authorised, asset, terms, assets, registry_face, power_delay,
        list(grants),
    )  # fmt: skip
    return _hash_of(entry)[:4] + encode(_types(entry["inputs"]), [words])


def rules_content(changes: Sequence[tuple[int, int, int]]) -> bytes:
    """The hash under which changes of the rules (what, key, word) are announced."""
    return keccak(encode(["(uint256,uint256,uint256)[]"], [changes]))


def read(
    w3: Web3,
    contract: str,
    address: str,
    function: str,
    *args: Any,
    block: BlockIdentifier = "latest",
) -> Any:
    """Ask a view; several results come as a tuple. Raises Unavailable.

    Asked without web3's own formatting, which costs ten times what the question does.
    """
    entry = _function(contract, function, len(args))
    asked = {"to": address, "data": "0x" + call(contract, function, *args).hex()}
    answer = rpc.ask(w3, "eth_call", asked, hex(block) if isinstance(block, int) else block)
    return _read(entry, answer)


@dataclass(frozen=True, slots=True)
class Question:
    """A view to be asked of one of our contracts."""

    contract: str
    address: str
    function: str
    arguments: tuple[Any, ...]


def read_all(w3: Web3, questions: Sequence[Question]) -> list[Any]:
    """Ask several views, now, in one exchange. Raises Unavailable."""
    entries = [_function(one.contract, one.function, len(one.arguments)) for one in questions]
    asked = [
        {"to": one.address, "data": "0x" + call(one.contract, one.function, *one.arguments).hex()}
        for one in questions
    ]
    said = rpc.answers(w3, "eth_call", asked, "latest")
    if failed := next((one for one in said if isinstance(one, rpc.Failure)), None):
        raise Unavailable(f"the node refuses eth_call: {failed.words}", method="eth_call")
    return [_read(entry, str(one)) for entry, one in zip(entries, said, strict=True)]


def _read(entry: dict[str, Any], answer: str) -> Any:
    values = decode(_types(entry["outputs"]), bytes.fromhex(answer[2:]))
    plain = tuple(_plain(v, o["type"]) for v, o in zip(values, entry["outputs"], strict=True))
    return plain[0] if len(plain) == 1 else plain


def called(contract: str, data: bytes) -> tuple[str, dict[str, Any]] | None:
    """Which function of one of our contracts some call data calls, with its arguments by name; None for
    what is no call of it."""
    entry = _selectors(contract).get(data[:4])
    if entry is None:
        return None
    try:
        values = decode(_types(entry["inputs"]), data[4:])
    except (DecodingError, OverflowError):
        return None
    named = zip(entry["inputs"], values, strict=True)
    return entry["name"], {one["name"]: _plain(value, one["type"]) for one, value in named}


@cache
def _selectors(contract: str) -> dict[bytes, dict[str, Any]]:
    return {_hash_of(one)[:4]: one for one in abi(contract) if one["type"] == "function"}


def selector(contract: str, function: str, arguments: int) -> bytes:
    """The first four bytes of a call."""
    return _selector(contract, function, arguments)


def event_topic(contract: str, event: str) -> bytes:
    """The first topic of a contract's event."""
    return _hash_of(next(e for e in abi(contract) if e["type"] == "event" and e["name"] == event))


@cache
def _function(contract: str, name: str, arguments: int) -> dict[str, Any]:
    for entry in abi(contract):
        named = entry["type"] == "function" and entry["name"] == name
        if named and len(entry["inputs"]) == arguments:
            return entry
    raise AssertionError(f"{contract} has no {name} of {arguments} arguments")


@cache
def _selector(contract: str, name: str, arguments: int) -> bytes:
    return _hash_of(_function(contract, name, arguments))[:4]


def _hash_of(entry: dict[str, Any]) -> bytes:
    return keccak(f"{entry['name']}({','.join(_types(entry['inputs']))})".encode())


def _types(inputs: Sequence[dict[str, Any]]) -> list[str]:
    return [_type(i) for i in inputs]


def _type(parameter: dict[str, Any]) -> str:
    kind: str = parameter["type"]
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(_types(parameter['components']))}){kind[5:]}"


def _plain(value: Any, kind: str) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(item, kind.split("[")[0]) for item in value]
    if kind.startswith("address"):
        return to_checksum_address(value)
    if isinstance(value, bytes):
        return "0x" + value.hex()
    return value


def content_hash(changes: Sequence[tuple[int, int, int]]) -> bytes:
    """The hash under which a list of rule changes (what, key, word) is announced."""
    return keccak(encode(["(uint256,uint256,uint256)[]"], [list(changes)]))
