"""Claims by proof and by signature, each once; what nobody claims is swept by two persons and reported."""

import json
import subprocess
import sys
from datetime import timedelta

import pytest

from freehold.chain import coins
from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.core.ids import checksummed
from freehold.desks import parties
from freehold.desks.outbox import orders, relay
from freehold.desks.servicing import actions, claiming, paying, pots, servicing, unclaimed
from freehold.desks.servicing.claiming import Signed
from tests import paying as world
from tests.desks.servicing.test_cash_from_chain import AGENT, stands
from tests.desks.servicing.test_options import holders_of
from tests.parts import ROOT

BANK = checksummed("0x" + "ba" * 20)
STATE = checksummed("0x" + "57" * 20)


@pytest.fixture
def agent(company):
    return orders.agent(company)


def opened(office, agent, payout="claim"):
    """A dividend that is open for claims; the coin, the holders."""
    coin = world.a_coin(office)
    top = f'payout = "{payout}"\nclaim_days = 30\ntax = "US"\n'
    actions.announce(office, agent, world.terms(office, "div", coin, 'pot = "1000"', top=top))
    holders = holders_of(office)
    world.pass_by(office, "div")
    assert paying.fund(office, agent, "div").reason == ""
    return coin, holders


def test_a_proof_is_checked_by_the_independent_script_against_the_contracts_root(
    company, agent, tmp_path
):
    _, holders = opened(company, agent)
    with pytest.raises(Conflict, match="is not open yet"):
        claiming.proof(company, AGENT, "div", holders[0])
    assert paying.pay(company, agent, "div").reason == ""
    one = claiming.proof(company, AGENT, "div", holders[0])
    document = {"account": one.account, "gross": str(one.gross), "withheld": str(one.withheld)}
    document |= {"proof": list(one.proof), "root": one.root}
    file = tmp_path / "proof.json"
    file.write_text(json.dumps(document))
    root = str(pots.pot(company, one.distribution)[6])
    asked = [sys.executable, str(ROOT / "examples/check_claim.py"), str(file), root]
    assert subprocess.run(asked, check=False).returncode == 0
    file.write_text(json.dumps(document | {"gross": str(one.gross + 1)}))
    assert subprocess.run(asked, check=False, stderr=subprocess.DEVNULL).returncode == 1
    found = claiming.claims(company, AGENT, "div")
    assert (found.root, len(found.claims)) == (one.root, len(holders))
    assert sum(each.gross for each in found.claims) == 1000 * 10**6


def test_money_is_claimed_once_by_proof_or_signature_and_the_rest_is_swept(company, agent):
    coin, (first, second, third, *_) = opened(company, agent)
    assert paying.pay(company, agent, "div").reason == ""
    one = claiming.proof(company, AGENT, "div", first)
    assert claiming.claim(company, agent, "div", first).reason == ""
    assert coins.balance(company.w3, coin, one.wallet) == one.gross - one.withheld
    with pytest.raises(Conflict, match="was paid by div already"):
        claiming.claim(company, agent, "div", first)

    other = claiming.proof(company, AGENT, "div", second)
    until = claiming.deadline_of(other)
    key = company.keys.custody(parties.party(company, owner(company), second).holder.custody)
    signature = "0x" + key.sign_typed_data(claiming.message(other, BANK, until)).hex()
    with pytest.raises(Invalid, match="no signature"):
        claiming.claim(company, agent, "div", second, Signed(BANK, until, "0x12"))
    forged = claiming.claim(company, agent, "div", second, Signed(STATE, until, signature))
    assert "bad signature" in forged.reason
    done = claiming.claim(company, agent, "div", second, Signed(BANK, until, signature))
    assert done.reason == ""
    assert coins.balance(company.w3, coin, BANK) == other.gross - other.withheld
    again = claiming._signed(other, BANK, until)
    said = relay.relay(company, AGENT, again, signature, "again")
    assert "was paid before: nothing is claimed twice" in said.reason
    assert said.instruction is None

    stands(company)
    assert paying.reconcile(company, agent, "div").accounts == 2
    assert paying.close(company, agent, "div").reason == ""
    left = unclaimed.left(company, AGENT, None)
    assert {row.holder for row in left} >= {third}
    assert not {first, second} & {row.holder for row in left}
    assert not any(row.due or row.held for row in left)
    with pytest.raises(Conflict, match="claims of div run until"):
        unclaimed.sweep(company, agent, "div", STATE)
    world.pass_to(company, actions.show(company, "div").terms.claim_until + timedelta(days=1))
    total = sum(row.amount for row in unclaimed.left(company, AGENT, None))
    assert total == 1000 * 10**6 - one.gross - other.gross
    assert unclaimed.sweep(company, agent, "div", STATE).reason == ""
    assert coins.balance(company.w3, coin, STATE) == total
    assert unclaimed.left(company, AGENT, None) == []
    year = servicing.now_of(company).year
    rows = unclaimed.report(company, AGENT, None, company.clock.now().year)
    assert sum(row.amount for row in rows) == total
    assert {row.payee for row in rows} == {STATE}
    assert all(row.jurisdiction for row in rows)
    assert unclaimed.report(company, AGENT, None, year + 50) == []
    with pytest.raises(Conflict, match="nothing of div is unclaimed"):
        unclaimed.sweep(company, agent, "div", STATE)
    with pytest.raises(Conflict, match="the pot of div has ended"):
        claiming.claim(company, agent, "div", third)
    found = stands(company)
    pot = pots.numbers(servicing.case(company, "div"))[""]
    assert not any(account.name.endswith(f"/{pot}") for account in found)


def test_who_claimed_before_the_pages_came_is_passed_over_by_them(company, agent):
    coin, holders = opened(company, agent, "both")
    real, stopped = servicing.carry, []

    def before_pages(office, actor, of, calls, *needs):
        if calls[0][1].startswith("pay page") and not stopped:
            stopped.append(True)
            assert claiming.claim(office, actor, "div", holders[0]).reason == ""
        return real(office, actor, of, calls, *needs)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(servicing, "carry", before_pages)
        assert paying.pay(company, agent, "div").reason == ""
    _, parts = actions.preview(company, "div")
    wallets = world.wallets(company)
    for part in parts:
        assert coins.balance(company.w3, coin, wallets[part.account]) == part.net
    assert paying.reconcile(company, agent, "div").accounts == len(parts)
    assert paying.close(company, agent, "div").reason == ""
    with pytest.raises(NotFound):
        claiming.proof(company, AGENT, "div", "nobody")


def owner(office):
    return parties.owner(office, None)
