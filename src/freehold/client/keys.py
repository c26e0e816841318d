"""API keys of one's own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from freehold.client.connection import Connection
from freehold.core.roles import Power
from freehold.wire.documents import Key, KeyWanted, NewKey
from freehold.wire.documents import Keys as Listed


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys for programs, each with some of one's powers."""

    connection: Connection

    def listed(self) -> Iterator[Key]:
        """One's own keys, without their secrets."""
        return self.connection.items("/v1/api-keys", Listed)

    def make(
        self, label: str, powers: Sequence[Power], days: int, key: str | None = None
    ) -> NewKey:
        """A key with some of the powers of this one; its secret is in the answer, this once."""
        asked = KeyWanted(label=label, powers=list(powers), days=days)
        return self.connection.act("/v1/api-keys", NewKey, asked, key)

    def end(self, id: str) -> None:
        """End a key at once."""
        self.connection.delete("/v1/api-keys/{id}", id=id)
