"""Load from wrk (https://github.com/wg/wrk, modified Apache-2.0): HTTP at a fixed rate.

Requests leave on a schedule of their own (`load.lua`), so a slow server meets the same load as a
fast one. wrk counts a late answer once for every request that it held up (coordinated omission).
"""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

from freehold.core.errors import Broken, Unavailable

VERSION = "4.1.0"
"""The version that the figures are taken with, Debian's package `wrk`."""
CONNECTIONS = 32
TIMEOUT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Load:
    """What to ask: paths in turn, at so many a second; `body` as JSON makes it a POST.

    `mark` begins the idempotency keys, each of which is used once.
    """

    url: str
    key: str
    paths: Sequence[str]
    rate: float
    seconds: int
    body: Mapping[str, str] | None = None
    mark: str = ""
    connections: int = CONNECTIONS


@dataclass(frozen=True, slots=True)
class Answers:
    """What came back. Milliseconds; `said` are the first answers that were not wanted; `ids` the
    instructions of accepted requests, in the order of the answers."""

    answered: int
    accepted: int
    seconds: float
    errors: int
    p50_ms: float
    p99_ms: float
    max_ms: float
    said: str
    ids: tuple[str, ...]

    @property
    def rate(self) -> float:
        return self.accepted / self.seconds


def program() -> str | None:
    """The load tool; None where it is not here (Debian: apt install wrk)."""
    return shutil.which("wrk")


def start(load: Load, folder: Path) -> subprocess.Popen[str]:
    """Begin the load; `answers` waits for its end."""
    wrk = program()
    if wrk is None:
        raise Unavailable("the load tool wrk is not here: apt install wrk")
    asked = {
        "KEY": load.key,
        "PATHS": " ".join(load.paths),
        "RATE": str(load.rate),
        "BODY": "" if load.body is None else json.dumps(dict(load.body)),
        "MARK": load.mark,
        "IDS": str(folder / "ids"),
        "OUT": str(folder / "out"),
    }
    environment = {f"FREEHOLD_LOAD_{name}": value for name, value in asked.items()}
    with as_file(files("freehold.doors.bench") / "load.lua") as script:
        command = [wrk, "-t1", f"-c{load.connections}", f"-d{load.seconds}s"]
        command += [f"--timeout={TIMEOUT_SECONDS}s", "-s", str(script), load.url]
        return subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment},
        )


def answers(process: subprocess.Popen[str], folder: Path) -> Answers:
    """Wait for the end of a load and read its figures."""
    _, words = process.communicate()
    if process.returncode or not (folder / "out").exists():
        raise Broken(f"wrk failed: {words.strip()[-500:]}")
    found = json.loads((folder / "out").read_text())
    return Answers(**found, ids=tuple((folder / "ids").read_text().split()))


def run(load: Load) -> Answers:
    """A load from beginning to end."""
    with tempfile.TemporaryDirectory(prefix="freehold-load-") as made:
        return answers(start(load, Path(made)), Path(made))
