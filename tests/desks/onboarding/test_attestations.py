"""What a registrar vouches for is signed anywhere and brought by anybody; what is wrong is refused."""

from dataclasses import replace
from datetime import timedelta

import pytest

from freehold.book import issuers
from freehold.chain import contracts, signer
from freehold.chain.contracts import call
from freehold.core.attestation import Attestation, as_json, read_message, read_signed
from freehold.core.clock import from_seconds
from freehold.core.errors import Conflict, Invalid
from freehold.core.facts import Flags, Kind, Proof, unpack_facts
from freehold.core.policy.starter import HolderClass
from freehold.core.powers import ALL_POWERS, Powers
from freehold.core.reasons import Reason
from freehold.desks.office import now_on_chain, set_clock
from freehold.desks.onboarding import attestations, onboarding
from freehold.desks.onboarding.attestations import Transfer
from freehold.desks.outbox.carrying import Asked, carry_out
from freehold.desks.platform import establishment
from freehold.desks.register import registers
from tests.company import sell
from tests.people import berliner, say

FORGER = signer.from_key("11" * 32)
WALLET = signer.from_key("22" * 32).address


def owner_of(office):
    with office.book.reading() as tx:
        return issuers.find(tx, None)


def facts(office, wallet=WALLET):
    register = owner_of(office).register
    return unpack_facts(contracts.read(office.w3, "Holders", register, "facts", wallet))


def soon(office, days=10):
    return now_on_chain(office) + timedelta(days=days)


def signed(office, person="p-anna", wallet=WALLET, deadline=None, by=None):
    stated = attestations.state(office, None, person, wallet, deadline or soon(office))
    assert stated.allowed
    return attestations.sign(by or office.keys.agent, stated.message)


def pass_days(office, days):
    set_clock(office, int((now_on_chain(office) + timedelta(days=days)).timestamp()))
    office.w3.provider.make_request("evm_mine", [])


def refused(office, one, said):
    with pytest.raises(Conflict) as why:
        attestations.submit(office, one, office.keys.second)
    assert said in why.value.message


def test_anybody_brings_what_a_registrar_signed_and_the_wallet_is_admitted(company):
    berliner(company)
    written = as_json(signed(company))
    done = attestations.submit(company, read_signed(written), company.keys.second)
    assert done.sender == company.keys.second.address != company.keys.agent.address
    known = facts(company)
    assert known.holder_class == HolderClass.OUTSIDE_US
    assert known.identity not in (WALLET, "0x" + "0" * 40)
    assert onboarding.refresh(company, None) == [], "the attested facts are those of the claims"
    assert registers.verify(company).ok


def test_an_attestation_changes_a_known_wallet_and_keeps_its_freeze(company):
    berliner(company)
    attestations.submit(company, signed(company), company.keys.second)
    register = owner_of(company).register
    data = call("Holders", "set_flags", WALLET, int(Flags.FROZEN) << 239, b"\1" * 32)
    carry_out(company, "t", [Asked(company.keys.agent, register, data, "freeze", "f")])
    say(company, "p-anna", "accredited")
    attestations.submit(company, signed(company), company.keys.second)
    assert facts(company).holder_class == HolderClass.ACCREDITED
    assert facts(company).flags == Flags.FROZEN


def test_it_works_once(company):
    berliner(company)
    one = signed(company)
    first = attestations.submit(company, one, company.keys.second)
    assert attestations.submit(company, one, company.keys.second).id == first.id
    with pytest.raises(Conflict, match=r"attestation: (used before|bad signature)"):
        attestations.submit(company, one, company.keys.agent)


def test_a_replay_after_the_word_is_the_same_again_is_refused(company):
    berliner(company)
    attestations.submit(company, signed(company), company.keys.second)
    same = signed(company)  # states what is there already: the word does not change by it
    attestations.submit(company, same, company.keys.second)
    with pytest.raises(Conflict, match="attestation: used before"):
        attestations.submit(company, same, company.keys.agent)


def test_a_forged_one_is_refused(company):
    berliner(company)
    one = signed(company)
    refused(company, replace(one, signature=signed(company, by=FORGER).signature), "bad signature")
    richer = replace(one.message, row=one.message.row ^ (1 << 192))
    refused(company, replace(one, message=richer), "bad signature")
    refused(company, signed(company, by=FORGER), "no registrar")


def test_one_whose_deadline_has_passed_is_refused(company):
    berliner(company)
    late = signed(company, deadline=soon(company, 1))
    pass_days(company, 2)
    refused(company, late, "attestation: expired")
    with pytest.raises(Invalid, match="has passed"):
        attestations.state(company, None, "p-anna", WALLET, from_seconds(1))


def test_one_of_another_contract_or_chain_is_refused(company):
    berliner(company)
    one = signed(company)
    elsewhere = replace(one.message, contract=owner_of(company).registry_face)
    other = attestations.sign(company.keys.agent, elsewhere)
    here = replace(other, message=replace(other.message, contract=owner_of(company).register))
    refused(company, here, "bad signature")
    with pytest.raises(Conflict, match="signed for chain 1"):
        attestations.submit(company, replace(one, message=replace(one.message, chain=1)))


def test_one_that_has_become_stale_is_refused(company):
    berliner(company)
    stale = signed(company)
    attestations.submit(company, signed(company), company.keys.second)
    refused(company, stale, "bad signature")


def test_one_of_a_registrar_who_was_removed_is_refused_and_so_is_one_signed_before(company):
    berliner(company)
    registrar, register = signer.from_key("33" * 32), owner_of(company).register
    grant = call("Holders", "grant", registrar.address, int(Powers.ADMIT))
    carry_out(company, "t", [Asked(company.keys.agent, register, grant, "grant", "g")])
    pass_days(company, establishment.POWER_DELAY_SECONDS / 86_400 + 1)
    berliner(company, "p-berta")
    before = signed(company, "p-berta", signer.from_key("44" * 32).address, by=registrar)
    attestations.submit(company, signed(company, by=registrar), company.keys.second)
    taken = call("Holders", "grant", registrar.address, int(ALL_POWERS & ~ALL_POWERS))
    carry_out(company, "t", [Asked(company.keys.agent, register, taken, "revoke", "r")])
    pass_days(company, establishment.POWER_DELAY_SECONDS / 86_400 + 1)
    refused(company, before, "attestation: no registrar")


def test_nobody_is_attested_whom_no_class_takes(company):
    onboarding.add_person(company, {"name": "Nobody Knows"}, "p-x")
    stated = attestations.state(company, None, "p-x", WALLET, soon(company))
    assert (stated.message, stated.code) == (None, Reason.KYC_MISSING)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "letter"}, "`kind` is attestation or passage"),
        ({"message": []}, "has no `message`"),
        ({"signature": "0x00"}, "130 hexadecimal digits"),
        ({"registrar": "0x12"}, "registrar"),
    ],
)
def test_a_file_that_is_none_says_what_is_wrong(company, change, said):
    berliner(company)
    document = {**as_json(signed(company)), **change}
    with pytest.raises(Invalid) as why:
        read_signed(document)
    assert said in "\n".join([why.value.message, *map(str, why.value.mistakes)])


def test_what_is_not_signed_yet_is_told_so(company):
    berliner(company)
    document = as_json(signed(company))
    message = {key: document[key] for key in ("kind", "message")}
    assert isinstance(read_message(message), Attestation)
    with pytest.raises(Invalid, match="not signed yet"):
        read_signed(message)


# ---- passages ----


@pytest.fixture
def giver(company):
    """The second person's key, admitted as a holder of restricted units who gives them away."""
    say_id = berliner(company)
    say(company, say_id, "accredited")
    onboarding.admit(company, None, say_id, company.keys.second.address)
    berliner(company, "p-berta")
    receiver = onboarding.admit(company, None, "p-berta").wallet
    assert sell(company, "priya-raman", say_id, 60_000, "k").allowed
    return company.keys.second, receiver


def gift(office, giver, units=60_000, kind=Kind.GIFT, key="gift", proofs=Proof.FAMILY):
    holder, receiver = giver
    asked = Transfer("common", holder.address, receiver, units, kind, proofs, key)
    return attestations.passage(office, None, asked, soon(office))


def held(office, wallet):
    (report,) = registers.registers(office, None, "CS")
    return next((row.units for row in report.rows if row.wallet == wallet), "0")


def test_a_passage_lets_the_holder_move_what_was_vouched_for_once(company, giver):
    one = attestations.sign(company.keys.agent, gift(company, giver, units=1_000).message)
    attestations.submit(company, read_signed(as_json(one)), giver[0])
    assert held(company, giver[1]) == "1000"
    other = replace(one, signature=one.signature)
    assert attestations.submit(company, other, giver[0]).state == "SETTLED"
    assert held(company, giver[1]) == "1000"
    more = replace(one, message=replace(one.message, units=2_000))
    with pytest.raises(Conflict, match="attestation: bad signature"):
        attestations.submit(company, more, giver[0])
    assert registers.verify(company).ok


def test_a_passage_that_the_rules_refuse_is_not_written(company, giver):
    stated = gift(company, giver, units=10**9)
    assert (stated.allowed, stated.code) == (False, Reason.INSUFFICIENT_BALANCE)


def test_a_kind_that_nobody_may_vouch_for_is_refused(company, giver):
    with pytest.raises(Invalid, match="is no kind to vouch for"):
        gift(company, giver, kind=Kind.FORCE)
