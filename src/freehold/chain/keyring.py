"""Opens the signer that a setting describes; its secret is asked for only where one is needed.

keystore:PATH           an encrypted V3 keystore; the secret is its passphrase
mnemonic:INDEX          address INDEX of a BIP-39 mnemonic; the secret is its words
key                     one key; the secret is its 64 hexadecimal digits
kms:KEY_ID@URL          a key management system; the secret is the bearer token it wants
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from freehold.chain.kms import Kms, open_kms
from freehold.chain.signer import Signer, from_key, from_mnemonic, open_keystore
from freehold.core.errors import Invalid


def open_signer(described: str, secret: Callable[[], str]) -> Signer:
    """The signer of a description; `secret` is called at most once.

    Raises Invalid for another description or a secret that does not fit, Unavailable for a key
    management system that does not answer.
    """
    kind, _, rest = described.partition(":")
    if kind == "keystore" and rest:
        return open_keystore(Path(rest), secret())
    if kind == "mnemonic" and rest.isascii() and rest.isdigit():
        return from_mnemonic(secret(), int(rest))
    if described == "key":
        return from_key(secret())
    if kind == "kms" and "@" in rest:
        return _kms(rest, secret)
    raise Invalid(
        "the signer's description cannot be read: write keystore:PATH, mnemonic:INDEX, key or "
        "kms:KEY_ID@URL, and give the secret by reference",
        field="signer",
    )


def _kms(rest: str, secret: Callable[[], str]) -> Signer:
    key_id, _, url = rest.rpartition("@")
    place = urlsplit(url)
    local = place.hostname in ("127.0.0.1", "::1", "localhost")
    if place.scheme != "https" and not (place.scheme == "http" and local):
        raise Invalid(
            f"the key management system at {url} needs an https:// address", field="signer"
        )
    headers = {"Authorization": f"Bearer {secret()}"}

    def authorise(_url: str, _body: bytes) -> Mapping[str, str]:
        return headers

    return open_kms(Kms(url, key_id, authorise))
