"""What happened to the units of an imported company on the chain since its import, act by act.

Read from the events of its instruments alone, in their order: everything behind the `TakeOverClosed` of
a token is new. Units of a transfer or redemption are told by the terms of the lots they came from (0:
free units), so that whoever writes a cap table can pick the certificates they belong to.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from freehold.core import events as e
from freehold.core.clock import DAY_SECONDS, day_of
from freehold.core.events import Logged
from freehold.core.ids import ZERO_ADDRESS


@dataclass(frozen=True, slots=True)
class Part:
    """Units of one lot by the word of its terms; 0 for free units."""

    terms: int
    units: int


@dataclass(frozen=True, slots=True)
class Came:
    """Units were issued."""

    day: date
    class_id: str
    holder: str
    parts: tuple[Part, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Passed:
    """Units passed; `words` say what else is known of why."""

    day: date
    class_id: str
    giver: str
    taker: str
    parts: tuple[Part, ...]
    words: str
    source: str


@dataclass(frozen=True, slots=True)
class Ended:
    """Units were redeemed; `reason` is the code of a ground."""

    day: date
    class_id: str
    holder: str
    parts: tuple[Part, ...]
    reason: int
    source: str


@dataclass(frozen=True, slots=True)
class Scaled:
    """A split was finished; `held` is what each holder has after it."""

    day: date
    class_id: str
    numerator: int
    denominator: int
    held: Mapping[str, int]
    source: str


@dataclass(frozen=True, slots=True)
class Turned:
    """Units became units of another class; `units_out` is what came of all parts together."""

    day: date
    class_id: str
    holder: str
    parts: tuple[Part, ...]
    to_class: str
    units_out: int
    source: str


@dataclass(frozen=True, slots=True)
class Limited:
    """At most so many base units may exist from now on."""

    day: date
    class_id: str
    units: int
    source: str


Change = Came | Passed | Ended | Scaled | Turned | Limited
Header = e.Issued | e.Passed | e.Redeemed


@dataclass(slots=True)
class _Reading:
    """Where the reading stands. `header` and `lots` belong to the transaction that is read."""

    classes: Mapping[str, str]
    holders: Mapping[str, str]
    closed: set[str] = field(default_factory=set)
    terms: dict[tuple[str, int], int] = field(default_factory=dict)
    held: defaultdict[str, defaultdict[str, int]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(int))
    )
    splits: dict[str, Logged] = field(default_factory=dict)
    transaction: str = ""
    header: Header | None = None
    turned: tuple[e.Converted, Logged] | None = None
    changes: list[Change] = field(default_factory=list)
    open: bool = False


def changes_of(
    events: Iterable[Logged], classes: Mapping[str, str], holders: Mapping[str, str]
) -> list[Change]:
    """The changes since the import; `classes` by token, `holders` by every wallet they ever had.

    The events are those of the tokens, oldest first.
    """
    reading = _Reading(classes, holders)
    for logged in events:
        if logged.position.transaction != reading.transaction:
            reading.transaction = logged.position.transaction
            reading.header, reading.turned, reading.open = None, None, False
        _read(reading, logged)
    return reading.changes


def _read(reading: _Reading, logged: Logged) -> None:
    token, event = logged.contract, logged.event
    match event:
        case e.VintageOpened() | e.VintageAmended():
            reading.terms[token, event.vintage] = event.terms
        case e.TakeOverClosed():
            reading.closed.add(token)
        case e.Issued() | e.Passed() | e.Redeemed():
            reading.header, reading.open = event, False
        case e.Converted():
            reading.turned = (event, logged)
        case e.Transfer():
            _transfer(reading, logged, event)
        case e.LotMoved():
            _lot(reading, token, event)
        case e.Forced():
            _explain(reading, event)
        case e.SplitAnnounced():
            reading.splits[token] = logged
        case e.SplitCancelled():
            reading.splits.pop(token, None)
        case e.SplitFinished():
            _scaled(reading, logged)
        case e.AuthorisedSet() if token in reading.closed:
            day = _block_day(logged)
            change = Limited(day, reading.classes[token], event.units, _source(logged))
            reading.changes.append(change)


def _transfer(reading: _Reading, logged: Logged, event: e.Transfer) -> None:
    token, zero = logged.contract, str(ZERO_ADDRESS)
    giver = "" if event.sender == zero else reading.holders[event.sender]
    taker = "" if event.receiver == zero else reading.holders[event.receiver]
    reading.open = False
    if not event.amount or giver == taker:
        return
    held = reading.held[token]
    held[giver] -= event.amount
    held[taker] += event.amount
    if token not in reading.closed or token in reading.splits:
        return
    change = _change(reading, logged, event, giver, taker)
    if change:
        reading.changes.append(change)
        reading.open = True


def _change(
    reading: _Reading, logged: Logged, event: e.Transfer, giver: str, taker: str
) -> Change | None:
    """What one Transfer is; its units count as free ones until lots are told."""
    token, header = logged.contract, reading.header
    class_id, source = reading.classes[token], _source(logged)
    day = day_of(header.day) if header else _block_day(logged)
    free = (Part(0, event.amount),)
    if not giver:
        if reading.turned and reading.turned[1].contract != token:
            return None
        vintage = header.vintage if isinstance(header, e.Issued) else 0
        terms = reading.terms[token, vintage] if vintage else 0
        return Came(day, class_id, taker, (Part(terms, event.amount),), source)
    if taker:
        kind = header.kind if isinstance(header, e.Passed) else 0
        words = f"kind {kind} of docs/reference/words.md" if kind else ""
        return Passed(day, class_id, giver, taker, free, words, source)
    if reading.turned and reading.turned[1].contract == token:
        turned = reading.turned[0]
        to = reading.classes[turned.to_token]
        return Turned(day, class_id, giver, free, to, turned.units_out, source)
    reason = header.reason if isinstance(header, e.Redeemed) else 0
    return Ended(day, class_id, giver, free, reason, source)


def _lot(reading: _Reading, token: str, event: e.LotMoved) -> None:
    """Units of the last change came from a lot; what no lot tells of was free."""
    if not reading.open or not event.from_vintage or event.from_account == event.to_account:
        return
    last = reading.changes[-1]
    assert isinstance(last, Passed | Ended | Turned), "only units that go leave a lot"
    free, *lots = last.parts
    terms = reading.terms[token, event.from_vintage]
    parts = (replace(free, units=free.units - event.units), *lots, Part(terms, event.units))
    reading.changes[-1] = replace(last, parts=parts)


def _explain(reading: _Reading, event: e.Forced) -> None:
    last = reading.changes[-1] if reading.open else None
    if isinstance(last, Passed):
        words = f"forced on ground {event.reason}, document {event.document}"
        reading.changes[-1] = replace(last, words=words)


def _scaled(reading: _Reading, logged: Logged) -> None:
    token = logged.contract
    begun = reading.splits.pop(token).event
    assert isinstance(begun, e.SplitAnnounced), "a split is announced before it is finished"
    if token in reading.closed:
        held = {who: units for who, units in reading.held[token].items() if who and units}
        ratio = begun.numerator, begun.denominator
        class_id, source = reading.classes[token], _source(logged)
        change = Scaled(day_of(begun.day), class_id, *ratio, held, source)
        reading.changes.append(change)


def _block_day(logged: Logged) -> date:
    return day_of(logged.position.seconds // DAY_SECONDS)


def _source(logged: Logged) -> str:
    """An id that no other log of any chain has."""
    return f"{logged.position.transaction[2:18]}-{logged.position.index}"
