"""A PostgreSQL server of our own for the tests: private folder, random port, unprivileged account.

`initdb` refuses to run as root, so under root everything runs as `postgres` or `nobody`.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def running():
    """The URL of a server's database `postgres`; the server ends with the block."""
    folder = Path(tempfile.mkdtemp(prefix="book-postgresql-"))
    account = _account()
    if account:
        shutil.chown(folder, account)
    try:
        _run(account, "initdb", "-D", folder / "data", "-U", "book", "-A", "trust", "--no-sync")
        port = _free_port()
        options = f"-F -p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
        _run(account, "pg_ctl", "-D", folder / "data", "-w", "-l", folder / "log", "-o", options,
             "start")  # fmt: skip
        try:
            yield f"postgresql://book@127.0.0.1:{port}/postgres"
        finally:
            _run(account, "pg_ctl", "-D", folder / "data", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _account():
    if os.getuid():
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _run(account, program, *arguments):
    command = [f"{_binaries()}/{program}", *map(str, arguments)]
    subprocess.run(
        command, user=account, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        cwd="/", timeout=60,
    )  # fmt: skip


def _binaries():
    """Debian keeps them outside the path, one folder for each version; the newest counts."""
    return max(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: float(folder.parts[-2])
    )


def _free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
