"""What a holder signs with his own key so that somebody else may send it: EIP-712 messages.

The shape of each is the one that the contracts recover from; see `contracts/SecurityToken.vy` and
ERC-3009. Nothing here signs or sends.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_DOMAIN = (
    ("name", "string"),
    ("version", "string"),
    ("chainId", "uint256"),
    ("verifyingContract", "address"),
)
_TRANSFER = (
    ("from", "address"),
    ("to", "address"),
    ("value", "uint256"),
    ("validAfter", "uint256"),
    ("validBefore", "uint256"),
    ("nonce", "bytes32"),
)


@dataclass(frozen=True, slots=True)
class SignedTransfer:
    """A transfer as its holder authorises it (ERC-3009): base units, instants in seconds, a nonce of
    32 bytes (0x and 64 digits) that he uses once."""

    token: str
    sender: str
    receiver: str
    units: int
    valid_after: int
    valid_before: int
    nonce: str


def transfer_message(asked: SignedTransfer, name: str, chain: int) -> Mapping[str, Any]:
    """The EIP-712 message to sign; `name` is the token's own, which its domain carries."""
    return {
        "types": {
            "EIP712Domain": [{"name": one, "type": kind} for one, kind in _DOMAIN],
            "TransferWithAuthorization": [{"name": one, "type": kind} for one, kind in _TRANSFER],
        },
        "primaryType": "TransferWithAuthorization",
        "domain": {
            "name": name,
            "version": "1",
            "chainId": chain,
            "verifyingContract": asked.token,
        },
        "message": {
            "from": asked.sender,
            "to": asked.receiver,
            "value": asked.units,
            "validAfter": asked.valid_after,
            "validBefore": asked.valid_before,
            "nonce": asked.nonce,
        },
    }
