"""Whether whoever signed a text holds a wallet: a key's own signature, or a contract that says yes.

The text is signed as EIP-191 personal data. An address with code decides itself (ERC-1271), asked at the
newest block by a call that changes nothing and may use a bounded amount of gas; any other address is
recovered from the signature, whose `s` must be in the lower half (EIP-2), so that one text has one.
"""

from coincurve import PrivateKey
from eth_abi.abi import encode
from eth_hash.auto import keccak

from freehold.chain.node import Ledger
from freehold.chain.rpc import Failure, answer
from freehold.chain.signer import with_v
from freehold.core.errors import Unavailable
from freehold.core.ids import Address, checksummed

VALID = bytes.fromhex("1626ba7e")
"""What a contract answers to `isValidSignature(bytes32,bytes)` where it agrees: the same selector."""
MOST_GAS = 500_000
ECRECOVER = "0x0000000000000000000000000000000000000001"
LONGEST_SIGNATURE = 8_192
"""Bytes: some contract wallets carry the signatures of many owners."""
_HALF = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0


def holds(w3: Ledger, wallet: Address, text: str, signature: bytes) -> bool:
    """Whether the holder of a wallet signed a text. Raises Unavailable where the node cannot say."""
    if len(signature) > LONGEST_SIGNATURE:
        return False
    digest = personal_digest(text)
    code = answer(w3, "eth_getCode", wallet, "latest")
    if isinstance(code, Failure):
        raise Unavailable(f"the ledger does not say what {wallet} is: {code.words}")
    if code != "0x":
        return _agrees(w3, wallet, digest, signature)
    return _recovered(w3, digest, signature) == wallet


def personal_digest(text: str) -> bytes:
    """The 32 bytes that a wallet signs for a text (EIP-191, version 0x45)."""
    content = text.encode()
    return keccak(b"\x19Ethereum Signed Message:\n" + str(len(content)).encode() + content)


def sign_personal(secret: bytes, text: str) -> bytes:
    """What the wallet with this key signs for a text: 65 bytes r, s, v."""
    return with_v(PrivateKey(secret).sign_recoverable(personal_digest(text), hasher=None))


def _agrees(w3: Ledger, wallet: Address, digest: bytes, signature: bytes) -> bool:
    """Whether a contract answers yes; one that reverts, or runs out of its gas, says no."""
    data = VALID + encode(["bytes32", "bytes"], [digest, signature])
    call = {"to": wallet, "data": "0x" + data.hex(), "gas": hex(MOST_GAS)}
    said = answer(w3, "eth_call", call, "latest")
    return not isinstance(said, Failure) and bytes.fromhex(said[2:])[:32] == VALID.ljust(32, b"\0")


def _recovered(w3: Ledger, digest: bytes, signature: bytes) -> Address | None:
    """Whose key made a signature of r, s and v (0, 1, 27 or 28), as the ledger's own `ecrecover` says;
    None where nobody's can have."""
    if len(signature) != 65:
        return None
    v = signature[64] if signature[64] >= 27 else signature[64] + 27
    if v not in (27, 28) or int.from_bytes(signature[32:64], "big") > _HALF:
        return None
    data = digest + v.to_bytes(32, "big") + signature[:64]
    said = answer(w3, "eth_call", {"to": ECRECOVER, "data": "0x" + data.hex()}, "latest")
    if isinstance(said, Failure):
        raise Unavailable(f"the ledger recovers no signer: {said.words}")
    return checksummed("0x" + said[-40:]) if len(said) == 66 else None
