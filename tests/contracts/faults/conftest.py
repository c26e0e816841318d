"""`--all-faults` plants every fault; without it a few are drawn by the day's seed."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all-faults", action="store_true", help="plant every fault (minutes)")
