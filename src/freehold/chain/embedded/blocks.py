"""Blocks as they are kept: header, body, and what every transaction did.

The header is the real one of Prague (21 fields, RLP, keccak-256), so hashes, roots and blooms can
be checked by anybody. A receipt is kept as a CBOR row with what JSON-RPC wants to know besides.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import cbor2

from freehold.chain.embedded.encoding import (
    decode,
    decode_int,
    encode,
    encode_int,
    keccak,
    keccak_cached,
)
from freehold.chain.embedded.trie import EMPTY_ROOT

EMPTY_UNCLES = bytes.fromhex("1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347")
EMPTY_REQUESTS = bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
ELASTICITY, CHANGE_DENOMINATOR = 2, 8


@dataclass(frozen=True, slots=True)
class Header:
    """One block's header; the fields stand in the order in which they are hashed."""

    parent_hash: bytes
    uncles_hash: bytes
    coinbase: bytes
    state_root: bytes
    transactions_root: bytes
    receipts_root: bytes
    bloom: bytes
    difficulty: int
    number: int
    gas_limit: int
    gas_used: int
    seconds: int
    extra: bytes
    mix_hash: bytes
    nonce: bytes
    base_fee: int
    withdrawals_root: bytes
    blob_gas_used: int
    excess_blob_gas: int
    beacon_root: bytes
    requests_hash: bytes


_NUMBERS = tuple(i for i, field in enumerate(fields(Header)) if field.type is int)


class Log(NamedTuple):
    """One event as the contract wrote it."""

    address: bytes
    topics: list[bytes]
    data: bytes


class Receipt(NamedTuple):
    """What one transaction did; gas in units, price in wei per unit."""

    sender: bytes
    status: int
    gas_used: int
    cumulative_gas: int
    price: int
    created: bytes | None
    logs: list[Log]


class Block(NamedTuple):
    """A whole block; `hash` is the header's."""

    hash: bytes
    header: Header
    transactions: list[bytes]
    receipts: list[Receipt]


def encode_header(header: Header) -> bytes:
    """The header's RLP; its keccak-256 is the block's hash."""
    values = [getattr(header, field.name) for field in fields(Header)]
    return encode([encode_int(v) if isinstance(v, int) else v for v in values])


def decode_header(data: bytes) -> Header:
    """Read a header's RLP. Raises ValueError."""
    items: list[Any] = list(decode(data))
    if len(items) != 21:
        raise ValueError(f"a header has 21 fields, this one {len(items)}")
    for place in _NUMBERS:
        items[place] = decode_int(items[place])
    return Header(*items)


def header_hash(header: Header) -> bytes:
    """The block's hash."""
    return keccak(encode_header(header))


def base_fee_after(parent: Header) -> int:
    """The base fee of the next block in wei (EIP-1559)."""
    target = parent.gas_limit // ELASTICITY
    moved = parent.base_fee * abs(parent.gas_used - target) // target // CHANGE_DENOMINATOR
    if parent.gas_used > target:
        return parent.base_fee + max(moved, 1)
    return parent.base_fee if parent.gas_used == target else parent.base_fee - moved


def blank_header(
    parent_hash: bytes, number: int, seconds: int, gas_limit: int, base_fee: int
) -> Header:
    """A header with nothing in its block yet."""
    return Header(
        parent_hash=parent_hash,
        uncles_hash=EMPTY_UNCLES,
        coinbase=bytes(20),
        state_root=EMPTY_ROOT,
        transactions_root=EMPTY_ROOT,
        receipts_root=EMPTY_ROOT,
        bloom=bytes(256),
        difficulty=0,
        number=number,
        gas_limit=gas_limit,
        gas_used=0,
        seconds=seconds,
        extra=b"",
        mix_hash=keccak(parent_hash),
        nonce=bytes(8),
        base_fee=base_fee,
        withdrawals_root=EMPTY_ROOT,
        blob_gas_used=0,
        excess_blob_gas=0,
        beacon_root=bytes(32),
        requests_hash=EMPTY_REQUESTS,
    )


def bloom_bits(item: bytes) -> int:
    """The three bits an address or topic sets in a bloom filter, as one 2,048-bit number."""
    digest = keccak_cached(item)
    bits = 0
    for at in (0, 2, 4):
        bits |= 1 << (((digest[at] << 8) | digest[at + 1]) & 2047)
    return bits


def bloom_of(logs: Iterable[Log]) -> int:
    """The bloom filter over addresses and topics of `logs`."""
    items = {item for log in logs for item in (log.address, *log.topics)}
    bits = 0
    for item in items:
        bits |= bloom_bits(item)
    return bits


def consensus_receipt(kind: int, receipt: Receipt, bloom: int) -> bytes:
    """The receipt as the receipts root commits to it (EIP-2718)."""
    logs = [[log.address, list(log.topics), log.data] for log in receipt.logs]
    status, gas = encode_int(receipt.status), encode_int(receipt.cumulative_gas)
    body = encode([status, gas, bloom.to_bytes(256, "big"), logs])
    return bytes((kind,)) + body if kind else body


def pack_receipts(receipts: list[Receipt]) -> bytes:
    """The receipts of a block as one CBOR row."""
    return cbor2.dumps(receipts)


def unpack_receipts(data: bytes) -> list[Receipt]:
    """Read what `pack_receipts` wrote."""
    rows = cbor2.loads(data)
    return [Receipt._make([*row[:6], [Log._make(log) for log in row[6]]]) for row in rows]
