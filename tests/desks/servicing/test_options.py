"""What holders choose of a payment: the currency, new units; each pot's parts are its sum."""

from datetime import timedelta
from fractions import Fraction

import pytest

from freehold.chain import coins
from freehold.core.actions.life import State
from freehold.core.actions.terms import as_text, read
from freehold.core.clock import stamp
from freehold.core.errors import Conflict, Invalid
from freehold.core.units import format_units
from freehold.desks.approvals import approvals
from freehold.desks.approvals.approvals import ProposeRequest
from freehold.desks.office import now_on_chain
from freehold.desks.outbox import orders
from freehold.desks.register import registers
from freehold.desks.servicing import (
    actions,
    cash_from_chain,
    cashbook,
    events,
    paying,
    pots,
    servicing,
)
from tests import paying as world
from tests.desks.servicing.test_cash_from_chain import AGENT, stands


@pytest.fixture
def agent(company):
    return orders.agent(company)


def elections(office, dollars, until):
    today = now_on_chain(office).date()
    return (
        f'[elections]\nuntil = {stamp(until)}\nbase = "EUR"\n[[elections.currency]]\ncode = "USD"\n'
        f'coin = "{dollars}"\ndecimals = 2\nrate = "1087/1000"\nfixed_on = {today}\n'
    )


def holders_of(office):
    found = registers.holdings_on(office, None, now_on_chain(office).date())["series-a"]
    return sorted(who for who in found if who != "treasury")


def test_holders_are_paid_in_the_currency_they_elected_and_every_sum_is_exact(company, agent):
    euros, dollars = world.a_coin(company), world.a_coin(company, "USD", 2)
    until = now_on_chain(company) + timedelta(days=2)
    text = world.terms(
        company, "div", euros, 'pot = "1000.000001"', more=elections(company, dollars, until)
    )
    assert read(as_text(read(text))) == read(text)
    actions.announce(company, agent, text)
    first, *others = holders_of(company)
    actions.elect(company, agent, "div", first, "USD", 0)
    actions.elect(company, agent, "div", others[0], "USD", 0)
    actions.elect(company, agent, "div", others[0], "EUR", 0)  # the last word counts
    amended = text.replace("1087/1000", "1/2").replace("[cash]", 'payout = "both"\n[cash]')
    asked = ProposeRequest("amend-action", {"terms": amended}, "amend", None)
    told = approvals.dry_run(company, AGENT, asked).difference.changes
    after = {(one.subject, one.record): one.after for one in told}
    assert after["", "Paid out by"] == "both"
    assert after["", "Paid in USD"].startswith("0.5 for 1 EUR, fixed on")
    assert len(after[first, "Gross, USD"].partition(".")[2]) == 2
    with pytest.raises(Invalid, match="asks holders nothing but EUR or USD"):
        actions.elect(company, agent, "div", first, "GBP", 0)
    with pytest.raises(Conflict, match="holders elect in div until"):
        paying.fund(company, agent, "div")
    world.pass_by(company, "div")
    with pytest.raises(Conflict, match="ended on"):
        actions.elect(company, agent, "div", first, "EUR", 0)

    plan, parts = actions.preview(company, "div")
    (mine,) = [one for one in parts if one.currency == "USD"]
    rest = [one for one in parts if not one.currency]
    held = sum(one.units for one in parts)
    share = Fraction(1_000_000_001 * mine.units, held)
    assert mine.gross == int(share * Fraction(1087, 1000) / 10**4)
    assert sum(one.gross for one in rest) == plan.money
    assert abs(plan.money + share - 1_000_000_001) < 1
    tried = approvals.dry_run(
        company, AGENT, ProposeRequest("fund-action", {"action": "div"}, "try", None)
    )
    rows = {one.record: one.after for one in tried.difference.changes}
    assert rows["Money in the pot, EUR"] == format_units(plan.money, 6)
    assert rows["Money in the pot, USD"] == format_units(mine.gross, 2)
    assert paying.fund(company, agent, "div").reason == ""
    assert paying.pay(company, agent, "div").reason == ""
    money = events.money(company, AGENT, "div")
    assert (money.paid, money.funded, money.needed) == (plan.money,) * 3
    (other,) = money.others
    assert (other.currency, other.paid, other.funded) == ("USD", mine.net, mine.gross)
    wallets = world.wallets(company)
    for one in parts:
        coin = dollars if one.currency else euros
        assert coins.balance(company.w3, coin, wallets[one.account]) == one.net
    proof = paying.reconcile(company, agent, "div")
    assert (proof.paid, proof.others[0].paid) == (plan.money, mine.net)
    assert paying.close(company, agent, "div").reason == ""
    for number in pots.numbers(servicing.case(company, "div")).values():
        assert pots.money(company, number) == (0, 0, 0)
    assert stands(company, "EUR") and stands(company, "USD")
    assert cash_from_chain.follow(company, None) == 0
    codes = [one.code for one in cashbook.overview(company, AGENT, None).currencies]
    assert codes == ["EUR", "USD"]


def test_reinvested_money_becomes_units_and_cash_in_lieu_in_the_same_run(company, agent):
    euros = world.a_coin(company)
    text = world.terms(company, "div", euros, more='[reinvest]\nprice = "7/3"\n')
    actions.announce(company, agent, text)
    first, second, *_ = holders_of(company)
    actions.elect(company, agent, "div", first, "reinvest", 0)
    actions.elect(company, agent, "div", second, "reinvest", 0)
    before = registers.holdings_on(company, None, now_on_chain(company).date())["series-a"]
    world.pass_by(company, "div")
    plan, parts = actions.preview(company, "div")
    assert len(plan.reinvests) == 2
    known = {one.account: one for one in parts}
    account, what = next(iter(plan.reinvests.items()))
    price = Fraction(7, 3) * 10**6 / 10 ** world.decimals(company)
    assert what.units == int(known[account].net / price)
    assert what.cost - 1 < what.units * price <= what.cost
    assert what.cost + what.cash == known[account].net
    paying.fund(company, agent, "div")
    world.stop(company, second)  # his money waits for him as money
    assert paying.pay(company, agent, "div").reason == ""
    paying.reconcile(company, agent, "div")
    after = registers.holdings_on(company, None, now_on_chain(company).date())["series-a"]
    gained = {who: after[who] - before[who] for who in after if after[who] != before[who]}
    assert set(gained) == {first}
    mine = next(one for one in plan.reinvests.values() if one.units == gained[first])
    wallet = next(
        wallets
        for one, wallets in world.wallets(company).items()
        if plan.reinvests.get(one) == mine and known[one].cash == mine.cash
    )
    assert coins.balance(company.w3, euros, wallet) == mine.cash
    assert registers.verify(company).ok
    stands(company)
    assert paying.close(company, agent, "div").reason == ""
    assert actions.show(company, "div").state is State.CLOSED


def test_terms_that_contradict_themselves_are_told_all_at_once(company):
    euros = world.a_coin(company)
    late = now_on_chain(company) + timedelta(days=30)
    more = (
        elections(company, euros, late).replace('"1087/1000"', '"0"') + '[reinvest]\nprice = "0"\n'
    )
    with pytest.raises(Invalid) as wrong:
        read(world.terms(company, "div", euros, top='payout = "claim"\n', more=more))
    said = str(wrong.value.mistakes)
    for part in ("after the payment", "is nothing: write whole", "has the coin of the action itself",
                 "is nothing: a unit costs", "nobody claims units"):  # fmt: skip
        assert part in said, part
