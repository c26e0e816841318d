"""The world of tests/chain/gate_world.py, fresh for each test."""

import pytest

from tests.chain import gate_world


@pytest.fixture
def gate(tmp_path):
    world = gate_world.build(tmp_path / "home", f"sqlite:///{tmp_path}/book.db")
    yield world
    world.close()
