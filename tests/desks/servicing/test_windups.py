"""A winding-up from proposal to close: classes and a creditor, one pot, to the smallest unit."""

from datetime import timedelta

import pytest

from freehold.chain import coins, contracts, deploy
from freehold.chain.contracts import call
from freehold.core.actions import pages
from freehold.core.actions.windup import State, state
from freehold.core.cashbook import Kind
from freehold.core.clock import stamp, to_seconds
from freehold.core.errors import Conflict, Invalid, NotPermitted
from freehold.core.grounds import Ground, Grounds
from freehold.core.ids import checksummed
from freehold.desks import parties, permits
from freehold.desks.office import now_on_chain, set_clock
from freehold.desks.outbox import orders
from freehold.desks.outbox.carrying import Asked, carry_out, receipt_of
from freehold.desks.register import registers
from freehold.desks.securities import enforcement, issuance
from freehold.desks.securities.enforcement import FreezeRequest
from freehold.desks.securities.issuance import IssueRequest
from freehold.desks.servicing import (
    cashbook,
    reconciling,
    servicing,
    winding_up,
    windup_reading,
    windups,
)

PLENTY = 10**18
BANK, TEAM = checksummed("0x" + "ba" * 20), checksummed("0x" + "7e" * 20)
EXIT = "10,000,000"
ORDER = Grounds(Ground.COURT_ORDER, bytes.fromhex("9c" * 32))


@pytest.fixture
def agent(company):
    return orders.agent(company)


@pytest.fixture
def coin(company):
    return coin_of(company)


def coin_of(office):
    """A coin of six decimals, of which the agent has plenty."""
    agent = orders.agent(office).signer
    data = contracts.creation("Cash", "Dollar", "USD", 6)
    done = carry_out(office, "coin", [Asked(agent, None, data, "coin", "coin")])
    address = deploy.created(receipt_of(office, done[0]))
    issued = call("Cash", "issue", agent.address, PLENTY)
    carry_out(office, "coin", [Asked(agent, address, issued, "money", "money")])
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
    who, text = permits.keyholder(), terms(company, coin)
    before = coins.balance(company.w3, coin, agent.signer.address)
    of = agreed(company, agent, text)
    assert windups.propose(company, agent, text, EXIT).plan == of.left("propose")["plan"]
    assert windups.fund(company, agent, "sale").reason == ""
    assert windups.case(company, "sale").funded == 9_900_000 * 10**6
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
    assert proof.paid + proof.settled == 10_000_000 * 10**6
    spent = before - coins.balance(company.w3, coin, agent.signer.address)
    assert spent == 10_000_000 * 10**6
    assert reconciling.reconcile(company, who, None).clean
    ((book, _),) = cashbook.trial_balances(company, who, None, "USD")
    stands_on = {line.account.kind: line.debit for line in book.lines}
    assert stands_on[Kind.HOLDERS] == proof.paid, "and no pot has anything left"
    assert not {Kind.DISTRIBUTION, Kind.UNCLAIMED, Kind.TAX} & stands_on.keys()
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


def paid_out(office, agent, coin, text):
    """Agreed, funded, its closing due."""
    of = agreed(office, agent, text)
    assert windups.fund(office, agent, of.id).reason == ""
    at(office, of.terms.payment)
    return of


def test_stopped_at_every_page_nobody_is_paid_twice_or_left_out(company, agent, coin, monkeypatch):
    cut, carry = pages.paged, windups.carry
    monkeypatch.setattr(pages, "paged", lambda rows: cut(rows, 1))
    of = paid_out(company, agent, coin, terms(company, coin))
    sent = []

    def stopped(office, actor, scope, calls, *needs):
        done = carry(office, actor, scope, calls, *needs)
        if calls[0][2] not in sent and "page" in calls[0][2]:
            sent.append(calls[0][2])
            raise KeyboardInterrupt
        return done

    monkeypatch.setattr(windups, "carry", stopped)
    for _ in range(50):
        try:
            winding_up.pay(company, agent, "sale")
            break
        except KeyboardInterrupt:
            assert stands(company) is State.PAYING
    assert len(sent) == 12
    monkeypatch.setattr(windups, "carry", carry)
    assert windups.fund(company, agent, "sale").reason == ""
    at(company, of.terms.opens["escrow"])
    assert winding_up.pay(company, agent, "sale").reason == ""
    winding_up.reconcile(company, agent, "sale")
    require_everybody_paid(company, coin, windups.case(company, "sale"))


def test_cash_on_chain_is_the_book_and_who_is_stopped_has_his_money_held(company, agent, coin):
    who = permits.keyholder()
    cashbook.add_coin(company, who, None, coin, agent.signer.address, "USDX")
    cashbook.add_place(company, who, None, "USDX", Kind.CASH, agent.signer.address)
    of = paid_out(company, agent, coin, terms(company, "USDX"))
    party = parties.party(company, of.owner, "northgate-seed")
    freeze = FreezeRequest("northgate-seed", True, ORDER, "stop")
    assert enforcement.freeze(company, agent, freeze).reason == ""
    assert winding_up.pay(company, agent, "sale").reason == ""
    held = coins.balance(company.w3, coin, windups.waterfall(company))
    rows = [
        one for one in windup_reading.shares(company, windups.case(company, "sale")) if one.held
    ]
    assert {one.account for one in rows} == {party.facts.account}
    assert sum(one.held for one in rows) == held > 0
    assert coins.balance(company.w3, coin, party.wallet) == 0
    assert reconciling.reconcile(company, who, None).clean
    account = party.facts.account
    refused = winding_up.release(company, agent, "sale", account)
    assert refused.refused
    thaw = FreezeRequest("northgate-seed", False, ORDER, "go")
    assert enforcement.freeze(company, agent, thaw).reason == ""
    assert winding_up.release(company, agent, "sale", account).reason == ""
    assert coins.balance(company.w3, coin, party.wallet) == held
    with pytest.raises(Conflict, match="holds nothing for account"):
        winding_up.release(company, agent, "sale", account)
    assert reconciling.reconcile(company, who, None).clean
    assert (
        windup_reading.view(company, windups.case(company, "sale")).next == "Fund the stage escrow"
    )
    assert winding_up.cancel(company, agent, "sale").reason == ""
    assert stands(company) is State.CANCELLED
    assert coins.balance(company.w3, coin, windups.waterfall(company)) == 0


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('id = "series-seed"', 'id = "series-x"', "'series-x' is no class of the issuer"),
        (
            '[[class]]\nid = "common"',
            '[pay.leaves]\nx = "y"',
            "common has 3168000 units and is paid",
        ),
        ("rank = 1", 'senior_to = ["series-seed"]', "seniority runs in a circle"),
        ('name = "Northwind', 'kind = "partnership"\nname = "Northwind', "write exit"),
        ('price = "2.50"', 'price = "2.50"\nunits = 5', "the register has 1400000"),
        (f'bank = "{BANK}"', "", "bank is missing"),
        ('share = "5%"', 'share = "120%"', "more than the whole"),
    ],
)
def test_terms_that_cannot_be_paid_are_refused_with_the_place(company, coin, old, new, said):
    text = terms(company, coin).replace(old, new, 1)
    if "circle" in said:
        text = text.replace("rank = 2", 'senior_to = ["series-a"]')
    with pytest.raises(Invalid) as wrong:
        windups.draft(company, text, EXIT, None)
    assert said in str(wrong.value) + "; ".join(
        f"{one.place.split(' ')[-1]} {one.message}" for one in wrong.value.mistakes
    )


def test_what_is_not_the_time_or_the_person_is_one_sentence_and_nothing_is_begun(
    company, agent, coin
):
    text = terms(company, coin)
    with pytest.raises(Invalid, match="smaller than its tranches"):
        windups.draft(company, text, "99999.99", None)
    with pytest.raises(Invalid, match="there is nothing to pay"):
        windups.draft(company, text, "0", None)
    late = text.replace(f"record = {stamp(now_on_chain(company) + timedelta(days=1))}",
                        f"record = {stamp(now_on_chain(company))}")  # fmt: skip
    with pytest.raises(Invalid, match="has passed: a record is announced ahead"):
        windups.propose(company, agent, late, EXIT)
    made = windups.propose(company, agent, text, EXIT)
    with pytest.raises(Conflict, match="a second person has not agreed"):
        windups.fund(company, agent, "sale")
    with pytest.raises(NotPermitted, match="agent proposed sale: a second person agrees to it"):
        windups.confirm(company, agent, "sale", made.plan)
    with pytest.raises(Invalid, match="the plan of sale is 0x"):
        windups.confirm(company, orders.second(company), "sale", "0x" + "00" * 32)
    with pytest.raises(Conflict, match="already: give this one another id"):
        windups.propose(company, agent, text, "2,000,000")
    assert windups.confirm(company, orders.second(company), "sale", made.plan).reason == ""
    with pytest.raises(
        Invalid, match="the pot 1 is smaller than the stage closing: 9900000 is due"
    ):
        windups.fund(company, agent, "sale", 10**6)
    with pytest.raises(Invalid, match="is more than the plan divides: at most 10000000"):
        windups.fund(company, agent, "sale", 2 * 10**13)
    assert winding_up.cancel(company, agent, "sale").reason == ""
    assert coins.balance(company.w3, coin, windups.waterfall(company)) == 0


def test_units_that_changed_since_are_not_paid_by_the_old_plan(company, agent, coin):
    made = windups.propose(company, agent, terms(company, coin), EXIT)
    asked = IssueRequest("common", (("jonas-keller", 1),), "one more")
    assert issuance.issue(company, agent, asked).reason == ""
    with pytest.raises(
        Conflict, match="common has 3168001 units and the plan of sale was reckoned"
    ):
        windups.confirm(company, orders.second(company), "sale", made.plan)
