"""Fetching anvil: the pin that is written, and the sentence when it cannot be had."""

import base64
import json
import platform
from pathlib import Path

import pytest

from freehold.chain import npm
from freehold.chain.anvil.install import PACKAGES, SHA512, VERSION, executable, install
from freehold.core.errors import Unavailable

NOBODY = "http://127.0.0.1:9/"


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("npm_config_registry", "PIP_INDEX_URL"):
        monkeypatch.setenv(name, NOBODY)
    for name in ("npm_config_fetch_retries", "PIP_RETRIES"):
        monkeypatch.setenv(name, "0")
    monkeypatch.delenv("PIP_EXTRA_INDEX_URL", raising=False)


@pytest.mark.parametrize("package", sorted(PACKAGES.values()))
def test_the_lock_pins_the_version_and_the_digest(tmp_path: Path, package: str) -> None:
    npm._write_lock(tmp_path, {package: npm.Pin(VERSION, SHA512[package])})
    entry = json.loads((tmp_path / "package-lock.json").read_text())["packages"][
        f"node_modules/{package}"
    ]
    assert entry == {"version": VERSION, "integrity": f"sha512-{SHA512[package]}"}
    assert len(base64.b64decode(SHA512[package])) == 64


def test_every_package_has_a_digest_of_its_own() -> None:
    assert set(SHA512) == set(PACKAGES.values())
    assert len(set(SHA512.values())) == len(PACKAGES)


@pytest.mark.needs("anvil")
def test_what_is_there_is_not_fetched_again(home: Path, offline: None) -> None:
    assert install(home) == executable(home)


@pytest.mark.needs("npm")
def test_an_unreachable_registry_is_told_in_one_sentence(tmp_path: Path, offline: None) -> None:
    with pytest.raises(Unavailable, match=f"npm could not fetch anvil {VERSION}: "):
        install(tmp_path)
    with pytest.raises(Unavailable, match="run `freehold node install`"):
        executable(tmp_path)


def test_without_npm_and_without_pypi_both_ways_are_named(
    tmp_path: Path, offline: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unavailable, match="needs an npm client once: there is none on PATH"):
        install(tmp_path)


def test_a_machine_without_a_build_is_sent_to_the_embedded_ledger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "sparc64")
    with pytest.raises(Unavailable, match=r"no build for .* on sparc64: use the embedded ledger"):
        install(tmp_path)
