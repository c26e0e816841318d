"""Meetings and votes as the words that `Ballot.vy` stores and logs (docs/reference/words.md).

Packing and reading are inverse. Votes of a unit are whole numbers on chain: fractions of one
resolution are brought to a common denominator, which changes no result.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from fractions import Fraction
from math import lcm

from eth_hash.auto import keccak

from freehold.core.actions.ballot import (
    ABSTAIN,
    AGAINST,
    FOR,
    Basis,
    Mark,
    Method,
    Resolution,
    Threshold,
)
from freehold.core.clock import from_seconds, to_seconds
from freehold.core.errors import Invalid

CLASSES_MOST, RESOLUTIONS_MOST, CANDIDATES_MOST, MARKS_MOST = 8, 32, 14, 32
REST = (1 << 96) - 1
"""The units of a mark that takes what the others leave."""
_M8, _M32, _M40, _DIVIDED = 0xFF, 0xFFFFFFFF, (1 << 40) - 1, 15
_METHODS, _BASES = tuple(Method), tuple(Basis)
_SIDES = (FOR, AGAINST, ABSTAIN)
Said = Mapping[tuple[str, str | None], Sequence[Mark]]
"""What a vote says: marks by resolution, and by class where they differ (None: every class held)."""


class VoteRefusal(IntEnum):
    """Why `Ballot.vy` does not take a vote: the number in `vote refused: N` and in VoteSkipped."""

    UNKNOWN = 1
    TREASURY = 2
    NO_UNITS = 3
    BAD_CHOICE = 4
    BAD_MARKS = 5
    NOT_SIGNED = 6
    NOT_HIS = 7
    IN_PERSON = 8
    VOTED = 9
    OLDER = 10


VOTE_SENTENCES: Mapping[VoteRefusal, str] = {
    VoteRefusal.UNKNOWN: "The holder's wallet opens no account in the issuer's register.",
    VoteRefusal.TREASURY: "Treasury units belong to the issuer itself and have no vote.",
    VoteRefusal.NO_UNITS: "The account held no units that vote on this at the record instant.",
    VoteRefusal.BAD_CHOICE: "The vote names a choice or a resolution that is not on the agenda.",
    VoteRefusal.BAD_MARKS: "The divided vote gives away more votes than there are, or is malformed.",
    VoteRefusal.NOT_SIGNED: "The signature is not the voter's, or is dated in the future.",
    VoteRefusal.NOT_HIS: "The voter is neither the holder nor the proxy who may vote for him now.",
    VoteRefusal.IN_PERSON: "The holder has voted himself, which goes before his proxy's vote.",
    VoteRefusal.VOTED: "The account has voted, and votes of this meeting cannot be changed.",
    VoteRefusal.OLDER: "A vote that was signed later stands already.",
}


def vote_sentence(code: int) -> str:
    """What a refused vote's number says to a person."""
    known = code in VoteRefusal.__members__.values()
    return VOTE_SENTENCES[VoteRefusal(code)] if known else f"The vote was refused ({code})."


@dataclass(frozen=True, slots=True)
class Terms:
    """When a meeting votes and how. `revealed_until` makes it secret: sealed votes are opened
    between the close and that instant. Votes can be changed until the close if `changeable`."""

    opens: datetime
    closes: datetime
    revealed_until: datetime | None = None
    changeable: bool = False
    cancelled: bool = False
    concluded: bool = False

    @property
    def counted_from(self) -> datetime:
        """From when on the result can stand."""
        return self.revealed_until or self.closes


def pack_terms(terms: Terms) -> int:
    """The word that a meeting is announced with."""
    until = to_seconds(terms.revealed_until) if terms.revealed_until else 0
    flags = terms.changeable | (terms.revealed_until is not None) << 1
    return to_seconds(terms.opens) | to_seconds(terms.closes) << 40 | until << 80 | flags << 136


def unpack_terms(word: int) -> Terms:
    """The inverse of `pack_terms`, with what became of the meeting."""
    until = word >> 80 & _M40
    return Terms(
        from_seconds(word & _M40),
        from_seconds(word >> 40 & _M40),
        from_seconds(until) if until else None,
        *(bool(word >> place & 1) for place in (136, 138, 139)),
    )


def pack_resolution(resolution: Resolution, classes: Sequence[str]) -> tuple[int, int]:
    """Rule and votes of a unit by class; `classes` in the meeting's order. Raises Invalid where a
    number does not fit."""
    own = f"resolution {resolution.id}"
    if len(resolution.candidates) > CANDIDATES_MOST:
        raise Invalid(f"{own} has more than {CANDIDATES_MOST} candidates", field="candidates")
    rule = _METHODS.index(resolution.method) | _BASES.index(resolution.basis) << 8
    rule |= sum(1 << classes.index(name) for name in resolution.separate) << 16
    rule |= len(_choices(resolution)) << 24 | resolution.seats << 32
    rule |= resolution.majority.more_than << 40 | resolution.quorum.more_than << 41
    rule |= _part(own, resolution.majority) << 48 | _part(own, resolution.quorum) << 112
    scale = lcm(*(one.denominator for one in resolution.votes_per_unit.values()))
    votes = {name: int(one * scale) for name, one in resolution.votes_per_unit.items()}
    if any(one > _M32 for one in votes.values()):
        raise Invalid(f"{own} has more votes for a unit than {_M32}", field="votes_per_unit")
    return rule, sum(one << 32 * classes.index(name) for name, one in votes.items())


def unpack_resolution(
    id: str, words: tuple[int, int], classes: Sequence[str], candidates: tuple[str, ...] = ()
) -> Resolution:
    """The inverse; ids of candidates are no part of the words, so they are numbered if unknown."""
    rule, weights = words
    method = _METHODS[rule & _M8]
    votes = {name: Fraction(weights >> 32 * at & _M32) for at, name in enumerate(classes)}
    number = rule >> 24 & _M8
    named = candidates or tuple(str(one) for one in range(1, number + 1))
    return Resolution(
        id,
        {name: one for name, one in votes.items() if one},
        method,
        Threshold(_fraction(rule >> 112), bool(rule >> 41 & 1)),
        Threshold(_fraction(rule >> 48), bool(rule >> 40 & 1)),
        _BASES[rule >> 8 & _M8],
        tuple(name for at, name in enumerate(classes) if rule >> 16 + at & 1),
        () if method is Method.ORDINARY else named,
        rule >> 32 & _M8,
    )


def pack_vote(
    said: Said, agenda: Sequence[Resolution], classes: Sequence[str], held: Mapping[str, int]
) -> tuple[int, list[int]]:
    """Choices and marks of one vote for the whole agenda; `held` are the voter's units by class.

    Raises Invalid for a resolution or choice that is not there, or too many marks.
    """
    choices, marks = 0, []
    for place, resolution in enumerate(agenda):
        own = {name: list(given) for (id, name), given in said.items() if id == resolution.id}
        if not own:
            continue
        plain = own.get(None, [])
        if len(own) == 1 and len(plain) == 1 and _is_plain(plain[0]):
            choices |= _number(resolution, plain[0].ranking[0]) << 4 * place
            continue
        choices |= _DIVIDED << 4 * place
        for at, name in enumerate(classes):
            if held.get(name) and resolution.votes_per_unit.get(name):
                for mark in own.get(name, plain):
                    marks.append(_mark(resolution, mark) | at << 224 | place << 232)
    unknown = sorted({id for id, _ in said} - {one.id for one in agenda})
    if unknown:
        raise Invalid(f"{unknown[0]!r} is not on the agenda", field="resolution")
    if len(marks) > MARKS_MOST:
        raise Invalid(f"a vote has at most {MARKS_MOST} marks, not {len(marks)}", field="marks")
    return choices, marks


def unpack_vote(
    choices: int, marks: Sequence[int], agenda: Sequence[Resolution], classes: Sequence[str]
) -> dict[tuple[str, str | None], tuple[Mark, ...]]:
    """The inverse: what was said, by resolution and class."""
    said: dict[tuple[str, str | None], tuple[Mark, ...]] = {}
    for place, resolution in enumerate(agenda):
        choice = choices >> 4 * place & 15
        if choice and choice != _DIVIDED:
            said[resolution.id, None] = (Mark((_choices(resolution)[choice - 1],)),)
    for word in marks:
        resolution, name = agenda[word >> 232], classes[word >> 224 & _M8]
        units = word >> 128 & REST
        mark = Mark(tuple(_ranking(word, resolution)), None if units == REST else units)
        said[resolution.id, name] = (*said.get((resolution.id, name), ()), mark)
    return said


def seal(meeting: int, account: int, choices: int, marks: Sequence[int], salt: bytes) -> bytes:
    """The hash that stands for a secret vote until it is revealed."""
    inner = keccak(b"".join(one.to_bytes(32, "big") for one in marks))
    words = [number.to_bytes(32, "big") for number in (meeting, account, choices)]
    return keccak(b"".join([*words, inner, salt]))


def _choices(resolution: Resolution) -> tuple[str, ...]:
    return resolution.candidates or _SIDES


def _is_plain(mark: Mark) -> bool:
    return mark.units is None and len(mark.ranking) == 1


def _number(resolution: Resolution, name: str) -> int:
    allowed = _choices(resolution)
    if name not in allowed:
        there = ", ".join(allowed)
        raise Invalid(f"{name!r} is no choice of {resolution.id}; there is {there}", field="vote")
    return allowed.index(name) + 1


def _mark(resolution: Resolution, mark: Mark) -> int:
    units = REST if mark.units is None else mark.units
    if not 0 < units <= REST or not mark.ranking:
        raise Invalid(f"a part of {units} votes is none", field="units")
    numbers = [_number(resolution, name) for name in mark.ranking]
    return sum(one << 8 * at for at, one in enumerate(numbers)) | units << 128


def _ranking(word: int, resolution: Resolution) -> Iterator[str]:
    for at in range(16):
        if number := word >> 8 * at & _M8:
            yield _choices(resolution)[number - 1]


def _part(own: str, threshold: Threshold) -> int:
    part = threshold.part
    if part.denominator > _M32:
        raise Invalid(f"{own} has a part with a denominator above {_M32}", field="majority")
    return part.numerator | part.denominator << 32


def _fraction(words: int) -> Fraction:
    return Fraction(words & _M32, words >> 32 & _M32)
