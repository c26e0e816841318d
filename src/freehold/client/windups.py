"""Winding an issuer up: terms, two persons, the pot, payments."""

from collections.abc import Iterator
from dataclasses import dataclass

from freehold.client.connection import Connection
from freehold.wire.approvals import Approval, TriedOut
from freehold.wire.claims import ClaimOut, ClaimsOut
from freehold.wire.orders import OrderOut, Orders
from freehold.wire.windups import PotIn, ShareOut, Shares, WindupIn, WindupOut
from freehold.wire.windups import Windups as Page


@dataclass(frozen=True, slots=True)
class Windups:
    """Winding-ups: what two persons agree to is proposed, the rest is asked of the worker."""

    connection: Connection

    def listed(self, issuer: str | None = None) -> Iterator[WindupOut]:
        """Winding-ups, the newest first."""
        return self.connection.items("/v1/windups", Page, {"issuer": issuer})

    def preview(self, terms: str, exit: str, issuer: str | None = None) -> TriedOut:
        """What terms (TOML) would pay of an exit in whole coins; nothing is kept."""
        asked = WindupIn(terms=terms, exit=exit, issuer=issuer)
        return self.connection.post("/v1/windups/dry-runs", TriedOut, asked)

    def propose(
        self, terms: str, exit: str, issuer: str | None = None, key: str | None = None
    ) -> Approval:
        """Propose to wind an issuer up. Raises Refused for what the dry run refuses."""
        asked = WindupIn(terms=terms, exit=exit, issuer=issuer)
        return self.connection.act("/v1/windups", Approval, asked, key)

    def windup(self, id: str) -> WindupOut:
        """One winding-up: what each class gets, what of it is paid, every step."""
        return self.connection.get("/v1/windups/{id}", WindupOut, id=id)

    def holders(self, id: str) -> Iterator[ShareOut]:
        """What each holder gets of each class."""
        return self.connection.items("/v1/windups/{id}/holders", Shares, id=id)

    def fund(self, id: str, amount: str | None = None, key: str | None = None) -> Approval:
        """Propose to put money into the pot; what the next stage lacks if no amount is named."""
        path, asked = "/v1/windups/{id}/funding", PotIn(amount=amount)
        return self.connection.act(path, Approval, asked, key, id=id)

    def cancel(self, id: str, key: str | None = None) -> Approval:
        """Propose to call off what is not yet paid."""
        return self.connection.act("/v1/windups/{id}/cancellation", Approval, key=key, id=id)

    def pay(self, id: str) -> OrderOut:
        """Pay the stages that are funded and due now."""
        return self.connection.post("/v1/windups/{id}/payment", OrderOut, id=id)

    def reconcile(self, id: str) -> OrderOut:
        """Compare what the chain's events say with what was due."""
        return self.connection.post("/v1/windups/{id}/reconciliation", OrderOut, id=id)

    def close(self, id: str) -> OrderOut:
        """Send the tax to its office, and end the winding-up."""
        return self.connection.post("/v1/windups/{id}/closing", OrderOut, id=id)

    def release(self, id: str, account: int) -> OrderOut:
        """Send money that is held for an account to its wallet."""
        path = "/v1/windups/{id}/releases/{account}"
        return self.connection.post(path, OrderOut, id=id, account=str(account))

    def orders(self, id: str) -> Iterator[OrderOut]:
        """What was asked of the worker and is not done yet, or failed."""
        return self.connection.items("/v1/windups/{id}/orders", Orders, id=id)

    def claims(self, id: str, holder: str) -> Iterator[ClaimOut]:
        """What proves a holder's claims, one for each class of each stage that is open."""
        path = "/v1/windups/{id}/claims/{holder}"
        return self.connection.items(path, ClaimsOut, id=id, holder=holder)

    def claim(self, id: str, holder: str) -> OrderOut:
        """Bring those proofs: his money goes to his wallet. A signed claim goes through the relay."""
        path = "/v1/windups/{id}/claims/{holder}"
        return self.connection.post(path, OrderOut, id=id, holder=holder)

    def claim_file(self, id: str, pot: str = "") -> bytes:
        """Every account's claim on a pot and the root, as CSV; on the first pot if none is named."""
        return self.connection.content("/v1/windups/{id}/claims", {"pot": pot}, id=id)
