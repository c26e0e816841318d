"""Meetings: called by their notice, voted on, closed with minutes whose hash goes on chain."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from freehold.book import issuers, meetings
from freehold.book.issuers import KnownInstrument, KnownIssuer
from freehold.book.meetings import KeptMeeting
from freehold.chain.contracts import call
from freehold.core.actions.ballot import Method, Tally
from freehold.core.actions.ballot_words import pack_resolution, pack_terms
from freehold.core.actions.notice_file import Notice, read_notice
from freehold.core.clock import stamp, to_seconds
from freehold.core.errors import Invalid
from freehold.core.powers import Powers
from freehold.desks import parties
from freehold.desks.office import Office
from freehold.desks.outbox import orders
from freehold.desks.outbox.carrying import Asked, was_asked
from freehold.desks.outbox.orders import Actor, ActOutcome, Ended, Order
from freehold.desks.platform import establishment
from freehold.desks.register import records
from freehold.desks.servicing import assembly, meeting_letters, noting
from freehold.desks.servicing.assembly import Assembly, Stage, Standing
from freehold.indexer import read


@dataclass(frozen=True, slots=True)
class MeetingRequest:
    """The notice as a TOML text (docs/reference/votes.md)."""

    notice: str
    key: str
    issuer: str | None = None


@dataclass(frozen=True, slots=True)
class MeetingOutcome:
    """What became of an act about a meeting; `number` 0 where none was announced."""

    act: ActOutcome
    number: int
    digest: str


@dataclass(frozen=True, slots=True)
class Closing:
    """A closed meeting: its minutes as a file, whose SHA-256 is on chain, and the tallies in it."""

    act: ActOutcome
    minutes: str
    standing: Standing | None


@noting.noted("call meeting", noting.notice)
def announce(
    office: Office, actor: Actor, request: MeetingRequest, *, dry_run: bool = False
) -> MeetingOutcome:
    """Fix the record instants and call the meeting, once under a key.

    Raises Invalid with every mistake of the notice, or where an instant in it has passed.
    """
    done = called(office, actor, request, dry_run=dry_run)
    if done.number:
        meeting_letters.called(office, assembly.find(office, request.issuer, done.number))
    return done


def called(
    office: Office,
    actor: Actor,
    request: MeetingRequest,
    recorded: datetime | None = None,
    *,
    dry_run: bool = False,
) -> MeetingOutcome:
    """As `announce`, for whoever records the act himself; `recorded` is a record instant that is fixed
    already, which may have passed."""
    owner = parties.owner(office, request.issuer)
    with office.book.reading() as tx:
        known = issuers.instruments(tx, owner.id)
    notice = read_notice(request.notice, [one.class_id for one in known])
    voting = [one for one in known if one.class_id in notice.classes]
    digest = noting.digest_of(request.notice)
    scope = f"meetings {owner.register}"
    if not was_asked(office, scope, actor.signer.address, f"{request.key} meeting"):
        _require_ahead(office, notice, voting, recorded)
    done = _recorded(office, actor, scope, request.key, notice, voting, dry_run)
    if done is not None and (dry_run or done.refused):
        return MeetingOutcome(done, 0, digest)
    place = establishment.ballot(office)
    data = _announcement(office, owner, notice, voting, digest)
    asked = (Asked(actor.signer, place, data, "call a meeting", f"{request.key} meeting"),)
    order = Order("announce-meeting", scope, request.key, asked, Powers.ACTION)
    done = orders.carry(office, actor, order, dry_run=dry_run)
    number = 0
    if done.ended is Ended.DONE:
        number = _kept(office, owner, request.notice, digest)
    return MeetingOutcome(done, number, digest)


def show(office: Office, issuer: str | None, number: int) -> tuple[Assembly, Standing | None]:
    """A meeting, and how its votes stand once the record instants have passed. Raises NotFound."""
    one = assembly.find(office, issuer, number)
    if not _record_passed(office, one):
        return one, None
    return one, assembly.stand(office, one)


@noting.noted("close meeting", noting.meeting)
def close(
    office: Office,
    actor: Actor,
    issuer: str | None,
    number: int,
    key: str,
    *,
    dry_run: bool = False,
) -> Closing:
    """Count, write the minutes, and let the result stand by their hash, once under a key.

    Raises NotFound, Broken where the contract and the events differ.
    """
    one = assembly.find(office, issuer, number)
    scope = f"meetings {one.issuer.register}"
    if wrong := assembly.when_wrong(one, (Stage.CLOSED, Stage.CONCLUDED)):
        return Closing(orders.refuse(actor, "close-meeting", key, 0, wrong), "", None)
    if one.kept.minutes is not None:
        standing = assembly.stand(office, one)
        done = ActOutcome("close-meeting", key, actor.name, Ended.DONE)
        return Closing(done, one.kept.minutes, standing)
    aside = assembly.set_aside(office, one)
    if aside and not dry_run:
        orders.carry(office, actor, Order("set-aside", scope, key, (aside,), Powers(0)))
        one = assembly.find(office, issuer, number)
    standing = assembly.stand(office, one)
    minutes = minutes_of(one, standing)
    digest = hashlib.sha256(minutes.encode()).digest()
    data = call("Ballot", "conclude", number, digest)
    asked = (Asked(actor.signer, one.ballot, data, "close a meeting", f"close {number}"),)
    order = Order("close-meeting", scope, key, asked, Powers.ACTION)
    done = orders.carry(office, actor, order, dry_run=dry_run)
    if done.ended is Ended.DONE:
        with office.book.transaction() as tx:
            meetings.end(tx, one.issuer.id, number, minutes, office.clock.now())
    return Closing(done, minutes, standing)


@noting.noted("cancel meeting", noting.meeting)
def cancel(
    office: Office,
    actor: Actor,
    issuer: str | None,
    number: int,
    document: bytes,
    key: str,
    *,
    dry_run: bool = False,
) -> MeetingOutcome:
    """Call a meeting off until its result stands; `document` is the SHA-256 of why. Raises NotFound."""
    one = assembly.find(office, issuer, number)
    data = call("Ballot", "cancel", number, document)
    asked = (Asked(actor.signer, one.ballot, data, "cancel a meeting", key),)
    order = Order("cancel-meeting", f"meetings {one.issuer.register}", key, asked, Powers.ACTION)
    done = orders.carry(office, actor, order, dry_run=dry_run)
    if done.ended is Ended.DONE:
        with office.book.transaction() as tx:
            meetings.call_off(tx, one.issuer.id, number, "cancelled", office.clock.now())
        meeting_letters.called_off(office, assembly.find(office, issuer, number))
    return MeetingOutcome(done, number, one.kept.digest)


def minutes_of(one: Assembly, standing: Standing) -> str:
    """The minutes as JSON text: the meeting, and for each resolution the votes and what they decide.

    Votes are exact fractions as text; the same chain gives the same text.
    """
    written = {
        "meeting": one.number,
        "name": one.notice.name,
        "issuer": one.issuer.id,
        "notice": one.kept.digest,
        "ballot": one.ballot,
        **_versions_of(one),
        "record": stamp(one.record),
        "opened": stamp(one.chain.terms.opens),
        "closed": stamp(one.chain.terms.closes),
        "resolutions": [
            {"title": one.notice.titles[tally.resolution]}
            | tally_document(tally, resolution.method)
            for tally, resolution in zip(standing.tallies, one.agenda, strict=True)
        ],
    }
    return json.dumps(written, indent=1, ensure_ascii=False) + "\n"


def _versions_of(one: Assembly) -> dict[str, object]:
    """The hash of every version of a notice that was changed."""
    return {"versions": [each.digest for each in one.versions]} if one.versions else {}


def tally_document(tally: Tally, method: Method) -> dict[str, object]:
    """A tally as it is told outside: fractions as text."""
    told: dict[str, object] = {
        "resolution": tally.resolution,
        "method": str(method),
        "votes": {name: _text(votes) for name, votes in tally.count.votes.items()},
        "present": _text(tally.count.present),
        "entitled": _text(tally.count.entitled),
        "by_class": {
            name: {choice: _text(votes) for choice, votes in own.votes.items()}
            for name, own in tally.by_class.items()
        },
        "quorum": tally.quorum_met,
        "carried": tally.carried,
    }
    if method is not Method.ORDINARY:
        told |= {"elected": list(tally.elected), "tied": list(tally.tied)}
    if tally.rounds:
        told["rounds"] = [{name: _text(v) for name, v in one.items()} for one in tally.rounds]
    return told


def _text(votes: Fraction) -> str:
    return str(votes)


def _require_ahead(
    office: Office, notice: Notice, called: list[KnownInstrument], recorded: datetime | None
) -> None:
    """Raises Invalid where the vote opens in the past, or a record not yet fixed cannot be announced."""
    for one in called if notice.record != recorded else ():
        records.require_ahead(office, one, notice.record)
    if notice.terms.opens <= assembly.now(office):
        raise Invalid(
            f"the opening of the vote {stamp(notice.terms.opens)} has passed: a meeting is announced ahead",
            field="opens",
        )


def _recorded(
    office: Office,
    actor: Actor,
    scope: str,
    key: str,
    notice: Notice,
    called: list[KnownInstrument],
    dry_run: bool,
) -> ActOutcome | None:
    """Announce the record instant for every class that has none at it; None where all have."""
    seconds = to_seconds(notice.record)
    data = call("SecurityToken", "announce_record", seconds)
    asked = tuple(
        Asked(actor.signer, one.token, data, "announce a record", f"{key} record {one.class_id}")
        for one in called
        if not records.number_at(office, one.token, notice.record)
    )
    if not asked:
        return None
    order = Order("announce-record", scope, key, asked, Powers.RECORD)
    return orders.carry(office, actor, order, dry_run=dry_run)


def _announcement(
    office: Office, owner: KnownIssuer, notice: Notice, called: list[KnownInstrument], digest: str
) -> bytes:
    classes = [one.class_id for one in called]
    words = [
        int(one.token, 16) | records.number_at(office, one.token, notice.record) << 160
        for one in called
    ]
    put = [pack_resolution(one, classes) for one in notice.agenda]
    given = (owner.register, bytes.fromhex(digest[2:]), pack_terms(notice.terms), words, put)
    return call("Ballot", "announce", *given)


def _kept(office: Office, owner: KnownIssuer, notice: str, digest: str) -> int:
    """Keep the meeting that was called with this notice; its number."""
    place = establishment.ballot(office)
    number = assembly.number_of(office, place, owner.register, digest)
    with office.book.transaction() as tx:
        row = KeptMeeting(owner.id, number, notice, digest, office.clock.now())
        meetings.add(tx, row)
    return number


def _record_passed(office: Office, one: Assembly) -> bool:
    """Whether a block at or after the record instant stands: only then holdings are final."""
    with office.index.connect() as view:
        return read.head_instant(view) >= one.record
