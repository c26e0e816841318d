"""Letters: whoever has something to tell calls `notify` in his own transaction; the worker sends.

A letter is written in the transaction of what it is about, so neither exists without the other. Its id
becomes its Message-ID. It is never sent twice: what fails before the other side took it is tried again
with growing waits, what it refuses for good goes into the queue of bounces, and what may or may not have
been taken (the line broke, the process died) waits there for a person to decide.
"""

import hashlib
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from freehold.book import (
    audit,
    identities,
    issuers,
    notices,
    registrations,
    security_notices,
    settings,
)
from freehold.book.session import Transaction
from freehold.core import letters
from freehold.core.audit import Entry
from freehold.core.clock import stamp
from freehold.core.errors import Conflict, Invalid
from freehold.core.ids import canonical
from freehold.core.letters import Kind, Letter, State
from freehold.core.roles import EVERYWHERE, Power, Role, holder_scope
from freehold.desks import permits
from freehold.desks.office import Office
from freehold.desks.permits import Actor

TAKEN_FOR = timedelta(minutes=5)
WAITS = (60, 300, 900, 3_600, 4 * 3_600, 12 * 3_600)
"""Seconds before the next attempt; after the last one a letter goes into the queue."""
QUEUE = (State.BOUNCED, State.UNSURE)
SHOWN = 200
OWN_SHOWN = 30


class Ended(StrEnum):
    """What a delivery says: taken; not now; never; or nobody knows."""

    SENT = "sent"
    LATER = "later"
    NEVER = "never"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Delivered:
    """How one attempt ended, and what the other side said."""

    ended: Ended
    note: str = ""


@dataclass(frozen=True, slots=True)
class Post:
    """A way to send letters. `repeatable`: sending the same letter again leaves one letter."""

    deliver: Callable[[Letter], Delivered]
    repeatable: bool


def notify(
    tx: Transaction,
    kind: Kind,
    to: str,
    facts: Mapping[str, str],
    now: datetime,
    once: str | None = None,
    about: str | None = None,
) -> str:
    """Write a letter to one mailbox; its id. With `once` the same is never written twice. `about` is the
    holder whom it tells of something, as a scope.

    Raises Invalid for a recipient that is no mailbox, or facts that the kind does not have.
    """
    mailbox, said = letters.mailbox(to), letters.checked(kind, facts)
    id = secrets.token_hex(16)
    if once is not None:
        id = hashlib.sha256(canonical([str(kind), mailbox, once])).hexdigest()[:32]
    notices.add(tx, id, kind, mailbox, said, now, about)
    return id


def tell(
    tx: Transaction,
    identity: str,
    kind: Kind,
    facts: Mapping[str, str],
    now: datetime,
    once: str | None = None,
    about: str | None = None,
) -> bool:
    """Write a letter to somebody who signs in; False for others, where his name is no mailbox, he is shut
    out, or wants no letters of this kind."""
    if not permits.signs_in(identity):
        return False
    known = identities.find(tx, identity)
    if known.shut_out or not letters.is_mailbox(known.sign_in_name):
        return False
    if kind in letters.OPTIONAL and kind in unwanted(tx, identity):
        return False
    notify(tx, kind, known.sign_in_name, _fit(facts), now, once, about)
    return True


def tell_holder(
    tx: Transaction,
    issuer: str,
    holder: str,
    what: str,
    now: datetime,
    once: str | None = None,
) -> int:
    """Tell a holder what was done to his holding, wherever he signs in, or else at the mailbox in his
    file; how many letters."""
    facts = {"issuer": issuers.find(tx, issuer).name, "what": what, "link": "/"}
    return write_to_holder(tx, issuer, holder, Kind.HOLDING, facts, now, once)


def write_to_holder(
    tx: Transaction,
    issuer: str,
    holder: str,
    kind: Kind,
    facts: Mapping[str, str],
    now: datetime,
    once: str | None = None,
) -> int:
    """Write a letter to a holder wherever he signs in, or else at the mailbox in his file; how many."""
    scope = holder_scope(issuer, holder)
    every = sorted(identities.with_role(tx, Role.INVESTOR, scope))
    known = f"{once} {scope}" if once and kind is not Kind.HOLDING else once
    told = sum(tell(tx, one, kind, facts, now, known, scope) for one in every)
    kept = registrations.mailbox(tx, issuer, holder)
    if told or not kept or (every and kind in letters.OPTIONAL):
        return told
    notify(tx, kind, kept, _fit(facts), now, known, scope)
    return 1


def of_holders(office: Office, who: Actor) -> list[Letter]:
    """The last letters about the holdings of somebody, the newest first. Raises NotPermitted."""
    permits.require(who, Power.READ_OWN)
    scopes = [one for one in sorted(permits.scopes(who, Power.READ_OWN)) if "/" in one]
    with office.book.reading() as tx:
        return notices.about(tx, scopes, OWN_SHOWN)


def _fit(facts: Mapping[str, str]) -> dict[str, str]:
    said = {"link": lambda text: text, "said": _lines}
    return {name: said.get(name, letters.plain)(text) for name, text in facts.items()}


def _lines(text: str) -> str:
    """A text of several lines, each fit to stand in a letter, not too long together."""
    lines = [letters.plain(line, letters.LONGEST_LINE) for line in text.splitlines()]
    return "\n".join(filter(None, lines))[: letters.LONGEST_FACT].strip()


def warn(
    tx: Transaction,
    identity: str,
    what: str,
    now: datetime,
    content: Mapping[str, str] | None = None,
) -> None:
    """Tell somebody about his own access: a notice on his page, and a letter besides."""
    security_notices.add(tx, identity, what, content or {}, now)
    said = ", ".join(one for one in (content or {}).values() if one)
    facts = {"what": f"{what}: {said}" if said else what, "at": stamp(now), "link": "/account"}
    tell(tx, identity, Kind.SECURITY, facts, now)


def unwanted(tx: Transaction, identity: str) -> frozenset[Kind]:
    """The kinds of letters that somebody does without."""
    text = settings.read(tx, f"no letters {identity}") or ""
    return frozenset(Kind(one) for one in text.split())


def choose(office: Office, who: Actor, wanted: Collection[Kind]) -> None:
    """Set which letters of those that one may do without one wants. Anybody does, for himself; with an
    API key he needs the power over his keys, so that a key to read silences nothing."""
    if not who.session:
        permits.require(who, Power.OWN_KEYS)
    without = sorted(letters.OPTIONAL - frozenset(wanted))
    now = office.clock.now()
    with office.book.transaction() as tx:
        settings.write(tx, f"no letters {who.id}", " ".join(without), now)
        entry = Entry(who.id, "choose letters", who.id, content={"without": " ".join(without)})
        audit.record(tx, entry, now)


def chosen(office: Office, who: Actor) -> dict[Kind, bool]:
    """The kinds of letters that one may do without, and whether one wants them."""
    with office.book.reading() as tx:
        without = unwanted(tx, who.id)
    return {kind: kind not in without for kind in Kind if kind in letters.OPTIONAL}


def send_due(office: Office, post: Post, most: int = 50) -> int:
    """Send what is due, at most so many; how many were tried."""
    _settle_stale(office, post)
    for done in range(most):
        now = office.clock.now()
        with office.book.transaction() as tx:
            letter = notices.take(tx, now, now + TAKEN_FOR)
        if letter is None:
            return done
        _report(office, letter, post.deliver(letter))
    return most


def queue(office: Office, who: Actor) -> list[Letter]:
    """Letters that bounced, or of which nobody knows. Raises NotPermitted."""
    permits.require(who, Power.READ_FILES, EVERYWHERE)
    with office.book.reading() as tx:
        return notices.newest(tx, QUEUE, SHOWN)


def outbox(office: Office, who: Actor) -> list[Letter]:
    """The last letters in whatever state. Raises NotPermitted."""
    permits.require(who, Power.READ_FILES, EVERYWHERE)
    with office.book.reading() as tx:
        return notices.newest(tx, list(State), SHOWN)


def letter(office: Office, who: Actor, id: str) -> Letter:
    """One letter with what it says; the link of an invitation, which is a way in, is left out. Raises
    NotFound, NotPermitted."""
    permits.require(who, Power.READ_FILES, EVERYWHERE)
    with office.book.reading() as tx:
        one = notices.find(tx, id)
    hidden = one.kind is Kind.INVITATION and bool(one.facts)
    return replace(one, facts={**one.facts, "link": ""}) if hidden else one


def decide(office: Office, who: Actor, id: str, decision: str, note: str = "") -> None:
    """Do with a letter what somebody decided: `send` it again, `drop` it, or note that it `bounced`.

    Raises NotPermitted, NotFound, Invalid for another word, Conflict where it stands otherwise.
    """
    permits.require(who, Power.KEEP_FILES, EVERYWHERE)
    if decision == "bounced":
        bounced(office, who, id, letters.plain(note) or "it came back")
    elif decision in ("send", "drop"):
        (send_again if decision == "send" else drop)(office, who, id)
    else:
        said = f"decision {decision[:32]!r} is none of send, drop, bounced"
        raise Invalid(said, field="decision")


def send_again(office: Office, who: Actor, id: str) -> None:
    """Let a letter of the queue be sent once more; a person has decided that. Raises Conflict."""
    _decide(office, who, id, State.WAITING, "send a letter again")


def drop(office: Office, who: Actor, id: str) -> None:
    """Let a letter of the queue be, and forget what it said. Raises Conflict."""
    _decide(office, who, id, State.DROPPED, "drop a letter")


def bounced(office: Office, who: Actor, id: str, note: str) -> None:
    """Note that a letter that was sent came back, by its Message-ID's first part."""
    permits.require(who, Power.KEEP_FILES, EVERYWHERE)
    now = office.clock.now()
    with office.book.transaction() as tx:
        notices.find(tx, id)
        notices.put(tx, id, State.SENT, State.BOUNCED, now, note)
        audit.record(tx, Entry(who.id, "note a bounce", id), now)


def _decide(office: Office, who: Actor, id: str, after: State, act: str) -> None:
    permits.require(who, Power.KEEP_FILES, EVERYWHERE)
    now = office.clock.now()
    with office.book.transaction() as tx:
        one = notices.find(tx, id)
        if one.state not in QUEUE:
            raise Conflict(f"the letter {id} is {one.state.lower()}, not in the queue", letter=id)
        notices.put(tx, id, one.state, after, now, one.note)
        audit.record(tx, Entry(who.id, act, id), now)


def _report(office: Office, letter: Letter, found: Delivered) -> None:
    now, note = office.clock.now(), found.note
    after, next_at = State.SENT, now
    if found.ended is Ended.NEVER:
        after = State.BOUNCED
    elif found.ended is Ended.UNSURE:
        after = State.UNSURE
    elif found.ended is Ended.LATER:
        after = State.WAITING
        if letter.attempts > len(WAITS):
            after, note = State.BOUNCED, f"given up after {letter.attempts} attempts: {note}"
        else:
            next_at = now + timedelta(seconds=WAITS[letter.attempts - 1])
    with office.book.transaction() as tx:
        notices.put(tx, letter.id, State.SENDING, after, next_at, note)


def _settle_stale(office: Office, post: Post) -> None:
    """Who took a letter and died may have sent it: try again only where that leaves one letter."""
    now = office.clock.now()
    with office.book.reading() as tx:
        left = notices.stale(tx, now)
    for id in left:
        after = State.WAITING if post.repeatable else State.UNSURE
        with office.book.transaction() as tx:
            notices.put(tx, id, State.SENDING, after, now, "whoever was sending it died")
