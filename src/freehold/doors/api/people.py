"""Routes of people: who signs in and as what, locks, one-time links; and sessions of one's own."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from freehold.core.roles import Role
from freehold.desks.access import access, directory, humans, sessions, signin
from freehold.desks.access.access import AccessFile
from freehold.desks.access.directory import Entered
from freehold.desks.office import Office
from freehold.desks.permits import Actor
from freehold.doors.api.problems import responses
from freehold.doors.api.routes import (
    Caller,
    Cursor,
    IdempotencyKey,
    Limit,
    OfficeOf,
    OnceKey,
)
from freehold.wire.people import (
    Invitation,
    Invited,
    LockWanted,
    OneTimeLink,
    People,
    PersonFile,
    PersonOut,
    PersonSession,
    RoleHeld,
    RoleWanted,
    SamePerson,
    Scope,
    SessionOut,
    Sessions,
    WayIn,
)

router = APIRouter(prefix="/v1")
Which = Annotated[str, Path(pattern=r"^id_[0-9a-f]{24}$", description="An identity's id")]
Mark = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$", description="A session's id")]
IssuerAsked = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=128,
        pattern=r"^[^\s\x00-\x1f\x7f-\x9f]+$",
        description="People with a role for this issuer or one of its holders",
    ),
]


@router.get("/people", responses=responses(400, 404))
def list_people(
    office: OfficeOf,
    actor: Caller,
    issuer: IssuerAsked = None,
    role: Role | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> People:
    """People who sign in, of an issuer or all whose access the caller administers."""
    first = int(cursor or 0)
    found = directory.listed(office, actor, issuer, role, first, limit + 1)
    following = str(first + limit) if len(found) > limit else None
    return People(items=[PersonOut(**_person(one)) for one in found[:limit]], next=following)


@router.post("/people", status_code=201, responses=responses(400, 404, 409))
def invite_person(
    office: OfficeOf, actor: Caller, asked: Invitation, key: IdempotencyKey
) -> Invited:
    """Invite somebody with roles. His one-time link is in the first answer alone, and in a letter."""
    given = [(one.role, one.scope) for one in asked.roles]
    made = directory.invite(office, actor, asked.name, given, key, asked.same_as)
    link = None if made.link is None else _welcome(made.link)
    return Invited(**_person(made.entered), link=link)


@router.get("/people/{id}", responses=responses(400, 404))
def one_person(office: OfficeOf, actor: Caller, id: Which) -> PersonFile:
    """Somebody's access: roles, kinds of proof, sessions; no secrets."""
    return _file(office, actor, id)


@router.post("/people/{id}/link", status_code=201, responses=responses(400, 404, 409))
def renew_link(office: OfficeOf, actor: Caller, id: Which, key: OnceKey = None) -> OneTimeLink:
    """A new one-time link for somebody who lost his way in; what he has stays good until it is used."""
    name = access.file(office, actor, id).known.sign_in_name
    return OneTimeLink(link=_welcome(signin.new_link(office, actor, name, key)))


@router.post("/people/{id}/roles", responses=responses(400, 404, 409))
def give_role(office: OfficeOf, actor: Caller, id: Which, asked: RoleWanted) -> PersonFile:
    """Give somebody else a role; one that he has stays as it is."""
    access.give_role(office, actor, id, asked.role, asked.scope)
    return _file(office, actor, id)


@router.delete("/people/{id}/roles/{role}", status_code=204, responses=responses(400, 404, 409))
def end_role(
    office: OfficeOf, actor: Caller, id: Which, role: Role, scope: Annotated[Scope, Query()]
) -> Response:
    """End a role of somebody else for a scope."""
    access.end_role(office, actor, id, role, scope)
    return Response(status_code=204)


@router.put("/people/{id}/lock", responses=responses(400, 404, 409))
def lock_person(office: OfficeOf, actor: Caller, id: Which, asked: LockWanted) -> PersonFile:
    """Lock somebody out, which ends his sessions and rests his keys, or let him come in again."""
    act = access.lock if asked.locked else access.unlock
    act(office, actor, id)
    return _file(office, actor, id)


@router.put("/people/{id}/person", responses=responses(400, 404, 409))
def say_person(office: OfficeOf, actor: Caller, id: Which, asked: SamePerson) -> PersonFile:
    """Say that two identities are the same human being, who then approves nothing of his own, or that one
    is of nobody else after all."""
    if asked.same_as is None:
        humans.part(office, actor, id)
    else:
        humans.same(office, actor, id, asked.same_as)
    return _file(office, actor, id)


@router.post("/people/{id}/sessions/end", responses=responses(400, 404))
def end_access(office: OfficeOf, actor: Caller, id: Which) -> PersonFile:
    """End every session and API key of somebody."""
    access.end_sessions(office, actor, id)
    return _file(office, actor, id)


@router.get("/sessions", responses=responses())
def list_sessions(office: OfficeOf, actor: Caller) -> Sessions:
    """Where one is signed in."""
    found = sessions.open_sessions(office, actor)
    return Sessions(items=[_session(one) for one in found])


@router.delete("/sessions", status_code=204, responses=responses())
def end_own_sessions(office: OfficeOf, actor: Caller) -> Response:
    """End every session of one's own; API keys go on."""
    sessions.end_others(office, actor)
    return Response(status_code=204)


@router.delete("/sessions/{mark}", status_code=204, responses=responses(400, 404))
def end_own_session(office: OfficeOf, actor: Caller, mark: Mark) -> Response:
    """End one session of one's own."""
    sessions.end_own(office, actor, mark)
    return Response(status_code=204)


def _file(office: Office, actor: Actor, id: str) -> PersonFile:
    found: AccessFile = access.file(office, actor, id)
    seen = [
        PersonSession(browser=one.browser, began_at=one.created_at, seen_at=one.seen_at)
        for one in found.sessions
    ]
    return PersonFile(
        **_person(Entered(found.known, found.given, bool(found.proofs))),
        ways_in=[WayIn(proof=proof.lower(), used_at=at) for proof, at in found.proofs],
        sessions=seen,
        api_keys=found.keys,
        same_person=[one.id for one in found.others],
    )


def _person(one: Entered) -> dict[str, Any]:
    known = one.known
    given = [
        RoleHeld(role=each.role, scope=each.scope, given_at=each.given_at) for each in one.given
    ]
    state = "active" if one.ready else "invited"
    state = "ended" if known.ended_at else "locked" if known.locked_at else state
    named = {"id": known.id, "name": known.sign_in_name, "state": state}
    return {**named, "created_at": known.created_at, "roles": given}


def _session(one: Any) -> SessionOut:
    return SessionOut(
        id=sessions.short(one),
        browser=one.browser,
        network=one.network,
        began_at=one.created_at,
        seen_at=one.seen_at,
        expires_at=one.expires_at,
    )


def _welcome(token: str) -> str:
    return f"/welcome/{token}"
