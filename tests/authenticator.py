"""A security key in software: it makes passkeys and answers challenges as WebAuthn wants it.

For what Chromium's virtual authenticator does not do: answers that are old, forged, or from elsewhere.
"""

import hashlib
import json
import os
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

PRESENT, VERIFIED, NEW = 0x01, 0x04, 0x40


@dataclass
class SecurityKey:
    """One device with one passkey; `counter` grows with each answer unless `counts` is off."""

    origin: str
    counts: bool = True
    verifies: bool = True
    counter: int = 0
    id: bytes = field(default_factory=lambda: os.urandom(32))
    user: str = ""
    _key: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def make(self, options: str, origin: str | None = None) -> str:
        """Answer `navigator.credentials.create`."""
        asked = json.loads(options)
        self.user = asked["user"]["id"]
        numbers = self._key.public_key().public_numbers()
        point = {-2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        key = cbor2.dumps({1: 2, 3: -7, -1: 1, **point})
        told = self._told("webauthn.create", asked["challenge"], origin)
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + key
        data = self._data(asked["rp"]["id"], NEW) + attested
        made = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer({"clientDataJSON": told, "attestationObject": made})

    def sign(self, options: str, origin: str | None = None, user: str | None = None) -> str:
        """Answer `navigator.credentials.get`."""
        asked = json.loads(options)
        told = self._told("webauthn.get", asked["challenge"], origin)
        data = self._data(asked["rpId"], 0)
        signed = data + hashlib.sha256(told).digest()
        signature = self._key.sign(signed, ec.ECDSA(hashes.SHA256()))
        handle = base64url_to_bytes(self.user if user is None else user)
        parts = {"clientDataJSON": told, "authenticatorData": data, "signature": signature}
        return self._answer({**parts, "userHandle": handle})

    def _data(self, site: str, flags: int) -> bytes:
        if self.counts:
            self.counter += 1
        flags |= PRESENT | (VERIFIED if self.verifies else 0)
        return (
            hashlib.sha256(site.encode()).digest()
            + bytes([flags])
            + self.counter.to_bytes(4, "big")
        )

    def _told(self, kind: str, challenge: str, origin: str | None) -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": origin or self.origin}
        return json.dumps(told).encode()

    def _answer(self, parts: dict[str, bytes]) -> str:
        id = bytes_to_base64url(self.id)
        response = {name: bytes_to_base64url(part) for name, part in parts.items()}
        return json.dumps({"id": id, "rawId": id, "type": "public-key", "response": response})
