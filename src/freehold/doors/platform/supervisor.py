"""Starts the parts of the platform as processes, starts again what dies, stops all of them cleanly.

The databases are opened before any part is: a server that cannot be reached yet is waited for. The order
matters twice: the ledger is up before the others ask for it, and it goes last. A part that
dies is started again after a wait that doubles from half a second to ten, and begins anew once the
part has run for half a minute, or was doing its work when somebody killed it. A part that cannot even
start is a mistake in the settings, so the first failures stop everything with the part's own words.
"""

import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from freehold.config import FILE_VARIABLE, Config, host_of, port_of
from freehold.core.errors import Unavailable
from freehold.desks.platform.readiness import await_databases
from freehold.doors.platform import journal
from freehold.doors.platform.worker import STOPPED_FOR_GOOD

COUNTED = "metrics"
"""The folder in which the processes of the server count together."""
MEMORY = Path("/dev/shm")
"""Where Linux keeps files in memory."""
MODULE = "freehold.doors.platform.processes"
SHORTEST_WAIT, LONGEST_WAIT = 0.5, 10.0
SETTLED_SECONDS = 30.0
START_SECONDS = 60.0
STOP_SECONDS = 15.0
FALSE_STARTS = 3
"""How often a part that was never ready may die before everything is given up."""


@dataclass(slots=True)
class Part:
    """One part and its present process."""

    name: str
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    ready: bool = False
    ever_ready: bool = False
    deaths: int = 0
    next_start: float = 0.0
    given_up: bool = False
    guard: threading.Lock = field(default_factory=threading.Lock)

    @property
    def program(self) -> str:
        """What it runs; of the server there may be several."""
        return self.name.split("-")[0]


def listen(address: str, *, shared: bool = False) -> socket.socket:
    """A socket that listens at HOST:PORT; `shared` with other processes of ours, among which the
    system parts the connections. Raises Unavailable where that cannot be."""
    host, port = host_of(address), port_of(address)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=1024, reuse_port=shared)
    except OSError as fault:
        raise Unavailable(
            f"{address} cannot be listened at ({fault.strerror or fault}): stop what listens there,"
            " or set `listen`",
            listen=address,
        ) from None


def supervise(
    settings: Config,
    file: Path | None,
    stop: threading.Event,
    ready: Callable[[Mapping[str, int]], None],
) -> int:
    """Keep the platform up until `stop` is set; 0 after a clean end.

    `ready` is told the process ids once every part does its work. Raises Unavailable if a database
    does not come up or a part cannot be started at all; the others are stopped then.
    """
    listen(settings.listen).close()  # before anything is started in vain
    if not await_databases(settings, stop.wait, _waiting):
        return 0
    ledger = ["ledger"] if settings.ledger == "embedded" else []
    more = [f"server-{number}" for number in range(2, settings.servers + 1)]
    parts = [Part(name) for name in (*ledger, "worker", "server", *more)]
    counted = _counting_place(settings.home)
    counts = {"PROMETHEUS_MULTIPROC_DIR": str(counted)}
    environments = {p.name: _environment(settings, file, p.program) | counts for p in parts}
    told = False
    try:
        while not stop.is_set():
            for part in parts:
                if part is parts[0] or parts[0].ever_ready:
                    _tend(part, environments[part.name])
            if not told and all(part.ready for part in parts):
                told = True
                ready({part.name: part.process.pid for part in parts if part.process})
            stop.wait(0.05)
        return 0
    finally:
        for part in reversed(parts):
            _end(part)
        shutil.rmtree(counted, ignore_errors=True)


def _waiting(why: str) -> None:
    journal.write("supervisor", "waiting for a database", why=why)


def _counting_place(home: Path) -> Path:
    """An empty folder for the counts, which begin anew with the platform: in memory where the system has
    such a place. They are mapped files, and to write to a new page of one on a full disk kills the process.
    """
    mark = hashlib.sha256(str(home.absolute()).encode()).hexdigest()[:16]
    for place in (MEMORY / f"freehold-{COUNTED}-{mark}", home / COUNTED):
        shutil.rmtree(place, ignore_errors=True)
        try:
            place.mkdir(mode=0o700, parents=place.parent != MEMORY)
            return place
        except OSError as fault:  # somebody else's, or there is no such place
            journal.write("supervisor", "counts are kept elsewhere", why=fault.strerror)
    raise Unavailable(f"the home {home} cannot be written to", home=str(home))


def _tend(part: Part, environment: Mapping[str, str]) -> None:
    """Start the part if it is due, note that it is ready or that it died."""
    now = time.monotonic()
    if part.process is None:
        if now >= part.next_start and not part.given_up:
            _start(part, environment)
        return
    code = part.process.poll()
    if code is None:
        if not part.ready and now - part.started > START_SECONDS:
            journal.write("supervisor", "not ready in time", which=part.name)
            part.process.kill()
        return
    _died(part, code, now)


def _died(part: Part, code: int, now: float) -> None:
    journal.write("supervisor", "died", which=part.name, code=code)
    if now - part.started > SETTLED_SECONDS or (part.ready and code < 0):
        part.deaths = 0
    part.deaths += 1
    part.process, part.ready = None, False
    if not part.ever_ready and part.deaths >= FALSE_STARTS:
        raise Unavailable(
            f"the {part.name} could not be started; its own words stand above", part=part.name
        )
    if part.name == "worker" and code == STOPPED_FOR_GOOD:
        part.given_up = True
        journal.write("supervisor", "not started again: the worker found something broken")
        return
    part.next_start = now + min(SHORTEST_WAIT * 2 ** (part.deaths - 1), LONGEST_WAIT)


def _start(part: Part, environment: Mapping[str, str]) -> None:
    part.process = subprocess.Popen(
        [sys.executable, "-m", MODULE, part.program],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        env=dict(environment),
        start_new_session=True,
    )
    part.started = time.monotonic()
    journal.write("supervisor", "started", which=part.name, process=part.process.pid)
    threading.Thread(target=_listen, args=(part, part.process), daemon=True).start()


def _listen(part: Part, process: subprocess.Popen[bytes]) -> None:
    """Wait for the part's one word; what else it prints is let go."""
    assert process.stdout is not None, "the process was started with a pipe"
    for line in process.stdout:
        if line == b"ready\n" and part.process is process:
            part.ready = part.ever_ready = True
            journal.write("supervisor", "ready", which=part.name)
    process.stdout.close()


def _end(part: Part) -> None:
    process = part.process
    if process is None or process.poll() is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        journal.write("supervisor", "killed: it did not end in time", which=part.name)
        process.kill()
        process.wait()
    journal.write("supervisor", "stopped", which=part.name)


def _environment(settings: Config, file: Path | None, part: str) -> dict[str, str]:
    """The environment of a part: ours, the settings file that was named, and our own paths.

    Only the worker gets the variables in which secrets of signing keys stand.
    """
    withheld = set() if part == "worker" else settings.signing_variables
    named = {FILE_VARIABLE: str(file.absolute())} if file else {}
    paths = os.pathsep.join(filter(None, sys.path))
    ours = {name: text for name, text in os.environ.items() if name not in withheld}
    return {**ours, **named, "FREEHOLD_HOME": str(settings.home), "PYTHONPATH": paths}
