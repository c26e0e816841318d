"""A winding-up claimed by proof and by signature, held for who is stopped, swept after its time."""

from dataclasses import replace

import pytest

from freehold.chain import coins
from freehold.core.cashbook import Kind
from freehold.core.errors import Conflict, NotFound
from freehold.core.grounds import Ground, Grounds
from freehold.core.ids import checksummed
from freehold.core.reasons import Reason
from freehold.core.units import parse_units
from freehold.desks import parties, permits
from freehold.desks.approvals import approvals
from freehold.desks.approvals.approvals import ProposeRequest
from freehold.desks.outbox import orders, relay
from freehold.desks.securities import enforcement
from freehold.desks.securities.enforcement import FreezeRequest
from freehold.desks.servicing import (
    cashbook,
    claiming,
    reconciling,
    unclaimed,
    winding_up,
    windup_pots,
    windup_reading,
    windups,
)
from tests.desks.servicing.test_windups import at, coin_of, paid_out, terms

AGENT = permits.keyholder()
PAYEE = checksummed("0x" + "9a" * 20)
STATE = checksummed("0x" + "57" * 20)
ORDER = Grounds(Ground.COURT_ORDER, bytes.fromhex("9c" * 32))


@pytest.fixture
def agent(company):
    return orders.agent(company)


def one_stage(office, coin, pay):
    """The terms without their escrow."""
    text = terms(office, coin, pay=pay)
    before, _, rest = text.partition("[pay.opens]")
    return before + "[[debt]]" + rest.partition("[[debt]]")[2].partition("[[tranche]]")[0]


def opened(office, agent, pay):
    """A winding-up whose closing is paid; its coin stands in the cash book."""
    coin = coin_of(office)
    cashbook.add_coin(office, AGENT, None, coin, agent.signer.address, "USDX")
    cashbook.add_place(office, AGENT, None, "USDX", Kind.CASH, agent.signer.address)
    return coin, paid_out(office, agent, coin, one_stage(office, coin, pay))


def test_a_holder_claims_once_in_every_class_and_the_rest_is_swept_and_reported(company, agent):
    coin, of = opened(company, agent, 'payout = "claim"\ntax = "US"')
    with pytest.raises(Conflict, match="is not open yet"):
        claiming.claim(company, agent, "sale", "northgate-seed")
    assert winding_up.pay(company, agent, "sale").reason == ""
    found = claiming.proofs(company, AGENT, "sale", "northgate-seed")
    wallet = found[0].wallet
    assert coins.balance(company.w3, coin, wallet) == 0
    assert claiming.claim(company, agent, "sale", "northgate-seed").reason == ""
    net = sum(one.gross - one.withheld for one in found)
    assert coins.balance(company.w3, coin, wallet) == net > 0
    with pytest.raises(Conflict, match="was paid by sale already"):
        claiming.claim(company, agent, "sale", "northgate-seed")
    with pytest.raises(NotFound):
        claiming.proofs(company, AGENT, "sale", "nobody")
    net += signed_for(company, coin, of.owner, "jonas-keller")

    proof = winding_up.reconcile(company, agent, "sale")
    assert (proof.paid, proof.held) == (net, 0)
    assert proof.paid + proof.withheld + proof.settled + proof.unclaimed == 10_000_000 * 10**6
    assert winding_up.close(company, agent, "sale").reason == ""
    left = unclaimed.left(company, AGENT, None, "sale")
    assert sum(one.amount for one in left) == proof.unclaimed
    assert not any(one.held or one.due for one in left)
    with pytest.raises(Conflict, match="claims of sale run until"):
        unclaimed.sweep(company, agent, "sale", STATE)
    at(company, of.terms.claim_until)
    asked = ProposeRequest("sweep-unclaimed", {"action": "sale", "payee": STATE}, "sweep", None)
    told = {
        one.record: one.before
        for one in approvals.dry_run(company, AGENT, asked).difference.changes
    }
    assert parse_units(told["Unclaimed, USD"], 6) > 0 and told["Accounts concerned"] == str(
        len(left)
    )
    assert unclaimed.sweep(company, agent, "sale", STATE).reason == ""
    assert coins.balance(company.w3, coin, STATE) == proof.unclaimed
    assert coins.balance(company.w3, coin, windups.waterfall(company)) == 0
    assert unclaimed.left(company, AGENT, None) == []
    lines = unclaimed.report(company, AGENT, None, company.clock.now().year)
    assert sum(one.amount for one in lines) == proof.unclaimed
    assert {(one.action, one.payee) for one in lines} == {("sale", STATE)}
    with pytest.raises(Conflict, match="the pot of sale has ended"):
        claiming.claim(company, agent, "sale", "priya-raman")
    with pytest.raises(Conflict, match="nothing of sale is unclaimed"):
        unclaimed.sweep(company, agent, "sale", STATE)
    assert reconciling.reconcile(company, AGENT, None).clean


def signed_for(office, coin, owner, holder):
    """A holder's wallet signs that his money of one pot goes elsewhere; relayed once, how much it was."""
    one, *_ = claiming.proofs(office, AGENT, "sale", holder)
    pot, until = one.distribution, claiming.deadline_of(one)
    key = office.keys.custody(parties.party(office, owner, holder).holder.custody)
    typed = claiming.message(one, PAYEE, until)
    signature = "0x" + key.sign_typed_data(typed).hex()
    forged = claiming._signed(one, STATE, until)
    assert relay.relay(office, AGENT, forged, signature, "forged").code == Reason.SIGNATURE_WRONG
    stranger = replace(claiming._signed(one, PAYEE, until), place=coin)
    with pytest.raises(NotFound, match="there is no distribution"):
        relay.relay(office, AGENT, stranger, signature, "stranger")
    asked = claiming._signed(one, PAYEE, until)
    done = relay.relay(office, AGENT, asked, signature, "signed")
    assert done.reason == "" and done.instruction is not None
    relay.carried(office, [done.instruction.id])
    assert coins.balance(office.w3, coin, PAYEE) == one.gross - one.withheld > 0
    said = relay.relay(office, AGENT, replace(asked, deadline=until - 1), signature, "again")
    assert "was paid before: nothing is claimed twice" in said.reason
    with pytest.raises(Conflict, match="nothing is claimed twice"):
        claiming.claim(office, orders.agent(office), "sale", holder, distribution=pot)
    return one.gross - one.withheld


def test_what_is_held_under_a_name_is_listed_released_or_swept_like_other_money(company, agent):
    coin, of = opened(company, agent, "claim_days = 30")
    stopped = ("northgate-seed", "jonas-keller")
    for holder in stopped:
        freeze = FreezeRequest(holder, True, ORDER, f"stop {holder}")
        assert enforcement.freeze(company, agent, freeze).reason == ""
    assert winding_up.pay(company, agent, "sale").reason == ""
    rows = unclaimed.left(company, AGENT, None)
    assert {one.holder for one in rows} == set(stopped) and all(one.held for one in rows)
    winding_up.reconcile(company, agent, "sale")
    assert winding_up.close(company, agent, "sale").reason == ""

    thaw = FreezeRequest("northgate-seed", False, ORDER, "go")
    assert enforcement.freeze(company, agent, thaw).reason == ""
    cleared = parties.party(company, of.owner, "northgate-seed")
    his = sum(one.amount for one in rows if one.holder == "northgate-seed")
    assert winding_up.release(company, agent, "sale", cleared.facts.account).reason == ""
    assert coins.balance(company.w3, coin, cleared.wallet) == his > 0
    left = unclaimed.left(company, AGENT, None)
    assert {one.holder for one in left} == {"jonas-keller"}

    at(company, of.terms.claim_until)
    assert unclaimed.sweep(company, agent, "sale", STATE).reason == ""
    amount = sum(one.amount for one in left)
    assert coins.balance(company.w3, coin, STATE) == amount > 0
    after = windups.case(company, "sale")
    assert not any(one.held for one in windup_reading.shares(company, after))
    assert all(windup_pots.is_ended(company, part) for part, _, _ in windup_pots.class_pots(after))
    assert reconciling.reconcile(company, AGENT, None).clean
