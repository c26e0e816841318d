"""The parts of the tests that need more than Python: whether they are here, how to get them.

A test that needs one says `@pytest.mark.needs("anvil")`. On a bare machine it is skipped and the
run ends with one line per missing part; where CI is set, it fails instead.
"""

import importlib.util
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from freehold import config

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("FREEHOLD_SHARED") or ROOT.parent / "shared")


class Part(NamedTuple):
    """Something outside this repository that some tests run against."""

    is_here: Callable[[], bool]
    how_to_install: str


def anvil() -> bool:
    return any((config.load().home / "anvil" / "engine").glob("node_modules/*/*/bin/anvil"))


def postgresql() -> bool:
    return any(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


def installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


CHROMIUM = Path("/usr/bin/chromium")
LOCKED_PARTS = ".venv/bin/python -m pip install --require-hashes -r requirements-parts.lock"
PARTS = {
    "anvil": Part(anvil, "python3 freehold node install"),
    "browser": Part(
        lambda: CHROMIUM.exists() and installed("playwright"),
        f"apt install chromium; {LOCKED_PARTS}",
    ),
    "npm": Part(lambda: bool(shutil.which("npm")), "install Node.js (apt install nodejs npm)"),
    "postgresql": Part(postgresql, "apt install postgresql (or your system's package)"),
    "schemathesis": Part(lambda: installed("schemathesis"), LOCKED_PARTS),
    "shared": Part(SHARED.is_dir, "put the reference data beside the repository as ../shared"),
}
