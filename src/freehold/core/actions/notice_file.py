"""The notice of a meeting that is held on chain, and a holder's vote on it, from TOML files.

The notice is the document whose hash the meeting is announced with, so the agenda that is counted is
the agenda that was sent out. docs/reference/votes.md lists the fields.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from freehold.core.actions import fields
from freehold.core.actions.ballot import Mark, Resolution
from freehold.core.actions.ballot_words import (
    CANDIDATES_MOST,
    CLASSES_MOST,
    RESOLUTIONS_MOST,
    Terms,
)
from freehold.core.actions.fields import Section
from freehold.core.actions.meeting_file import once, read_marks, read_resolution
from freehold.core.clock import stamp

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Paper:
    """A document of a meeting, such as the accounts: its title, and its SHA-256 as 64 hex digits."""

    title: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A meeting as it is announced. `classes` are those that vote on something, in their order;
    `titles` are what the resolutions say, by id; `place` is where it is held, in words."""

    name: str
    record: datetime
    terms: Terms
    classes: tuple[str, ...]
    agenda: tuple[Resolution, ...]
    titles: dict[str, str]
    place: str = ""
    documents: tuple[Paper, ...] = ()


def read_notice(text: str, classes: Sequence[str]) -> Notice:
    """Read the file; `classes` are the issuer's. Raises Invalid with every mistake and its place."""
    top = fields.parse_toml(text)
    known = "name place record opens closes revealed_until changeable resolution document".split()
    fields.only(top, *known)
    name, record = fields.text(top, "name"), fields.instant(top, "record")
    terms = _terms(top, record)
    listed = once(top, "resolution")
    if not listed:
        fields.note(top, "resolution", "there is none: write at least one [[resolution]]")
    agenda = tuple(read_resolution(one, classes) for one in listed)
    for section, resolution in zip(listed, agenda, strict=True):
        _check(section, resolution)
    voting = [one for one in classes if any(one in each.votes_per_unit for each in agenda)]
    if len(agenda) > RESOLUTIONS_MOST or len(voting) > CLASSES_MOST:
        most = f"{RESOLUTIONS_MOST} resolutions and {CLASSES_MOST} classes"
        fields.note(top, "resolution", f"a meeting has at most {most}")
    papers = tuple(_paper(one) for one in fields.sections(top, "document"))
    fields.refuse_mistakes(top, "the notice of the meeting")
    titles = {
        one.id: fields.text(each, "title", one.id) for each, one in zip(listed, agenda, strict=True)
    }
    place = fields.text(top, "place", "")
    return Notice(name, record, terms, tuple(voting), agenda, titles, place, papers)


def read_vote(text: str) -> dict[tuple[str, str | None], tuple[Mark, ...]]:
    """A vote: [[ballot]] tables with resolution, perhaps class, and vote, ranking, split or marks.

    Raises Invalid with every mistake and its place.
    """
    top = fields.parse_toml(text)
    fields.only(top, "ballot")
    said: dict[tuple[str, str | None], tuple[Mark, ...]] = {}
    for one in fields.sections(top, "ballot"):
        fields.only(one, "resolution", "class", "vote", "ranking", "split", "mark")
        key = fields.text(one, "resolution"), fields.optional(one, "class", fields.text)
        if key in said:
            fields.note(one, "resolution", f"{key[0]!r} is voted on twice")
        said[key] = read_marks(one)
    if not said:
        fields.note(top, "ballot", "there is none: write at least one [[ballot]]")
    fields.refuse_mistakes(top, "the vote")
    return said


def _terms(top: Section, record: datetime) -> Terms:
    opens, closes = fields.instant(top, "opens"), fields.instant(top, "closes")
    until = fields.optional(top, "revealed_until", fields.instant)
    if not top.mistakes:
        if opens < record:
            fields.note(top, "opens", f"is before the record instant {stamp(record)}")
        if closes <= opens:
            fields.note(top, "closes", "is not after the vote opens")
        if until is not None and until <= closes:
            fields.note(top, "revealed_until", "is not after the vote closes")
    return Terms(opens, closes, until, fields.flag(top, "changeable"))


def _paper(section: Section) -> Paper:
    fields.only(section, "title", "sha256")
    digest = fields.text(section, "sha256").removeprefix("0x").lower()
    if not _SHA256.fullmatch(digest):
        fields.note(section, "sha256", f"{digest!r} is no SHA-256 of 64 hex digits")
    return Paper(fields.text(section, "title"), digest)


def _check(section: Section, resolution: Resolution) -> None:
    """What a chain asks beyond what a count does."""
    if not fields.has(section, "quorum"):
        fields.note(section, "quorum", "is missing: say which part must be present, 0 for none")
    if len(resolution.candidates) > CANDIDATES_MOST:
        fields.note(section, "candidates", f"are more than {CANDIDATES_MOST}")
    if not resolution.votes_per_unit:
        fields.note(section, "votes_per_unit", "gives nobody a vote")
