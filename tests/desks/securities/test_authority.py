"""Powers are granted and revoked in the open, after the delay."""

from datetime import timedelta

import pytest

from freehold.core.clock import to_seconds
from freehold.core.errors import Invalid
from freehold.core.ids import checksummed
from freehold.core.powers import ALL_POWERS, NO_POWERS, Powers
from freehold.desks.office import now_on_chain, set_clock
from freehold.desks.outbox import orders
from freehold.desks.outbox.orders import Ended
from freehold.desks.securities import authority
from freehold.desks.securities.authority import PowersRequest

WHO = checksummed("0x" + "ef" * 20)


@pytest.fixture(scope="module")
def company(shared_company):
    return shared_company


def change(office, powers, key, granted=True, acting=orders.agent, who=WHO, **given):
    asked = PowersRequest(who, powers, granted, key, **given)
    return authority.change(office, acting(office), asked)


def wait(office, **by):
    set_clock(office, to_seconds(now_on_chain(office) + timedelta(**by)))
    office.w3.provider.make_request("evm_mine", [])


def test_agent_and_second_person_hold_what_they_were_given(company):
    found = authority.powers(company, None, "register")
    held = {one.called: one.powers for one in found}
    assert held["agent"] == ALL_POWERS & ~Powers.CONFIRM
    assert held["second"] == Powers.CONFIRM | Powers.GRANT
    assert held["registry face"]
    assert {one.over for one in authority.powers(company, None)} == {
        "register", "common", "series-a", "series-seed",
    }  # fmt: skip


def test_a_grant_takes_effect_after_the_delay_and_can_be_revoked(company):
    done = change(company, Powers.FREEZE | Powers.HALT, "one", instrument="common")
    assert (done.act.ended, done.holding.powers) == (Ended.DONE, NO_POWERS)
    assert done.holding.announced == Powers.FREEZE | Powers.HALT
    assert done.holding.effective == now_on_chain(company) + timedelta(days=2)
    more = change(company, Powers.RECORD, "two", instrument="common")
    assert more.holding.announced == Powers.FREEZE | Powers.HALT | Powers.RECORD
    wait(company, days=2)
    now = next(one for one in authority.powers(company, None, "common") if one.who == WHO)
    assert (now.powers, now.announced) == (Powers.FREEZE | Powers.HALT | Powers.RECORD, None)
    less = change(company, Powers.HALT, "three", granted=False, instrument="common")
    assert less.holding.announced == Powers.FREEZE | Powers.RECORD
    wait(company, days=2)
    change(company, Powers.FREEZE | Powers.RECORD, "four", granted=False, instrument="common")
    wait(company, days=2)
    assert WHO not in {one.who for one in authority.powers(company, None, "common")}


def test_ones_own_powers_are_given_up_at_once(company):
    agent = company.keys.agent.address
    done = change(company, Powers.VENUE, "own", granted=False, who=agent)
    assert done.holding.announced is None
    assert Powers.VENUE not in done.holding.powers


def test_powers_are_over_the_register_unless_an_instrument_is_named(company):
    assert change(company, Powers.ADMIT, "over").holding.over == "register"


def test_no_power_is_no_change(company):
    with pytest.raises(Invalid, match="no power is named"):
        change(company, NO_POWERS, "none")
