"""Taking signed transactions in: read, committed to the journal, then handed to anvil.

Batches that arrive while a commit is under way share the next one (group commit). The same bytes
may be sent again at any time: what is mined or waiting already is answered with its hash. What
anvil refuses (nonce, funds, chain id) leaves the journal before the sender is told.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from eth_hash.auto import keccak

from freehold.chain.anvil import engine as engines
from freehold.chain.anvil import journal as journals
from freehold.chain.anvil.ledger import Ledger, engine_of, write
from freehold.core.errors import Unavailable

LONGEST_BYTES = 131_072
"""geth's limit for one transaction."""
_GROUP = 1_000
_KNOWN = "transaction already imported"
Answer = dict[str, Any]
"""The part of a JSON-RPC answer that differs: `result` or `error`."""


@dataclass(slots=True)
class Parcel:
    """Transactions that came together, as (hash, raw); `answers` is kept in their order."""

    rows: list[tuple[bytes, bytes]]
    answers: asyncio.Future[list[Answer]] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


Queue = asyncio.Queue[Parcel]


def error(code: int, message: str) -> Answer:
    """A JSON-RPC error."""
    return {"error": {"code": code, "message": message}}


async def submit(queue: Queue, texts: Sequence[object]) -> list[Answer]:
    """Answer each raw transaction (0x and hex digits) with its hash or with why not."""
    read = [_read(text) for text in texts]
    parcel = Parcel([row for row in read if isinstance(row, tuple)])
    if parcel.rows:
        queue.put_nowait(parcel)
        taken = iter(await parcel.answers)
    return [next(taken) if isinstance(row, tuple) else row for row in read]


def _read(text: object) -> tuple[bytes, bytes] | Answer:
    if not isinstance(text, str) or not text.startswith("0x"):
        return error(-32602, "raw transaction: write 0x and the hex digits of the signed bytes")
    try:
        raw = bytes.fromhex(text[2:])
    except ValueError:
        return error(-32602, "raw transaction: not an even number of hex digits after 0x")
    if not 0 < len(raw) <= LONGEST_BYTES:
        return error(-32602, f"raw transaction: {len(raw)} bytes, 1 to {LONGEST_BYTES} are taken")
    return keccak(raw), raw


async def take_in(ledger: Ledger, queue: Queue) -> None:
    """For ever: commit what has come, hand it over, answer, wake the miner."""
    while True:
        group = [await queue.get()]
        size = len(group[0].rows)
        while not queue.empty() and size < _GROUP:
            group.append(queue.get_nowait())
            size += len(group[-1].rows)
        rows = [row for parcel in group for row in parcel.rows]
        try:
            answers = iter(await _journal_and_send(ledger, rows))
        except Unavailable as fault:
            answers = iter([error(-32002, fault.message)] * len(rows))
        for parcel in group:
            mine = [next(answers) for _ in parcel.rows]
            if not parcel.answers.done():
                parcel.answers.set_result(mine)
        ledger.wake.set()


async def _journal_and_send(ledger: Ledger, rows: list[tuple[bytes, bytes]]) -> list[Answer]:
    engine = engine_of(ledger)
    mined = await write(ledger, journals.accept, rows)
    fresh = [row for row in rows if row[0] not in mined]
    said = await engines.send_raw(engine, [raw for _, raw in fresh])
    refused: dict[bytes, Answer] = {
        row[0]: {"error": _explained(ledger, answer["error"])}
        for row, answer in zip(fresh, said, strict=True)
        if "error" in answer and answer["error"]["message"] != _KNOWN
    }
    if refused:
        await write(ledger, journals.forget, list(refused))
    return [refused[key] if key in refused else {"result": f"0x{key.hex()}"} for key, _ in rows]


def _explained(ledger: Ledger, refusal: dict[str, Any]) -> dict[str, Any]:
    if refusal.get("message") != "invalid chain id for signer":
        return refusal
    chain = ledger.genesis.chain_id
    return {**refusal, "message": f"invalid chain id for signer: sign for chain id {chain}"}
