"""A meeting counted again by whoever has a node: no book, no keys, no index of ours.

Votes are the events of the Ballot at an address. Holdings come by two ways that must agree: the register
built from the logs of its contracts alone, and what each token keeps of the record instant. The result is
then compared, figure by figure, with what the Ballot itself says.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from freehold.chain import contracts, node
from freehold.chain.logs import source_of_node
from freehold.chain.node import Ledger
from freehold.core import events as e
from freehold.core.actions import fields
from freehold.core.actions.ballot import Method, Resolution, Tally
from freehold.core.actions.chain_meeting import Called, ChainMeeting, agenda_of, count, follow
from freehold.core.clock import from_seconds, stamp
from freehold.core.errors import Broken, Conflict, Invalid, NotFound
from freehold.core.events import Logged
from freehold.core.ids import Address, checksummed
from freehold.core.rawlog import BlockHead, Source
from freehold.core.register import Register, apply, end_transaction
from freehold.desks.servicing import entitlements
from freehold.indexer.follow import Course, read_events

SIDES = ("for", "against", "abstain")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
Ask = Callable[..., Any]
"""A view of the Ballot about one meeting: its name, and numbers after the meeting's."""
Figure = tuple[str, object, object]
"""What is compared, by the events, in the contract."""


@dataclass(frozen=True, slots=True)
class Recount:
    """A meeting counted from a node alone as of a block.

    `classes` are the symbols of its tokens, `records` their record instants in the same order; `titles` are
    those of the notice, by item, empty without it. `compared` figures of the contracts were the same.
    """

    meeting: ChainMeeting
    classes: tuple[str, ...]
    records: tuple[datetime, ...]
    agenda: tuple[Resolution, ...]
    titles: Mapping[str, str]
    tallies: tuple[Tally, ...]
    compared: int
    block: BlockHead


@dataclass(frozen=True, slots=True)
class _Names:
    """What the notice calls the items of the agenda and their candidates."""

    ids: tuple[str, ...] = ()
    titles: Mapping[str, str] = field(default_factory=dict)
    candidates: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def recount(
    url: str, ballot: str, number: int | None = None, notice: str = "", start: int = 0
) -> Recount:
    """Count a meeting (the newest, unless a number says which) of the Ballot at an address.

    `notice` is the text whose hash the meeting was called with; it names items and candidates. Blocks
    before `start` are not read. Raises Unavailable, NotFound where there is no such meeting, Invalid for
    another notice, Conflict before the record instants, Broken where two ways differ.
    """
    if not _ADDRESS.fullmatch(ballot):
        raise Invalid(f"{ballot[:64]!r} is no address: 0x and 40 hex digits", field="ballot")
    ledger = node.open_ledger(Path(), url)
    try:
        return _recount(ledger, checksummed(ballot), number, notice, start)
    finally:
        node.close(ledger)


def _recount(
    ledger: Ledger, ballot: Address, number: int | None, notice: str, start: int
) -> Recount:
    source = source_of_node(ledger)
    last = source.last_block()
    (head,) = source.heads([last])
    if head is None:
        raise NotFound(f"the chain has no block {last}", block=last)
    meeting = _meeting(_events(source, Course((), (ballot,), start), last), ballot, number)
    classes = _symbols(ledger, meeting, last)
    names = _named(meeting, notice)
    agenda = agenda_of(meeting, classes, names.ids, names.candidates)
    course = Course((meeting.register,), start=start)
    held, records = _holdings(_events(source, course, last), meeting, classes, head)
    tallies = count(meeting, agenda, classes, held)

    def ask(function: str, *given: int) -> Any:
        numbers = (meeting.number, *given)
        return contracts.read(ledger, "Ballot", ballot, function, *numbers, block=last)

    compared = require_equal(meeting.number, _kept(ledger, meeting, classes, held, last))
    compared += require_equal(meeting.number, figures(ask, agenda, classes, tallies))
    return Recount(meeting, classes, records, agenda, names.titles, tallies, compared, head)


# ---- what the contract keeps ----


def figures(
    ask: Ask, agenda: Sequence[Resolution], classes: Sequence[str], tallies: Sequence[Tally]
) -> Iterator[Figure]:
    """Every figure of a count that the Ballot keeps too: totals, units that may vote, what is decided."""
    for place, (resolution, tally) in enumerate(zip(agenda, tallies, strict=True)):
        of = f"of {resolution.id}"
        for at, name in enumerate(classes):
            if weight := resolution.votes_per_unit.get(name):
                own = tally.by_class[name]
                for number, choice in enumerate(resolution.candidates or SIDES, 1):
                    total = ask("total", place, at, number)
                    yield f"{name} for {choice} {of}", own.votes[choice] / weight, total
                yield f"{name} entitled {of}", own.entitled / weight, ask("entitled", at)
        quorum, carried = ask("decided", place)
        yield f"the quorum {of}", tally.quorum_met, quorum
        if resolution.method is Method.ORDINARY:
            yield f"the result {of}", tally.carried, carried


def require_equal(number: int, compared: Iterable[Figure]) -> int:
    """How many figures were compared. Raises Broken, naming the first that differs."""
    found = 0
    for what, ours, theirs in compared:
        found += 1
        if ours != theirs:
            raise Broken(
                f"meeting {number}: {what} is {theirs} in the contract and {ours} by the events",
                meeting=number,
            )
    return found


def _kept(
    ledger: Ledger,
    meeting: ChainMeeting,
    classes: Sequence[str],
    held: Mapping[int, Mapping[str, int]],
    block: int,
) -> Iterator[Figure]:
    """Each holder's units and their sum, as the token of each class keeps them of the record instant."""
    for name, called in zip(classes, meeting.classes, strict=True):
        own = {account: units[name] for account, units in held.items() if name in units}
        supply, said = entitlements.kept(ledger, called.token, called.record, sorted(own), block)
        yield f"all units of {name} at the record", sum(own.values()), supply
        for account, units in said.items():
            yield f"{name} of account {account} at the record", own[account], units


# ---- what was logged ----


def _events(source: Source, course: Course, last: int) -> Iterator[Logged]:
    for page in read_events(source, course, last):
        yield from page


def _meeting(said: Iterable[Logged], ballot: Address, number: int | None) -> ChainMeeting:
    found = follow(said)
    wanted = max(found, default=0) if number is None else number
    if wanted not in found:
        which = "a meeting" if number is None else f"meeting {number}"
        raise NotFound(f"the contract at {ballot} has logged no call of {which}", ballot=ballot)
    return found[wanted]


def _symbols(ledger: Ledger, meeting: ChainMeeting, block: int) -> tuple[str, ...]:
    """A name for each class: its token's symbol, or its address where two have the same."""
    said = [
        str(contracts.read(ledger, "SecurityToken", one.token, "symbol", block=block))
        for one in meeting.classes
    ]
    return tuple(
        name if name and said.count(name) == 1 else one.token
        for name, one in zip(said, meeting.classes, strict=True)
    )


def _named(meeting: ChainMeeting, notice: str) -> _Names:
    """The words of the notice. Raises Invalid where it is not the one whose hash is on chain."""
    if not notice:
        return _Names()
    digest = "0x" + hashlib.sha256(notice.encode()).hexdigest()
    if digest != meeting.notice:
        raise Invalid(
            f"the notice has the hash {digest}, and meeting {meeting.number} was called with"
            f" {meeting.notice}: give the file that was sent out, byte for byte",
            field="notice",
        )
    listed = fields.sections(fields.parse_toml(notice), "resolution")
    ids = tuple(fields.text(one, "id") for one in listed)
    titles = {id: fields.text(one, "title", id) for id, one in zip(ids, listed, strict=True)}
    candidates = {id: fields.texts(one, "candidates") for id, one in zip(ids, listed, strict=True)}
    return _Names(ids, titles, {id: names for id, names in candidates.items() if names})


def _holdings(
    said: Iterable[Logged], meeting: ChainMeeting, classes: Sequence[str], head: BlockHead
) -> tuple[dict[int, dict[str, int]], tuple[datetime, ...]]:
    """Units by account and class before the record instants, and these instants, from the logs alone."""
    register, instants = Register(meeting.register), dict[str, int]()
    taken: dict[str, dict[int, int]] = {}
    for logged in said:
        _take(register, meeting.classes, instants, taken, logged.position.seconds)
        event = logged.event
        named = isinstance(event, e.RecordAnnounced) and Called(logged.contract, event.record)
        if isinstance(event, e.RecordAnnounced) and named in meeting.classes:
            instants[logged.contract] = event.instant
        apply(register, logged)
    _take(register, meeting.classes, instants, taken, head.seconds)
    held: dict[int, dict[str, int]] = {}
    for name, one in zip(classes, meeting.classes, strict=True):
        if one.token not in taken:
            at = instants.get(one.token)
            when = (
                f"comes at {stamp(from_seconds(at))}" if at else "is not in the logs that were read"
            )
            raise Conflict(f"the record instant of {name} {when}", meeting=meeting.number)
        for account, units in taken[one.token].items():
            held.setdefault(account, {})[name] = units
    return held, tuple(from_seconds(instants[one.token]) for one in meeting.classes)


def _take(
    register: Register,
    called: Sequence[Called],
    instants: Mapping[str, int],
    taken: dict[str, dict[int, int]],
    now: int,
) -> None:
    """Keep the holdings of each class whose record instant has come before anything later is applied."""
    for one in called:
        at = instants.get(one.token)
        if at is not None and at <= now and one.token not in taken:
            end_transaction(register)
            taken[one.token] = dict(register.rolls[one.token].units)
