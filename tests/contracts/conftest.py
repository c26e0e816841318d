"""The small world that contract tests share: deployed once, copied for each test."""

import pytest

from tests.contracts.world import World, fresh


@pytest.fixture
def world() -> World:
    return fresh()
