"""One message through the EVM: gas bought, code run, refunds and fees settled.

The rules are those of py-evm's Prague executor, applied to `LedgerState`. A call (`eth_call`) and
a transaction take the same path; a call differs only in what it is spared (nonce, fee, balance).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from eth.exceptions import Revert, VMError
from eth.vm.execution_context import ExecutionContext
from eth.vm.forks.cancun.transaction_context import CancunTransactionContext
from eth.vm.message import Message
from eth_typing import Address, BlockNumber, Hash32

from freehold.chain.embedded.blocks import Header, Log
from freehold.chain.embedded.encoding import EMPTY_HASH, encode, encode_int, keccak
from freehold.chain.embedded.machine import Computation, needed
from freehold.chain.embedded.state import LedgerState
from freehold.chain.embedded.transactions import (
    SECP256K1_HALF,
    Authorization,
    Transaction,
    floor_gas,
    intrinsic_gas,
    recover,
)

_DELEGATION = b"\xef\x01\x00"
_NEW_AUTHORITY, _OLD_AUTHORITY = 25_000, 12_500


@dataclass(frozen=True, slots=True)
class Ask:
    """What is to be executed; prices in wei per unit of gas, already settled for this block."""

    sender: bytes
    to: bytes | None
    value: int
    data: bytes
    gas: int
    price: int
    tip: int
    nonce: int
    access_list: tuple[tuple[bytes, tuple[int, ...]], ...] = ()
    authorizations: tuple[Authorization, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it. `spent` is the gas before refunds; `least` the smallest limit that would have
    sufficed, None where one run cannot tell."""

    gas_used: int
    spent: int
    output: bytes
    error: str | None
    reverted: bool
    created: bytes | None
    logs: tuple[Log, ...]
    touched: frozenset[Any]
    least: int | None


def ask_of(sent: Transaction, base_fee: int) -> Ask:
    """The message of a signed transaction in a block with this base fee."""
    price = sent.price(base_fee)
    return Ask(
        sent.sender,
        sent.to,
        sent.value,
        sent.data,
        sent.gas,
        price,
        price - base_fee,
        sent.nonce,
        sent.access_list,
        sent.authorizations,
    )


def context_of(header: Header, chain_id: int, ancestors: Iterable[bytes]) -> ExecutionContext:
    """What code can ask about its block; `ancestors` are hashes, the parent's first."""
    return ExecutionContext(
        coinbase=Address(header.coinbase),
        timestamp=header.seconds,
        block_number=BlockNumber(header.number),
        difficulty=header.difficulty,
        mix_hash=Hash32(header.mix_hash),
        gas_limit=header.gas_limit,
        prev_hashes=map(Hash32, ancestors),
        chain_id=chain_id,
        base_fee_per_gas=header.base_fee,
        excess_blob_gas=header.excess_blob_gas,
    )


def execute(state: LedgerState, ask: Ask) -> Outcome:
    """Run `ask` and settle it. The caller has checked nonce, balance and limits before."""
    state.begin_transaction()
    state.delta_balance(ask.sender, -ask.gas * ask.price)
    state.set_nonce(ask.sender, ask.nonce + 1)
    refund = _authorize(state, ask.authorizations)
    message = _message(state, ask, refund)
    _warm(state, ask, message)
    computation = _run(state, message, ask)
    return _settle(state, ask, message, computation)


def _authorize(state: LedgerState, lines: tuple[Authorization, ...]) -> int:
    """Apply EIP-7702 authorizations; the refund for those whose account existed."""
    refund = 0
    for line in lines:
        if line.chain_id not in (0, state.execution_context.chain_id) or line.s > SECP256K1_HALF:
            continue
        signed = [encode_int(line.chain_id), line.address, encode_int(line.nonce)]
        try:
            authority = recover(keccak(b"\x05" + encode(signed)), line.y_parity, line.r, line.s)
        except ValueError:
            continue
        state.mark_address_warm(authority)
        code = state.get_code(authority)
        if (code and code[:3] != _DELEGATION) or state.get_nonce(authority) != line.nonce:
            continue
        if state.account_exists(authority):
            refund += _NEW_AUTHORITY - _OLD_AUTHORITY
        if any(line.address):
            state.set_code(authority, _DELEGATION + line.address)
        else:
            state.delete_code(authority)
        state.increment_nonce(authority)
    return refund


def _message(state: LedgerState, ask: Ask, refund: int) -> Message:
    creates = ask.to is None
    used = intrinsic_gas(ask.data, creates, ask.access_list, len(ask.authorizations))
    created: Any = created_address(ask.sender, ask.nonce) if creates else None
    code, delegated = (ask.data, False) if ask.to is None else _code_at(state, ask.to)
    return Message(
        gas=ask.gas - used,
        to=Address(ask.to or b""),
        sender=Address(ask.sender),
        value=ask.value,
        data=b"" if creates else ask.data,
        code=code,
        create_address=created,
        refund=refund,
        is_delegation=delegated,
    )


def _code_at(state: LedgerState, address: bytes) -> tuple[bytes, bool]:
    code = state.get_code(address)
    if len(code) != 23 or code[:3] != _DELEGATION:
        return code, False
    state.mark_address_warm(code[3:])
    return state.get_code(code[3:]), True


def created_address(sender: bytes, nonce: int) -> bytes:
    """Where a contract created by `sender` with `nonce` lives."""
    return keccak(encode([sender, encode_int(nonce)]))[12:]


def _warm(state: LedgerState, ask: Ask, message: Message) -> None:
    state.mark_address_warm(ask.sender)
    state.mark_address_warm(message.storage_address)
    state.mark_address_warm(state.execution_context.coinbase)
    for address, slots in ask.access_list:
        state.mark_address_warm(address)
        for slot in slots:
            state.mark_storage_warm(address, slot)


def _run(state: LedgerState, message: Message, ask: Ask) -> Any:
    context = CancunTransactionContext(gas_price=ask.price, origin=Address(ask.sender))
    if not message.is_create:
        return Computation.apply_message(state, message, context)
    if state.has_code_or_nonce(message.storage_address):
        computation = Computation(state, message, context)
        computation.error = VMError("a contract already stands at this address")
        return computation
    return Computation.apply_create_message(state, message, context)


def _settle(state: LedgerState, ask: Ask, message: Message, computation: Any) -> Outcome:
    left = computation.get_gas_remaining()
    spent = ask.gas - left
    refund = min(computation.get_gas_refund(), spent // 5)
    used = max(spent - refund, floor_gas(ask.data))
    state.delta_balance(ask.sender, (ask.gas - used) * ask.price)
    coinbase = state.execution_context.coinbase
    state.delta_balance(coinbase, used * ask.tip)
    for address in computation.get_accounts_for_deletion():
        state.delete_account(address)
    for address in state.touched_empty():
        state.delete_account(address)
    error = computation.error if computation.is_error else None
    return Outcome(
        gas_used=used,
        spent=max(spent, floor_gas(ask.data)),
        output=computation.output,
        error=None if error is None else _say(error),
        reverted=isinstance(error, Revert),
        created=message.storage_address if message.is_create else None,
        logs=tuple(_log(*entry) for entry in computation.get_log_entries()),
        touched=state.warm_places(),
        least=_least(ask, message, computation),
    )


def _least(ask: Ask, message: Message, computation: Any) -> int | None:
    least = needed(computation)
    if least is None:
        return None
    return max(ask.gas - message.gas + least, floor_gas(ask.data))


def _log(address: bytes, topics: tuple[int, ...], data: bytes) -> Log:
    return Log(address, [topic.to_bytes(32, "big") for topic in topics], bytes(data))


def _say(error: VMError) -> str:
    if isinstance(error, Revert):
        return "execution reverted"
    name = type(error).__name__
    known = {"OutOfGas": "out of gas", "InvalidInstruction": "invalid opcode"}
    return known.get(name, f"{name}: {error}")


def can_send(state_code_hash: bytes, code: bytes) -> bool:
    """Whether an account may sign transactions: it has no code, or only a delegation (EIP-3607)."""
    return state_code_hash == EMPTY_HASH or (len(code) == 23 and code[:3] == _DELEGATION)
