"""`freehold bench ledger`, the part about the command: how long it takes before it does anything.

A person types commands all day and a script in a loop, so the start is held to goals: half a
second to the first line of help, and 0.3 seconds for `python3 freehold` to find its set-up ready.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from freehold.doors.bench.report import Row

RUNS = 5
COMMAND = Path(__file__).parents[4] / "freehold"


def rows() -> Iterator[Row]:
    """Median seconds of `--help`, and what the set-up check of `python3 freehold` adds to it."""
    direct = _seconds([sys.executable, "-m", "freehold", "--help"])
    yield Row("python -m freehold --help", direct, "s", goal=0.5)
    if COMMAND.is_file():  # not there in an installed package
        checked = _seconds([sys.executable, str(COMMAND), "--help"])
        yield Row("what `python3 freehold` adds", max(checked - direct, 0.0), "s", goal=0.3)


def _seconds(command: list[str]) -> float:
    return statistics.median(_once(command) for _ in range(RUNS))


def _once(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started
