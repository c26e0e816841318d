"""What differs between two notices of a meeting, and how far a meeting can follow it.

What is voted on, by whom and when is fixed by the notice's hash on the chain: another agenda, other dates
or another record instant are another meeting there, which replaces the first before its vote opens. Where
the meeting is held and what it is called is not voted on: that is told by a supplement.
"""

from dataclasses import dataclass
from enum import StrEnum

from freehold.core.actions.ballot import Resolution
from freehold.core.actions.notice_file import Notice
from freehold.core.clock import stamp

NONE = "none"


class How(StrEnum):
    """How a meeting follows another notice."""

    SUPPLEMENT = "supplement"
    ANEW = "called anew"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that the notices say otherwise."""

    what: str
    before: str
    after: str


def how(before: Notice, after: Notice) -> How:
    """A supplement where nothing differs that is voted on, nor who may vote, nor when."""
    fixed = (before.record, before.terms, before.classes, before.agenda, before.titles)
    same = fixed == (after.record, after.terms, after.classes, after.agenda, after.titles)
    return How.SUPPLEMENT if same else How.ANEW


def differences(before: Notice, after: Notice) -> tuple[Difference, ...]:
    """Everything that differs, the agenda item by item; nothing where both say the same."""
    was, will = words(before), words(after)
    names = dict.fromkeys([*was, *will])
    pairs = ((name, was.get(name, NONE), will.get(name, NONE)) for name in names)
    found = [Difference(name, one, other) for name, one, other in pairs if one != other]
    if not found and how(before, after) is How.ANEW:
        found.append(Difference("Order of the agenda", "as called", "another"))
    return tuple(found)


def words(notice: Notice) -> dict[str, str]:
    """Everything that a notice says, by name, the agenda item by item."""
    terms = notice.terms
    secret = f"secret until {stamp(terms.revealed_until)}" if terms.revealed_until else "open"
    found = {
        "Name": notice.name,
        "Place": notice.place or NONE,
        "Record": stamp(notice.record),
        "Opens": stamp(terms.opens),
        "Closes": stamp(terms.closes),
        "Votes": f"{secret}, {'may be changed' if terms.changeable else 'final'}",
    }
    items = {f"Item {one.id}": _item(notice.titles[one.id], one) for one in notice.agenda}
    papers = {f"Document {one.title}": one.sha256 for one in notice.documents}
    return found | items | papers


def _item(title: str, one: Resolution) -> str:
    votes = ", ".join(f"{name} {votes}" for name, votes in sorted(one.votes_per_unit.items()))
    quorum, majority = (
        f"{'more than ' if each.more_than else ''}{each.part}"
        for each in (one.quorum, one.majority)
    )
    said = [title, f"{one.method}", f"votes {votes}", f"quorum {quorum}"]
    said.append(f"majority {majority} of {one.basis}")
    said += [f"separate {', '.join(one.separate)}"] if one.separate else []
    said += [f"{one.seats} of {', '.join(one.candidates)}"] if one.candidates else []
    return "; ".join(said)
