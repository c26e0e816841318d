"""The platform that tests ask over HTTP, started for each file: what one leaves on it is no other's."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doors.running import Platform, people, serve


@pytest.fixture(scope="module")
def platform(northwind_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """`freehold serve` on a copy of the example company, with people of every role."""
    home = tmp_path_factory.mktemp("platform") / "home"
    shutil.copytree(northwind_home, home, ignore=shutil.ignore_patterns("*.sock", "*.socket"))
    with serve(home, {"FREEHOLD_SERVERS": "1", "FREEHOLD_TRUSTED_PROXIES": "127.0.0.2"}) as running:
        people(running)
        yield running
