"""Acts that holders signed: tried first, sent once, within budgets."""

from dataclasses import replace

import pytest

from freehold.book import audit, identities
from freehold.chain import contracts
from freehold.core.clock import to_seconds
from freehold.core.errors import Conflict, Invalid, NotPermitted
from freehold.core.reasons import Reason, sentence
from freehold.core.roles import EVERYWHERE, Role, holder_scope
from freehold.core.signed_acts import SignedTransfer, transfer_message
from freehold.core.units import Units
from freehold.desks import parties, permits, posting
from freehold.desks.access import signin
from freehold.desks.office import now_on_chain
from freehold.desks.outbox import relay

ISSUER = "northwind-optics"


def somebody(office, role, scope=EVERYWHERE):
    name = f"{role}-{scope}@relay.example".replace("/", "-")
    made, _ = signin.invite(office, permits.operator(), name, [(role, scope)])
    with office.book.reading() as tx:
        return permits.actor_of(tx, identities.find(tx, made.id))


@pytest.fixture(scope="module")
def agent(shared_company):
    return somebody(shared_company, Role.TRANSFER_AGENT)


def signed(office, units, nonce, receiver="wei-ling-tan", until=4_000_000_000):
    """A transfer of tobias-brandt's, with his own signature."""
    owner, instrument = parties.instrument(office, ISSUER, "common")
    mine = parties.party(office, owner, "tobias-brandt")
    to = parties.party(office, owner, receiver)
    key = office.keys.custody(mine.holder.custody)
    asked = SignedTransfer(
        instrument.token, mine.wallet, to.wallet, Units(units), 0, until, "0x" + nonce * 32
    )
    name = contracts.read(office.w3, "SecurityToken", instrument.token, "name")
    message = transfer_message(asked, name, office.chain)
    return asked, "0x" + key.sign_typed_data(message).hex()


def test_a_signed_transfer_is_sent_once_and_the_same_key_gets_the_same_answer(
    shared_company, agent
):
    office = shared_company
    asked, signature = signed(office, 7, "01")
    done = relay.relay(office, agent, asked, signature, "key 1")
    assert done.instruction and done.gas > 21_000, done.reason
    again = relay.relay(office, agent, asked, signature, "key 1")
    assert again.instruction and again.instruction.id == done.instruction.id
    with pytest.raises(Conflict, match="relayed already"):
        relay.relay(office, agent, asked, signature, "key 2")
    for _ in range(2):
        posting.send_approved(office.posting)
        posting.follow_chain(office.posting)
    again = relay.relay(office, agent, asked, signature, "key 1")
    assert again.instruction and again.instruction.state == "SETTLED"


def test_a_key_is_for_one_message_under_one_signature(shared_company, agent):
    office = shared_company
    asked, signature = signed(office, 1, "0a")
    other, another = signed(office, 2, "0b")
    done = relay.relay(office, agent, asked, signature, "one key")
    assert done.instruction, done.reason
    for one, by in ((other, another), (asked, another), (other, signature)):
        with pytest.raises(Conflict, match="used for another request"):
            relay.relay(office, agent, one, by, "one key")
    with pytest.raises(Conflict, match="was relayed already") as caught:
        relay.relay(office, agent, asked, signature, "another key")
    assert caught.value.facts["instruction"] == done.instruction.id
    again = relay.relay(office, agent, asked, signature, "one key")
    assert again.instruction and again.instruction.id == done.instruction.id
    wrong = relay.relay(office, agent, other, signature, "wrong first")
    assert (wrong.instruction, wrong.code) == (None, Reason.SIGNATURE_WRONG)
    with pytest.raises(Conflict, match="used for another request"):
        relay.relay(office, agent, other, another, "wrong first")
    assert relay.relay(office, agent, other, another, "right then").instruction


def test_what_would_fail_is_refused_and_costs_nothing(shared_company, agent):
    office = shared_company
    nonce = office.w3.eth.get_transaction_count(office.keys.agent.address)
    asked, signature = signed(office, 10**12, "02")
    done = relay.relay(office, agent, asked, signature, "too much")
    assert done.instruction is None and done.reason
    other, _ = signed(office, 1, "03")
    done = relay.relay(office, agent, other, signature, "not his signature")
    assert done.instruction is None and done.reason
    late, signature = signed(office, 1, "04", until=1)
    assert relay.relay(office, agent, late, signature, "late").instruction is None
    assert office.w3.eth.get_transaction_count(office.keys.agent.address) == nonce
    with pytest.raises(Invalid):
        relay.relay(office, agent, other, "0x12", "short")


def test_budgets_and_powers_hold(shared_company, agent, monkeypatch):
    office = shared_company
    other = somebody(office, Role.INVESTOR, holder_scope(ISSUER, "wei-ling-tan"))
    asked, signature = signed(office, 1, "05")
    with pytest.raises(NotPermitted):
        relay.relay(office, other, asked, signature, "not mine")
    for budget, whose in (((0, 10**9), "issuer"), ((10**9, 0), "holder")):
        object.__setattr__(office, "relay_gas", budget)
        done = relay.relay(office, agent, asked, signature, f"budget {whose}")
        assert done.instruction is None and whose in done.reason


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"valid_before": -1}, Reason.SIGNATURE_EXPIRED),
        ({"valid_before": 0}, Reason.SIGNATURE_EXPIRED),
        ({"valid_after": 3_600}, Reason.SIGNATURE_EARLY),
        ({"valid_after": 10**9}, Reason.SIGNATURE_EARLY),
        ({"units": 2}, Reason.SIGNATURE_WRONG),
        ({"chain": 1}, Reason.SIGNATURE_WRONG),
        ({"token": "the coin of somebody else"}, Reason.SIGNATURE_WRONG),
    ],
    ids=str,
)
def test_a_signature_out_of_time_or_for_something_else_has_its_code_and_costs_nothing(
    shared_company, agent, terms, code
):
    """Seconds from the chain's own clock; what is signed differs from what is sent where it says so."""
    office = shared_company
    now = to_seconds(now_on_chain(office))
    one, _ = signed(office, 1, "0e")
    times = {name: now + terms[name] for name in ("valid_after", "valid_before") if name in terms}
    sent = replace(one, **times)
    said = replace(sent, units=Units(terms.get("units", 1)))
    owner, instrument = parties.instrument(office, ISSUER, "common")
    key = office.keys.custody(parties.party(office, owner, "tobias-brandt").holder.custody)
    name = contracts.read(office.w3, "SecurityToken", instrument.token, "name")
    message = dict(transfer_message(said, name, office.chain + terms.get("chain", 0)))
    if "token" in terms:
        message["domain"] = message["domain"] | {"verifyingContract": "0x" + "ab" * 20}
    signature = "0x" + key.sign_typed_data(message).hex()
    nonce = office.w3.eth.get_transaction_count(office.keys.agent.address)
    done = relay.relay(office, agent, sent, signature, f"out of time {terms}")
    assert (done.instruction, done.code) == (None, code), done.reason
    assert done.reason == sentence(code)
    assert office.w3.eth.get_transaction_count(office.keys.agent.address) == nonce
    with office.book.reading() as tx:
        last = list(audit.every(tx))[-1].entry
    assert (last.act, last.outcome, last.code) == ("relay transfer", "REFUSED", int(code))
