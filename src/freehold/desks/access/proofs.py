"""What every way in shares: challenges, lock-outs, and what people are told about their access.

A challenge is good once, for a few minutes, in the browser that asked for it, and for one act alone. A
wrong answer uses it up as well. Failures are counted about a name and from a place; five, or thirty, end
trying for a while (OWASP's and NIST SP 800-63B's advice). Whoever takes away a way in leaves another.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from freehold.book import audit, identities, issuers, tokens
from freehold.book.identities import Credential, Identity
from freehold.book.schema_access import Proof, Purpose
from freehold.book.session import Transaction
from freehold.book.tokens import OneTime
from freehold.core.audit import Entry, Outcome
from freehold.core.errors import Conflict, Invalid, Mistake, NotFound
from freehold.core.letters import Kind
from freehold.core.roles import EVERYWHERE, Role
from freehold.desks import notices
from freehold.desks.access.sessions import Client
from freehold.desks.permits import Actor

CHALLENGE_LIFE = timedelta(minutes=5)
LINK_LIFE = timedelta(hours=24)
LOCK = timedelta(minutes=15)
TRIES_OF_A_NAME = 5
TRIES_FROM_A_PLACE = 30
WAIT = "There were too many failed tries. Wait 15 minutes, then try again."
STALE = "This took too long or was answered before. Start again."


@dataclass(frozen=True, slots=True)
class Step:
    """What became of one step: a token that opens the next one, or the sentence why not."""

    token: str | None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where the pages are found: `origin` with scheme and port, `host` without, `domain` with port."""

    origin: str

    @property
    def host(self) -> str:
        return urlsplit(self.origin).hostname or ""

    @property
    def domain(self) -> str:
        return urlsplit(self.origin).netloc


def challenge(
    tx: Transaction,
    token: str,
    purpose: Purpose,
    act: str,
    client: Client,
    identity: str | None,
    now: datetime,
) -> None:
    """Keep a challenge until it is answered or expires. `act` says what an answer would do."""
    content = {"act": act, "client": client.mark, "visitor": client.visitor}
    what = OneTime(purpose, identity, content)
    tokens.issue(tx, token, what, now, now + CHALLENGE_LIFE)


def answered(
    tx: Transaction, token: str, purpose: Purpose, act: str, client: Client, now: datetime
) -> OneTime | None:
    """Use a challenge up; None unless it was made for this act, in this browser, and is in time."""
    found = tokens.use(tx, token, purpose, now)
    wanted = {"act": act, "client": client.mark, "visitor": client.visitor}
    return found if found and found.content == wanted else None


def locked(tx: Transaction, name: str | None, client: Client, now: datetime) -> bool:
    """Whether trying is over for a while, about a name or from a place."""
    since = now - LOCK
    about = name is not None and tokens.failures(tx, _about(name), since) >= TRIES_OF_A_NAME
    return about or tokens.failures(tx, client.place, since) >= TRIES_FROM_A_PLACE


def failed(
    tx: Transaction, name: str | None, client: Client, who: str, what: str, now: datetime
) -> None:
    """Count and record a failed try; `name` None where nobody knows whose it was."""
    if name is not None:
        tokens.fail(tx, _about(name), now)
    tokens.fail(tx, client.place, now)
    audit.record(tx, Entry(who, "sign in", "", Outcome.DENIED, content={"wrong": what}), now)


def succeeded(tx: Transaction, name: str) -> None:
    """Forget the failures about a name."""
    tokens.forgive(tx, _about(name))


def tell(
    tx: Transaction,
    identity: str,
    what: str,
    now: datetime,
    content: Mapping[str, str] | None = None,
) -> None:
    """Tell somebody about his own access: a notice and a letter."""
    notices.warn(tx, identity, what, now, content)


def ways_in(held: list[Credential]) -> int:
    """How many separate ways in credentials are; password and code are one, together."""
    alone = sum(one.proof in (Proof.PASSKEY, Proof.WALLET) for one in held)
    kinds = {one.proof for one in held}
    return alone + (Proof.PASSWORD in kinds and Proof.CODE in kinds)


def drop(tx: Transaction, actor: Actor, number: int, proof: Proof, now: datetime) -> None:
    """Take one of one's own ways in away. Raises NotFound, Conflict if it is the last one."""
    held = identities.credentials(tx, actor.id)
    mine = next((one for one in held if one.number == number and one.proof is proof), None)
    if mine is None:
        raise NotFound("you have no such way in", number=number)
    if ways_in([one for one in held if one.number != number]) == 0:
        raise Conflict("this is your last way in: add another one first")
    identities.retire(tx, number, now)
    what = f"remove {proof.lower()}"
    audit.record(tx, Entry(actor.id, what, actor.id, content={"number": str(number)}), now)
    tell(tx, actor.id, f"{proof.lower()} removed", now, {"name": str(mine.content.get("name", ""))})


def replaced(tx: Transaction, known: Identity, now: datetime) -> None:
    """A one-time link was used: every way in from before ends, and every session with them."""
    held = identities.credentials(tx, known.id)
    for one in held:
        identities.retire(tx, one.number, now)
    tokens.end_sessions(tx, known.id, now)
    if held:
        tell(tx, known.id, "ways in replaced by a one-time link", now)


def enter(
    tx: Transaction, sign_in_name: str, given: list[tuple[Role, str]], by: str, now: datetime
) -> Identity:
    """Enter an identity with roles for scopes. Raises Invalid for an unusable name or scope, Conflict
    if the name is taken."""
    name = sign_in_name.strip().lower()
    if not 3 <= len(name) <= 128 or not name.isprintable() or " " in name:
        said = "has 3 to 128 characters and no spaces, such as an e-mail address"
        raise Invalid("the identity cannot be entered", [Mistake("sign_in_name", said)])
    for role, scope in given:
        require_scope(tx, role, scope)
    made = identities.add(tx, Identity(f"id_{secrets.token_hex(12)}", name, None, now, None))
    for role, scope in given:
        identities.give(tx, made.id, role, scope, by, now)
    roles = ", ".join(f"{role} for {scope}" for role, scope in given)
    audit.record(tx, Entry(by, "enter identity", made.id, content={"roles": roles}), now)
    return made


def require_scope(tx: Transaction, role: Role, scope: str) -> None:
    """Raises Invalid where a scope is neither everything, nor an issuer or one of its holders; and
    where an investor's is not a holder, because he would be all of them."""
    issuer, _, holder = scope.partition("/")
    if role is Role.INVESTOR and not holder:
        said = f"an investor is one holder: {scope[:128]!r} is no issuer/holder"
        raise Invalid(said, field="scope")
    known = {one.id for one in issuers.issuers(tx)}
    if scope == EVERYWHERE or (scope in known and not holder):
        return
    if issuer in known and holder in {one.id for one in issuers.holders(tx, issuer)}:
        return
    raise Invalid(f"{scope!r} is no issuer, issuer/holder or * for everything", field="scope")


def one_time_link(tx: Transaction, known: Identity, by: str, now: datetime) -> str:
    """A new one-time link's token, good for a day; the one before is worthless."""
    token = secrets.token_urlsafe(32)
    tokens.revoke(tx, known.id, Purpose.LINK, now)
    what = OneTime(Purpose.LINK, known.id, {"number": secrets.token_hex(16)})
    tokens.issue(tx, token, what, now, now + LINK_LIFE)
    audit.record(tx, Entry(by, "make one-time link", known.id), now)
    until = f"{now + LINK_LIFE:%Y-%m-%d %H:%M} UTC"
    facts = {"issuer": _to_what(tx, known.id), "link": f"/welcome/{token}", "until": until}
    notices.tell(tx, known.id, Kind.INVITATION, facts, now)
    return token


def _to_what(tx: Transaction, identity: str) -> str:
    """The issuers to whose registers somebody is invited, by name; the platform where it is all."""
    named = {one.scope.partition("/")[0] for one in identities.roles(tx, identity)}
    known = [one.name for one in issuers.issuers(tx) if one.id in named]
    return ", ".join(known) or "Freehold"


def _about(name: str) -> str:
    return f"name {tokens.fingerprint(name)}"
