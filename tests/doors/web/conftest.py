"""One browser, and one example world, for every test of the pages."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.doors.running import Platform, serve, until
from tests.parts import CHROMIUM

FILL_SECONDS = 180


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """`freehold serve --demo`, once everything is filled in."""
    home = tmp_path_factory.mktemp("example") / "home"
    with serve(home, arguments=["--demo"]) as running:
        log = home.parent / "serve.log"
        until(lambda: '"filled"' in log.read_text(), FILL_SECONDS)
        yield running


@pytest.fixture
def said() -> list[str]:
    """What the browser complained about; empty at the end of every test."""
    return []
