"""Personal data at rest: sealed with a key of its own for each person, erasable by losing that key.

Each person has a random 256-bit data key. The book keeps it only wrapped by a key of the office,
which comes from the settings and is never in the book. Everything personal is sealed by AES-256-GCM
(NIST SP 800-38D) under the person's data key, with a random 96-bit nonce before it and its place in
the book as associated data, so that a sealed value cannot be moved to another row or person. Without
the wrapped key nothing of a person can be read again, in any copy that the key has left as well.
"""

import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from freehold.core.errors import Broken, Invalid, NotFound

KEY_BYTES = 32
NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Vault:
    """The wrapping keys by their marks: the first wraps, all unwrap (one is about to go)."""

    current: str
    _keys: dict[str, bytes] = field(repr=False)

    @property
    def marks(self) -> list[str]:
        return list(self._keys)


def open_vault(texts: Sequence[str]) -> Vault:
    """A vault from wrapping keys as 64 hexadecimal digits each, the one in use first.

    Raises Invalid; the key is never repeated.
    """
    keys: dict[str, bytes] = {}
    for text in texts:
        if not re.fullmatch(r"[0-9a-fA-F]{64}", text.strip()):
            raise Invalid(
                "the key for personal data is not 64 hexadecimal digits", field="people_key"
            )
        key = bytes.fromhex(text.strip())
        keys[_mark(key)] = key
    if not keys:
        raise Invalid("there is no key for personal data: set people_key", field="people_key")
    return Vault(next(iter(keys)), keys)


def new_key_text() -> str:
    """A fresh wrapping key, as `open_vault` reads it."""
    return os.urandom(KEY_BYTES).hex()


def new_wrapped(vault: Vault, person: str) -> bytes:
    """A fresh data key for a person, wrapped with the vault's current key."""
    return wrap(vault, person, os.urandom(KEY_BYTES))


def wrap(vault: Vault, person: str, data_key: bytes) -> bytes:
    """A data key wrapped with the vault's current key."""
    return seal(vault._keys[vault.current], f"data key of {person}", data_key)


def unwrap(vault: Vault, person: str, mark: str, wrapped: bytes) -> bytes:
    """The data key of a person. Raises NotFound where the vault lacks the wrapping key."""
    key = vault._keys.get(mark)
    if key is None:
        raise NotFound(
            f"the data of {person} is sealed under the office's key {mark}, which people_key does not"
            f" give: it gives {', '.join(vault.marks)}",
            person=person,
        )
    return unseal(key, f"data key of {person}", wrapped)


def seal(key: bytes, place: str, content: bytes) -> bytes:
    """Nonce and ciphertext; `place` says where it belongs and must be given again to open it."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, content, place.encode())


def unseal(key: bytes, place: str, sealed: bytes) -> bytes:
    """The content. Raises Broken if it was changed, moved, or sealed under another key."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place.encode())
    except InvalidTag:
        raise Broken(f"{place}: the sealed content was changed, or belongs elsewhere") from None


def _mark(key: bytes) -> str:
    """A name for a wrapping key that says nothing of it."""
    return hashlib.sha256(b"freehold wrapping key" + key).hexdigest()[:16]
