"""Policies: what is in force, what a text would change, what a case would meet."""

from collections.abc import Iterator
from dataclasses import dataclass

from freehold.client.connection import Connection
from freehold.wire.approvals import Approval, TriedOut
from freehold.wire.policies import (
    CallOff,
    CaseIn,
    CaseOut,
    ExaminationOut,
    PolicyIn,
    PolicyOut,
    PolicyProposed,
    RuledOut,
)
from freehold.wire.policies import Policies as Listed


@dataclass(frozen=True, slots=True)
class Policies:
    """The rules of instruments, and how they change."""

    connection: Connection

    def listed(self) -> Iterator[RuledOut]:
        """Every instrument with the policy in force and the one that is announced."""
        return self.connection.items("/v1/policies", Listed)

    def policy(self, token: str) -> PolicyOut:
        """The policy of an instrument with its text and its history."""
        return self.connection.get("/v1/instruments/{token}/policy", PolicyOut, token=token)

    def examine(self, token: str, text: str) -> ExaminationOut:
        """Every mistake in a text; without any, what it would change and whom it would strand."""
        path = "/v1/instruments/{token}/policy/examinations"
        return self.connection.post(path, ExaminationOut, PolicyIn(text=text), token=token)

    def ask(self, token: str, case: CaseIn) -> CaseOut:
        """Would it pass, under the policy in force or under a text? Why not, and when?"""
        path = "/v1/instruments/{token}/policy/cases"
        return self.connection.post(path, CaseOut, case, token=token)

    def dry_run(self, token: str, asked: PolicyProposed) -> TriedOut:
        """What putting a text in force would change; nothing is kept."""
        path = "/v1/instruments/{token}/policy/proposals/dry-runs"
        return self.connection.post(path, TriedOut, asked, token=token)

    def propose(self, token: str, asked: PolicyProposed, key: str | None = None) -> Approval:
        """Propose a policy; another person approves it, and it waits for its public delay."""
        path = "/v1/instruments/{token}/policy/proposals"
        return self.connection.act(path, Approval, asked, key, token=token)

    def call_off(self, token: str, why: str, key: str | None = None) -> Approval:
        """Call the announced policy off before its delay is over; the rules in force stay.

        Raises Refused with the code where nothing is announced, or it is too late.
        """
        path = "/v1/instruments/{token}/policy/call-off"
        return self.connection.act(path, Approval, CallOff(why=why), key, token=token)
