"""A wallet that really signs: one key, EIP-191 personal messages, as a browser's wallet does."""

from dataclasses import dataclass

from coincurve import PrivateKey

from freehold.chain.ownership import personal_digest
from freehold.chain.signer import address_of, with_v
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


def new_wallet() -> Wallet:
    return Wallet(PrivateKey())
