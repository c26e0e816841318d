"""A lost wallet: one person proposes, another confirms after the delay, holdings stay where they are."""

from datetime import timedelta

import pytest

from freehold.core.clock import to_seconds
from freehold.core.grounds import Ground, Grounds
from freehold.core.ids import checksummed
from freehold.desks.office import now_on_chain, set_clock
from freehold.desks.onboarding import holders
from freehold.desks.outbox import orders
from freehold.desks.outbox.orders import Ended
from freehold.desks.register import registers
from freehold.desks.securities import recoveries, transfers
from freehold.desks.securities.recoveries import ProposeRequest
from freehold.desks.securities.transfers import TransferRequest

GROUNDS = Grounds(Ground.LOST_WALLET, b"\x03" * 32)
HOLDER = "priya-raman"


def wallet(number):
    return checksummed(f"0x{0xCD00 + number:040x}")


NEW = wallet(0)


@pytest.fixture(scope="module")
def company(shared_company):
    return shared_company


def propose(office, key="one", wallet=NEW, holder=HOLDER):
    asked = ProposeRequest(holder, GROUNDS, f"{holder} {key}", wallet=wallet)
    return recoveries.propose(office, orders.agent(office), asked)


def confirm(office, acting=orders.second, holder=HOLDER):
    return recoveries.confirm(office, acting(office), None, holder)


def wait(office, **by):
    set_clock(office, to_seconds(now_on_chain(office) + timedelta(**by)))
    office.w3.provider.make_request("evm_mine", [])


def test_two_persons_and_the_delay_move_the_account_to_the_new_wallet(company):
    before = holders.holder(company, None, HOLDER)
    done = propose(company)
    assert done.act.ended is Ended.DONE
    assert done.open.proposer == company.keys.agent.address
    assert done.open.effective == now_on_chain(company) + timedelta(days=3)
    assert "a second person with the power CONFIRM confirms it from" in done.waits_for
    early = confirm(company)
    assert (early.act.ended, "delay still runs" in early.act.reason) == (Ended.REFUSED, True)
    assert early.open == done.open
    wait(company, days=3)
    assert recoveries.recoveries(company, None)[0].due
    late = confirm(company)
    assert (late.act.ended, late.open, late.wallet) == (Ended.DONE, None, NEW)
    after = holders.holder(company, None, HOLDER)
    assert (after.account, after.holdings) == (before.account, before.holdings)
    assert (after.wallet, after.admitted_with) == (NEW, before.wallet)
    asked = TransferRequest("common", HOLDER, "jonas-keller", 10, "after")
    assert transfers.transfer(company, orders.agent(company), asked).allowed
    assert registers.verify(company).ok


def test_the_proposer_cannot_confirm(company):
    propose(company, wallet=wallet(1), holder="jonas-keller")
    wait(company, days=4)
    found = confirm(company, orders.agent, "jonas-keller")
    assert (found.act.ended, found.act.code) == (Ended.REFUSED, 200)
    assert "does not hold the power CONFIRM" in found.act.reason
    assert found.open


def test_a_proposal_can_be_withdrawn_and_made_again(company):
    propose(company, wallet=wallet(2), holder="alpenrand")
    done = recoveries.cancel(company, orders.agent(company), None, "alpenrand", "stop")
    assert (done.act.ended, done.open, done.waits_for) == (Ended.DONE, None, "")
    waiting = [one.holder for one in recoveries.recoveries(company, None)]
    assert "alpenrand" not in waiting
    again = recoveries.cancel(company, orders.agent(company), None, "alpenrand", "stop twice")
    assert (again.act.ended, "none proposed" in again.act.reason) == (Ended.REFUSED, True)
    assert propose(company, "two", wallet(3), "alpenrand").open.new_wallet == wallet(3)


@pytest.mark.parametrize("wallet", ["own", "another"])
def test_a_wallet_that_is_in_use_is_refused(company, wallet):
    named = "tobias-brandt" if wallet == "own" else "jonas-keller"
    used = holders.holder(company, None, named).wallet
    found = propose(company, wallet, used, "tobias-brandt")
    assert (found.act.ended, found.open) == (Ended.REFUSED, None)
    assert "new wallet: not fresh" in found.act.reason


def test_without_a_wallet_the_agent_keeps_a_fresh_key(company):
    found = propose(company, wallet=None, holder="wei-ling-tan")
    used = {one.wallet for one in holders.holders(company, None)}
    assert found.open.new_wallet not in used
    assert propose(company, wallet=None, holder="wei-ling-tan").open == found.open
