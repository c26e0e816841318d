"""Sales as holders instruct them: refused with the reason and the day, or done."""

from datetime import timedelta

import pytest

from freehold.core import clock
from freehold.core.errors import NotFound
from freehold.core.policy.starter import HolderClass
from freehold.core.reasons import message_for
from freehold.desks.office import now_on_chain, set_clock
from freehold.desks.onboarding import holders
from freehold.desks.onboarding.holders import MarkRequest
from freehold.desks.outbox import orders
from freehold.desks.register import registers
from freehold.desks.securities import transfers
from freehold.desks.securities.transfers import TransferRequest

SELLER, ABROAD, FUND = "priya-raman", "jonas-keller", "northgate-seed"


def sale(units, key, to=ABROAD, **given):
    return TransferRequest("common", SELLER, to, units, key, **given)


def sell(office, units, key, to=ABROAD, **given):
    return transfers.transfer(office, orders.agent(office), sale(units, key, to, **given))


def travel(office, day):
    set_clock(office, clock.day_number(day) * clock.DAY_SECONDS + 3_600)
    office.w3.provider.make_request("evm_mine", [])


def held(office):
    return registers.holdings_on(office, None, now_on_chain(office).date())["common"]


def test_a_refusal_has_its_code_its_sentence_and_the_day_on_which_it_passes(company):
    before = held(company)
    found = sell(company, 60_000, "one")
    assert (found.allowed, found.code, found.instruction) == (False, 140, None)
    assert found.reason == message_for(140) != ""
    assert str(found.passes_on) == "2025-02-02"
    assert held(company) == before


def test_what_is_refused_the_day_before_passes_on_the_day_itself(company):
    passes_on = sell(company, 60_000, "one").passes_on
    travel(company, passes_on - timedelta(days=1))
    assert sell(company, 60_000, "two").code == 140
    travel(company, passes_on)
    before = held(company)
    found = sell(company, 60_000, "three")
    assert (found.allowed, found.passes_on) == (True, None)
    assert found.instruction.mined_hash
    after = held(company)
    assert (after[SELLER], after[ABROAD]) == (before[SELLER] - 60_000, before[ABROAD] + 60_000)


def test_units_that_are_free_already_go_at_once(company):
    assert sell(company, 50_000, "free").allowed


def test_the_same_key_sells_once(company):
    first = sell(company, 50_000, "once")  # all that is free: the rest would be refused
    before = held(company)
    assert sell(company, 50_000, "once").instruction.id == first.instruction.id
    assert held(company) == before


def test_somebody_who_is_classed_accredited_may_buy_restricted_units(company):
    assert sell(company, 60_000, "early", FUND).code != 0
    seen = MarkRequest(FUND, "seen", of_class=HolderClass.ACCREDITED)
    assert not holders.mark(company, orders.agent(company), seen).refused
    assert sell(company, 60_000, "now", FUND).allowed
    assert registers.verify(company).ok


def test_more_than_the_holder_has_is_refused_without_a_day(company):
    found = sell(company, 10**9, "much")
    assert found.code != 0
    assert found.passes_on is None


@pytest.mark.parametrize(
    ("seller", "buyer", "named"),
    [("zoe", ABROAD, "common"), (SELLER, "zoe", "common"), (SELLER, ABROAD, "series-z")],
)
def test_an_unknown_name_is_told_so(company, seller, buyer, named):
    with pytest.raises(NotFound, match="zoe|series-z"):
        transfers.ask(company, TransferRequest(named, seller, buyer, 1, "nobody"))
