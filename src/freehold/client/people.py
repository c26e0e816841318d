"""Who signs in and as what; sessions of one's own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from freehold.client.connection import Connection
from freehold.core.roles import Role
from freehold.wire.people import (
    Invitation,
    Invited,
    LockWanted,
    OneTimeLink,
    PersonFile,
    PersonOut,
    RoleWanted,
    SamePerson,
    SessionOut,
)
from freehold.wire.people import People as Page
from freehold.wire.people import Sessions as Listed


@dataclass(frozen=True, slots=True)
class People:
    """Inviting people, their roles, locks and one-time links."""

    connection: Connection

    def listed(self, issuer: str | None = None, role: Role | None = None) -> Iterator[PersonOut]:
        """People who sign in, with a role for an issuer or any, in the order in which they came."""
        asked = {"issuer": issuer, "role": role}
        return self.connection.items("/v1/people", Page, asked)

    def invite(
        self,
        name: str,
        roles: Sequence[tuple[Role, str]],
        key: str | None = None,
        same_as: str | None = None,
    ) -> Invited:
        """Invite somebody with roles for scopes; his one-time link is in the first answer alone."""
        wanted = [RoleWanted(role=role, scope=scope) for role, scope in roles]
        asked = Invitation(name=name, roles=wanted, same_as=same_as)
        return self.connection.act("/v1/people", Invited, asked, key)

    def person(self, id: str) -> PersonFile:
        """Somebody's access: roles, kinds of proof, sessions; no secrets."""
        return self.connection.get("/v1/people/{id}", PersonFile, id=id)

    def new_link(self, id: str, key: str | None = None) -> OneTimeLink:
        """A new one-time link for somebody who lost his way in; it is in the answer, this once."""
        return self.connection.act("/v1/people/{id}/link", OneTimeLink, key=key, id=id)

    def give_role(self, id: str, role: Role, scope: str) -> PersonFile:
        """Give somebody else a role."""
        asked = RoleWanted(role=role, scope=scope)
        return self.connection.post("/v1/people/{id}/roles", PersonFile, asked, id=id)

    def end_role(self, id: str, role: Role, scope: str) -> None:
        """End a role of somebody else."""
        path, asked = "/v1/people/{id}/roles/{role}", {"scope": scope}
        self.connection.delete(path, query=asked, id=id, role=role)

    def lock(self, id: str, *, locked: bool = True) -> PersonFile:
        """Lock somebody out; with `locked=False` let him come in again."""
        asked = LockWanted(locked=locked)
        return self.connection.put("/v1/people/{id}/lock", PersonFile, asked, id=id)

    def same_person(self, id: str, other: str | None) -> PersonFile:
        """Say that two identities are the same human being; with None, that one is of nobody else."""
        asked = SamePerson(same_as=other)
        return self.connection.put("/v1/people/{id}/person", PersonFile, asked, id=id)

    def end_sessions(self, id: str) -> PersonFile:
        """End every session and API key of somebody."""
        return self.connection.post("/v1/people/{id}/sessions/end", PersonFile, id=id)


@dataclass(frozen=True, slots=True)
class Sessions:
    """The browsers in which one is signed in."""

    connection: Connection

    def listed(self) -> Iterator[SessionOut]:
        """One's own open sessions, the one in use last first."""
        return self.connection.items("/v1/sessions", Listed)

    def end(self, id: str) -> None:
        """End one of them."""
        self.connection.delete("/v1/sessions/{mark}", mark=id)

    def end_all(self) -> None:
        """End all of them; API keys go on."""
        self.connection.delete("/v1/sessions")
