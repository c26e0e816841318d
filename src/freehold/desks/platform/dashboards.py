"""What waits for somebody: a list for each role, most urgent first, each with the page to act on it.

A line is computed from what is there (rules announced, claims that end, instructions that did not
happen), so it goes away by itself once it is dealt with.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from freehold.book import asked, issuers
from freehold.book.issuers import KnownInstrument, KnownIssuer
from freehold.chain import contracts
from freehold.core.clock import LAST_DAY, day_of
from freehold.core.errors import NotFound
from freehold.core.facts import unpack_facts
from freehold.core.instruction import State
from freehold.core.roles import Power
from freehold.desks import permits
from freehold.desks.office import Office, now_on_chain
from freehold.desks.outbox.following import bring_up
from freehold.desks.permits import Actor
from freehold.desks.platform import servicing_due
from freehold.desks.rules import adoption
from freehold.indexer import read

SOON = timedelta(days=30)
NEWEST = 200
"""Instructions looked through for those that did not happen."""
HALTED = 3 << 69


class Urgency(StrEnum):
    """How a line is marked: bad is late or wrong, warn is due, info is good to know."""

    BAD = "bad"
    WARN = "warn"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that waits. `href` is the page to act on it, `verb` what its button says."""

    urgency: Urgency
    title: str
    detail: str
    href: str
    verb: str
    due: datetime | None = None


def waiting(office: Office, actor: Actor) -> list[Waiting]:
    """What waits for the actor, most urgent first."""
    bring_up(office)
    found: list[Waiting] = []
    now = now_on_chain(office)
    for owner in _owners(office, actor):
        for one in _instruments(office, owner):
            if permits.allows(actor, Power.ASK_POLICY, owner.id):
                found += _rules(office, actor, owner, one, now)
            found += _instrument(office, owner, one, now)
        found += _claims(office, owner, now)
    if permits.allows(actor, Power.READ_INSTRUCTIONS):
        found += _not_done(office, actor)
    for due in servicing_due.waits(office, actor, now):
        urgency = Urgency.BAD if due.late else Urgency.WARN
        found.append(Waiting(urgency, due.title, due.detail, due.href, due.verb, due.due))
    order = list(Urgency)
    return sorted(
        found,
        key=lambda one: (
            order.index(one.urgency),
            one.due or datetime.max.replace(tzinfo=now.tzinfo),
        ),
    )


def _owners(office: Office, actor: Actor) -> list[KnownIssuer]:
    with office.book.reading() as tx:
        every = issuers.issuers(tx)
    return [
        one
        for one in every
        if one.chain == office.chain and permits.allows(actor, Power.READ_REGISTER, one.id)
    ]


def _instruments(office: Office, owner: KnownIssuer) -> list[KnownInstrument]:
    with office.book.reading() as tx:
        return issuers.instruments(tx, owner.id)


def _rules(
    office: Office, actor: Actor, owner: KnownIssuer, one: KnownInstrument, now: datetime
) -> Iterator[Waiting]:
    pending = adoption.pending(office, one)
    if pending is None:
        return
    href = f"/securities/{one.token}/policy"
    name = adoption.compiled_of(office, pending.policy).policy.name
    if now >= pending.effective_at:
        detail = f"{one.name} of {owner.name}. The old rules hold until it is put in force."
        title = f"The delay of {name} is over"
        yield Waiting(Urgency.WARN, title, detail, href, "Open", pending.effective_at)
    else:
        detail = f"{one.name} of {owner.name}. Until then the old rules hold."
        title = f"New rules are announced: {name}"
        yield Waiting(Urgency.INFO, title, detail, href, "Open", pending.effective_at)


def _instrument(
    office: Office, owner: KnownIssuer, one: KnownInstrument, now: datetime
) -> Iterator[Waiting]:
    href = f"/securities/{one.token}"
    state = int(contracts.read(office.w3, "SecurityToken", one.token, "state"))
    if state & HALTED:
        detail = f"{owner.name}. No transfer passes until it is resumed."
        yield Waiting(Urgency.BAD, f"{one.name} is halted", detail, href, "Open")
    try:
        with office.index.connect() as view:
            instants = read.records(view, one.token)
    except NotFound:
        return
    for number, instant in sorted(instants.items()):
        if now < instant <= now + SOON:
            title = f"Record {number} of {one.name}"
            detail = f"{owner.name}. Holdings before this instant count."
            yield Waiting(Urgency.INFO, title, detail, href, "Open", instant)


def _claims(office: Office, owner: KnownIssuer, now: datetime) -> Iterator[Waiting]:
    """Claims that have ended, or end soon. Only the names of those are opened."""
    last = (now + SOON).date()
    with office.index.connect() as view:
        ends = {
            wallet: _until(word) for wallet, (_, word) in read.opened(view, owner.register).items()
        }
    with office.book.reading() as tx:
        known = issuers.ids_by_wallet(tx, owner.id)
        ending = {
            known[one]: day for one, day in ends.items() if day and day < last and one in known
        }
        called = issuers.holders_named(tx, owner.id, ending)
    for id, day in ending.items():
        due = datetime(day.year, day.month, day.day, tzinfo=now.tzinfo) + timedelta(days=1)
        href, name = f"/holders?q={id}", called[id].name or id
        if due <= now:
            title = f"What is known of {name} has lapsed"
            detail = f"{owner.name}. Nothing more can be received until claims are renewed."
            yield Waiting(Urgency.BAD, title, detail, href, "Open", due)
        else:
            title = f"A claim about {name} ends soon"
            yield Waiting(Urgency.WARN, title, f"{owner.name}", href, "Open", due)


def _until(word: int) -> date | None:
    """The last day of what is known of an account; None where it does not end."""
    until = unpack_facts(word).until
    return None if until >= LAST_DAY else day_of(until)


def _not_done(office: Office, actor: Actor) -> Iterator[Waiting]:
    with office.book.reading() as tx:
        newest = asked.newest(tx, office.chain, None, NEWEST, None)
    seen = [
        str(one.token) for owner in _owners(office, actor) for one in _instruments(office, owner)
    ]
    for _, at, one in newest:
        if one.target not in seen or at < office.clock.now() - SOON:
            continue
        href = f"/activity/{one.id}"
        if one.state in (State.REFUSED, State.REVERTED):
            title = f"{one.what[:1].upper()}{one.what[1:]} did not happen"
            yield Waiting(Urgency.WARN, title, "The contract refused it.", href, "Open", at)
        elif one.state is State.REPLACED:
            title = f"{one.what[:1].upper()}{one.what[1:]} lost its place"
            detail = "Another transaction took its number; it never happened."
            yield Waiting(Urgency.BAD, title, detail, href, "Open", at)
