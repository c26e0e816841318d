"""Counting votes: who was entitled, what each said last and with authority, and what it decides.

Votes are units at the record instant times the votes of a unit of their class, as exact fractions;
thresholds are compared by cross-multiplication, so a bare third is a third. For each class a holder
has one ballot counts: its own last one, else the last one of the proxy who was authorised when it
was cast and still is at the close. A nominee divides its units between choices by several marks.
Everybody with the register at the record instant, the appointments and the ballots gets the same
tally. Treasury units are left out of the register by the caller: they neither vote nor count.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from freehold.core.actions.proxy import Appointment, by_holder, voter_for

FOR, AGAINST, ABSTAIN = "for", "against", "abstain"
ZERO = Fraction(0)
Entitled = Mapping[str, Mapping[str, int]]
"""Units at the record instant: by holder, by class."""


class Method(StrEnum):
    """How a resolution is decided."""

    ORDINARY = "ordinary"
    CUMULATIVE = "cumulative"
    RANKED = "ranked choice"


class Basis(StrEnum):
    """What a majority is a part of."""

    CAST = "cast"
    """for and against; abstentions do not count"""
    PRESENT = "present"
    """all who voted, abstentions too"""
    ENTITLED = "entitled"
    """all who could have"""


@dataclass(frozen=True, slots=True)
class Threshold:
    """A part that must be reached, or exceeded if `more_than`."""

    part: Fraction
    more_than: bool = False


@dataclass(frozen=True, slots=True)
class Resolution:
    """One item of the agenda.

    `votes_per_unit` of each class that may vote. `separate` are classes that must also carry it by
    themselves, at the same majority. Elections have candidates and seats.
    """

    id: str
    votes_per_unit: Mapping[str, Fraction]
    method: Method = Method.ORDINARY
    quorum: Threshold = Threshold(ZERO)
    majority: Threshold = Threshold(Fraction(1, 2), more_than=True)
    basis: Basis = Basis.CAST
    separate: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    seats: int = 1


@dataclass(frozen=True, slots=True)
class Mark:
    """A choice, or candidates from the first preference on, for some units; None: all that remain.

    In cumulative voting `units` are votes: each unit has as many as there are seats.
    """

    ranking: tuple[str, ...]
    units: int | None = None


@dataclass(frozen=True, slots=True)
class Ballot:
    """What a voter says for a holder at an instant; for one class, or None for all it holds."""

    id: str
    resolution: str
    voter: str
    holder: str
    at: datetime
    marks: tuple[Mark, ...]
    class_id: str | None = None


@dataclass(frozen=True, slots=True)
class Meeting:
    """Votes count from `opens` on and before `closes`."""

    opens: datetime
    closes: datetime
    entitled: Entitled
    appointments: tuple[Appointment, ...] = ()


@dataclass(frozen=True, slots=True)
class Count:
    """Votes by choice, of all who are present, and of all who are entitled."""

    votes: Mapping[str, Fraction]
    present: Fraction
    entitled: Fraction


@dataclass(frozen=True, slots=True)
class Tally:
    """The result of a resolution, and every ballot that did not count with the reason.

    `elected` are the winners of an election; `tied` those between whom it could not decide.
    `rounds` are the counts of a ranked choice, one for each elimination.
    """

    resolution: str
    count: Count
    by_class: Mapping[str, Count]
    quorum_met: bool
    carried: bool
    elected: tuple[str, ...] = ()
    tied: tuple[str, ...] = ()
    rounds: tuple[Mapping[str, Fraction], ...] = ()
    not_counted: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Voted:
    """The marks that count for one class of one holder, with all units filled in."""

    class_id: str
    marks: tuple[Mark, ...]
    units: int


def tally(meeting: Meeting, resolution: Resolution, ballots: Sequence[Ballot]) -> Tally:
    """Count a resolution. Ballots of other resolutions are ignored."""
    own = [one for one in ballots if one.resolution == resolution.id]
    given = by_holder(meeting.appointments)
    refused = {
        one.id: why
        for one in own
        if (why := why_not(meeting, resolution, one, given.get(one.holder, ())))
    }
    valid = [one for one in own if one.id not in refused]
    counted = _counted(meeting, resolution, valid)
    used = {ballot.id for ballot in counted.values()}
    refused |= {one.id: "is replaced by another ballot" for one in valid if one.id not in used}
    voted = [
        _filled(resolution, class_id, ballot.marks, meeting.entitled[holder][class_id])
        for (holder, class_id), ballot in counted.items()
    ]
    by_class = {
        name: _count(meeting, resolution, [one for one in voted if one.class_id == name], name)
        for name in resolution.votes_per_unit
    }
    count = _count(meeting, resolution, voted, None)
    quorum_met = reached(count.present, count.entitled, resolution.quorum)
    told = tuple(sorted(refused.items()))
    if resolution.method is Method.ORDINARY:
        counts = [count, *(by_class[name] for name in resolution.separate)]
        carried = quorum_met and all(_carried(resolution, one) for one in counts)
        return Tally(resolution.id, count, by_class, quorum_met, carried, not_counted=told)
    if resolution.method is Method.CUMULATIVE:
        elected, tied = _most_votes(resolution, count.votes)
        rounds: tuple[Mapping[str, Fraction], ...] = ()
    else:
        elected, tied, rounds = _ranked(resolution, voted)
    elected, tied = (elected, tied) if quorum_met else ((), ())
    done = quorum_met and len(elected) == resolution.seats
    return Tally(resolution.id, count, by_class, quorum_met, done, elected, tied, rounds, told)


def reached(part: Fraction, whole: Fraction, threshold: Threshold) -> bool:
    """Whether a part of a whole reaches a threshold, by cross-multiplication; never of nothing."""
    if not whole:
        return False
    ours, needed = part * threshold.part.denominator, whole * threshold.part.numerator
    return ours > needed if threshold.more_than else ours >= needed


def why_not(
    meeting: Meeting,
    resolution: Resolution,
    ballot: Ballot,
    appointments: Sequence[Appointment],
) -> str:
    """Why a ballot cannot count, as a sentence about it; nothing if it can.

    `appointments` are those for the ballot's holder.
    """
    if ballot.at < meeting.opens:
        return "was cast before the vote opened"
    if ballot.at >= meeting.closes:
        return "was cast after the close"
    held = meeting.entitled.get(ballot.holder, {})
    classes = [name for name in _classes(ballot, held) if name in resolution.votes_per_unit]
    if not any(held.get(name) for name in classes):
        return f"is for {ballot.holder}, who held no units that vote at the record instant"
    if ballot.voter != ballot.holder:
        for instant in (ballot.at, meeting.closes):
            if voter_for(ballot.holder, appointments, instant) != ballot.voter:
                when = "when it was cast" if instant == ballot.at else "any more at the close"
                return f"is by {ballot.voter}, who may not vote for {ballot.holder} {when}"
    return _marks_wrong(resolution, ballot, [held[name] for name in classes if held.get(name)])


def _marks_wrong(resolution: Resolution, ballot: Ballot, units: Sequence[int]) -> str:
    allowed = resolution.candidates or (FOR, AGAINST, ABSTAIN)
    for mark in ballot.marks:
        unknown = [one for one in mark.ranking if one not in allowed]
        if unknown or not mark.ranking:
            return f"names {', '.join(unknown) or 'nobody'}; there is {', '.join(allowed)}"
        if len(set(mark.ranking)) < len(mark.ranking):
            return "ranks somebody twice"
        if len(mark.ranking) > 1 and resolution.method is not Method.RANKED:
            return "ranks several, and this vote asks for one"
        if mark.units is not None and mark.units < 0:
            return "has a negative number of votes"
    if sum(mark.units is None for mark in ballot.marks) > 1:
        return "leaves open twice for how many units it is"
    stated = sum(mark.units or 0 for mark in ballot.marks)
    if stated and len(units) > 1:
        return "divides units of several classes: name the class"
    if stated > units[0] * _votes_of_a_unit(resolution):
        return f"divides {stated} votes, and there are {units[0] * _votes_of_a_unit(resolution)}"
    return ""


def _votes_of_a_unit(resolution: Resolution) -> int:
    return resolution.seats if resolution.method is Method.CUMULATIVE else 1


def _classes(ballot: Ballot, held: Mapping[str, int]) -> list[str]:
    return list(held) if ballot.class_id is None else [ballot.class_id]


def _counted(
    meeting: Meeting, resolution: Resolution, ballots: Sequence[Ballot]
) -> dict[tuple[str, str], Ballot]:
    """The ballot that counts for each class of each holder: in person before proxy, then the last."""
    counted: dict[tuple[str, str], Ballot] = {}
    for ballot in sorted(ballots, key=lambda one: (one.voter == one.holder, one.at, one.id)):
        held = meeting.entitled[ballot.holder]
        for name in _classes(ballot, held):
            if held.get(name) and name in resolution.votes_per_unit:
                counted[ballot.holder, name] = ballot
    return counted


def _filled(resolution: Resolution, class_id: str, marks: Sequence[Mark], units: int) -> _Voted:
    """The open mark gets what the others leave; what nobody gets is not voted."""
    votes = units * _votes_of_a_unit(resolution)
    rest = votes - sum(mark.units or 0 for mark in marks)
    whole = tuple(Mark(one.ranking, rest if one.units is None else one.units) for one in marks)
    return _Voted(class_id, whole, units)


def _count(
    meeting: Meeting, resolution: Resolution, voted: Sequence[_Voted], only: str | None
) -> Count:
    weights = resolution.votes_per_unit
    allowed = resolution.candidates or (FOR, AGAINST, ABSTAIN)
    votes = dict.fromkeys(allowed, ZERO)
    for mark, weight in _weighted(resolution, voted):
        votes[mark.ranking[0]] += weight
    present = sum((weights[one.class_id] * _present(resolution, one) for one in voted), ZERO)
    entitled = sum(
        (
            weights[name] * units
            for held in meeting.entitled.values()
            for name, units in held.items()
            if name in weights and only in (None, name)
        ),
        ZERO,
    )
    return Count(votes, present, entitled)


def _present(resolution: Resolution, voted: _Voted) -> int:
    """The units that take part: those with a mark, or all of a holder who cumulates."""
    stated = sum(mark.units or 0 for mark in voted.marks)
    return voted.units if resolution.method is Method.CUMULATIVE and stated else stated


def _weighted(resolution: Resolution, voted: Sequence[_Voted]) -> Iterator[tuple[Mark, Fraction]]:
    for one in voted:
        weight = resolution.votes_per_unit[one.class_id]
        yield from ((mark, weight * (mark.units or 0)) for mark in one.marks)


def _carried(resolution: Resolution, count: Count) -> bool:
    whole = {
        Basis.CAST: count.votes[FOR] + count.votes[AGAINST],
        Basis.PRESENT: count.present,
        Basis.ENTITLED: count.entitled,
    }[resolution.basis]
    return reached(count.votes[FOR], whole, resolution.majority)


# ---- elections ----------------------------------------------------------------------------------


def _most_votes(
    resolution: Resolution, votes: Mapping[str, Fraction]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The candidates with most votes, as many as there are seats; a tie for the last is told."""
    ranked = sorted((one for one in votes if votes[one]), key=lambda one: -votes[one])
    if len(ranked) <= resolution.seats:
        return tuple(ranked), ()
    last, first_out = (votes[ranked[place]] for place in (resolution.seats - 1, resolution.seats))
    if last > first_out:
        return tuple(ranked[: resolution.seats]), ()
    elected = tuple(one for one in ranked if votes[one] > last)
    return elected, tuple(one for one in ranked if votes[one] == last)


def _ranked(
    resolution: Resolution, voted: Sequence[_Voted]
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[Mapping[str, Fraction], ...]]:
    """Instant run-off: the last is eliminated until one has more than half of what is left.

    Of several last ones that goes which had fewer votes in the latest earlier round in which they
    differ. If they never differ and together could still decide, the vote is tied between them.
    """
    standing = list(resolution.candidates)
    rounds: list[Mapping[str, Fraction]] = []
    while True:
        votes: dict[str, Fraction] = dict.fromkeys(standing, ZERO)
        for mark, weight in _weighted(resolution, voted):
            first = next((one for one in mark.ranking if one in votes), None)
            if first is not None:
                votes[first] += weight
        rounds.append(votes)
        left = sum(votes.values())
        leader = max(standing, key=lambda one: votes[one])
        if not left:
            return (), (), tuple(rounds)
        if 2 * votes[leader] > left:
            return (leader,), (), tuple(rounds)
        out = _last(standing, rounds)
        others = [votes[one] for one in standing if one not in out]
        if len(out) > 1 and (not others or sum(votes[one] for one in out) >= min(others)):
            return (), tuple(out), tuple(rounds)
        standing = [one for one in standing if one not in out]


def _last(standing: Sequence[str], rounds: Sequence[Mapping[str, Fraction]]) -> list[str]:
    """Who has fewest votes; of several those who had fewest before, round by round back."""
    last = list(standing)
    for votes in reversed(rounds):
        fewest = min(votes[one] for one in last)
        last = [one for one in last if votes[one] == fewest]
    return last
