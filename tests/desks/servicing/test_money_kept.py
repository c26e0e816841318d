"""Money that is kept under holders' names says why it is, and goes out once nothing stands against it."""

from datetime import timedelta

import pytest

from freehold.core.errors import NotPermitted
from freehold.desks import parties, permits
from freehold.desks.outbox import orders
from freehold.desks.servicing import actions, events, kept_back, paying, servicing
from freehold.desks.servicing.kept_back import Why
from tests import paying as world
from tests.desks.servicing.test_cash_from_chain import AGENT
from tests.desks.servicing.test_kept_back import moved
from tests.desks.servicing.test_options import holders_of


def test_each_kept_payment_says_why_and_is_released_once_it_is_cleared(company):
    agent, coin = orders.agent(company), world.a_coin(company)
    actions.announce(company, agent, world.terms(company, "div", coin))
    first, second, *_ = holders_of(company)
    until = actions.show(company, "div").terms.payment + timedelta(days=5)
    moved(company, first, until)
    world.pass_by(company, "div")
    paying.fund(company, agent, "div")
    world.stop(company, second)
    assert paying.pay(company, agent, "div").reason == ""
    _, parts = actions.preview(company, "div")
    net = {one.account: one.net for one in parts}
    owner = servicing.case(company, "div").owner
    number = {one: parties.party(company, owner, one).facts.account for one in (first, second)}

    def kept():
        return {
            one.holder: (one.why, one.amount, one.until)
            for one in kept_back.kept(company, AGENT, None)
        }

    assert kept() == {
        first: (Why.ADDRESS, net[number[first]], until),
        second: (Why.BLOCKED, net[number[second]], None),
    }

    def became():
        found = events.entitlements(company, AGENT, "div").rows
        return {one.holder: (one.became, one.held) for one in found if one.holder == second}

    assert became() == {second: (events.HELD, net[number[second]])}
    with pytest.raises(NotPermitted):
        kept_back.kept(company, permits.operator(), None)
    world.stop(company, second, stopped=False, key="go")
    assert kept()[second][0] is Why.CLEARED
    assert paying.release(company, agent, "div", number[second]).reason == ""
    assert set(kept()) == {first} and became() == {second: (events.PAID, 0)}
    world.pass_to(company, until)
    assert paying.pay(company, agent, "div").reason == ""
    assert kept() == {}
