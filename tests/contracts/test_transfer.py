"""`transfer` and what decides it: order of refusals, countries, limits, freezes, counts, events."""

import pytest

from freehold.core.facts import Flags
from freehold.core.reasons import Reason
from tests.contracts.engine import Refused
from tests.contracts.world import (
    AGENT,
    DOC,
    NOTE,
    OFFICER,
    OUTSIDER,
    basic_rules,
    wallet,
)  # fmt: skip


def test_units_move_and_one_event_tells_it(world):
    a, b = world.holder("a"), world.admit("b")
    outcome = world.token.transfer(b, 400, by=a)
    assert (world.balance(a), world.balance(b)) == (600, 400)
    assert world.token.log(outcome, "Transfer") == [
        {"sender": a.lower(), "receiver": b.lower(), "amount": 400}
    ]
    assert int.from_bytes(outcome.output, "big") == 1


def test_zero_units_succeed_and_write_nothing(world):
    a, b = world.holder("a"), world.admit("b")
    before = world.state()
    outcome = world.token.transfer(b, 0, by=a)
    assert world.token.log(outcome, "Transfer")[0]["amount"] == 0
    assert world.state() == before and world.balance(b) == 0


def test_zero_units_between_strangers_are_refused(world):
    a = world.holder("a")
    assert world.transfer(a, OUTSIDER, 0) == Reason.RECEIVER_UNKNOWN


def test_a_transfer_to_oneself_changes_nothing(world):
    a = world.holder("a")
    assert world.transfer(a, a, 1000) == 0
    assert world.balance(a) == 1000 and world.holder_count() == 1


def test_a_transfer_to_oneself_passes_at_the_largest_holding(world):
    a = world.holder("a", 1000)
    world.set_rules(basic_rules(most_units=1000))
    assert world.transfer(a, a, 1000) == 0


@pytest.mark.parametrize(
    ("blocked", "code"),
    [
        ("policy", Reason.NO_ACTIVE_POLICY),
        ("halt", Reason.PAUSED),
        ("units", Reason.INSUFFICIENT_BALANCE),
        ("sender sanctioned", Reason.SENDER_SANCTIONED),
        ("receiver sanctioned", Reason.RECEIVER_SANCTIONED),
        ("sender frozen", Reason.SENDER_FROZEN),
        ("receiver frozen", Reason.RECEIVER_FROZEN),
        ("receiver expired", Reason.RECEIVER_CLAIM_EXPIRED),
        ("epoch", Reason.KYC_MISSING),
        ("country", Reason.JURISDICTION_NOT_ALLOWED),
        ("class", Reason.NO_RESALE_PATH),
        ("holding", Reason.MAX_HOLDING),
    ],
)
def test_each_refusal_stands_in_its_place_in_the_order(world, blocked, code):
    """All later reasons hold too, so that a wrong order gives a later code."""
    order = [
        "policy", "halt", "units", "sender sanctioned", "receiver sanctioned", "sender frozen",
        "receiver frozen", "receiver expired", "epoch", "country", "class", "holding",
    ]  # fmt: skip
    a, b = world.holder("a"), world.admit("b")
    for what in reversed(order[order.index(blocked) :]):
        BLOCKS[what](world, a, b)
    assert world.transfer(a, b, 5000 if blocked in order[:3] else 10) == code


def _flag(world, who, flags):
    old = world.holders.ask("facts", who) >> 239 & 3
    world.holders.set_flags(who, (old | flags) << 239, DOC, by=OFFICER)


def _rules(world, **changes):
    rules = {name: getattr(world.rules, name) for name in world.rules.__slots__}
    world.set_rules(type(world.rules)(**(rules | changes)))


BLOCKS = {
    "policy": lambda w, a, b: _rules(w, active=False),
    "halt": lambda w, a, b: w.token.halt(1, DOC, by=AGENT),
    "units": lambda w, a, b: None,
    "sender sanctioned": lambda w, a, b: _flag(w, a, Flags.SANCTIONED),
    "receiver sanctioned": lambda w, a, b: _flag(w, b, Flags.SANCTIONED),
    "sender frozen": lambda w, a, b: _flag(w, a, Flags.FROZEN),
    "receiver frozen": lambda w, a, b: _flag(w, b, Flags.FROZEN),
    "receiver expired": lambda w, a, b: w.set_facts(b, until=w.engine.today - 1),
    "epoch": lambda w, a, b: w.holders.raise_epoch(DOC, by=OFFICER),
    "country": lambda w, a, b: _rules(w, countries=frozenset()),
    "class": lambda w, a, b: _rules(w, sale={}, sellable={(1, 0, 0): frozenset({1})}),
    "holding": lambda w, a, b: _rules(w, most_units=1),
}


def test_an_unknown_sender_is_refused(world):
    b = world.admit("b")
    assert world.transfer(OUTSIDER, b, 0) == Reason.SENDER_UNKNOWN
    assert world.transfer(OUTSIDER, b, 1) == Reason.INSUFFICIENT_BALANCE


def test_an_expired_holder_may_still_sell(world):
    a, b = world.holder("a"), world.admit("b")
    world.set_facts(a, until=world.engine.today - 1)
    assert world.transfer(a, b, 10) == 0


def test_eligibility_ends_after_its_last_day_to_the_second(world):
    a, b = world.holder("a"), world.admit("b", until=world.engine.today + 1)
    world.engine.at((world.engine.today + 2) * 86_400 - 1)
    assert world.transfer(a, b, 1) == 0
    world.engine.forward(1)
    assert world.transfer(a, b, 1) == Reason.RECEIVER_CLAIM_EXPIRED


@pytest.mark.parametrize("until", [30_000, 30_001, 30_002, 30_003, 32_767])
def test_a_country_closed_by_new_rules_is_closed_for_those_remembered(world, until):
    """The remembered verdict belongs to one version of the rules, whatever else the word holds."""
    a, b = world.holder("a"), world.admit("b", "offshore", until=until)
    assert world.transfer(a, b, 10) == 0
    world.set_rules(basic_rules(countries=frozenset({840})))
    assert world.transfer(a, b, 10) == Reason.JURISDICTION_NOT_ALLOWED
    world.set_rules(basic_rules())
    assert world.transfer(a, b, 10) == 0


def test_a_person_who_moves_to_a_closed_country_can_no_longer_receive(world):
    a, b = world.holder("a"), world.admit("b")
    assert world.transfer(a, b, 10) == 0
    world.set_facts(b, country=408)
    assert world.transfer(a, b, 10) == Reason.JURISDICTION_NOT_ALLOWED


def test_a_closed_country_is_refused_even_if_the_rules_name_no_code(world):
    a, b = world.holder("a"), world.admit("b", country=408)
    world.set_rules(basic_rules(country_code=0))
    assert world.transfer(a, b, 10) == Reason.JURISDICTION_NOT_ALLOWED


def test_the_largest_holding_may_be_reached_and_not_passed(world):
    a, b = world.holder("a"), world.admit("b")
    world.set_rules(basic_rules(most_units=500))
    assert world.transfer(a, b, 501) == Reason.MAX_HOLDING
    assert world.transfer(a, b, 500) == 0
    assert world.transfer(a, b, 1) == Reason.MAX_HOLDING


def test_one_holder_too_many_is_refused_unless_the_seller_leaves(world):
    a, b, c = world.holder("a"), world.holder("b"), world.admit("c")
    world.set_rules(basic_rules(most_holders=2))
    assert world.transfer(a, c, 999) == Reason.MAX_HOLDERS
    assert world.transfer(a, b, 1) == 0
    assert world.transfer(a, c, 999) == 0
    assert world.holder_count() == 2


def test_frozen_units_stay_and_erc7943_says_how_many_may_go(world):
    a, b = world.holder("a"), world.admit("b")
    world.token.freeze(NOTE, a, 700, 1, DOC, by=OFFICER)
    with pytest.raises(Refused) as refused:
        world.token.transfer(b, 301, by=a)
    words = [int.from_bytes(refused.value.data[4 + 32 * n : 36 + 32 * n], "big") for n in range(3)]
    assert words == [int(a, 16), 301, 300]
    assert world.transfer(a, b, 301) == Reason.INSUFFICIENT_BALANCE
    assert world.transfer(a, b, 300) == 0


def test_more_than_the_balance_is_refused_in_words_whatever_is_frozen(world):
    a, b = world.holder("a"), world.admit("b")
    world.token.freeze(NOTE, a, 700, 1, DOC, by=OFFICER)
    with pytest.raises(Refused, match="transfer refused: 101"):
        world.token.transfer(b, 1001, by=a)


def test_a_stopped_account_neither_sends_nor_receives(world):
    a, b = world.holder("a"), world.holder("b")
    world.token.stop_account(NOTE, b, True, 1, DOC, by=OFFICER)
    assert world.transfer(a, b, 1) == Reason.RECEIVER_FROZEN
    assert world.transfer(b, a, 1) == Reason.SENDER_FROZEN
    world.token.stop_account(NOTE, b, False, 1, DOC, by=OFFICER)
    assert world.transfer(b, a, 1) == 0


def test_class_refusals_give_the_code_the_issuer_chose(world):
    a, b = world.holder("a"), world.admit("b", "us_retail")
    allowed = {1: frozenset({1}), 2: frozenset({1})}
    world.set_rules(basic_rules(sale=allowed, why={(0, 1, 2): int(Reason.NOT_ACCREDITED)}))
    assert world.transfer(a, b, 1) == Reason.NOT_ACCREDITED


def test_uncommon_classes_are_decided_by_the_wide_table(world):
    a, b = world.holder("a"), world.admit("b", "rare")
    assert world.transfer(a, b, 5) == 0
    assert world.transfer(b, a, 5) == 0
    tables = {**world.rules.sellable, (0, 1, 0): frozenset({1})}
    world.set_rules(basic_rules(sellable=tables))
    assert world.transfer(a, b, 5) == Reason.NO_RESALE_PATH


def test_a_treasury_account_counts_as_no_holder_and_knows_no_largest_holding(world):
    a = world.holder("a", 5000)
    treasury = world.admit("treasury", flags=Flags.TREASURY)
    world.set_rules(basic_rules(most_units=5000, most_holders=1))
    assert world.transfer(a, treasury, 4000) == 0
    assert world.holder_count() == 1
    assert world.transfer(a, treasury, 1000) == 0
    assert world.holder_count() == 0
    assert world.transfer(treasury, a, 5000) == 0
    assert world.holder_count() == 1


def test_an_outside_contract_that_says_no_refuses_and_a_yes_changes_no_rule(world):
    a, b = world.holder("a"), world.admit("b")
    world.set_outside(world.deploy_code("0x5f5f5260205ff3"))  # answers no to everything
    assert world.transfer(a, b, 1) == Reason.OUTSIDE_RULES
    assert world.transfer(a, OUTSIDER, 1) == Reason.RECEIVER_UNKNOWN
    world.set_outside(world.deploy_code("0x60015f5260205ff3"))  # answers yes to everything
    assert world.transfer(a, b, 1) == 0
    assert world.transfer(a, OUTSIDER, 1) == Reason.RECEIVER_UNKNOWN


def test_the_largest_possible_sale_is_what_passes(world):
    a, b = world.holder("a"), world.admit("b")
    world.set_rules(basic_rules(most_units=640))
    assert world.token.ask("max_transferable", a, b) == 640
    assert world.transfer(a, b, 641) == Reason.MAX_HOLDING
    assert world.transfer(a, b, 640) == 0
    assert world.token.ask("max_transferable", a, OUTSIDER) == 0


def test_a_batch_is_one_sale_each_and_lists_of_unequal_length_are_refused(world):
    a, b, c = world.holder("a"), world.admit("b"), world.admit("c")
    world.token.batchTransfer([b, c], [100, 200], by=a)
    assert (world.balance(b), world.balance(c)) == (100, 200)
    for receivers, amounts in (([b], [1, 2]), ([b, c], [1])):
        with pytest.raises(Refused, match="^batch: unequal lists$"):
            world.token.batchTransfer(receivers, amounts, by=a)
    with pytest.raises(Refused, match="transfer refused: 110"):
        world.token.batchTransfer([b, OUTSIDER], [1, 1], by=a)
    assert world.balance(b) == 100


def test_a_dead_wallet_neither_sends_nor_receives(world):
    a, b = world.holder("a"), world.holder("b")
    world.recover(a, wallet("new a"))
    assert world.transfer(a, b, 1) == Reason.INSUFFICIENT_BALANCE
    assert world.transfer(a, b, 0) == Reason.SENDER_UNKNOWN
    assert world.transfer(b, a, 1) == Reason.RECEIVER_UNKNOWN
    assert world.transfer(wallet("new a"), b, 1000) == 0


def test_a_holder_who_sells_everything_to_another_is_one_fewer(world):
    a, b = world.holder("a"), world.holder("b")
    assert world.transfer(a, b, 999) == 0 and world.holder_count() == 2
    assert world.transfer(a, b, 1) == 0 and world.holder_count() == 1
    assert world.transfer(b, a, 2000) == 0 and world.holder_count() == 1


def test_an_admission_under_older_requirements_does_not_receive(world):
    a, b = world.holder("a"), world.admit("b")
    world.holders.raise_epoch(DOC, by=OFFICER)
    assert world.transfer(a, b, 1) == Reason.KYC_MISSING
    world.set_facts(b)
    assert world.transfer(a, b, 1) == 0
