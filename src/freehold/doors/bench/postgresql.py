"""A PostgreSQL server of our own, from the machine's binaries: private folder, random port.

`initdb` refuses to run as root, so under root everything runs as `postgres` or `nobody`. What is
committed is on the disk (fsync is on) unless the caller says otherwise.
"""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit


def binaries() -> Path | None:
    """Debian keeps them outside the path, one folder for each version; the newest, None for none."""
    found = [one.parent for one in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(found, key=lambda folder: float(folder.parts[-2]), default=None)


@dataclass(frozen=True, slots=True)
class Server:
    """A server of ours: its database `postgres`, its folder, the account it runs as, its options."""

    url: str
    folder: Path
    account: str | None
    options: str

    def start(self) -> None:
        """Start it, also after it died; what was committed is there."""
        data, log = self.folder / "data", self.folder / "log"
        _run(self.account, "pg_ctl", "-D", data, "-w", "-l", log, "-o", self.options, "start")

    def stop(self) -> None:
        """End it as a machine that loses its power does."""
        _run(self.account, "pg_ctl", "-D", self.folder / "data", "-m", "immediate", "stop")


@contextmanager
def running(*, durable: bool = False) -> Iterator[str]:
    """The URL of a server's database `postgres`; the server ends with the block.

    `durable` waits for the disk at each commit, as a server in use does.
    """
    with prepared(durable=durable) as server:
        server.start()
        try:
            yield server.url
        finally:
            server.stop()


@contextmanager
def prepared(*, durable: bool = False) -> Iterator[Server]:
    """A server that does not run yet; whoever starts it stops it. Its folder goes with the block."""
    folder = Path(tempfile.mkdtemp(prefix="freehold-postgresql-"))
    account = _account()
    if account:
        shutil.chown(folder, account)
    try:
        _run(account, "initdb", "-D", folder / "data", "-U", "book", "-A", "trust", "--no-sync")
        port = _free_port()
        said = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
        url = f"postgresql://book@127.0.0.1:{port}/postgres"
        yield Server(url, folder, account, said if durable else f"-F {said}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_database(server: str, name: str) -> str:
    """Create a database on the server; its URL."""
    place = urlsplit(server)
    known = ["-h", str(place.hostname), "-p", str(place.port), "-U", str(place.username)]
    _run(None, "createdb", *known, name)
    return place._replace(path=f"/{name}").geturl()


def _account() -> str | None:
    if os.getuid():
        return None
    import pwd  # there is none on Windows

    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _run(account: str | None, program: str, *arguments: str | Path) -> None:
    subprocess.run(
        [f"{binaries()}/{program}", *map(str, arguments)],
        user=account,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        timeout=60,
    )


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
