"""Rules change only as announced and only after their delay; what is decided follows at once."""

import pytest
from eth_abi import encode
from eth_hash.auto import keccak

from freehold.core.errors import Invalid
from freehold.core.facts import Vintage
from freehold.core.policy.compiled import Group
from freehold.core.policy.rows import (
    amended_row,
    authorised_row,
    count_row,
    outside_row,
    policy_rows,
    state_word,
)
from freehold.core.reasons import Reason
from tests.contracts.engine import Refused
from tests.contracts.world import CHANGES, DOC, ISSUER, NOTE, OUTSIDER, POWER_DELAY, basic_rules


def content(rows):
    return keccak(encode([CHANGES], [rows]))


def test_announced_rules_act_after_the_delay_and_not_a_second_before(world):
    a, b = world.holder("a"), world.admit("b")
    rows = policy_rows(basic_rules(sale={}))
    start = world.engine.seconds
    outcome = world.token.announce_rules(NOTE, content(rows), by=ISSUER)
    assert world.token.log(outcome, "RulesAnnounced")[0]["effective"] == start + POWER_DELAY
    world.engine.forward(POWER_DELAY - 1)
    with pytest.raises(Refused, match="^rules: delay still runs$"):
        world.token.activate_rules(rows, by=OUTSIDER)
    assert world.transfer(a, b, 1) == 0
    world.engine.forward(1)
    outcome = world.token.activate_rules(rows, by=OUTSIDER)
    assert world.token.log(outcome, "RulesActivated")[0] == {"policy": NOTE, "version": 3}
    assert world.token.ask("instrument")[5] == NOTE
    with pytest.raises(Refused, match="^rules: none announced$"):
        world.token.activate_rules(rows, by=OUTSIDER)


def test_only_the_announced_content_is_written(world):
    rows = policy_rows(basic_rules())
    world.token.announce_rules(NOTE, content(rows), by=ISSUER)
    world.engine.forward(POWER_DELAY)
    for wrong in (rows[1:], [*rows, (8, 0, 0)], [(1, 0, 0)], rows[::-1]):
        with pytest.raises(Refused, match="^rules: not the announced$"):
            world.token.activate_rules(wrong, by=OUTSIDER)


def test_an_unknown_change_refuses_all(world):
    rows = [(8, 0, 0), (14, 0, 1)]
    world.token.announce_rules(NOTE, content(rows), by=ISSUER)
    world.engine.forward(POWER_DELAY)
    with pytest.raises(Refused, match="^rules: unknown change$"):
        world.token.activate_rules(rows, by=OUTSIDER)
    a, b = world.holder("a"), world.admit("b")
    assert world.transfer(a, b, 1) == 0


def test_a_second_announcement_starts_the_delay_again(world):
    rows = policy_rows(basic_rules())
    world.token.announce_rules(NOTE, content(rows), by=ISSUER)
    world.engine.forward(POWER_DELAY - 1)
    world.token.announce_rules(NOTE, content(rows), by=ISSUER)
    world.engine.forward(1)
    with pytest.raises(Refused, match="^rules: delay still runs$"):
        world.token.activate_rules(rows, by=OUTSIDER)


def test_only_the_first_rules_of_a_token_without_units_act_at_once(world):
    token = world.new_token("New", symbol="N")
    rows = policy_rows(basic_rules())
    a = world.admit("a")
    with pytest.raises(Refused, match="transfer refused: 106"):
        world.issue(a, 1, token=token)
    token.announce_rules(DOC, content(rows), by=ISSUER)
    token.activate_rules(rows, by=OUTSIDER)
    token.announce_rules(NOTE, content(rows), by=ISSUER)
    with pytest.raises(Refused, match="^rules: delay still runs$"):
        token.activate_rules(rows, by=OUTSIDER)


def test_rules_cannot_write_counts_records_halts_or_the_epoch(world):
    world.holder("a")
    world.token.announce_record(world.engine.seconds + 10**7, by=ISSUER)
    before = world.state()
    rows = [(1, 0, (1 << 256) - 1)]
    world.token.announce_rules(NOTE, content(rows), by=ISSUER)
    world.engine.forward(POWER_DELAY)
    world.token.activate_rules(rows, by=OUTSIDER)
    after = world.state()
    fixed = (1 << 68) - 1 | 0b110 << 68 | 1 << 75 | (1 << 28) - 1 << 140
    assert before & fixed == after & fixed


def test_every_kind_of_row_is_told_apart():
    standing = Vintage(acquired=0, a_free=12)
    rules = basic_rules(
        groups=(Group(frozenset({2}), 5, 151),), why={(0, 1, 2): 120}, reacquired=standing
    )
    single = [authorised_row(5, DOC), amended_row(1, standing, DOC)]
    rows = [*policy_rows(rules), count_row([1, 2]), outside_row(7), *single]
    assert {what for what, _, _ in rows} == {1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13}
    assert count_row([1, 2]) == (10, 0, 2 << 32 | 1)


def test_entries_of_the_rules_before_are_taken_away(world):
    a, b = world.holder("a"), world.admit("b", "rare")
    assert world.transfer(a, b, 1) == 0
    rules = basic_rules(sellable={(1, 0, 0): frozenset({1, 9})})
    rows = policy_rows(rules, before=world.rules)
    world.token.announce_rules(NOTE, content(rows), by=ISSUER)
    world.engine.forward(POWER_DELAY)
    world.token.activate_rules(rows, by=OUTSIDER)
    assert world.transfer(a, b, 1) == Reason.NO_RESALE_PATH


@pytest.mark.parametrize("limit", [0, 1, 1 << 24, (1 << 24) - 1, ((1 << 24) - 1) << 72])
def test_a_largest_holding_is_held_exactly(limit):
    word = state_word(basic_rules(most_units=limit))
    assert (word >> 196 & 0xFFFFFF) << (word >> 220 & 0xFF) == limit


def test_a_limit_that_does_not_fit_is_refused_and_not_rounded():
    with pytest.raises(Invalid, match="most_units 33554433 is too long a number"):
        state_word(basic_rules(most_units=(1 << 25) + 1))
    with pytest.raises(Invalid, match="most_holders"):
        state_word(basic_rules(most_holders=1 << 28))
    with pytest.raises(Invalid, match="too many: at most 8"):
        policy_rows(basic_rules(groups=(Group(frozenset({1})),) * 9))
    for standing, text in (
        (Vintage(acquired=0, a_free=1_201), "a clock of 1201 months is too long"),
        (Vintage(acquired=1, a_free=12), "have no day of acquisition"),
        (Vintage(acquired=0, exits=(1, 0, 0, 0)), "standing terms need a clock"),
    ):
        with pytest.raises(Invalid, match=text):
            policy_rows(basic_rules(reacquired=standing))
    with pytest.raises(Invalid, match="authorised units"):
        authorised_row(1 << 96, DOC)


def test_the_rules_say_with_which_code_a_holding_is_too_large(world):
    a, b = world.holder("a", 1000), world.holder("b", 5)
    second = world.link(b, "b's second")
    most = {"most_units": 100, "sale": {1: frozenset({1})}}
    world.set_rules(basic_rules(**most))
    assert world.transfer(a, b, 96) == Reason.MAX_HOLDING
    world.set_rules(basic_rules(**most, holding_code=Reason.THRESHOLD_CHECK_REQUIRED))
    assert world.transfer(a, b, 96) == world.transfer(a, second, 96) == 158
    with pytest.raises(Refused, match="transfer refused: 158"):
        world.issue(b, 96)
    assert world.transfer(a, b, 95) == 0


@pytest.mark.parametrize("open_take_over", [False, True])
def test_no_rule_changes_without_its_delay(world, open_take_over):
    """Whatever row: announced, waited for, and not a second before. A take-over changes nothing."""
    world.holder("a")
    vintage, today = world.open_vintage(a_free=9), world.engine.today
    if open_take_over:
        world.take_over()
    amended = amended_row(vintage, Vintage(acquired=today, a_free=today + 1), DOC)
    for rows in (
        policy_rows(basic_rules(sale={})),
        [authorised_row(5_000, DOC)],
        [amended],
        [(13, 0, 12 << 40)],
        [outside_row(5)],
        [count_row([1])],
    ):
        world.token.announce_rules(NOTE, content(rows), by=ISSUER)
        for wait in (0, POWER_DELAY - 1):
            world.engine.forward(wait)
            with pytest.raises(Refused, match="^rules: delay still runs$"):
                world.token.activate_rules(rows, by=ISSUER)
    abi = {entry.get("name") for entry in world.abi("SecurityToken")}
    assert not abi & {"amend_vintage", "set_reacquired"}


def test_a_compliance_contract_takes_the_delay_too(world):
    world.token.setCompliance(OUTSIDER, by=ISSUER)
    state = world.state() | 1 << 73
    with pytest.raises(Refused, match="^rules: delay still runs$"):
        world.token.activate_rules([(9, 0, int(OUTSIDER, 16)), (1, 0, state)], by=ISSUER)
