"""A meeting from a TOML file: register at the record instant, agenda, proxies, ballots."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from freehold.core.actions import fields
from freehold.core.actions.ballot import (
    Ballot,
    Basis,
    Mark,
    Meeting,
    Method,
    Resolution,
    Threshold,
)
from freehold.core.actions.fields import Section
from freehold.core.actions.proxy import Appointment, appointment_mistakes

_HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class MeetingFile:
    """Everything that a count needs."""

    name: str
    meeting: Meeting
    agenda: tuple[Resolution, ...]
    ballots: tuple[Ballot, ...]


def read_meeting(text: str) -> MeetingFile:
    """Read the file. Raises Invalid with every mistake and its place; whether a ballot counts is
    no matter of the file but of the count."""
    top = fields.parse_toml(text)
    fields.only(top, *("name", "opens", "closes", "holder", "proxy", "resolution", "ballot"))
    name = fields.text(top, "name")
    opens, closes = fields.instant(top, "opens"), fields.instant(top, "closes")
    if closes <= opens and not top.mistakes:
        fields.note(top, "closes", "is not after the vote opens")
    holders = dict(_holder(one) for one in once(top, "holder"))
    proxies = tuple(_proxy(one) for one in fields.sections(top, "proxy"))
    top.mistakes.extend(appointment_mistakes(proxies))
    classes = sorted({name for units in holders.values() for name in units})
    agenda = tuple(read_resolution(one, classes) for one in once(top, "resolution"))
    if not agenda:
        fields.note(top, "resolution", "there is none: write at least one [[resolution]]")
    ids = [one.id for one in agenda]
    ballots = tuple(
        _ballot(one, number, ids) for number, one in enumerate(fields.sections(top, "ballot"), 1)
    )
    fields.refuse_mistakes(top, "the file of the meeting")
    return MeetingFile(name, Meeting(opens, closes, holders, proxies), agenda, ballots)


def once(top: Section, key: str) -> list[Section]:
    """The tables of a list, whose ids must differ."""
    listed = fields.sections(top, key)
    seen: set[str] = set()
    for one in listed:
        name = str(one.content.get("id", ""))
        if name in seen:
            fields.note(one, "id", f"{name!r} stands twice")
        seen.add(name)
    return listed


def _holder(section: Section) -> tuple[str, dict[str, int]]:
    fields.only(section, "id", "units")
    units = fields.inner(section, "units")
    if not units.content:
        fields.note(section, "units", "is missing: write { common = 100 }, by class")
    held = {name: fields.whole(units, name) for name in units.content}
    return fields.text(section, "id"), held


def _proxy(section: Section) -> Appointment:
    fields.only(section, "holder", "giver", "proxy", "at", "until", "may_substitute")
    holder = fields.text(section, "holder")
    return Appointment(
        holder,
        fields.text(section, "giver", holder),
        fields.text(section, "proxy"),
        fields.instant(section, "at"),
        fields.optional(section, "until", fields.instant),
        fields.flag(section, "may_substitute"),
    )


def read_resolution(section: Section, classes: Sequence[str]) -> Resolution:
    """One resolution; `classes` are those that somebody holds."""
    fields.only(
        section,
        *("id", "method", "votes_per_unit", "quorum", "majority", "more_than", "basis"),
        *("separate", "candidates", "seats", "title"),
    )
    method = fields.choice(section, "method", Method, Method.ORDINARY)
    weights = fields.inner(section, "votes_per_unit")
    votes = {name: fields.number(weights, name) for name in weights.content}
    if not fields.has(section, "votes_per_unit"):
        votes = dict.fromkeys(classes, Fraction(1))
    separate = fields.texts(section, "separate")
    for name in [*votes, *separate]:
        if name not in classes:
            fields.note(section, "votes_per_unit", f"nobody holds a class {name!r}")
    for name in separate:
        if not votes.get(name):
            fields.note(section, "separate", f"{name!r} has no vote on this")
    majority = fields.share(section, "majority", _HALF)
    if not majority:
        fields.note(section, "majority", "is nothing: without it every resolution is carried")
    return Resolution(
        fields.text(section, "id"),
        {name: weight for name, weight in votes.items() if weight},
        method,
        Threshold(fields.share(section, "quorum", Fraction(0))),
        Threshold(
            majority,
            fields.flag(section, "more_than", not fields.has(section, "majority")),
        ),
        fields.choice(section, "basis", Basis, Basis.CAST),
        separate,
        *_election(section, method),
    )


def _election(section: Section, method: Method) -> tuple[tuple[str, ...], int]:
    candidates = fields.texts(section, "candidates")
    seats = fields.whole(section, "seats", 1)
    if method is Method.ORDINARY:
        if candidates:
            fields.note(
                section, "candidates", "an ordinary resolution is for or against, no election"
            )
        return (), 1
    if len(set(candidates)) < max(len(candidates), 2):
        fields.note(section, "candidates", "must be at least two, each once")
    if not 1 <= seats < max(len(candidates), 2):
        fields.note(section, "seats", f"{seats} of {len(candidates)} candidates leaves no choice")
    if method is Method.RANKED and seats != 1:
        fields.note(section, "seats", "a ranked choice fills one seat")
    return candidates, seats


def _ballot(section: Section, number: int, agenda: Sequence[str]) -> Ballot:
    fields.only(
        section,
        *("id", "resolution", "voter", "holder", "at", "class", "vote", "ranking", "split", "mark"),
    )
    holder = fields.text(section, "holder")
    resolution = fields.text(section, "resolution")
    if resolution and resolution not in agenda:
        fields.note(section, "resolution", f"{resolution!r} is not on the agenda")
    return Ballot(
        fields.text(section, "id", f"{number:06d}"),
        resolution,
        fields.text(section, "voter", holder),
        holder,
        fields.instant(section, "at"),
        read_marks(section),
        fields.optional(section, "class", fields.text),
    )


def read_marks(section: Section) -> tuple[Mark, ...]:
    """The one of vote, ranking, split or [[mark]] that a ballot is written as."""
    written = [key for key in ("vote", "ranking", "split", "mark") if fields.has(section, key)]
    if len(written) != 1:
        said = " and ".join(written) or "nothing"
        fields.note(section, "vote", f"says {said}: write one of vote, ranking, split, [[mark]]")
        return ()
    if written == ["vote"]:
        return (Mark((fields.text(section, "vote"),)),)
    if written == ["ranking"]:
        return (Mark(fields.texts(section, "ranking")),)
    if written == ["split"]:
        split = fields.inner(section, "split")
        return tuple(Mark((name,), fields.whole(split, name)) for name in split.content)
    return tuple(
        Mark(fields.texts(one, "ranking"), fields.optional(one, "units", fields.whole))
        for one in fields.sections(section, "mark")
    )
