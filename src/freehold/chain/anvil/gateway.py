"""What clients of the fast node may say, and who answers it.

Signed transactions go through the journal, time and mining through our miner, everything that only
reads goes to anvil untouched. Methods that would change the chain behind the journal's back
(impersonation, set-balance, snapshots, reorganisations) are refused: what they did could not be
replayed. A node without a journal (`scratch`) has them all.
"""

import json
from dataclasses import dataclass
from typing import Any

from freehold.chain.anvil import intake, miner
from freehold.chain.anvil.engine import Refused
from freehold.chain.anvil.intake import Answer, error
from freehold.chain.anvil.ledger import Ledger, ask
from freehold.core.errors import Invalid, PlatformError, Unavailable

SEND = "eth_sendRawTransaction"
CLOCK = ("evm_mine", "evm_increaseTime", "evm_setNextBlockTimestamp")
READS = ("eth_", "net_", "web3_", "txpool_", "debug_trace", "trace_", "ots_", "erigon_")
LONGEST_BATCH = 1_000
Request = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Gateway:
    """The ledger and the queue that its intake empties."""

    ledger: Ledger
    queue: intake.Queue


async def respond(gateway: Gateway, body: bytes) -> bytes:
    """The answer to the body of one HTTP request: a JSON-RPC request or a batch of them."""
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        return _written(None, error(-32700, "the body is not JSON"))
    batch = read if isinstance(read, list) else [read]
    if not 0 < len(batch) <= LONGEST_BATCH:
        return _written(None, error(-32600, f"a batch holds 1 to {LONGEST_BATCH} requests"))
    if all(_only_reads(request) for request in batch):
        return await _passed_on(gateway, body, read)
    answers = await _answer(gateway, batch)
    written = [
        _written(_id(request), answer) for request, answer in zip(batch, answers, strict=True)
    ]
    return written[0] if read is not batch else b"[" + b",".join(written) + b"]"


def _only_reads(request: object) -> bool:
    return isinstance(request, dict) and _refusal(request) is None and not _is_ours(request)


def _is_ours(request: Request) -> bool:
    return request["method"] == SEND or request["method"] in CLOCK


def _refusal(request: object) -> Answer | None:
    """Why a request cannot be taken at all; None if it can."""
    if not isinstance(request, dict) or not isinstance(request.get("method"), str):
        return error(-32600, "a request is an object with a method")
    if not isinstance(request.get("id"), str | int) or not isinstance(
        request.get("params", []), list
    ):
        return error(-32600, "a request has an id and its params as a list")
    method: str = request["method"]
    if method == SEND or method in CLOCK:
        return None
    if method.startswith("eth_send"):
        return error(-32601, f"{method}: this node holds no keys; sign it and use {SEND}")
    if not method.startswith(READS):
        return error(
            -32601,
            f"{method}: not on a node with a journal, because it could not be replayed; "
            "use a node without one",
        )
    return None


async def _passed_on(gateway: Gateway, body: bytes, read: object) -> bytes:
    try:
        return await ask(gateway.ledger, body)
    except Unavailable as fault:
        failed = error(-32002, fault.message)
        if isinstance(read, list):
            return b"[" + b",".join(_written(_id(it), failed) for it in read) + b"]"
        return _written(_id(read), failed)


async def _answer(gateway: Gateway, batch: list[object]) -> list[Answer]:
    """A batch with something of ours in it: its raw transactions together, the rest one by one."""
    answers: list[Answer | None] = [_refusal(request) for request in batch]
    sends = [
        (at, request)
        for at, request in enumerate(batch)
        if answers[at] is None and isinstance(request, dict) and request["method"] == SEND
    ]
    texts = [next(iter(request.get("params", [])), None) for _, request in sends]
    for (at, _), answer in zip(sends, await intake.submit(gateway.queue, texts), strict=True):
        answers[at] = answer
    return [
        answer if answer is not None else await _one(gateway, request)
        for answer, request in zip(answers, batch, strict=True)
    ]


async def _one(gateway: Gateway, request: object) -> Answer:
    assert isinstance(request, dict), "only well-formed requests come here"
    try:
        if request["method"] in CLOCK:
            return {"result": await _clock(gateway.ledger, request["method"], request["params"])}
        answer: Answer = json.loads(await ask(gateway.ledger, json.dumps(request).encode()))
        return {key: answer[key] for key in ("result", "error") if key in answer}
    except Refused as fault:
        return {"error": fault.error}
    except Unavailable as fault:
        return error(-32002, fault.message)
    except PlatformError as fault:
        return error(-32602, fault.message)


async def _clock(ledger: Ledger, method: str, params: list[object]) -> object:
    if method == "evm_increaseTime":
        return await miner.pass_time(ledger, _whole(params, method))
    if method == "evm_setNextBlockTimestamp":
        await miner.set_next_time(ledger, _whole(params, method))
        return None
    if params:
        await miner.set_next_time(ledger, _whole(params, method))
    await miner.mine(ledger)
    return "0x0"


def _whole(params: list[object], method: str) -> int:
    """The one parameter, as a number, hex digits or {"timestamp": ..}."""
    given = params[0] if params else None
    if isinstance(given, dict):
        given = given.get("timestamp")
    if isinstance(given, str) and given.startswith("0x"):
        try:
            return int(given, 16)
        except ValueError:
            pass
    if isinstance(given, int) and not isinstance(given, bool):
        return given
    raise Invalid(f"{method}: give one whole number of seconds", field="params")


def _id(request: object) -> object:
    return request.get("id") if isinstance(request, dict) else None


def _written(request_id: object, answer: Answer) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": request_id, **answer}).encode()
