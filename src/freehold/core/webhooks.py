"""Webhooks as both ends must understand them: the signature, and when a failed delivery is tried again.

The signature is HMAC-SHA-256 (RFC 2104) under the subscription's secret over `INSTANT.BODY`, INSTANT in
whole seconds since 1970. Whoever receives a delivery recomputes it and refuses one that is too old, so
that a delivery that somebody kept is of no use to him.
"""

import hashlib
import hmac
import re

SIGNATURE, DELIVERY, EVENT = "Freehold-Signature", "Freehold-Delivery", "Freehold-Event"
"""The headers of a delivery; the same DELIVERY may come twice and is then the same."""
TOLERANCE_SECONDS = 300
TRIES = 12
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 5, 6 * 3_600


def sign(secret: str, seconds: int, body: bytes) -> str:
    """The value of the signature header."""
    made = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256)
    return f"t={seconds},v1={made.hexdigest()}"


def verify(
    secret: str, header: str, body: bytes, now: int, tolerance: int = TOLERANCE_SECONDS
) -> bool:
    """Whether a header signs this body under the secret, at most `tolerance` seconds from `now`."""
    found = re.fullmatch(r"t=(\d{1,12}),v1=([0-9a-f]{64})", header)
    if found is None or abs(now - int(found[1])) > tolerance:
        return False
    return hmac.compare_digest(header, sign(secret, int(found[1]), body))


def wait_seconds(failures: int, chance: float) -> float:
    """How long to wait after so many failures: doubled each time, and between half of it and all by
    `chance` (0 to 1), so that those who failed together do not come back together."""
    whole: int = min(FIRST_WAIT_SECONDS << min(failures - 1, 20), LONGEST_WAIT_SECONDS)
    return whole * (1 + chance) / 2
