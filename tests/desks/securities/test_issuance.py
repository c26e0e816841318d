"""Units come into being and end by an act of a power, each once, restricted ones with their clocks."""

import pytest

from freehold.core.errors import Conflict, Invalid
from freehold.core.grounds import Ground, Grounds
from freehold.core.reasons import Reason
from freehold.desks.office import now_on_chain
from freehold.desks.outbox import orders
from freehold.desks.outbox.orders import Ended
from freehold.desks.register import registers
from freehold.desks.securities import issuance
from freehold.desks.securities.issuance import IssueRequest, RedeemRequest

GROUNDS = Grounds(Ground.REPURCHASE, b"\x01" * 32)
HOLDER = "jonas-keller"


@pytest.fixture(scope="module")
def company(shared_company):
    return shared_company


def row(office, named="Jonas Keller"):
    (report,) = registers.registers(office, None, "common")
    return next((one for one in report.rows if one.holder == named), None)


def issue(office, units, key, exemption="", acting=orders.agent, **given):
    asked = IssueRequest("common", ((HOLDER, units),), key, exemption=exemption)
    return issuance.issue(office, acting(office), asked, **given)


def redeem(office, units, key, **given):
    asked = RedeemRequest("common", HOLDER, units, GROUNDS, key)
    return issuance.redeem(office, orders.agent(office), asked, **given)


def test_free_units_are_issued_once_under_a_key(company):
    before = row(company)
    done = issue(company, 500, "one")
    assert (done.ended, done.code, len(done.instructions)) == (Ended.DONE, 0, 1)
    assert issue(company, 500, "one").instructions == done.instructions
    assert (int(row(company).units), row(company).lots) == (int(before.units) + 500, before.lots)
    assert registers.verify(company).ok


def test_the_same_key_with_another_amount_is_a_conflict(company):
    issue(company, 500, "conflict")
    with pytest.raises(Conflict, match="use a new idempotency key for a new act"):
        issue(company, 501, "conflict")


def test_an_exempted_issue_is_a_lot_acquired_today_that_is_not_free_for_a_year(company):
    today, before = now_on_chain(company).date(), row(company).lots
    assert issue(company, 300, "restricted", "Regulation D, Rule 506(b)").ended is Ended.DONE
    assert issue(company, 200, "more", "Reg D").ended is Ended.DONE
    (lot,) = set(row(company).lots) - set(before)
    assert (lot.units, lot.acquired) == ("500", today.isoformat())
    assert lot.free_from == today.replace(year=today.year + 1, day=today.day + 1).isoformat()
    assert registers.verify(company).ok


def test_an_exemption_that_nobody_knows_sends_nothing(company):
    before = company.w3.eth.block_number
    with pytest.raises(Invalid, match="'Rule 9' names none of Regulation D"):
        issue(company, 300, "unknown", "Rule 9")
    assert company.w3.eth.block_number == before


def test_more_than_authorised_is_refused_with_the_contracts_words_and_costs_nothing(company):
    before = company.w3.eth.block_number
    for exemption in ("", "Reg S"):
        found = issue(company, 10**9, f"much {exemption}", exemption)
        assert (found.ended, found.code) == (Ended.REFUSED, 0)
        assert "units: more than authorised" in found.reason
    assert company.w3.eth.block_number == before


def test_whoever_lacks_the_power_is_refused_by_its_name(company):
    found = issue(company, 5, "second", acting=orders.second)
    assert (found.ended, found.code) == (Ended.REFUSED, Reason.POWER_NOT_PERMITTED)
    assert found.reason.startswith("second (0x")
    assert found.reason.endswith("does not hold the power ISSUE")


def test_a_dry_run_says_what_would_happen_and_sends_nothing(company):
    before = company.w3.eth.block_number
    assert issue(company, 5, "dry", dry_run=True).ended is Ended.TRIED
    assert issue(company, 5, "dry", "Reg S", dry_run=True).ended is Ended.TRIED
    assert redeem(company, 5, "dry", dry_run=True).ended is Ended.TRIED
    assert company.w3.eth.block_number == before


def test_units_are_redeemed_and_more_than_there_are_is_refused_with_its_code(company):
    issue(company, 500, "first")
    before = int(row(company).units)
    assert redeem(company, 200, "one").ended is Ended.DONE
    assert int(row(company).units) == before - 200
    found = redeem(company, before, "two")
    assert (found.ended, found.code) == (Ended.REFUSED, 101)
    assert found.reason
    assert registers.verify(company).ok
