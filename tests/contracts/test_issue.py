"""Issue and redeem: the same rules as a transfer, authorised units, legal days, counts."""

import pytest

from freehold.core.facts import Flags
from freehold.core.policy.rows import authorised_row
from freehold.core.reasons import Reason
from tests.contracts.engine import Refused
from tests.contracts.world import (
    AUTHORISED,
    DOC,
    ISSUER,
    NOTE,
    OFFICER,
    OUTSIDER,
    basic_rules,
    wallet,
)  # fmt: skip


def test_a_header_tells_what_the_transfers_behind_it_mean(world):
    a, b = world.admit("a"), world.admit("b")
    rows = [500 << 160 | int(a, 16), 300 << 160 | int(b, 16)]
    outcome = world.token.issue(NOTE, 0, 0, rows, by=ISSUER)
    assert world.token.names(outcome) == ["Issued", "Transfer", "Transfer"]
    header = world.token.log(outcome, "Issued")[0]
    assert (header["units"], header["receivers"], header["day"]) == (800, 2, world.engine.today)
    assert world.token.ask("totalSupply") == 800 and world.holder_count() == 2


def test_the_same_holder_twice_in_one_issue_is_one_holder(world):
    a = world.admit("a")
    world.token.issue(NOTE, 0, 0, [5 << 160 | int(a, 16)] * 2, by=ISSUER)
    assert world.balance(a) == 10 and world.holder_count() == 1


@pytest.mark.parametrize(
    ("case", "code"),
    [
        ("unknown", Reason.RECEIVER_UNKNOWN),
        ("expired", Reason.RECEIVER_CLAIM_EXPIRED),
        ("country", Reason.JURISDICTION_NOT_ALLOWED),
        ("class", Reason.NOT_ACCREDITED),
        ("holding", Reason.MAX_HOLDING),
        ("frozen", Reason.RECEIVER_FROZEN),
        ("stopped", Reason.RECEIVER_FROZEN),
        ("halt", Reason.PAUSED),
        ("holders", Reason.MAX_HOLDERS),
    ],
)
def test_an_issue_obeys_the_rules_of_a_transfer(world, case, code):
    first = world.holder("first")
    a = (
        OUTSIDER
        if case == "unknown"
        else world.admit("a", country=408 if case == "country" else 840)
    )
    units = 5
    if case == "expired":
        world.set_facts(a, until=1)
    elif case == "class":
        sellable = {**world.rules.sellable, (1, 0, 0): frozenset({2})}
        world.set_rules(basic_rules(sellable=sellable, why={(1, 0, 1): int(code)}))
    elif case == "holding":
        units = 10_000_001
    elif case == "frozen":
        world.holders.set_flags(a, Flags.FROZEN << 239, DOC, by=OFFICER)
    elif case == "stopped":
        world.token.stop_account(NOTE, a, True, 1, DOC, by=OFFICER)
    elif case == "halt":
        world.token.halt(1, DOC, by=world_agent())
    elif case == "holders":
        world.set_rules(basic_rules(most_holders=1))
    with pytest.raises(Refused, match=f"transfer refused: {int(code)}"):
        world.issue(a, units)
    assert world.balance(first) == 1000 and world.token.ask("totalSupply") == 1000


def world_agent():
    return wallet("transfer agent")


def test_no_more_units_than_authorised(world):
    a = world.admit("a")
    world.set_rules(basic_rules(most_units=None))
    with pytest.raises(Refused, match="^units: more than authorised$"):
        world.issue(a, AUTHORISED + 1)
    world.issue(a, AUTHORISED)
    with pytest.raises(Refused, match="^units: more than authorised$"):
        world.issue(a, 1)


def test_authorised_units_change_with_a_document_and_never_below_those_issued(world):
    world.holder("a", 1000)
    for units, document, text in (
        (999, DOC, "^authorised: below issued$"),
        (0, DOC, "^authorised: out of range$"),
        (1 << 96, DOC, "^authorised: out of range$"),
        (5000, bytes(32), "^act: document$"),
    ):
        with pytest.raises(Refused, match=text):
            world.change((11, int.from_bytes(document), units))
    outcome = world.change(authorised_row(1000, DOC))
    told = world.token.log(outcome, "AuthorisedSet")
    assert told == [{"units": 1000, "document": DOC}]
    with pytest.raises(Refused, match="more than authorised"):
        world.issue(wallet("a"), 1)


def test_authorised_units_change_at_once_only_while_the_past_is_posted(world):
    closed = "^authorised: announce it as rules$"
    with pytest.raises(Refused, match=closed):
        world.token.set_authorised(2000, DOC, by=ISSUER)
    world.take_over()
    for units, document, text in ((0, DOC, "out of range"), (5, bytes(32), "^act: document$")):
        with pytest.raises(Refused, match=text):
            world.token.set_authorised(units, document, by=ISSUER)
    world.token.set_authorised(2000, DOC, by=ISSUER)
    assert world.token.ask("instrument")[4] == 2000
    world.token.close_take_over(by=OFFICER)
    with pytest.raises(Refused, match=closed):
        world.token.set_authorised(3000, DOC, by=ISSUER)


def test_an_issue_of_nothing_makes_no_holder_and_takes_no_slot(world):
    a = world.admit("a")
    world.issue(a, 0, world.open_vintage(a_free=365))
    assert world.holder_count() == 0 and world.lots(a) == {}


def test_an_unknown_vintage_and_a_day_ahead_are_refused(world):
    a = world.admit("a")
    with pytest.raises(Refused, match="^vintage: unknown$"):
        world.issue(a, 1, 9)
    with pytest.raises(Refused, match="^day: not yet reached$"):
        world.token.issue(NOTE, 0, world.engine.today + 1, [], by=ISSUER)
    with pytest.raises(Refused, match="^day: past without take-over$"):
        world.token.issue(NOTE, 0, world.engine.today - 1, [], by=ISSUER)


def test_an_issue_cannot_be_backdated_by_an_old_vintage(world):
    a = world.admit("a")
    vintage = world.open_vintage(a_free=365)
    world.issue(a, 1, vintage)
    world.engine.forward(days=1)
    with pytest.raises(Refused, match="^vintage: acquired before$"):
        world.issue(a, 1, vintage)


def test_a_second_account_of_the_very_first_person_is_counted_at_issue(world):
    first = world.admit("first")
    second = world.link(first, "second")
    assert world.number(first) == 1
    world.issue(second, 5)
    assert world.holder_count() == 1
    world.issue(first, 5)
    assert world.holder_count() == 1


def test_redeeming_the_last_unit_ends_a_holder_and_redeeming_nothing_does_not(world):
    a, b = world.holder("a", 10), world.admit("b")
    world.token.redeem(NOTE, b, 0, 1, DOC, 0, [], by=ISSUER)
    assert world.holder_count() == 1
    outcome = world.token.redeem(NOTE, a, 10, 3, DOC, 0, [], by=ISSUER)
    assert world.token.names(outcome) == ["Redeemed", "Transfer"]
    assert world.token.log(outcome, "Redeemed")[0]["reason"] == 3
    assert world.holder_count() == 0 and world.token.ask("totalSupply") == 0


def test_redeeming_more_than_is_held_or_from_nobody_is_refused(world):
    a = world.holder("a", 10)
    with pytest.raises(Refused, match="transfer refused: 101"):
        world.token.redeem(NOTE, a, 11, 1, DOC, 0, [], by=ISSUER)
    with pytest.raises(Refused, match="transfer refused: 111"):
        world.token.redeem(NOTE, OUTSIDER, 1, 1, DOC, 0, [], by=ISSUER)


def test_redeeming_takes_free_units_then_the_oldest_lot_or_the_named_one(world):
    a = world.holder("a", 10)
    old = world.open_vintage(a_free=365)
    world.issue(a, 5, old)
    world.engine.forward(days=3)
    young = world.open_vintage(a_free=365)
    world.issue(a, 5, young)
    world.token.redeem(NOTE, a, 12, 1, DOC, 0, [], by=ISSUER)
    assert world.lots(a) == {old: 3, young: 5}
    world.token.redeem(NOTE, a, 4, 1, DOC, 0, [young], by=ISSUER)
    assert world.lots(a) == {old: 3, young: 1}
    with pytest.raises(Refused, match="^lots: too few$"):
        world.token.redeem(NOTE, a, 2, 1, DOC, 0, [young], by=ISSUER)
    with pytest.raises(Refused, match="^lot: not held$"):
        world.token.redeem(NOTE, a, 1, 1, DOC, 0, [77], by=ISSUER)


def test_redeeming_frozen_units_tells_the_thaw_before_the_move(world):
    a = world.holder("a", 10)
    world.token.freeze(NOTE, a, 8, 1, DOC, by=OFFICER)
    outcome = world.token.redeem(NOTE, a, 5, 1, DOC, 0, [], by=ISSUER)
    assert world.token.names(outcome) == ["Redeemed", "Frozen", "Transfer"]
    assert world.token.ask("getFrozenTokens", a) == 5
