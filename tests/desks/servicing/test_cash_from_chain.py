"""Money of pots comes into the cash book from the contract's own events: book and chain are equal."""

import shutil
from dataclasses import replace

import pytest

from freehold.book import issuers
from freehold.chain import node
from freehold.core.cash_pots import Pot
from freehold.core.cashbook import Account, BankLeg, Kind
from freehold.core.errors import Conflict, Invalid, NotPermitted
from freehold.desks import parties, permits
from freehold.desks.approvals import payments
from freehold.desks.office import now_on_chain
from freehold.desks.outbox import orders
from freehold.desks.servicing import (
    actions,
    cash_from_chain,
    cashbook,
    paying,
    reconciling,
    servicing,
)
from tests import paying as world
from tests.company import office_of

AGENT = permits.keyholder("alex")


@pytest.fixture
def agent(company):
    return orders.agent(company)


@pytest.fixture
def coin(company):
    return world.a_coin(company)


def stands(office, code="EUR"):
    """What is on each account, once the chain was followed and every place agrees with it."""
    found = reconciling.reconcile(office, AGENT, None)
    assert found.clean, [one.found.sentence(6) for one in found.open]
    assert cash_from_chain.follow(office, None) == 0
    ((trial, _),) = cashbook.trial_balances(office, AGENT, None, code)
    return {one.account: one.debit - one.credit for one in trial.lines}


def announced(office, agent, coin, **given):
    actions.announce(office, agent, world.terms(office, "div", coin, **given))
    world.pass_by(office, "div")
    plan, parts = actions.preview(office, "div")
    assert paying.fund(office, agent, "div", plan.money + 7).reason == ""
    return plan, parts, Pot(servicing.distribution(office), 1)


def test_a_payment_with_tax_held_money_release_and_dust_is_in_the_book_to_the_cent(
    company, agent, coin
):
    own = agent.signer.address
    plan, parts, pot = announced(company, agent, coin, top='tax = "US"\n')
    found = stands(company)
    assert found[pot.unspent] == plan.money + 7
    assert found[Account(Kind.OUTSIDE, own)] == -plan.money - 7
    cashbook.add_place(company, AGENT, None, "EUR", Kind.CASH, own)  # its past comes with it
    first = stands(company)
    assert first[Account(Kind.CASH, own)] == world.PLENTY - plan.money - 7
    assert Account(Kind.OUTSIDE, own) not in first
    assert Account(Kind.OUTSIDE, pot.contract) not in first

    holder, account = next(
        (one.id, parties.party(company, servicing.case(company, "div").owner, one.id).facts.account)
        for one in _holders(company)
        if one.id != "treasury"
    )
    mine = next(one for one in parts if one.account == account)
    world.stop(company, holder)
    assert paying.pay(company, agent, "div").reason == ""
    paid = stands(company)
    withheld = sum(one.withheld for one in parts)
    assert withheld > 0
    assert (paid[pot.unspent], paid[pot.held], paid[pot.tax]) == (7, mine.net, withheld)
    assert paid[Account(Kind.HOLDERS)] == plan.money - withheld - mine.net

    world.stop(company, holder, stopped=False, key="go")
    assert paying.release(company, agent, "div", account).reason == ""
    released = stands(company)
    assert pot.held not in released
    assert released[Account(Kind.HOLDERS)] == plan.money - withheld
    paying.reconcile(company, agent, "div")
    assert paying.close(company, agent, "div").reason == ""
    closed = stands(company)
    assert not {pot.unspent, pot.held, pot.tax} & closed.keys()
    waits = Account(Kind.TAX, own)
    assert closed[Account(Kind.CASH, own)] == world.PLENTY - plan.money
    assert closed[waits] == withheld, "the authority does not have what the agent has"
    assert not [one for one in closed if one.kind is Kind.AUTHORITY]
    texts = {one.entry.text for one in cashbook.journal(company, AGENT, None, "EUR")[0]}
    assert {"pot 1: tax remitted", "pot 1: dust returned"} <= texts
    _remitted(company, own, withheld)
    after = stands(company)
    assert (after[Account(Kind.AUTHORITY, "IRS")], after.get(waits)) == (withheld, None)
    assert after[Account(Kind.CASH, own)] == world.PLENTY - plan.money + withheld


def _remitted(office, wallet, amount):
    """Two persons say that the tax office has its tax, which was paid out of another account."""
    owner = parties.owner(office, None)
    day = now_on_chain(office).date()
    more = BankLeg(owner.id, "EUR", wallet, -amount - 1, "IRS", Kind.AUTHORITY, "EFTPS 1", day)
    with pytest.raises(Conflict, match="waits"):
        payments.propose_payment(office, AGENT, more)
    with pytest.raises(Invalid, match="stands against authority"):
        payments.propose_payment(office, AGENT, replace(more, against=Kind.OUTSIDE))
    with pytest.raises(Conflict, match="send them first"):
        at = replace(more, amount=-amount, payee=wallet[:-4] + "0001")
        payments.propose_payment(office, AGENT, at)
    payments.propose_payment(office, AGENT, replace(more, amount=-amount))
    with pytest.raises(NotPermitted, match="another person"):
        payments.release_payment(office, AGENT, None, "EFTPS 1")
    assert stands(office)[Account(Kind.TAX, wallet)] == amount
    payments.release_payment(office, permits.keyholder("bo"), None, "EFTPS 1")


def test_a_cancelled_pot_and_one_that_two_persons_end_leave_nothing_behind(company, agent, coin):
    plan, _, pot = announced(company, agent, coin)
    assert paying.cancel(company, agent, "div").reason == ""
    assert not {pot.unspent, pot.held, pot.tax} & stands(company).keys()
    texts = [one.entry.text for one in cashbook.journal(company, AGENT, None, "EUR")[0]]
    assert texts == ["pot 1 funded", "pot 1: cancelled"]
    assert plan.money > 0


def test_what_a_reorganisation_took_is_evened_out(company_home, tmp_path):
    """The ledger's files are put back as they were before the pot was funded, as a fork that lost."""
    before = tmp_path / "before"
    with office_of(company_home) as office:
        coin = world.a_coin(office)
        actions.announce(office, orders.agent(office), world.terms(office, "div", coin))
        world.pass_by(office, "div")
        servicing.distribution(office)
    node.stop(company_home)
    shutil.copytree(company_home, before, ignore=shutil.ignore_patterns("*.sock*"))
    with office_of(company_home) as office:
        agent = orders.agent(office)
        plan, _ = actions.preview(office, "div")
        paying.fund(office, agent, "div", plan.money)
        stands(office)
        cashbook.add_place(office, AGENT, None, "EUR", Kind.CASH, agent.signer.address)
        pot = Pot(servicing.distribution(office), 1)
        assert stands(office)[pot.unspent] == plan.money
    node.stop(company_home)
    for name in ("chain", "index.db"):
        _put_back(before / name, company_home / name)
    with office_of(company_home) as office:
        assert cash_from_chain.follow(office, None) == 2  # the coin's log and the pot's event
        after = stands(office)
        assert pot.unspent not in after
        assert after[Account(Kind.CASH, orders.agent(office).signer.address)] == world.PLENTY
        gone = [one.entry for one in cashbook.journal(office, AGENT, None, "EUR")[0]]
        assert all(one.text.startswith("no longer on the chain: ") for one in gone[-2:])


def _put_back(kept, place):
    if kept.is_dir():
        shutil.rmtree(place)
        shutil.copytree(kept, place)
    else:
        shutil.copy(kept, place)
        for rest in ("-wal", "-shm"):
            (place.parent / (place.name + rest)).unlink(missing_ok=True)


def test_money_that_a_pot_lost_is_a_break_until_somebody_explains_it(company, agent, coin):
    plan, _, pot = announced(company, agent, coin)
    assert stands(company)[pot.unspent] == plan.money + 7
    cashbook.reverse(company, AGENT, None, "1", "taken for a mistake")
    (known,) = reconciling.reconcile(company, AGENT, None).open
    assert (known.found.account, known.found.amount) == (pot.unspent, plan.money + 7)


def _holders(office):
    with office.book.reading() as tx:
        return issuers.holders(tx, parties.owner(office, None).id)
