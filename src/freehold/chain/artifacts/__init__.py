"""The compiled contracts that ship with the package: ABI, bytecode, storage layout, source hash.

The token's ABI is the merged one: what its own code does and what its desks answer for it.
"""

import json
from functools import cache
from importlib import resources
from typing import Any

TOKEN_PARTS = ("SecurityToken", "BackOffice", "ActionDesk", "StandardsDesk", "TransferDesk")
# calls of the desks that only constructors, siblings or the token itself make
_INNER = {"open", "decide_sale", "receive_conversion"}


@cache
def artifact(name: str) -> dict[str, Any]:
    """The artifact of one contract by its name."""
    text = resources.files(__package__).joinpath(f"{name}.json").read_text()
    found: dict[str, Any] = json.loads(text)
    return found


def abi(name: str) -> list[dict[str, Any]]:
    """The ABI of a contract; for `SecurityToken` the merged one of all its parts."""
    return token_abi() if name == "SecurityToken" else artifact(name)["abi"]


@cache
def token_abi() -> list[dict[str, Any]]:
    """Functions, events and constructor of an instrument as its callers see them, each once."""
    merged: dict[tuple[Any, ...], dict[str, Any]] = {}
    for part in TOKEN_PARTS:
        for entry in artifact(part)["abi"]:
            own = part == "SecurityToken"
            if entry["type"] in ("constructor", "fallback") and not own:
                continue
            if entry.get("name") in _INNER:
                continue
            key = (entry["type"], entry.get("name"), *(i["type"] for i in entry.get("inputs", ())))
            merged.setdefault(key, entry)
    return list(merged.values())
