"""What a wallet signs, and which wallet signed it: texts (ERC-191, `personal_sign`) and digests."""

from coincurve import PublicKey
from eth_hash.auto import keccak

from freehold.chain.signer import address_of
from freehold.core.errors import Invalid
from freehold.core.ids import Address

_BYTES = 65
_LOWEST_V = 27


def signer_of(text: str, signature: str) -> Address:
    """The wallet whose key signed the text. Raises Invalid for what is no signature."""
    plain = text.encode()
    head = f"\x19Ethereum Signed Message:\n{len(plain)}".encode()
    return signer_of_digest(keccak(head + plain), signature)


def signer_of_digest(digest: bytes, signature: str) -> Address:
    """The wallet whose key signed the 32 bytes. Raises Invalid for what is no signature."""
    digits = signature.strip().removeprefix("0x")
    if len(digits) != 2 * _BYTES or any(one not in "0123456789abcdefABCDEF" for one in digits):
        raise Invalid("signature is no signature of a wallet: 0x and 130 digits", field="signature")
    given = bytes.fromhex(digits)
    place = given[-1] - _LOWEST_V if given[-1] >= _LOWEST_V else given[-1]
    try:
        recoverable = given[:-1] + bytes([place & 0xFF])
        found = PublicKey.from_signature_and_message(recoverable, digest, hasher=None)
    except ValueError:
        raise Invalid("signature is no signature of a wallet", field="signature") from None
    return address_of(found)
