"""Corporate actions: revenue that feeds a pot."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from freehold.client.connection import Connection
from freehold.wire.approvals import Approval
from freehold.wire.feeds import FeedIn, FeedOut, FeedsOut


@dataclass(frozen=True, slots=True)
class Actions:
    """Corporate actions, as far as the client has them: what feeds a share of revenue."""

    connection: Connection

    def fed(self, id: str) -> FeedsOut:
        """How far the cap of a share of revenue is reached, with the first page of what fed it."""
        return self.connection.get("/v1/actions/{id}/feeds", FeedsOut, id=id)

    def feeds(self, id: str) -> Iterator[FeedOut]:
        """What the pot was fed, the last first."""
        return self.connection.items("/v1/actions/{id}/feeds", FeedsOut, id=id)

    def feed(
        self, id: str, revenue: str, on: date, reference: str, key: str | None = None
    ) -> Approval:
        """Propose to put the part of revenue (whole coins) into the pot; another person approves it."""
        path, asked = "/v1/actions/{id}/feeds", FeedIn(revenue=revenue, on=on, reference=reference)
        return self.connection.act(path, Approval, asked, key, id=id)
