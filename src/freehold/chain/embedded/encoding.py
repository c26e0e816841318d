"""The two encodings everything on an Ethereum chain is made of: RLP, and keccak-256 of it.

RLP here is only what blocks, transactions and tries need: byte strings and lists of them
(Yellow Paper, appendix B). Decoding is strict: one item has exactly one encoding, so a hash
always stands for one content.
"""

from functools import lru_cache

from eth_hash.auto import keccak as _keccak

EMPTY_HASH = bytes.fromhex("c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")
"""keccak-256 of nothing: the code hash of an account without code."""


def keccak(data: bytes) -> bytes:
    """keccak-256, 32 bytes."""
    return _keccak(data)


@lru_cache(maxsize=1 << 16)
def keccak_cached(data: bytes) -> bytes:
    """keccak-256 of keys that come back again and again (addresses, storage slots)."""
    return _keccak(data)


def encode_int(value: int) -> bytes:
    """A quantity as RLP wants it: big endian, shortest, zero is empty."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def encode(item: "bytes | list") -> bytes:  # type: ignore[type-arg]
    """RLP of a byte string or of a (nested) list of them."""
    if isinstance(item, bytes):
        size = len(item)
        if size == 1 and item[0] < 0x80:
            return item
        if size < 56:
            return bytes((0x80 + size,)) + item
        return _long(0xB7, size) + item
    body = b"".join(map(encode, item))
    size = len(body)
    return (bytes((0xC0 + size,)) if size < 56 else _long(0xF7, size)) + body


def _long(offset: int, size: int) -> bytes:
    length = encode_int(size)
    return bytes((offset + len(length),)) + length


def decode(data: bytes) -> "bytes | list":  # type: ignore[type-arg]
    """Read exactly one RLP item. Raises ValueError for anything that is not canonical RLP."""
    item, end = _read(data, 0, len(data))
    if end != len(data):
        raise ValueError("there is something behind the RLP item")
    return item


def decode_int(data: bytes) -> int:
    """Read a quantity; a leading zero byte is an error (ValueError)."""
    if data[:1] == b"\0":
        raise ValueError("a quantity starts with a zero byte")
    return int.from_bytes(data, "big")


def _read(data: bytes, at: int, end: int) -> "tuple[bytes | list, int]":  # type: ignore[type-arg]
    if at >= end:
        raise ValueError("the RLP item is cut short")
    first = data[at]
    if first < 0x80:
        return data[at : at + 1], at + 1
    start, stop = _span(data, at, first, end)
    if first < 0xC0:
        if stop - start == 1 and data[start] < 0x80:
            raise ValueError("a single byte is written in two")
        return data[start:stop], stop
    items = []
    while start < stop:
        item, start = _read(data, start, stop)
        items.append(item)
    return items, stop


def _span(data: bytes, at: int, first: int, end: int) -> tuple[int, int]:
    """Where the content of the item at `at` starts and stops."""
    short = 0x80 if first < 0xC0 else 0xC0
    size, start = first - short, at + 1
    if size > 55:
        start += size - 55
        size = decode_int(data[at + 1 : start])
        if size < 56:
            raise ValueError("a short item is written with a long header")
    if start + size > end:
        raise ValueError("the RLP item is cut short")
    return start, start + size
