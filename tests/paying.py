"""Payments on a company's ledger, as several tests of servicing need them."""

from datetime import timedelta

from freehold.chain import contracts, deploy
from freehold.chain.contracts import call
from freehold.core.clock import stamp, to_seconds
from freehold.core.grounds import Ground, Grounds
from freehold.desks import parties
from freehold.desks.office import now_on_chain, set_clock
from freehold.desks.outbox import orders
from freehold.desks.outbox.carrying import Asked, carry_out, receipt_of
from freehold.desks.securities import enforcement
from freehold.desks.securities.enforcement import FreezeRequest
from freehold.desks.servicing import actions, servicing

PLENTY = 10**18


def a_coin(office, symbol="EUR", decimals=6):
    """A coin of which the agent has plenty."""
    agent = orders.agent(office)
    data = contracts.creation("Cash", symbol, symbol, decimals)
    scope = f"coin {symbol}"
    done = carry_out(office, scope, [Asked(agent.signer, None, data, "coin", "coin")])
    address = deploy.created(receipt_of(office, done[0]))
    issued = call("Cash", "issue", agent.signer.address, PLENTY)
    carry_out(office, scope, [Asked(agent.signer, address, issued, "money", "money")])
    return address


def terms(office, id, coin, money='per_unit = "0.25"', *, top="", more="", kind="cash-dividend"):
    """Terms with the record a day ahead and the payment two days after it."""
    record = now_on_chain(office) + timedelta(days=1)
    return (
        f'id = "{id}"\nkind = "{kind}"\ninstrument = "series-a"\nrecord = {stamp(record)}\n'
        f"payment = {stamp(record + timedelta(days=2))}\n{top}"
        f'[cash]\ncoin = "{coin}"\ndecimals = 6\n{money}\n{more}'
    )


def tick(office):
    """A block, so that the instant has passed on the chain."""
    agent = orders.agent(office)
    token = parties.instrument(office, None, "common")[1].token
    approve = call("SecurityToken", "approve", agent.signer.address, 0)
    key = str(now_on_chain(office))
    carry_out(office, "tick", [Asked(agent.signer, token, approve, "tick", key)])


def pass_to(office, instant):
    set_clock(office, to_seconds(instant) + 1)
    tick(office)


def pass_by(office, id):
    """Let record and payment pass."""
    pass_to(office, actions.show(office, id).terms.payment)


def stop(office, holder, stopped=True, key="stop"):
    """Freeze a person, or let him go."""
    grounds = Grounds(Ground.SANCTIONS, bytes(31) + b"\1")
    asked = FreezeRequest(holder, stopped, grounds, key)
    assert enforcement.freeze(office, orders.agent(office), asked).reason == ""


def wallets(office, named="series-a"):
    return servicing.wallets(office, parties.instrument(office, None, named)[1].token)


def decimals(office, named="series-a"):
    return parties.instrument(office, None, named)[1].decimals
