"""The ledger process: one database, many connections on a private Unix socket.

Requests are JSON values one after the other (geth's IPC framing; answers end with a newline).
Started by the first command that needs it, it stops a short while after the last connection is
gone. Run as `python -m freehold.chain.embedded.server HOME [LINGER_SECONDS]`.
"""

import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from freehold.chain.embedded import place
from freehold.core.errors import PlatformError
from freehold.core.nesting import is_too_deep

MAX_REQUEST = 32 << 20
_CHUNK = 1 << 20


@dataclass(slots=True)
class Presence:
    """Who is connected, and since when nobody is."""

    guard: Any = field(default_factory=threading.Lock)
    connected: int = 0
    idle_since: float = field(default_factory=time.monotonic)


def run(home: Path, linger: float, patience: float = 0.0) -> int:
    """Open the ledger of `home` and serve it until nobody needs it; the process's exit code.

    `patience`: so many seconds it waits for another process that has the ledger open to let go.
    """
    held = place.lock_in_time(home, patience)
    if held is None:
        print(
            f"the ledger in {home} is already open in process {place.holder(home)}",
            file=sys.stderr,
        )
        return place.EXIT_LOCKED
    from freehold.chain.embedded.chain import open_chain  # the lock first: imports take a while

    try:
        chain = open_chain(place.chain_path(home))
    except PlatformError as fault:
        print(fault.message, file=sys.stderr)
        return 1
    listener = _listen(place.socket_path(home))
    _announce()
    try:
        _serve(chain, listener, linger)
    finally:
        _close(chain)
        held.close()
    return 0


def _announce() -> None:
    """Tell whoever started the process that it listens, if anybody still cares to hear it."""
    with suppress(BrokenPipeError):
        os.write(1, b"ready\n")
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)


def _listen(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    listener.listen(128)
    listener.settimeout(0.1)
    return listener


def _serve(chain: Any, listener: socket.socket, linger: float) -> None:
    stopped, presence = threading.Event(), Presence()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    with listener:
        while not stopped.is_set() and not _abandoned(presence, linger):
            try:
                link, _ = listener.accept()
            except TimeoutError:
                continue
            with presence.guard:
                presence.connected += 1
            threading.Thread(target=_attend, args=(chain, link, presence), daemon=True).start()
        Path(listener.getsockname()).unlink(missing_ok=True)


def _abandoned(presence: Presence, linger: float) -> bool:
    with presence.guard:
        return not presence.connected and time.monotonic() - presence.idle_since > linger


def _close(chain: Any) -> None:
    """Wait for a block that is being built, then let go of the file."""
    from freehold.chain.embedded import store

    with chain.building:
        store.close(chain.store)


def _attend(chain: Any, link: socket.socket, presence: Presence) -> None:
    link.settimeout(None)
    try:
        with link:
            for asked in _requests(link):
                reply = _answer(chain, asked)
                if reply is not None:
                    link.sendall(reply + b"\n")
    except OSError:
        pass  # the caller is gone; what it asked for stands or not, as the chain says
    finally:
        with presence.guard:
            presence.connected -= 1
            presence.idle_since = time.monotonic()


def _answer(chain: Any, asked: Any) -> bytes | None:
    from freehold.chain.embedded import rpc

    if isinstance(asked, ValueError):
        error = {"code": -32700, "message": f"the request is not JSON: {asked}"}
        return json.dumps({"jsonrpc": "2.0", "id": None, "error": error}).encode()
    reply = rpc.answer(chain, asked)
    return None if reply is None else json.dumps(reply, separators=(",", ":")).encode()


def _requests(link: socket.socket) -> Iterator[Any]:
    """Decoded requests as they arrive; a ValueError stands for what cannot be read."""
    buffer = b""
    while chunk := link.recv(_CHUNK):
        buffer += chunk
        if len(buffer) > MAX_REQUEST:
            yield ValueError(f"a request may have {MAX_REQUEST} bytes")
            return
        if buffer.lstrip()[:1] in (b"{", b"[") and chunk.rstrip()[-1:] not in (b"}", b"]", b""):
            continue  # a large request that cannot be complete yet is not read in vain
        values, buffer, fault = _split(buffer)
        yield from values
        if fault:
            yield fault
            return


def _split(buffer: bytes) -> tuple[list[Any], bytes, ValueError | None]:
    """The complete JSON values at the start of the buffer, what is left, and what is wrong."""
    try:
        text = buffer.decode()
    except UnicodeDecodeError as fault:
        return [], b"", fault
    if is_too_deep(text):
        return [], b"", ValueError("it is nested too deeply")
    values: list[Any] = []
    decoder = json.JSONDecoder()
    text = text.lstrip()
    while text:
        try:
            value, end = decoder.raw_decode(text)
        except json.JSONDecodeError as fault:
            cut_short = text[0] in "{[" and fault.pos >= len(text.rstrip()) - 1
            return values, text.encode(), None if cut_short else fault
        values.append(value)
        text = text[end:].lstrip()
    return values, b"", None


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 5.0))
