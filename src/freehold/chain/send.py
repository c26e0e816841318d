"""Prepares, signs, sends and follows transactions; what is remembered of them is the caller's.

Nothing here keeps state or decides when to act: `desks/posting.py` stores what `sign` made before
it calls `send`, and calls `follow` until a transaction is final. Only EIP-1559 transactions are
made. All requests are safe to repeat: `send` of bytes that a node knows already is a success.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from eth_hash.auto import keccak
from web3 import Web3

from freehold.chain import refusals
from freehold.chain.rpc import Failure, answer, answers, ask, ask_number
from freehold.chain.signer import Signer
from freehold.core.errors import Conflict, Invalid, PlatformError, Unavailable
from freehold.core.ids import Address
from freehold.core.instruction import Instruction, Purpose, SignedTransaction
from freehold.core.reasons import Refusal
from freehold.core.units import format_units

CANCEL_GAS = 21_000
"""What a transfer of nothing to oneself costs on every EVM chain."""


@dataclass(frozen=True, slots=True)
class FeeLimits:
    """What may be paid: wei per unit of gas, and how much more gas than estimated is allowed."""

    fee_max: int = 200_000_000_000
    tip: int = 1_000_000_000
    gas_margin_bps: int = 2_000


@dataclass(frozen=True, slots=True)
class Market:
    """The newest block as far as fees go: base fee in wei per gas, gas limit of a block."""

    base_fee: int
    gas_limit: int


@dataclass(frozen=True, slots=True)
class Prepared:
    """A call that the contract accepts now, with its gas and fees (wei per unit of gas)."""

    gas: int
    fee_max: int
    tip_max: int


@dataclass(frozen=True, slots=True)
class Mined:
    """A receipt was found. `final` if the configured number of blocks stands on top of it."""

    hash: str
    block: int
    block_hash: str
    succeeded: bool
    final: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """No receipt. `known`: the node has the last attempt; `next`: it is this nonce's turn."""

    known: bool
    next: bool


@dataclass(frozen=True, slots=True)
class Spent:
    """Something that is none of our attempts has finally taken the nonce."""


def require_chain(w3: Web3, chain: int) -> str:
    """The hash of the chain's block 0, which tells it from others that took the same number.

    Raises Conflict if the node serves another chain than the one that is meant.
    """
    served = ask_number(w3, "eth_chainId")
    if served != chain:
        raise Conflict(
            f"the node serves chain {served}, but chain {chain} is meant: nothing was signed; set "
            "the address of a node of that chain",
            served=served,
            wanted=chain,
        )
    return str(ask(w3, "eth_getBlockByNumber", "0x0", False)["hash"])


def market(w3: Web3) -> Market:
    """Base fee and gas limit now. Raises Unavailable, Invalid for a chain without EIP-1559."""
    block = ask(w3, "eth_getBlockByNumber", "latest", False)
    if block.get("baseFeePerGas") is None:
        raise Invalid("this chain has no base fee (EIP-1559); activate its London upgrade")
    return Market(int(block["baseFeePerGas"], 16), int(block["gasLimit"], 16))


def prepare(
    w3: Web3, each: Sequence[Instruction], now: Market, limits: FeeLimits
) -> list[Prepared | Refusal | Conflict | Unavailable]:
    """Try calls without sending them, and work out gas and fees: all in one exchange.

    Each is tried as if the others were not there. What the contract refuses costs nothing;
    Unavailable stands where the node cannot try it or the sender cannot pay. Raises Unavailable
    if the node cannot be asked at all or the base fee is above the limit.
    """
    calls = [_call(one) for one in each]
    said = answers(w3, "eth_estimateGas", calls, "pending")
    fee_max, tip_max = _fees(now, limits)
    funds: dict[Address, int] = {}
    done: list[Prepared | Refusal | Conflict | Unavailable] = []
    for one, call, words in zip(each, calls, said, strict=True):
        if isinstance(words, Failure):
            try:
                done.append(_why_refused(w3, call, words))
            except Unavailable as fault:
                done.append(fault)
            continue
        gas = min(int(words, 16) * (10_000 + limits.gas_margin_bps) // 10_000, now.gas_limit)
        if one.sender not in funds:
            funds[one.sender] = ask_number(w3, "eth_getBalance", one.sender, "latest")
        funds[one.sender] -= gas * fee_max
        if funds[one.sender] < 0:
            left = funds[one.sender] + gas * fee_max
            done.append(_lacking(one.sender, gas * fee_max, left, one.chain))
            funds[one.sender] = left
        else:
            done.append(Prepared(gas, fee_max, tip_max))
    return done


def _why_refused(w3: Web3, call: dict[str, str], said: Failure) -> Refusal | Conflict:
    """What the contract says when it is called; raises Unavailable if that says nothing."""
    tried = answer(w3, "eth_call", call, "pending")
    if isinstance(tried, Failure):
        return _refused(tried, "eth_call")
    return _refused(said, "eth_estimateGas")


def attempt(w3: Web3, sender: Address, target: Address, data: bytes) -> Refusal | Conflict | None:
    """Why a contract refuses a call now; None if it takes it. Costs nothing. Raises Unavailable."""
    call = {"from": sender, "to": target, "data": "0x" + data.hex()}
    said = answer(w3, "eth_call", call, "latest")
    return _refused(said, "eth_call") if isinstance(said, Failure) else None


def cost(w3: Web3, sender: Address, target: Address, data: bytes) -> int | Refusal | Conflict:
    """The gas that a call would take now, or why the contract refuses it. Raises Unavailable."""
    call = {"from": sender, "to": target, "data": "0x" + data.hex()}
    said = answer(w3, "eth_estimateGas", call, "pending")
    return _why_refused(w3, call, said) if isinstance(said, Failure) else int(said, 16)


def sign(
    signer: Signer, instruction: Instruction, prepared: Prepared, nonce: int, now: datetime
) -> SignedTransaction:
    """Sign the instruction's own call under a nonce, for the first time."""
    return _sign(signer, instruction, Purpose.CALL, prepared, nonce, 1, now)


def bump(
    signer: Signer,
    instruction: Instruction,
    last: SignedTransaction,
    now: Market,
    limits: FeeLimits,
    at: datetime,
) -> SignedTransaction:
    """Sign what was sent last again under the same nonce, with fees at least an eighth higher.

    Raises Unavailable if that is more than the limit allows.
    """
    return _replace(signer, instruction, last, last.purpose, last.gas, now, limits, at)


def cancel(
    signer: Signer,
    instruction: Instruction,
    last: SignedTransaction,
    now: Market,
    limits: FeeLimits,
    at: datetime,
) -> SignedTransaction:
    """Sign a transfer of nothing to oneself in place of the instruction. Raises as `bump`."""
    return _replace(signer, instruction, last, Purpose.CANCEL, CANCEL_GAS, now, limits, at)


Replacement = Callable[
    [Signer, Instruction, SignedTransaction, Market, FeeLimits, datetime], SignedTransaction
]
"""`bump` or `cancel`."""


def send(w3: Web3, made: Sequence[SignedTransaction]) -> list[PlatformError | None]:
    """Hand bytes to the node, in one exchange; again is as good as once.

    For each, None if the node has it now, or else why not: Conflict if another transaction has the
    nonce, Unavailable for what may pass (a full pool, too little money, too low a fee).
    Raises Unavailable if the node cannot be reached; what it took then is open.
    """
    said = answers(w3, "eth_sendRawTransaction", ["0x" + one.raw.hex() for one in made])
    return [
        _why_not(w3, one, words) if isinstance(words, Failure) else None
        for one, words in zip(made, said, strict=True)
    ]


def knows(w3: Web3, transaction: str) -> bool:
    """Whether the node has the transaction, mined or not."""
    return ask(w3, "eth_getTransactionByHash", transaction) is not None


def follow_each(
    w3: Web3, each: Sequence[Sequence[SignedTransaction]], head: int, finality: int
) -> list[Mined | Waiting | Spent]:
    """`follow` for several nonces; the receipts of their last attempts in one exchange."""
    said = answers(w3, "eth_getTransactionReceipt", [attempts[-1].hash for attempts in each])
    return [
        _mined(attempts[-1].hash, receipt, head, finality)
        if receipt is not None and not isinstance(receipt, Failure)
        else follow(w3, attempts, head, finality)
        for attempts, receipt in zip(each, said, strict=True)
    ]


def follow(
    w3: Web3, attempts: Sequence[SignedTransaction], head: int, finality: int
) -> Mined | Waiting | Spent:
    """What has become of a nonce, looking at every attempt that was signed for it.

    `head` is the newest block's number, read before this is called; a receipt is final with
    `finality` blocks on top. Raises Unavailable.
    """
    last = attempts[-1]
    for attempt in reversed(attempts):
        receipt = ask(w3, "eth_getTransactionReceipt", attempt.hash)
        if receipt is not None:
            return _mined(attempt.hash, receipt, head, finality)
    if head >= finality and count(w3, last.sender, hex(head - finality)) > last.nonce:
        return Spent()
    return Waiting(knows(w3, last.hash), count(w3, last.sender, "latest") == last.nonce)


def _mined(hash: str, receipt: Mapping[str, Any], head: int, finality: int) -> Mined:
    block = int(receipt["blockNumber"], 16)
    succeeded = int(receipt["status"], 16) == 1
    return Mined(hash, block, receipt["blockHash"], succeeded, head - block >= finality)


def head(w3: Web3) -> int:
    """The number of the newest block."""
    return ask_number(w3, "eth_blockNumber")


def count(w3: Web3, sender: Address, block: str) -> int:
    """The sender's next nonce at a block, or "latest" or "pending"."""
    return ask_number(w3, "eth_getTransactionCount", sender, block)


def why_reverted(w3: Web3, instruction: Instruction, block: int) -> Refusal | Conflict:
    """Why a mined call failed, as far as repeating it before and after its block tells."""
    for state in (block - 1, block):
        said = answer(w3, "eth_call", _call(instruction), hex(state))
        if isinstance(said, Failure) and _is_refusal(said):
            return refusals.read(said.data, said.words)
    return Conflict("it was mined and failed, but succeeds before and after its block: out of gas?")


def require_in_step(w3: Web3, sender: Address, next_nonce: int | None, held: list[int]) -> int:
    """The nonce to sign next, if book and chain count alike.

    `next_nonce` is the book's (None before the first), `held` the nonces of instructions on their
    way. Raises Conflict where the key was used elsewhere, or the chain has forgotten what it had.
    """
    mined, pending = count(w3, sender, "latest"), count(w3, sender, "pending")
    if next_nonce is None:
        return pending
    if mined > next_nonce:
        raise _out_of_step(sender, next_nonce, mined, "the key was used outside this book")
    lowest = min(held, default=next_nonce)
    if lowest > max(mined, pending):
        raise _out_of_step(sender, lowest, pending, "the chain lost transactions or is a new one")
    return next_nonce


def _call(instruction: Instruction) -> dict[str, str]:
    call = {"from": instruction.sender, "data": "0x" + instruction.data.hex()}
    return call | {"to": instruction.target} if instruction.target else call


def _refused(said: Failure, method: str) -> Refusal | Conflict:
    if not _is_refusal(said):
        raise Unavailable(f"the node refuses {method}: {said.words}", method=method)
    return refusals.read(said.data, said.words)


def _is_refusal(said: Failure) -> bool:
    """Whether the contract refused; everything else that a node answers may pass by itself."""
    words = said.words.lower()
    return bool(said.data) or "revert" in words or "opcode" in words or "out of gas" in words


def _why_not(w3: Web3, made: SignedTransaction, said: Failure) -> PlatformError | None:
    words = said.words.lower()
    if "already known" in words or knows(w3, made.hash):
        return None
    if "nonce" in words and ("low" in words or "already" in words or "used" in words):
        return Conflict(
            f"nonce {made.nonce} of {made.sender} is taken by another transaction than "
            f"{made.hash}: is the key used elsewhere?",
            sender=made.sender,
            nonce=made.nonce,
        )
    if "insufficient funds" in words:
        balance = ask_number(w3, "eth_getBalance", made.sender, "latest")
        return _lacking(made.sender, made.gas * made.fee_max, balance, made.chain)
    return Unavailable(f"the node does not take transaction {made.hash}: {said.words}")


def _fees(now: Market, limits: FeeLimits) -> tuple[int, int]:
    if now.base_fee + limits.tip > limits.fee_max:
        raise Unavailable(
            f"gas costs {now.base_fee + limits.tip} wei, the limit is {limits.fee_max}: the "
            "instruction waits until it is cheaper or the limit is raised",
            asked=now.base_fee + limits.tip,
            limit=limits.fee_max,
        )
    return min(2 * now.base_fee + limits.tip, limits.fee_max), limits.tip


def _lacking(sender: Address, needed: int, balance: int, chain: int) -> Unavailable:
    return Unavailable(
        f"{sender} has {format_units(balance, 18)} of chain {chain}'s currency and needs up to "
        f"{format_units(needed, 18)} for gas: send it {format_units(needed - balance, 18)}",
        sender=sender,
        needed=str(needed),
        available=str(balance),
    )


def _replace(
    signer: Signer,
    instruction: Instruction,
    last: SignedTransaction,
    purpose: Purpose,
    gas: int,
    now: Market,
    limits: FeeLimits,
    at: datetime,
) -> SignedTransaction:
    assert last.nonce == instruction.nonce, "a replacement keeps its nonce"
    fee_max = max(_an_eighth_more(last.fee_max), 2 * now.base_fee + limits.tip)
    tip_max = max(_an_eighth_more(last.tip_max), limits.tip)
    if _an_eighth_more(last.fee_max) > limits.fee_max:
        raise Unavailable(
            f"replacing nonce {last.nonce} of {last.sender} needs "
            f"{_an_eighth_more(last.fee_max)} wei per gas, the limit is {limits.fee_max}",
            limit=limits.fee_max,
        )
    prepared = Prepared(gas, min(fee_max, limits.fee_max), min(tip_max, fee_max, limits.fee_max))
    return _sign(signer, instruction, purpose, prepared, last.nonce, last.attempt + 1, at)


def _an_eighth_more(fee: int) -> int:
    """Rounded up, and never the same: nodes take a replacement from ten per cent more."""
    return fee + max(1, -(-fee // 8))


def _sign(
    signer: Signer,
    instruction: Instruction,
    purpose: Purpose,
    prepared: Prepared,
    nonce: int,
    attempt: int,
    now: datetime,
) -> SignedTransaction:
    if signer.address != instruction.sender:
        raise Conflict(f"{signer.address} cannot sign for {instruction.sender}")
    own = purpose is Purpose.CALL
    raw = signer.sign_transaction(
        {
            "type": 2,
            "chainId": instruction.chain,
            "nonce": nonce,
            "maxPriorityFeePerGas": prepared.tip_max,
            "maxFeePerGas": prepared.fee_max,
            "gas": prepared.gas,
            "to": instruction.target if own else instruction.sender,
            "value": 0,
            "data": instruction.data if own else b"",
        }
    )
    return SignedTransaction(
        instruction.id,
        purpose,
        instruction.chain,
        instruction.sender,
        nonce,
        attempt,
        "0x" + keccak(raw).hex(),
        raw,
        prepared.gas,
        prepared.fee_max,
        prepared.tip_max,
        now,
    )


def _out_of_step(sender: Address, ours: int, chains: int, likely: str) -> PlatformError:
    return Conflict(
        f"the next nonce of {sender} is {ours} in this book and {chains} on chain: {likely}; "
        "nothing is sent until a person has looked and adopted a nonce",
        sender=sender,
        book=ours,
        chain=chains,
    )
