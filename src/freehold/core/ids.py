"""Identities: typed, computed before anything is sent, and recomputable by anybody.

`canonical` is RFC 8785 (JSON Canonicalization Scheme) for the values records are made of: objects,
arrays, strings, integers, booleans and null. Floats are refused, because their text differs
between languages; quantities and rates travel as decimal strings.
"""

import hashlib
import json
from functools import lru_cache
from typing import NewType

from eth_hash.auto import keccak

HolderId = NewType("HolderId", str)
InstrumentId = NewType("InstrumentId", str)
InstructionId = NewType("InstructionId", str)
AssetId = NewType("AssetId", str)
Address = NewType("Address", str)

ZERO_ADDRESS = Address("0x" + "0" * 40)

JSON = dict[str, "JSON"] | list["JSON"] | str | int | bool | None


def canonical(value: JSON) -> bytes:
    """The one byte string of a record: RFC 8785 JSON in UTF-8 (keys in UTF-16 order, no spaces)."""
    return _write(value).encode()


def _write(value: JSON) -> str:
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(f"{_write(key)}:{_write(value[key])}" for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_write, value)) + "]"
    assert value is None or isinstance(value, str | bool | int), f"no {type(value)} in a record"
    assert isinstance(value, str) or value is None or abs(value) <= 2**53 - 1, (
        "write it as a string"
    )
    return json.dumps(value, ensure_ascii=False)


def record_hash(record: JSON) -> str:
    """keccak-256 of the canonical JSON, as 0x and 64 hex digits."""
    return "0x" + keccak(canonical(record)).hex()


def instruction_id(instrument: str, actor: str, key: str) -> InstructionId:
    """The id of one act asked of the chain, from who asks for what under which idempotency key."""
    parts = canonical([instrument, actor, key])
    return InstructionId("0x" + hashlib.sha256(parts).hexdigest())


@lru_cache(maxsize=1 << 18)
def checksummed(address: str) -> Address:
    """Write an address of 0x and 40 hex digits with its checksum in the letters (ERC-55)."""
    digits = address[2:].lower()
    marks = keccak(digits.encode()).hex()
    pairs = zip(digits, marks, strict=False)
    return Address("0x" + "".join(c.upper() if mark > "7" else c for c, mark in pairs))
