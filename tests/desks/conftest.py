"""The world of tests/chain/gate_world.py, fresh for each test."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "chain"))
import gate_world


@pytest.fixture
def gate(tmp_path):
    world = gate_world.build(tmp_path / "home", f"sqlite:///{tmp_path}/book.db")
    yield world
    world.book.close()
    world.w3.provider.close()
