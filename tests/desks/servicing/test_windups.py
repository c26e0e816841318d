"""A winding-up from proposal to close: classes and a creditor, one pot, to the smallest unit."""

from datetime import timedelta

import pytest

from freehold.chain import coins, contracts, deploy
from freehold.chain.contracts import call
from freehold.core.actions.windup import State, state
from freehold.core.clock import stamp, to_seconds
from freehold.core.errors import Conflict
from freehold.core.ids import checksummed
from freehold.desks import parties
from freehold.desks.office import now_on_chain, set_clock
from freehold.desks.outbox import orders
from freehold.desks.outbox.carrying import Asked, carry_out, receipt_of
from freehold.desks.register import registers
from freehold.desks.servicing import servicing, winding_up, windups

PLENTY = 10**18
BANK, TEAM = checksummed("0x" + "ba" * 20), checksummed("0x" + "7e" * 20)
EXIT = "1,000,000"


@pytest.fixture
def agent(company):
    return orders.agent(company)


@pytest.fixture
def coin(company, agent):
    data = contracts.creation("Cash", "Dollar", "USD", 6)
    done = carry_out(company, "coin", [Asked(agent.signer, None, data, "coin", "coin")])
    address = deploy.created(receipt_of(company, done[0]))
    issued = call("Cash", "issue", agent.signer.address, PLENTY)
    carry_out(company, "coin", [Asked(agent.signer, address, issued, "money", "money")])
    return address


def terms(office, coin, pay="", id="sale", exit_lines=""):
    """Debt, a carve-out, a participating preferred, a converting one, common, and an escrow."""
    record = now_on_chain(office) + timedelta(days=1)
    payment = record + timedelta(days=2)
    return f"""
name = "Northwind Optics sold"
currency = "USD"
{exit_lines}
[pay]
id = "{id}"
coin = "{coin}"
record = {stamp(record)}
payment = {stamp(payment)}
{pay}
[pay.wallets]
bank = "{BANK}"
team = "{TEAM}"
[pay.opens]
escrow = {stamp(payment + timedelta(days=30))}
[[debt]]
id = "bank"
amount = "50000.01"
[[carve_out]]
id = "team"
share = "5%"
[[class]]
id = "series-a"
price = "2.50"
rank = 1
participation = "full"
converts_into = "common"
[[class]]
id = "series-seed"
price = "0.80"
rank = 2
converts_into = "common"
[[class]]
id = "common"
[[tranche]]
id = "escrow"
amount = "100000.00"
"""


def at(office, instant):
    """Let the simulated clock come to an instant, and a block after it."""
    set_clock(office, to_seconds(instant) + 1)
    token = parties.instrument(office, None, "common")[1].token
    agent = orders.agent(office)
    approve = call("SecurityToken", "approve", agent.signer.address, 0)
    key = str(now_on_chain(office))
    carry_out(office, "tick", [Asked(agent.signer, token, approve, "tick", key)])


def agreed(office, agent, text, exit=EXIT):
    made = windups.propose(office, agent, text, exit)
    assert made.act.reason == ""
    assert windups.confirm(office, orders.second(office), made.windup, made.plan).reason == ""
    return windups.case(office, made.windup)


def stands(office, id="sale"):
    return state(windups.case(office, id).course)


def test_every_class_and_creditor_is_paid_from_one_pot_from_proposal_to_close(company, agent, coin):
    text = terms(company, coin)
    before = coins.balance(company.w3, coin, agent.signer.address)
    of = agreed(company, agent, text)
    assert windups.propose(company, agent, text, EXIT).plan == of.left("propose")["plan"]
    assert windups.fund(company, agent, "sale").reason == ""
    assert windups.case(company, "sale").funded == 900_000 * 10**6
    with pytest.raises(Conflict, match="lies ahead"):
        winding_up.pay(company, agent, "sale")
    at(company, of.terms.record)
    with pytest.raises(Conflict, match="is due on"):
        winding_up.pay(company, agent, "sale")
    at(company, of.terms.payment)
    assert winding_up.pay(company, agent, "sale").reason == ""
    assert stands(company) is State.PART_PAID
    with pytest.raises(Conflict, match="the stage escrow: 100000 is missing"):
        winding_up.pay(company, agent, "sale")
    assert windups.fund(company, agent, "sale").reason == ""
    at(company, of.terms.opens["escrow"])
    assert winding_up.pay(company, agent, "sale").reason == ""
    proof = winding_up.reconcile(company, agent, "sale")
    assert winding_up.close(company, agent, "sale").reason == ""
    assert stands(company) is State.CLOSED
    require_everybody_paid(company, coin, windups.case(company, "sale"))
    assert (proof.held, proof.withheld) == (0, 0)
    assert proof.paid + proof.settled == 1_000_000 * 10**6
    spent = before - coins.balance(company.w3, coin, agent.signer.address)
    assert spent == 1_000_000 * 10**6
    assert registers.verify(company).ok


def require_everybody_paid(office, coin, of):
    """Each holder's wallet has what his units are of each class's amounts, and the pot has nothing."""
    owed = {}
    for stage in of.stages:
        for one in of.instruments:
            record = int(of.left("propose")["records"][one.class_id])
            held = windups_holdings(office, one.token, record)
            total = sum(held.values())
            for account, units in held.items():
                exact = stage.payouts[one.class_id] * units / total
                owed[account] = owed.get(account, 0) + exact
    wallets = servicing.wallets(office, of.instruments[0].token)
    got = {account: coins.balance(office.w3, coin, wallets[account]) for account in owed}
    slack = len(of.stages) * len(of.instruments)
    assert all(abs(got[account] - owed[account]) <= slack for account in owed)
    outside = sum(stage.payouts[id] for stage in of.stages for id in ("bank", "team"))
    assert sum(got.values()) + outside == sum(stage.amount for stage in of.stages)
    assert coins.balance(office.w3, coin, BANK) == 50_000_010_000
    assert coins.balance(office.w3, coin, windups.waterfall(office)) == 0


def windups_holdings(office, token, record):
    found = winding_up.entitlements.holdings(office, token, record)
    return dict(zip(found.accounts, found.units, strict=True))
