"""JSON-RPC methods that run code without a trace: call, estimate, access list.

A call at `latest` sees the last block's number and time, as on any node; at `pending` it sees the
block that would be built now, so `pending` is what to ask before sending.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from freehold.chain.embedded import store as disk
from freehold.chain.embedded.chain import Chain, state_on
from freehold.chain.embedded.evm import Ask, Outcome, execute
from freehold.chain.embedded.rpc_values import (
    At,
    RpcError,
    access_json,
    block_at,
    data_of,
    hexed,
    quantity,
)
from freehold.chain.embedded.state import LedgerState, override
from freehold.chain.embedded.transactions import MAX_INITCODE, floor_gas, intrinsic_gas

ESTIMATE_ERROR_BPS = 150
"""How much too high an estimate may be, as in geth: each halving runs the whole call again."""
_ERROR, _PANIC = bytes.fromhex("08c379a0"), bytes.fromhex("4e487b71")


def call(chain: Chain, asked: Any, block: Any = "latest", overrides: Any = None) -> str:
    with disk.reading(chain.store) as view:
        at = block_at(chain, view, block)
        ask = _ask(chain, asked, at)
        outcome = _try(chain, view, at, ask, overrides)
    return hexed(_successful(outcome).output)


def estimate_gas(chain: Chain, asked: Any, block: Any = "pending", overrides: Any = None) -> str:
    with disk.reading(chain.store) as view:
        at = block_at(chain, view, block)
        ask = _ask(chain, asked, at)
        outcome = _successful(_try(chain, view, at, ask, overrides))
        return hex(_least(chain, view, at, ask, overrides, outcome))


def _least(chain: Chain, view: Any, at: At, ask: Ask, overrides: Any, outcome: Outcome) -> int:
    """A limit that succeeds: the smallest, or little more where only trying tells."""
    if outcome.least is not None:
        return outcome.least
    spent = outcome.spent

    def suffices(gas: int) -> bool:
        return _try(chain, view, at, replace(ask, gas=gas), overrides).error is None

    low, high = spent - 1, min(ask.gas, (spent + 2_300) * 64 // 63)
    if suffices(spent):
        return spent
    if high <= spent or not suffices(high):
        high = ask.gas
    while high - low > high * ESTIMATE_ERROR_BPS // 10_000:
        middle = (low + high) // 2
        low, high = (low, middle) if suffices(middle) else (middle, high)
    return high


def create_access_list(chain: Chain, asked: Any, block: Any = "latest") -> dict[str, Any]:
    with disk.reading(chain.store) as view:
        at = block_at(chain, view, block)
        ask = _ask(chain, asked, at)
        outcome = _try(chain, view, at, ask, None)
    spared = {ask.sender, ask.to or outcome.created, at.head.header.coinbase}
    lines: dict[bytes, list[int]] = {}
    for place in outcome.touched:
        if isinstance(place, tuple):
            lines.setdefault(place[0], []).append(place[1])
        elif place not in spared:
            lines.setdefault(place, [])
    listed = [(address, sorted(slots)) for address, slots in sorted(lines.items())]
    result = {"accessList": access_json(listed), "gasUsed": hex(outcome.gas_used)}
    return result if outcome.error is None else {**result, "error": outcome.error}


def _try(chain: Chain, view: Any, at: At, ask: Ask, overrides: Any) -> Outcome:
    state = state_on(chain, view, at.root, at.head.header)
    if overrides:
        override(state, _overrides(overrides))
    _check_funds(state, ask)
    return execute(state, replace(ask, nonce=state.get_nonce(ask.sender)))


def _check_funds(state: LedgerState, ask: Ask) -> None:
    creates = ask.to is None
    least = intrinsic_gas(ask.data, creates, ask.access_list, 0)
    if creates:
        least += 2 * ((len(ask.data) + 31) // 32)
        if len(ask.data) > MAX_INITCODE:
            raise RpcError(-32000, f"max initcode size exceeded: {len(ask.data)} > {MAX_INITCODE}")
    if ask.gas < max(least, floor_gas(ask.data)):
        raise RpcError(-32000, f"intrinsic gas too low: have {ask.gas}, want {least}")
    wei, cost = state.get_balance(ask.sender), ask.value + ask.gas * ask.price
    if wei < cost:
        raise RpcError(
            -32000,
            f"insufficient funds for gas * price + value: {hexed(ask.sender)} has {wei} wei, "
            f"wants {cost}",
        )


def _ask(chain: Chain, asked: Any, at: At) -> Ask:
    """A call object; without a price it is free, without a limit it may fill a block."""
    if not isinstance(asked, dict):
        raise RpcError(-32602, "a call is an object with to, data, ...")
    data = asked.get("input", asked.get("data")) or "0x"
    price = asked.get("gasPrice") or asked.get("maxFeePerGas") or 0
    limit = chain.genesis.gas_limit
    gas = quantity(asked["gas"], "gas") if asked.get("gas") is not None else limit
    to = asked.get("to")
    fee, base_fee = quantity(price, "gas price"), at.head.header.base_fee
    if 0 < fee < base_fee:
        raise RpcError(-32000, f"max fee per gas less than block base fee: {fee} < {base_fee}")
    if asked.get("gasPrice") is None and fee:
        tip = quantity(asked.get("maxPriorityFeePerGas") or 0, "priority fee")
        fee = min(fee, base_fee + tip)
    return Ask(
        sender=data_of(asked.get("from") or "0x" + "00" * 20, "from", 20),
        to=data_of(to, "to", 20) if to not in (None, "", "0x") else None,
        value=quantity(asked.get("value") or 0, "value"),
        data=data_of(data, "data"),
        gas=min(gas, limit),
        price=fee,
        tip=max(fee - base_fee, 0),
        nonce=0,
        access_list=_access_list(asked.get("accessList") or []),
    )


def _access_list(lines: Any) -> tuple[tuple[bytes, tuple[int, ...]], ...]:
    return tuple(
        (
            data_of(line.get("address"), "access list address", 20),
            tuple(quantity(key, "storage key") for key in line.get("storageKeys", [])),
        )
        for line in lines
    )


def _overrides(asked: Any) -> dict[bytes, dict[str, Any]]:
    if not isinstance(asked, dict):
        raise RpcError(-32602, "state overrides are an object: address -> changes")
    return {data_of(address, "address", 20): _changes(change) for address, change in asked.items()}


def _changes(change: Any) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for name, value in change.items():
        if name in ("balance", "nonce"):
            read[name] = quantity(value, name)
        elif name == "code":
            read[name] = data_of(value, name)
        elif name in ("state", "stateDiff"):
            pairs = value.items()
            read[name] = {quantity(k, "slot"): quantity(v, "slot value") for k, v in pairs}
        else:
            raise RpcError(-32602, f"the override {name} is not supported")
    return read


def _successful(outcome: Outcome) -> Outcome:
    if outcome.error is None:
        return outcome
    if not outcome.reverted:
        raise RpcError(-32000, outcome.error)
    reason = _reason(outcome.output)
    message = f"execution reverted: {reason}" if reason else "execution reverted"
    raise RpcError(3, message, hexed(outcome.output))


def _reason(output: bytes) -> str | None:
    """The text of Error(string) or the number of Panic(uint256), as geth says them."""
    words = output[4:]
    if output[:4] == _PANIC and len(words) == 32:
        return f"panic code 0x{int.from_bytes(words, 'big'):02x}"
    if output[:4] != _ERROR or int.from_bytes(words[:32], "big") != 32:
        return None
    size = int.from_bytes(words[32:64], "big")
    text = words[64 : 64 + size]
    return text.decode(errors="replace") if len(text) == size else None


METHODS: Mapping[str, Callable[..., Any]] = {
    "eth_call": call,
    "eth_estimateGas": estimate_gas,
    "eth_createAccessList": create_access_list,
}
