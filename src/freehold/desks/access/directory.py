"""Who is there, page by page, and inviting somebody once under a key: what programs ask.

An administrator of one issuer sees and invites that issuer's people alone.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from freehold.book import identities, issuers, requests
from freehold.book.identities import Given, Identity
from freehold.book.requests import Request
from freehold.core.ids import record_hash
from freehold.core.roles import EVERYWHERE, Power, Role
from freehold.desks import permits
from freehold.desks.access import humans, proofs
from freehold.desks.office import Office
from freehold.desks.permits import Actor


@dataclass(frozen=True, slots=True)
class Entered:
    """Somebody who signs in: his roles that the actor administers, and whether he has a way in."""

    known: Identity
    given: tuple[Given, ...]
    ready: bool


@dataclass(frozen=True, slots=True)
class Invited:
    """Somebody new; `link` is the token of his one-time link, None where it was shown before."""

    entered: Entered
    link: str | None


def listed(
    office: Office,
    actor: Actor,
    issuer: str | None,
    role: Role | None,
    first: int,
    limit: int,
) -> list[Entered]:
    """Identities from the `first` on, of an issuer or all that the actor administers, with a role or
    with any. Who has a role for everything has it for the issuer too.

    Raises NotPermitted, NotFound for an unknown issuer.
    """
    permits.require(actor, Power.MANAGE_IDENTITIES, issuer)
    mine = permits.scopes(actor, Power.MANAGE_IDENTITIES)
    wanted: frozenset[str] | None = mine
    if issuer is not None:
        wanted = frozenset({issuer, EVERYWHERE} if EVERYWHERE in mine else {issuer})
    elif EVERYWHERE in mine:
        wanted = None
    with office.book.reading() as tx:
        if issuer is not None:
            issuers.find(tx, issuer)
        found = identities.page(tx, wanted, role, first, limit)
        return [
            Entered(
                one,
                tuple(
                    each
                    for each in identities.roles(tx, one.id)
                    if permits.allows(actor, Power.MANAGE_IDENTITIES, each.scope)
                ),
                bool(identities.credentials(tx, one.id)),
            )
            for one in found
        ]


def names(office: Office, who: Actor, which: Collection[str]) -> dict[str, str]:
    """The sign-in names behind ids, for whoever may read the files, the log or the approvals, or manages
    identities; others get their own alone."""
    reads = (Power.READ_FILES, Power.READ_AUDIT, Power.READ_APPROVALS, Power.MANAGE_IDENTITIES)
    if not any(permits.allows(who, one) for one in reads):
        which = {who.id} & set(which)
    with office.book.reading() as tx:
        return identities.names(tx, which)


def invite(
    office: Office,
    actor: Actor,
    sign_in_name: str,
    given: Sequence[tuple[Role, str]],
    key: str,
    same_as: str | None = None,
) -> Invited:
    """Enter an identity with roles for scopes, once under a key; `same_as` as in `signin.invite`.

    Asked again it has no link, of which nothing but a fingerprint is kept. Raises NotPermitted,
    Conflict for a name that is taken or a key that was used for another request, Invalid for an
    unusable name or scope.
    """
    permits.require(actor, Power.MANAGE_IDENTITIES)
    permits.require_over(actor, given)
    now = office.clock.now()
    permits.require_fresh_session(actor, now)
    roles = list(dict.fromkeys(given))
    words = sorted(f"{role} {scope}" for role, scope in roles)
    words += [f"same as {same_as}"] if same_as else []
    digest = record_hash(["invite", sign_in_name.strip().lower(), *words])[2:]
    with office.book.transaction() as tx:
        if known := requests.claim(tx, actor.id, key, digest):
            made = identities.find(tx, str(known.outcome["identity"]))
            ready = bool(identities.credentials(tx, made.id))
            return Invited(Entered(made, tuple(identities.roles(tx, made.id)), ready), None)
        made = proofs.enter(tx, sign_in_name, roles, actor.id, now)
        if same_as:
            made = humans.join(office, tx, actor, made, same_as)
        link = proofs.one_time_link(tx, made, actor.id, now)
        kept = {"identity": made.id}
        requests.keep(tx, Request(actor.id, key, digest, EVERYWHERE, None, kept, now))
        return Invited(Entered(made, tuple(identities.roles(tx, made.id)), False), link)
