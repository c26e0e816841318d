"""Pots: declared, funded, opened, paid in pages to the holders of record, and ended."""

import pytest

from freehold.core.facts import Flags
from tests.contracts import payments
from tests.contracts.engine import Refused
from tests.contracts.payments import (
    BEFORE,
    CANCELLED,
    ESCHEAT,
    EXTRA,
    FINISHED,
    LAPSED,
    LISTED,
    NOTHING,
    PURSE,
    REINVEST,
    STOPPED,
    TAX_OFFICE,
    TREASURY,
    UNCLAIMED,
    UNKNOWN,
    heads,
    row,
    set_up,
)
from tests.contracts.world import AGENT, DOC, ISSUER, NOTE, OFFICER, OUTSIDER, wallet


@pytest.fixture
def pots(world):
    return set_up(world)


def test_each_account_gets_its_units_at_the_record_times_the_rate_rounded_down(world, pots):
    a, b = world.holder("a", 1000), world.holder("b", 7)
    pot = pots.ready((10, 3), [row(a), row(b)], 5_000)
    done = pots.pay(pot, [row(a), row(b)])
    assert (pots.got(a), pots.got(b)) == (3_333, 23)
    assert pots.paid(done) == [(1, 3_333, 0), (2, 23, 0)]
    assert pots.money(pot) == (5_000 - 3_356, 0, 0)


def test_what_moved_after_the_record_instant_changes_no_payment(world, pots):
    a, b = world.holder("a", 1000), world.admit("b")
    rows = [row(a), row(b)]
    pot = pots.ready((1, 1), rows, 1_000)
    world.token.transfer(b, 1000, by=a)
    pots.pay(pot, rows)
    assert (pots.got(a), pots.got(b)) == (1_000, 0)


@pytest.mark.parametrize("withheld", [0, 300, 1_000])
def test_tax_stays_in_the_pot_until_it_is_remitted_at_0_30_and_100_percent(world, pots, withheld):
    a = world.holder("a", 1000)
    pot = pots.ready((1, 1), [row(a, withheld)], 1_000)
    pots.pay(pot, [row(a, withheld)])
    assert (pots.got(a), pots.money(pot)) == (1_000 - withheld, (0, 0, withheld))
    if withheld:
        pots.place.remit_tax(pot, DOC, by=AGENT)
    assert pots.got(TAX_OFFICE) == withheld
    with pytest.raises(Refused, match="^tax: none kept$"):
        pots.place.remit_tax(pot, DOC, by=AGENT)


def test_more_tax_than_money_is_refused(world, pots):
    a = world.holder("a", 1000)
    pot = pots.ready((1, 1), [row(a, 1_001)], 1_000)
    with pytest.raises(Refused, match="^row: more tax than money$"):
        pots.pay(pot, [row(a, 1_001)])


def test_a_part_of_a_fixed_pot_may_be_one_smallest_unit_more_and_no_pot_is_overspent(world, pots):
    holders = [world.holder(name, 1) for name in "abc"]
    rows = [row(holders[0], flags=EXTRA), row(holders[1]), row(holders[2])]
    pot = pots.ready((10, 3), rows, 10)
    pots.pay(pot, rows)
    assert [pots.got(one) for one in holders] == [4, 3, 3]
    greedy = [row(one, flags=EXTRA) for one in holders]
    pot = pots.ready((10, 3), greedy, 10)
    with pytest.raises(Refused, match="^pot: spent$"):
        pots.pay(pot, greedy)


def test_listed_amounts_are_paid_as_committed(world, pots):
    a = world.holder("a", 5)
    rows = [row(a, 77)]
    pot = pots.declare(pots.record(), mode=LISTED)
    pots.fund(pot, 100)
    pots.open(pot, (0, 0), 77, [rows])
    pots.pay(pot, rows)
    assert pots.got(a) == 77


def test_pages_are_paid_in_their_order_and_each_once(world, pots):
    holders = [world.holder(name, 10) for name in "abcd"]
    pages = [[row(one) for one in holders[:2]], [row(one) for one in holders[2:]]]
    pot = pots.declare(pots.record(), (1, 1))
    pots.fund(pot, 40)
    pots.open(pot, (1, 1), 40, pages)
    _, second, _ = heads(pages)
    with pytest.raises(Refused, match="^page: not the next$"):
        pots.pay(pot, pages[1])
    pots.pay(pot, pages[0], second)
    with pytest.raises(Refused, match="^page: not the next$"):
        pots.pay(pot, pages[0], second)
    with pytest.raises(Refused, match="^pages: left to pay$"):
        pots.place.finish(pot, DOC, by=AGENT)
    pots.pay(pot, pages[1])
    with pytest.raises(Refused, match="^page: not the next$"):
        pots.pay(pot, [])
    assert [pots.got(one) for one in holders] == [10] * 4


def test_an_account_named_twice_is_paid_once(world, pots):
    a = world.holder("a", 10)
    pot = pots.ready((1, 1), [row(a), row(a)], 20)
    done = pots.pay(pot, [row(a), row(a)])
    assert (pots.got(a), pots.place.log(done, "DistributionSkipped")[0]["why"]) == (10, BEFORE)


def test_accounts_hundreds_apart_and_back_are_paid_once_each(world, pots):
    a = world.holder("a", 10)
    far = [world.admit(f"n{number}") for number in range(300)][-1]
    world.issue(far, 10)
    b = world.holder("b", 10)
    rows = [row(a), row(far), row(b), row(a), row(far)]
    pot = pots.ready((1, 1), rows, 50)
    pots.pay(pot, rows)
    assert [pots.got(one) for one in (a, b, far)] == [10, 10, 10]
    assert pots.place.ask("is_paid", pot, world.number(far))


def test_treasury_and_strangers_are_passed_over(world, pots):
    own = world.holder("own", 10, flags=Flags.TREASURY)
    rows = [row(own), row(wallet("nobody"))]
    pot = pots.ready((1, 1), rows, 10)
    done = pots.pay(pot, rows)
    whys = [one["why"] for one in pots.place.log(done, "DistributionSkipped")]
    assert (whys, pots.got(own), pots.money(pot)[0]) == ([TREASURY, UNKNOWN], 0, 10)


@pytest.mark.parametrize(("flag", "why"), [(Flags.FROZEN, STOPPED), (Flags.SANCTIONED, STOPPED)])
def test_money_of_a_stopped_holder_is_held_and_released_when_he_is_cleared(world, pots, flag, why):
    a, b = world.holder("a", 10), world.holder("b", 10)
    pot = pots.ready((1, 1), [row(a, 3), row(b)], 20)
    world.holders.set_flags(a, int(flag) << 239, DOC, by=OFFICER)
    done = pots.pay(pot, [row(a, 3), row(b)])
    assert pots.place.log(done, "DistributionHeld")[0]["why"] == why
    assert (pots.got(a), pots.got(b), pots.held(pot, a), pots.money(pot)) == (0, 10, 7, (0, 7, 3))
    with pytest.raises(Refused, match="^release: not now$"):
        pots.place.release(pot, a, by=OUTSIDER)
    with pytest.raises(Refused, match="^pot: money is held$"):
        pots.place.finish(pot, DOC, by=AGENT)
    world.holders.set_flags(a, 0, DOC, by=OFFICER)
    pots.place.release(pot, a, by=OUTSIDER)
    assert (pots.got(a), pots.money(pot)) == (7, (0, 0, 3))
    with pytest.raises(Refused, match="^release: nothing held$"):
        pots.place.release(pot, a, by=OUTSIDER)


def test_money_of_lapsed_admissions_is_held_by_day_and_by_epoch(world, pots):
    late, old = world.holder("late", 10, until=world.engine.today), world.holder("old", 10)
    rows = [row(late), row(old)]
    pot = pots.ready((1, 1), rows, 20)
    world.holders.raise_epoch(DOC, by=OFFICER)
    world.set_facts(late, until=world.engine.today)
    world.engine.forward(days=1)
    done = pots.pay(pot, rows)
    assert [one["why"] for one in pots.place.log(done, "DistributionHeld")] == [LAPSED] * 2
    world.set_facts(old)
    pots.place.release(pot, old, by=OUTSIDER)
    assert (pots.got(old), pots.held(pot, late)) == (10, 10)


def test_a_recovered_account_is_paid_at_its_new_wallet_by_an_old_page(world, pots):
    a = world.holder("a", 10)
    pot = pots.ready((1, 1), [row(a)], 10)
    world.recover(a, wallet("new"))
    world.recover(wallet("new"), wallet("newer"))
    pots.pay(pot, [row(a)])
    assert (pots.got(a), pots.got(wallet("new")), pots.got(wallet("newer"))) == (0, 0, 10)


def test_held_money_follows_a_recovery(world, pots):
    a = world.holder("a", 10)
    pot = pots.ready((1, 1), [row(a)], 10)
    world.holders.set_flags(a, int(Flags.FROZEN) << 239, DOC, by=OFFICER)
    pots.pay(pot, [row(a)])
    world.recover(a, wallet("new"))
    world.holders.set_flags(wallet("new"), 0, DOC, by=OFFICER)
    with pytest.raises(Refused, match="^release: no account$"):
        pots.place.release(pot, a, by=OUTSIDER)
    pots.place.release(pot, wallet("new"), by=OUTSIDER)
    assert pots.got(wallet("new")) == 10


def test_who_reinvests_has_his_money_sent_to_the_purse(world, pots):
    a = world.holder("a", 10)
    rows = [row(a, 1, REINVEST)]
    pot = pots.ready((1, 1), rows, 10)
    done = pots.pay(pot, rows)
    (told,) = pots.place.log(done, "DistributionReinvested")
    assert (told["amount"], pots.got(a), pots.got(PURSE)) == (9, 0, 9)


def test_pots_of_a_group_pay_each_account_once_between_them(world, pots):
    a, b = world.holder("a", 10), world.holder("b", 10)
    dollars = world.deploy("Cash", "Dollar", "USD", 18)
    record = pots.record()
    first = pots.declare(record, (1, 1))
    second = pots.declare(record, (2, 1), group=first, cash=dollars.address)
    pots.fund(first, 20)
    pots.fund(second, 40, dollars)
    pots.open(first, (1, 1), 20, [[row(a)]])
    pots.open(second, (2, 1), 40, [[row(a), row(b)]])
    pots.pay(first, [row(a)])
    pots.pay(second, [row(a), row(b)])
    assert (pots.got(a), dollars.ask("balanceOf", a), dollars.ask("balanceOf", b)) == (10, 0, 20)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"group": 9}, "group: another token"),
        ({"record": 0}, "record: unknown"),
        ({"record": 5}, "record: unknown"),
        ({"mode": 2}, "mode: unknown"),
        ({"purse": "0x" + "00" * 20}, "payee: missing"),
        ({"tax_office": "0x" + "00" * 20}, "payee: missing"),
        ({"cash": "0x" + "77" * 20}, "cash: no contract"),
        ({"claim_until": 1}, "times: out of order"),
        ({"claim_until": 1 << 40}, "times: out of order"),
        ({"numerator": 1 << 128}, "rate: too large"),
    ],
)
def test_terms_that_make_no_sense_are_refused(pots, changed, why):
    record = pots.record()
    assert payments.said(lambda: pots.declare(**({"record": record} | changed))) == why


def test_a_group_is_of_one_token_one_record_and_named_by_its_first(world, pots):
    record = pots.record()
    first = pots.declare(record)
    second = pots.declare(record, group=first)
    again = payments.said(lambda: pots.declare(record, group=second))
    assert again == "group: name its first"
    later = pots.record()
    assert payments.said(lambda: pots.declare(later, group=first)) == "group: another record"


def test_a_pot_needs_units_at_its_record_and_holds_at_most_112_bits(world, pots):
    pot = pots.declare(pots.record(), (1, 1))
    assert payments.said(lambda: pots.place.fund(pot, 1 << 112, by=ISSUER)) == "pot: too large"
    assert payments.said(lambda: pots.open(pot, (1, 1), 0, [[1]])) == "record: no units"
    assert payments.said(lambda: pots.place.release(9, wallet("a"), by=OUTSIDER)) == "pot: none"
    claimed = payments.said(lambda: pots.place.claim(pot, wallet("a"), 1, 0, [], by=OUTSIDER))
    assert claimed == "pot: not open"


def test_a_pot_of_claims_has_no_pages_to_finish(world, pots):
    world.holder("a", 10)
    pot = pots.declare(pots.record(), (1, 1))
    pots.fund(pot, 10)
    pots.open(pot, (1, 1), 10, claims=DOC)
    assert payments.said(lambda: pots.place.finish(pot, DOC, by=AGENT)) == "pages: none"
    nobody = payments.said(lambda: pots.place.propose_end(pot, PURSE, NOTHING, by=AGENT))
    assert nobody == "end: payee and document"


def test_a_page_follows_eight_recoveries_and_refuses_the_ninth(world, pots):
    a = world.holder("a", 10)
    pot = pots.ready((1, 1), [row(a)], 10)
    kept = world.engine.snapshot()
    lost = a
    for number in range(8):
        world.recover(lost, wallet(f"next {number}"))
        lost = wallet(f"next {number}")
    pots.pay(pot, [row(a)])
    assert pots.got(lost) == 10
    world.engine.restore(kept)
    lost = a
    for number in range(9):
        world.recover(lost, wallet(f"next {number}"))
        lost = wallet(f"next {number}")
    assert payments.said(lambda: pots.pay(pot, [row(a)])) == "wallet: replaced too often"


def test_acts_for_the_issuer_need_the_power(world, pots):
    a = world.holder("a", 10)
    pot = pots.ready((1, 1), [row(a)], 10)
    place = pots.place
    later = world.engine.seconds + 9
    terms = (
        world.token.address, 1, pots.cash.address, 0, 0, 0, 9, PURSE, TAX_OFFICE, 0, 0, DOC,
    )  # fmt: skip
    acts = [
        lambda: place.declare(NOTE, terms, by=OUTSIDER),
        lambda: place.amend(pot, 1, 1, 0, later, DOC, by=OUTSIDER),
        lambda: place.open(pot, 1, 1, 1, DOC, DOC, DOC, by=OUTSIDER),
        lambda: place.pay(pot, [row(a)], NOTHING, by=OUTSIDER),
        lambda: place.cancel(pot, DOC, by=OUTSIDER),
        lambda: place.finish(pot, DOC, by=OUTSIDER),
        lambda: place.remit_tax(pot, DOC, by=OUTSIDER),
        lambda: place.propose_end(pot, PURSE, DOC, by=OUTSIDER),
        lambda: place.confirm_end(pot, PURSE, DOC, by=AGENT),
    ]
    assert [payments.said(act) for act in acts] == ["power: not held"] * len(acts)


def test_a_pot_opens_after_the_record_with_the_declared_rate_and_enough_money(world, pots):
    world.holder("a", 10)
    world.token.announce_record(world.engine.seconds + 50, by=ISSUER)
    pot = pots.declare(1, (1, 1))
    pots.fund(pot, 10)
    assert payments.said(lambda: pots.open(pot, (1, 1), 10, [[1]])) == "record: not yet reached"
    world.engine.forward(50)
    for rate, total, pages, why in (
        ((2, 1), 10, [[1]], "rate: not the declared"),
        ((1, 0), 10, [[1]], "rate: missing"),
        ((1, 1), 11, [[1]], "pot: smaller than declared"),
        ((1, 1), 10, [], "pages: missing"),
    ):
        assert payments.said(lambda: pots.open(pot, rate, total, pages)) == why  # noqa: B023


def test_nothing_is_paid_before_its_time_or_before_the_pot_is_open(world, pots):
    a = world.holder("a", 10)
    now = world.engine.seconds
    pot = pots.declare(pots.record(), (1, 1), pays_from=now + 500)
    pots.fund(pot, 10)
    assert payments.said(lambda: pots.pay(pot, [row(a)])) == "page: not the next"
    pots.open(pot, (1, 1), 10, [[row(a)]])
    world.engine.at(now + 499)
    assert payments.said(lambda: pots.pay(pot, [row(a)])) == "pot: pays later"
    world.engine.at(now + 500)
    pots.pay(pot, [row(a)])


def test_terms_are_amended_and_the_pot_cancelled_only_while_nobody_was_paid(world, pots):
    a, b = world.holder("a", 10), world.holder("b", 10)
    pages = [[row(a)], [row(b)]]
    pot = pots.declare(pots.record(), (1, 1))
    pots.fund(pot, 50)
    pots.open(pot, (1, 1), 20, pages)
    later = world.engine.seconds + 9_000
    pots.place.amend(pot, 2, 1, 0, later, DOC, by=AGENT)
    assert payments.said(lambda: pots.pay(pot, pages[0], heads(pages)[1])) == "page: not the next"
    pots.open(pot, (2, 1), 40, pages)
    pots.pay(pot, pages[0], heads(pages)[1])
    for act in (
        lambda: pots.place.amend(pot, 1, 1, 0, later, DOC, by=AGENT),
        lambda: pots.open(pot, (2, 1), 40, pages),
        lambda: pots.place.cancel(pot, DOC, by=AGENT),
    ):
        assert payments.said(act) == "pot: paying already"
    assert (pots.got(a), pots.got(PURSE)) == (20, 0)


def test_a_cancelled_pot_gives_everything_back_and_pays_nobody(world, pots):
    a = world.holder("a", 10)
    pot = pots.ready((1, 1), [row(a)], 10)
    assert "document" in payments.said(lambda: pots.place.cancel(pot, NOTHING, by=AGENT))
    done = pots.place.cancel(pot, DOC, by=AGENT)
    assert pots.place.log(done, "DistributionEnded")[0]["how"] == CANCELLED
    assert (pots.got(PURSE), pots.money(pot)) == (10, (0, 0, 0))
    for act in (
        lambda: pots.pay(pot, [row(a)]),
        lambda: pots.fund(pot, 1),
        lambda: pots.place.cancel(pot, DOC, by=AGENT),
    ):
        assert payments.said(act) == "pot: ended"


def test_dust_goes_back_when_every_page_is_paid(world, pots):
    a = world.holder("a", 10)
    pot = pots.ready((1, 3), [row(a)], 100)
    pots.pay(pot, [row(a)])
    done = pots.place.finish(pot, DOC, by=AGENT)
    assert pots.place.log(done, "DistributionEnded")[0]["how"] == FINISHED
    assert (pots.got(a), pots.got(PURSE)) == (3, 97)


def test_unclaimed_money_leaves_after_its_time_by_two_persons_and_is_told(world, pots):
    a = world.holder("a", 10)
    pot = pots.ready((1, 1), [row(a)], 12)
    world.holders.set_flags(a, int(Flags.FROZEN) << 239, DOC, by=OFFICER)
    pots.pay(pot, [row(a)])
    pots.place.propose_end(pot, ESCHEAT, DOC, by=AGENT)
    confirm = lambda by: lambda: pots.place.confirm_end(pot, ESCHEAT, DOC, by=by)  # noqa: E731
    assert payments.said(confirm(OFFICER)) == "end: claims still run"
    world.engine.forward(days=payments.CLAIM_DAYS + 1)
    assert payments.said(confirm(AGENT)) == "power: not held"
    other = payments.said(lambda: pots.place.confirm_end(pot, PURSE, DOC, by=OFFICER))
    assert other == "end: not the proposed"
    done = pots.place.confirm_end(pot, ESCHEAT, DOC, by=OFFICER)
    assert pots.place.log(done, "DistributionEnded")[0]["how"] == UNCLAIMED
    assert (pots.got(ESCHEAT), pots.money(pot)) == (12, (0, 0, 0))
    assert payments.said(lambda: pots.place.release(pot, a, by=OUTSIDER)) == "pot: ended"


def test_one_person_with_both_powers_cannot_end_a_pot_alone(world, pots):
    a = world.holder("a", 10)
    pot = pots.ready((1, 1), [row(a)], 12)
    world.token.grant(AGENT, payments.BOTH, by=ISSUER)
    world.engine.forward(days=2)
    pots.place.propose_end(pot, PURSE, DOC, by=AGENT)
    alone = lambda: pots.place.confirm_end(pot, PURSE, DOC, by=AGENT)  # noqa: E731
    assert payments.said(alone) == "end: second person needed"
    pots.place.confirm_end(pot, PURSE, DOC, by=OFFICER)
    assert pots.got(PURSE) == 12
