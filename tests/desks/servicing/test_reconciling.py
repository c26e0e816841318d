"""The cash book is compared each day unasked; a break is told once and stays until it is explained."""

from dataclasses import replace
from datetime import timedelta

import pytest
from eth_hash.auto import keccak

from freehold.book import audit, changes, identities, notices
from freehold.core.cashbook import Account, Kind
from freehold.core.errors import Invalid
from freehold.core.letters import State
from freehold.core.roles import EVERYWHERE, Role
from freehold.desks import permits
from freehold.desks.access import signin
from freehold.desks.outbox import orders
from freehold.desks.platform import dashboards
from freehold.desks.servicing import actions, cashbook, paying, reconciling, servicing
from tests import money
from tests import paying as world
from tests.desks.servicing.test_cash_from_chain import AGENT

BEA = permits.keyholder("bea")


class Later:
    """The wall clock some days ahead."""

    def __init__(self, clock, days):
        self.clock, self.days = clock, days

    def now(self):
        return self.clock.now() + timedelta(days=self.days)


def after(office, days):
    return replace(office, clock=Later(office.clock, days))


def letters(office):
    with office.book.reading() as tx:
        found = notices.newest(tx, list(State), 100)
    return [one for one in found if str(one.kind) == "break"]


def told(office):
    with office.book.reading() as tx:
        return changes.after(tx, 0, 1_000, [changes.CASH])


def compared(office):
    """How often the worker wrote down that it compared a book."""
    with office.book.reading() as tx:
        links = audit.newest(tx, None, 200)
    mine = [one.entry for one in links if one.entry.act == "cash-reconcile"]
    return len([one for one in mine if one.actor == "worker"])


def test_the_worker_compares_each_day_and_tells_a_new_break_once_to_those_who_keep_the_book(
    company,
):
    for name, role in (("ann", Role.ISSUER), ("ivo", Role.AUDITOR)):
        address = f"{name}@northwind.example"
        signin.invite(company, permits.operator(), address, [(role, EVERYWHERE)])
    assert reconciling.reconcile_due(company) == 1
    assert compared(company) == 0  # nobody keeps any money yet
    key = money.funded(company.w3, orders.second(company).signer)
    coin = money.cash(company.w3, key, 2, 1_000_000)
    cashbook.add_coin(company, AGENT, None, coin, key.address)
    cashbook.add_place(company, AGENT, None, "USDX", Kind.CASH, key.address)
    assert reconciling.reconcile_due(company) == 0  # once a day
    assert reconciling.reconcile_due(after(company, 1)) == 1
    assert compared(company) == 1
    entries, _ = cashbook.journal(company, AGENT, None, "USDX")
    assert len(entries) == 1  # what moved was posted without being asked
    assert reconciling.standing(company, AGENT, None).open == ()

    cashbook.reverse(company, AGENT, None, entries[0].entry.id, "a slip")
    assert reconciling.reconcile_due(after(company, 2)) == 1
    (known,) = reconciling.standing(company, AGENT, None).open
    assert known.found.amount == 1_000_000
    (letter,) = letters(company)
    assert letter.to == "ann@northwind.example"
    assert "holds 10000 USDX more than the book says" in letter.facts["what"]
    (change,) = told(company)
    assert (change.subject, change.content["currency"]) == (known.found.id, "USDX")
    with company.book.reading() as tx:
        ann = identities.named(tx, "ann@northwind.example")
        actor = permits.actor_of(tx, ann)
    assert "1 break of the cash book is open" in [
        one.title for one in dashboards.waiting(company, actor)
    ]

    world.pass_to(company, servicing.now_of(company) + timedelta(days=2))
    assert reconciling.reconcile_due(after(company, 3)) == 1  # it stands on another day
    assert len(reconciling.standing(company, AGENT, None).open) == 1
    assert (len(letters(company)), len(told(company))) == (1, 1)
    for who in (AGENT, BEA):
        cashbook.explain(company, who, None, known.found.id, "posted again", Kind.OUTSIDE)
    assert reconciling.reconcile_due(after(company, 4)) == 1
    assert reconciling.standing(company, AGENT, None).open == ()
    assert not [one for one in dashboards.waiting(company, actor) if "break" in one.title]


def test_coins_that_went_missing_from_the_contract_of_pots_are_a_break_that_is_not_posted_away(
    company,
):
    agent = orders.agent(company)
    key = money.funded(company.w3, orders.second(company).signer)
    coin = money.sent(company.w3, key, None, money.bytecode("Leaking"))
    money.pay(company.w3, key, coin, agent.signer.address, 10**15)
    text = world.terms(company, "div", coin)
    actions.announce(company, agent, text)
    world.pass_by(company, "div")
    assert paying.fund(company, agent, "div").reason == ""
    assert reconciling.reconcile(company, AGENT, None).clean
    place = servicing.distribution(company)
    leaked = keccak(b"leak(address,uint256)")[:4] + bytes(12)
    leaked += bytes.fromhex(place[2:]) + (7).to_bytes(32)
    money.sent(company.w3, key, coin, leaked)
    (known,) = reconciling.reconcile(company, AGENT, None).open
    assert (known.found.short, known.found.amount) == (True, -7)
    assert known.found.account == Account(Kind.DISTRIBUTION, place)
    assert known.found.sentence(6) == (
        f"distribution:{place} holds 0.000007 LEAK less than its pots say"
    )
    with pytest.raises(Invalid, match="are not posted"):
        cashbook.explain(company, AGENT, None, known.found.id, "lost", Kind.OUTSIDE)
    assert reconciling.reconcile(company, AGENT, None).new == 0
    cashbook.explain(company, AGENT, None, known.found.id, "the coin's keeper gives them back")
    assert reconciling.reconcile(company, AGENT, None).clean
