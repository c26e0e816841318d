"""People who sign in: their roles, locks and one-time links; and sessions of one's own."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field, StrictBool, StringConstraints

from freehold.core.roles import Role

STRICT: Any = {"extra": "forbid"}
Scope = Annotated[
    str,
    StringConstraints(min_length=1, max_length=257, pattern=r"^[^\s\x00-\x1f\x7f-\x9f]+$"),
    Field(description="An issuer's id, issuer/holder, or * for everything", examples=["*"]),
]
SignInName = Annotated[
    str,
    StringConstraints(min_length=3, max_length=128, pattern=r"^[^\s\x00-\x1f\x7f-\x9f]+$"),
    Field(description="What somebody signs in as; an e-mail address is best"),
]


class RoleWanted(BaseModel):
    """A role to give or to end, and for what. An investor's is for issuer/holder."""

    model_config = STRICT

    role: Role
    scope: Scope


IdentityId = Annotated[str, StringConstraints(pattern=r"^id_[0-9a-f]{24}$")]


class SamePerson(BaseModel):
    """Another identity of the same human being; null: there is none after all."""

    model_config = STRICT

    same_as: IdentityId | None


class Invitation(BaseModel):
    """Somebody to invite. `same_as` is another identity of the same human being, if he has one."""

    model_config = STRICT

    name: SignInName
    roles: Annotated[list[RoleWanted], Field(min_length=1, max_length=20)]
    same_as: IdentityId | None = None


class LockWanted(BaseModel):
    """Whether somebody is locked out."""

    model_config = STRICT

    locked: StrictBool


class RoleHeld(BaseModel):
    """A role that somebody has."""

    role: Role
    scope: str
    given_at: datetime


class PersonOut(BaseModel):
    """Somebody who signs in: `invited` until he has set up a way in, `active`, `locked` or `ended`.

    Roles are those that the caller administers.
    """

    id: str
    name: str
    state: str
    created_at: datetime
    roles: list[RoleHeld]


class People(BaseModel):
    """A page of people, in the order in which they came."""

    items: list[PersonOut]
    next: str | None


class WayIn(BaseModel):
    """A kind of proof that somebody has set up, and when it was used last; no secret."""

    proof: str
    used_at: datetime | None


class PersonSession(BaseModel):
    """A browser in which somebody is signed in."""

    browser: str | None
    began_at: datetime
    seen_at: datetime


class PersonFile(PersonOut):
    """What an administrator sees of somebody's access. `api_keys` is how many he has, `same_person` the
    ids of other identities of the same human being."""

    ways_in: list[WayIn]
    sessions: list[PersonSession]
    api_keys: int
    same_person: list[str]


class OneTimeLink(BaseModel):
    """Where somebody sets up his way in: good for a day, once; shown this once."""

    link: Annotated[str, Field(description="A path below the platform's address")]


class Invited(PersonOut):
    """Somebody who was invited. `link` is null where the same request was answered before."""

    link: Annotated[str | None, Field(description="A path below the platform's address")]


class SessionOut(PersonSession):
    """A session of one's own."""

    id: str
    network: str | None
    expires_at: datetime


class Sessions(BaseModel):
    """One's own open sessions, the one in use last first."""

    items: list[SessionOut]
