"""A meeting as several desks need it: what was sent out, what the chain has, who may vote, how it stands.

The count is made from the chain's events alone and compared with what the contract keeps; both come from
the same record instants, so a difference means that one of them is wrong.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from freehold.book import issuers, meeting_versions, meetings
from freehold.book.issuers import KnownInstrument, KnownIssuer
from freehold.book.meeting_versions import Version
from freehold.book.meetings import KeptMeeting
from freehold.chain import contracts
from freehold.core.actions.ballot import Resolution, Tally
from freehold.core.actions.ballot_words import Terms, unpack_vote
from freehold.core.actions.chain_meeting import ChainMeeting, agenda_of, count, follow
from freehold.core.actions.notice_file import Notice, read_notice
from freehold.core.clock import stamp
from freehold.core.errors import NotFound
from freehold.core.facts import Flags, has_flag
from freehold.core.ids import Address
from freehold.desks import parties
from freehold.desks.office import Office, now_on_chain
from freehold.desks.outbox.carrying import Asked
from freehold.desks.outbox.following import ballot, bring_up
from freehold.desks.servicing import recounting
from freehold.indexer import journal, read


class Stage(StrEnum):
    """Where a meeting stands."""

    ANNOUNCED = "announced"
    OPEN = "open"
    REVEALING = "revealing"
    CLOSED = "closed"
    CONCLUDED = "concluded"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Assembly:
    """A meeting of an issuer, with its classes and its agenda in the words of the notice, as of `block`.

    `notice` is the one in force, `kept` the one whose hash is on chain; `versions` are all that led to it,
    `replaced_by` the meeting that was called instead of this one.
    """

    issuer: KnownIssuer
    ballot: Address
    chain: ChainMeeting
    kept: KeptMeeting
    notice: Notice
    instruments: tuple[KnownInstrument, ...]
    agenda: tuple[Resolution, ...]
    record: datetime
    stage: Stage
    block: int
    versions: tuple[Version, ...] = ()
    replaced_by: int | None = None

    @property
    def number(self) -> int:
        return self.chain.number

    @property
    def every_version(self) -> tuple[Version, ...]:
        """The versions of the notice, the first one where nothing was changed."""
        one = self.kept
        first = Version(one.issuer, one.number, 1, one.notice, one.digest, None, one.created_at, "")
        return self.versions or (first,)

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(one.class_id for one in self.instruments)


@dataclass(frozen=True, slots=True)
class Standing:
    """How the votes stand, and how many figures of the contract were compared with it."""

    tallies: tuple[Tally, ...]
    compared: int


Holdings = Mapping[int, Mapping[str, int]]


def now(office: Office) -> datetime:
    """The instant at which an act that is sent now takes effect, as near as can be told."""
    on_chain = now_on_chain(office)
    return on_chain if office.simulated else max(on_chain, office.clock.now())


def every(office: Office, issuer: str | None) -> list[Assembly]:
    """The meetings of an issuer, the newest first."""
    owner = parties.owner(office, issuer)
    place = ballot(office)
    bring_up(office)
    if place is None:
        return []
    with office.index.connect() as view:
        block = read.last_block(view)
        said = journal.events_of(view, [place])
        found = follow(one for one in said if one.position.block <= block)
    with office.book.reading() as tx:
        kept = {one.number: one for one in meetings.every(tx, owner.id)}
        instruments = {one.token: one for one in issuers.instruments(tx, owner.id)}
        changed = meeting_versions.every(tx, owner.id)
    every_one = [
        _assembled(office, owner, place, found[number], one, instruments, block)
        for number, one in kept.items()
        if number in found
    ]
    classes = [one.class_id for one in instruments.values()]
    return [_with_versions(one, kept, changed, classes) for one in every_one]


def _with_versions(
    one: Assembly,
    kept: Mapping[int, KeptMeeting],
    changed: Sequence[Version],
    classes: Sequence[str],
) -> Assembly:
    """The meeting with the versions of its notice, the first notice of the first meeting first."""
    number, chain = one.number, list[Version]()
    while True:
        own = [each for each in changed if each.number == number]
        chain = own + chain
        replaced = next((each.replaces for each in own if each.replaces is not None), None)
        if replaced is None:
            break
        number = replaced
    after = next((each.number for each in changed if each.replaces == one.number), None)
    if not chain:
        return replace(one, replaced_by=after)
    first = kept[number]
    begun = Version(first.issuer, number, 1, first.notice, first.digest, None, first.created_at, "")
    notice = one.notice
    if chain[-1].replaces is None:  # a supplement
        notice = read_notice(chain[-1].notice, classes)
    return replace(one, notice=notice, versions=(begun, *chain), replaced_by=after)


def find(office: Office, issuer: str | None, number: int) -> Assembly:
    """One meeting. Raises NotFound."""
    for one in every(office, issuer):
        if one.number == number:
            return one
    raise NotFound(f"there is no meeting {number}", meeting=number)


def terms_of(office: Office, kept: KeptMeeting) -> Terms:
    """When a meeting votes, by the notice that it was called with, without asking the chain."""
    with office.book.reading() as tx:
        classes = [one.class_id for one in issuers.instruments(tx, kept.issuer)]
    return read_notice(kept.notice, classes).terms


def number_of(office: Office, place: Address, register: Address, digest: str) -> int:
    """The newest meeting of a register that was called with this notice. Raises NotFound."""
    bring_up(office)
    with office.index.connect() as view:
        found = follow(journal.events_of(view, [place]))
    numbers = [
        number for number, one in found.items() if (one.register, one.notice) == (register, digest)
    ]
    if not numbers:
        raise NotFound("the chain has no meeting with this notice", digest=digest)
    return max(numbers)


def _assembled(
    office: Office,
    owner: KnownIssuer,
    place: Address,
    chain: ChainMeeting,
    kept: KeptMeeting,
    known: Mapping[Address, KnownInstrument],
    block: int,
) -> Assembly:
    notice = read_notice(kept.notice, [one.class_id for one in known.values()])
    called = tuple(known[Address(one.token)] for one in chain.classes)
    candidates = {one.id: one.candidates for one in notice.agenda}
    ids = [one.id for one in notice.agenda]
    agenda = agenda_of(chain, [one.class_id for one in called], ids, candidates)
    with office.index.connect() as view:
        record = read.record_instant(view, chain.classes[0].token, chain.classes[0].record)
    stage = _stage(chain, now(office))
    return Assembly(owner, place, chain, kept, notice, called, agenda, record, stage, block)


def _stage(chain: ChainMeeting, instant: datetime) -> Stage:
    terms = chain.terms
    if terms.cancelled or terms.concluded:
        return Stage.CANCELLED if terms.cancelled else Stage.CONCLUDED
    if instant < terms.opens:
        return Stage.ANNOUNCED
    if instant < terms.closes:
        return Stage.OPEN
    return Stage.REVEALING if instant < terms.counted_from else Stage.CLOSED


# ---- who may vote ----


def holdings(office: Office, one: Assembly) -> dict[int, dict[str, int]]:
    """Units by account and class at the record instants. Raises Conflict before they have passed."""
    held: dict[int, dict[str, int]] = {}
    with office.index.connect() as view:
        for called, instrument in zip(one.chain.classes, one.instruments, strict=True):
            for line in read.lines_of_record(view, called.token, called.record):
                held.setdefault(line.account, {})[instrument.class_id] = line.units
    return held


def names(office: Office, one: Assembly) -> dict[int, str]:
    """Ids of holders by account."""
    with office.book.reading() as tx:
        known = {str(each.wallet): each.id for each in issuers.holders(tx, one.issuer.id)}
    with office.index.connect() as view:
        accounts = read.accounts(view, one.instruments[0].token)
    return {accounts[wallet]: id for wallet, id in known.items() if wallet in accounts}


def set_aside(office: Office, one: Assembly) -> Asked | None:
    """The call that takes treasury units out of those entitled; None where nothing is left to do."""
    wallets: list[str] = []
    with office.index.connect() as view:
        for instrument in one.instruments:
            for line in read.lines(view, instrument.token):
                own = has_flag(line.facts, Flags.TREASURY)
                if own and line.account not in one.chain.aside and line.wallet not in wallets:
                    wallets.append(line.wallet)
    if not wallets:
        return None
    data = contracts.call("Ballot", "set_aside", one.number, wallets)
    key = f"set aside {one.number} {' '.join(sorted(wallets))}"
    return Asked(office.keys.agent, one.ballot, data, "set treasury units aside", key)


# ---- how it stands ----


def stand(office: Office, one: Assembly) -> Standing:
    """Count from the events, and compare with the contract.

    Raises Conflict before the record instants have passed, Broken where a figure differs.
    """
    tallies = count(one.chain, one.agenda, one.classes, holdings(office, one))

    def ask(function: str, *given: int) -> Any:
        """A view of the contract at the block to which the events were read."""
        numbers = (one.number, *given)
        return contracts.read(office.w3, "Ballot", one.ballot, function, *numbers, block=one.block)

    found = recounting.figures(ask, one.agenda, one.classes, tallies)
    return Standing(tallies, recounting.require_equal(one.number, found))


def said_of(one: Assembly, account: int) -> list[str]:
    """What an account said last, in words, one for each resolution."""
    cast = one.chain.cast.get(account)
    if cast is None:
        return []
    said = unpack_vote(cast.choices, cast.marks, one.agenda, one.classes)
    return [
        f"{id}{f' ({name})' if name else ''}: "
        + ", ".join(
            " > ".join(mark.ranking) + (f" {mark.units}" if mark.units is not None else "")
            for mark in marks
        )
        for (id, name), marks in said.items()
    ]


def when_wrong(one: Assembly, sequence: Sequence[Stage]) -> str:
    """Why an act is not for this stage, as a sentence; nothing if it is."""
    if one.stage in sequence:
        return ""
    terms = one.chain.terms
    return {
        Stage.ANNOUNCED: f"the vote opens at {stamp(terms.opens)}",
        Stage.OPEN: f"the vote is open until {stamp(terms.closes)}",
        Stage.REVEALING: f"the vote closed at {stamp(terms.closes)}; sealed votes are revealed"
        f" until {stamp(terms.counted_from)}",
        Stage.CLOSED: f"the vote closed at {stamp(terms.closes)}",
        Stage.CONCLUDED: "the result of this meeting stands",
        Stage.CANCELLED: "this meeting was cancelled",
    }[one.stage]
