"""Signed transactions: read from their bytes, sender recovered, limits known before execution.

Types 0 (legacy, EIP-155), 1 (EIP-2930), 2 (EIP-1559) and 4 (EIP-7702) are accepted; blob
transactions (type 3) are refused, because nothing here would keep their blobs. Intrinsic gas and
the data floor are those of Prague (EIP-2028, 2930, 3860, 7623, 7702).
"""

from dataclasses import dataclass
from typing import Any

from coincurve import PublicKey

from freehold.chain.embedded.encoding import decode, decode_int, encode, encode_int, keccak
from freehold.core.errors import Invalid

SECP256K1_HALF = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
MAX_INITCODE = 49_152
MAX_TRANSACTION = 1 << 20
_UINT64, _UINT256 = 1 << 64, 1 << 256


@dataclass(frozen=True, slots=True)
class Authorization:
    """One EIP-7702 line: the signer lets its address run the code at `address`."""

    chain_id: int
    address: bytes
    nonce: int
    y_parity: int
    r: int
    s: int


@dataclass(frozen=True, slots=True)
class Transaction:
    """What a sender asks of the chain; fees in wei, `to` is None where a contract is created."""

    kind: int
    chain_id: int | None
    nonce: int
    max_priority_fee: int
    max_fee: int
    gas: int
    to: bytes | None
    value: int
    data: bytes
    access_list: tuple[tuple[bytes, tuple[int, ...]], ...]
    authorizations: tuple[Authorization, ...]
    v: int
    r: int
    s: int
    sender: bytes
    hash: bytes
    raw: bytes

    def price(self, base_fee: int) -> int:
        """Wei per unit of gas that is paid in a block with this base fee."""
        return min(self.max_fee, self.max_priority_fee + base_fee)


def parse(raw: bytes, sender: bytes | None = None) -> Transaction:
    """Read signed transaction bytes; `sender` spares the recovery where it is already known.

    Raises Invalid with one sentence for anything that no node would accept.
    """
    if not raw or len(raw) > MAX_TRANSACTION:
        raise Invalid(f"the transaction has {len(raw)} bytes: between 1 and {MAX_TRANSACTION} are")
    try:
        if raw[0] >= 0xC0:
            return _legacy(raw, decode(raw), sender)
        if raw[0] in (1, 2, 4):
            return _typed(raw, raw[0], decode(raw[1:]), sender)
    except (ValueError, IndexError, TypeError) as fault:
        raise Invalid(f"the transaction's bytes cannot be read: {fault}") from None
    if raw[0] == 3:
        raise Invalid("transaction type 3 (blobs) is not accepted by this ledger: send type 2")
    raise Invalid(f"transaction type {raw[0]} is unknown: send type 2")


def _legacy(raw: bytes, fields: Any, sender: bytes | None) -> Transaction:
    if len(fields) != 9:
        raise ValueError(f"a legacy transaction has 9 fields, this one {len(fields)}")
    nonce, price, gas = (decode_int(field) for field in fields[:3])
    v, r, s = (decode_int(field) for field in fields[6:9])
    if v in (27, 28):
        chain_id, y_parity, tail = None, v - 27, []
    elif v >= 35:
        chain_id, y_parity = (v - 35) // 2, (v - 35) % 2
        tail = [encode_int(chain_id), b"", b""]
    else:
        raise ValueError(f"v is {v}, which no signature has")
    signed = encode([*fields[:6], *tail])
    body = (nonce, price, price, gas, _to(fields[3]), decode_int(fields[4]), fields[5], (), ())
    return _checked(0, chain_id, body, (v, y_parity, r, s), signed, raw, sender)


def _typed(raw: bytes, kind: int, fields: Any, sender: bytes | None) -> Transaction:
    expected = {1: 11, 2: 12, 4: 13}[kind]
    if len(fields) != expected:
        raise ValueError(f"type {kind} has {expected} fields, this transaction {len(fields)}")
    numbers = 4 if kind == 1 else 5
    chain_id, nonce, tip, *rest = (decode_int(field) for field in fields[:numbers])
    fee, gas = (tip, rest[0]) if kind == 1 else (rest[0], rest[1])
    to, value, data, access = fields[numbers : numbers + 4]
    lines = tuple(_authorization(line) for line in fields[9]) if kind == 4 else ()
    body = (nonce, tip, fee, gas, _to(to), decode_int(value), data, _access(access), lines)
    y_parity, r, s = (decode_int(field) for field in fields[-3:])
    signed = bytes((kind,)) + encode(fields[:-3])
    return _checked(kind, chain_id, body, (y_parity, y_parity, r, s), signed, raw, sender)


def _checked(
    kind: int,
    chain_id: int | None,
    body: Any,
    signature: tuple[int, int, int, int],
    signed: bytes,
    raw: bytes,
    sender: bytes | None,
) -> Transaction:
    nonce, tip, fee, gas, to, value, data, _, lines = body
    v, y_parity, r, s = signature
    if nonce >= _UINT64 - 1 or gas >= _UINT64 or max(tip, fee, value) >= _UINT256:
        raise ValueError("a number is larger than the chain can hold")
    if not isinstance(data, bytes):
        raise TypeError("the data is a list")
    if tip > fee:
        raise ValueError(f"max priority fee {tip} is above max fee {fee}")
    if to is None and len(data) > MAX_INITCODE:
        raise ValueError(f"the creation code has {len(data)} bytes, {MAX_INITCODE} are allowed")
    if kind == 4 and (to is None or not lines):
        raise ValueError("a type 4 transaction needs a receiver and an authorization")
    if not (0 < s <= SECP256K1_HALF and r > 0):
        raise ValueError("the signature is out of range")
    sender = sender or recover(keccak(signed), y_parity, r, s)
    facts: Any = (kind, chain_id, *body, v, r, s, sender, keccak(raw), raw)
    return Transaction(*facts)


def recover(digest: bytes, y_parity: int, r: int, s: int) -> bytes:
    """The address whose key signed `digest`. Raises ValueError where there is none."""
    if y_parity not in (0, 1) or r >= _UINT256 or s >= _UINT256:
        raise ValueError("the signature is out of range")
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes((y_parity,))
    try:
        key = PublicKey.from_signature_and_message(signature, digest, hasher=None)
    except Exception as fault:  # coincurve raises bare Exception where no key fits
        raise ValueError("no key fits the signature") from fault
    return keccak(key.format(compressed=False)[1:])[12:]


def _to(field: Any) -> bytes | None:
    if not isinstance(field, bytes) or len(field) not in (0, 20):
        raise ValueError("the receiver is not an address")
    return field or None


def _access(field: Any) -> tuple[tuple[bytes, tuple[int, ...]], ...]:
    lines = []
    for address, slots in field:
        if len(address) != 20 or any(len(slot) != 32 for slot in slots):
            raise ValueError("the access list is malformed")
        lines.append((address, tuple(int.from_bytes(slot, "big") for slot in slots)))
    return tuple(lines)


def _authorization(field: Any) -> Authorization:
    chain_id, address, *rest = field
    if len(address) != 20:
        raise ValueError("an authorization names no address")
    nonce, y_parity, r, s = (decode_int(number) for number in rest)
    return Authorization(decode_int(chain_id), address, nonce, y_parity, r, s)


def intrinsic_gas(
    data: bytes,
    creates: bool,
    access_list: tuple[tuple[bytes, tuple[int, ...]], ...],
    authorizations: int,
) -> int:
    """Gas a transaction costs before its first instruction (without the creation code's words)."""
    zeros = data.count(0)
    gas = 21_000 + 4 * zeros + 16 * (len(data) - zeros) + 25_000 * authorizations
    gas += sum(2_400 + 1_900 * len(slots) for _, slots in access_list)
    return gas + 32_000 if creates else gas


def floor_gas(data: bytes) -> int:
    """The least a transaction with this data pays (EIP-7623)."""
    zeros = data.count(0)
    return 21_000 + 10 * (zeros + 4 * (len(data) - zeros))


def least_gas(asked: Transaction) -> int:
    """The smallest gas limit with which `asked` may stand in a block."""
    creates = asked.to is None
    words = 2 * ((len(asked.data) + 31) // 32) if creates else 0
    lines = len(asked.authorizations)
    needed = intrinsic_gas(asked.data, creates, asked.access_list, lines) + words
    return max(needed, floor_gas(asked.data))
