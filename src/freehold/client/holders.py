"""Admitting holders and suspending them."""

from dataclasses import dataclass

from freehold.client.connection import Connection
from freehold.wire.admission import Admission, GivenOut, Suspension


@dataclass(frozen=True, slots=True)
class Holders:
    """The accounts of an issuer's register."""

    connection: Connection

    def admit(self, issuer: str, asked: Admission, key: str | None = None) -> GivenOut:
        """Open an account for a person, with or without a wallet of his own."""
        path = "/v1/issuers/{issuer}/holders"
        return self.connection.act(path, GivenOut, asked, key, issuer=issuer)

    def suspend(
        self, issuer: str, holder: str, suspended: bool, key: str | None = None
    ) -> GivenOut:
        """Suspend a holder, or reinstate him."""
        path, asked = "/v1/issuers/{issuer}/holders/{holder}/suspension", Suspension
        return self.connection.act(
            path, GivenOut, asked(suspended=suspended), key, issuer=issuer, holder=holder
        )
