"""Vintages: clocks to the day, who may buy while they run, which lots go, slots, affiliates, settling."""

import random
from datetime import date

import pytest

from freehold.chain.artifacts import artifact
from freehold.core import clock
from freehold.core.facts import Flags, Kind, Vintage, pack_vintage, unpack_vintage
from freehold.core.policy.compiled import reacquired_terms
from freehold.core.policy.rows import amended_row
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
    REGISTRAR,
    basic_rules,
)  # fmt: skip

ALL = (0xFF,) * 4


@pytest.mark.parametrize(
    ("clock", "code"),
    [
        ("a_free", Reason.RULE144_HOLDING),
        ("b_over", Reason.REGS_US_PERSON),
        ("c_over", Reason.REGCF_ONE_YEAR),
        ("d_over", Reason.CONTRACT_LOCKUP),
    ],
)
@pytest.mark.parametrize(("days", "passes"), [(99, False), (100, True), (101, True)])
def test_a_clock_is_over_on_its_day_and_not_before(world, clock, code, days, passes):
    a, b = world.admit("a"), world.admit("b")
    world.issue(a, 100, world.open_vintage(**{clock: 100}))
    world.engine.at((world.engine.today + days) * 86_400 + (0 if passes else 86_399))
    assert world.transfer(a, b, 10) == (0 if passes else code)
    assert world.lots(b) == {}


def test_a_lock_gives_the_code_of_its_terms(world):
    a, b = world.admit("a"), world.admit("b")
    world.issue(a, 100, world.open_vintage(d_over=100, reason=int(Reason.SFA_SIX_MONTHS)))
    assert world.transfer(a, b, 10) == Reason.SFA_SIX_MONTHS


def test_rule_144_after_six_months_depends_on_current_information(world):
    a, b = world.admit("a"), world.admit("b")
    world.issue(a, 100, world.open_vintage(a_release=181, a_free=366))
    world.engine.forward(days=180)
    world.token.set_informed(world.engine.today + 10, DOC, by=OFFICER)
    assert world.transfer(a, b, 1) == Reason.RULE144_HOLDING
    world.engine.forward(days=1)
    assert world.transfer(a, b, 1) == 0
    world.engine.forward(days=10)
    assert world.transfer(a, b, 1) == Reason.NO_CURRENT_INFORMATION
    world.engine.forward(days=175)
    assert world.transfer(a, b, 1) == 0


def test_without_an_unconditional_day_rule_144_waits_for_information_for_ever(world):
    """Also in the short way, where another clock of the lot lets the buyer through."""
    a, b = world.admit("a"), world.admit("b")
    exits = (0, 0xFF, 0, 0)
    world.issue(a, 100, world.open_vintage(a_release=10, b_over=1000, exits=exits))
    world.token.set_informed(world.engine.today + 10, DOC, by=OFFICER)
    world.engine.forward(days=500)
    assert world.transfer(a, b, 1) == Reason.NO_CURRENT_INFORMATION


def test_an_issuer_that_stopped_reporting_has_only_the_longer_period(world):
    a, b = world.admit("a"), world.admit("b")
    world.issue(a, 100, world.open_vintage(a_release=181, a_free=366))
    world.token.set_informed(world.engine.today + 400, DOC, by=OFFICER)
    world.engine.forward(days=200)
    assert world.transfer(a, b, 1) == 0
    world.token.set_informed(0, DOC, by=OFFICER)
    assert world.transfer(a, b, 1) == Reason.RULE144_HOLDING
    world.engine.forward(days=166)
    assert world.transfer(a, b, 1) == 0


def test_a_running_clock_gives_the_code_stored_for_its_family_kind_and_buyer(world):
    offshore = int(Reason.OFFSHORE_ATTESTATION_MISSING)
    world.set_rules(basic_rules(lot_why={(4, int(Kind.SALE), 0, 1): offshore}))
    a, b, c = world.admit("a"), world.admit("b"), world.admit("c", "us_retail")
    world.issue(a, 50, world.open_vintage(a_free=100, family=4))
    assert world.transfer(a, b, 1) == offshore
    assert world.transfer(a, c, 1) == Reason.RULE144_HOLDING
    world.issue(a, 50, world.open_vintage(a_free=100, family=5))
    world.engine.forward(days=100)
    assert world.transfer(a, b, 1) == 0


def test_a_way_out_stored_for_any_seller_lets_every_class_sell(world):
    way = (frozenset({1}), frozenset(), frozenset(), frozenset())
    world.set_rules(basic_rules(exits={(4, int(Kind.SALE), 0, 0): way}))
    a, b, c = world.admit("a"), world.admit("b", "us_retail"), world.admit("c")
    vintage = world.open_vintage(a_free=100, family=4)
    world.issue(a, 50, vintage)
    world.issue(b, 50, vintage)
    assert world.transfer(a, c, 5) == world.transfer(b, c, 5) == 0
    assert world.transfer(a, b, 5) == Reason.RULE144_HOLDING


def test_units_of_an_informed_issuer_become_free_also_for_buyers_who_might_hold_them(world):
    a, b = world.admit("a"), world.admit("b")
    world.issue(a, 100, world.open_vintage(a_release=10, a_free=400, exits=ALL))
    world.engine.forward(days=20)
    world.token.set_informed(world.engine.today, DOC, by=OFFICER)
    assert world.transfer(a, b, 60) == 0
    assert world.lots(b) == {} and sum(world.lots(a).values()) == 40


def test_a_buyer_whom_the_mask_names_gets_the_units_with_their_vintage(world):
    a, b, c = world.admit("a"), world.admit("b", "qib"), world.admit("c", "us_retail")
    vintage = world.open_vintage(a_free=365, exits=(1 << 3, 0, 0, 0))
    world.issue(a, 100, vintage)
    assert world.transfer(a, c, 10) == Reason.RULE144_HOLDING
    outcome = world.token.transfer(b, 40, by=a)
    assert world.token.names(outcome) == ["Transfer", "LotMoved"]
    moved = world.token.log(outcome, "LotMoved")[0]
    assert moved["accounts"] == world.number(a) << 32 | world.number(b)
    assert (moved["vintages"], moved["units"]) == (vintage << 16 | vintage, 40)
    assert world.lots(a) == {vintage: 60} and world.lots(b) == {vintage: 40}
    assert world.transfer(b, c, 1) == Reason.RULE144_HOLDING


def test_each_clock_needs_its_own_exit(world):
    a, b = world.admit("a"), world.admit("b", "qib")
    for exits, code in (((1 << 3, 0, 0, 0), 124), ((0, 1 << 3, 0, 0), 140), ((8, 8, 0, 0), 0)):
        vintage = world.open_vintage(a_free=365, b_over=365, exits=exits)
        world.issue(a, 10, vintage)
        world.token.ask("max_transferable", a, b)
        assert world.code_lots(a, b, 10, [vintage]) == code


def test_free_units_go_first_then_the_oldest_lot_that_may_go(world):
    a, b = world.admit("a"), world.admit("b", "qib")
    barred = world.open_vintage(a_free=365)
    world.issue(a, 10, barred)
    world.engine.forward(days=1)
    first = world.open_vintage(a_free=365, exits=ALL)
    world.issue(a, 10, first)
    world.engine.forward(days=1)
    second = world.open_vintage(a_free=365, exits=ALL)
    world.issue(a, 10, second)
    world.issue(a, 10)
    assert world.transfer(a, b, 25) == 0
    assert world.lots(b) == {first: 10, second: 5}
    assert world.lots(a) == {barred: 10, second: 5}
    assert world.transfer(a, b, 6) == Reason.RULE144_HOLDING


def test_named_lots_go_and_nothing_else(world):
    a, b = world.holder("a", 50), world.admit("b", "qib")
    one = world.open_vintage(a_free=365, exits=ALL)
    two = world.open_vintage(a_free=366, exits=ALL)
    world.issue(a, 10, one)
    world.issue(a, 10, two)
    assert world.code_lots(a, b, 4, [two]) == 0
    assert world.lots(b) == {two: 4} and world.lots(a) == {one: 10, two: 6}
    assert world.code_lots(a, b, 7, [two]) == Reason.NO_RESALE_PATH
    assert world.code_lots(a, b, 16, [two, one]) == 0
    assert world.balance(a) == 50
    with pytest.raises(Refused, match="^lot: not held$"):
        world.token.transfer_lots(b, 1, [one], by=a)


def test_a_ninth_live_vintage_is_refused_until_a_mature_one_is_settled(world):
    a, b = world.admit("a"), world.admit("b", "qib")
    for n in range(8):
        world.issue(b, 1, world.open_vintage(a_free=10 + n, exits=ALL))
    ninth = world.open_vintage(a_free=500, exits=ALL)
    world.issue(a, 10, ninth)
    assert world.transfer(a, b, 1) == Reason.VINTAGE_SLOTS_FULL
    with pytest.raises(Refused, match="transfer refused: 149"):
        world.issue(b, 1, ninth)
    with pytest.raises(Refused, match="transfer refused: 149"):
        world.token.force_transfer(NOTE, a, b, 1, 1, DOC, by=AGENT)
    world.engine.forward(days=10)
    assert world.transfer(a, b, 1) == Reason.VINTAGE_SLOTS_FULL
    outcome = world.token.settle(b, by=OUTSIDER)
    assert world.token.log(outcome, "LotMoved")[0]["units"] == 1
    assert world.transfer(a, b, 1) == 0
    assert len(world.lots(b)) == 8 and world.balance(b) == 9


def test_an_emptied_slot_is_used_again(world):
    a, b = world.admit("a"), world.admit("b", "qib")
    vintages = [world.open_vintage(a_free=100 + n, exits=ALL) for n in range(9)]
    for vintage in vintages[:8]:
        world.issue(a, 5, vintage)
    assert world.code_lots(a, b, 5, [vintages[2]]) == 0
    world.issue(a, 5, vintages[8])
    assert world.lots(a) == {v: 5 for v in vintages if v != vintages[2]}


def test_force_keeps_every_vintage_and_ignores_the_clocks(world):
    a, b = world.admit("a"), world.admit("b")
    vintage = world.open_vintage(a_free=365)
    world.issue(a, 10, vintage)
    world.token.force_transfer(NOTE, a, b, 4, 1, DOC, by=AGENT)
    assert world.lots(a) == {vintage: 6} and world.lots(b) == {vintage: 4}


def test_equal_terms_are_one_vintage_and_bad_terms_are_refused(world):
    assert world.open_vintage(a_free=365) == world.open_vintage(a_free=365)
    with pytest.raises(Refused, match="^vintage: bad terms$"):
        world.token.open_vintage(world.engine.today | 1 << 168, by=ISSUER)
    with pytest.raises(Refused, match="^day: past without take-over$"):
        world.token.open_vintage(world.engine.today - 1, by=ISSUER)
    with pytest.raises(Refused, match="^vintage: bad terms$"):
        world.token.open_vintage(1 << 40, by=ISSUER)


def test_amended_clocks_act_for_all_units_of_the_vintage(world):
    a, b = world.admit("a"), world.admit("b")
    vintage = world.open_vintage(b_over=1000)
    world.issue(a, 10, vintage)
    today = world.engine.today
    done = Vintage(acquired=today, b_over=today + 3)
    outcome = world.change(amended_row(vintage, done, DOC))
    told = world.token.log(outcome, "VintageAmended")[0]
    assert told == {"vintage": vintage, "terms": pack_vintage(done), "document": DOC}
    assert world.transfer(a, b, 1) == Reason.REGS_US_PERSON
    world.engine.forward(days=1)
    assert world.transfer(a, b, 1) == 0


def test_an_amendment_keeps_day_and_family_and_needs_a_document(world):
    vintage = world.open_vintage(b_over=1000)
    today = world.engine.today
    for number, terms, document, text in (
        (9, today, DOC, "^vintage: unknown, or no document$"),
        (vintage, today, bytes(32), "^vintage: unknown, or no document$"),
        (vintage, today - 1, DOC, "^vintage: other lot$"),
        (vintage, today | 1 << 120, DOC, "^vintage: other lot$"),
        (1 << 16, today, DOC, "^vintage: unknown, or no document$"),
    ):
        with pytest.raises(Refused, match=text):
            world.change((12, int.from_bytes(document), number << 168 | terms))


def test_information_has_a_day_and_a_document(world):
    for day, document in ((1 << 20, DOC), (1, bytes(32))):
        with pytest.raises(Refused, match="^act: day and document$"):
            world.token.set_informed(day, document, by=OFFICER)


# ---- affiliates ----


STANDING = Vintage(acquired=0, a_free=12, exits=ALL)
"""What affiliates sell is under Rule 144 for a year again."""


def affiliate_world(world, standing=STANDING):
    world.set_rules(basic_rules(mind_affiliates=True, reacquired=standing))
    return world.admit("a", flags=Flags.AFFILIATE), world.admit("b")


def anew(world):
    """The number of this month's vintage, found by its terms."""
    terms = pack_vintage(reacquired_terms(STANDING, world.engine.today))
    numbers = {world.token.ask("vintages", number): number for number in range(1, 20)}
    return numbers[terms]


def test_a_sale_by_an_affiliate_starts_the_clocks_anew(world):
    a, b = affiliate_world(world)
    old = world.open_vintage(a_free=30, exits=ALL)
    world.issue(a, 10, old)
    world.issue(a, 10)
    assert world.transfer(a, b, 15) == 0
    assert world.lots(b) == {anew(world): 15} and world.lots(a) == {old: 5}


def test_no_month_needs_an_act_of_anybody(world):
    """The first sale of a month opens its vintage, the next ones join it, dated at the month's end."""
    a, b = affiliate_world(world)
    world.issue(a, 100)
    seen = []
    for _ in range(4):
        assert world.transfer(a, b, 1) == 0 and world.transfer(a, b, 2) == 0
        seen.append(anew(world))
        world.engine.forward(days=31)
    assert len(set(seen)) == 4 and world.lots(b) == dict.fromkeys(seen, 3)


def on(world, day):
    world.engine.at(clock.day_number(date.fromisoformat(day)) * 86_400 + 86_399)


@pytest.mark.parametrize(
    ("sold", "acquired", "half", "year"),
    [
        ("2026-06-01", "2026-06-30", "2026-12-31", "2027-07-01"),
        ("2026-08-31", "2026-08-31", "2027-03-01", "2027-09-01"),
        ("2027-12-05", "2027-12-31", "2028-07-01", "2029-01-01"),
        ("2028-02-10", "2028-02-29", "2028-08-30", "2029-03-01"),
        ("2027-08-30", "2027-08-31", "2028-03-01", "2028-09-01"),
        ("2100-02-28", "2100-02-28", "2100-08-29", "2101-03-01"),
    ],
)
def test_months_are_counted_from_the_end_of_the_month_of_the_sale(
    world, sold, acquired, half, year
):
    standing = Vintage(acquired=0, a_release=6, a_free=12, d_over=clock.LAST_DAY, reason=148)
    a, b = affiliate_world(world, standing)
    on(world, sold)
    for who in (a, b):
        far = roles.row(who, flags=Flags.AFFILIATE if who == a else Flags(0), until=60_000)
        world.holders.set_facts([far], by=REGISTRAR)
    world.issue(a, 10)
    outcome = world.token.transfer(b, 1, by=a)
    opened = unpack_vintage(world.token.log(outcome, "VintageOpened")[0]["terms"])
    days = (opened.acquired, opened.a_release, opened.a_free)
    assert [str(clock.day_of(day)) for day in days] == [acquired, half, year]
    assert (opened.b_over, opened.c_over, opened.d_over) == (0, 0, clock.LAST_DAY)
    assert opened == reacquired_terms(standing, world.engine.today)


def test_the_month_is_known_on_every_day_of_four_centuries(world):
    """Through the view: a receiver whose eight slots hold this month's vintage still has room."""
    a, b = affiliate_world(world)
    world.issue(a, 10)
    draw = random.Random(20261126)
    for day in sorted(draw.sample(range(20_500, 29_900), 40)):
        world.engine.at(day * 86_400)
        outcome = world.token.transfer(b, 0, by=a)
        assert world.token.names(outcome) == ["Transfer"]
        kept = world.engine.snapshot()
        opened = world.token.log(world.token.transfer(b, 1, by=a), "VintageOpened")[0]
        assert unpack_vintage(opened["terms"]) == reacquired_terms(STANDING, day)
        world.engine.restore(kept)


def test_without_standing_terms_an_affiliate_cannot_sell(world):
    a, b = affiliate_world(world, standing=None)
    world.issue(a, 10)
    assert world.transfer(a, b, 1) == Reason.NO_RESALE_PATH


def test_where_no_vintage_is_left_the_view_says_so_too(world):
    a, b = affiliate_world(world)
    world.issue(a, 10)
    place = artifact("TransferDesk")["storage"]["book.last_vintage"]
    token = bytes.fromhex(world.token.address[2:])
    world.engine.state.set_storage(token, place, (1 << 16) - 1)
    assert world.transfer(a, b, 1) == Reason.NO_RESALE_PATH


@pytest.mark.parametrize(
    "word", [1, 1 << 168, 1_201 << 20, 1_201 << 100, (clock.LAST_DAY - 1) << 60]
)
def test_standing_terms_that_make_no_sense_refuse_the_whole_change(world, word):
    with pytest.raises(Refused, match="^vintage: bad terms$"):
        world.change((13, 0, word))


def test_a_gift_by_an_affiliate_carries_the_old_date(world):
    a, b = affiliate_world(world)
    old = world.open_vintage(a_free=30)
    world.issue(a, 10, old)
    exits = (frozenset({1}),) * 4
    world.set_rules(basic_rules(mind_affiliates=True, exits={(0, 2, 1, 0): exits}))
    world.token.transfer_posted(a, b, 5, 2, 0, NOTE, 0, [], by=AGENT)
    assert world.lots(b) == {old: 5}


def test_an_affiliate_who_moves_units_between_his_own_accounts_sells_nothing(world):
    a, _ = affiliate_world(world)
    second = world.link(a, "second")
    old = world.open_vintage(a_free=30)
    world.issue(a, 10, old)
    assert world.transfer(a, second, 4) == 0
    assert world.lots(second) == {old: 4}


def test_an_affiliates_buyer_with_eight_vintages_is_refused(world):
    a, b = affiliate_world(world)
    world.issue(a, 10)
    for n in range(8):
        world.issue(b, 1, world.open_vintage(a_free=10 + n))
    assert world.transfer(a, b, 1) == Reason.VINTAGE_SLOTS_FULL


def test_of_several_clocks_the_first_in_the_order_gives_the_code(world):
    a, b = world.admit("a"), world.admit("b")
    order = [("b_over", 124), ("c_over", 142), ("d_over", 143), ("a_free", 140)]
    for first in range(4):
        vintage = world.open_vintage(**{clock: 100 + first for clock, _ in order[first:]})
        world.issue(a, 10, vintage)
        assert world.code_lots(a, b, 1, [vintage]) == order[first][1]


def test_the_oldest_lot_goes_first_whatever_its_number(world):
    """A take-over opens vintages in any order of their days."""
    a, b = world.admit("a"), world.admit("b", "qib")
    world.token.open_take_over(DOC, by=ISSUER)
    world.token.confirm_take_over(DOC, by=OFFICER)
    today = world.engine.today
    for acquired in (today - 5, today - 9):
        terms = Vintage(acquired=acquired, a_free=today + 100, exits=ALL)
        made = world.token.open_vintage(pack_vintage(terms), by=ISSUER)
        vintage = int.from_bytes(made.output, "big")
        world.issue(a, 10, vintage)
    assert world.transfer(a, b, 12) == 0
    assert world.lots(b) == {vintage: 10, vintage - 1: 2}


def test_a_lot_barred_by_two_clocks_needs_both_exits_on_the_short_way(world):
    a, b = world.admit("a"), world.admit("b", "qib")
    world.issue(a, 10, world.open_vintage(a_free=300, b_over=300, exits=(8, 0, 0, 0)))
    assert world.transfer(a, b, 1) == 124
