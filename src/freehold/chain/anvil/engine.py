"""One anvil process and the private line to it.

anvil runs without mining of its own, in a folder that only its owner may enter, and is spoken to
over a Unix socket: one request at a time on each connection, an answer ends with a line break. A
small shell stands between us and anvil and kills it as soon as we are gone, however we went.
"""

import asyncio
import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from freehold.chain.anvil.genesis import Genesis, for_anvil
from freehold.core.errors import PlatformError, Unavailable

HARDFORK = "prague"
STATES_KEPT = 128
"""How many past states can be read by `eth_call` at an older block; receipts and logs stay."""
BATCH = 200
"""Raw transactions in one JSON-RPC batch to anvil."""
_LONGEST_ANSWER = 1 << 32
_READY_SECONDS = 60.0
_WATCH = """
exec 3<&0
"$@" 3<&- </dev/null &
anvil=$!
echo $anvil
{ read -r gone <&3; kill -9 $anvil; } 2>/dev/null &
wait $anvil
status=$?
kill $! 2>/dev/null
exit $status
"""
"""Standard input is a pipe that only we hold: it ends when we do."""

Reply = Any
"""What JSON-RPC carries back; its shape is the method's own."""


@dataclass(slots=True)
class Engine:
    """A running anvil; `idle` holds connections that wait for the next request."""

    process: subprocess.Popen[bytes]
    pid: int
    socket: Path
    idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = field(default_factory=list)


class Refused(PlatformError):
    """anvil answered with a JSON-RPC error, kept whole in `error`."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(str(error.get("message", error)))
        self.error = error


async def launch(binary: Path, home: Path, genesis: Genesis, state: Path | None) -> Engine:
    """Start anvil at its genesis, or at the state of an unpacked snapshot file.

    Raises Unavailable if it does not come up.
    """
    room = private_room(home)
    (room / "genesis.json").write_text(for_anvil(genesis))
    origin = ["--init", "genesis.json"] if state is None else ["--load-state", str(state)]
    command = [str(binary), *options(genesis), *origin, "--ipc", "anvil.ipc"]
    engine = _spawn(command, room)
    await _until_ready(engine, room / "anvil.log")
    return engine


def _spawn(command: list[str], room: Path) -> Engine:
    with (room / "anvil.log").open("wb") as log:
        process = subprocess.Popen(
            ["/bin/sh", "-c", _WATCH, "sh", *command],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
            cwd=room, env={"HOME": str(room), "PATH": "/usr/bin:/bin"}, start_new_session=True,
        )  # fmt: skip
    assert process.stdout is not None, "standard output is a pipe"
    with process.stdout as told:
        return Engine(process, int(told.readline()), room / "anvil.ipc")


def options(genesis: Genesis, port: int = 0) -> list[str]:
    """The command line that makes anvil an empty, quiet, deterministic Prague chain."""
    return [
        "--quiet", "--no-mining", "--order", "fifo", "--accounts", "0",
        "--port", str(port), "--host", "127.0.0.1", "--no-cors", "--no-request-size-limit",
        "--hardfork", HARDFORK, "--prune-history", str(STATES_KEPT),
        "--chain-id", str(genesis.chain_id), "--timestamp", str(genesis.timestamp),
        "--gas-limit", str(genesis.gas_limit),
    ]  # fmt: skip


def private_room(home: Path) -> Path:
    """Empty the engine's room and close it to everybody else. Raises Unavailable."""
    room = room_of(home)
    if room.is_symlink() or (room.exists() and room.stat().st_uid != os.getuid()):
        raise Unavailable(f"{room} belongs to somebody else: remove it, or set TMPDIR")
    shutil.rmtree(room, ignore_errors=True)
    room.mkdir(mode=0o700)
    return room


def room_of(home: Path) -> Path:
    """A folder for the socket (whose path must be short) and anvil's HOME; gone after a stop."""
    mark = hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"freehold-{os.getuid()}-{mark}"


async def _until_ready(engine: Engine, log: Path) -> None:
    deadline = asyncio.get_running_loop().time() + _READY_SECONDS
    while asyncio.get_running_loop().time() < deadline:
        if engine.process.poll() is not None:
            break
        try:
            await call(engine, "eth_chainId")
            return
        except Unavailable:
            await asyncio.sleep(0.01)
    end(engine)
    said = log.read_text(errors="replace").strip().splitlines()
    raise Unavailable(f"anvil did not start: {said[-1] if said else 'it gave no reason'}")


async def call(engine: Engine, method: str, *params: object) -> Reply:
    """One method. Raises Refused with anvil's own words, Unavailable if anvil is gone."""
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    answer = json.loads(await exchange(engine, json.dumps(body).encode()))
    if "error" in answer:
        raise Refused(answer["error"])
    return answer["result"]


async def send_raw(engine: Engine, raws: Sequence[bytes]) -> list[dict[str, Any]]:
    """Hand raw transactions over in order; one answer (`result` or `error`) for each."""
    answers: list[dict[str, Any]] = []
    for at in range(0, len(raws), BATCH):
        body = ",".join(
            f'{{"jsonrpc":"2.0","id":{position},"method":"eth_sendRawTransaction",'
            f'"params":["0x{raw.hex()}"]}}'
            for position, raw in enumerate(raws[at : at + BATCH])
        )
        batch = json.loads(await exchange(engine, f"[{body}]".encode()))
        answers.extend(sorted(batch, key=lambda answer: int(answer["id"])))
    return answers


async def exchange(engine: Engine, body: bytes) -> bytes:
    """One request or batch as it is, and its answer. Raises Unavailable if anvil is gone."""
    try:
        line = engine.idle.pop() if engine.idle else await _connect(engine)
    except OSError:
        raise _gone() from None
    reader, writer = line
    try:
        writer.write(body + b"\n")
        await writer.drain()
        answer = await reader.readuntil(b"\n")
    except (OSError, asyncio.IncompleteReadError):
        writer.close()
        raise _gone() from None
    except asyncio.CancelledError:
        writer.close()
        raise
    engine.idle.append(line)
    return answer


async def _connect(engine: Engine) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_unix_connection(engine.socket, limit=_LONGEST_ANSWER)


def _gone() -> Unavailable:
    return Unavailable("the node's engine stopped and is being brought back: send it again")


async def ended(engine: Engine) -> None:
    """Return when anvil has ended, for whatever reason."""
    await asyncio.get_running_loop().run_in_executor(None, engine.process.wait)


def end(engine: Engine) -> None:
    """Let go of the pipe: the watching shell kills anvil. If the shell was killed, we do."""
    for _, writer in engine.idle:
        writer.close()
    engine.idle.clear()
    assert engine.process.stdin is not None, "standard input is a pipe"
    engine.process.stdin.close()
    if engine.process.poll() == -signal.SIGKILL:
        with contextlib.suppress(ProcessLookupError):
            os.kill(engine.pid, signal.SIGKILL)
