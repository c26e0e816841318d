"""Addresses of keys that this process does not hold: it knows who will sign, and cannot sign itself.

The addresses below a mnemonic's account follow from its extended public key (BIP-32, public parent to
public child), so that even accounts which are still to be opened can be told without a key. The
extended public key names every address of the agent's custody: it belongs into the book, not outside.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from coincurve import PrivateKey, PublicKey
from eth_account.hdaccount import seed_from_mnemonic
from eth_account.hdaccount.deterministic import Node, derive_child_key

from freehold.chain.signer import DERIVATION, address_of
from freehold.core.errors import Invalid, NotPermitted
from freehold.core.ids import Address

POINT, CHAIN_CODE = 33, 32
"""Bytes of an extended public key: the compressed point, then the chain code."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A signer whose key is elsewhere: it has an address, and refuses to sign."""

    address: Address

    def sign_transaction(self, transaction: Mapping[str, Any]) -> bytes:
        """Raises NotPermitted."""
        raise self._refusal()

    def sign_typed_data(self, message: Mapping[str, Any]) -> bytes:
        """Raises NotPermitted."""
        raise self._refusal()

    def _refusal(self) -> NotPermitted:
        return NotPermitted(
            f"this process holds no signing keys, so {self.address} cannot sign here: the worker does"
        )


def extended_public(words: str) -> str:
    """The extended public key of a valid mnemonic's account, as hexadecimal digits."""
    seed = seed_from_mnemonic(" ".join(words.split()), "")
    made = hmac.digest(b"Bitcoin seed", seed, "sha512")
    key, code = made[:32], made[32:]
    for step in DERIVATION.split("/")[1:-1]:
        key, code = derive_child_key(key, code, Node.decode(step))
    return (PrivateKey(key).public_key.format() + code).hex()


def watched(extended: str, index: int) -> Watched:
    """The signer at an index below an extended public key. Raises Invalid."""
    content = bytes.fromhex(extended)
    if len(content) != POINT + CHAIN_CODE or not 0 <= index < 2**31:
        raise Invalid(f"no address {index} follows from this extended public key", field="index")
    point, code = content[:POINT], content[POINT:]
    made = hmac.digest(code, point + index.to_bytes(4, "big"), "sha512")
    return Watched(address_of(PublicKey(point).add(made[:32])))
