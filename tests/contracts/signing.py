"""EIP-712 digests and signatures, made from the standards' own words for tests."""

from typing import Any

from eth_abi import encode
from eth_hash.auto import keccak

DOMAIN = keccak(
    b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)


def separator(name: str, chain_id: int, contract: str) -> bytes:
    words = [DOMAIN, keccak(name.encode()), keccak(b"1"), chain_id, contract]
    return keccak(encode(["bytes32", "bytes32", "bytes32", "uint256", "address"], words))


def digest(name: str, chain_id: int, contract: str, content: bytes) -> bytes:
    return keccak(b"\x19\x01" + separator(name, chain_id, contract) + content)


def sign(key: Any, message: bytes) -> bytes:
    """r, s and v in 65 bytes."""
    made = key.unsafe_sign_hash(message)
    return made.r.to_bytes(32, "big") + made.s.to_bytes(32, "big") + bytes([made.v])


def parts(signature: bytes) -> tuple[int, bytes, bytes]:
    """v, r and s as ERC-2612 and ERC-3009 take them."""
    return signature[64], signature[:32], signature[32:64]
