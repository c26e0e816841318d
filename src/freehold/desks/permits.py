"""Who is asking, and whether he may: the one place where a power is required.

An actor is an identity with the roles it has now, seen through one session or one API key, which
may narrow the powers but never widen them. A role for an issuer holds for each of its holders; a
role for one holder holds for that one alone. A dangerous act needs besides that the actor proved who
he is a moment ago, in the session in which he acts: an API key never does.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from freehold.book import identities
from freehold.book.identities import Given, Identity
from freehold.book.session import Transaction
from freehold.book.tokens import Bearer
from freehold.core.clock import from_seconds
from freehold.core.errors import Conflict, NotPermitted
from freehold.core.roles import EVERYWHERE, GRANTED, Power, Role

OPERATOR = "operator"
IDENTITY = "id_"
"""How the id of somebody who signs in begins; who has the keys of the home folder goes by a name."""
PROOF_LIFE = timedelta(minutes=10)
"""So long a proof of who somebody is serves for dangerous acts."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who asks. `limit` are the powers of his API key; None: all that he has.

    `session` is the hash of the session he came by, `proved_at` when he last proved himself in it, `until`
    when it ends if he does nothing more.
    """

    id: str
    name: str
    given: tuple[Given, ...]
    limit: frozenset[Power] | None = None
    session: str = ""
    proved_at: datetime | None = None
    until: datetime | None = None

    @property
    def roles(self) -> tuple[Role, ...]:
        return tuple(dict.fromkeys(one.role for one in self.given))


def operator() -> Actor:
    """Whoever may run commands in the home folder: he owns it, so he administers the platform."""
    given = Given(Role.ADMINISTRATOR, EVERYWHERE, from_seconds(0))
    return Actor(OPERATOR, OPERATOR, (given,))


def keyholder(name: str = OPERATOR) -> Actor:
    """Whoever runs commands in the home folder, where the agent's keys are: he acts as the agent.

    `name` tells the two persons apart whose keys are there.
    """
    given = Given(Role.TRANSFER_AGENT, EVERYWHERE, from_seconds(0))
    return Actor(name, name, (given,))


def signs_in(which: str) -> bool:
    """Whether an actor's id is that of somebody who signs in."""
    return which.startswith(IDENTITY)


def actor_of(tx: Transaction, identity: Identity, limit: Iterable[str] | None = None) -> Actor:
    """The actor that an identity is now; `limit` are the words of an API key's powers."""
    narrowed = None if limit is None else frozenset(Power(word) for word in limit)
    given = tuple(identities.roles(tx, identity.id))
    return Actor(identity.id, identity.sign_in_name, given, narrowed)


def bearer(found: Bearer) -> Actor:
    """The actor that comes by an API key."""
    limit = frozenset(Power(word) for word in found.powers)
    return Actor(found.identity, found.sign_in_name, found.given, limit)


def powers(actor: Actor) -> frozenset[Power]:
    """Every power the actor has for anything at all."""
    return frozenset(power for power in Power if allows(actor, power))


def allows(actor: Actor, power: Power, scope: str | None = None) -> bool:
    """Whether the actor has the power for a scope; without one, for anything at all."""
    if actor.limit is not None and power not in actor.limit:
        return False
    held = [one.scope for one in actor.given if _grants(one, power)]
    return any(scope is None or _covers(one, scope) for one in held)


def scopes(actor: Actor, power: Power) -> frozenset[str]:
    """For what the actor has the power: issuers, issuer/holder, or * for everything."""
    if actor.limit is not None and power not in actor.limit:
        return frozenset()
    return frozenset(one.scope for one in actor.given if _grants(one, power))


def require(actor: Actor, power: Power, scope: str | None = None) -> None:
    """Raises NotPermitted, which names the power, if the actor does not have it."""
    if not allows(actor, power, scope):
        where = f" for {scope}" if scope and scope != EVERYWHERE else ""
        raise NotPermitted(f"this needs the power {power}{where}, which you lack", power=power)


def require_any(actor: Actor, *wanted: tuple[Power, str | None]) -> None:
    """Raises NotPermitted, naming the first power, unless the actor has one of those listed."""
    if not any(allows(actor, power, scope) for power, scope in wanted):
        require(actor, *wanted[0])


def is_fresh(actor: Actor, now: datetime, within: timedelta = PROOF_LIFE) -> bool:
    """Whether the actor proved who he is a moment ago; whoever owns the home folder always has."""
    if actor.id == OPERATOR:
        return True
    return actor.proved_at is not None and now - actor.proved_at < within


def require_fresh(actor: Actor, now: datetime, within: timedelta = PROOF_LIFE) -> None:
    """Raises NotPermitted unless the actor proved who he is a moment ago: for dangerous acts."""
    if not is_fresh(actor, now, within):
        said = "prove again who you are, then do this" if actor.session else "sign in to do this"
        raise NotPermitted(f"this act needs a fresh proof: {said}", field="proof")


def require_fresh_session(actor: Actor, now: datetime) -> None:
    """Raises NotPermitted where somebody in a session has not proved himself a moment ago.

    An API key has no such moment: it was made on a fresh proof, for the powers that it names.
    """
    if actor.session:
        require_fresh(actor, now)


def require_over(actor: Actor, given: Iterable[tuple[Role, str]]) -> None:
    """Raises NotPermitted unless the actor manages identities for all that these roles are given for;
    where one administers, unless he is there himself: whoever steals a key of his cannot use it to
    make an administrator, or to come in as one."""
    held = list(given)
    for scope in [scope for _, scope in held] or [EVERYWHERE]:
        require(actor, Power.MANAGE_IDENTITIES, scope)
    if actor.limit is not None and any(role is Role.ADMINISTRATOR for role, _ in held):
        raise NotPermitted("no API key makes or changes an administrator: sign in to do this")


def require_other_administrator(tx: Transaction, without: str) -> None:
    """Raises Conflict if nobody would administer the platform without this identity."""
    held = identities.with_role(tx, Role.ADMINISTRATOR, EVERYWHERE)
    if held and not held - {without}:
        raise Conflict("this is the last administrator: make somebody else one first")


def _grants(one: Given, power: Power) -> bool:
    """Whether a role has a power at all. An investor's that names no holder has none: he would be all."""
    if one.role is Role.INVESTOR and "/" not in one.scope:
        return False
    return power in GRANTED[one.role]


def _covers(held: str, scope: str) -> bool:
    return held in (EVERYWHERE, scope) or scope.startswith(f"{held}/")
