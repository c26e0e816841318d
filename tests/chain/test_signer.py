"""Signing with keys in this process; eth-account is the second opinion."""

import copy
import json
import logging
import traceback

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data

from freehold.chain import signer
from freehold.core.errors import Invalid, Unavailable

KEY = "4c0883a69102937d6231471b5dbb6204fe512961708279f8ac5e1b4a7a9e6b1d"
WORDS = "test test test test test test test test test test test junk"
PASSPHRASE = "correct horse battery staple"
TRANSFER = {
    "chainId": 31337,
    "nonce": 7,
    "maxPriorityFeePerGas": 10**9,
    "maxFeePerGas": 3 * 10**9,
    "gas": 90_000,
    "to": "0x5B38Da6a701c568545dCfcB03FcB875f56beddC4",
    "value": 0,
    "data": bytes.fromhex("a9059cbb" + "00" * 64),
}
CREATION = {**TRANSFER, "to": None, "nonce": 0, "value": 5, "data": "0x6001600101"}
VOTE = {
    "types": {
        "EIP712Domain": [
            {"name": "name", "type": "string"},
            {"name": "chainId", "type": "uint256"},
        ],
        "Vote": [{"name": "ballot", "type": "bytes32"}, {"name": "units", "type": "uint256"}],
    },
    "primaryType": "Vote",
    "domain": {"name": "Register", "chainId": 31337},
    "message": {"ballot": b"\7" * 32, "units": 12},
}


@pytest.fixture(scope="module")
def keystore(tmp_path_factory):
    file = tmp_path_factory.mktemp("keys") / "agent.json"
    file.write_text(json.dumps(Account.encrypt(KEY, PASSPHRASE, iterations=2)))
    return file


@pytest.mark.parametrize("transaction", [TRANSFER, CREATION])
def test_the_raw_bytes_are_those_that_eth_account_makes(transaction):
    made = signer.from_key(KEY).sign_transaction(transaction)
    theirs = {name: value for name, value in transaction.items() if value is not None}
    assert made == Account.sign_transaction({**theirs, "type": 2}, KEY).raw_transaction
    assert Account.recover_transaction(made) == signer.from_key(KEY).address


def test_typed_data_is_signed_as_eth_account_signs_it():
    theirs = Account.sign_message(encode_typed_data(full_message=VOTE), KEY)
    assert signer.from_key("0x" + KEY).sign_typed_data(VOTE) == theirs.signature


def test_a_mnemonic_gives_the_wellknown_addresses_of_its_path():
    assert signer.from_mnemonic(WORDS).address == "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
    second = signer.from_mnemonic(f"  {WORDS}\n", index=1)
    assert second.address == "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"


def test_a_keystore_opens_with_its_passphrase_to_the_key_it_was_made_from(keystore):
    opened = signer.open_keystore(keystore, PASSPHRASE)
    assert opened.address == signer.from_key(KEY).address
    assert opened.sign_transaction(TRANSFER) == signer.from_key(KEY).sign_transaction(TRANSFER)


def test_a_wrong_passphrase_is_said_to_be_wrong(keystore):
    with pytest.raises(Invalid, match="does not open: the passphrase is wrong"):
        signer.open_keystore(keystore, "Correct horse battery staple")


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"version": 3}', '{"version": 1}', '{"version": 3, "crypto": {}}']
)
def test_a_file_that_is_no_keystore_is_refused(tmp_path, content):
    file = tmp_path / "broken.json"
    file.write_text(content)
    with pytest.raises(Invalid, match=r"it is no|not a keystore"):
        signer.open_keystore(file, PASSPHRASE)


def test_a_missing_keystore_names_its_path(tmp_path):
    with pytest.raises(Invalid, match=r"nobody\.json cannot be read"):
        signer.open_keystore(tmp_path / "nobody.json", PASSPHRASE)


@pytest.mark.parametrize("text", ["", "0x", "zz" * 32, KEY[:-2], KEY + "00", "00" * 32, "ff" * 32])
def test_what_is_no_key_is_refused(text):
    with pytest.raises(Invalid, match="the key"):
        signer.from_key(text)


@pytest.mark.parametrize("words", ["", "test", WORDS.replace("junk", "test"), WORDS + " junk"])
def test_what_is_no_mnemonic_is_refused(words):
    with pytest.raises(Invalid, match="not a valid BIP-39 phrase"):
        signer.from_mnemonic(words)


def test_an_address_index_outside_the_path_is_refused():
    with pytest.raises(Invalid, match="address index -1"):
        signer.from_mnemonic(WORDS, index=-1)


@pytest.mark.parametrize("missing", ["chainId", "nonce", "gas"])
def test_a_transaction_is_not_signed_without_chain_nonce_and_gas(missing):
    with pytest.raises(Invalid, match=f"without {missing}"):
        signer.from_key(KEY).sign_transaction({**TRANSFER, missing: None})


def test_a_malformed_message_is_refused():
    with pytest.raises(Invalid, match="no EIP-712 message"):
        signer.from_key(KEY).sign_typed_data({**VOTE, "primaryType": "Nothing"})


def test_a_secret_is_read_from_environment_file_or_prompt(tmp_path):
    file = tmp_path / "secret"
    file.write_text("from the file\n")
    asked = []

    def prompt(text):
        asked.append(text)
        return "from the prompt"

    def read(reference):
        return signer.read_secret(reference, {"PASS": "given"}, prompt)

    assert read("env:PASS") == "given"
    assert read(f"file:{file}") == "from the file"
    assert read("prompt") == "from the prompt" and read("prompt:Key of the agent? ")
    assert asked == ["Passphrase: ", "Key of the agent? "]


def test_a_reference_to_nothing_says_what_is_missing():
    with pytest.raises(Unavailable, match="variable PASS is not set"):
        signer.read_secret("env:PASS", {}, input)
    with pytest.raises(Unavailable, match="/nowhere/pass cannot be read"):
        signer.read_secret("file:/nowhere/pass", {}, input)


def _everything_said(keystore):
    """What a careless program would print: every repr, and every message and traceback."""
    made = [
        signer.from_key(KEY),
        signer.from_mnemonic(WORDS),
        signer.open_keystore(keystore, PASSPHRASE),
    ]
    mishaps = [
        lambda: signer.from_key(KEY + "q"),
        lambda: signer.from_key(KEY + "00"),
        lambda: signer.from_mnemonic(WORDS + " zebra"),
        lambda: signer.from_mnemonic(WORDS.replace("junk", "nonsense")),
        lambda: signer.open_keystore(keystore, PASSPHRASE + "!"),
        lambda: signer.read_secret(KEY, {}, input),
        lambda: signer.read_secret(PASSPHRASE, {"env": PASSPHRASE}, input),
        lambda: made[0].sign_transaction({"chainId": 1}),
        lambda: made[0].sign_typed_data({}),
    ]
    for one in made:
        one.sign_transaction(TRANSFER)
        yield from (repr(one), str(one), f"{[one]}", repr(copy.copy(one)))
        logging.getLogger("freehold").warning("signing with %s %r", one, {"signer": one})
    for mishap in mishaps:
        with pytest.raises((Invalid, Unavailable)) as caught:
            mishap()
        error = caught.value
        while error is not None:
            yield from (repr(error), str(getattr(error, "facts", "")))
            yield "".join(traceback.format_exception(error))
            error = error.__cause__ or error.__context__


def test_no_key_word_or_passphrase_appears_in_what_is_printed_or_logged(keystore, caplog):
    caplog.set_level(logging.DEBUG)
    said = "\n".join(_everything_said(keystore)) + caplog.text
    derived = Account.from_mnemonic(WORDS).key.hex()
    secrets = [KEY, str(int(KEY, 16)), str(bytes.fromhex(KEY))[2:20], derived, PASSPHRASE]
    assert "0x" in said and len(said) > 5_000
    assert [secret for secret in secrets if secret.lower() in said.lower()] == []
    assert "junk" not in _without_source_lines(said)


def _without_source_lines(said):
    """A traceback quotes the test's own source, which has the words in it."""
    return "\n".join(line for line in said.splitlines() if not line.startswith("    "))
