"""Record instants: what everybody held before that second, exact for ever, whoever slept."""

import random

import pytest

from tests.contracts.engine import Refused
from tests.contracts.world import DOC, ISSUER, NOTE, OUTSIDER, wallet


def announce(world, *ahead):
    return [world.token.announce_record(world.engine.seconds + n, by=ISSUER) for n in ahead]


def held(world, who, record):
    return world.token.ask("held_at", who, record)


def test_a_move_in_the_very_second_of_the_instant_comes_after_it(world):
    a, b = world.holder("a"), world.admit("b")
    start = world.engine.seconds
    announce(world, 100)
    world.engine.at(start + 99)
    world.token.transfer(b, 10, by=a)
    world.engine.at(start + 100)
    world.token.transfer(b, 90, by=a)
    assert (held(world, a, 1), held(world, b, 1)) == (990, 10)


def test_holdings_are_unknown_before_the_instant_and_for_other_numbers(world):
    a = world.holder("a")
    announce(world, 100)
    world.engine.forward(99)
    with pytest.raises(Refused, match="^record: not yet reached$"):
        held(world, a, 1)
    world.engine.forward(1)
    assert held(world, a, 1) == 1000
    for number in (0, 2):
        with pytest.raises(Refused, match="^record: unknown$"):
            held(world, a, number)


def test_instants_stand_in_order_ahead_and_at_most_24_wait(world):
    start = world.engine.seconds
    for instant in (start, start - 1, (1 << 40) - 1):
        with pytest.raises(Refused, match="^record: not ahead$"):
            world.token.announce_record(instant, by=ISSUER)
    announce(world, 100)
    with pytest.raises(Refused, match="^record: out of order$"):
        announce(world, 100)
    announce(world, *range(101, 124))
    with pytest.raises(Refused, match="^record: too many ahead$"):
        announce(world, 500)
    world.engine.forward(100)
    announce(world, 500)
    assert world.token.ask("last_record") == 25


def test_a_record_that_is_withdrawn_bars_no_nearer_one(world):
    a, b = world.holder("a"), world.admit("b")
    start = world.engine.seconds
    announce(world, 10**9)
    with pytest.raises(Refused, match="^record: out of order$"):
        announce(world, 500)
    world.token.withdraw_record(1, by=ISSUER)
    world.token.transfer(b, 10, by=a)
    announce(world, 500)
    assert world.engine.seconds == start, "all of it in one second"
    world.engine.forward(1)
    world.token.transfer(b, 90, by=a)
    world.engine.at(start + 500)
    assert [held(world, a, record) for record in (1, 2)] == [990, 900]


def test_a_record_withdrawn_behind_another_comes_after_that_one(world):
    a, b = world.holder("a"), world.admit("b")
    start = world.engine.seconds
    announce(world, 100, 10**9)
    with pytest.raises(Refused, match="^record: not the newest$"):
        world.token.withdraw_record(1, by=ISSUER)
    world.token.withdraw_record(2, by=ISSUER)
    announce(world, 102)
    world.engine.at(start + 100)
    world.token.transfer(b, 10, by=a)
    world.engine.at(start + 101)
    world.token.transfer(b, 20, by=a)
    world.engine.at(start + 102)
    assert [held(world, a, record) for record in (1, 2, 3)] == [1000, 990, 970]


def test_what_has_come_or_was_never_announced_is_not_withdrawn(world):
    for number in (0, 1):
        with pytest.raises(Refused, match="^record: not the newest$"):
            world.token.withdraw_record(number, by=ISSUER)
    announce(world, 100)
    with pytest.raises(Refused, match="^power: not held$"):
        world.token.withdraw_record(1, by=OUTSIDER)
    world.engine.forward(100)
    with pytest.raises(Refused, match="^record: has come$"):
        world.token.withdraw_record(1, by=ISSUER)


def test_24_instants_that_passed_unseen_are_all_exact(world):
    a, b = world.holder("a"), world.admit("b")
    announce(world, *range(10, 250, 10))
    world.engine.forward(105)
    world.token.transfer(b, 1, by=a)
    world.engine.forward(1000)
    world.token.transfer(b, 1, by=a)
    assert [held(world, b, n) for n in range(1, 25)] == [0] * 10 + [1] * 14
    assert [held(world, a, n) for n in range(1, 25)] == [1000] * 10 + [999] * 14


def test_sleepers_new_holders_and_the_supply(world):
    a, sleeper = world.holder("a"), world.holder("sleeper", 77)
    announce(world, 10, 20, 30)
    world.engine.forward(15)
    late = world.holder("late", 5)
    world.engine.forward(10)
    world.token.redeem(NOTE, a, 400, 1, DOC, 0, [], by=ISSUER)
    world.engine.forward(100)
    assert [held(world, sleeper, n) for n in (1, 2, 3)] == [77] * 3
    assert [held(world, late, n) for n in (1, 2, 3)] == [0, 5, 5]
    assert [world.token.ask("supply_at", n) for n in (1, 2, 3)] == [1077, 1082, 682]
    assert held(world, OUTSIDER, 1) == 0
    world.token.transfer(a, 77, by=sleeper)
    assert [held(world, sleeper, n) for n in (1, 2, 3)] == [77] * 3


def test_past_holdings_follow_a_recovered_wallet(world):
    a = world.holder("a")
    announce(world, 10)
    world.engine.forward(20)
    world.recover(a, wallet("new a"))
    world.token.transfer(world.admit("b"), 1000, by=wallet("new a"))
    assert held(world, wallet("new a"), 1) == 1000 and held(world, a, 1) == 0
    assert world.token.ask("held_at_account", 1, 1) == 1000


def test_a_transfer_of_nothing_covers_nothing_and_loses_nothing(world):
    a, b = world.holder("a"), world.admit("b")
    announce(world, 10)
    world.engine.forward(20)
    world.token.transfer(b, 0, by=a)
    world.token.transfer(b, 5, by=a)
    assert (held(world, a, 1), held(world, b, 1)) == (1000, 0)


@pytest.mark.parametrize("seed", range(4))
def test_every_instant_is_exact_over_a_random_history(world, seed):
    """Transfers, issues, redemptions and force between instants, compared with a plain copy."""
    draw = random.Random(seed)
    people = [world.holder(f"p{n}", 1000) for n in range(5)] + [
        world.admit(f"q{n}") for n in range(3)
    ]
    now = {who: world.balance(who) for who in people}
    kept: list[dict[str, int]] = []
    ahead: list[int] = []
    for _ in range(60):
        if len(ahead) < 20 and draw.random() < 0.4:
            ahead.append(max([world.engine.seconds, *ahead[-1:]]) + draw.randrange(1, 300))
            world.token.announce_record(ahead[-1], by=ISSUER)
        world.engine.forward(draw.randrange(200))
        while ahead and world.engine.seconds >= ahead[0]:
            ahead.pop(0)
            kept.append(dict(now))
        act(world, draw, people, now)
    for number, then in enumerate(kept, 1):
        assert {who: held(world, who, number) for who in people} == then
        assert world.token.ask("supply_at", number) == sum(then.values())


def act(world, draw, people, now):
    a, b = draw.sample(people, 2)
    units = draw.choice([0, now[a] // 3, now[a]])
    what = draw.randrange(4)
    if what == 0:
        world.token.redeem(NOTE, a, units, 1, DOC, 0, [], by=ISSUER)
        now[a] -= units
    elif what == 1:
        world.issue(a, 7)
        now[a] += 7
    else:
        world.token.transfer(b, units, by=a)
        now[a] -= units
        now[b] += units
