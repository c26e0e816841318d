"""What a node answers, as plain tuples: the log before it is decoded, the head of a block.

`chain/logs.py` makes them, `indexer` reads them; neither imports the other, so their shape stands
here. Hashes, topics and data are lower-case 0x-strings as JSON-RPC gives them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class RawLog(NamedTuple):
    """One log: where it stands, who wrote it, topics (the first names the event), data."""

    block: int
    log: int
    block_hash: str
    transaction: str
    contract: str
    topics: tuple[str, ...]
    data: str


class BlockHead(NamedTuple):
    """Number, hash, the hash of the block before, and the time in seconds."""

    number: int
    block_hash: str
    parent: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Source:
    """Where blocks and logs come from: a node, or a recording.

    `heads` answers in the order asked, None for a block that is not there; `logs` gives the logs of
    blocks first..last (both included) of the named contracts, in the order of the chain.
    """

    last_block: Callable[[], int]
    heads: Callable[[Sequence[int]], Sequence[BlockHead | None]]
    logs: Callable[[int, int, Sequence[str]], Sequence[RawLog]]
