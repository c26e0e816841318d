"""Where a ledger lives in its home, and how its process is found, started and waited for.

    HOME/chain/         genesis.json and the database
    HOME/ledger.lock    held by the one process that has the database open; names it
    HOME/ledger.sock    its private Unix socket (mode 0600)
    HOME/ledger.log     what it had to say

A socket's path may have about 100 bytes; where HOME is too long, the socket lies in a private
directory under the system's temporary one, under a name made from HOME.
"""

import fcntl
import hashlib
import os
import select
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import IO

from freehold.core.errors import NotFound, Unavailable

LINGER_SECONDS = 5.0
START_SECONDS = 30.0
EXIT_LOCKED = 3
_LONGEST_SOCKET = 100


def chain_path(home: Path) -> Path:
    """The directory of genesis and database."""
    return home / "chain"


def socket_path(home: Path) -> Path:
    """The Unix socket of the ledger in `home`."""
    plain = home.absolute() / "ledger.sock"
    if len(os.fsencode(plain)) <= _LONGEST_SOCKET:
        return plain
    digest = hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:24]
    return _private_directory() / f"{digest}.sock"


def _private_directory() -> Path:
    path = Path(tempfile.gettempdir()) / f"freehold-{os.getuid()}"
    path.mkdir(mode=0o700, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise Unavailable(f"{path} is not a private directory of this account: remove it")
    return path


def lock(home: Path) -> IO[str] | None:
    """Take the right to open the database; None where another process has it."""
    file = (home / "ledger.lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


def lock_in_time(home: Path, patience: float) -> IO[str] | None:
    """As `lock`, waiting so many seconds for a process that is about to let go."""
    deadline = time.monotonic() + patience
    while (held := lock(home)) is None and time.monotonic() < deadline:
        time.sleep(0.05)
    return held


def holder(home: Path) -> str:
    """The process id in the lock file, for a message."""
    try:
        return (home / "ledger.lock").read_text().strip() or "unknown"
    except OSError:
        return "unknown"


def connect(path: Path, timeout: float = 5.0) -> socket.socket | None:
    """A connection to the socket, or None where nobody listens."""
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    link.settimeout(timeout)
    try:
        link.connect(str(path))
    except (FileNotFoundError, ConnectionRefusedError, ConnectionResetError, TimeoutError):
        link.close()
        return None
    link.settimeout(None)
    return link


def join_or_start(home: Path, linger: float = LINGER_SECONDS) -> socket.socket:
    """A connection to the ledger process of `home`, started if none runs.

    Raises NotFound where `home` has no ledger, Unavailable with the process's own sentence where
    it does not come up.
    """
    if not chain_path(home).is_dir():
        raise NotFound(f"there is no ledger in {home}: create one first", home=str(home))
    path, deadline = socket_path(home), time.monotonic() + START_SECONDS
    started: subprocess.Popen[bytes] | None = None
    try:
        while time.monotonic() < deadline:
            if (link := connect(path)) and _answers(link):
                return link
            if started is None or started.poll() == EXIT_LOCKED:
                _let_go(started)
                started = _start(home, linger)
            _wait_ready(started, 0.5)
            if started.poll() not in (None, 0, EXIT_LOCKED):
                raise Unavailable(_last_words(home), home=str(home))
    finally:
        _let_go(started)
    raise Unavailable(
        f"the ledger in {home} does not answer (process {holder(home)}): see {home}/ledger.log",
        home=str(home),
    )


def _answers(link: socket.socket) -> bool:
    """Whether the process behind a fresh connection attends to it, and is not just ending."""
    link.settimeout(START_SECONDS)
    try:
        link.sendall(b'{"jsonrpc":"2.0","id":0,"method":"eth_chainId","params":[]}\n')
        if link.recv(4096).endswith(b"\n"):
            link.settimeout(None)
            return True
    except OSError:
        pass
    link.close()
    return False


def _start(home: Path, linger: float) -> subprocess.Popen[bytes]:
    """Start the ledger process; its standard output says one line when it listens."""
    module = "freehold.chain.embedded.server"
    with (home / "ledger.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", module, str(home.absolute()), str(linger)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            start_new_session=True,
        )


def _wait_ready(process: subprocess.Popen[bytes], seconds: float) -> None:
    assert process.stdout is not None, "the process was started with a pipe"
    ready, _, _ = select.select([process.stdout], [], [], seconds)
    if ready and not process.stdout.closed and not os.read(process.stdout.fileno(), 64):
        process.wait(5)
        if process.returncode == EXIT_LOCKED:
            time.sleep(0.05)


def _let_go(process: subprocess.Popen[bytes] | None) -> None:
    """The process outlives this call; whoever started it reaps it when it ends."""
    if process is not None and process.stdout is not None:
        process.stdout.close()
        threading.Thread(target=process.wait, daemon=True).start()


def _last_words(home: Path) -> str:
    lines = (home / "ledger.log").read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else f"the ledger process of {home} ended without a word"
