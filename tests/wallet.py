"""A wallet that really signs: one key, EIP-191 personal messages, as a browser's wallet does."""

import json
from dataclasses import dataclass

from coincurve import PrivateKey

from freehold.chain.ownership import personal_digest
from freehold.chain.signer import address_of, typed_data_digest, with_v
from freehold.core.ids import Address


@dataclass(frozen=True)
class Wallet:
    """A key and its address."""

    key: PrivateKey

    @property
    def address(self) -> Address:
        return address_of(self.key.public_key)

    def sign(self, text: str) -> str:
        """0x and 65 bytes over a personal message."""
        return "0x" + with_v(self.key.sign_recoverable(personal_digest(text), hasher=None)).hex()

    def sign_typed(self, text: str) -> str:
        """The same over typed data (EIP-712), whose whole numbers come as text."""
        typed = json.loads(text)
        fields = typed["types"][typed["primaryType"]]
        numbers = [one["name"] for one in fields if one["type"].startswith("uint")]
        typed["message"] |= {name: int(typed["message"][name]) for name in numbers}
        digest = typed_data_digest(typed)
        return "0x" + with_v(self.key.sign_recoverable(digest, hasher=None)).hex()


def new_wallet() -> Wallet:
    return Wallet(PrivateKey())
