"""A platform to be measured: `freehold serve` over the example company, with a transfer agent's key.

The processes are the ones that everybody runs; only the home, the address and the databases are the
bench's own. What the supervisor writes down tells which process is which, also after it was killed.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from freehold import config
from freehold.book import identities
from freehold.chain import node
from freehold.core.errors import Unavailable
from freehold.core.ids import Address
from freehold.core.roles import EVERYWHERE, GRANTED, Role
from freehold.desks import permits
from freehold.desks.access import sessions, signin
from freehold.desks.office import Office, create_local_ledger, open_office
from freehold.desks.register import captables

EXAMPLE = Path(__file__).resolve().parents[4] / "examples" / "northwind-optics"
START_SECONDS = 60.0
STOP_SECONDS = 40.0
ISSUER, CLASS = "northwind-optics", "common"
SENDER, RECEIVER = "tobias-brandt", "wei-ling-tan"
"""Two holders of the example whose units are free."""


@dataclass(frozen=True, slots=True)
class World:
    """A home with its settings as environment variables, and where its platform listens."""

    home: Path
    environment: Mapping[str, str]
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.home / "serve.log"


def build(
    home: Path, settings: Mapping[str, str], wallets: Mapping[str, Address] | None = None
) -> World:
    """Bring the example company into a new home; `settings` by their names, wallets by holder."""
    home.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    named = {"home": str(home), "listen": f"127.0.0.1:{port}", **settings}
    named |= {"public_url": f"http://127.0.0.1:{port}"}
    environment = {f"FREEHOLD_{name.upper()}": value for name, value in named.items()}
    world = World(home, environment, port)
    if named.get("ledger", "embedded") == "embedded":
        create_local_ledger(home)
    with office_of(world, followed=False) as office:
        captables.import_company(office, example(), wallets)
    if named.get("ledger", "embedded") == "embedded":
        node.stop(home)
    return world


def example() -> dict[str, str]:
    """The files of the example company, by name."""
    return {one.name: one.read_text() for one in sorted(EXAMPLE.glob("*.ocf.json"))}


@contextmanager
def office_of(world: World, *, followed: bool = True) -> Iterator[Office]:
    """The office behind the platform."""
    with open_office(config.load(None, world.environment), followed=followed) as office:
        yield office


def key_of_agent(office: Office) -> str:
    """The API key of a new transfer agent with all his powers."""
    name = f"agent-{time.monotonic_ns()}@bench.example"
    made, _ = signin.invite(office, permits.operator(), name, [(Role.TRANSFER_AGENT, EVERYWHERE)])
    with office.book.reading() as tx:
        actor = permits.actor_of(tx, identities.find(tx, made.id))
    return sessions.make_key(office, actor, "bench", GRANTED[Role.TRANSFER_AGENT], 30)[1]


@contextmanager
def serving(world: World) -> Iterator[subprocess.Popen[bytes]]:
    """Run the platform until the block ends; what its processes write goes to `world.log`."""
    paths = os.pathsep.join(filter(None, sys.path))
    with world.log.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "freehold", "serve", "--json"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            env={**os.environ, **world.environment, "PYTHONPATH": paths},
        )
        try:
            until_ready(world, process)
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def until_ready(world: World, process: subprocess.Popen[bytes]) -> None:
    """Wait until every part does its work. Raises Unavailable."""
    end = time.monotonic() + START_SECONDS
    while not is_ready(world):
        if process.poll() is not None or time.monotonic() > end:
            words = world.log.read_text().splitlines()[-5:]
            raise Unavailable("the platform to be measured did not come up: " + " / ".join(words))
        time.sleep(0.1)


def is_ready(world: World) -> bool:
    """Whether /ready says so."""
    try:
        with urllib.request.urlopen(f"{world.url}/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def ask(world: World, key: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    """Status and document of one request to the API. Raises OSError where nobody answers."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{world.url}/api/v1{path}", data)
    request.add_header("Authorization", f"Bearer {key}")
    request.add_header("Content-Type", "application/json")
    for name, value in headers.items():
        request.add_header(name.replace("_", "-"), value)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status), json.loads(answer.read())
    except urllib.error.HTTPError as fault:
        return fault.code, json.loads(fault.read())


def token_of(world: World, key: str) -> str:
    """The token of the example's common units."""
    _, listed = ask(world, key, "/instruments")
    return str(next(one["token"] for one in listed["items"] if one["class_id"] == CLASS))


def processes(world: World) -> dict[str, list[int]]:
    """The ids of the processes that do their work now, by part, as the supervisor wrote them down."""
    started: dict[str, int] = {}
    ready: dict[str, int] = {}
    for line in world.log.read_text(errors="replace").splitlines():
        said = _line(line)
        if said.get("part") != "supervisor":
            continue
        which = str(said.get("which"))
        if said["event"] == "started":
            started[which] = int(said["process"])
        elif said["event"] == "ready":
            ready[which] = started[which]
    found: dict[str, list[int]] = {}
    for which, pid in ready.items():
        if _lives(pid):
            found.setdefault(which.split("-")[0], []).append(pid)
    return found


def _line(text: str) -> dict[str, Any]:
    try:
        said = json.loads(text)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
