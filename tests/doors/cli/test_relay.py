"""`freehold relay`: signed acts from a file, each once, and the budgets that pay for them."""

import json
from datetime import UTC, datetime

from freehold import config
from freehold.chain import contracts
from freehold.client import signing
from freehold.desks import parties
from freehold.desks.office import open_office
from freehold.wire.relays import SigningDomain

ISSUER = "northwind-optics"
UNTIL = datetime(2096, 1, 1, tzinfo=UTC)


def signed(units, nonce, receiver="wei-ling-tan"):
    """A transfer of tobias-brandt's with his own signature, as a file has it."""
    with open_office(config.load()) as office:
        owner, instrument = parties.instrument(office, ISSUER, "common")
        party = parties.party(office, owner, "tobias-brandt")
        to = parties.party(office, owner, receiver).wallet
        key = signing.key_from(office.keys.custody(party.holder.custody)._key.secret)
        name = contracts.read(office.w3, "SecurityToken", instrument.token, "name")
        decimals, token = instrument.decimals, str(instrument.token)
        domain = SigningDomain(chain=office.chain, token=token, name=name, decimals=decimals)
    made = signing.sign_transfer(key, domain, to, units, UNTIL, nonce="0x" + nonce * 32)
    cancel = signing.sign_cancel(key, domain, "0x" + nonce * 32)
    acts = {"transfer": made, "cancel": cancel}
    return {
        kind: {"act": kind, "token": token, **act.model_dump(mode="json", exclude_unset=True)}
        for kind, act in acts.items()
    }


def test_a_file_of_signed_acts_is_sent_once_and_says_what_was_not(run, company_home, tmp_path):
    file = tmp_path / "signed.json"
    first, second = signed("2", "0a"), signed("3", "0b")
    file.write_text(json.dumps([first["transfer"], second["cancel"]]))
    done = run("relay", "submit", file)
    assert done.code == 0, done.document
    assert [(one["act"], one["state"]) for one in done.document["acts"]] == [
        ("transfer", "final"),
        ("cancel", "final"),
    ]
    again = run("relay", "submit", file)
    assert (again.code, again.document) == (0, done.document)
    file.write_text(json.dumps(second["transfer"]))
    taken_back = run("relay", "submit", file)
    assert (taken_back.code, taken_back.document["acts"][0]["state"]) == (1, "not sent")
    assert "used before" in taken_back.document["acts"][0]["reason"]
    listed = run("relay", "status").document["relayed"]
    assert {(one["act"], one["holder"], one["state"]) for one in listed} == {
        ("transfer", "tobias-brandt", "final"),
        ("cancel", "tobias-brandt", "final"),
    }
    spent = run("relay", "budgets").document
    assert spent["spent"] == sum(one["gas"] for one in listed)
    assert run("relay", "budgets", "--holder-gas", 1).document["holder_gas"] == 1
    assert run("relay", "budgets").document["issuer_gas"] == spent["issuer_gas"]
    file.write_text(json.dumps(signed("1", "0c")["transfer"]))
    over = run("relay", "submit", file).document["acts"][0]
    assert "is used up" in over["reason"]


def test_every_mistake_of_a_file_is_told_and_nothing_is_sent(run, company_home, tmp_path):
    file = tmp_path / "signed.json"
    known = signed("1", "0d")["transfer"]
    wrong = {**known, "signature": "0x12", "token": "0x12"}
    file.write_text(json.dumps([known, wrong, {"act": "gift"}, {**known, "more": 1}]))
    answer = run("relay", "submit", file)
    assert answer.code == 2
    assert [one["place"] for one in answer.error["mistakes"]] == [
        "acts.2.token",
        "acts.2.signature",
        "acts.3.act",
        "acts.4.more",
    ]
    assert run("relay", "status").document == {"relayed": []}
    file.write_text("[")
    assert "is no JSON" in run("relay", "submit", file).said
