"""From claims to the register: class, marks and last day, exact on chain; erased persons stay unread."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from freehold.book import issuers, people
from freehold.book.schema_people import Fate
from freehold.chain import contracts
from freehold.core import clock
from freehold.core.claims import ClaimState, commitment
from freehold.core.errors import Conflict, Invalid, NotFound, NotPermitted
from freehold.core.facts import Flags, unpack_facts
from freehold.core.grounds import Ground, Grounds
from freehold.core.policy.starter import HolderClass
from freehold.core.reasons import Reason
from freehold.desks.onboarding import erasing, onboarding, persons
from freehold.desks.outbox import orders
from freehold.desks.register import registers
from freehold.desks.securities import recoveries
from freehold.desks.securities.recoveries import ProposeRequest
from tests.company import sell as company_sale
from tests.people import ANNA, berliner, say, today, travel

SELLER = "priya-raman"
DAY = timedelta(days=1)


def facts(office, wallet):
    with office.book.reading() as tx:
        owner = issuers.find(tx, None)
    return unpack_facts(contracts.read(office.w3, "Holders", owner.register, "facts", wallet))


def sell(office, to, key, units=1_000):
    return company_sale(office, SELLER, to, units, key).code


def day_of(facts):
    return clock.day_of(facts.until)


def test_a_person_is_admitted_in_the_class_that_the_claims_give_until_the_first_of_them_lapses(
    company,
):
    anna = berliner(company)
    say(company, anna, "accredited", 90)
    admitted = onboarding.admit(company, None, anna)
    assert admitted.standing.holder_class == HolderClass.ACCREDITED
    known = facts(company, admitted.wallet)
    assert known.holder_class == HolderClass.ACCREDITED
    assert day_of(known) == today(company) + 90 * DAY
    assert known.country == 0, "no rule asks for the country, so the chain does not say it"
    assert sell(company, anna, "now") == 0
    assert registers.verify(company).ok


def test_nothing_is_opened_twice(company):
    anna = berliner(company)
    first = onboarding.admit(company, None, anna)
    again = onboarding.admit(company, None, anna)
    assert again.wallet == first.wallet
    assert again.commitment == first.commitment
    assert again.instruction is None


def test_who_was_not_identified_is_refused_with_the_code(company):
    onboarding.add_person(company, ANNA, "p-anna")
    say(company, "p-anna", "accredited")
    refused = onboarding.admit(company, None, "p-anna")
    assert (refused.allowed, refused.standing.code) == (False, Reason.KYC_MISSING)
    with company.book.reading() as tx:
        assert people.wallets(tx) == []


def test_receipts_end_with_the_day_that_the_chain_was_told_and_not_a_day_sooner(company):
    anna = berliner(company)
    say(company, anna, "accredited", 30)
    wallet = onboarding.admit(company, None, anna).wallet
    last = day_of(facts(company, wallet))
    travel(company, last)
    assert sell(company, anna, "last day") == 0
    travel(company, last + DAY)
    assert sell(company, anna, "day after") == Reason.RECEIVER_CLAIM_EXPIRED
    (pushed,) = onboarding.refresh(company, None)
    assert pushed.standing.holder_class == HolderClass.OUTSIDE_US
    assert day_of(facts(company, wallet)) > last + DAY
    assert sell(company, anna, "other class") == 0


def test_a_revocation_stops_receipts_at_once_and_selling_goes_on(company):
    anna = berliner(company)
    kyc = say(company, anna, "kyc", 200)
    wallet = onboarding.admit(company, None, anna).wallet
    assert sell(company, anna, "before") == 0
    for claim in onboarding.person_file(company, anna).claims:
        if claim.name == "kyc":
            onboarding.end_claim(company, claim.id, Fate.REVOKED, None, "the passport was forged")
    assert onboarding.person_file(company, anna).states[kyc.id] is ClaimState.REVOKED
    (pushed,) = onboarding.refresh(company, None, anna)
    assert pushed.standing.code == Reason.KYC_MISSING
    assert day_of(facts(company, wallet)) == today(company) - DAY
    assert sell(company, anna, "after") == Reason.RECEIVER_CLAIM_EXPIRED
    assert onboarding.refresh(company, None) == []
    back = company_sale(company, anna, "jonas-keller", 1_000, "exit")
    assert back.allowed, "a lapse closes the way in, never the way out"


def test_facts_that_go_and_come_again_are_pushed_each_time(company):
    anna = berliner(company)
    wallet = onboarding.admit(company, None, anna).wallet
    for _ in range(2):
        claim = say(company, anna, "affiliate", 100)
        assert len(onboarding.refresh(company, None)) == 1
        assert facts(company, wallet).flags == Flags.AFFILIATE
        onboarding.end_claim(company, claim.id, Fate.REVOKED, None, "a mistake")
        assert len(onboarding.refresh(company, None)) == 1
        assert facts(company, wallet).flags == Flags(0)
        travel(company, today(company) + DAY)


def test_an_affiliate_is_marked_on_chain_until_three_months_after_the_last_day(company):
    anna = berliner(company)
    say(company, anna, "kyc", 900)
    say(company, anna, "residence", 900, country="DE")
    claim = say(company, anna, "affiliate", 30)
    wallet = onboarding.admit(company, None, anna).wallet
    assert facts(company, wallet).flags == Flags.AFFILIATE
    travel(company, today(company) + 60 * DAY)
    onboarding.refresh(company, None)
    assert facts(company, wallet).flags == Flags.AFFILIATE, "the claim ran out, the fact did not"
    last = today(company)
    onboarding.end_claim(company, claim.id, Fate.ENDED, last, "left the board")
    tail = clock.anniversary(last, 3)
    travel(company, tail)
    onboarding.refresh(company, None)
    assert facts(company, wallet).flags == Flags.AFFILIATE
    travel(company, tail + DAY)
    onboarding.refresh(company, None)
    assert facts(company, wallet).flags == Flags(0)


def test_a_claim_of_somebody_untrusted_counts_from_the_day_it_is_trusted(company):
    anna = berliner(company)
    say(company, anna, "accredited", issuer="kane-cpa")
    assert "accredited" not in onboarding.person_file(company, anna).standing.attributes
    persons.set_trust(company, "kane-cpa", "accredited")
    assert onboarding.person_file(company, anna).standing.holder_class == HolderClass.ACCREDITED
    persons.set_trust(company, "kane-cpa", "accredited", trusted=False)
    state = onboarding.person_file(company, anna)
    assert ClaimState.UNTRUSTED in state.states.values()
    assert "kane-cpa is not trusted with accredited" in state.why_not.values()


def test_the_chain_keeps_a_commitment_that_opens_with_the_salt_alone(company):
    anna = berliner(company)
    admitted = onboarding.admit(company, None, anna)
    vault = company.people.vault()
    with company.book.reading() as tx:
        (shown,) = people.commitments_of(tx, vault, anna)
    receipt = company.w3.eth.get_transaction_receipt(admitted.instruction.mined_hash)
    topic = "0x" + contracts.event_topic("Holders", "Committed").hex()
    logs = [one for one in receipt["logs"] if one["topics"][0].to_0x_hex() == topic]
    assert shown.commitment[2:] in logs[0]["data"].hex() + "".join(
        one.hex() for one in logs[0]["topics"]
    )
    assert commitment(shown.salt, shown.claims) == shown.commitment == admitted.commitment


def test_an_erased_person_cannot_be_read_and_keeps_the_account(company, company_home):
    anna = berliner(company)
    wallet = onboarding.admit(company, None, anna).wallet
    assert sell(company, anna, "units") == 0
    erased = erasing.erase_person(company, anna)
    assert erased.person.erased_at
    file = onboarding.person_file(company, anna)
    assert (file.particulars, file.claims, file.standing) == (None, (), None)
    assert [one.wallet for one in file.wallets] == [wallet]
    with pytest.raises(NotFound, match="erased"):
        say(company, anna, "accredited")
    assert onboarding.refresh(company, None) == []
    assert registers.verify(company).ok
    (shown,) = [
        row for row in registers.registers(company, None, "CS")[0].rows if row.wallet == wallet
    ]
    assert (shown.units, shown.holder) == ("1000", "")


def test_no_file_of_the_home_holds_the_name(company, company_home):
    anna = berliner(company, name="Zdenka Quastenflosser")
    onboarding.admit(company, None, anna)
    found = [
        path
        for path in Path(company_home).rglob("*")
        if path.is_file() and b"Quastenflosser" in path.read_bytes()
    ]
    assert found == []


def test_the_key_of_the_office_is_changed_and_the_old_one_goes(company, company_home):
    anna = berliner(company)
    file = Path(company_home) / "people-key"
    before = file.read_text()
    assert erasing.rotate_key(company) == 14  # the person, twelve holders, the files
    after = file.read_text()
    assert before not in after
    assert len(after.split()) == 1
    assert file.stat().st_mode & 0o077 == 0
    assert onboarding.person_file(company, anna).particulars.name == "Anna Schmidt"


def test_a_change_of_key_that_was_killed_in_the_middle_goes_on(company, company_home):
    anna = berliner(company)
    file = Path(company_home) / "people-key"
    file.write_text("77" * 32 + "\n" + file.read_text())
    assert onboarding.person_file(company, anna).particulars.name == "Anna Schmidt"
    assert erasing.rotate_key(company) == 14  # the person, twelve holders, the files
    assert file.read_text().split() == ["77" * 32]
    assert onboarding.person_file(company, anna).particulars.name == "Anna Schmidt"


def test_a_holder_of_an_imported_register_gets_facts_by_claims_too(company):
    onboarding.add_person(company, {"name": "Northgate Seed", "kind": "entity"}, "northgate-seed")
    say(company, "northgate-seed", "kyc")
    say(company, "northgate-seed", "accredited")
    admitted = onboarding.admit(company, None, "northgate-seed")
    assert facts(company, admitted.wallet).holder_class == HolderClass.ACCREDITED
    assert sell(company, "northgate-seed", "restricted", 60_000) == 0


def test_a_wallet_has_one_person_and_a_person_one_wallet(company):
    anna, berta = berliner(company), berliner(company, "p-berta")
    wallet = onboarding.admit(company, None, anna).wallet
    with pytest.raises(Conflict, match="belongs to p-anna"):
        onboarding.admit(company, None, berta, wallet)
    with pytest.raises(Conflict, match="another wallet"):
        onboarding.admit(company, None, anna, "0x" + "11" * 20)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"expires": ""}, "without expiry"),
        ({"country": "XX", "name": "residence"}, "ISO 3166"),
        ({"evidence": "paper"}, "is not sha256"),
    ],
)
def test_a_claim_that_cannot_be_changes_nothing(company, given, said):
    anna = berliner(company)
    before = onboarding.person_file(company, anna).claims
    with pytest.raises(Invalid) as refused:
        say(company, anna, **{"name": "accredited", **given})
    assert said in refused.value.mistakes[0].message
    assert onboarding.person_file(company, anna).claims == before


def test_a_person_born_in_the_future_is_not_recorded(company):
    with pytest.raises(Invalid) as refused:
        onboarding.add_person(company, {**ANNA, "born": "2999-01-01"}, "p-x")
    assert "lies in the future" in refused.value.mistakes[0].message
    with pytest.raises(NotFound):
        onboarding.person_file(company, "p-x")


def test_the_key_is_changed_only_where_both_can_be_had(company):
    berliner(company)
    alone = replace(company, people=replace(company.people, file=None))
    with pytest.raises(NotPermitted, match="give the new one and the old one"):
        erasing.rotate_key(alone)


def test_what_claims_say_follows_the_account_to_its_new_wallet(company):
    anna = berliner(company)
    old = onboarding.admit(company, None, anna).wallet
    new = "0x" + "77" * 20
    grounds = Grounds(Ground.LOST_WALLET, b"\3" * 32)
    asked = ProposeRequest(anna, grounds, "lost", wallet=new)
    recoveries.propose(company, orders.agent(company), asked)
    travel(company, today(company) + 4 * DAY)
    recoveries.confirm(company, orders.second(company), None, anna)
    assert onboarding.refresh(company, None) == []
    say(company, anna, "accredited", 90)
    (pushed,) = onboarding.refresh(company, None)
    assert pushed.wallet == new != old
    assert facts(company, new).holder_class == HolderClass.ACCREDITED
    assert registers.verify(company).ok
