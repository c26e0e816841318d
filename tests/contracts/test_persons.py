"""Persons with several accounts, counted groups, changes of class: counts are of persons and exact."""

import pytest
from eth_abi import encode
from eth_hash.auto import keccak

from freehold.core.facts import Flags
from freehold.core.policy.compiled import Group
from freehold.core.policy.rows import count_row
from freehold.core.reasons import Reason
from tests.contracts.engine import Refused
from tests.contracts.world import (
    AGENT,
    CHANGES,
    DOC,
    ISSUER,
    NOTE,
    OFFICER,
    OUTSIDER,
    POWER_DELAY,
    REGISTRAR,
    basic_rules,
    row,
    wallet,
)  # fmt: skip

RETAIL = Group(frozenset({2}), 2, int(Reason.MAX_NONACCREDITED_HOLDERS))
UNITED_STATES = Group(frozenset({1, 2, 3, 9}), None, int(Reason.MAX_HOLDERS_3C1))


@pytest.fixture
def grouped(world):
    world.set_rules(basic_rules(groups=(RETAIL, UNITED_STATES)))
    return world


def test_two_accounts_of_one_person_are_one_holder(world):
    a = world.holder("a")
    second, b = world.link(a, "second"), world.admit("b")
    assert world.transfer(a, second, 400) == 0
    assert world.holder_count() == 1
    assert world.transfer(a, b, 600) == 0 and world.holder_count() == 2
    assert world.transfer(second, b, 400) == 0 and world.holder_count() == 1
    assert world.transfer(b, second, 1000) == 0 and world.holder_count() == 1


def test_a_person_moves_units_between_his_accounts_whatever_clocks_and_classes_say(world):
    a = world.admit("a")
    second = world.link(a, "second")
    vintage = world.open_vintage(a_free=365, b_over=900)
    world.issue(a, 10, vintage)
    world.set_rules(basic_rules(sale={}, most_units=10))
    assert world.transfer(a, second, 10) == 0
    assert world.lots(second) == {vintage: 10} and world.holder_count() == 1


def test_the_largest_holding_is_of_the_person(world):
    a, b = world.holder("a"), world.admit("b")
    second = world.link(b, "second")
    world.set_rules(basic_rules(most_units=500))
    assert world.transfer(a, b, 300) == 0
    assert world.transfer(a, second, 201) == Reason.MAX_HOLDING
    assert world.transfer(a, second, 200) == 0


def test_a_person_has_at_most_eight_accounts(world):
    a = world.holder("a")
    for n in range(7):
        world.link(a if n % 2 else wallet(f"n{n - 1}") if n else a, f"n{n}")
    with pytest.raises(Refused, match="^person: accounts full$"):
        world.link(a, "ninth")
    accounts = world.holders.ask("accounts_of_person", world.number(a))
    assert [accounts >> 32 * n & 0xFFFFFFFF for n in range(8)] == list(range(1, 9))


def test_only_a_fresh_wallet_joins_a_known_person(world):
    a, b = world.holder("a"), world.holder("b")
    with pytest.raises(Refused, match="^wallet: known already$"):
        world.holders.admit_linked(int(b, 16), a, by=REGISTRAR)
    with pytest.raises(Refused, match="^wallet: unknown$"):
        world.holders.admit_linked(int(OUTSIDER, 16), wallet("nobody"), by=REGISTRAR)


def test_all_accounts_of_a_person_change_class_together(grouped):
    world = grouped
    a = world.holder("a")
    second = world.link(a, "second")
    world.issue(second, 5)
    with pytest.raises(Refused, match="^person: name all accounts$"):
        world.set_facts(second, "us_retail")
    with pytest.raises(Refused, match="^person: name all accounts$"):
        world.holders.set_facts([row(a, "us_retail"), row(second, "qib")], by=REGISTRAR)
    world.set_facts(second, "us_accredited", until=25_000)
    rows = [row(second, "us_retail"), row(a, "us_retail")]
    world.holders.set_facts(rows, by=REGISTRAR)
    assert (world.group_count(0), world.group_count(1), world.holder_count()) == (1, 1, 1)


def test_a_full_group_takes_nobody_new_unless_one_of_it_leaves(grouped):
    world = grouped
    a = world.holder("a", 5000)
    retail = [world.admit(f"r{n}", "us_retail") for n in range(3)]
    assert world.transfer(a, retail[0], 10) == 0
    assert world.transfer(a, retail[1], 10) == 0
    assert world.group_count(0) == 2 and world.group_count(1) == 3
    assert world.transfer(a, retail[2], 10) == Reason.MAX_NONACCREDITED_HOLDERS
    with pytest.raises(Refused, match="transfer refused: 151"):
        world.issue(retail[2], 1)
    assert world.transfer(retail[0], retail[2], 9) == Reason.MAX_NONACCREDITED_HOLDERS
    assert world.transfer(retail[0], retail[2], 10) == 0
    assert world.group_count(0) == 2
    assert world.transfer(a, retail[1], 10) == 0


def test_a_group_without_a_code_still_refuses(world):
    world.set_rules(basic_rules(groups=(Group(frozenset({2}), 0, 0),)))
    a, b = world.holder("a"), world.admit("b", "us_retail")
    assert world.transfer(a, b, 1) == Reason.MAX_HOLDERS


def test_force_redemption_and_issue_keep_the_groups_exact(grouped):
    world = grouped
    a, r = world.holder("a"), world.admit("r", "us_retail")
    world.token.force_transfer(NOTE, a, r, 1000, 1, DOC, by=AGENT)
    assert (world.group_count(0), world.group_count(1), world.holder_count()) == (1, 1, 1)
    world.token.redeem(NOTE, r, 1000, 1, DOC, 0, [], by=wallet("issuer"))
    assert (world.group_count(0), world.group_count(1), world.holder_count()) == (0, 0, 0)


def test_a_holder_who_changes_class_changes_group_and_is_never_refused(grouped):
    world = grouped
    people = [world.holder(f"p{n}") for n in range(3)]
    for who in people:
        world.set_facts(who, "us_retail")
    assert world.group_count(0) == 3
    world.set_facts(people[0], "offshore")
    assert (world.group_count(0), world.group_count(1), world.holder_count()) == (2, 2, 3)


def test_a_change_of_class_without_units_counts_nothing(grouped):
    a = grouped.admit("a")
    grouped.set_facts(a, "us_retail")
    assert grouped.group_count(0) == 0 and grouped.holder_count() == 0


def test_becoming_the_issuers_own_account_ends_a_holder_in_every_class_of_units(grouped):
    world = grouped
    a = world.holder("a")
    world.issue(a, 5, token=world.sister)
    world.set_facts(a, flags=Flags.TREASURY)
    assert world.holder_count() == world.holder_count(world.sister) == 0
    assert world.group_count(1) == 0
    world.set_facts(a)
    assert world.holder_count() == world.holder_count(world.sister) == 1
    assert world.group_count(1) == 1


def test_groups_that_begin_late_trap_nobody_and_are_made_exact(world):
    """What a count lacks is announced, holders come and go during the delay, and it is exact."""
    a, b = world.holder("a"), world.holder("b", role="us_retail")
    c = world.holder("c", role="us_retail")
    world.set_rules(basic_rules(groups=(RETAIL, UNITED_STATES)))
    assert (world.group_count(0), world.group_count(1)) == (0, 0)
    rows = [count_row([2 - 0, 3 - 0])]
    world.token.announce_rules(DOC, keccak(encode([CHANGES], [rows])), by=ISSUER)
    assert world.transfer(b, a, 1000) == 0
    assert world.group_count(0) == (1 << 32) - 1
    assert world.transfer(a, b, 1) == Reason.MAX_NONACCREDITED_HOLDERS
    world.engine.forward(POWER_DELAY)
    world.token.activate_rules(rows, by=OUTSIDER)
    assert (world.group_count(0), world.group_count(1), world.holder_count()) == (1, 2, 2)
    assert world.transfer(c, a, 1000) == 0 and world.group_count(0) == 0


def test_a_split_to_nothing_leaves_the_group_too(grouped):
    world = grouped
    r = world.holder("r", 5, role="us_retail")
    world.token.announce_split(NOTE, 1, 10, 0, DOC, by=AGENT)
    world.token.split_page([r], by=AGENT)
    world.token.finish_split(by=AGENT)
    assert world.group_count(0) == 0


def test_freezing_a_person_reaches_all_his_accounts_and_lets_them_all_go(world):
    first = world.holder("first", 10)
    others = [world.link(first, f"account {n}") for n in range(7)]
    b = world.holder("b", 100)
    for to in others:
        assert world.transfer(b, to, 5) == 0
    fresh = wallet("recovered")
    world.recover(others[3], fresh)
    others[3] = fresh
    for named in (others[5], first, fresh):
        outcome = world.holders.set_flags(named, Flags.SANCTIONED << 239, DOC, by=OFFICER)
        assert world.holders.names(outcome) == ["FactsSet"] * 8 + ["FlagsOrdered"]
        for one in (first, *others):
            assert world.transfer(one, b, 1) == Reason.SENDER_SANCTIONED
            assert world.transfer(b, one, 1) == Reason.RECEIVER_SANCTIONED
        world.holders.set_flags(named, 0, DOC, by=OFFICER)
        assert [world.transfer(one, b, 0) for one in (first, *others)] == [0] * 8
    world.holders.set_flags(b, Flags.FROZEN << 239, DOC, by=OFFICER)
    assert world.code_of(first, others[0], 1) == 0


def test_an_account_opened_for_a_frozen_person_is_frozen_too(world):
    a = world.holder("a", 10)
    world.holders.set_flags(a, Flags.FROZEN << 239, DOC, by=OFFICER)
    second = world.link(a, "second")
    b = world.holder("b", 10)
    assert world.transfer(b, second, 1) == Reason.RECEIVER_FROZEN
    world.holders.set_flags(second, 0, DOC, by=OFFICER)
    assert world.transfer(b, second, 1) == world.transfer(a, b, 1) == 0


def test_freezing_one_account_leaves_counts_alone(grouped):
    world = grouped
    a = world.holder("a")
    world.holders.set_flags(a, Flags.FROZEN << 239, DOC, by=OFFICER)
    assert world.holder_count() == 1 and world.group_count(1) == 1
