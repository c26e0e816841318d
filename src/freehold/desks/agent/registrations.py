"""A holder's file: how his units are registered, the papers seen, deaths and majorities, his address."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from freehold.book import audit, issuers, registrations, restraints
from freehold.book.issuers import KnownHolder, KnownIssuer
from freehold.book.registrations import Address
from freehold.core import letters
from freehold.core import registration as forms
from freehold.core.audit import Entry
from freehold.core.errors import Conflict, Invalid, NotFound, Plain
from freehold.core.letters import Kind
from freehold.core.registration import Event, Happened, OnFile, Registration
from freehold.core.restraints import Legend, Restraint
from freehold.core.roles import Power, holder_scope
from freehold.desks import notices, parties, permits
from freehold.desks.agent import address_holds
from freehold.desks.office import Office
from freehold.desks.permits import Actor
from freehold.desks.rules import restraining

MOST_LINES, LONGEST_LINE = 6, 80


@dataclass(frozen=True, slots=True)
class File:
    """What the agent has of a holder. `registration` None: nothing is on file."""

    issuer: str
    issuer_name: str
    holder: str
    name: str
    registration: Registration | None
    said: str
    of_age_on: date | None
    happened: tuple[Happened, ...]
    papers: tuple[OnFile, ...]
    address: Address | None
    held: bool
    restraints: tuple[Restraint, ...]
    legends: tuple[Legend, ...]


def file(office: Office, who: Actor, issuer: str | None, holder: str) -> File:
    """A holder's file. Raises NotFound, NotPermitted."""
    permits.require(who, Power.READ_FILES)
    owner = parties.owner(office, issuer)
    permits.require(who, Power.READ_FILES, owner.id)
    now = office.clock.now()
    with office.book.reading() as tx:
        one = issuers.holder_named(tx, owner.id, holder)
        written = registrations.current(tx, owner.id, one.id)
        papers = registrations.papers(tx, owner.id, one.id)
        address = registrations.address(tx, owner.id, one.id)
        bound = restraints.of_issuer(tx, owner.id, one.id)
        stamped = restraints.legends(tx, owner.id, one.id, removed=True)
    known, rules = None, restraining.rules()
    if written and written.content:
        known = restraining.read(written.content)
    return File(
        owner.id,
        owner.name,
        one.id,
        one.name,
        known,
        forms.words(rules, known) if known else "",
        forms.of_age_on(rules, known) if known else None,
        written.happened if written else (),
        tuple(papers),
        address,
        bool(address and address.holds(now)),
        tuple(bound),
        tuple(stamped),
    )


def register(
    office: Office, who: Actor, issuer: str | None, holder: str, given: Mapping[str, Any]
) -> Registration:
    """Write how a holder's units are registered from now on. Raises Invalid with every mistake."""
    owner, one = _mine(office, who, issuer, holder)
    known = forms.read(restraining.rules(), given)
    now = office.clock.now()
    with office.book.transaction() as tx:
        content = forms.to_json(known)
        number = registrations.register(tx, owner.id, one.id, content, who.id, now)
        said: dict[str, Plain] = {"form": known.form, "registration": number}
        scope = holder_scope(owner.id, one.id)
        audit.record(tx, Entry(who.id, "register a form", scope, content=said), now)
    return known


def happen(
    office: Office,
    who: Actor,
    issuer: str | None,
    holder: str,
    party: str,
    event: Event,
    day: date,
    document: str,
) -> None:
    """Write that a party, by name, died or came of age, on a paper (its SHA-256). Raises NotFound,
    Conflict where it is written, Invalid for a day to come."""
    owner, one = _mine(office, who, issuer, holder)
    now = office.clock.now()
    if day > now.date():
        raise Invalid(f"the day {day} has not come", field="day")
    with office.book.transaction() as tx:
        written = registrations.current(tx, owner.id, one.id)
        if written is None or written.content is None:
            raise Conflict(f"{one.id} has no registration on file: write it first", holder=one.id)
        names = [each.name.casefold() for each in restraining.read(written.content).parties]
        wanted = " ".join(party.split()).casefold()
        if wanted not in names:
            raise NotFound(f"nobody of this name stands in the registration of {one.id}")
        happened = Happened(names.index(wanted), event, day)
        registrations.happen(tx, written.number, happened, _hash(document), who.id, now)
        said: dict[str, Plain] = {"party": happened.party, "event": str(event), "day": str(day)}
        said["document"] = _hash(document)
        scope = holder_scope(owner.id, one.id)
        audit.record(tx, Entry(who.id, "note a life event", scope, content=said), now)


def file_paper(
    office: Office,
    who: Actor,
    issuer: str | None,
    holder: str,
    paper: str,
    dated: date,
    document: str,
) -> None:
    """Note that a paper of a kind was seen, with its date and SHA-256; again is no change. Raises
    Invalid."""
    owner, one = _mine(office, who, issuer, holder)
    known, now = restraining.rules().papers, office.clock.now()
    if paper not in known:
        raise Invalid(f"paper {paper!r} is none of {', '.join(known)}", field="paper")
    if dated > now.date():
        raise Invalid(f"the paper is dated {dated}, which has not come", field="dated")
    with office.book.transaction() as tx:
        filed = OnFile(paper, dated)
        digest = _hash(document)
        if not registrations.file_paper(tx, owner.id, one.id, filed, digest, who.id, now):
            return
        said: dict[str, Plain] = {"paper": paper, "dated": str(dated), "document": digest}
        scope = holder_scope(owner.id, one.id)
        audit.record(tx, Entry(who.id, "file a paper", scope, content=said), now)


def move(
    office: Office,
    who: Actor,
    issuer: str | None,
    holder: str,
    lines: Sequence[str],
    mailbox: str | None = None,
) -> Address:
    """Change a holder's address. A first one holds nothing; a change is held for the issuer's period
    (`address_holds.py`). With `mailbox`, which stays in his file, the holder is told by e-mail, there
    and where he was written to before. Raises Invalid."""
    owner, one = _mine(office, who, issuer, holder)
    plain = tuple(" ".join(line.split()) for line in lines if line.strip())
    if not 1 <= len(plain) <= MOST_LINES or any(
        len(line) > LONGEST_LINE or not line.isprintable() for line in plain
    ):
        raise Invalid(
            f"address: write 1 to {MOST_LINES} lines of at most {LONGEST_LINE} letters",
            field="address",
        )
    now = office.clock.now()
    with office.book.transaction() as tx:
        before = registrations.address(tx, owner.id, one.id)
        wait = address_holds.on(tx, owner.id, now.date())
        until = now + wait if before and wait else None
        number = registrations.move(tx, owner.id, one.id, plain, until, who.id, now)
        kept = registrations.mailbox(tx, owner.id, one.id)
        if mailbox:
            registrations.write_mailbox(tx, owner.id, one.id, letters.mailbox(mailbox, "mailbox"))
        for each in {kept, mailbox or ""} - {""} if until else ():
            facts = {"issuer": owner.name, "until": f"{until:%Y-%m-%d}", "link": "/"}
            notices.notify(tx, Kind.ADDRESS, each, facts, now, once=f"address {number}")
        said: dict[str, Plain] = {"address": number, "held": until is not None}
        scope = holder_scope(owner.id, one.id)
        audit.record(tx, Entry(who.id, "change an address", scope, content=said), now)
        found = registrations.address(tx, owner.id, one.id)
    assert found, "it was written now"
    return found


def lift_hold(office: Office, who: Actor, issuer: str | None, holder: str) -> None:
    """End the hold after a change of address that the holder has confirmed. Raises Conflict."""
    owner, one = _mine(office, who, issuer, holder)
    now: datetime = office.clock.now()
    with office.book.transaction() as tx:
        known = registrations.address(tx, owner.id, one.id)
        if known is None or not known.holds(now):
            raise Conflict(f"no hold runs on the address of {one.id}", holder=one.id)
        registrations.lift_hold(tx, known.number, who.id, now)
        scope = holder_scope(owner.id, one.id)
        audit.record(tx, Entry(who.id, "lift a hold of an address", scope), now)


def _mine(
    office: Office, who: Actor, issuer: str | None, holder: str
) -> tuple[KnownIssuer, KnownHolder]:
    permits.require(who, Power.KEEP_FILES)
    owner = parties.owner(office, issuer)
    permits.require(who, Power.KEEP_FILES, owner.id)
    with office.book.reading() as tx:
        return owner, issuers.holder_named(tx, owner.id, holder)


def _hash(text: str) -> str:
    plain = text.strip().lower().removeprefix("sha256:").removeprefix("0x")
    if len(plain) != 64 or any(one not in "0123456789abcdef" for one in plain):
        raise Invalid("document is no SHA-256: give 64 hexadecimal digits", field="document")
    return plain
