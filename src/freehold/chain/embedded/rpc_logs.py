"""JSON-RPC logs and filters: search by block bloom first, then in the receipts' rows."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from threading import Lock
from typing import Any

import cbor2

from freehold.chain.embedded import store as disk
from freehold.chain.embedded.blocks import Log, bloom_bits, decode_header
from freehold.chain.embedded.chain import Chain, Head
from freehold.chain.embedded.encoding import keccak
from freehold.chain.embedded.rpc_values import RpcError, block_at, data_of, hexed, quantity

MAX_LOGS = 1_000_000
MAX_FILTERS = 1_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """A log filter: any of the addresses, and at each place any of the topics; empty is any."""

    addresses: frozenset[bytes]
    topics: tuple[frozenset[bytes], ...]


@dataclass(slots=True)
class Watch:
    """An installed filter: what it wants (None: hashes), and how far it has seen."""

    kind: str
    wanted: Wanted | None
    asked: Any
    seen: int
    last: int | None


_WATCHES: dict[str, Watch] = {}
_NUMBERS = count(1)
_LOCK = Lock()


def log_json(log: Log, head: Head, sent: bytes, place: int, index: int) -> dict[str, Any]:
    """One log as an object."""
    return {
        "address": hexed(log.address),
        "topics": [hexed(topic) for topic in log.topics],
        "data": hexed(log.data),
        "blockHash": hexed(head.hash),
        "blockNumber": hex(head.header.number),
        "blockTimestamp": hex(head.header.seconds),
        "transactionHash": hexed(sent),
        "transactionIndex": hex(place),
        "logIndex": hex(index),
        "removed": False,
    }


def get_logs(chain: Chain, asked: Any) -> list[dict[str, Any]]:
    wanted = _wanted(asked)
    with disk.reading(chain.store) as view:
        if asked.get("blockHash") is not None:
            if asked.get("fromBlock") is not None or asked.get("toBlock") is not None:
                raise RpcError(-32602, "give either blockHash or fromBlock and toBlock")
            head = block_at(chain, view, {"blockHash": asked["blockHash"]}).head
            return list(_logs_in(chain, view, head.header.number, head.hash, wanted))
        first = _number(chain, view, asked.get("fromBlock"))
        last = _number(chain, view, asked.get("toBlock"))
        if first > last:
            raise RpcError(-32602, f"fromBlock {first} lies behind toBlock {last}")
        return _logs_between(chain, view, first, last, wanted)


def _number(chain: Chain, view: Any, name: Any) -> int:
    """A block number; numbers beyond the head are allowed, they find nothing."""
    if name is None or name in ("latest", "pending", "safe", "finalized"):
        return int(block_at(chain, view, "latest").head.header.number)
    return 0 if name == "earliest" else min(quantity(name, "block"), (1 << 64) - 1)


def _wanted(asked: Any) -> Wanted:
    if not isinstance(asked, dict):
        raise RpcError(-32602, "a filter is an object")
    address, topics = asked.get("address"), asked.get("topics") or []
    if not isinstance(topics, list) or len(topics) > 4:
        raise RpcError(-32602, "a filter has a list of at most 4 topics")
    listed = address if isinstance(address, list) else [address] if address else []
    return Wanted(
        frozenset(data_of(item, "address", 20) for item in listed),
        tuple(_alternatives(topic) for topic in topics),
    )


def _alternatives(topic: Any) -> frozenset[bytes]:
    if topic is None:
        return frozenset()
    listed = topic if isinstance(topic, list) else [topic]
    if any(item is None for item in listed):
        return frozenset()
    return frozenset(data_of(item, "topic", 32) for item in listed)


def _logs_between(
    chain: Chain, view: Any, first: int, last: int, wanted: Wanted
) -> list[dict[str, Any]]:
    masks = _masks(wanted)
    found: list[dict[str, Any]] = []
    for number, digest, bloom in disk.canon(chain.store, view, first, last):
        bits = int.from_bytes(bloom, "big")
        if not bits or any(all(bits & m != m for m in group) for group in masks):
            continue
        found += _logs_in(chain, view, number, digest, wanted)
        if len(found) > MAX_LOGS:
            raise RpcError(-32005, f"more than {MAX_LOGS} logs: ask for fewer blocks at a time")
    return found


def _masks(wanted: Wanted) -> list[list[int]]:
    """For each condition the bloom bits of its alternatives; one of each must be in a block."""
    groups = (wanted.addresses, *wanted.topics)
    return [[bloom_bits(item) for item in group] for group in groups if group]


def _logs_in(
    chain: Chain, view: Any, number: int, digest: bytes, wanted: Wanted
) -> Iterator[dict[str, Any]]:
    """The logs of one block that match; written out here because everything else waits for it."""
    rows = cbor2.loads(disk.read(chain.store, view, "receipts", digest) or b"\x80")
    raws: list[bytes] | None = None
    addresses, topics, depth = wanted.addresses, wanted.topics, len(wanted.topics)
    header = disk.read(chain.store, view, "header", digest) or b""
    head = Head(digest, decode_header(header))
    block_hash, block, seconds = hexed(digest), hex(number), hex(head.header.seconds)
    index = -1
    for place, row in enumerate(rows):
        sent = ""
        for address, logged, data in row[6]:
            index += 1
            if addresses and address not in addresses:
                continue
            if depth and (len(logged) < depth or not _matches(logged, topics)):
                continue
            if not sent:
                raws = raws or cbor2.loads(disk.read(chain.store, view, "body", digest) or b"\x80")
                sent = hexed(keccak(raws[place]))
            yield {
                "address": "0x" + address.hex(),
                "topics": ["0x" + topic.hex() for topic in logged],
                "data": "0x" + data.hex(),
                "blockHash": block_hash,
                "blockNumber": block,
                "blockTimestamp": seconds,
                "transactionHash": sent,
                "transactionIndex": hex(place),
                "logIndex": hex(index),
                "removed": False,
            }


def _matches(logged: list[bytes], topics: tuple[frozenset[bytes], ...]) -> bool:
    return all(not some or topic in some for topic, some in zip(logged, topics, strict=False))


# ---- filters ----


def new_filter(chain: Chain, asked: Any) -> str:
    wanted = _wanted(asked)
    with disk.reading(chain.store) as view:
        first = _number(chain, view, asked.get("fromBlock"))
        last = asked.get("toBlock")
        until = None if last in (None, "latest", "pending") else _number(chain, view, last)
        start = (
            chain.head.header.number if asked.get("fromBlock") in (None, "latest") else first - 1
        )
    return _install(Watch("logs", wanted, asked, start, until))


def new_block_filter(chain: Chain) -> str:
    return _install(Watch("blocks", None, None, chain.head.header.number, None))


def new_pending_filter(chain: Chain) -> str:
    return _install(Watch("pending", None, None, chain.head.header.number, None))


def _install(watch: Watch) -> str:
    with _LOCK:
        if len(_WATCHES) >= MAX_FILTERS:
            _WATCHES.pop(next(iter(_WATCHES)))
        name = hex(next(_NUMBERS))
        _WATCHES[name] = watch
        return name


def _watch(name: Any) -> Watch:
    watch = _WATCHES.get(name) if isinstance(name, str) else None
    if watch is None:
        raise RpcError(-32000, f"filter not found: {name}")
    return watch


def filter_changes(chain: Chain, name: Any) -> list[Any]:
    watch = _watch(name)
    with _LOCK, disk.reading(chain.store) as view:
        head = block_at(chain, view, "latest").head.header.number
        first = min(watch.seen, head) + 1
        watch.seen = head
        last = head if watch.last is None else min(head, watch.last)
        if watch.kind == "logs":
            assert watch.wanted is not None, "a log filter wants something"
            return _logs_between(chain, view, first, last, watch.wanted)
        blocks = [digest for _, digest, _ in disk.canon(chain.store, view, first, last)]
        if watch.kind == "blocks":
            return [hexed(digest) for digest in blocks]
        bodies = (cbor2.loads(disk.read(chain.store, view, "body", d) or b"\x80") for d in blocks)
        return [hexed(keccak(raw)) for raws in bodies for raw in raws]


def filter_logs(chain: Chain, name: Any) -> list[dict[str, Any]]:
    watch = _watch(name)
    if watch.kind != "logs":
        raise RpcError(-32000, f"filter {name} is not a log filter")
    return get_logs(chain, watch.asked)


def uninstall_filter(chain: Chain, name: Any) -> bool:
    with _LOCK:
        return _WATCHES.pop(name, None) is not None


METHODS: Mapping[str, Callable[..., Any]] = {
    "eth_getLogs": get_logs,
    "eth_newFilter": new_filter,
    "eth_newBlockFilter": new_block_filter,
    "eth_newPendingTransactionFilter": new_pending_filter,
    "eth_getFilterChanges": filter_changes,
    "eth_getFilterLogs": filter_logs,
    "eth_uninstallFilter": uninstall_filter,
}
