"""Transactions that wait for a block.

A transaction is admitted when it could stand in a block once its turn comes: right chain, nonce
not used, a fee and funds that suffice now. Refusals speak geth's words first, because wallets and
libraries look for them, and then say what to do.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from freehold.chain.embedded.transactions import Transaction, least_gas
from freehold.core.errors import Invalid

MAX_WAITING = 20_000
MAX_AHEAD = 4_096
BUMP_PERCENT = 10


@dataclass(slots=True)
class Pool:
    """Waiting transactions in their order of arrival, by hash and by (sender, nonce)."""

    by_hash: dict[bytes, Transaction] = field(default_factory=dict)
    by_nonce: dict[tuple[bytes, int], Transaction] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a transaction is measured against."""

    chain_id: int
    gas_limit: int
    base_fee: int


def admit(pool: Pool, sent: Transaction, terms: Terms, nonce: int, wei: int) -> Transaction | None:
    """Add `sent`, given its sender's nonce and wei on chain; the one it replaces, if any.

    Raises Invalid with the reason why it can never stand in a block.
    """
    _check(pool, sent, terms, nonce, wei)
    rival = pool.by_nonce.get((sent.sender, sent.nonce))
    if rival:
        _check_bump(rival, sent)
        remove(pool, rival)
    pool.by_hash[sent.hash] = sent
    pool.by_nonce[sent.sender, sent.nonce] = sent
    return rival


def remove(pool: Pool, sent: Transaction) -> None:
    """Take `sent` out; nothing happens where it is not in."""
    if pool.by_hash.pop(sent.hash, None):
        del pool.by_nonce[sent.sender, sent.nonce]


def next_nonce(pool: Pool, sender: bytes, nonce: int) -> int:
    """The nonce the sender's next transaction needs, counting those that wait."""
    while (sender, nonce) in pool.by_nonce:
        nonce += 1
    return nonce


def in_turn(pool: Pool, nonces: dict[bytes, int], base_fee: int) -> Iterator[Transaction]:
    """The transactions whose turn it is, in order of arrival, each sender's in order of nonce.

    `nonces` holds what each sender's next nonce is on chain; it is advanced as they are yielded.
    """
    waiting = [sent for sent in pool.by_hash.values() if sent.max_fee >= base_fee]
    while waiting:
        later = []
        for sent in waiting:
            if sent.nonce == nonces[sent.sender]:
                nonces[sent.sender] += 1
                yield sent
            elif sent.nonce > nonces[sent.sender]:
                later.append(sent)
        if len(later) == len(waiting):
            return
        waiting = later


def short_of_funds(sent: Transaction, wei: int) -> str | None:
    """The sentence for a sender who cannot pay, or None."""
    cost = sent.gas * sent.max_fee + sent.value
    if wei >= cost:
        return None
    return (
        f"insufficient funds for gas * price + value: 0x{sent.sender.hex()} has {wei} wei, "
        f"this transaction may cost {cost}: fund the address first"
    )


def _check(pool: Pool, sent: Transaction, terms: Terms, nonce: int, wei: int) -> None:
    if sent.hash in pool.by_hash:
        raise Invalid("already known: this very transaction waits for a block")
    if sent.chain_id not in (None, terms.chain_id):
        raise Invalid(
            f"invalid chain id: the transaction is signed for chain {sent.chain_id}, "
            f"this is chain {terms.chain_id}"
        )
    if sent.nonce < nonce:
        raise Invalid(
            f"nonce too low: 0x{sent.sender.hex()} is at nonce {nonce}, this is {sent.nonce}"
        )
    if sent.nonce > nonce + MAX_AHEAD:
        raise Invalid(f"nonce too high: {sent.nonce} is more than {MAX_AHEAD} ahead of {nonce}")
    if sent.gas > terms.gas_limit:
        raise Invalid(f"exceeds block gas limit: {sent.gas} is more than {terms.gas_limit}")
    if sent.gas < (least := least_gas(sent)):
        raise Invalid(
            f"intrinsic gas too low: this needs {least} at least, the limit is {sent.gas}"
        )
    if sent.max_fee < terms.base_fee:
        raise Invalid(
            f"max fee per gas less than block base fee: {sent.max_fee} < {terms.base_fee}"
        )
    if sentence := short_of_funds(sent, wei):
        raise Invalid(sentence)
    if len(pool.by_hash) >= MAX_WAITING:
        raise Invalid(f"txpool is full: {MAX_WAITING} transactions wait already")


def _check_bump(rival: Transaction, sent: Transaction) -> None:
    fees = ((rival.max_fee, sent.max_fee), (rival.max_priority_fee, sent.max_priority_fee))
    if any(new * 100 < old * (100 + BUMP_PERCENT) for old, new in fees):
        raise Invalid(
            f"replacement transaction underpriced: both fees must be {BUMP_PERCENT} % above those "
            f"of 0x{rival.hash.hex()}"
        )
