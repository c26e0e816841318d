"""kill -9 while a dividend is paid: at each page, at each point, and nobody is paid twice or left out."""

import pytest

from freehold.chain import node
from freehold.doors.bench import dividends, dividends_world
from freehold.doors.bench.dividends import Kill, Outcome
from freehold.doors.bench.kills import POINTS

HOLDERS = 310


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    home = tmp_path_factory.mktemp("dividends") / "home"
    yield dividends_world.build(home, "embedded", HOLDERS)
    node.stop(home)


def test_a_dividend_killed_at_each_page_pays_everybody_once(world):
    kills = [Kill(page, POINTS[page % 3]) for page in range(1, 4)]
    with dividends_world.office_of(world.home, world.ledger) as office:
        dividends.announced(office, world, "killed")
    assert [dividends.paid_by_child(world, "killed", kill) for kill in kills] == [-9, -9, -9]
    with dividends_world.office_of(world.home, world.ledger) as office:
        assert dividends.compared(office, world, "killed") == Outcome(0, 110, 110), "none hidden"
    assert dividends.paid_by_child(world, "killed", Kill(4, POINTS[1])) == -9
    assert dividends.paid_by_child(world, "killed", None) == 0
    with dividends_world.office_of(world.home, world.ledger) as office:
        dividends.completed(office, "killed")
        assert dividends.compared(office, world, "killed") == Outcome(0, 0, 0)
