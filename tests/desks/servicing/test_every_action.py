"""Every action of the table from announcement to close, and called off in every state, on one ledger.

The table, the way through it and what is compared stand in `freehold.doors.bench.action_*`, so that the
bench prints what is tested here: register, contract, money, pot and statements after each of them.
"""

import re

import pytest

from freehold.core.actions.kinds import TRAITS, Kind
from freehold.desks import permits
from freehold.desks.register import registers
from freehold.desks.servicing import events
from freehold.doors.bench import action_checks, action_lives, action_world
from freehold.doors.bench.action_table import LIVES, Due
from freehold.doors.papers import payment

AGENT = permits.keyholder("alex")

CALLED_OFF = [
    pytest.param(life, state, id=f"{life.kind}-{state}")
    for life in LIVES
    if life.called_off
    for state in action_lives.states(life)
]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    home = tmp_path_factory.mktemp("actions") / "home"
    with action_lives.page_by_page(), action_world.opened(home) as opened:
        yield opened


def test_the_table_has_every_kind_and_calls_each_off_in_every_state():
    assert {life.kind for life in LIVES} == set(Kind) == set(TRAITS)
    off = [life.kind for life in LIVES if life.called_off]
    assert sorted(off) == sorted(Kind)


@pytest.mark.parametrize(("life", "state"), CALLED_OFF)
def test_an_action_is_called_off_and_what_it_did_is_undone(world, life, state):
    assert action_lives.called_off(world, life, state) == []


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.name)
def test_an_action_goes_from_announcement_to_close(world, life):
    id = re.sub("[^a-z0-9]+", "-", life.name)
    assert action_lives.lived(world, life, id) == []
    view = events.one(world.office, AGENT, id)
    for row in events.entitlements(world.office, AGENT, id).rows:
        assert row.part.units > 0
        assert payment.as_pdf(view, row, events.now(world.office)).startswith(b"%PDF")


def test_the_register_is_the_same_when_it_is_rebuilt_from_events(world):
    assert registers.verify(world.office).ok


def test_a_holder_who_was_paid_another_amount_is_found(world, monkeypatch):
    life = next(one for one in LIVES if one.kind is Kind.RENT)
    found = action_checks.found_wrong

    def another(walk, due):
        more = {**due.gross, "ben": due.gross["ben"] + 1}
        return found(walk, Due(due.units, due.there, more, due.pays))

    monkeypatch.setattr(action_checks, "found_wrong", another)
    wrong = action_lives.lived(world, life, "rent-again")
    assert any(one.startswith("money of ben") for one in wrong)
    assert any(one.startswith("paid by the statements of ben") for one in wrong)
