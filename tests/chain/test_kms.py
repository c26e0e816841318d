"""Signing through a key management system: a real HTTP server with a real key, in every mood."""

import logging
import time

import pytest
from coincurve import PrivateKey
from eth_account import Account

from freehold.chain.kms import Kms, open_kms, read_der
from freehold.chain.signer import from_key
from freehold.core.errors import Broken, Invalid, Unavailable
from tests.chain.kms_server import running

SECRET = "8f2a559490d7d3ab1b0d4a63c1b6f7b2d4c36f8dc7b4a1a6f2e5d8c9b0a19283"
TRANSFER = {
    "chainId": 1,
    "nonce": 0,
    "maxPriorityFeePerGas": 1,
    "maxFeePerGas": 2,
    "gas": 21_000,
    "to": "0x" + "33" * 20,
}
VOTE = {
    "types": {
        "EIP712Domain": [{"name": "name", "type": "string"}],
        "Vote": [{"name": "units", "type": "uint256"}],
    },
    "primaryType": "Vote",
    "domain": {"name": "Register"},
    "message": {"units": 12},
}


@pytest.fixture
def kms():
    with running(PrivateKey(bytes.fromhex(SECRET))) as server:
        yield server


@pytest.fixture
def agent(kms):
    return open_kms(Kms(kms.url, "agent", timeout_seconds=1))


def test_the_address_is_that_of_the_key_and_the_key_never_travels(kms, agent):
    assert agent.address == from_key(SECRET).address
    agent.sign_transaction(TRANSFER)
    assert SECRET not in str(kms.asked)


@pytest.mark.parametrize("mood", ["well", "high s"])
def test_a_transaction_is_the_same_to_the_byte_as_one_signed_with_the_key_itself(kms, agent, mood):
    kms.mood = mood
    for nonce in range(20):
        transaction = {**TRANSFER, "nonce": nonce}
        made = agent.sign_transaction(transaction)
        assert made == from_key(SECRET).sign_transaction(transaction)
        assert Account.recover_transaction(made) == agent.address


@pytest.mark.parametrize("mood", ["well", "high s"])
def test_typed_data_is_signed_with_low_s_and_the_right_v(kms, agent, mood):
    kms.mood = mood
    assert agent.sign_typed_data(VOTE) == from_key(SECRET).sign_typed_data(VOTE)


def test_a_signature_by_another_key_is_refused(kms, agent):
    kms.mood = "another key"
    with pytest.raises(Broken, match=f"another key than that of {agent.address}"):
        agent.sign_transaction(TRANSFER)


def test_an_answer_that_is_no_signature_is_refused(kms, agent):
    kms.mood = "garbage"
    with pytest.raises(Broken, match="no DER signature"):
        agent.sign_transaction(TRANSFER)


@pytest.mark.parametrize(
    ("mood", "words"),
    [
        ("slow", "did not answer within 1 s"),
        ("failing", "refuses Sign for key agent: 500 KMSInternalException"),
        ("confused", "cannot be reached or answers no JSON"),
        ("nothing", "answers no Signature"),
    ],
)
def test_a_system_in_trouble_is_unavailable_and_works_again_afterwards(kms, agent, mood, words):
    kms.mood = mood
    start = time.monotonic()
    with pytest.raises(Unavailable, match=words):
        agent.sign_transaction(TRANSFER)
    assert time.monotonic() - start < 3
    kms.mood = "well"
    assert agent.sign_transaction(TRANSFER)


def test_a_system_that_is_down_is_unavailable(agent):
    with running(PrivateKey()) as gone:
        url = gone.url
    with pytest.raises(Unavailable, match="cannot be reached"):
        open_kms(Kms(url, "agent"))


def test_an_unknown_key_is_named(kms):
    with pytest.raises(Unavailable, match="for key nobody: 400 NotFoundException"):
        open_kms(Kms(kms.url, "nobody"))


@pytest.mark.parametrize("mood", ["p256", "off curve"])
def test_a_key_of_another_curve_is_refused_at_once(kms, mood):
    kms.mood = mood
    with pytest.raises(Invalid, match=r"not on the curve secp256k1|not a point of its curve"):
        open_kms(Kms(kms.url, "agent"))


def test_every_request_is_authorised_as_configured(kms):
    signer = open_kms(Kms(kms.url, "agent", lambda url, body: {"Authorization": f"B {len(body)}"}))
    signer.sign_transaction(TRANSFER)
    given = [what for action, what in kms.asked if action == "authorised as"]
    assert len(given) == 2 and all(what.startswith("B ") for what in given)


def test_neither_credentials_nor_digests_appear_in_reprs_messages_or_logs(kms, caplog):
    caplog.set_level(logging.DEBUG)
    token = "Bearer d1c2b3a4"
    signer = open_kms(Kms(kms.url, "agent", lambda url, body: {"Authorization": token}))
    kms.mood = "failing"
    with pytest.raises(Unavailable) as caught:
        signer.sign_transaction(TRANSFER)
    digest = kms.asked[-1][1]["Message"]
    said = f"{signer!r} {caught.value!r} {caught.value.facts} {caplog.text}"
    assert kms.url in said
    assert token not in said and digest not in said and SECRET not in said


@pytest.mark.parametrize(
    "der",
    [
        "", "30", "3006020101020101ff", "3007020101020101", "3006030101020101",
        "3006020100020101", "3006020101020100", "30060201ff020101", "3006020102020181",
        "30080201010201010000", "3006020501020101", "3026022100" + "ff" * 32 + "020101",
    ],
)  # fmt: skip
def test_malformed_der_is_refused(der):
    with pytest.raises(ValueError, match="it "):
        read_der(bytes.fromhex(der))


def test_der_is_read_as_it_was_written():
    assert read_der(bytes.fromhex("3006020101020102")) == (1, 2)
