"""Investors who apply, and hits of screening."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from freehold.client.connection import Connection
from freehold.wire.reviews import (
    Acceptance,
    ApplicationFile,
    ApplicationOut,
    Applications,
    Declining,
    HitDecided,
    HitDecision,
    HitOut,
    Hits,
    InvestorInvitation,
    InvestorInvited,
    Question,
    StageAsked,
)


@dataclass(frozen=True, slots=True)
class Reviews:
    """Inviting investors, reading and deciding what they apply for."""

    connection: Connection

    def invite(self, issuer: str, name: str, key: str | None = None) -> InvestorInvited:
        """Invite an investor to an issuer's register; his link is in the first answer alone."""
        path, asked = "/v1/issuers/{issuer}/investors", InvestorInvitation(name=name)
        return self.connection.act(path, InvestorInvited, asked, key, issuer=issuer)

    def applications(
        self, *stages: StageAsked, issuer: str | None = None
    ) -> Iterator[ApplicationOut]:
        """Applications in these stages (all, if none is given), the newest first."""
        asked: dict[str, str | int | list[str] | None] = {"issuer": issuer, "stage": [*stages]}
        return self.connection.items("/v1/applications", Applications, asked)

    def application(self, id: str) -> ApplicationFile:
        """Everything that decides an application."""
        return self.connection.get("/v1/applications/{id}", ApplicationFile, id=id)

    def paper(self, id: str, kind: str) -> bytes:
        """A paper that was handed in; that it was read is recorded."""
        return self.connection.content("/v1/applications/{id}/papers/{kind}", id=id, kind=kind)

    def approve(self, id: str, accepted: Mapping[str, date], why: str = "") -> ApplicationFile:
        """Make the accepted claims, each with its last day, and have the account opened."""
        days = {key: day.isoformat() for key, day in accepted.items()}
        path, asked = "/v1/applications/{id}/approval", Acceptance(accepted=days, why=why)
        return self.connection.post(path, ApplicationFile, asked, id=id)

    def decline(self, id: str, why: str) -> ApplicationFile:
        """End an application with a reason, which its applicant reads."""
        path, asked = "/v1/applications/{id}/decline", Declining(why=why)
        return self.connection.post(path, ApplicationFile, asked, id=id)

    def ask(self, id: str, question: str) -> ApplicationOut:
        """Give an application back with a question, until it is submitted again."""
        path, asked = "/v1/applications/{id}/question", Question(question=question)
        return self.connection.post(path, ApplicationOut, asked, id=id)

    def hits(self) -> Iterator[HitOut]:
        """Hits of screening that wait."""
        return self.connection.items("/v1/screening/hits", Hits)

    def decide_hit(self, number: int, why: str, *, confirmed: bool) -> HitDecided:
        """Say whether a person is the one of the list; confirmed, his accounts are frozen."""
        path, asked = "/v1/screening/hits/{number}/decision", HitDecision
        found = asked(confirmed=confirmed, why=why)
        return self.connection.post(path, HitDecided, found, number=str(number))
