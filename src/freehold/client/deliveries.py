"""What webhooks bring: the change in a delivery, once its signature is found to be ours.

    change = deliveries.read(secret, request.headers, request.body, now=datetime.now(UTC))

The same delivery may come twice; its `Freehold-Delivery` header is then the same.
"""

from collections.abc import Mapping
from datetime import datetime

from freehold.core import webhooks
from freehold.core.clock import to_seconds
from freehold.wire.live import Change

TOLERANCE_SECONDS = webhooks.TOLERANCE_SECONDS


class NotOurs(Exception):
    """A delivery that nobody who knows the secret has signed lately: answer it with 400."""


def read(
    secret: str,
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
    tolerance: int = TOLERANCE_SECONDS,
) -> Change:
    """The change that a delivery tells. Raises NotOurs for a signature that is wrong, or older or newer
    than `tolerance` seconds."""
    names = {name.lower(): value for name, value in headers.items()}
    said = names.get(webhooks.SIGNATURE.lower(), "")
    if not webhooks.verify(secret, said, body, to_seconds(now), tolerance):
        raise NotOurs("the signature is not that of this webhook, or it is too old")
    return Change.model_validate_json(body)
