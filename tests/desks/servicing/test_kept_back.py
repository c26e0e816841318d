"""Money of whoever changed his address lately waits in the pot under his account, and goes out in time."""

from datetime import timedelta

import pytest

from freehold.book import registrations
from freehold.chain import coins
from freehold.core.actions.life import State
from freehold.core.clock import from_seconds
from freehold.core.errors import Conflict
from freehold.desks import parties
from freehold.desks.agent import recordkeeping
from freehold.desks.office import now_on_chain
from freehold.desks.outbox import orders
from freehold.desks.servicing import (
    actions,
    claiming,
    holding,
    kept_back,
    paying,
    pots,
    processing,
    servicing,
    taxes,
    unclaimed,
)
from freehold.desks.servicing.kept_back import Why
from tests import paying as world
from tests.desks.servicing.test_cash_from_chain import AGENT, stands
from tests.desks.servicing.test_options import holders_of


def moved(office, holder, until):
    owner = parties.owner(office, None)
    with office.book.transaction() as tx:
        now = now_on_chain(office)
        registrations.move(tx, owner.id, holder, ("1 Road",), None, "agent", now)
        return registrations.move(tx, owner.id, holder, ("2 Road",), until, "agent", now)


def test_a_payment_after_a_change_of_address_waits_and_the_worker_pays_it_when_the_hold_ends(
    company,
):
    agent, coin = orders.agent(company), world.a_coin(company)
    actions.announce(company, agent, world.terms(company, "div", coin))
    first, second, third, *_ = holders_of(company)
    payment = actions.show(company, "div").terms.payment
    later, last = payment + timedelta(days=5), payment + timedelta(days=8)
    moved(company, first, later)
    moved(company, second, last)
    lifted = moved(company, third, last)
    with company.book.transaction() as tx:
        registrations.lift_hold(tx, lifted, "agent", now_on_chain(company))
    world.pass_by(company, "div")
    plan, parts = actions.preview(company, "div")
    due = {one.account: one.net for one in parts}
    paying.fund(company, agent, "div")
    assert paying.pay(company, agent, "div").reason == ""

    of = servicing.case(company, "div")
    wallets = world.wallets(company)
    number = {
        one: parties.party(company, of.owner, one).facts.account for one in (first, second, third)
    }

    def has(holder):
        return coins.balance(company.w3, coin, wallets[number[holder]])

    assert actions.show(company, "div").state is State.PAYING
    assert (has(first), has(second), has(third)) == (0, 0, due[number[third]])
    kept = {one.account: (one.until, one.net) for one in holding.waiting(company, of)}
    assert kept == {
        number[first]: (later, due[number[first]]),
        number[second]: (last, due[number[second]]),
    }
    unspent, _, _ = pots.money(company, pots.numbers(of)[""])
    assert unspent == due[number[first]] + due[number[second]]
    stands(company)
    with pytest.raises(Conflict, match="is paying"):
        paying.reconcile(company, agent, "div")
    processing.advance_due(company)
    assert from_seconds(pots.next_hold(company, of)) == later
    assert processing.advance_due(company) == 0  # not before its day

    world.pass_to(company, later)
    assert processing.advance_due(company) == 1
    assert processing.advance_due(company) == 0
    assert paying.pay(company, agent, "div").reason == ""
    assert (has(first), has(second)) == (due[number[first]], 0)
    world.pass_to(company, last)
    assert paying.pay(company, agent, "div").reason == ""
    assert has(second) == due[number[second]]
    assert paying.reconcile(company, agent, "div").paid == plan.money
    assert paying.close(company, agent, "div").reason == ""
    assert holding.waiting(company, servicing.case(company, "div")) == []


def test_money_of_the_lost_is_held_until_each_is_found_whoever_is_found_first(company):
    agent, coin = orders.agent(company), world.a_coin(company)
    actions.announce(company, agent, world.terms(company, "div", coin, top='tax = "US"\n'))
    first, second, third, *_ = holders_of(company)
    owner = parties.owner(company, None)
    day = company.clock.now().date()
    entries = {
        one: recordkeeping.lose(company, AGENT, owner.id, one, day) for one in (first, second)
    }
    world.pass_by(company, "div")
    _, parts = actions.preview(company, "div")
    due = {one.account: one for one in parts}
    number = {
        one: parties.party(company, owner, one).facts.account for one in (first, second, third)
    }
    paying.fund(company, agent, "div")
    assert paying.pay(company, agent, "div").reason == ""
    wallets = world.wallets(company)

    def has(holder):
        return coins.balance(company.w3, coin, wallets[number[holder]])

    assert (has(first), has(second), has(third)) == (0, 0, due[number[third]].net)
    rows = {one.holder: (one.why, one.amount) for one in kept_back.kept(company, AGENT, None)}
    assert rows == {one: (Why.LOST, due[number[one]].net) for one in (first, second)}
    proof = paying.reconcile(company, agent, "div")
    assert proof.held == due[number[first]].net + due[number[second]].net
    with pytest.raises(Conflict, match="is written down as lost"):
        paying.release(company, agent, "div", number[first])
    with pytest.raises(Conflict, match="is written down as lost"):
        claiming.claim(company, agent, "div", first)
    assert paying.close(company, agent, "div").reason == ""
    stands(company)

    recordkeeping.found(company, AGENT, entries[second])
    assert {one.holder: one.why for one in kept_back.kept(company, AGENT, None)} == {
        first: Why.LOST,
        second: Why.CLEARED,
    }
    assert paying.release(company, agent, "div", number[second]).reason == ""
    assert (has(first), has(second)) == (0, due[number[second]].net)
    stands(company)
    _, statements = taxes.action_statements(company, AGENT, None, "div")
    told = {one.account for _, paid in statements for one in paid}
    assert told == due.keys() - {number[first]}, "what is not paid is on no statement"
    world.pass_to(company, actions.show(company, "div").terms.claim_until)
    (left,) = unclaimed.left(company, AGENT, None)
    assert (left.holder, left.amount) == (first, due[number[first]].gross)
