"""What makes the fast node durable: every raw transaction and every block, in SQLite.

A transaction is committed here *before* anvil sees it, a block before anybody may read a receipt
from it (write-ahead log, synchronous=FULL: a commit returns when the disk has it). From these rows
alone a fresh anvil is led back to the same head, block by block. A row of `tx` without a block is
a transaction that was accepted and still waits to be mined.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from freehold.chain.anvil import genesis as beginnings
from freehold.chain.anvil.genesis import Genesis
from freehold.core.errors import Broken

_FORMAT = "1"
_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE tx (seq INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, raw BLOB NOT NULL,
                 block INTEGER);
CREATE INDEX tx_by_block ON tx (block);
CREATE TABLE block (number INTEGER PRIMARY KEY, hash BLOB NOT NULL, state_root BLOB NOT NULL,
                    timestamp INTEGER NOT NULL, transactions BLOB NOT NULL);
CREATE TABLE snapshot (number INTEGER PRIMARY KEY, block_hash BLOB NOT NULL, file TEXT NOT NULL,
                       sha256 BLOB NOT NULL, transactions INTEGER NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Block:
    """A mined block; `transactions` are the hashes in the order in which they were executed."""

    number: int
    hash: bytes
    state_root: bytes
    timestamp: int
    transactions: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A copy of anvil's state after block `number`; `transactions` were mined up to there."""

    number: int
    block_hash: bytes
    file: str
    sha256: bytes
    transactions: int


def open_journal(path: Path, asked: Genesis | None) -> tuple[sqlite3.Connection, Genesis]:
    """Open the journal, or begin one with `asked` (default: the default genesis).

    Raises Conflict if `asked` differs from the stored genesis, Broken if the file is damaged.
    """
    try:
        if not path.exists():
            _begin(path, asked or Genesis())
        journal = _connect(path)
        stored = _check(journal, path)
    except sqlite3.DatabaseError as fault:
        raise Broken(
            f"the journal {path} is damaged ({fault}): put back a copy of it, or move the folder "
            "away to begin a new chain",
            path=str(path),
        ) from None
    if asked is not None:
        beginnings.must_match(stored, asked, str(path))
    return journal, stored


def _connect(path: Path) -> sqlite3.Connection:
    journal = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    journal.execute("PRAGMA journal_mode = WAL")
    journal.execute("PRAGMA synchronous = FULL")
    return journal


def _begin(path: Path, genesis: Genesis) -> None:
    """Write an empty journal under another name first: a file at `path` is always a whole one."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    rows = [("format", _FORMAT), ("genesis", beginnings.to_text(genesis)), ("offset", "0")]
    journal = sqlite3.connect(draft, isolation_level=None)
    journal.executescript(_SCHEMA)
    journal.executemany("INSERT INTO meta VALUES (?, ?)", rows)
    journal.close()
    draft.replace(path)


def _check(journal: sqlite3.Connection, path: Path) -> Genesis:
    (said,) = journal.execute("PRAGMA quick_check(1)").fetchone()
    if said != "ok":
        raise sqlite3.DatabaseError(said)
    if (written := meta(journal, "format")) != _FORMAT:
        raise Broken(f"the journal {path} has format {written}; this Freehold reads {_FORMAT}")
    count, last = journal.execute("SELECT count(*), max(number) FROM block").fetchone()
    if count and count != last:
        raise Broken(f"the journal {path} holds {count} blocks but numbers them up to {last}")
    return beginnings.from_text(meta(journal, "genesis"))


def meta(journal: sqlite3.Connection, key: str) -> str:
    """A stored setting; a journal without it is damaged."""
    row = journal.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    if row is None:
        raise sqlite3.DatabaseError(f"the setting {key!r} is missing")
    return str(row[0])


def set_offset(journal: sqlite3.Connection, seconds: int) -> None:
    """Keep how far the chain's clock was moved away from the wall clock, in seconds."""
    journal.execute("UPDATE meta SET value = ? WHERE key = 'offset'", (str(seconds),))


def accept(journal: sqlite3.Connection, rows: Sequence[tuple[bytes, bytes]]) -> set[bytes]:
    """Commit raw transactions as (hash, raw); returns those that were already in a block.

    What is already here stays as it is, so the same bytes may be sent any number of times.
    """
    with _transaction(journal):
        before = journal.total_changes
        journal.executemany("INSERT OR IGNORE INTO tx (hash, raw) VALUES (?, ?)", rows)
        all_new = journal.total_changes - before == len(rows)
    return set() if all_new else _mined(journal, [it for it, _ in rows])


def _mined(journal: sqlite3.Connection, hashes: Sequence[bytes]) -> set[bytes]:
    one = "SELECT 1 FROM tx WHERE hash = ? AND block IS NOT NULL"
    return {it for it in hashes if journal.execute(one, (it,)).fetchone()}


def forget(journal: sqlite3.Connection, hashes: Iterable[bytes]) -> None:
    """Commit that anvil refused these: they must not come back after a restart."""
    with _transaction(journal):
        journal.executemany(
            "DELETE FROM tx WHERE hash = ? AND block IS NULL", [(it,) for it in hashes]
        )


def record(journal: sqlite3.Connection, block: Block) -> None:
    """Commit a mined block.

    Raises Broken if it does not follow the last one or holds a transaction never journalled.
    """
    with _transaction(journal):
        (last,) = journal.execute("SELECT coalesce(max(number), 0) FROM block").fetchone()
        if block.number != last + 1:
            raise Broken(f"anvil mined block {block.number}, the journal's last is {last}")
        journal.execute(
            "INSERT INTO block VALUES (?, ?, ?, ?, ?)",
            (block.number, block.hash, block.state_root, block.timestamp,
             b"".join(block.transactions)),
        )  # fmt: skip
        marked = journal.executemany(
            "UPDATE tx SET block = ? WHERE hash = ? AND block IS NULL",
            [(block.number, it) for it in block.transactions],
        ).rowcount
        if block.transactions and marked != len(block.transactions):
            raise Broken(
                f"block {block.number} holds {len(block.transactions)} transactions, "
                f"{max(marked, 0)} of them journalled"
            )


@contextmanager
def _transaction(journal: sqlite3.Connection) -> Iterator[None]:
    """All or nothing; committed when the block ends without an error."""
    journal.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        journal.execute("ROLLBACK")
        raise
    journal.execute("COMMIT")


def head(journal: sqlite3.Connection) -> Block | None:
    """The last journalled block; None for a chain that has only its genesis."""
    row = journal.execute("SELECT * FROM block ORDER BY number DESC LIMIT 1").fetchone()
    return _block(row) if row else None


def block_at(journal: sqlite3.Connection, number: int) -> Block | None:
    """One journalled block."""
    row = journal.execute("SELECT * FROM block WHERE number = ?", (number,)).fetchone()
    return _block(row) if row else None


def blocks_after(
    journal: sqlite3.Connection, number: int
) -> Iterator[tuple[Block, Sequence[bytes]]]:
    """Every later block with its raw transactions in order of execution.

    Raises Broken where a block's transaction is missing.
    """
    later = "SELECT * FROM block WHERE number > ? ORDER BY number"
    for row in journal.execute(later, (number,)):
        block = _block(row)
        raws = dict(journal.execute("SELECT hash, raw FROM tx WHERE block = ?", (block.number,)))
        missing = [it.hex() for it in block.transactions if it not in raws]
        if missing:
            raise Broken(f"the journal lacks transaction 0x{missing[0]} of block {block.number}")
        yield block, [raws[it] for it in block.transactions]


def _block(row: tuple[int, bytes, bytes, int, bytes]) -> Block:
    number, block_hash, state_root, timestamp, joined = row
    hashes = tuple(joined[at : at + 32] for at in range(0, len(joined), 32))
    return Block(number, block_hash, state_root, timestamp, hashes)


def waiting(journal: sqlite3.Connection) -> list[tuple[bytes, bytes]]:
    """Accepted but not mined, as (hash, raw), in the order in which they came."""
    return list(journal.execute("SELECT hash, raw FROM tx WHERE block IS NULL ORDER BY seq"))


def mined_count(journal: sqlite3.Connection) -> int:
    """How many transactions are in blocks."""
    (count,) = journal.execute("SELECT count(*) FROM tx WHERE block IS NOT NULL").fetchone()
    return int(count)


def add_snapshot(journal: sqlite3.Connection, snapshot: Snapshot) -> None:
    """Commit that the snapshot's file is complete on disk."""
    journal.execute(
        "INSERT OR REPLACE INTO snapshot VALUES (?, ?, ?, ?, ?)",
        (snapshot.number, snapshot.block_hash, snapshot.file, snapshot.sha256,
         snapshot.transactions),
    )  # fmt: skip


def snapshots(journal: sqlite3.Connection) -> list[Snapshot]:
    """All of them, newest first."""
    return [Snapshot(*row) for row in journal.execute("SELECT * FROM snapshot ORDER BY 1 DESC")]


def drop_snapshot(journal: sqlite3.Connection, snapshot: Snapshot) -> None:
    """Forget a snapshot before its file is removed."""
    journal.execute("DELETE FROM snapshot WHERE number = ?", (snapshot.number,))
