"""Sending what a holder signed (`freehold.client.signing`), at the platform's cost."""

from dataclasses import dataclass

from freehold.client.connection import Connection
from freehold.wire.relays import (
    BudgetsWanted,
    CancelSigned,
    ClaimSigned,
    RelayAccepted,
    RelayTerms,
    SigningDomain,
    TransferSigned,
    VoteSigned,
)


@dataclass(frozen=True, slots=True)
class Relay:
    """The relay: tried first, sent once, within budgets. Each raises Refused with the reason."""

    connection: Connection

    def domain(self, token: str) -> SigningDomain:
        """What is needed to sign acts of a token offline."""
        return self.connection.get("/v1/instruments/{token}/relays", SigningDomain, token=token)

    def terms(self, issuer: str) -> RelayTerms:
        """The contracts of votes and claims, and the budgets."""
        return self.connection.get("/v1/issuers/{issuer}/relays", RelayTerms, issuer=issuer)

    def set_budgets(self, issuer: str, issuer_gas: int, holder_gas: int) -> RelayTerms:
        """Say how much gas a day is paid for an issuer's holders, and for one of them."""
        path, asked = "/v1/issuers/{issuer}/relays/budgets", BudgetsWanted
        wanted = asked(issuer_gas=issuer_gas, holder_gas=holder_gas)
        return self.connection.put(path, RelayTerms, wanted, issuer=issuer)

    def transfer(self, token: str, signed: TransferSigned, key: str | None = None) -> RelayAccepted:
        """Send a signed transfer."""
        path = "/v1/instruments/{token}/relays/transfer"
        return self.connection.act(path, RelayAccepted, signed, key, token=token)

    def cancel(self, token: str, signed: CancelSigned, key: str | None = None) -> RelayAccepted:
        """Send a signed cancellation."""
        path = "/v1/instruments/{token}/relays/cancel"
        return self.connection.act(path, RelayAccepted, signed, key, token=token)

    def claim(self, signed: ClaimSigned, key: str | None = None) -> RelayAccepted:
        """Send a signed claim."""
        return self.connection.act("/v1/relays/claim", RelayAccepted, signed, key)

    def vote(self, signed: VoteSigned, key: str | None = None) -> RelayAccepted:
        """Send a signed vote."""
        return self.connection.act("/v1/relays/vote", RelayAccepted, signed, key)
