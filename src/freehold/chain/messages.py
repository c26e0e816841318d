"""Texts that a wallet signs (ERC-191, `personal_sign`), and which wallet signed one."""

from eth_account import Account
from eth_account.messages import encode_defunct
from eth_keys.exceptions import BadSignature, ValidationError

from freehold.core.errors import Invalid
from freehold.core.ids import Address, checksummed

_BYTES = 65


def signer_of(text: str, signature: str) -> Address:
    """The wallet whose key signed the text. Raises Invalid for what is no signature."""
    digits = signature.strip().removeprefix("0x")
    if len(digits) != 2 * _BYTES or any(one not in "0123456789abcdefABCDEF" for one in digits):
        raise Invalid("signature is no signature of a wallet: 0x and 130 digits", field="signature")
    try:
        found = Account.recover_message(encode_defunct(text=text), signature="0x" + digits)
    except (BadSignature, ValidationError, ValueError):
        raise Invalid("signature is no signature of a wallet", field="signature") from None
    return checksummed(found)
