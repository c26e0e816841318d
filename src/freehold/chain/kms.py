"""Signs with a key that never leaves a key management system (the JSON protocol of AWS KMS).

The system signs 32-byte digests and answers DER. Two things are ours to add: Ethereum accepts only
the lower of the two valid `s`, and wants the parity that tells which of two public keys signed; it
is found by trying both. A signature from which neither gives our address is refused, so a wrong or
exchanged key cannot sign anything that is sent.
`GetPublicKey` and `Sign` are actions of AWS KMS; other systems offer the same through a proxy.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests
from coincurve import PublicKey
from coincurve.utils import GROUP_ORDER_INT

from freehold.chain.signer import (
    address_of,
    raw_transaction,
    transaction_digest,
    typed_data_digest,
    with_v,
)
from freehold.core.errors import Broken, Invalid, Unavailable
from freehold.core.ids import Address

Authorise = Callable[[str, bytes], Mapping[str, str]]
"""From URL and body of a request to the headers that authorise it."""

TIMEOUT_SECONDS = 10.0
"""How long a key management system may take; they answer in 0.05 s, or they are in trouble."""

SECP256K1_INFO = bytes.fromhex("3056301006072a8648ce3d020106052b8104000a034200")
"""What stands before the 65 bytes of an uncompressed secp256k1 key in a SubjectPublicKeyInfo."""


def _without_authorisation(_url: str, _body: bytes) -> dict[str, str]:
    return {}


@dataclass(frozen=True, slots=True)
class Kms:
    """Where a key lies: the system's URL, the key's id there, and how requests are authorised."""

    url: str
    key_id: str
    authorise: Authorise = field(default=_without_authorisation, repr=False)
    timeout_seconds: float = TIMEOUT_SECONDS


@dataclass(frozen=True, slots=True)
class KmsSigner:
    """Signs through a key management system."""

    address: Address
    kms: Kms

    def sign_transaction(self, transaction: Mapping[str, Any]) -> bytes:
        """The raw bytes to send. Raises Unavailable, Broken for a signature by another key."""
        return raw_transaction(transaction, self._sign(transaction_digest(transaction)))

    def sign_typed_data(self, message: Mapping[str, Any]) -> bytes:
        """65 bytes r, s, v over an EIP-712 message. Raises as `sign_transaction`."""
        return with_v(self._sign(typed_data_digest(message)))

    def _sign(self, digest: bytes) -> bytes:
        said = _ask(
            self.kms,
            "Sign",
            {
                "Message": base64.b64encode(digest).decode(),
                "MessageType": "DIGEST",
                "SigningAlgorithm": "ECDSA_SHA_256",
            },
        )
        return recoverable(_binary(self.kms, said, "Signature"), digest, self.address)


def open_kms(kms: Kms) -> KmsSigner:
    """A signer for the key, after asking the system for its public half.

    Raises Unavailable if the system does not answer, Invalid if the key is no secp256k1 key.
    """
    said = _ask(kms, "GetPublicKey", {})
    return KmsSigner(_address(_binary(kms, said, "PublicKey"), kms), kms)


def recoverable(der: bytes, digest: bytes, address: Address) -> bytes:
    """r, low s and parity in 65 bytes from a DER signature. Raises Broken if it is not ours."""
    try:
        r, s = read_der(der)
    except ValueError as error:
        raise Broken(f"the key management system answered no DER signature: {error}") from None
    low = min(s, GROUP_ORDER_INT - s)
    for parity in (0, 1):
        signature = r.to_bytes(32, "big") + low.to_bytes(32, "big") + bytes([parity])
        if _signer_of(signature, digest) == address:
            return signature
    raise Broken(
        f"the key management system signed with another key than that of {address}: "
        "nothing was sent",
        address=address,
    )


def read_der(der: bytes) -> tuple[int, int]:
    """The two integers of a DER ECDSA signature, both within the group. Raises ValueError."""
    if len(der) < 8 or der[0] != 0x30 or der[1] != len(der) - 2:
        raise ValueError("it is no sequence of the length it states")
    r, rest = _integer(der[2:])
    s, rest = _integer(rest)
    if rest or not (0 < r < GROUP_ORDER_INT and 0 < s < GROUP_ORDER_INT):
        raise ValueError("it does not hold two numbers of the group")
    return r, s


def _integer(encoded: bytes) -> tuple[int, bytes]:
    if len(encoded) < 3 or encoded[0] != 0x02 or not 0 < encoded[1] <= len(encoded) - 2:
        raise ValueError("it does not hold two integers")
    end = 2 + encoded[1]
    return int.from_bytes(encoded[2:end], "big", signed=True), encoded[end:]


def _signer_of(signature: bytes, digest: bytes) -> Address | None:
    try:
        return address_of(PublicKey.from_signature_and_message(signature, digest, hasher=None))
    except ValueError:
        return None


def _address(info: bytes, kms: Kms) -> Address:
    start = len(SECP256K1_INFO)
    if info[:start] != SECP256K1_INFO or len(info) != start + 65:
        raise Invalid(
            f"key {kms.key_id} at {kms.url} is not on the curve secp256k1: create one of the kind "
            "ECC_SECG_P256K1",
            key=kms.key_id,
        )
    try:
        return address_of(PublicKey(info[start:]))
    except ValueError:
        raise Invalid(f"key {kms.key_id} at {kms.url} is not a point of its curve") from None


def _ask(kms: Kms, action: str, content: Mapping[str, str]) -> Mapping[str, Any]:
    """One request. Raises Unavailable, naming the system and the key but never what was signed."""
    request = requests.Request(
        "POST",
        kms.url,
        headers={
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"TrentService.{action}",
        },
        json={"KeyId": kms.key_id, **content},
    )
    where = f"the key management system at {kms.url}"
    try:
        said = _send(kms, request)
        answer = said.json()
    except requests.Timeout:
        raise Unavailable(f"{where} did not answer within {kms.timeout_seconds:g} s") from None
    except requests.RequestException:
        raise Unavailable(f"{where} cannot be reached or answers no JSON") from None
    if not said.ok or not isinstance(answer, dict):
        kind = answer.get("__type", "") if isinstance(answer, dict) else ""
        raise Unavailable(
            f"{where} refuses {action} for key {kms.key_id}: {said.status_code} {kind}"
        )
    return answer


def _send(kms: Kms, request: requests.Request) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False  # what is signed goes where the setting says, past no proxy
        ready = request.prepare()
        body = ready.body if isinstance(ready.body, bytes) else str(ready.body).encode()
        ready.headers.update(kms.authorise(kms.url, body))
        return session.send(ready, timeout=kms.timeout_seconds, allow_redirects=False)


def _binary(kms: Kms, said: Mapping[str, Any], name: str) -> bytes:
    try:
        return base64.b64decode(said[name], validate=True)
    except (KeyError, TypeError, binascii.Error):
        raise Unavailable(f"the key management system at {kms.url} answers no {name}") from None
