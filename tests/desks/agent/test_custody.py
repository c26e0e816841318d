"""A holder without a wallet takes his units under his own key: proof, check, two persons."""

from dataclasses import replace
from datetime import timedelta

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct

from freehold.book import identities
from freehold.core.errors import Conflict, Invalid, NotPermitted
from freehold.core.grounds import Ground, Grounds
from freehold.core.roles import EVERYWHERE, Role
from freehold.desks import notices, permits
from freehold.desks.access import signin
from freehold.desks.agent import custody, statements
from freehold.desks.agent.statements import StatementRequest
from freehold.desks.approvals import self_custody
from freehold.desks.office import now_on_chain, set_clock
from freehold.desks.onboarding import holders
from freehold.desks.outbox import orders
from freehold.desks.securities import recoveries
from freehold.desks.securities.recoveries import ProposeRequest

AGENT, HOLDER, PAPER = permits.keyholder(), "priya-raman", "ab" * 32
KEY = Account.from_key("0x" + "11" * 32)
OTHER = Account.from_key("0x" + "22" * 32)


def signed(key, text):
    return "0x" + key.sign_message(encode_defunct(text=text)).signature.hex().removeprefix("0x")


def asked(office, wallet=KEY.address):
    return custody.ask(office, AGENT, None, HOLDER, wallet)


def test_the_account_goes_with_all_it_holds_to_the_wallet_that_was_proved(company):
    before = holders.holder(company, None, HOLDER)
    assert before.kept_by_agent
    assert "book entry" in statements.statement_of(company, StatementRequest(HOLDER)).kept
    challenge = asked(company)
    custody.prove(company, AGENT, challenge.exit.id, signed(KEY, challenge.text))
    one = custody.check_identity(company, AGENT, challenge.exit.id, PAPER)
    grounds = Grounds(Ground.OWN_KEY, bytes.fromhex(PAPER))
    wanted = ProposeRequest(HOLDER, grounds, one.id, one.issuer, one.wallet)
    proposed = recoveries.propose(company, orders.agent(company), wanted)
    assert proposed.open and proposed.open.new_wallet == KEY.address
    at = proposed.open.effective + timedelta(seconds=1)
    set_clock(company, int(max(at, now_on_chain(company)).timestamp()))
    company.w3.provider.make_request("evm_mine", [])
    done = recoveries.confirm(company, orders.second(company), None, HOLDER)
    assert not done.act.refused, done.act.reason
    after = holders.holder(company, None, HOLDER)
    assert (after.wallet, after.kept_by_agent) == (KEY.address, False)
    assert after.holdings == before.holdings and after.account == before.account
    assert "own" in statements.statement_of(company, StatementRequest(HOLDER)).kept
    with pytest.raises(Conflict, match="own already"):
        asked(company, OTHER.address)


def test_a_signature_of_another_key_another_text_or_a_late_one_proves_nothing(shared_company):
    challenge, second = asked(shared_company), asked(shared_company, OTHER.address)
    assert asked(shared_company).text == challenge.text
    for wrong in (signed(OTHER, challenge.text), signed(KEY, second.text), signed(KEY, "hello")):
        with pytest.raises(Invalid, match="not signed by"):
            custody.prove(shared_company, AGENT, challenge.exit.id, wrong)
    for wrong in ("0x12", "zz" * 65, "0x" + "ff" * 65, ""):
        with pytest.raises(Invalid, match="no signature"):
            custody.prove(shared_company, AGENT, challenge.exit.id, wrong)

    class Late:
        def now(self):
            return shared_company.clock.now() + timedelta(days=1, seconds=1)

    late = replace(shared_company, clock=Late())
    with pytest.raises(Conflict, match="good until"):
        custody.prove(late, AGENT, challenge.exit.id, signed(KEY, challenge.text))


def test_a_proof_is_good_once_and_the_check_comes_after_it(shared_company):
    challenge = asked(shared_company)
    with pytest.raises(Conflict, match="not shown yet"):
        custody.check_identity(shared_company, AGENT, challenge.exit.id, PAPER)
    signature = signed(KEY, challenge.text)
    custody.prove(shared_company, AGENT, challenge.exit.id, signature)
    with pytest.raises(Conflict, match="given already"):
        custody.prove(shared_company, AGENT, challenge.exit.id, signature)
    custody.check_identity(shared_company, AGENT, challenge.exit.id, PAPER)
    with pytest.raises(Conflict, match="checked already"):
        custody.check_identity(shared_company, AGENT, challenge.exit.id, PAPER)


@pytest.mark.parametrize("wallet", ["0x12", "0x" + "zz" * 20, KEY.address.swapcase()[0:42], ""])
def test_what_is_no_wallet_is_refused(shared_company, wallet):
    with pytest.raises(Invalid):
        asked(shared_company, wallet)


def test_a_wallet_that_has_an_account_and_a_stranger_are_refused(shared_company):
    taken = holders.holder(shared_company, None, "jonas-keller").wallet
    with pytest.raises(Invalid, match="a fresh one"):
        asked(shared_company, taken)
    with pytest.raises(NotPermitted):
        custody.ask(shared_company, permits.operator(), None, HOLDER, KEY.address)


def test_a_holder_proves_by_the_text_alone_and_the_agents_consent_is_one_proposal(company):
    holder = entered(
        company, "priya@northwind.example", Role.INVESTOR, f"northwind-optics/{HOLDER}"
    )
    agent = entered(company, "agent@northwind.example", Role.TRANSFER_AGENT, EVERYWHERE)
    stranger = entered(
        company, "jonas@northwind.example", Role.INVESTOR, "northwind-optics/jonas-keller"
    )
    (kept,) = custody.mine(company, holder)
    assert kept.by_agent and kept.waits is None
    challenge = custody.ask(company, holder, None, HOLDER, KEY.address)
    with pytest.raises(NotPermitted):
        custody.prove_text(company, stranger, challenge.text, signed(KEY, challenge.text))
    with pytest.raises(NotPermitted):
        custody.ask(company, stranger, None, HOLDER, KEY.address)
    with pytest.raises(Invalid, match="no challenge of ours"):
        custody.prove_text(company, holder, "hello", signed(KEY, "hello"))
    with pytest.raises(Conflict, match="not shown yet"):
        self_custody.consent(company, agent, challenge.exit.id, PAPER)
    one = custody.prove_text(company, holder, challenge.text, signed(KEY, challenge.text))
    told = [each for each in notices.outbox(company, AGENT) if each.kind == "holding"]
    assert [each.to for each in told] == ["priya@northwind.example"]
    assert [each.id for each in custody.listed(company, holder, None)] == [one.id]
    assert custody.listed(company, stranger, None) == []
    with pytest.raises(NotPermitted):
        self_custody.consent(company, holder, one.id, PAPER)
    made = self_custody.consent(company, agent, one.id, PAPER).proposal
    assert made.act.kind == "recovery" and made.persons == 2
    assert made.act.arguments == {"holder": HOLDER, "wallet": KEY.address}
    assert made.act.grounds == Grounds(Ground.OWN_KEY, bytes.fromhex(PAPER))
    with pytest.raises(Conflict, match="checked already"):
        self_custody.consent(company, agent, one.id, PAPER)
    (kept,) = custody.mine(company, holder)
    assert kept.waits.checked_by == agent.id


def test_who_stole_a_session_names_no_wallet(shared_company):
    name, scope = "lena@northwind.example", f"northwind-optics/{HOLDER}"
    thief = replace(entered(shared_company, name, Role.INVESTOR, scope), session="stolen")
    with pytest.raises(NotPermitted, match="fresh proof"):
        custody.ask(shared_company, thief, None, HOLDER, KEY.address)


def entered(office, name, role, scope):
    made, _ = signin.invite(office, permits.operator(), name, [(role, scope)])
    with office.book.reading() as tx:
        return permits.actor_of(tx, identities.find(tx, made.id))
