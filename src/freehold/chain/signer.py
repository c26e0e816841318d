"""Who signs: a protocol, and keys that this process holds (keystore file, mnemonic, injected key).

A transaction is signed as EIP-1559 (type 2), typed data as EIP-712. Keys and passphrases come by
reference (`env:NAME`, `file:PATH`, `prompt`), are read once, and appear in no repr, message or
log. A key that stays in a key management system is in `kms.py`.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from coincurve import PrivateKey, PublicKey
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_hash.auto import keccak
from eth_keyfile.keyfile import decode_keyfile_json
from eth_utils.address import to_checksum_address
from eth_utils.exceptions import ValidationError

from freehold.chain.embedded.encoding import encode, encode_int
from freehold.core.errors import Invalid, Unavailable
from freehold.core.ids import Address

DERIVATION = "m/44'/60'/0'/0/{index}"
"""BIP-44: purpose, Ether, first account, external chain, address index."""


class Signer(Protocol):
    """Signs for one address."""

    @property
    def address(self) -> Address: ...

    def sign_transaction(self, transaction: Mapping[str, Any]) -> bytes:
        """The raw bytes to send. The keys are those of JSON-RPC, quantities are integers."""

    def sign_typed_data(self, message: Mapping[str, Any]) -> bytes:
        """65 bytes r, s, v (27 or 28) over a full EIP-712 message."""


@dataclass(frozen=True, slots=True)
class KeySigner:
    """Signs with a key in this process."""

    address: Address
    _key: PrivateKey = field(repr=False, compare=False)

    def sign_transaction(self, transaction: Mapping[str, Any]) -> bytes:
        """The raw bytes to send. Raises Invalid if the transaction names no chain or no nonce."""
        return raw_transaction(transaction, self._sign(transaction_digest(transaction)))

    def sign_typed_data(self, message: Mapping[str, Any]) -> bytes:
        """65 bytes r, s, v over an EIP-712 message. Raises Invalid if it is malformed."""
        return with_v(self._sign(typed_data_digest(message)))

    def _sign(self, digest: bytes) -> bytes:
        return self._key.sign_recoverable(digest, hasher=None)


def open_keystore(file: Path, passphrase: str) -> KeySigner:
    """Open an encrypted V3 keystore file; slow by design (about a second), so do it once.

    Raises Invalid if the file is no keystore or the passphrase is wrong.
    """
    try:
        content = json.loads(file.read_text())
    except OSError as error:
        raise Invalid(f"the keystore {file} cannot be read: {error.strerror}") from None
    except ValueError:
        raise Invalid(f"{file} is not a keystore file: it is no JSON") from None
    try:
        key = decode_keyfile_json(content, passphrase.encode())
    except ValueError as error:
        wrong = "MAC mismatch" in str(error)
        what = "the passphrase is wrong" if wrong else "it is no V3 keystore"
        raise Invalid(f"the keystore {file} does not open: {what}") from None
    except (KeyError, TypeError, AttributeError, NotImplementedError):
        raise Invalid(f"the keystore {file} does not open: it is no V3 keystore") from None
    return _from_bytes(key, f"the keystore {file}")


def from_mnemonic(words: str, index: int = 0, passphrase: str = "") -> KeySigner:
    """The key at m/44'/60'/0'/0/index of a BIP-39 mnemonic. Raises Invalid."""
    if not 0 <= index < 2**31:
        raise Invalid(f"address index {index} is not between 0 and 2147483647", field="index")
    key = _derived(" ".join(words.split()), passphrase, DERIVATION.format(index=index))
    if key is None:
        raise Invalid("the mnemonic is not a valid BIP-39 phrase: check its words and their order")
    return _from_bytes(key, "the mnemonic")


def new_mnemonic() -> str:
    """Twelve new words, from the system's randomness."""
    Account.enable_unaudited_hdwallet_features()
    return str(Account.create_with_mnemonic()[1])


def from_key(text: str) -> KeySigner:
    """A key given as 64 hexadecimal digits, with or without 0x. Raises Invalid."""
    digits = text.strip().removeprefix("0x")
    try:
        key = bytes.fromhex(digits)
    except ValueError:
        raise Invalid("the key is not written in hexadecimal digits") from None
    return _from_bytes(key, "the key")


def read_secret(
    reference: str, environment: Mapping[str, str], prompt: Callable[[str], str]
) -> str:
    """What a reference stands for: `env:NAME`, `file:PATH` (without its last line end), `prompt`.

    Raises Invalid for a reference of another form (which may be the secret itself, so it is not
    repeated), and Unavailable if what it names is not there.
    """
    kind, _, name = reference.partition(":")
    if kind == "prompt":
        return prompt(name or "Passphrase: ")
    if kind == "env" and name:
        if name not in environment:
            raise Unavailable(f"the environment variable {name} is not set", variable=name)
        return environment[name]
    if kind == "file" and name:
        try:
            return Path(name).read_text().removesuffix("\n")
        except OSError as error:
            raise Unavailable(f"the secret file {name} cannot be read: {error.strerror}") from None
    raise Invalid("a secret is given by reference: write env:NAME, file:PATH or prompt")


def transaction_digest(transaction: Mapping[str, Any]) -> bytes:
    """The 32 bytes that a type-2 transaction is signed over. Raises Invalid."""
    return keccak(b"\x02" + encode(_fields(transaction)))


def raw_transaction(transaction: Mapping[str, Any], signature: bytes) -> bytes:
    """The transaction with its signature (r, s, parity in 65 bytes), as a node takes it."""
    r, s, parity = (
        encode_int(int.from_bytes(part, "big"))
        for part in (signature[:32], signature[32:64], signature[64:])
    )
    return b"\x02" + encode([*_fields(transaction), parity, r, s])


def typed_data_digest(message: Mapping[str, Any]) -> bytes:
    """The 32 bytes that an EIP-712 message is signed over. Raises Invalid."""
    try:
        signable = encode_typed_data(full_message=dict(message))
    except (ValueError, TypeError, KeyError, AttributeError, ValidationError) as error:
        raise Invalid(f"this is no EIP-712 message: {error}") from None
    return keccak(b"\x19" + signable.version + signable.header + signable.body)


def with_v(signature: bytes) -> bytes:
    """r, s, parity (0, 1) as r, s, v (27, 28), the form that contracts recover from."""
    return signature[:64] + bytes([signature[64] + 27])


def address_of(key: PublicKey) -> Address:
    """The checksummed address of a public key."""
    return Address(to_checksum_address(keccak(key.format(compressed=False)[1:])[-20:]))


def _derived(words: str, passphrase: str, path: str) -> bytes | None:
    """None instead of an error, because eth-account's error repeats the words."""
    Account.enable_unaudited_hdwallet_features()
    try:
        return bytes(Account.from_mnemonic(words, passphrase, path).key)
    except ValidationError:
        return None


def _from_bytes(secret: bytes, where: str) -> KeySigner:
    try:
        key = PrivateKey(secret if len(secret) == 32 else b"")
    except ValueError:
        raise Invalid(f"{where} holds no secp256k1 key: it needs 32 bytes in range") from None
    return KeySigner(address_of(key.public_key), key)


def _fields(transaction: Mapping[str, Any]) -> list[Any]:
    missing = [name for name in _REQUIRED if transaction.get(name) is None]
    if missing:
        raise Invalid(f"the transaction cannot be signed without {' and '.join(missing)}")
    numbers = [encode_int(int(transaction[name])) for name in _REQUIRED]
    to = transaction.get("to") or ""
    value = encode_int(int(transaction.get("value") or 0))
    return [*numbers, _bytes(to), value, _bytes(transaction.get("data") or b""), []]


_REQUIRED = ("chainId", "nonce", "maxPriorityFeePerGas", "maxFeePerGas", "gas")


def _bytes(value: str | bytes) -> bytes:
    return bytes.fromhex(value.removeprefix("0x")) if isinstance(value, str) else bytes(value)
