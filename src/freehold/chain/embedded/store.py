"""The chain on disk: one LMDB file, one durable commit per block.

Tables: `node` (hash -> trie node or code), `header`, `body`, `receipts` (block hash -> ...),
`canon` (number -> hash and bloom of the chain that counts), `where` (transaction hash -> number
and place), `pool` (accepted, not yet in a block), `meta`. LMDB writes a new copy of what changes
and switches over with one synced page, so a kill at any moment leaves the last commit standing.
LMDB itself has no checksums: a file cut short is found at opening, a damaged node when it is read.
"""

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cbor2
import lmdb

from freehold.chain.embedded.blocks import (
    Block,
    Header,
    decode_header,
    encode_header,
    header_hash,
    pack_receipts,
)
from freehold.chain.embedded.encoding import decode, keccak
from freehold.chain.embedded.trie import EMPTY_ROOT, Node
from freehold.core.errors import Broken, Unavailable

TABLES = ("node", "header", "body", "receipts", "canon", "where", "pool", "meta")
MAP_SIZE = 1 << 40
VERSION = b"1"
_CACHED_NODES, _CACHED_CODES = 200_000, 512


@dataclass(slots=True)
class Store:
    """An open database; `nodes` and `codes` cache decoded trie nodes and code, which never change."""

    path: Path
    env: Any
    tables: Mapping[str, Any]
    nodes: dict[bytes, Node] = field(default_factory=dict)
    codes: dict[bytes, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """Everything one commit writes. `rewind` first drops the blocks above that number."""

    blocks: tuple[Block, ...] = ()
    nodes: Mapping[bytes, bytes] = field(default_factory=dict)
    rewind: int | None = None
    pool_add: tuple[tuple[bytes, bytes], ...] = ()
    pool_drop: tuple[bytes, ...] = ()
    meta: Mapping[bytes, bytes] = field(default_factory=dict)


def create(path: Path, header: Header, nodes: Mapping[bytes, bytes]) -> None:
    """Make a new database at the directory `path` with block 0 in it."""
    store = _open(path, MAP_SIZE)
    block = Block(header_hash(header), header, [], [])
    meta = {b"version": VERSION, b"genesis": block.hash}
    try:
        commit(store, Change(blocks=(block,), nodes=nodes, meta=meta))
    finally:
        close(store)


def open_store(path: Path, genesis_hash: bytes, map_size: int = MAP_SIZE) -> Store:
    """Open an existing database and check that its head can be trusted.

    Raises Broken with one sentence where the file is missing, cut short, damaged or belongs to
    another genesis; nothing is written then.
    """
    file = path / "data.mdb"
    if not file.is_file() or file.stat().st_size == 0:
        raise Broken(
            f"the ledger's database {file} is missing or empty: restore it", path=str(file)
        )
    try:
        store = _open(path, map_size)
    except (lmdb.Error, OSError) as fault:
        raise _damaged(file, str(fault)) from None
    try:
        _check_length(store, file)
        _check_head(store, file, genesis_hash)
    except (lmdb.Error, ValueError, KeyError, TypeError) as fault:
        close(store)
        raise _damaged(file, str(fault)) from None
    except Broken:
        close(store)
        raise
    return store


def copy(path: Path, into: Path) -> None:
    """Copy the database at `path` as of its last commit, while its process goes on.

    LMDB's readers wait for nobody and see one commit. Raises Unavailable (disk full, I/O).
    """
    into.mkdir(mode=0o700)
    try:
        with lmdb.open(str(path), readonly=True, max_dbs=len(TABLES), max_readers=1024) as env:
            env.copy(str(into))
    except (lmdb.Error, OSError) as fault:
        raise Unavailable(f"the ledger cannot be copied: {fault}") from None
    (into / "data.mdb").chmod(0o600)


def close(store: Store) -> None:
    """Let go of the file."""
    store.env.close()


@contextmanager
def reading(store: Store) -> Iterator[Any]:
    """A consistent view of the last commit."""
    with store.env.begin(buffers=False) as view:
        yield view


def commit(store: Store, change: Change) -> None:
    """Write `change` whole and durably, or not at all. Raises Unavailable (disk full, I/O)."""
    try:
        with store.env.begin(write=True) as act:
            _write(store, act, change)
    except lmdb.Error as fault:
        raise Unavailable(
            f"the ledger's disk refused a block ({fault}): nothing of it was recorded; "
            "make room and send again",
            path=str(store.path),
        ) from None


def _write(store: Store, act: Any, change: Change) -> None:
    table = store.tables
    if change.rewind is not None:
        _rewind(store, act, change.rewind)
    for digest, content in change.nodes.items():
        act.put(digest, content, db=table["node"], overwrite=False)
    for block in change.blocks:
        _write_block(store, act, block)
    for digest, raw in change.pool_add:
        act.put(digest, raw, db=table["pool"])
    for digest in change.pool_drop:
        act.delete(digest, db=table["pool"])
    for key, value in change.meta.items():
        act.put(key, value, db=table["meta"])


def _write_block(store: Store, act: Any, block: Block) -> None:
    table, number = store.tables, block.header.number.to_bytes(8, "big")
    act.put(block.hash, encode_header(block.header), db=table["header"])
    act.put(block.hash, cbor2.dumps(block.transactions), db=table["body"])
    act.put(block.hash, pack_receipts(block.receipts), db=table["receipts"])
    act.put(number, block.hash + block.header.bloom, db=table["canon"])
    for place, raw in enumerate(block.transactions):
        act.put(keccak(raw), number + place.to_bytes(4, "big"), db=table["where"])
    act.put(b"head", block.hash, db=table["meta"])


def _rewind(store: Store, act: Any, number: int) -> None:
    """Take the blocks above `number` off the chain that counts; they stay readable by hash."""
    table = store.tables
    above = number + 1
    while (row := act.get(above.to_bytes(8, "big"), db=table["canon"])) is not None:
        for raw in cbor2.loads(act.get(row[:32], db=table["body"])):
            act.delete(keccak(raw), db=table["where"])
        act.delete(above.to_bytes(8, "big"), db=table["canon"])
        above += 1
    row = act.get(number.to_bytes(8, "big"), db=table["canon"])
    act.put(b"head", row[:32], db=table["meta"])


def read(store: Store, view: Any, table: str, key: bytes) -> bytes | None:
    """One row, or None."""
    found: bytes | None = view.get(key, db=store.tables[table])
    return found


def load_node(store: Store, view: Any, digest: bytes) -> Node:
    """A decoded trie node. Raises Broken where the disk gives back something else."""
    node = store.nodes.get(digest)
    if node is None:
        node = list(decode(load_content(store, view, digest)))
        if len(store.nodes) > _CACHED_NODES:
            store.nodes.clear()
        store.nodes[digest] = node
    return node


def load_code(store: Store, view: Any, digest: bytes) -> bytes:
    """A contract's code by its hash. Raises Broken where the disk gives back something else."""
    code = store.codes.get(digest)
    if code is None:
        code = load_content(store, view, digest)
        if len(store.codes) >= _CACHED_CODES:
            store.codes.clear()
        store.codes[digest] = code
    return code


def load_content(store: Store, view: Any, digest: bytes) -> bytes:
    """A node or a contract's code by its hash. Raises Broken where it is missing or damaged."""
    content = read(store, view, "node", digest)
    if content is None or keccak(content) != digest:
        raise _damaged(store.path / "data.mdb", f"state node {digest.hex()} is missing or altered")
    return content


def pooled(store: Store) -> list[bytes]:
    """The raw bytes of every transaction that waits for a block."""
    with reading(store) as view:
        return [raw for _, raw in view.cursor(db=store.tables["pool"])]


def canon(store: Store, view: Any, first: int, last: int) -> Iterable[tuple[int, bytes, bytes]]:
    """(number, hash, bloom) of the blocks from `first` to `last` on the chain that counts."""
    cursor = view.cursor(db=store.tables["canon"])
    if not cursor.set_range(first.to_bytes(8, "big")):
        return
    for key, row in cursor:
        number = int.from_bytes(key, "big")
        if number > last:
            return
        yield number, row[:32], row[32:]


def _open(path: Path, map_size: int) -> Store:
    env = lmdb.open(str(path), map_size=map_size, max_dbs=len(TABLES), max_readers=1024, mode=0o600)
    return Store(path, env, {name: env.open_db(name.encode()) for name in TABLES})


def _check_length(store: Store, file: Path) -> None:
    """A file cut short would kill the process at the first read beyond its end: look first.

    The last pages may rightly be missing if they were never used, so a short file is walked by a
    process of its own, whose death is the answer.
    """
    pages = store.env.info()["last_pgno"] + 1
    if file.stat().st_size >= pages * store.env.stat()["psize"]:
        return
    walk = subprocess.run(
        [sys.executable, "-m", __name__, str(store.path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        check=False,
    )
    if walk.returncode != 0:
        raise _damaged(file, "it is cut short")


def _check_head(store: Store, file: Path, genesis_hash: bytes) -> None:
    with reading(store) as view:
        version = read(store, view, "meta", b"version")
        if version != VERSION:
            raise _damaged(file, f"its version is {version!r}, this program reads {VERSION!r}")
        if read(store, view, "meta", b"genesis") != genesis_hash:
            raise Broken(
                f"{file} does not belong to the genesis.json beside it: put back the right one",
                path=str(file),
            )
        head = read(store, view, "meta", b"head") or b""
        content = read(store, view, "header", head) or b""
        if not content or keccak(content) != head:
            raise _damaged(file, "its head block is missing or altered")
        root = decode_header(content).state_root
        if root != EMPTY_ROOT:
            load_node(store, view, root)


def _damaged(file: Path, why: str) -> Broken:
    return Broken(
        f"the ledger's database {file} is damaged ({why}): it was left as it is; "
        "restore it from a backup",
        path=str(file),
    )


def _walk(path: Path) -> None:
    """Touch every page that is in use, the list of free ones included; nothing is written."""
    store = _open(path, MAP_SIZE)
    with store.env.begin(write=True) as act:
        act.put(b"walk", bytes(8192), db=store.tables["meta"])
        act.abort()
    with reading(store) as view:
        for table in store.tables.values():
            sum(len(key) + len(value) for key, value in view.cursor(db=table))


if __name__ == "__main__":
    _walk(Path(sys.argv[1]))
