"""The frame of every measurement: rows with goals, the machine they were taken on, the commit.

A topic is one function `(options) -> rows` in a module of this package, named in TOPICS. A figure
without a goal is there to be read; one with a goal is met or not, and a report with a missed goal
fails. Figures are not tests: they depend on the machine, which is why it stands in the report.
"""

import importlib
import os
import platform
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from freehold.core.errors import PlatformError

TOPICS = {
    "actions": "freehold.doors.bench.actions:rows",
    "api": "freehold.doors.bench.api:rows",
    "crash": "freehold.doors.bench.crash:rows",
    "gas": "freehold.doors.bench.gas:rows",
    "ledger": "freehold.doors.bench.ledger:rows",
    "policy": "freehold.doors.bench.policy:rows",
}


@dataclass(frozen=True, slots=True)
class Options:
    """What may be asked of a measurement."""

    peers: bool = False  # measure other projects' published work as well


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `goal` None: no goal; `peers`: the same figure of others, by their name.

    `stretch` is what would be better than the goal; missing it fails nothing.
    """

    name: str
    value: int | float
    unit: str
    goal: int | float | None = None
    better: Literal["lower", "higher"] = "lower"
    peers: Mapping[str, int | float] = field(default_factory=dict)
    stretch: int | float | None = None

    @property
    def met(self) -> bool:
        if self.goal is None:
            return True
        return self.value <= self.goal if self.better == "lower" else self.value >= self.goal

    @property
    def sign(self) -> str:
        return "<=" if self.better == "lower" else ">="


@dataclass(frozen=True, slots=True)
class Report:
    """All figures of a topic, from one run on one machine at one commit."""

    topic: str
    machine: Mapping[str, str | int]
    commit: str
    rows: Sequence[Row]

    @property
    def met(self) -> bool:
        return all(row.met for row in self.rows)

    def document(self) -> dict[str, object]:
        """What `--json` prints."""
        rows = [
            {
                "name": row.name,
                "value": row.value,
                "unit": row.unit,
                "goal": row.goal,
                "stretch": row.stretch,
                "better": row.better,
                "met": row.met,
                "peers": row.peers,
            }
            for row in self.rows
        ]
        return {"topic": self.topic, "machine": self.machine, "commit": self.commit, "rows": rows}


def measure(topic: str, options: Options) -> Report:
    """Run one topic of TOPICS; what was measured before a part broke is kept, and the break is a row."""
    module, name = TOPICS[topic].split(":")
    rows: Callable[[Options], Iterable[Row]] = getattr(importlib.import_module(module), name)
    taken: list[Row] = []
    try:
        taken.extend(rows(options))
    except PlatformError as fault:
        taken.append(Row(f"ended early: {fault}", 1, "faults", goal=0))
    return Report(topic, machine(), commit(), tuple(taken))


def machine() -> dict[str, str | int]:
    """What the figures depend on: processor, cores, memory, Python, system."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count() or 0,
        "memory_mib": _memory_mib(),
        "python": platform.python_version(),
        "system": platform.platform(),
    }


def _processor() -> str:
    listing = Path("/proc/cpuinfo")
    lines = listing.read_text().splitlines() if listing.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _memory_mib() -> int:
    """Memory of the machine in MiB, 0 where the system does not say."""
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return 0
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20


def commit() -> str:
    """The commit the code is at, with a + if it has been changed since; empty outside git."""
    here = Path(__file__).parent
    try:
        known = subprocess.run(
            ["git", "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty=+"],
            cwd=here,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:  # no git on this machine
        return ""
    return known.stdout.strip()
