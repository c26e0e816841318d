"""The small world that contract tests share: deployed once, copied for each test."""

import pytest

from tests.contracts.ballots import HOLDERS, Hall
from tests.contracts.world import World, fresh


@pytest.fixture
def world() -> World:
    return fresh()


@pytest.fixture
def hall(world: World) -> Hall:
    """Four holders and treasury units, fixed by a record instant."""
    hall = Hall(world)
    hall.settle(HOLDERS, treasury=500)
    return hall
