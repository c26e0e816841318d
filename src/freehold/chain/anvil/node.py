"""Starting, finding and stopping the fast node: the functions that the doors call.

`start` puts the node in the background and returns when it answers; `serve.run` is the same in the
foreground. Who runs is told by a lock that the kernel keeps, so a crash leaves nothing to clean up.
"""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from freehold.chain.anvil import genesis as beginnings
from freehold.chain.anvil.genesis import Genesis
from freehold.chain.anvil.install import executable
from freehold.chain.anvil.serve import NOTICE, run, take
from freehold.core.errors import Broken, Conflict, Invalid, NotFound, PlatformError, Unavailable

DEFAULT_PORT = 8545
_STOP_SECONDS = 120.0
_KINDS: dict[str, type[PlatformError]] = {
    kind.__name__: kind for kind in (Broken, Conflict, Invalid, NotFound, Unavailable)
}


@dataclass(frozen=True, slots=True)
class Node:
    """A running fast node; `engine_pid` is anvil's own process and changes when it is replaced."""

    url: str
    pid: int
    engine_pid: int
    chain_id: int


def start(home: Path, genesis: Genesis | None = None, port: int = DEFAULT_PORT) -> Node:
    """Start the node of `home` in the background; returns once it answers at its last block.

    Without `genesis` a known chain goes on, and a new one begins with the default genesis. Port 0
    takes any free one. Raises Conflict (already running, port taken, another genesis), Broken (the
    journal is damaged or does not replay), Unavailable (anvil missing or not starting).
    """
    executable(home)
    folder = home / "anvil"
    folder.mkdir(parents=True, exist_ok=True)
    text = beginnings.to_text(genesis) if genesis else ""
    command = [sys.executable, "-m", "freehold.chain.anvil.node", str(home), str(port), text]
    with (folder / "node.log").open("ab") as log:
        begun = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
            start_new_session=True, text=True, check=False, env=_environment(),
        )  # fmt: skip
    return _read_notice(begun.stdout, folder / "node.log")


def _environment() -> dict[str, str]:
    """Ours, and the folder that this package was imported from."""
    found = [str(Path(__file__).parents[3]), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, found))}


def _read_notice(line: str, log: Path) -> Node:
    if not line.strip():
        raise Unavailable(f"the fast node ended before it answered: see {log}")
    said = json.loads(line)
    if "error" in said:
        raise _KINDS[said["error"]](said["message"])
    return Node(**said)


def status(home: Path) -> Node | None:
    """The node that runs on `home`, or None. Raises Unavailable while it is still starting."""
    folder = home / "anvil"
    if not (folder / "node.lock").exists():
        return None
    with (folder / "node.lock").open("a") as lock:
        if take(lock):
            return None
    try:
        return Node(**json.loads((folder / NOTICE).read_text()))
    except FileNotFoundError:
        raise Unavailable(
            f"the fast node of {folder} is still replaying its journal: try again in a moment"
        ) from None


def stop(home: Path) -> None:
    """Let the node of `home` take a snapshot and end. Raises NotFound if none runs."""
    node = status(home)
    if node is None:
        raise NotFound(f"no fast node runs on {home}")
    os.kill(node.pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    while is_owned(home):
        if time.monotonic() > deadline:
            raise Unavailable(
                f"the fast node (process {node.pid}) did not end in {_STOP_SECONDS} s"
            )
        time.sleep(0.02)


def is_owned(home: Path) -> bool:
    """Whether a process owns `home`."""
    try:
        return status(home) is not None
    except Unavailable:
        return True


def _in_background(home: Path, port: int, text: str) -> None:
    """Answer the parent with one line on standard output: the notice, or what went wrong."""
    genesis = beginnings.from_text(text) if text else None
    try:
        run(home, genesis, port, _say_once)
    except PlatformError as fault:
        kind = type(fault).__name__
        kind = kind if kind in _KINDS else "Unavailable"
        _say_once(json.dumps({"error": kind, "message": fault.message}))
        print(f"{kind}: {fault.message}", file=sys.stderr)
        sys.exit(1)


def _say_once(line: str) -> None:
    """The first line goes to the parent; later ones to nobody."""
    print(line, flush=True)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


if __name__ == "__main__":
    if os.fork():
        os._exit(0)
    _in_background(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
