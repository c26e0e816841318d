"""Powers: who may, from which second; giving up at once; a dismissal cannot be dodged; halts."""

import pytest

from freehold.core.reasons import Reason
from tests.contracts import world as roles
from tests.contracts.engine import Refused
from tests.contracts.world import (
    AGENT,
    DOC,
    ISSUER,
    NOTE,
    OFFICER,
    OUTSIDER,
    POWER_DELAY,
    REGISTRAR,
    wallet,
)  # fmt: skip

NOT_HELD = "^power: not held$"


def test_a_granted_power_acts_from_the_very_second(world):
    start = world.engine.seconds
    outcome = world.token.grant(OUTSIDER, roles.HALT, by=ISSUER)
    assert world.token.log(outcome, "PowersAnnounced")[0]["effective"] == start + POWER_DELAY
    world.engine.at(start + POWER_DELAY - 1)
    assert world.token.ask("powers_of", OUTSIDER) == 0
    with pytest.raises(Refused, match=NOT_HELD):
        world.token.halt(1, DOC, by=OUTSIDER)
    world.engine.forward(1)
    world.token.halt(1, DOC, by=OUTSIDER)


def test_powers_go_at_once_when_the_holder_gives_them_up(world):
    world.token.grant(AGENT, roles.FORCE, by=AGENT)
    assert world.token.ask("powers_of", AGENT) == roles.FORCE
    world.token.grant(AGENT, 0, by=AGENT)
    assert world.token.ask("powers_of", AGENT) == 0


def test_nobody_adds_to_his_own_powers_or_to_others_without_grant(world):
    for who in (AGENT, OUTSIDER):
        with pytest.raises(Refused, match=NOT_HELD):
            world.token.grant(who, roles.ISSUE, by=AGENT)


def test_a_dismissed_holder_cannot_keep_his_powers(world):
    world.token.grant(AGENT, 0, by=ISSUER)
    with pytest.raises(Refused, match=NOT_HELD):
        world.token.grant(AGENT, world.token.ask("powers_of", AGENT), by=AGENT)
    world.engine.forward(POWER_DELAY)
    assert world.token.ask("powers_of", AGENT) == 0


def test_powers_are_at_most_64_bits_and_have_a_holder(world):
    with pytest.raises(Refused, match="^power: unknown$"):
        world.token.grant(AGENT, 1 << 64, by=ISSUER)
    with pytest.raises(Refused, match="^power: no holder$"):
        world.token.grant("0x" + "00" * 20, 1, by=ISSUER)


ACTS = {
    roles.ISSUE: [
        lambda t, by: t.issue(NOTE, 0, 0, [], by=by),
        lambda t, by: t.mint(OUTSIDER, 1, by=by),
        lambda t, by: t.open_vintage(1, by=by),
        lambda t, by: t.open_take_over(DOC, by=by),
    ],
    roles.REDEEM: [
        lambda t, by: t.redeem(NOTE, OUTSIDER, 1, 1, DOC, 0, [], by=by),
        lambda t, by: t.burn(OUTSIDER, 1, by=by),
    ],
    roles.FORCE: [
        lambda t, by: t.force_transfer(NOTE, OUTSIDER, ISSUER, 1, 1, DOC, by=by),
        lambda t, by: t.forcedTransfer(OUTSIDER, ISSUER, 1, by=by),
        lambda t, by: t.batchForcedTransfer([OUTSIDER], [ISSUER], [1], by=by),
    ],
    roles.FREEZE: [
        lambda t, by: t.freeze(NOTE, OUTSIDER, 1, 1, DOC, by=by),
        lambda t, by: t.stop_account(NOTE, OUTSIDER, True, 1, DOC, by=by),
        lambda t, by: t.setFrozenTokens(OUTSIDER, 1, by=by),
        lambda t, by: t.freezePartialTokens(OUTSIDER, 1, by=by),
        lambda t, by: t.unfreezePartialTokens(OUTSIDER, 1, by=by),
        lambda t, by: t.setAddressFrozen(OUTSIDER, True, by=by),
    ],
    roles.HALT: [
        lambda t, by: t.halt(1, DOC, by=by),
        lambda t, by: t.resume(1, DOC, by=by),
        lambda t, by: t.pause(by=by),
        lambda t, by: t.unpause(by=by),
    ],
    roles.RULES: [
        lambda t, by: t.announce_rules(DOC, DOC, by=by),
        lambda t, by: t.setCompliance(OUTSIDER, by=by),
        lambda t, by: t.set_authorised(1, DOC, by=by),
        lambda t, by: t.setName("x", by=by),
        lambda t, by: t.setSymbol("x", by=by),
        lambda t, by: t.setOnchainID(OUTSIDER, by=by),
    ],
    roles.RECORD: [
        lambda t, by: t.announce_record(2_000_000_000, by=by),
        lambda t, by: t.withdraw_record(1, by=by),
    ],
    roles.ACTION: [
        lambda t, by: t.announce_split(NOTE, 2, 1, 0, DOC, by=by),
        lambda t, by: t.cancel_split(1, DOC, by=by),
        lambda t, by: t.split_page([], by=by),
        lambda t, by: t.finish_split(by=by),
        lambda t, by: t.convert_units(NOTE, OUTSIDER, ISSUER, 1, 1, 1, 0, DOC, [], by=by),
        lambda t, by: t.correct(NOTE, NOTE, 1, DOC, by=by),
        lambda t, by: t.transfer_posted(OUTSIDER, ISSUER, 1, 2, 0, NOTE, 0, [], by=by),
    ],
    roles.CONFIRM: [
        lambda t, by: t.confirm_take_over(DOC, by=by),
        lambda t, by: t.close_take_over(by=by),
        lambda t, by: t.give_mandate(NOTE, 1, DOC, by=by),
    ],
    roles.INFORM: [lambda t, by: t.set_informed(1, DOC, by=by)],
    roles.VENUE: [lambda t, by: t.transfer_venue(OUTSIDER, ISSUER, 1, by=by)],
    roles.GRANT: [lambda t, by: t.grant(OUTSIDER, 1, by=by)],
}


@pytest.mark.parametrize("power", ACTS)
def test_an_act_needs_its_power_and_no_other_power_will_do(world, power):
    everything_else = (1 << 16) - 1 & ~power
    world.token.grant(OUTSIDER, everything_else, by=ISSUER)
    world.engine.forward(POWER_DELAY)
    for act in ACTS[power]:
        with pytest.raises(Refused, match=NOT_HELD):
            act(world.token, OUTSIDER)


HOLDERS_ACTS = {
    roles.ADMIT: [
        lambda h, by: h.admit([], by=by),
        lambda h, by: h.admit_person(1, OUTSIDER, DOC, by=by),
        lambda h, by: h.set_facts([], by=by),
        lambda h, by: h.admit_linked(1, OUTSIDER, by=by),
    ],
    roles.FREEZE: [lambda h, by: h.set_flags(OUTSIDER, 0, DOC, by=by)],
    roles.RULES: [lambda h, by: h.raise_epoch(DOC, by=by)],
    roles.RECOVER: [
        lambda h, by: h.propose_recovery(ISSUER, OUTSIDER, 1, DOC, by=by),
        lambda h, by: h.end_recovery(ISSUER, by=by),
    ],
    roles.CONFIRM: [lambda h, by: h.recover(OUTSIDER, by=by)],
    roles.LIST: [lambda h, by: h.list_instrument(OUTSIDER, by=by)],
    roles.GRANT: [lambda h, by: h.grant(OUTSIDER, 1, by=by)],
}


@pytest.mark.parametrize("power", HOLDERS_ACTS)
def test_an_act_on_the_register_needs_its_power(world, power):
    world.holders.grant(OUTSIDER, (1 << 16) - 1 & ~power, by=ISSUER)
    world.engine.forward(POWER_DELAY)
    for act in HOLDERS_ACTS[power]:
        with pytest.raises(Refused, match=NOT_HELD):
            act(world.holders, OUTSIDER)


def test_a_halt_stops_the_rules_and_not_the_powers(world):
    a, b = world.holder("a"), world.admit("b")
    world.token.halt(4, DOC, by=AGENT)
    assert world.token.ask("paused")
    assert world.transfer(a, b, 1) == Reason.PAUSED
    world.token.force_transfer(NOTE, a, b, 1, 1, DOC, by=AGENT)
    world.token.resume(4, DOC, by=AGENT)
    assert world.transfer(a, b, 1) == 0


@pytest.mark.parametrize(("reason", "document"), [(0, DOC), (1, bytes(32))])
def test_every_act_against_a_holder_needs_a_reason_and_a_document(world, reason, document):
    a, b = world.holder("a"), world.admit("b")
    grounds = "^act: reason and document$"
    token = world.token
    for act in (
        lambda: token.redeem(NOTE, a, 1, reason, document, 0, [], by=ISSUER),
        lambda: token.force_transfer(NOTE, a, b, 1, reason, document, by=AGENT),
        lambda: token.freeze(NOTE, a, 1, reason, document, by=OFFICER),
        lambda: token.stop_account(NOTE, a, True, reason, document, by=OFFICER),
        lambda: token.halt(reason, document, by=AGENT),
        lambda: token.resume(reason, document, by=AGENT),
        lambda: token.give_mandate(NOTE, reason, document, by=OFFICER),
        lambda: token.correct(NOTE, NOTE, reason, document, by=AGENT),
    ):
        with pytest.raises(Refused, match=grounds):
            act()
    with pytest.raises(Refused, match="^recovery: reason and document$"):
        world.holders.propose_recovery(a, wallet("new"), reason, document, by=AGENT)


def test_a_reason_of_a_recovery_fits_its_place(world):
    a = world.holder("a")
    with pytest.raises(Refused, match="^recovery: reason out of range$"):
        world.holders.propose_recovery(a, wallet("new"), 1 << 56, DOC, by=AGENT)


def test_a_correction_names_what_it_corrects(world):
    outcome = world.token.correct(NOTE, DOC, 3, DOC, by=AGENT)
    assert world.token.log(outcome, "Corrected")[0]["corrects"] == DOC


def test_force_moves_units_of_a_frozen_holder_and_announces_the_thaw_first(world):
    a, b = world.holder("a"), world.admit("b")
    world.token.freeze(NOTE, a, 900, 1, DOC, by=OFFICER)
    outcome = world.token.force_transfer(NOTE, a, b, 300, 7, DOC, by=AGENT)
    assert world.token.names(outcome) == ["Frozen", "Transfer", "Forced", "ForcedTransfer"]
    assert world.token.log(outcome, "Frozen")[0]["amount"] == 700
    assert world.token.ask("getFrozenTokens", a) == 700
    forced = world.token.log(outcome, "Forced")[0]
    assert (forced["reason"], forced["document"], forced["units"]) == (7, DOC, 300)


def test_force_to_oneself_is_refused_and_lifts_no_freeze(world):
    a = world.holder("a")
    world.token.freeze(NOTE, a, 1000, 1, DOC, by=OFFICER)
    with pytest.raises(Refused, match="^forced: same account$"):
        world.token.force_transfer(NOTE, a, a, 1000, 1, DOC, by=AGENT)
    assert world.token.ask("getFrozenTokens", a) == 1000


@pytest.mark.parametrize("case", ["unknown", "expired", "epoch", "sanctioned", "frozen"])
def test_force_gives_units_only_to_whoever_may_receive(world, case):
    a, b = world.holder("a"), world.admit("b")
    codes = {"unknown": 110, "expired": 112, "epoch": 114, "sanctioned": 115, "frozen": 104}
    if case == "unknown":
        b = OUTSIDER
    elif case == "expired":
        world.set_facts(b, until=1)
    elif case == "epoch":
        world.holders.raise_epoch(DOC, by=OFFICER)
    else:
        world.holders.set_flags(b, (2 if case == "sanctioned" else 1) << 239, DOC, by=OFFICER)
    with pytest.raises(Refused, match=f"transfer refused: {codes[case]}"):
        world.token.force_transfer(NOTE, a, b, 1, 1, DOC, by=AGENT)
    assert world.balance(a) == 1000


def test_force_needs_units_and_a_known_holder(world):
    a, b = world.holder("a"), world.admit("b")
    with pytest.raises(Refused, match="transfer refused: 101"):
        world.token.force_transfer(NOTE, a, b, 1001, 1, DOC, by=AGENT)
    with pytest.raises(Refused, match="transfer refused: 111"):
        world.token.force_transfer(NOTE, OUTSIDER, b, 0, 1, DOC, by=AGENT)


def test_force_of_nothing_writes_nothing(world):
    a, b = world.holder("a"), world.admit("b")
    before = world.state()
    world.token.force_transfer(NOTE, a, b, 0, 1, DOC, by=AGENT)
    assert world.state() == before


@pytest.mark.parametrize("units", [10, 600, 1000])
def test_force_by_the_short_way_and_by_the_desk_do_the_same(world, units):
    """A lot sends the move to the desk; without one the token moves it itself."""
    a, b = world.holder("a"), world.admit("b")
    snapshot = world.engine.snapshot()
    short = world.token.force_transfer(NOTE, a, b, units, 1, DOC, by=AGENT)
    seen = world.balance(a), world.balance(b), world.holder_count(), world.token.names(short)
    world.engine.restore(snapshot)
    world.token.grant(OUTSIDER, 0, by=ISSUER)
    world.set_facts(b, "rare")
    long = world.token.force_transfer(NOTE, a, b, units, 1, DOC, by=AGENT)
    assert seen == (
        world.balance(a),
        world.balance(b),
        world.holder_count(),
        world.token.names(long),
    )


def test_a_freeze_is_at_most_96_bits_and_of_a_known_wallet(world):
    a = world.holder("a")
    for act in (world.token.freeze,):
        with pytest.raises(Refused, match="^units: more than 96 bits$"):
            act(NOTE, a, 1 << 96, 1, DOC, by=OFFICER)
        with pytest.raises(Refused, match="^wallet: unknown$"):
            act(NOTE, OUTSIDER, 1, 1, DOC, by=OFFICER)
    assert REGISTRAR
