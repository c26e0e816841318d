"""Recorded blocks and logs as a source to follow: a chain without its node.

A recording serves to build the projection again without asking a node, to measure the indexer
alone, and to test it against chains that change their mind.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from freehold.core.events import Logged
from freehold.core.rawlog import BlockHead, RawLog, Source
from freehold.indexer.decode import encode


@dataclass(frozen=True, slots=True)
class Recording:
    """Heads of consecutive blocks from the first on, and the logs in them in order."""

    heads: tuple[BlockHead, ...]
    logs: tuple[RawLog, ...]


def record(heads: Sequence[BlockHead], events: Iterable[Logged]) -> Recording:
    """Write events down as the logs that a node would have given, in the blocks `heads`."""
    return Recording(tuple(heads), tuple(encode(logged) for logged in events))


def source_of(recording: Recording) -> Source:
    """Read from a recording as from a node."""
    first = recording.heads[0].number
    blocks = [raw.block for raw in recording.logs]

    def heads(numbers: Sequence[int]) -> list[BlockHead | None]:
        known = range(first, first + len(recording.heads))
        return [recording.heads[n - first] if n in known else None for n in numbers]

    def logs(start: int, end: int, contracts: Sequence[str]) -> list[RawLog]:
        wanted = {contract.lower() for contract in contracts}
        found = recording.logs[bisect_left(blocks, start) : bisect_right(blocks, end)]
        return [raw for raw in found if raw.contract in wanted]

    return Source(lambda: recording.heads[-1].number, heads, logs)
