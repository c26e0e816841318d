"""The rule of each part of the procedure, and what follows from it while answers are open.

A rule is written for complete answers: which questions are answered yes. Where some are open, every
way to answer them that contradicts nothing is tried: a part is met or not met only if all of them say
so, else it is unclear; and a question is missing if its answer makes a difference in some of them.
So nothing is scored or weighed, and the order of answers does not matter.

The interpretation of 2026 is primary; factors of the staff's framework of 2019 are secondary: without
a promise they can make the efforts of others unclear, never met.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import product
from typing import NamedTuple

from freehold.core.policy.howey.questions import Part, ids_of


class State(StrEnum):
    """How a part stands. Of the notes, met is a security; of the separation, separated."""

    MET = "met"
    NOT_MET = "not met"
    UNCLEAR = "unclear"


class Ruling(NamedTuple):
    """The state of a part and the sentence why."""

    state: State
    why: str


Yes = frozenset[str]
Said = Mapping[str, bool]
"""The definite answers by question; what is open or answered "unknown" is not in it."""

CONTRADICTIONS = (("M1", "M2"), ("R1", "R5"), ("R1", "R6"), ("R4", "R5"), ("U1", "R2"))
"""Questions of which at most one can be answered yes."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The questions that a part looks at, and what complete answers to them say."""

    looks_at: tuple[str, ...]
    ruling: Callable[[Yes], Ruling]


def ruling(part: Part, said: Said) -> Ruling:
    """How a part stands on what was said."""
    return _ruling(part, *_split(part, said))


def missing(part: Part, said: Said) -> tuple[str, ...]:
    """The open questions of a part whose answers can still make a difference, in order."""
    return _missing(part, *_split(part, said))


def contradictions(said: Said) -> tuple[tuple[str, str], ...]:
    """The pairs of answers that cannot both be true."""
    return tuple(pair for pair in CONTRADICTIONS if all(said.get(one) for one in pair))


def implied(said: Said) -> Said:
    """What was said, with the no that follows wherever a yes excludes another yes."""
    follows = {
        other: False
        for pair in CONTRADICTIONS
        for one, other in (pair, pair[::-1])
        if said.get(one) and other not in said
    }
    return {**said, **follows}


def _split(part: Part, said: Said) -> tuple[Yes, Yes, bool]:
    """The questions answered yes, those open, and whether an answer is disputed by another."""
    asked, said = RULES[part].looks_at, implied(said)
    disputed = {id for pair in contradictions(said) for id in pair}
    return (
        frozenset(id for id in asked if said.get(id)),
        frozenset(id for id in asked if id not in said),
        not disputed.isdisjoint(asked),
    )


@cache
def _ruling(part: Part, yes: Yes, still_open: Yes, disputed: bool) -> Ruling:
    if disputed:
        return Ruling(State.UNCLEAR, "Two answers contradict each other.")
    ways = _ways(part, yes, still_open)
    states = {one.state for one in ways.values()}
    if len(states) == 1:
        return ways[yes]  # the reason that needs no open answer
    if part is Part.NOTE and State.MET in states:
        return next(one for one in ways.values() if one.state is State.MET)  # the presumption
    return Ruling(State.UNCLEAR, "It depends on questions that are not answered.")


@cache
def _missing(part: Part, yes: Yes, still_open: Yes, disputed: bool) -> tuple[str, ...]:
    ways = {given: one.state for given, one in _ways(part, yes, still_open).items()}
    return tuple(
        id
        for id in RULES[part].looks_at
        if id in still_open
        and any(ways.get(given - {id}, state) is not state for given, state in ways.items())
    )


def _ways(part: Part, yes: Yes, still_open: Yes) -> dict[Yes, Ruling]:
    """Every complete set of answers that agrees with what was said and with itself."""
    return {given: RULES[part].ruling(given) for given in _completions(yes, sorted(still_open))}


def _completions(yes: Yes, still_open: list[str]) -> Iterator[Yes]:
    for picks in product((True, False), repeat=len(still_open)):
        given = yes | {id for id, pick in zip(still_open, picks, strict=True) if pick}
        if not any(given.issuperset(pair) for pair in CONTRADICTIONS):
            yield given


# ---- the rules ----


def _instrument(yes: Yes) -> Ruling:
    if yes:
        return Ruling(
            State.MET, "The form of a security, on a chain or off it, does not change what it is."
        )
    return Ruling(State.NOT_MET, "The token neither is nor represents a listed instrument.")


def _note(yes: Yes) -> Ruling:
    """Reves: a note is presumed a security; only a strong family resemblance rebuts that."""
    public = bool(yes & {"N4", "N5"})
    if "N8" in yes and not public and not {"N2", "N3"} <= yes:
        return Ruling(
            State.NOT_MET,
            "It strongly resembles a family of notes that are no securities, and neither"
            " motives, distribution nor expectations speak against that.",
        )
    if "N6" in yes and not public and not yes & {"N2", "N3"}:
        return Ruling(
            State.NOT_MET,
            "All four factors of Reves speak against a security: motives, distribution,"
            " expectations, and a risk that something else reduces.",
        )
    if "N7" in yes and not public:
        return Ruling(
            State.UNCLEAR,
            "The exclusion of nine months is narrow, exempts from registration only, and is read"
            " differently by courts.",
        )
    return Ruling(
        State.MET,
        "A note is presumed to be a security, and no strong family resemblance rebuts that.",
    )


def _category(yes: Yes) -> Ruling:
    kinds = yes & {"U3", "U4", "U5", "X1"}
    if not kinds:
        return Ruling(State.NOT_MET, "It is none of the assets that are no securities themselves.")
    if yes & {"P1", "P8", "X2"}:
        return Ruling(
            State.NOT_MET,
            "Rights to income, a fixed return or a pooled interest go beyond the asset itself.",
        )
    return Ruling(State.MET, "The asset itself is no security.")


def _money(yes: Yes) -> Ruling:
    if "M1" in yes:
        return Ruling(State.MET, "Whatever has value is an investment of money.")
    if "M2" in yes:
        return Ruling(State.NOT_MET, "Who gives nothing and does nothing invests no money.")
    return Ruling(
        State.UNCLEAR,
        "No value is given, yet it is no free airdrop: say how holders come by it.",
    )


def _enterprise(yes: Yes) -> Ruling:
    if yes & {"E1", "X2"}:
        return Ruling(State.MET, "Fortunes are pooled (horizontal commonality).")
    if "E2" in yes:
        return Ruling(
            State.MET,
            "Fortunes hang on the promoter (vertical commonality); some courts ask for pooling.",
        )
    return Ruling(State.NOT_MET, "Nothing ties holders to each other or to a promoter.")


def _profit(yes: Yes) -> Ruling:
    if yes & {"P1", "P3", "P8"}:
        return Ruling(State.MET, "A right to income, or a promise of gain, is enough by itself.")
    if {"U1", "U2"} <= yes:
        return Ruling(State.NOT_MET, "It is bought to be used, and cannot appreciate.")
    if "P2" not in yes:
        return Ruling(State.NOT_MET, "It gives nothing, promises nothing and cannot be sold on.")
    if yes & {"P4", "P5", "P6", "P7"} and not yes & {"U1", "U2"}:
        return Ruling(
            State.MET, "It can be sold on, has no use yet, and is sold as one sells an investment."
        )
    return Ruling(State.UNCLEAR, "It can be sold on, and the signs point both ways.")


def _efforts(yes: Yes) -> Ruling:
    if "R1" in yes:
        return Ruling(State.MET, "Profits are to come from what the issuer has promised to do.")
    if "R6" in yes:
        return Ruling(State.NOT_MET, "What the holder gains he gains by himself.")
    if "R5" in yes:
        return Ruling(State.NOT_MET, "Ministerial efforts are not what Howey means.")
    if yes & {"R2", "R3", "R4"}:
        return Ruling(
            State.UNCLEAR,
            "Nothing is promised, yet somebody's efforts are needed: the interpretation of 2026"
            " asks for promises, courts may find them in conduct.",
        )
    return Ruling(State.NOT_MET, "No efforts of others are promised or needed.")


def _separation(yes: Yes) -> Ruling:
    if yes & {"P1", "P8"}:
        return Ruling(State.NOT_MET, "Rights to income do not separate from the token.")
    if not yes & {"Z1", "Z2"}:
        return Ruling(State.NOT_MET, "No public statement ends the promises.")
    if "Z3" in yes:
        return Ruling(State.NOT_MET, "Buyers are still shown the old promises.")
    return Ruling(
        State.MET, "The promises are publicly fulfilled or ended, and nobody buys on them any more."
    )


RULES: Mapping[Part, Rule] = {
    Part.INSTRUMENT: Rule(ids_of(Part.INSTRUMENT), _instrument),
    Part.NOTE: Rule(ids_of(Part.NOTE)[1:], _note),
    Part.CATEGORY: Rule((*ids_of(Part.CATEGORY), "X2", "P1", "P8"), _category),
    Part.MONEY: Rule(ids_of(Part.MONEY), _money),
    Part.ENTERPRISE: Rule(ids_of(Part.ENTERPRISE), _enterprise),
    Part.PROFIT: Rule(ids_of(Part.PROFIT), _profit),
    Part.EFFORTS: Rule(ids_of(Part.EFFORTS), _efforts),
    Part.SEPARATION: Rule((*ids_of(Part.SEPARATION), "P1", "P8"), _separation),
}
