"""The winding-up of the bench on a small register: killed at a page, all are paid once, to the unit."""

import pytest

from freehold.chain import node
from freehold.doors.bench import dividends_world, windups
from freehold.doors.bench.windups import Outcome

HOLDERS = 210
CLASSES = {"series-a": 20, "series-b": 5}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    home = tmp_path_factory.mktemp("windups") / "home"
    yield dividends_world.build(home, "embedded", HOLDERS)
    node.stop(home)


def test_a_winding_up_killed_at_a_page_pays_every_class_once(world):
    with dividends_world.office_of(world.home, world.ledger) as office:
        held = windups.with_classes(office, world, CLASSES)
        windups.funded(office, world)
    assert windups.paid_by_child(world, 2) == -9
    with dividends_world.office_of(world.home, world.ledger) as office:
        found = windups.compared(office, world, held, 0)
        assert found.left_out and found.missing, "none hidden"
    assert windups.paid_by_child(world, 0) == 0
    with dividends_world.office_of(world.home, world.ledger) as office:
        windups.completed(office)
        assert windups.compared(office, world, held, 0) == Outcome(0, 0, 0, 0)
