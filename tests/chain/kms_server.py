"""A key management system on this machine: the JSON protocol of AWS KMS over HTTP, real secp256k1.

Its `mood` decides how it behaves: well, slow, down, confused, or with another key than it showed.
"""

import base64
import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from coincurve import PrivateKey
from coincurve.utils import GROUP_ORDER_INT

INFO = bytes.fromhex("3056301006072a8648ce3d020106052b8104000a034200")
P256_INFO = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")


@dataclass
class FakeKms:
    """One key under the id `agent`; `asked` lists the requests it has seen."""

    key: PrivateKey
    mood: str = "well"
    asked: list = field(default_factory=list)
    url: str = ""

    def answer(self, action, content):
        self.asked.append((action, content))
        if content.get("KeyId") != "agent":
            return 400, {"__type": "NotFoundException"}
        if self.mood == "slow":
            time.sleep(1.5)
        if self.mood == "failing":
            return 500, {"__type": "KMSInternalException"}
        return 200, self.public_key() if action == "GetPublicKey" else self.sign(content)

    def public_key(self):
        point = self.key.public_key.format(compressed=False)
        info = {"p256": P256_INFO + point, "off curve": INFO + b"\4" + b"\1" * 64}
        return {"PublicKey": _text(info.get(self.mood, INFO + point)), "KeySpec": "ECC_SECG_P256K1"}

    def sign(self, content):
        assert content["MessageType"] == "DIGEST"
        assert content["SigningAlgorithm"] == "ECDSA_SHA_256"
        digest = base64.b64decode(content["Message"])
        assert len(digest) == 32
        key = PrivateKey(b"\x09" * 32) if self.mood == "another key" else self.key
        der = key.sign(digest, hasher=None)
        if self.mood == "high s":
            der = _high(der)
        if self.mood == "garbage":
            der = b"\x30\x06\x02\x01\x00\x02\x01\x00"
        if self.mood == "nothing":
            return {"KeyId": "agent"}
        return {"Signature": _text(der)}


@contextmanager
def running(key):
    """A fake KMS that answers on a port of 127.0.0.1 until the block ends."""
    kms = FakeKms(key)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _answers(kms))
    kms.url = f"http://127.0.0.1:{server.server_address[1]}/"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield kms
    finally:
        server.shutdown()
        server.server_close()


def _answers(kms):
    class Answers(BaseHTTPRequestHandler):
        def do_POST(self):
            content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            action = self.headers["X-Amz-Target"].removeprefix("TrentService.")
            kms.asked.append(("authorised as", self.headers.get("Authorization")))
            status, said = kms.answer(action, content)
            body = b"<html>" if kms.mood == "confused" else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    return Answers


def _text(value):
    return base64.b64encode(value).decode()


def _high(der):
    """The same signature with the other, higher s, as half of all real answers have it."""
    size = der[3]
    r, s = der[2 : 4 + size], int.from_bytes(der[6 + size :], "big")
    high = (GROUP_ORDER_INT - s).to_bytes(33, "big")
    body = r + b"\x02\x21" + high
    return b"\x30" + bytes([len(body)]) + body
