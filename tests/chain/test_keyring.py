"""Signers from their descriptions in the settings."""

import json

import pytest
from coincurve import PrivateKey
from eth_account import Account

from freehold.chain.keyring import open_signer
from freehold.core.errors import Invalid
from tests.chain.kms_server import running

KEY = "5c" * 32
ADDRESS = Account.from_key(KEY).address
WORDS = "test test test test test test test test test test test junk"


def test_each_kind_of_signer_opens_with_its_secret(tmp_path):
    file = tmp_path / "agent.json"
    file.write_text(json.dumps(Account.encrypt(KEY, "open sesame", kdf="pbkdf2", iterations=2)))
    assert open_signer(f"keystore:{file}", lambda: "open sesame").address == ADDRESS
    assert open_signer("key", lambda: KEY).address == ADDRESS
    second = open_signer("mnemonic:1", lambda: WORDS)
    assert second.address == "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"


def test_a_key_management_system_gets_its_token_with_every_request():
    with running(PrivateKey(bytes.fromhex(KEY))) as kms:
        signer = open_signer(f"kms:agent@{kms.url}", lambda: "token 7")
        assert signer.address == ADDRESS and "token 7" not in repr(signer)
        assert ("authorised as", "Bearer token 7") in kms.asked


@pytest.mark.parametrize("url", ["http://kms.example.com/", "ftp://127.0.0.1/", "nowhere"])
def test_a_token_is_never_sent_in_the_clear(url):
    with pytest.raises(Invalid, match="needs an https:// address"):
        open_signer(f"kms:agent@{url}", lambda: pytest.fail("the secret was asked for"))


@pytest.mark.parametrize("described", ["", "keystore:", "mnemonic:", "mnemonic:x", "kms:", KEY])
def test_another_description_is_refused_with_the_ways_to_write_it(described):
    with pytest.raises(Invalid, match="write keystore:PATH, mnemonic:INDEX, key or"):
        open_signer(described, lambda: pytest.fail("the secret was asked for"))


def test_a_key_written_where_the_description_belongs_is_not_repeated():
    for described in (KEY, f"key:{KEY}", f"{KEY}:"):
        with pytest.raises(Invalid) as caught:
            open_signer(described, lambda: "")
        assert KEY not in caught.value.message
