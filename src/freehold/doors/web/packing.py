"""Pages are sent packed, and what a form has to bring back looks different on every page.

A packed page's length tells what repeats in it. Whoever may choose a part of a page and sees lengths could
so guess a secret that stands in it (BREACH, https://breachattack.com); masked, it never stands there twice.
"""

import gzip
import hmac
import secrets

from starlette.requests import Request
from starlette.responses import Response

SMALL_BYTES = 1_000
"""What is not worth packing."""
LEVEL = 5


def masked(secret: bytes, request: Request) -> str:
    """The secret under a mask of this request: the mask, then both of them combined."""
    if not hasattr(request.state, "mask"):
        request.state.mask = secrets.token_bytes(len(secret))
    mask: bytes = request.state.mask
    return (mask + _combined(mask, secret)).hex()


def is_mask_of(text: str, secret: bytes) -> bool:
    """Whether a text is the secret under any mask."""
    try:
        given = bytes.fromhex(text)
    except ValueError:
        return False
    mask, rest = given[: len(secret)], given[len(secret) :]
    return len(rest) == len(secret) and hmac.compare_digest(_combined(mask, rest), secret)


def _combined(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def pack(response: Response, request: Request) -> None:
    """Pack what a response says, for a browser that can unpack it."""
    response.headers["Vary"] += ", Accept-Encoding"
    body = bytes(response.body)
    if len(body) < SMALL_BYTES or "gzip" not in request.headers.get("accept-encoding", ""):
        return
    response.body = gzip.compress(body, LEVEL, mtime=0)
    response.headers["Content-Encoding"] = "gzip"
    response.headers["Content-Length"] = str(len(response.body))
