"""Sessions of browsers and keys of programs: who is behind a token, and until when.

A session lasts half an hour after the last request and twelve hours at most, at the network address
and in the browser where it began. Of an IPv6 address the first 64 bits count, because a machine changes
the others by itself every day; a session that turns up elsewhere is ended, and its owner is told. An
API key borrows some of its owner's powers, for a year at most.
"""

import hmac
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Network, ip_address

from freehold.book import audit, identities, requests, security_notices, tokens
from freehold.book.identities import Identity
from freehold.book.security_notices import Notice
from freehold.book.session import Transaction
from freehold.book.tokens import ApiKey, Session
from freehold.core.audit import Entry
from freehold.core.errors import Invalid, Mistake, NoRoom, NotFound
from freehold.core.roles import EVERYWHERE, Power
from freehold.desks import notices, permits
from freehold.desks.office import Office
from freehold.desks.permits import Actor

SESSION_IDLE = timedelta(minutes=30)
SESSION_LIFE = timedelta(hours=12)
LONGEST_KEY_DAYS = 366
ELSEWHERE = "used from another place"


@dataclass(frozen=True, slots=True)
class Client:
    """Where a request comes from: its network address and what its browser calls itself.

    `visitor` is the fingerprint of the cookie it has, by which challenges know it again.
    """

    address: str
    agent: str
    visitor: str = ""

    @property
    def network(self) -> str:
        """The address, of an IPv6 one the network that stays."""
        try:
            found = ip_address(self.address)
        except ValueError:
            return self.address
        if isinstance(found, IPv4Address):
            return self.address
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(IPv6Network((int(found) >> 64 << 64, 64)))

    @property
    def mark(self) -> str:
        return tokens.fingerprint(f"{self.network}\n{self.agent}")

    @property
    def place(self) -> str:
        return f"from {tokens.fingerprint(self.network)}"

    @property
    def browser(self) -> str:
        """What a person calls it: Firefox on Linux."""
        names = ("Edg", "OPR", "Firefox", "Chrome", "Safari")
        systems = ("Android", "iPhone", "iPad", "Windows", "Mac OS X", "Linux")
        name = next((one for one in names if f"{one}/" in self.agent), "")
        system = next((one for one in systems if one in self.agent), "")
        spoken = {"Edg": "Edge", "OPR": "Opera", "Mac OS X": "macOS"}
        said = [spoken.get(one, one) for one in (name, system) if one]
        return " on ".join(said) or re.sub(r"[^\w .()/-]", "", self.agent)[:40] or "Unknown browser"


def start_session(tx: Transaction, known: Identity, client: Client, by: str, now: datetime) -> str:
    """Open a session for somebody who has proved who he is; its token."""
    token = secrets.token_urlsafe(32)
    if tokens.came_before(tx, known.id) and not tokens.came_before(tx, known.id, client.mark):
        content = {"browser": client.browser, "network": client.network}
        notices.warn(tx, known.id, "new browser or place", now, content)
    session = Session(
        tokens.fingerprint(token),
        known.id,
        client.mark,
        now,
        now,
        now + SESSION_IDLE,
        client.browser,
        client.network,
        now,
    )
    tokens.open_session(tx, session)
    audit.record(tx, Entry(known.id, "sign in", known.id, content={"by": by}), now)
    return token


def actor_of_session(
    office: Office, token: str, client: Client, *, renew: bool = True
) -> Actor | None:
    """Who is signed in with a session; None if it has ended, or is used from another place.

    A session that turns up elsewhere was perhaps stolen: it is ended for good, and its owner told. The
    request counts as the last one, unless it is one that nobody made himself (not `renew`).
    """
    now = office.clock.now()
    with office.book.reading() as tx:
        found = tokens.session_of(tx, token, now)
        known = identities.find(tx, found.identity) if found else None
        actor = permits.actor_of(tx, known) if known and not known.shut_out else None
    if found is None or actor is None:
        return None
    if not hmac.compare_digest(found.client, client.mark):
        _end(office, found, ELSEWHERE)
        return None
    until = found.expires_at
    if renew and now - found.seen_at > timedelta(minutes=1):
        until = min(now + SESSION_IDLE, found.created_at + SESSION_LIFE)
        with suppress(NoRoom), office.book.transaction() as tx:  # reading goes on without room
            tokens.see(tx, found.hash, now, until)
    proved = found.proved_at or found.created_at
    return replace(actor, session=found.hash, proved_at=proved, until=until)


def open_sessions(office: Office, actor: Actor) -> list[Session]:
    """One's own open sessions, the one in use last first. Raises NotPermitted for an API key that is
    not for one's own access; whoever is signed in needs no power for it."""
    if actor.limit is not None:
        permits.require(actor, Power.OWN_KEYS)
    with office.book.reading() as tx:
        return tokens.sessions(tx, actor.id, office.clock.now())


def end_own(office: Office, actor: Actor, mark: str) -> None:
    """End one of one's own sessions, named by the first digits of its hash. Raises NotFound."""
    mine = [one for one in open_sessions(office, actor) if short(one) == mark]
    if not mine:
        raise NotFound("you have no such session: it has ended already", session=mark)
    _end(office, mine[0], "ended by its owner")


def end_others(office: Office, actor: Actor) -> int:
    """End all of one's own sessions but the present one; how many."""
    others = [one for one in open_sessions(office, actor) if one.hash != actor.session]
    for one in others:
        _end(office, one, "ended by its owner")
    return len(others)


def notices_of(office: Office, actor: Actor) -> list[Notice]:
    """What the actor was told about his own access, the newest first; it is read from now on."""
    with office.book.transaction() as tx:
        found = security_notices.notices(tx, actor.id)
        if any(one.seen_at is None for one in found):
            security_notices.see_all(tx, actor.id, office.clock.now())
    return found


def short(session: Session) -> str:
    """What a page calls a session: too short to be looked for, long enough to tell them apart."""
    return session.hash[:16]


def sign_out(office: Office, token: str) -> None:
    """End a session."""
    with office.book.reading() as tx:
        found = tokens.session_of(tx, token, office.clock.now())
    if found:
        _end(office, found, "signed out")


def make_key(
    office: Office,
    actor: Actor,
    label: str,
    wanted: frozenset[Power],
    days: int,
    once: str | None = None,
) -> tuple[ApiKey, str]:
    """An API key with some of one's own powers, and its token, which is shown this once.

    Raises NotPermitted for powers that the actor lacks, Invalid for a label or a life out of range,
    Conflict where one was made under the idempotency key `once`.
    """
    permits.require(actor, Power.OWN_KEYS)
    for power in wanted:
        permits.require(actor, power)
    mistakes = []
    if not 1 <= len(label.strip()) <= 128:
        mistakes.append(Mistake("label", "has 1 to 128 characters"))
    if not 1 <= days <= LONGEST_KEY_DAYS:
        mistakes.append(Mistake("days", f"{days} is not between 1 and {LONGEST_KEY_DAYS}"))
    if not wanted:
        mistakes.append(Mistake("powers", "choose at least one"))
    if mistakes:
        raise Invalid("the API key cannot be made", mistakes)
    now, token = office.clock.now(), f"fh_{secrets.token_urlsafe(32)}"
    words = tuple(sorted(wanted))
    key = ApiKey(
        f"key_{secrets.token_hex(12)}",
        tokens.fingerprint(token),
        actor.id,
        label.strip(),
        words,
        now,
        now + timedelta(days=days),
    )
    powers = " ".join(words)
    asked = requests.once(actor.id, once, EVERYWHERE, "make API key", key.label, powers, days)
    with office.book.transaction() as tx:
        requests.require_first(tx, asked)
        requests.note(tx, asked, {"id": key.id}, now)
        tokens.add_key(tx, key)
        notices.warn(tx, actor.id, "API key made", now, {"name": key.label})
        content = {"powers": powers}
        audit.record(tx, Entry(actor.id, "make API key", key.id, content=content), now)
    return key, token


def end_key(office: Office, actor: Actor, which: str) -> None:
    """End one of one's own API keys. Raises NotPermitted, NotFound."""
    permits.require(actor, Power.OWN_KEYS)
    now = office.clock.now()
    with office.book.transaction() as tx:
        tokens.end_key(tx, actor.id, which, now)
        audit.record(tx, Entry(actor.id, "end API key", which), now)


def keys(office: Office, actor: Actor) -> list[ApiKey]:
    """One's own API keys. Raises NotPermitted."""
    permits.require(actor, Power.OWN_KEYS)
    with office.book.reading() as tx:
        return tokens.keys(tx, actor.id)


def actor_of_key(office: Office, token: str) -> Actor | None:
    """Whose key a token is, narrowed to the key's powers; None if it is no good."""
    with office.book.reading() as tx:
        found = tokens.bearer_of(tx, token, office.clock.now())
    return permits.bearer(found) if found else None


def _end(office: Office, session: Session, why: str) -> None:
    now = office.clock.now()
    with office.book.transaction() as tx:
        tokens.end_session(tx, session.hash, now)
        if why == ELSEWHERE:
            said = {"browser": session.browser or "", "network": session.network or ""}
            notices.warn(tx, session.identity, "session ended", now, said)
        content = {"why": why}
        entry = Entry(session.identity, "end session", session.identity, content=content)
        audit.record(tx, entry, now)
