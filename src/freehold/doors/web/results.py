"""How an item of the agenda stands: votes as a bar, quorum and majority exactly, each class, each round."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from freehold.core.actions.ballot import (
    AGAINST,
    FOR,
    Basis,
    Count,
    Method,
    Resolution,
    Tally,
    Threshold,
    reached,
)
from freehold.desks.servicing.assembly import Assembly
from freehold.doors.web import charts, formats

OF = {
    Basis.CAST: "votes cast for and against",
    Basis.PRESENT: "votes present",
    Basis.ENTITLED: "votes entitled",
}
SIMPLE = 100
"""The largest denominator of a share that is told as a fraction beside its per cent."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A part of a whole against what is needed, in words and drawn."""

    words: str
    met: bool
    drawn: Any


@dataclass(frozen=True, slots=True)
class Item:
    """A resolution and how it stands; without a tally what is needed alone.

    `rows` are choice, votes, share of all that there are, colour; `classes` name, votes by choice, present,
    entitled; `rounds` votes by candidate, None who is out.
    """

    resolution: Resolution
    title: str
    needs: str
    tally: Tally | None = None
    bar: Any = None
    rows: Sequence[tuple[str, Fraction, Fraction, int]] = ()
    measures: Sequence[Measure] = ()
    classes: Sequence[tuple[str, Sequence[Fraction], Fraction, Fraction]] = ()
    rounds: Sequence[Sequence[Fraction | None]] = ()


def item(one: Assembly, each: Resolution, tally: Tally | None) -> Item:
    """An item of the agenda with its tally, in whole units where all classes have the same decimals."""
    title, needs = one.notice.titles[each.id], _needs(each)
    if tally is None:
        return Item(each, title, needs)
    scale, count = scale_of(one), tally.count
    whole = count.entitled * (each.seats if each.method is Method.CUMULATIVE else 1)
    shares = [(name, votes, votes / (whole or 1)) for name, votes in count.votes.items()]
    rows = [
        (name, votes / scale, share, min(place, charts.MOST_PARTS))
        for place, (name, votes, share) in enumerate(shares, 1)
    ]
    drawn = charts.stacked([charts.Part(n, share, at) for n, _, share, at in rows if share])
    measures = tuple(_measures(each, tally, scale))
    classes = [
        (
            name,
            [votes / scale for votes in own.votes.values()],
            own.present / scale,
            own.entitled / scale,
        )
        for name, own in tally.by_class.items()
    ]
    rounds = [
        [votes[name] / scale if name in votes else None for name in each.candidates]
        for votes in tally.rounds
    ]
    return Item(each, title, needs, tally, drawn, rows, measures, classes, rounds)


def scale_of(one: Assembly) -> int:
    """Base units of a whole unit, if all classes that vote have as many; else figures stay base units."""
    places = {each.decimals for each in one.instruments}
    return int(10 ** places.pop()) if len(places) == 1 else 1


def _needs(each: Resolution) -> str:
    quorum = (
        f"Quorum: {_least(each.quorum)} of all votes."
        if each.quorum.part
        else "No quorum is needed."
    )
    if each.method is Method.CUMULATIVE:
        seats = "1 seat" if each.seats == 1 else f"{each.seats} seats"
        return f"{quorum} {seats} for {', '.join(each.candidates)}: most votes win."
    if each.method is Method.RANKED:
        said = "more than half, round by round, wins"
        return f"{quorum} One of {', '.join(each.candidates)}: {said}."
    own = f", and of {', '.join(each.separate)} by itself too" if each.separate else ""
    return f"{quorum} Needs {_least(each.majority)} of {OF[each.basis]}{own}."


def _least(one: Threshold) -> str:
    return f"{'more than' if one.more_than else 'at least'} {one.part}"


def _measures(each: Resolution, tally: Tally, scale: int) -> Iterator[Measure]:
    count = tally.count
    if each.quorum.part:
        yield _measure("Present", count.present, count.entitled, each.quorum, "votes", scale)
    if each.method is Method.ORDINARY:
        counts: Mapping[str, Count] = {"": count} | {n: tally.by_class[n] for n in each.separate}
        for name, own in counts.items():
            whole = {
                Basis.CAST: own.votes[FOR] + own.votes[AGAINST],
                Basis.PRESENT: own.present,
                Basis.ENTITLED: own.entitled,
            }[each.basis]
            said, of = f"For{f', {name} by itself' if name else ''}", OF[each.basis]
            yield _measure(said, own.votes[FOR], whole, each.majority, of, scale)


def _measure(
    said: str, ours: Fraction, whole: Fraction, needed: Threshold, of: str, scale: int
) -> Measure:
    """Compared by cross-multiplication, as the count does."""
    have, all_ = (formats.whole(votes / scale) for votes in (ours, whole))
    met, share = reached(ours, whole, needed), ours / whole if whole else Fraction(0)
    exact = f"{share} = " if 1 < share.denominator <= SIMPLE else ""
    words = (
        f"{said}: {have} of {all_} {of} ({exact}{formats.part(share)}). Needed:"
        f" {_least(needed)} ({formats.part(needed.part)}), {'reached' if met else 'not reached'}."
    )
    return Measure(words, met, charts.measured(share, needed.part))
