"""A platform on PostgreSQL, and each of its server's processes asked by itself.

All of them listen at one address, and the system parts connections among them: whoever wants a certain
one connects until the connection is that one's, as the system's own tables tell.
"""

import http.client
import json
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from sqlalchemy import insert, select

from freehold.book import copying
from freehold.book.schema import metadata
from freehold.book.session import open_book
from freehold.core.roles import Role
from freehold.doors.bench import postgresql
from freehold.doors.bench.postgresql import Server
from tests.doors.running import AGENT, Platform

TRIES = 200
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Answer:
    """What one process answered."""

    status: int
    text: str
    headers: Mapping[str, str]

    def json(self) -> Any:
        return json.loads(self.text)


@dataclass(frozen=True)
class Door:
    """One process of the server, asked as a program and as a browser with a cookie."""

    platform: Platform
    process: int

    def ask(self, role: Role, method: str, path: str, body: Any = None, key: str = "") -> Answer:
        """Ask the API with the key of somebody in a role."""
        headers = {"Authorization": f"Bearer {self.platform.keys[role]}"}
        headers |= {"Idempotency-Key": key} if key else {}
        text = None if body is None else json.dumps(body)
        headers |= {"Content-Type": "application/json"} if text else {}
        return self.send(method, f"/api/v1{path}", text, headers)

    def browse(self, path: str, cookie: str = "", form: Mapping[str, str] | None = None) -> Answer:
        """Open a page, or send a form."""
        headers = {"User-Agent": AGENT, "Cookie": cookie} | (FORM if form else {})
        method, text = ("POST", urlencode(form)) if form else ("GET", None)
        return self.send(method, path, text, headers)

    def send(
        self, method: str, path: str, text: str | None = None, headers: Mapping[str, str] = {}
    ) -> Answer:
        connection = self.connect()
        try:
            place = urlsplit(self.platform.url).netloc
            connection.request(method, path, text, {"Host": place, **headers})
            found = connection.getresponse()
            return Answer(found.status, found.read().decode(), dict(found.headers))
        finally:
            connection.close()

    def connect(self) -> http.client.HTTPConnection:
        """A connection that this process has taken."""
        port = urlsplit(self.platform.url).port
        assert port
        for _ in range(TRIES):
            one = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            one.connect()
            if _takes(self.process, port, one.sock.getsockname()[1]):
                return one
            one.close()
        raise AssertionError(f"process {self.process} takes no connections")


def _takes(process: int, port: int, client: int) -> bool:
    """Whether a process has the other end of a connection from the port `client`."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if number := _socket_of(port, client):
            links = Path(f"/proc/{process}/fd").iterdir()
            return any(_points_to(one, f"socket:[{number}]") for one in links)
        time.sleep(0.002)  # nobody has taken it yet
    raise AssertionError("nobody takes the connection")


def _socket_of(port: int, client: int) -> str:
    ours, theirs = f":{port:04X}", f":{client:04X}"
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        said = line.split()
        if said[1].endswith(ours) and said[2].endswith(theirs) and said[9] != "0":
            return said[9]
    return ""


def _points_to(link: Path, target: str) -> bool:
    try:
        return str(link.readlink()) == target
    except OSError:  # closed meanwhile
        return False


def databases(server: Server, home: Path) -> dict[str, str]:
    """Two empty databases of the server, as settings of a home's platform."""
    home.mkdir(parents=True, exist_ok=True)
    mark = secrets.token_hex(4)
    named = {
        setting: postgresql.new_database(server.url, f"{setting}_{mark}")
        for setting in ("book_url", "index_url")
    }
    lines = [f'{setting} = "{url}"\n' for setting, url in named.items()]
    (home / "freehold.toml").write_text("".join(lines))
    return named


def moved(server: Server, northwind_home: Path, home: Path) -> None:
    """The example company's home, its book moved to PostgreSQL row by row."""
    shutil.copytree(northwind_home, home, ignore=shutil.ignore_patterns("*.sock", "*.socket"))
    into = open_book(databases(server, home)["book_url"])
    source = open_book(f"sqlite:///{home}/book.db")
    with source.reading() as read, into.transaction() as tx:
        for table in metadata.sorted_tables:
            named = select(*(column.label(column.name) for column in table.columns))
            if rows := [dict(row._mapping) for row in read.execute(named)]:
                tx.execute(insert(table), rows)
        copying._count_on(tx)
    source.close()
    into.close()
    for file in home.glob("*.db*"):
        file.unlink()


@contextmanager
def started() -> Iterator[Server]:
    """A server of PostgreSQL that a test may stop and start."""
    with postgresql.prepared() as server:
        server.start()
        try:
            yield server
        finally:
            server.stop()
