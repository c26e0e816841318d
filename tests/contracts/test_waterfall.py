"""Waterfalls: a plan agreed by two, one pot, stages, every class paid to the smallest unit, and the end."""

from dataclasses import replace

import pytest

from freehold.core.actions.exit_plan import (
    class_part,
    part_number,
    payee_part,
    plan_hash,
    pot_number,
    stage_word,
)
from freehold.core.actions.pages import heads
from freehold.core.facts import Flags
from tests.contracts.engine import Refused
from tests.contracts.exits import BANK, COMMON, DEBT, PREFERRED, set_up
from tests.contracts.payments import (
    CANCELLED,
    ESCHEAT,
    FINISHED,
    M128,
    NOTHING,
    PURSE,
    STOPPED,
    TREASURY,
    UNCLAIMED,
    row,
    said,
)
from tests.contracts.world import (
    ACTION,
    AGENT,
    CONFIRM,
    DOC,
    HOLDERS_GRANTS,
    ISSUER,
    LIST,
    NOTE,
    OFFICER,
    OUTSIDER,
    wallet,
)

CLOSING, ESCROW = 0, 1
CLOSED = (0, NOTHING, NOTHING)


@pytest.fixture
def exits(world):
    return set_up(world)


@pytest.fixture
def held(world):
    """Common 700 and 300, preferred 100 and 50; ann has both."""
    ann, bob, cid = world.holder("ann", 700), world.holder("bob", 300), world.admit("cid")
    world.issue(ann, 100, token=world.sister)
    world.issue(cid, 50, token=world.sister)
    return {ann: 700, bob: 300}, {ann: 100, cid: 50}


def test_every_class_and_the_creditor_are_paid_from_one_pot_to_the_smallest_unit(exits, held):
    plan = exits.plan((1_001, 2_000, 999))
    number = exits.ready(plan, *held)
    exits.pay(number, plan, CLOSING, COMMON, held[0])
    exits.pay(number, plan, CLOSING, PREFERRED, held[1])
    done = exits.place.settle(part_number(number, CLOSING, DEBT), by=OUTSIDER)
    (told,) = exits.place.log(done, "WaterfallSettled")
    ann, bob, cid = *held[0], list(held[1])[1]
    assert told["amount"] == 999
    assert [exits.got(who) for who in (ann, bob, cid, BANK)] == [701 + 1_333, 300, 667, 999]
    assert exits.got(exits.place.address) == 0
    for place in (COMMON, PREFERRED):
        done = exits.place.finish(part_number(number, CLOSING, place), DOC, by=AGENT)
        assert exits.place.log(done, "DistributionEnded")[0]["how"] == FINISHED


def test_the_hash_agreed_to_is_reckoned_alike_inside_and_outside(exits, held):
    plan = exits.plan((10, 20, 0), (1, 2, 3), pays_from=77)
    assert "0x" + exits.place.ask("plan_hash", plan.words).hex() == plan_hash(plan)
    number = exits.agreed(plan)
    assert "0x" + exits.place.ask("progress", number)[0].hex() == plan_hash(plan)


def test_a_later_stage_opens_when_its_time_has_come_and_its_money_is_here(world, exits, held):
    later = world.engine.seconds + 20 * 86_400
    plan = exits.plan((900, 0, 100), (0, 60, 0), (50, 50, 0))
    plan = replace(plan, stages=(stage_word(1_000), stage_word(60, later), stage_word(100)))
    number = exits.agreed(plan)
    exits.fund(number, 1_000)
    exits.open(number, plan, *exits.classes(plan, 0, held[0], {}))
    opening = exits.classes(plan, 1, {}, held[1])
    assert said(lambda: exits.open(number, plan, *opening)) == "stage: opens later"
    world.engine.at(later)
    assert said(lambda: exits.open(number, plan, *opening)) == "pot: smaller than the stage"
    exits.fund(number, 160)
    assert said(lambda: exits.fund(number, 1)) == "pot: more than the plan"
    exits.open(number, plan, *opening)
    exits.pay(number, plan, ESCROW, PREFERRED, held[1])
    assert exits.got(list(held[1])[1]) == 20
    exits.open(number, plan, *exits.classes(plan, 2, *held))
    assert exits.pot(number) == (0, 0)
    last = lambda: exits.open(number, plan, *exits.classes(plan, 2, *held))  # noqa: E731
    assert said(last) == "stages: all open"


def test_holders_of_the_record_are_paid_whatever_moved_after_it(world, exits, held):
    plan = exits.plan((1_000, 300, 1))
    number = exits.ready(plan, *held)
    ann, bob = held[0]
    world.token.transfer(bob, 700, by=ann)
    exits.pay(number, plan, CLOSING, COMMON, held[0])
    assert (exits.got(ann), exits.got(bob)) == (700, 300)


def test_nothing_opens_before_a_second_person_agreed_to_this_very_plan(world, exits, held):
    plan = exits.plan((1_000, 300, 1))
    number = exits.propose(plan)
    exits.fund(number, plan.total)
    opening = lambda: exits.open(number, plan, *exits.classes(plan, 0, *held))  # noqa: E731
    assert said(opening) == "plan: not confirmed"
    other = replace(plan, amounts=(1_001, 299, 1))
    confirm = lambda of, by: said(lambda: exits.place.confirm(number, of.words, by=by))  # noqa: E731
    assert confirm(other, OFFICER) == "plan: not the proposed"
    assert confirm(plan, AGENT) == "power: not held"
    assert confirm(plan, OFFICER) == ""
    assert confirm(plan, OFFICER) == "plan: confirmed already"
    assert said(lambda: exits.open(number, other, *exits.classes(other, 0, *held))) == (
        "plan: not the proposed"
    )
    opening()


def test_who_proposed_does_not_confirm_even_with_both_powers(world, exits, held):
    for token in exits.tokens:
        token.grant(AGENT, ACTION | CONFIRM, by=ISSUER)
    world.engine.forward(days=2)
    plan = exits.plan((1_000, 300, 1))
    number = exits.propose(plan)
    alone = lambda: exits.place.confirm(number, plan.words, by=AGENT)  # noqa: E731
    assert said(alone) == "plan: second person needed"


def test_powers_over_one_class_are_not_powers_over_the_others(world, exits, held):
    world.sister.grant(AGENT, 0, by=ISSUER)
    world.sister.grant(OFFICER, 0, by=ISSUER)
    plan = exits.plan((1_000, 300, 1))
    number = exits.propose(plan)
    world.engine.forward(days=2)
    assert said(lambda: exits.propose(plan)) == "power: not held"
    assert said(lambda: exits.place.confirm(number, plan.words, by=OFFICER)) == "power: not held"


def test_acts_for_the_issuer_need_the_power(exits, held):
    plan = exits.plan((1_000, 300, 1))
    number = exits.ready(plan, *held)
    part = part_number(number, CLOSING, COMMON)
    page = exits.rows(1_000, held[0])
    acts = [
        lambda: exits.propose(plan, by=OUTSIDER),
        lambda: exits.open(number, plan, CLOSED, CLOSED, by=OUTSIDER),
        lambda: exits.place.pay(part, page, NOTHING, by=OUTSIDER),
        lambda: exits.place.finish(part, DOC, by=OUTSIDER),
        lambda: exits.place.cancel(number, DOC, by=OUTSIDER),
        lambda: exits.place.propose_end(pot_number(number), PURSE, DOC, by=OUTSIDER),
        lambda: exits.place.confirm_end(part, PURSE, DOC, by=AGENT),
    ]
    assert [said(act) for act in acts] == ["power: not held"] * len(acts)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"amounts": (1_000, 300, 2)}, "amounts: not the pot"),
        ({"amounts": (1_000, 300)}, "amounts: not one for each part"),
        ({"stages": ()}, "stages: none"),
        ({"stages": (0,), "amounts": (0, 0, 0)}, "stage: no amount"),
        ({"stages": (stage_word(1_301, 1 << 40),)}, "times: out of order"),
        ({"stages": (1_301 | 1 << 112,)}, "stage: no amount"),
        ({"claim_until": 1}, "times: out of order"),
        ({"cash": "0x" + "77" * 20}, "cash: no contract"),
        ({"purse": "0x" + "00" * 20}, "payee: missing"),
        ({"tax_office": "0x" + "00" * 20}, "payee: missing"),
        ({"document": "0x" + "00" * 32}, "document: missing"),
    ],
)
def test_a_plan_that_does_not_add_up_is_refused(exits, held, changed, why):
    plan = replace(exits.plan((1_000, 300, 1)), **changed)
    assert said(lambda: exits.propose(plan)) == why


def test_parts_are_classes_of_one_issuer_each_once_and_payees(world, exits, held):
    plan = exits.plan((1_000, 300, 1))
    common, preferred, bank = plan.parts
    foreign = fresh_issuer(world)
    for parts, why in (
        ((bank, common, preferred), "parts: begin with a class"),
        ((common, preferred, common), "part: named twice"),
        ((common, preferred, 0), "part: unknown"),
        ((common, preferred, payee_part(exits.place.address)), "part: unknown"),
        ((common, class_part(world.sister.address, 9), bank), "record: unknown"),
        ((common, class_part(foreign.address, 1), bank), "part: another issuer"),
        ((common, preferred | 1 << 176, bank), "part: unknown"),
    ):
        assert said(lambda: exits.propose(replace(plan, parts=parts))) == why  # noqa: B023
    assert said(lambda: exits.propose(replace(plan, parts=(), amounts=()))) == (
        "parts: begin with a class"
    )


def fresh_issuer(world):
    """A class under another register, with a record instant."""
    own = world.holders
    grants = [*HOLDERS_GRANTS, (world.registrar.address, LIST)]
    world.holders = world.deploy("Holders", grants, 9, 9)
    world.engine.forward(days=2)
    token = world.new_token("Other", symbol="OTH")
    world.holders = own
    token.announce_record(world.engine.seconds + 1, by=ISSUER)
    world.engine.forward(1)
    return token


@pytest.mark.parametrize(
    ("opening", "why"),
    [
        ((0, DOC, NOTHING), "units: not those of the record"),
        ((1_001, DOC, NOTHING), "units: not those of the record"),
        ((1_000, NOTHING, NOTHING), "pages: missing"),
    ],
)
def test_a_class_opens_with_the_units_of_its_record_and_pages_or_claims(exits, held, opening, why):
    plan = exits.plan((1_000, 300, 1))
    number = exits.agreed(plan)
    exits.fund(number, plan.total)
    _, preferred = exits.classes(plan, 0, *held)
    assert said(lambda: exits.open(number, plan, opening, preferred)) == why
    assert said(lambda: exits.open(number, plan, preferred)) == "parts: not one opening for each"


def test_a_stage_does_not_open_before_its_record_instants(world, exits, held):
    plan = exits.plan((1_000, 300, 1))
    for token in exits.tokens:
        token.announce_record(world.engine.seconds + 500, by=ISSUER)
    parts = [class_part(token.address, 2) for token in exits.tokens]
    plan = replace(plan, parts=(*parts, payee_part(BANK)))
    number = exits.agreed(plan)
    exits.fund(number, plan.total)
    opening = lambda: exits.open(number, plan, *exits.classes(plan, 0, *held))  # noqa: E731
    assert said(opening) == "record: not yet reached"
    world.engine.forward(500)
    opening()


def test_pages_are_paid_in_order_each_once_and_nobody_twice(exits, held):
    plan = exits.plan((1_000, 300, 1))
    ann, bob = held[0]
    pages = [[row(ann)], [row(ann), row(bob)]]
    number = exits.agreed(plan)
    exits.fund(number, plan.total)
    _, preferred = exits.classes(plan, 0, *held)
    exits.open(number, plan, (1_000, heads(pages)[0], NOTHING), preferred)
    part = part_number(number, CLOSING, COMMON)
    early = lambda: exits.place.pay(part, pages[1], NOTHING, by=AGENT)  # noqa: E731
    assert said(early) == "page: not the next"
    exits.place.pay(part, pages[0], heads(pages)[1], by=AGENT)
    assert said(lambda: exits.place.finish(part, DOC, by=AGENT)) == "part: left to pay"
    exits.place.pay(part, pages[1], NOTHING, by=AGENT)
    assert said(early) == "page: not the next"
    assert (exits.got(ann), exits.got(bob)) == (700, 300)


def test_a_class_never_gets_more_than_its_amount_however_units_are_stated(exits, held):
    plan = exits.plan((1_000, 300, 1))
    number = exits.agreed(plan)
    exits.fund(number, plan.total)
    page = [row(who) for who in held[0]]
    _, preferred = exits.classes(plan, 0, *held)
    exits.open(number, plan, (990, heads([page])[0], NOTHING), preferred)
    part = part_number(number, CLOSING, COMMON)
    assert said(lambda: exits.place.pay(part, page, NOTHING, by=AGENT)) == "pot: spent"
    assert exits.money(number, CLOSING, COMMON) == (1_000, 0)


def test_a_class_in_which_somebody_was_left_out_cannot_be_finished(exits, held):
    plan = exits.plan((1_000, 300, 1))
    number = exits.agreed(plan)
    exits.fund(number, plan.total)
    page = [row(next(iter(held[0])))]
    _, preferred = exits.classes(plan, 0, *held)
    exits.open(number, plan, (1_000, heads([page])[0], NOTHING), preferred)
    part = part_number(number, CLOSING, COMMON)
    exits.place.pay(part, page, NOTHING, by=AGENT)
    assert said(lambda: exits.place.finish(part, DOC, by=AGENT)) == "part: left to pay"
    exits.place.propose_end(part, PURSE, DOC, by=AGENT)
    exits.place.confirm_end(part, PURSE, DOC, by=OFFICER)
    assert exits.got(PURSE) == 300


def test_treasury_units_get_nothing(world, exits, held):
    own = world.holder("own", 5_000, flags=Flags.TREASURY)
    plan = exits.plan((1_000, 300, 1))
    number = exits.agreed(plan)
    exits.fund(number, plan.total)
    page = [*exits.rows(1_000, held[0]), row(own)]
    _, preferred = exits.classes(plan, 0, *held)
    exits.open(number, plan, (1_000, heads([page])[0], NOTHING), preferred)
    done = exits.place.pay(part_number(number, CLOSING, COMMON), page, NOTHING, by=AGENT)
    assert exits.place.log(done, "DistributionSkipped")[0]["why"] == TREASURY
    assert (exits.got(own), exits.money(number, CLOSING, COMMON)) == (0, (0, 0))


def test_money_of_a_stopped_holder_is_kept_under_his_name_until_he_is_cleared(world, exits, held):
    plan = exits.plan((1_000, 300, 1))
    number = exits.ready(plan, *held)
    ann, bob = held[0]
    world.holders.set_flags(ann, int(Flags.SANCTIONED) << 239, DOC, by=OFFICER)
    done = exits.pay(number, plan, CLOSING, COMMON, held[0])
    assert exits.place.log(done, "DistributionHeld")[0]["why"] == STOPPED
    part = part_number(number, CLOSING, COMMON)
    assert (exits.got(ann), exits.got(bob)) == (0, 300)
    assert exits.place.ask("held_for", part, world.number(ann)) == 700
    assert said(lambda: exits.place.release(part, ann, by=OUTSIDER)) == "release: not now"
    assert said(lambda: exits.place.finish(part, DOC, by=AGENT)) == "pot: money is held"
    world.recover(ann, wallet("ann again"))
    world.holders.set_flags(wallet("ann again"), 0, DOC, by=OFFICER)
    exits.place.release(part, wallet("ann again"), by=OUTSIDER)
    assert exits.got(wallet("ann again")) == 700
    exits.place.finish(part, DOC, by=AGENT)


def test_unclaimed_money_leaves_after_its_time_by_two_persons(world, exits, held):
    plan = exits.plan((1_000, 300, 1))
    number = exits.ready(plan, *held)
    part = part_number(number, CLOSING, COMMON)
    exits.place.propose_end(part, ESCHEAT, DOC, by=AGENT)
    confirm = lambda: exits.place.confirm_end(part, ESCHEAT, DOC, by=OFFICER)  # noqa: E731
    assert said(confirm) == "end: claims still run"
    world.engine.forward(days=31)
    done = confirm()
    assert exits.place.log(done, "DistributionEnded")[0]["how"] == UNCLAIMED
    assert exits.got(ESCHEAT) == 1_000


def test_a_waterfall_is_called_off_by_one_before_its_first_stage_and_by_two_after(exits, held):
    plan = exits.plan((900, 0, 100), (0, 60, 0))
    number = exits.agreed(plan)
    exits.fund(number, 1_060)
    none = said(lambda: exits.place.cancel(number, NOTHING, by=AGENT))
    assert none == "document: missing"
    done = exits.place.cancel(number, DOC, by=AGENT)
    assert exits.place.log(done, "DistributionEnded")[0]["how"] == CANCELLED
    assert exits.got(PURSE) == 1_060
    assert said(lambda: exits.fund(number, 1)) == "pot: ended"
    number = exits.agreed(plan)
    exits.fund(number, 1_060)
    exits.open(number, plan, *exits.classes(plan, 0, held[0], {}))
    assert said(lambda: exits.place.cancel(number, DOC, by=AGENT)) == "pot: paying already"
    root = pot_number(number)
    exits.place.propose_end(root, PURSE, DOC, by=AGENT)
    exits.place.confirm_end(root, PURSE, DOC, by=OFFICER)
    assert exits.got(PURSE) == 1_060 + 60
    opening = lambda: exits.open(number, plan, *exits.classes(plan, 1, {}, held[1]))  # noqa: E731
    assert said(opening) == "pot: ended"
    exits.pay(number, plan, CLOSING, COMMON, held[0])
    assert exits.got(next(iter(held[0]))) == 630


def test_a_payee_outside_is_paid_once_and_not_before_the_time_of_payment(world, exits, held):
    now = world.engine.seconds
    plan = exits.plan((1_000, 300, 7), pays_from=now + 9_000)
    number = exits.ready(plan, *held)
    debt = part_number(number, CLOSING, DEBT)
    settle = lambda part=debt: said(lambda: exits.place.settle(part, by=OUTSIDER))  # noqa: E731
    early = said(lambda: exits.pay(number, plan, CLOSING, COMMON, held[0]))
    assert (settle(), early) == ("pot: pays later", "pot: pays later")
    world.engine.at(now + 9_000)
    assert settle(part_number(number, CLOSING, COMMON)) == "part: a class is paid in pages"
    assert settle(pot_number(number)) == "part: a class is paid in pages"
    assert (settle(), settle()) == ("", "pot: ended")
    assert exits.got(BANK) == 7


def test_parts_of_one_waterfall_never_touch_the_money_of_another(exits, held):
    plan = exits.plan((1_000, 300, 1))
    first, second = exits.ready(plan, *held), exits.ready(plan, *held)
    exits.pay(first, plan, CLOSING, COMMON, held[0])
    exits.pay(first, plan, CLOSING, PREFERRED, held[1])
    exits.place.settle(part_number(first, CLOSING, DEBT), by=OUTSIDER)
    assert exits.got(exits.place.address) == plan.total
    assert exits.money(second, CLOSING, COMMON) == (1_000, 0)
    number = exits.agreed(plan)
    with pytest.raises(Refused, match="^pot: smaller than the stage$"):
        exits.open(number, plan, *exits.classes(plan, 0, *held))


def test_a_stranger_pot_and_a_part_of_no_stage_are_refused(exits, held):
    plan = exits.plan((1_000, 300, 1))
    number = exits.ready(plan, *held)
    assert said(lambda: exits.fund(number + 1, 1)) == "pot: none"
    assert said(lambda: exits.place.confirm(9, plan.words, by=OFFICER)) == "pot: none"
    root = pot_number(number)
    name = said(lambda: exits.place.finish(root, DOC, by=AGENT))
    assert name == "part: name one of a stage"
    assert said(lambda: exits.place.pay(root, [], NOTHING, by=AGENT)) == "page: not the next"
    claim = lambda part: said(lambda: exits.place.claim(part, BANK, 1, 0, [], by=OUTSIDER))  # noqa: E731
    assert claim(root) == "pot: not open"
    assert claim(part_number(number, CLOSING, DEBT)) == "pot: not open"
    assert int(exits.place.ask("pot", root)[3]) & M128 == 0


def test_an_announcement_says_the_whole_plan(exits, held):
    plan = exits.plan((1_000, 300, 1), (5, 5, 0))
    done = exits.place.propose(NOTE, plan.words, by=AGENT)
    (told,) = exits.place.log(done, "WaterfallProposed")
    lists = tuple(tuple(told[name]) for name in ("parts", "stages", "amounts"))
    assert lists == (plan.parts, plan.stages, plan.amounts)
    assert told["plan"] == plan_hash(plan) or "0x" + told["plan"].hex() == plan_hash(plan)
