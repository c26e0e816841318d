"""Acts signed offline: the signature is the holder's over what the contract will read; the key stays."""

from datetime import UTC, datetime

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data

from freehold.client import signing
from freehold.core import signed_acts, webhooks
from freehold.core.errors import Invalid
from freehold.core.ids import checksummed
from freehold.wire.relays import SigningDomain

SECRET = "0x" + "4f" * 32
TOKEN, OTHER = checksummed("0x" + "aa" * 20), checksummed("0x" + "bb" * 20)
DOMAIN = SigningDomain(chain=31337, token=TOKEN, name="Common", decimals=2)
UNTIL = datetime(2027, 1, 1, tzinfo=UTC)
KEY = signing.key_from(SECRET)


def signer(message, signature):
    return Account.recover_message(encode_typed_data(full_message=message), signature=signature)


def test_a_transfer_is_signed_in_base_units_with_a_nonce_of_its_own():
    made = [signing.sign_transfer(KEY, DOMAIN, OTHER, "12.50", UNTIL) for _ in range(2)]
    assert made[0].nonce != made[1].nonce
    one = made[0]
    said = signed_acts.SignedTransfer(
        TOKEN, KEY.address, OTHER, 1_250, 0, one.valid_before, one.nonce
    )
    message = signed_acts.transfer_message(said, "Common", 31337)
    assert signer(message, one.signature) == KEY.address
    assert message["types"]["TransferWithAuthorization"][2] == {"name": "value", "type": "uint256"}
    with pytest.raises(Invalid):
        signing.sign_transfer(KEY, DOMAIN, OTHER, "1.005", UNTIL)


def test_cancellations_claims_and_votes_are_signed_as_the_contracts_read_them():
    nonce = signing.new_nonce()
    cancel = signing.sign_cancel(KEY, DOMAIN, nonce)
    said = signed_acts.SignedCancel(TOKEN, KEY.address, nonce)
    message = signed_acts.cancel_message(said, "Common", 31337)
    assert signer(message, cancel.signature) == KEY.address
    claim = signing.sign_claim(KEY, 1, TOKEN, 3, (5, 5007, 50), ["0x" + "1" * 64], OTHER, UNTIL)
    at = claim.deadline
    own = (5, KEY.address, 5007, 50, ("0x" + "1" * 64,), OTHER, at)
    message = signed_acts.claim_message(signed_acts.SignedClaim(TOKEN, 3, *own), 1)
    assert signer(message, claim.signature) == KEY.address
    vote = signing.sign_vote(KEY, 1, TOKEN, 2, 1, UNTIL, marks=(7,), holder=OTHER)
    said = signed_acts.SignedVote(TOKEN, 2, OTHER, KEY.address, 1, (7,), vote.at)
    assert signer(signed_acts.vote_message(said, 1), vote.signature) == KEY.address
    assert (vote.holder, vote.voter) == (OTHER, KEY.address)


def test_the_key_is_in_no_repr_no_document_and_no_error():
    signed = signing.sign_transfer(KEY, DOMAIN, OTHER, "1", UNTIL)
    assert "4f4f" not in repr(KEY) + signed.model_dump_json()
    for wrong in (SECRET + "00", "0x4f4f4f4f", "none", b"\0" * 32):
        with pytest.raises(ValueError) as caught:
            signing.key_from(wrong)
        assert "4f4f" not in str(caught.value) and caught.value.__cause__ is None
        assert caught.value.__suppress_context__


def test_a_delivery_is_read_only_under_its_own_secret_and_not_too_late():
    from freehold.client import deliveries

    body = (
        b'{"at":"2026-01-01T00:00:00Z","content":{"state":"final"},"kind":"instruction.changed",'
        b'"number":7,"scope":"*","subject":"0x1"}'
    )
    seconds = int(UNTIL.timestamp())
    headers = {"freehold-signature": webhooks.sign("whsec_1", seconds, body)}
    assert deliveries.read("whsec_1", headers, body, UNTIL).number == 7
    late = datetime(2027, 1, 1, 0, 6, tzinfo=UTC)
    for secret, given, content, now in (
        ("whsec_2", headers, body, UNTIL),
        ("whsec_1", headers, body.replace(b"7", b"8"), UNTIL),
        ("whsec_1", {}, body, UNTIL),
        ("whsec_1", headers, body, late),
    ):
        with pytest.raises(deliveries.NotOurs):
            deliveries.read(secret, given, content, now)
