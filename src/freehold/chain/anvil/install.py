"""Fetching anvil: one pinned version, by the npm client, into an environment of its own.

Foundry publishes anvil as one npm package for each platform, holding a static binary.
"""

import platform
import subprocess
from pathlib import Path

from freehold.chain import npm
from freehold.core.errors import Unavailable

VERSION = "1.7.1"
INSTALL = "freehold node install"
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
    "@foundry-rs/anvil-linux-arm64": (
        "ykHJmFOGdBR8+9smOKBm9ZZDCCCkLQctiHOAddLvmYx9mPeBDMfq6jP51hKYsO5MG8ClPLSlWe+JpiXPjoXgBQ=="
    ),
    "@foundry-rs/anvil-darwin-amd64": (
        "OgwzwY+FsGrsPyDv4mmbhOwARO8s37YHrm2qaNzgSH4VlKnXgJCrnoT7bpgOhLyBPtxXjBT8L2E3b79deesXRg=="
    ),
    "@foundry-rs/anvil-darwin-arm64": (
        "JNeu3+A3f/npXLn8SR8EahVcqE7BpO9VQZMcPvSIy27/RNc1GsoEBvSLR99aSvt8sGKWAgNg/EzrtjAPq6mxcA=="
    ),
}
"""Base64 as npm writes it: `npm view PACKAGE@VERSION dist.integrity`, the same on every machine."""


def install(home: Path) -> Path:
    """Fetch anvil into `home`/anvil/engine unless it is there; returns the binary's path.

    Raises Unavailable where the platform has no build, no npm can be had or the download fails.
    """
    package = _package()
    binary = _binary(home, package)
    if _says_version(binary):
        return binary
    pin = npm.Pin(VERSION, SHA512[package])
    npm.fetch(home / "anvil" / "engine", {package: pin}, f"anvil {VERSION}", INSTALL)
    if not _says_version(binary):
        raise Unavailable(
            f"anvil {VERSION} was fetched to {binary} but does not run on this machine"
        )
    return binary


def executable(home: Path) -> Path:
    """The installed binary. Raises Unavailable, with the command that installs it."""
    binary = _binary(home, _package())
    if not binary.is_file():
        raise Unavailable(f"anvil is not installed: run `{INSTALL}`", home=str(home))
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
