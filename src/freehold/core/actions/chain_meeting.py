"""A meeting read from what `Ballot.vy` logged, so that anybody counts it again from the chain alone.

`follow` takes the events of one Ballot in their order. A vote stands until another of the same account
replaces it or its proxy's power ends; a sealed one counts from its revelation on. Names of holders are
their account numbers: the register's own key.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from freehold.core import events_voting as e
from freehold.core.actions.ballot import Ballot, Meeting, Resolution, Tally, tally
from freehold.core.actions.ballot_words import (
    Terms,
    unpack_resolution,
    unpack_terms,
    unpack_vote,
)
from freehold.core.actions.proxy import Appointment
from freehold.core.clock import from_seconds
from freehold.core.events import Logged
from freehold.core.ids import ZERO_ADDRESS


@dataclass(frozen=True, slots=True)
class Called:
    """A class that votes: its token and the number of the record instant there."""

    token: str
    record: int


@dataclass(frozen=True, slots=True)
class Cast:
    """What an account says, by whom (its proxy's wallet, or nobody: itself), since when.

    `choices` of a sealed vote are the seal.
    """

    proxy: str | None
    at: datetime
    choices: int
    marks: tuple[int, ...] = ()


@dataclass(slots=True)
class ChainMeeting:
    """One meeting as the chain has it so far."""

    number: int
    register: str
    notice: str
    terms: Terms
    classes: list[Called] = field(default_factory=list)
    rules: list[tuple[int, int]] = field(default_factory=list)
    cast: dict[int, Cast] = field(default_factory=dict)
    sealed: dict[int, Cast] = field(default_factory=dict)
    aside: set[int] = field(default_factory=set)
    appointments: list[Appointment] = field(default_factory=list)
    minutes: str | None = None
    votes: list[tuple[datetime, int, int]] = field(default_factory=list)
    """Every vote as it came: when, whose account, choices."""


def follow(events: Iterable[Logged]) -> dict[int, ChainMeeting]:
    """All meetings of a Ballot, by number, from all its events."""
    found: dict[int, ChainMeeting] = {}
    for position, _, event in events:
        if isinstance(event, e.MeetingAnnounced):
            terms = unpack_terms(event.terms)
            found[event.meeting] = ChainMeeting(event.meeting, event.register, event.notice, terms)
        elif meeting := found.get(getattr(event, "meeting", 0)):
            _apply(meeting, event, from_seconds(position.seconds))
    return found


def agenda_of(
    meeting: ChainMeeting,
    classes: Sequence[str],
    ids: Sequence[str] = (),
    candidates: Mapping[str, tuple[str, ...]] | None = None,
) -> tuple[Resolution, ...]:
    """The resolutions; `ids` and `candidates` are the notice's words for them, else numbers."""
    named = ids or [str(place) for place in range(1, len(meeting.rules) + 1)]
    known = candidates or {}
    return tuple(
        unpack_resolution(id, words, classes, known.get(id, ()))
        for id, words in zip(named, meeting.rules, strict=True)
    )


def count(
    meeting: ChainMeeting,
    agenda: Sequence[Resolution],
    classes: Sequence[str],
    held: Mapping[int, Mapping[str, int]],
) -> tuple[Tally, ...]:
    """The tally of every resolution; `held` are units by account and class at the record instants,
    from which those set aside are taken out here."""
    entitled = {str(one): units for one, units in held.items() if one not in meeting.aside}
    given = tuple(meeting.appointments)
    opened = Meeting(meeting.terms.opens, meeting.terms.closes, entitled, given)
    ballots = [
        ballot
        for account, cast in sorted(meeting.cast.items())
        for ballot in _ballots(account, cast, agenda, classes)
    ]
    return tuple(tally(opened, resolution, ballots) for resolution in agenda)


def _ballots(
    account: int, cast: Cast, agenda: Sequence[Resolution], classes: Sequence[str]
) -> list[Ballot]:
    said = unpack_vote(cast.choices, cast.marks, agenda, classes)
    holder = str(account)
    return [
        Ballot(
            f"{holder} {id} {name or ''}", id, cast.proxy or holder, holder, cast.at, marks, name
        )
        for (id, name), marks in said.items()
    ]


def _apply(meeting: ChainMeeting, event: object, at: datetime) -> None:
    match event:
        case e.ClassCalled():
            meeting.classes.append(Called(event.token, event.record))
        case e.ResolutionPut():
            meeting.rules.append((event.rule, event.votes_per_unit))
        case e.TreasurySetAside():
            meeting.aside.add(event.account)
        case e.Appointed():
            _appoint(meeting, event, at)
        case e.VoteSealed():
            meeting.sealed[event.account] = Cast(event.voter, at, int(event.seal, 16))
        case e.Voted():
            _cast(meeting, event.account, None, event.choices, at)
        case e.VotedByProxy():
            _cast(meeting, event.account, event.proxy, event.choices, at)
        case e.Marked():
            before = meeting.cast[event.account]
            meeting.cast[event.account] = replace(before, marks=(*before.marks, event.mark))
        case e.VoteWithdrawn():
            meeting.cast.pop(event.account, None)
            meeting.sealed.pop(event.account, None)
        case e.MeetingEnded():
            ended = event.cancelled
            meeting.terms = replace(meeting.terms, cancelled=ended, concluded=not ended)
            meeting.minutes = event.document


def _cast(
    meeting: ChainMeeting, account: int, proxy: str | None, choices: int, at: datetime
) -> None:
    """What is said counts from when it was sealed, where it was."""
    sealed = meeting.sealed.get(account)
    meeting.cast[account] = Cast(proxy, sealed.at if sealed else at, choices)
    meeting.votes.append((at, account, choices))


def _appoint(meeting: ChainMeeting, event: e.Appointed, at: datetime) -> None:
    holder = str(event.account)
    giver = holder if event.giver == ZERO_ADDRESS else event.giver
    if event.proxy != ZERO_ADDRESS:
        new = Appointment(holder, giver, event.proxy, at, None, event.may_substitute)
        meeting.appointments.append(new)
        return
    meeting.appointments = [
        replace(one, revoked_at=at)
        if (one.holder, one.giver) == (holder, giver) and one.revoked_at is None
        else one
        for one in meeting.appointments
    ]
