"""Self-custody: from the agent's key to a holder's own, and a holder invited to sign in."""

from collections.abc import Iterator
from dataclasses import dataclass

from freehold.client.connection import Connection
from freehold.wire.custody import (
    ConsentIn,
    ConsentOut,
    CustodyExitAsked,
    CustodyExitOut,
    CustodyExits,
    CustodyExitWanted,
    HolderInvitation,
    HolderInvited,
    ProofIn,
)


@dataclass(frozen=True, slots=True)
class Custody:
    """Whose key opens a holder's account."""

    connection: Connection

    def listed(self, issuer: str | None = None) -> Iterator[CustodyExitOut]:
        """Ways out of the agent's key; a holder sees his own."""
        return self.connection.items("/v1/custody-exits", CustodyExits, {"issuer": issuer})

    def begin(self, holder: str, wallet: str, issuer: str | None = None) -> CustodyExitAsked:
        """The text that a wallet has to sign before the account may come under it."""
        asked, of = CustodyExitWanted(holder=holder, wallet=wallet), {"issuer": issuer}
        return self.connection.post("/v1/custody-exits", CustodyExitAsked, asked, of)

    def prove(self, id: str, signature: str) -> CustodyExitOut:
        """Give the wallet's signature of the text (ERC-191)."""
        path, asked = "/v1/custody-exits/{id}/proof", ProofIn(signature=signature)
        return self.connection.post(path, CustodyExitOut, asked, id=id)

    def consent(self, id: str, document: str) -> ConsentOut:
        """Note on what the holder's identity was checked (a SHA-256); two persons agree to the rest."""
        path, asked = "/v1/custody-exits/{id}/consent", ConsentIn(document=document)
        return self.connection.post(path, ConsentOut, asked, id=id)

    def invite(self, issuer: str, holder: str, name: str, key: str | None = None) -> HolderInvited:
        """Invite a holder who stands in the register to sign in; his link is in the first answer alone."""
        path, asked = (
            "/v1/issuers/{issuer}/holders/{holder}/invitation",
            HolderInvitation(name=name),
        )
        return self.connection.act(path, HolderInvited, asked, key, issuer=issuer, holder=holder)
