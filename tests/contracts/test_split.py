"""Splits: pages, resumable, each account once; lots, frozen units, records, counts; nothing else moves."""

from fractions import Fraction

import pytest

from freehold.core.policy.rows import authorised_row, limit_after_split, unit_limit
from freehold.core.reasons import Reason
from tests.contracts.engine import Refused
from tests.contracts.world import AGENT, DOC, ISSUER, NOTE, OFFICER, OUTSIDER, basic_rules, wallet

RUNS = "^split: one runs$"


def split(world, up, down, *wallets):
    world.token.announce_split(NOTE, up, down, 0, DOC, by=AGENT)
    world.token.split_page(list(wallets), by=AGENT)
    return world.token.finish_split(by=AGENT)


def test_two_for_one_doubles_everything(world):
    a, b = world.holder("a", 100), world.holder("b", 7)
    vintage = world.open_vintage(a_free=365)
    world.issue(a, 50, vintage)
    world.token.freeze(NOTE, a, 30, 1, DOC, by=OFFICER)
    outcome = split(world, 2, 1, a, b)
    assert (world.balance(a), world.balance(b)) == (300, 14)
    assert world.lots(a) == {vintage: 100}
    assert world.token.ask("getFrozenTokens", a) == 60
    assert world.token.ask("totalSupply") == 314
    assert world.token.ask("instrument")[4] == 2_000_000_000
    assert world.token.log(outcome, "SplitFinished")[0]["supply"] == 314
    assert world.transfer(b, a, 14) == 0


def test_pages_may_repeat_and_each_account_is_scaled_once(world):
    a, b = world.holder("a", 100), world.holder("b", 10)
    world.token.announce_split(NOTE, 3, 1, 0, DOC, by=AGENT)
    world.token.split_page([a, a], by=AGENT)
    world.token.split_page([a], by=AGENT)
    with pytest.raises(Refused, match="^split: units unseen$"):
        world.token.finish_split(by=AGENT)
    world.token.split_page([b, a], by=AGENT)
    world.token.finish_split(by=AGENT)
    assert (world.balance(a), world.balance(b)) == (300, 30)
    split(world, 2, 1, a, b)
    assert (world.balance(a), world.balance(b)) == (600, 60)


def test_a_reverse_split_rounds_down_and_tells_the_remainder(world):
    a, b = world.holder("a", 109), world.holder("b", 21)
    world.token.announce_split(NOTE, 1, 10, 0, DOC, by=AGENT)
    outcome = world.token.split_page([a, b], by=AGENT)
    told = [
        (e["before"], e["after"], e["remainder"]) for e in world.token.log(outcome, "SplitApplied")
    ]
    assert told == [(109, 10, 9), (21, 2, 1)]
    world.token.finish_split(by=AGENT)
    assert world.token.ask("totalSupply") == 12


def test_whoever_is_left_with_nothing_is_no_holder_any_more(world):
    a, b, c = world.holder("a", 100), world.holder("b", 9), world.holder("c", 9)
    assert world.holder_count() == 3
    split(world, 1, 10, a, b, c)
    assert world.balance(b) == 0 and world.holder_count() == 1
    assert world.transfer(a, b, 1) == 0
    assert world.holder_count() == 2


def test_restricted_units_stay_restricted_through_rounding(world):
    a = world.admit("a")
    for n in range(3):
        world.issue(a, 1, world.open_vintage(a_free=365 + n))
    split(world, 3, 2, a)
    assert world.balance(a) == 4 and sum(world.lots(a).values()) == 4
    split(world, 1, 4, a)
    assert world.balance(a) == 1 and sum(world.lots(a).values()) == 1 and len(world.lots(a)) == 1


def test_frozen_units_are_never_thawed_by_rounding(world):
    a = world.holder("a", 15)
    world.token.freeze(NOTE, a, 15, 1, DOC, by=OFFICER)
    split(world, 1, 2, a)
    assert world.balance(a) == 7 and world.token.ask("getFrozenTokens", a) >= 7


def test_an_instant_that_passes_while_a_split_runs_falls_behind_it_for_everybody(world):
    a, b, token = world.holder("a", 100), world.holder("b", 50), world.token
    token.announce_record(world.engine.seconds + 50, by=ISSUER)
    token.announce_record(world.engine.seconds + 200, by=ISSUER)
    world.engine.forward(100)
    token.announce_split(NOTE, 2, 1, 0, DOC, by=AGENT)
    token.split_page([a], by=AGENT)
    world.engine.forward(200)
    for ask in (
        lambda: token.ask("held_at", a, 2),
        lambda: token.ask("held_at", b, 2),
        lambda: token.ask("supply_at", 2),
    ):
        with pytest.raises(Refused, match="^record: a split runs$"):
            ask()
    assert [token.ask("held_at", who, 1) for who in (a, b)] == [100, 50]
    token.announce_record(world.engine.seconds + 50, by=ISSUER)
    token.split_page([b], by=AGENT)
    token.finish_split(by=AGENT)
    assert [token.ask("held_at", who, 2) for who in (a, b)] == [200, 100]
    assert [token.ask("supply_at", record) for record in (1, 2)] == [150, 300]
    assert world.transfer(a, b, 200) == 0
    world.engine.forward(100)
    assert [token.ask("held_at", a, record) for record in (1, 2, 3)] == [100, 200, 0]
    assert token.ask("held_at", b, 3) == 300


def test_a_split_has_a_legal_day_and_a_past_one_only_in_a_take_over(world):
    a, today = world.holder("a", 10), world.engine.today
    for day, text in ((today + 1, "^day: not yet reached$"), (today - 1, "^day: past without")):
        with pytest.raises(Refused, match=text):
            world.token.announce_split(NOTE, 2, 1, day, DOC, by=AGENT)
    outcome = world.token.announce_split(NOTE, 2, 1, 0, DOC, by=AGENT)
    assert world.token.log(outcome, "SplitAnnounced")[0]["day"] == today
    world.token.split_page([a], by=AGENT)
    world.token.finish_split(by=AGENT)
    world.take_over()
    outcome = world.token.announce_split(NOTE, 3, 1, today - 400, DOC, by=AGENT)
    assert world.token.log(outcome, "SplitAnnounced")[0]["day"] == today - 400
    world.engine.forward(days=2)
    outcome = world.token.split_page([a], by=AGENT)
    assert world.token.log(outcome, "SplitApplied")[0]["day"] == today - 400
    world.token.finish_split(by=AGENT)
    assert world.balance(a) == 60 and world.token.ask("instrument")[4] == 6_000_000_000


def test_an_announced_split_is_cancelled_until_its_first_page_and_then_finished(world):
    a, token = world.holder("a", 10), world.token
    with pytest.raises(Refused, match="^split: none announced$"):
        token.cancel_split(1, DOC, by=AGENT)
    token.announce_split(NOTE, 2, 1, 0, DOC, by=AGENT)
    for reason, document in ((0, DOC), (1, bytes(32))):
        with pytest.raises(Refused, match="^act: reason and document$"):
            token.cancel_split(reason, document, by=AGENT)
    outcome = token.cancel_split(7, DOC, by=AGENT)
    told = {"instruction": NOTE, "reason": 7, "document": DOC}
    assert token.log(outcome, "SplitCancelled") == [told]
    b = world.admit("b")
    assert world.transfer(a, b, 4) == 0 and not token.ask("paused")
    with pytest.raises(Refused, match="^split: none announced$"):
        token.finish_split(by=AGENT)
    token.announce_split(NOTE, 2, 1, 0, DOC, by=AGENT)
    token.split_page([a], by=AGENT)
    with pytest.raises(Refused, match="^split: pages have begun$"):
        token.cancel_split(7, DOC, by=AGENT)
    token.split_page([b], by=AGENT)
    token.finish_split(by=AGENT)
    assert (world.balance(a), world.balance(b)) == (12, 8)


def test_nothing_else_changes_units_while_a_split_runs(world):
    a, b = world.holder("a", 100), world.holder("b", 50)
    world.token.announce_split(NOTE, 2, 1, 0, DOC, by=AGENT)
    world.token.split_page([a], by=AGENT)
    assert world.transfer(a, b, 1) == Reason.PAUSED
    token = world.token
    for act in (
        lambda: world.issue(a, 1),
        lambda: token.redeem(NOTE, a, 1, 1, DOC, 0, [], by=ISSUER),
        lambda: token.force_transfer(NOTE, b, a, 10, 1, DOC, by=AGENT),
        lambda: token.convert_units(NOTE, a, world.sister.address, 1, 1, 1, 0, DOC, [], by=AGENT),
        lambda: world.sister_to_token(a),
        lambda: token.announce_split(NOTE, 2, 1, 0, DOC, by=AGENT),
    ):
        with pytest.raises(Refused, match=RUNS):
            act()
    token.split_page([b], by=AGENT)
    token.finish_split(by=AGENT)
    assert world.balance(a) == 200


@pytest.mark.parametrize(("up", "down"), [(0, 1), (1, 0), (2, 2), (1 << 32, 1), (1, 1 << 32)])
def test_a_senseless_ratio_is_refused(world, up, down):
    with pytest.raises(Refused, match="^split: bad ratio$"):
        world.token.announce_split(NOTE, up, down, 0, DOC, by=AGENT)


def test_a_split_that_could_never_be_finished_is_refused_at_once(world):
    world.change(authorised_row((1 << 96) - 1, DOC))
    world.set_rules(basic_rules(most_units=None))
    world.holder("a", 1 << 95)
    with pytest.raises(Refused, match="^units: more than 96 bits$"):
        world.token.announce_split(NOTE, 2, 1, 0, DOC, by=AGENT)


def test_a_split_needs_a_document_and_pages_need_a_split(world):
    with pytest.raises(Refused, match="^act: document$"):
        world.token.announce_split(NOTE, 2, 1, 0, bytes(32), by=AGENT)
    for act in (
        lambda: world.token.split_page([], by=AGENT),
        lambda: world.token.finish_split(by=AGENT),
    ):
        with pytest.raises(Refused, match="^split: none announced$"):
            act()
    world.token.announce_split(NOTE, 2, 1, 0, DOC, by=AGENT)
    with pytest.raises(Refused, match="^wallet: unknown$"):
        world.token.split_page([OUTSIDER], by=AGENT)


def test_a_recovered_wallet_is_scaled_under_its_account(world):
    a = world.holder("a", 100)
    world.token.announce_split(NOTE, 2, 1, 0, DOC, by=AGENT)
    world.token.split_page([a], by=AGENT)
    world.recover(a, wallet("new a"))
    world.token.split_page([wallet("new a")], by=AGENT)
    world.token.finish_split(by=AGENT)
    assert world.balance(wallet("new a")) == 200


# ---- what the rules say in units ----


def limit_of(world):
    return unit_limit(world.token.ask("state"))


@pytest.mark.parametrize(
    ("most", "up", "down"),
    [(1_000, 2, 1), (1_001, 3, 2), (9_999_999, 3, 1), (1_000_000, 1, 10), (7 << 90, 9_999, 1),
     ((1 << 24) - 1 << 96, 2, 3), (5, 7, 3), (None, 2, 1)],
)  # fmt: skip
def test_the_most_units_in_one_hand_is_scaled_with_the_units(world, most, up, down):
    a, b = world.holder("a", 3), world.holder("b", 4)
    world.set_rules(basic_rules(most_units=most))
    split(world, up, down, a, b)
    assert limit_of(world) == (
        None if most is None else limit_after_split(most, Fraction(up, down))
    )


def test_a_limit_binds_behind_a_split_as_it_did_before(world):
    a, b = world.holder("a", 100), world.holder("b", 60)
    world.set_rules(basic_rules(most_units=100))
    assert world.transfer(b, a, 1) == Reason.MAX_HOLDING
    split(world, 2, 1, a, b)
    assert world.transfer(b, a, 1) == Reason.MAX_HOLDING
    assert world.transfer(a, b, 80) == 0 and world.transfer(a, b, 1) == Reason.MAX_HOLDING


def test_a_split_that_would_let_nobody_hold_a_unit_is_refused_at_once(world):
    world.holder("a", 5_000)
    world.set_rules(basic_rules(most_units=9))
    with pytest.raises(Refused, match="^split: nobody could hold a unit$"):
        world.token.announce_split(NOTE, 1, 10, 0, DOC, by=AGENT)
    world.token.announce_split(NOTE, 1, 9, 0, DOC, by=AGENT)


def test_rules_that_are_announced_are_in_force_before_a_split_and_none_are_announced_while_it_runs(
    world,
):
    a, token = world.holder("a", 100), world.token
    token.announce_rules(b"\1" * 32, b"\2" * 32, by=ISSUER)
    with pytest.raises(Refused, match="^split: rules are announced$"):
        token.announce_split(NOTE, 2, 1, 0, DOC, by=AGENT)
    world.set_rules(basic_rules())  # which replace what was announced, and come into force
    token.announce_split(NOTE, 2, 1, 0, DOC, by=AGENT)
    for act in (
        lambda: token.announce_rules(b"\1" * 32, b"\2" * 32, by=ISSUER),
        lambda: token.setCompliance(OUTSIDER, by=ISSUER),
    ):
        with pytest.raises(Refused, match=RUNS):
            act()
    token.split_page([a], by=AGENT)
    token.finish_split(by=AGENT)
    token.announce_rules(b"\1" * 32, b"\2" * 32, by=ISSUER)
