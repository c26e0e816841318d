"""Following a chain: read a range of blocks, check that they hang together, project them.

One call of `advance` is one SQL transaction over whole blocks, so being killed loses nothing and
repeats nothing. Before it reads on, it asks whether the last block it knows still stands; if not,
it walks back by block hashes to one that does and undoes what came after. A change of more blocks
than `finality` is no reorganisation but a broken promise: `Broken`, and nothing is touched.

Far below the head only blocks with logs are kept; within `finality` of it every one, so that the
walk back always finds the right one.
"""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from freehold.core.errors import Broken, Unavailable
from freehold.core.events import InstrumentListed, Logged
from freehold.core.ids import checksummed
from freehold.core.rawlog import BlockHead, RawLog, Source
from freehold.indexer import tables as t
from freehold.indexer.decode import decode, decode_with_body, topic_of
from freehold.indexer.memory import Memory, follow_contract, load, rewind
from freehold.indexer.project import project

_LISTED = topic_of(InstrumentListed)
_WALK = 32
"""Blocks compared at once while walking back."""
_SPAN = 2_000
"""Blocks whose logs are asked for at once; public nodes refuse many more."""


@dataclass(frozen=True, slots=True)
class Course:
    """What to follow: `Holders` contracts (their tokens are found), other contracts, from where.

    `start` is the block of the first deployment; `logs` about how many logs a batch should hold.
    """

    holders: tuple[str, ...]
    others: tuple[str, ...] = ()
    start: int = 0
    finality: int = 64
    logs: int = 60_000


@dataclass(frozen=True, slots=True)
class Progress:
    """What one step did: the last block now, the chain's last block, events read, blocks undone."""

    block: int
    head: int
    events: int
    undone: int


def advance(
    connection: Connection, source: Source, course: Course, memory: Memory, span: int = 1_000
) -> Progress:
    """Read up to `span` blocks onward, in one transaction of its own.

    Raises Broken if the chain contradicts itself or was changed deeper than `course.finality`,
    Unavailable if it changed while being read (try again).
    """
    with connection.begin():
        _take_turn(connection)
        _refresh(connection, memory, source, course)
        memory.fresh = False
        head = source.last_block()
        undone = _walk_back(connection, source, course, memory)
        first = memory.tip.number + 1 if memory.tip else course.start
        last = min(head, first + span - 1)
        logs = _read(source, set(memory.numbers), first, last) if first <= last else []
        heads = _heads(source, course, memory, logs, first, last, head)
        events = project(connection, memory, heads, _decoded(heads, logs))
    memory.fresh = True
    return Progress(max(first - 1, last), head, events, undone)


def follow(connection: Connection, source: Source, course: Course, memory: Memory) -> Progress:
    """Advance until the last block that the chain had when a step began."""
    events, undone, span = 0, 0, 64
    with _no_collector():
        while True:
            step = advance(connection, source, course, memory, span)
            events, undone = events + step.events, undone + step.undone
            if step.block >= step.head:
                return Progress(step.block, step.head, events, undone)
            span = _next_span(span, step.events, course.logs)


@contextmanager
def _no_collector() -> Iterator[None]:
    """A batch makes no cycles and lives as a whole: the collector would walk it again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def read_events(
    source: Source, course: Course, last: int, span: int = _SPAN
) -> Iterator[list[Logged]]:
    """Every event of what `course` follows up to block `last`, by ranges, past all tables.

    Raises Broken for a log that cannot be read, Unavailable if the chain changes meanwhile.
    """
    known = {*course.holders, *course.others}
    for first in range(course.start, last + 1, span):
        logs = _read(source, known, first, min(last, first + span - 1))
        numbers = sorted({raw.block for raw in logs})
        heads = [
            head or _gone(number)
            for number, head in zip(numbers, source.heads(numbers), strict=True)
        ]
        yield [logged for logged, _ in _decoded(heads, logs)]


def _gone(number: int) -> BlockHead:
    raise _moved(number)


def _next_span(span: int, events: int, wanted: int) -> int:
    """Grow and shrink with the density of logs, so that batches stay about the wanted size."""
    if not events:
        return min(span * 4, 100_000)
    return max(1, min(span * 4, span * wanted // events, 100_000))


def _take_turn(connection: Connection) -> None:
    """Write first, so that two processes on one projection take turns from here."""
    this = t.meta.c.name == "projection_version"
    connection.execute(update(t.meta).where(this).values(value=t.meta.c.value))


def _refresh(connection: Connection, memory: Memory, source: Source, course: Course) -> None:
    tip = connection.execute(select(t.block).order_by(t.block.c.number.desc()).limit(1)).first()
    wanted = (*course.holders, *course.others)
    known = all(address in memory.numbers for address in wanted)  # else another may have begun it
    if not memory.fresh or not known or memory.tip != (BlockHead(*tip) if tip else None):
        _replace(memory, load(connection))
    joined = [address for address in wanted if address not in memory.numbers]
    for address in joined:
        holders = address in course.holders
        follow_contract(connection, memory, address, course.start - 1, holders)
    if joined and memory.tip:
        _go_back_for(connection, memory, source, course.start, joined)


def _go_back_for(
    connection: Connection, memory: Memory, source: Source, start: int, joined: Sequence[str]
) -> None:
    """Undo the blocks since the first event of contracts that joined later, to be read again with them.

    A contract is followed from its beginning whenever it becomes known, as an issuer's register does
    after its first transactions.
    """
    assert memory.tip
    first, span = start, _SPAN
    while first <= memory.tip.number:
        last = min(memory.tip.number, first + span - 1)
        if logs := source.logs(first, last, joined):
            rewind(connection, min(raw.block for raw in logs) - 1)
            _replace(memory, load(connection))
            return
        first, span = last + 1, _next_span(span, 0, 0)


def _replace(memory: Memory, read: Memory) -> None:
    memory.tip, memory.numbers = read.tip, read.numbers
    memory.registers, memory.holders = read.registers, read.holders


# ---- reorganisations ---------------------------------------------------------------------------


def _walk_back(connection: Connection, source: Source, course: Course, memory: Memory) -> int:
    """Undo blocks until the last one known still stands on the chain; returns how many."""
    tip = memory.tip
    if tip is None or list(source.heads([tip.number])) == [tip]:
        return 0
    common = _last_standing(connection, source, course, tip)
    rewind(connection, common)
    _replace(memory, load(connection))
    return tip.number - common


def _last_standing(connection: Connection, source: Source, course: Course, tip: BlockHead) -> int:
    """The number of the youngest block of ours that the chain still has."""
    lowest = tip.number - course.finality
    stored = connection.execute(
        select(t.block)
        .where(t.block.c.number < tip.number, t.block.c.number >= lowest)
        .order_by(t.block.c.number.desc())
    ).all()
    for at in range(0, len(stored), _WALK):
        ours = [BlockHead(*row) for row in stored[at : at + _WALK]]
        theirs = source.heads([head.number for head in ours])
        for head, answer in zip(ours, theirs, strict=True):
            if head == answer:
                return head.number
    if course.start > lowest:
        return course.start - 1
    raise Broken(
        f"the chain replaced more than {course.finality} blocks below block {tip.number}: deeper"
        " than the finality setting, so what was final is not; find out what happened, then remove"
        " the index: the next command builds it again from the chain",
        block=tip.number,
        finality=course.finality,
    )


# ---- reading -----------------------------------------------------------------------------------


def _read(source: Source, known: set[str], first: int, last: int) -> Sequence[RawLog]:
    """The logs of a range; once more with the instruments listed within it, which join `known`.

    An instrument's logs count from the block that lists it, whatever the range.
    """
    since: dict[str, int] = {}
    while True:
        logs = source.logs(first, last, sorted(known))
        listed = {
            found.event.token: raw.block
            for raw in logs
            if _LISTED in raw.topics[:1]
            and (found := decode(raw, 0))
            and isinstance(found.event, InstrumentListed)
        }
        if listed.keys() <= known:
            break
        since |= {token: block for token, block in listed.items() if token not in known}
        known |= listed.keys()
    if not since:
        return logs
    return [raw for raw in logs if raw.block >= since.get(checksummed(raw.contract), 0)]


def _heads(
    source: Source,
    course: Course,
    memory: Memory,
    logs: Sequence[RawLog],
    first: int,
    last: int,
    head: int,
) -> list[BlockHead]:
    """Heads of all blocks to be kept, each hanging on the one before and on its logs."""
    if first > last:
        return []
    recent = range(max(first, head - course.finality), last + 1)
    numbers = sorted({raw.block for raw in logs}.union(recent, (last,)))
    heads = []
    before = memory.tip
    for number, each in zip(numbers, source.heads(numbers), strict=True):
        if each is None or each.number != number:
            raise _moved(number)
        if before and before.number + 1 == number and before.block_hash != each.parent:
            raise _moved(number)
        heads.append(each)
        before = each
    return heads


def _decoded(heads: Sequence[BlockHead], logs: Sequence[RawLog]) -> Iterator[tuple[Logged, bytes]]:
    """Events one by one, so that each is used while the processor still has it at hand."""
    by_number = {head.number: (head.block_hash, head.seconds) for head in heads}
    for raw in logs:
        block_hash, seconds = by_number[raw.block]
        if block_hash != raw.block_hash:
            raise _moved(raw.block)
        found = decode_with_body(raw, seconds)
        if found is not None:
            yield found


def _moved(number: int) -> Unavailable:
    return Unavailable(f"the chain changed at block {number} while it was read: try again")
