"""What a vote's form says: sides, candidates by preference, cumulated votes, and a nominee's parts.

Everything is entered in fields that need no scripts. Units are whole units with their decimals; what is
wrong is one sentence with the item, and what there is to give.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from freehold.core.actions.ballot import Mark, Method, Resolution
from freehold.core.actions.ballot_words import Said
from freehold.core.actions.notice_file import read_vote
from freehold.core.errors import Invalid
from freehold.core.units import format_units, parse_units
from freehold.desks.servicing.assembly import Assembly
from freehold.doors.web.visits import Form

SIDES = ("for", "against", "abstain")
_PART = re.compile(r"(rest|[\d., ]+)\s*:\s*(.+)", re.I)


@dataclass(frozen=True, slots=True)
class Share:
    """The votes that a holder's units of a class have on an item, and the fields that give them away.

    `fields` are choice, name of the field; `votes` and `left` stand in whole units.
    """

    class_id: str
    votes: str
    left: str
    fields: Sequence[tuple[str, str]]
    parts: str


def shares(one: Assembly, each: Resolution, units: Mapping[str, int], given: Form) -> list[Share]:
    """What a holder has to give on an item, for each class of his that votes on it, and what a form that
    comes back has left."""
    found = []
    for class_id, votes in _votes(each, units).items():
        places = _places(one, class_id)
        fields = [
            (name, f"votes-{each.id}-{class_id}-{at}")
            for at, name in enumerate(each.candidates or SIDES)
        ]
        spent = sum(_spent(given.get(field, ""), places) for _, field in fields)
        left = format_units(max(votes - spent, 0), places)
        told = f"parts-{each.id}-{class_id}"
        found.append(Share(class_id, format_units(votes, places), left, fields, told))
    return found


def said(one: Assembly, form: Form, units: Mapping[str, int]) -> Said:
    """What a form says on each item of the agenda. Raises Invalid where nothing is said, or wrongly."""
    if text := form.get("ballots", "").strip():
        return read_vote(text)
    found: dict[tuple[str, str | None], tuple[Mark, ...]] = {}
    for each in one.agenda:
        parted = dict(_parted(one, each, form, units))
        found |= {(each.id, class_id): marks for class_id, marks in parted.items()}
        if not parted and (plain := _plain(one, each, form)):
            found[each.id, None] = (Mark(plain),)
    if not found:
        raise Invalid("choose for at least one item of the agenda", field="vote")
    return found


def _plain(one: Assembly, each: Resolution, form: Form) -> tuple[str, ...]:
    """One choice for all units: a side, a candidate, or candidates by preference."""
    if each.method is not Method.RANKED:
        chosen = form.get(f"side-{each.id}", "")
        return (chosen,) if chosen in (each.candidates or SIDES) else ()
    ranked: dict[int, str] = {}
    for at, name in enumerate(each.candidates):
        text = form.get(f"rank-{each.id}-{at}", "")
        if not text.isdigit():
            continue
        if int(text) in ranked:
            raise Invalid(
                f"{_title(one, each)}: {ranked[int(text)]} and {name} both have preference {text}:"
                " give each number once",
                field=f"rank-{each.id}-{at}",
            )
        ranked[int(text)] = name
    return tuple(name for _, name in sorted(ranked.items()))


def _parted(
    one: Assembly, each: Resolution, form: Form, units: Mapping[str, int]
) -> Iterator[tuple[str, tuple[Mark, ...]]]:
    """The parts into which the votes of a class are divided."""
    for class_id, votes in _votes(each, units).items():
        places = _places(one, class_id)
        about = f"{_title(one, each)}, {class_id}"
        if each.method is Method.RANKED:
            marks = _rankings(about, form.get(f"parts-{each.id}-{class_id}", ""), places)
        else:
            marks = [
                Mark((name,), _units(about, text, places))
                for at, name in enumerate(each.candidates or SIDES)
                if (text := form.get(f"votes-{each.id}-{class_id}-{at}", "").strip())
            ]
        marks = [mark for mark in marks if mark.units != 0]
        spent = sum(mark.units or 0 for mark in marks)
        if spent > votes:
            gives, has = (format_units(amount, places) for amount in (spent, votes))
            raise Invalid(f"{about}: gives away {gives} votes, and there are {has}", field="vote")
        if marks:
            yield class_id, tuple(marks)


def _rankings(about: str, text: str, places: int) -> list[Mark]:
    """A part a line: units, then candidates from the first preference on; `rest` takes what is left."""
    marks = []
    for line in filter(None, (one.strip() for one in text.splitlines())):
        found = _PART.fullmatch(line)
        if found is None:
            raise Invalid(
                f"{about}: {line[:40]!r} is no part such as 300: alder, birch", field="vote"
            )
        names = tuple(name.strip() for name in found[2].split(",") if name.strip())
        rest = found[1].lower() == "rest"
        marks.append(Mark(names, None if rest else _units(about, found[1], places)))
    return marks


def _units(about: str, text: str, places: int) -> int:
    try:
        return parse_units(text.replace(",", "").replace(" ", ""), places)
    except Invalid as wrong:
        raise Invalid(f"{about}: {wrong.message}", field="vote") from None


def _spent(text: str, places: int) -> int:
    try:
        return _units("", text, places) if text.strip() else 0
    except Invalid:
        return 0


def _votes(each: Resolution, units: Mapping[str, int]) -> dict[str, int]:
    """Votes by class in base units: cumulated, a unit has as many as there are seats."""
    times = each.seats if each.method is Method.CUMULATIVE else 1
    return {
        name: held * times for name, held in units.items() if held and each.votes_per_unit.get(name)
    }


def _places(one: Assembly, class_id: str) -> int:
    return next(each.decimals for each in one.instruments if each.class_id == class_id)


def _title(one: Assembly, each: Resolution) -> str:
    return one.notice.titles[each.id]
