"""Acts that two persons agree to."""

from collections.abc import Iterator
from dataclasses import dataclass

from freehold.client.connection import Connection
from freehold.wire.approvals import (
    ActProposed,
    AnnouncementOut,
    Announcements,
    Approval,
    Approving,
    BreakingGlass,
    Deciding,
    KindOut,
    Kinds,
    RulesOut,
    TriedOut,
)
from freehold.wire.approvals import Approvals as Page


@dataclass(frozen=True, slots=True)
class Approvals:
    """Proposing acts, seeing what they would change, deciding."""

    connection: Connection

    def kinds(self) -> Iterator[KindOut]:
        """The acts that the key may propose, with the arguments each takes."""
        return self.connection.items("/v1/approvals/kinds", Kinds)

    def rules(self, issuer: str | None = None) -> RulesOut:
        """Which act of an issuer needs how many persons, and who may be the second one."""
        return self.connection.get("/v1/approvals/rules", RulesOut, {"issuer": issuer})

    def proposals(self, *states: str) -> Iterator[Approval]:
        """Proposals in these states (all, if none is given), the newest first."""
        return self.connection.items("/v1/approvals", Page, {"state": list(states)})

    def proposal(self, id: str) -> Approval:
        """One proposal."""
        return self.connection.get("/v1/approvals/{id}", Approval, id=id)

    def dry_run(self, asked: ActProposed) -> TriedOut:
        """What an act would change now; nothing is kept."""
        return self.connection.post("/v1/approvals/act/dry-runs", TriedOut, asked)

    def propose(self, asked: ActProposed, key: str | None = None) -> Approval:
        """Propose an act. Raises Refused for what its dry run refuses."""
        return self.connection.act("/v1/approvals", Approval, asked, key)

    def try_again(self, id: str) -> TriedOut:
        """Try a proposal anew; what it finds takes the place of the older difference."""
        return self.connection.post("/v1/approvals/{id}/dry-runs", TriedOut, id=id)

    def approve(self, id: str, difference: str, note: str = "") -> Approval:
        """Approve what somebody else proposed, on the difference (its digest) that was seen."""
        asked = Approving(difference=difference, note=note)
        return self.connection.post("/v1/approvals/{id}/approval", Approval, asked, id=id)

    def decline(self, id: str, note: str) -> Approval:
        """Decline what somebody else proposed."""
        asked = Deciding(note=note)
        return self.connection.post("/v1/approvals/{id}/decline", Approval, asked, id=id)

    def withdraw(self, id: str, note: str = "") -> Approval:
        """Take back what one proposed oneself."""
        asked = Deciding(note=note)
        return self.connection.post("/v1/approvals/{id}/withdrawal", Approval, asked, id=id)

    def break_glass(self, id: str, difference: str, reason: str) -> Approval:
        """Approve alone, for a reason that is announced to everybody concerned."""
        asked = BreakingGlass(difference=difference, reason=reason)
        return self.connection.post("/v1/approvals/{id}/break-glass", Approval, asked, id=id)

    def announcements(self) -> Iterator[AnnouncementOut]:
        """What is announced now: that somebody broke the glass."""
        return self.connection.items("/v1/announcements", Announcements)
