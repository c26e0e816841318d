"""Leading a fresh anvil back to the journalled head, and the snapshots that shorten the way.

anvil is deterministic: the same genesis, transactions, order and timestamps give the same block
hashes. Every replayed block is compared with the journal (hash, which covers the state root, the
receipts and the transactions); one difference and nothing is served. Snapshots are anvil's own
dump, written beside and renamed, and used only while their digest and their block still agree.
"""

import gzip
import hashlib
import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from freehold.chain.anvil import engine as engines
from freehold.chain.anvil import journal as journals
from freehold.chain.anvil.engine import Engine
from freehold.chain.anvil.genesis import Genesis
from freehold.chain.anvil.journal import Block, Snapshot
from freehold.chain.anvil.ledger import Ledger, engine_of, write
from freehold.core.errors import Broken

SNAPSHOTS_KEPT = 2


async def bring_up(
    binary: Path, folder: Path, journal: sqlite3.Connection, genesis: Genesis
) -> Engine:
    """An anvil at exactly the journal's head, with the waiting transactions in its pool.

    Raises Broken if the journal cannot be replayed to the blocks that it records.
    """
    engine, number = await _from_snapshot(binary, folder, journal, genesis)
    try:
        for block, raws in journals.blocks_after(journal, number):
            await _replay(engine, block, raws)
        await _must_be_at(engine, journals.head(journal))
        await _hand_back_waiting(engine, journal)
    except BaseException:
        engines.end(engine)
        raise
    return engine


async def _from_snapshot(
    binary: Path, folder: Path, journal: sqlite3.Connection, genesis: Genesis
) -> tuple[Engine, int]:
    """The newest snapshot that is still good, else the genesis; and the block it stands at."""
    for snapshot in journals.snapshots(journal):
        block = journals.block_at(journal, snapshot.number)
        if block is None or block.hash != snapshot.block_hash:
            raise Broken(
                f"the journal in {folder} ends before block {snapshot.number}, of which it has a "
                "snapshot: its last rows were lost; put back a copy of it"
            )
        if state := _unpack(folder, snapshot):
            engine = await engines.launch(binary, folder, genesis, state)
            state.unlink()
            if (await head_of(engine)).hash == snapshot.block_hash:
                return engine, snapshot.number
            engines.end(engine)
    return await engines.launch(binary, folder, genesis, None), 0


def _unpack(folder: Path, snapshot: Snapshot) -> Path | None:
    """The snapshot as anvil reads it; None if the file is gone or not what was written."""
    packed = folder / snapshot.file
    if not packed.is_file():
        return None
    content = packed.read_bytes()
    if hashlib.sha256(content).digest() != snapshot.sha256:
        return None
    state = folder.resolve() / "state.json"
    state.write_bytes(gzip.decompress(content))
    return state


async def _replay(engine: Engine, block: Block, raws: Sequence[bytes]) -> None:
    for answer in await engines.send_raw(engine, raws):
        if "error" in answer:
            raise Broken(
                f"replay of block {block.number}: anvil refuses a transaction that it had mined "
                f"({answer['error'].get('message')})"
            )
    await engines.call(engine, "evm_mine", {"timestamp": block.timestamp})
    await _must_be_at(engine, block)


async def _must_be_at(engine: Engine, block: Block | None) -> None:
    if block is None:
        return
    found = await head_of(engine)
    if found.state_root != block.state_root:
        raise Broken(
            f"replay of block {block.number} gives state root 0x{found.state_root.hex()}, the "
            f"journal has 0x{block.state_root.hex()}: the journal was changed or anvil differs"
        )
    if found != block:
        raise Broken(
            f"replay of block {block.number} gives block hash 0x{found.hash.hex()}, the journal "
            f"has 0x{block.hash.hex()}: the journal was changed or anvil differs"
        )


async def head_of(engine: Engine) -> Block:
    """The block that anvil stands at."""
    read = await engines.call(engine, "eth_getBlockByNumber", "latest", False)
    return Block(
        number=int(read["number"], 16),
        hash=bytes.fromhex(read["hash"][2:]),
        state_root=bytes.fromhex(read["stateRoot"][2:]),
        timestamp=int(read["timestamp"], 16),
        transactions=tuple(bytes.fromhex(it[2:]) for it in read["transactions"]),
    )


async def _hand_back_waiting(engine: Engine, journal: sqlite3.Connection) -> None:
    """Accepted but unmined transactions go back to the pool; those overtaken are forgotten."""
    rows = journals.waiting(journal)
    answers = await engines.send_raw(engine, [raw for _, raw in rows])
    overtaken = [
        row[0]
        for row, answer in zip(rows, answers, strict=True)
        if answer.get("error", {}).get("message") == "nonce too low"
    ]
    journals.forget(journal, overtaken)


async def save_snapshot(ledger: Ledger) -> None:
    """Write the state at the present head; no block may be mined meanwhile."""
    head = await write(ledger, journals.head)
    known = await write(ledger, journals.snapshots)
    if head is None or any(it.number == head.number for it in known):
        return
    dump: str = await engines.call(engine_of(ledger), "anvil_dumpState")
    content = bytes.fromhex(dump[2:])
    name = f"snapshot-{head.number}.gz"
    _write_whole(ledger.folder / name, content)
    digest = hashlib.sha256(content).digest()
    added = Snapshot(head.number, head.hash, name, digest, ledger.count)
    await write(ledger, journals.add_snapshot, added)
    ledger.snapshot_count = ledger.count
    for old in known[SNAPSHOTS_KEPT - 1 :]:
        await write(ledger, journals.drop_snapshot, old)
        (ledger.folder / old.file).unlink(missing_ok=True)


def _write_whole(path: Path, content: bytes) -> None:
    """On disk whole or not at all."""
    draft = path.with_suffix(".new")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
