"""What changes: the feed, the stream of it, and webhooks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from freehold.client import streams
from freehold.client.connection import Connection
from freehold.core.roles import EVERYWHERE
from freehold.wire.live import (
    Change,
    Deliveries,
    Delivery,
    NewWebhook,
    PauseWanted,
    Replayed,
    ReplayWanted,
    Webhook,
    WebhookWanted,
)
from freehold.wire.live import Changes as Feed
from freehold.wire.live import Webhooks as Listed


@dataclass(frozen=True, slots=True)
class Changes:
    """Everything that happens which the key may see, in its order."""

    connection: Connection

    def since(self, after: int = 0, kinds: Sequence[str] = ()) -> Iterator[Change]:
        """What changed behind a number, up to now."""
        asked = {"cursor": str(after), "kinds": ",".join(kinds) or None, "limit": 500}
        while True:
            page = self.connection.get("/v1/changes", Feed, asked)
            yield from page.items
            if page.next == asked["cursor"]:
                return
            asked["cursor"] = page.next

    def stream(self, after: int | None = None, kinds: Sequence[str] = ()) -> Iterator[Change]:
        """Changes as they happen, behind a number or from now on; goes on by itself when cut off."""
        return streams.changes(self.connection, ",".join(kinds) or None, after)


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Being told at a URL."""

    connection: Connection

    def listed(self) -> Iterator[Webhook]:
        """One's own webhooks, without their secrets."""
        return self.connection.items("/v1/webhooks", Listed)

    def make(
        self, url: str, kinds: Sequence[str], issuer: str = EVERYWHERE, key: str | None = None
    ) -> NewWebhook:
        """Be told of what changes from now on. The secret is in the answer, this once."""
        asked = WebhookWanted(url=url, kinds=list(kinds), issuer=issuer)
        return self.connection.act("/v1/webhooks", NewWebhook, asked, key)

    def end(self, id: str) -> None:
        """End a webhook at once."""
        self.connection.delete("/v1/webhooks/{id}", id=id)

    def pause(self, id: str, *, paused: bool = True) -> Webhook:
        """Send nothing for now; with `paused=False` go on with what waited meanwhile."""
        asked = PauseWanted(paused=paused)
        return self.connection.put("/v1/webhooks/{id}/pause", Webhook, asked, id=id)

    def rotate(self, id: str, key: str | None = None) -> NewWebhook:
        """A new secret, which is in the answer this once; the old one signs nothing more."""
        return self.connection.act("/v1/webhooks/{id}/secret", NewWebhook, key=key, id=id)

    def deliveries(self, id: str) -> Iterator[Delivery]:
        """What was delivered and tried, the newest first."""
        return self.connection.items("/v1/webhooks/{id}/deliveries", Deliveries, id=id)

    def replay(self, id: str, first: int, last: int, key: str | None = None) -> Replayed:
        """Deliver the changes with these numbers once more, both ends included."""
        asked = ReplayWanted(first=first, last=last)
        return self.connection.act("/v1/webhooks/{id}/replays", Replayed, asked, key, id=id)
