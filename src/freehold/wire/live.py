"""What changes, and webhooks with their deliveries."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, StrictBool, StringConstraints

from freehold.core.roles import EVERYWHERE
from freehold.wire import documents as w

Number = Annotated[int, Field(ge=1, lt=1 << 53, strict=True), BeforeValidator(w.whole)]


STRICT: Any = {"extra": "forbid"}


class Change(BaseModel):
    """Something that changed. `scope` is whom it concerns: an issuer, issuer/holder, or * for all."""

    number: int
    at: datetime
    kind: str
    scope: str
    subject: str
    content: dict[str, str | int | bool | None]


class Changes(BaseModel):
    """Changes in their order; `next` is the cursor of what comes after them, also when that is nothing
    yet."""

    items: list[Change]
    next: str


class WebhookWanted(BaseModel):
    """A webhook to make."""

    model_config = STRICT

    url: Annotated[str, StringConstraints(min_length=1, max_length=512)]
    kinds: Annotated[list[str], Field(min_length=1, max_length=16)]
    issuer: Annotated[str, StringConstraints(min_length=1, max_length=128)] = EVERYWHERE


class Webhook(BaseModel):
    """A webhook without its secret."""

    id: str
    url: str
    kinds: list[str]
    issuer: str
    created_at: datetime
    paused_at: datetime | None


class Webhooks(BaseModel):
    """One's own webhooks."""

    items: list[Webhook]


class PauseWanted(BaseModel):
    """Whether a webhook is paused: nothing is sent, and what changes waits."""

    model_config = STRICT

    paused: StrictBool


class NewWebhook(Webhook):
    """A webhook with its secret, which is shown this once."""

    secret: str


class Try(BaseModel):
    """One try of a delivery; `status` is null where nobody answered."""

    number: int
    at: datetime
    status: int | None
    milliseconds: int
    said: str


class Delivery(BaseModel):
    """A change on its way to a webhook: WAITING, DONE or DEAD. `round` counts replays.

    `body` is what is sent; null where its owner may not see the change any more.
    """

    number: int
    change: int
    kind: str
    round: int
    state: str
    due_at: datetime
    tries: list[Try]
    body: str | None


class Deliveries(BaseModel):
    """A page of deliveries, the newest first."""

    items: list[Delivery]
    next: str | None


class ReplayWanted(BaseModel):
    """The changes to deliver again, by their numbers, both ends included."""

    model_config = STRICT

    first: Number
    last: Number


class Replayed(BaseModel):
    """How many deliveries were made."""

    deliveries: int
