"""The platform as a program sees it: one object, whose parts are the subjects of the API."""

from collections.abc import Iterator
from dataclasses import dataclass

from freehold.client.actions import Actions
from freehold.client.approvals import Approvals
from freehold.client.cash import Cash
from freehold.client.connection import Connection
from freehold.client.custody import Custody
from freehold.client.desk import Desk
from freehold.client.drafts import Drafts
from freehold.client.evidence import Evidence
from freehold.client.exits import Exits
from freehold.client.holders import Holders
from freehold.client.keys import Keys
from freehold.client.live import Changes, Webhooks
from freehold.client.people import People, Sessions
from freehold.client.policies import Policies
from freehold.client.registers import Audit, Chain, Registers
from freehold.client.relay import Relay
from freehold.client.reviews import Reviews
from freehold.client.tax import Tax
from freehold.client.transfers import Transfers
from freehold.client.windups import Windups
from freehold.wire.documents import Me
from freehold.wire.ownership import FoundList, FoundOut, WaitingList, WaitingOut


@dataclass(frozen=True, slots=True)
class Freehold:
    """A platform's API, asked with one key."""

    connection: Connection
    registers: Registers
    transfers: Transfers
    holders: Holders
    custody: Custody
    desk: Desk
    approvals: Approvals
    drafts: Drafts
    exits: Exits
    policies: Policies
    relay: Relay
    changes: Changes
    webhooks: Webhooks
    keys: Keys
    people: People
    sessions: Sessions
    reviews: Reviews
    evidence: Evidence
    windups: Windups
    actions: Actions
    tax: Tax
    cash: Cash
    chain: Chain
    audit: Audit

    def me(self) -> Me:
        """Who the key belongs to, and what it may do."""
        return self.connection.get("/v1/me", Me)

    def waiting(self) -> Iterator[WaitingOut]:
        """What waits for whom the key belongs to, the most urgent first."""
        return self.connection.items("/v1/waiting", WaitingList)

    def search(self, q: str) -> Iterator[FoundOut]:
        """What a text names of all that the key may read."""
        return self.connection.items("/v1/search", FoundList, {"q": q})


def connect(url: str, key: str, seconds: float = 30.0) -> Freehold:
    """The API of the platform at `url` (without /api), asked with an API key; nothing is sent yet."""
    connection = Connection(url.rstrip("/").removesuffix("/api"), key, seconds)
    return of(connection)


def of(connection: Connection) -> Freehold:
    """The same over a connection that was made with other times or tries."""
    return Freehold(
        connection,
        Registers(connection),
        Transfers(connection),
        Holders(connection),
        Custody(connection),
        Desk(connection),
        Approvals(connection),
        Drafts(connection),
        Exits(connection),
        Policies(connection),
        Relay(connection),
        Changes(connection),
        Webhooks(connection),
        Keys(connection),
        People(connection),
        Sessions(connection),
        Reviews(connection),
        Evidence(connection),
        Windups(connection),
        Actions(connection),
        Tax(connection),
        Cash(connection),
        Chain(connection),
        Audit(connection),
    )
