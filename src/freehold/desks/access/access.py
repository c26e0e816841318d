"""Who may come in as what, for whoever administers: roles given and ended, locks, sessions ended.

Nobody gives a role to himself, and the last administrator stays one. Everything is recorded, and told to
the person whom it concerns.
"""

from dataclasses import dataclass
from datetime import datetime

from freehold.book import audit, identities, issuers, tokens
from freehold.book.identities import Given, Identity
from freehold.book.issuers import KnownIssuer
from freehold.book.schema_access import Proof
from freehold.book.session import Transaction
from freehold.book.tokens import Session
from freehold.core.audit import Entry, Outcome
from freehold.core.errors import Conflict, NotFound, NotPermitted
from freehold.core.roles import EVERYWHERE, Power, Role
from freehold.desks import permits
from freehold.desks.access import humans, proofs
from freehold.desks.office import Office
from freehold.desks.permits import Actor

_TOLD = {
    "give role": "role given",
    "end role": "role ended",
    "lock identity": "access locked",
    "unlock identity": "access unlocked",
    "end sessions": "sessions and keys ended",
}
"""What the person concerned reads of each act."""


@dataclass(frozen=True, slots=True)
class AccessFile:
    """What an administrator sees of somebody: roles, kinds of proof, open sessions; no secrets."""

    known: Identity
    given: tuple[Given, ...]
    proofs: tuple[tuple[Proof, datetime | None], ...]
    sessions: tuple[Session, ...]
    keys: int
    others: tuple[Identity, ...]  # of the same human being


def file(office: Office, actor: Actor, which: str) -> AccessFile:
    """What is known of somebody's access. Raises NotPermitted, NotFound."""
    permits.require(actor, Power.MANAGE_IDENTITIES)
    with office.book.reading() as tx:
        known = identities.find(tx, which)
        given = identities.roles(tx, which)
        shown = [one for one in given if permits.allows(actor, Power.MANAGE_IDENTITIES, one.scope)]
        if given and not shown:
            raise NotFound(f"there is no identity {which}", identity=which)
        held = identities.credentials(tx, which)
        return AccessFile(
            known,
            tuple(shown),
            tuple((one.proof, one.used_at or one.created_at) for one in held),
            tuple(tokens.sessions(tx, which, office.clock.now())),
            len(tokens.keys(tx, which)),
            humans.others(tx, known),
        )


def scopes(office: Office, actor: Actor) -> list[str]:
    """For what a role can be given: everything, or one issuer. Raises NotPermitted."""
    permits.require(actor, Power.MANAGE_IDENTITIES)
    with office.book.reading() as tx:
        return [EVERYWHERE, *(one.id for one in issuers.issuers(tx))]


def issuers_of(office: Office, actor: Actor) -> list[KnownIssuer]:
    """The issuers for which the actor has any role; all of them where one is for everything."""
    held = {one.scope.partition("/")[0] for one in actor.given}
    with office.book.reading() as tx:
        return [one for one in issuers.issuers(tx) if held & {EVERYWHERE, one.id}]


def give_role(office: Office, actor: Actor, which: str, role: Role, scope: str) -> None:
    """Give somebody a role for a scope. Raises NotPermitted for oneself, NotFound, Invalid."""
    now = office.clock.now()
    permits.require_fresh_session(actor, now)
    with office.book.transaction() as tx:
        known = _other(tx, actor, which, "give a role to", [(role, scope)])
        proofs.require_scope(tx, role, scope)
        identities.give(tx, known.id, role, scope, actor.id, now)
        _note(tx, actor, "give role", known, now, f"{role} for {scope}")


def end_role(office: Office, actor: Actor, which: str, role: Role, scope: str) -> None:
    """End a role. Raises as `give_role`, Conflict for the last administrator."""
    now = office.clock.now()
    permits.require_fresh_session(actor, now)
    with office.book.transaction() as tx:
        known = _other(tx, actor, which, "end a role of", [(role, scope)])
        if role is Role.ADMINISTRATOR and scope == EVERYWHERE:
            permits.require_other_administrator(tx, known.id)
        identities.take(tx, known.id, role, scope, now)
        _note(tx, actor, "end role", known, now, f"{role} for {scope}")


def lock(office: Office, actor: Actor, which: str) -> None:
    """Keep somebody out until he is unlocked: his sessions end now, his keys are no good meanwhile.

    Raises as `end_role`.
    """
    now = office.clock.now()
    permits.require_fresh_session(actor, now)
    with office.book.transaction() as tx:
        known = _other(tx, actor, which, "lock")
        permits.require_other_administrator(tx, known.id)
        identities.lock(tx, known.id, now)
        tokens.end_sessions(tx, known.id, now)
        _note(tx, actor, "lock identity", known, now)


def unlock(office: Office, actor: Actor, which: str) -> None:
    """Let somebody come in again. Raises NotPermitted, NotFound."""
    now = office.clock.now()
    permits.require_fresh_session(actor, now)
    with office.book.transaction() as tx:
        known = _other(tx, actor, which, "unlock")
        identities.lock(tx, known.id, None)
        _note(tx, actor, "unlock identity", known, now)


def end_sessions(office: Office, actor: Actor, which: str) -> None:
    """End every session and API key of somebody. Raises NotPermitted, NotFound."""
    permits.require(actor, Power.MANAGE_IDENTITIES)
    now = office.clock.now()
    with office.book.transaction() as tx:
        known = identities.find(tx, which)
        permits.require_over(actor, _held(tx, known))
        tokens.end_sessions(tx, known.id, now)
        tokens.end_keys(tx, known.id, now)
        _note(tx, actor, "end sessions", known, now)


def _other(
    tx: Transaction,
    actor: Actor,
    which: str,
    act: str,
    roles: list[tuple[Role, str]] | None = None,
) -> Identity:
    """Somebody else who is still there, of whom the actor may change these roles (without them, all).

    Raises NotPermitted, NotFound, Conflict.
    """
    permits.require(actor, Power.MANAGE_IDENTITIES)
    known = identities.find(tx, which)
    permits.require_over(actor, _held(tx, known) if roles is None else roles)
    if known.id == actor.id:
        raise NotPermitted(f"nobody may {act} himself: ask another administrator")
    if known.ended_at:
        raise Conflict(f"{known.sign_in_name} was ended: invite the person anew")
    return known


def _held(tx: Transaction, known: Identity) -> list[tuple[Role, str]]:
    return [(one.role, one.scope) for one in identities.roles(tx, known.id)]


def _note(
    tx: Transaction, actor: Actor, act: str, known: Identity, now: datetime, what: str = ""
) -> None:
    entry = Entry(actor.id, act, known.id, Outcome.DONE, content={"what": what})
    audit.record(tx, entry, now)
    proofs.tell(tx, known.id, _TOLD[act], now, {"name": what})
