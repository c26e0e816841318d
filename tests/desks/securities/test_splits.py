"""Splits: announced, run account by account, taken back while nothing was scaled, gone on with."""

from fractions import Fraction

import pytest

from freehold.chain.contracts import call
from freehold.core.errors import Invalid
from freehold.core.grounds import Ground, Grounds
from freehold.desks import parties
from freehold.desks.office import now_on_chain
from freehold.desks.outbox import carrying, orders
from freehold.desks.outbox.carrying import Asked
from freehold.desks.outbox.orders import Ended
from freehold.desks.register import registers
from freehold.desks.securities import splits, transfers
from freehold.desks.securities.splits import SplitRequest
from freehold.desks.securities.transfers import TransferRequest

DOCUMENT = b"\x04" * 32
GROUNDS = Grounds(Ground.ISSUER_DECISION, DOCUMENT)


@pytest.fixture(scope="module")
def company(shared_company):
    return shared_company


def announce(office, named, up, down, key):
    asked = SplitRequest(named, up, down, DOCUMENT, key)
    return splits.announce(office, orders.agent(office), asked)


def run(office, named):
    return splits.run(office, orders.agent(office), None, named)


def cancel(office, named, key):
    return splits.cancel(office, orders.agent(office), None, named, GROUNDS, key)


def held(office, named):
    return registers.holdings_on(office, None, now_on_chain(office).date())[named]


def test_an_announced_split_halts_and_every_account_is_scaled_once(company):
    before = held(company, "series-a")
    assert splits.status(company, None, "series-a").state == "none"
    begun = announce(company, "series-a", 3, 1, "one")
    assert (begun.act.ended, begun.status.state) == (Ended.DONE, "announced")
    assert (begun.status.left, begun.status.scaled) == (len(before), 0)
    seller, buyer = list(before)[:2]
    asked = TransferRequest("series-a", seller, buyer, 1, "halted")
    assert transfers.ask(company, asked).code == 100
    ended = run(company, "series-a")
    assert (ended.act.ended, ended.status.state, ended.status.left) == (Ended.DONE, "finished", 0)
    assert held(company, "series-a") == {who: 3 * units for who, units in before.items()}
    assert ended.status.fractions == {}
    assert registers.verify(company).ok
    again = run(company, "series-a")
    assert (again.act.ended, "no split is announced" in again.act.reason) == (Ended.REFUSED, True)


def test_fractions_are_rounded_down_and_reported(company):
    before = held(company, "common")
    announce(company, "common", 2, 7, "two")
    ended = run(company, "common")
    assert ended.act.ended is Ended.DONE
    assert held(company, "common") == {who: units * 2 // 7 for who, units in before.items()}
    lost = sum(Fraction(units * 2 % 7, 7) for units in before.values())
    assert sum(ended.status.fractions.values()) == lost > 0
    assert registers.verify(company).ok


def test_a_split_can_be_taken_back_before_it_begins_and_then_no_more(company):
    before = held(company, "series-seed")
    announce(company, "series-seed", 2, 1, "back")
    assert cancel(company, "series-seed", "back").status.state == "cancelled"
    assert cancel(company, "series-seed", "twice").act.ended is Ended.REFUSED
    announce(company, "series-seed", 2, 1, "forth")
    _scale_one(company, next(iter(before)))
    found = cancel(company, "series-seed", "late")
    assert (found.act.ended, found.status.state) == (Ended.REFUSED, "running")
    assert "split: pages have begun" in found.act.reason
    assert run(company, "series-seed").status.state == "finished"
    assert held(company, "series-seed") == {who: 2 * units for who, units in before.items()}
    assert registers.verify(company).ok


def _scale_one(office, who):
    """As a run that was killed after its first account."""
    owner, instrument = parties.instrument(office, None, "series-seed")
    data = call("SecurityToken", "split_page", [parties.party(office, owner, who).wallet])
    asked = Asked(office.keys.agent, instrument.token, data, "scale", "killed")
    carrying.carry_out(office, "killed", [asked])


def test_a_ratio_that_is_none_is_refused(company):
    with pytest.raises(Invalid, match="a split of 0 for 2 is none"):
        announce(company, "common", 0, 2, "zero")
