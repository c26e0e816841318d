"""A policy on an instrument: proposed, announced, in force after the delay, and explained."""

from datetime import date
from pathlib import Path

import pytest

from freehold.book.identities import Given
from freehold.core import clock
from freehold.core.errors import Conflict, NotFound
from freehold.core.facts import Kind, Proof
from freehold.core.policy.starter import HolderClass
from freehold.core.reasons import Reason
from freehold.core.roles import EVERYWHERE, Role
from freehold.desks import permits
from freehold.desks.office import now_on_chain, set_clock
from freehold.desks.onboarding import holders
from freehold.desks.onboarding.holders import MarkRequest
from freehold.desks.outbox import orders
from freehold.desks.rules import adoption, policies
from freehold.desks.rules.adoption import activate, adopt, propose
from freehold.desks.rules.explaining import Question, explain, explain_as
from tests.company import sell

DUAL = Path("examples/policies/dual.toml")
NARROW = """
[policy]
name = "narrow"
as_of = 2026-11-22
use = ["us.persons"]
[[classes]]
id = 20
name = "US persons"
when = "us_person"
[[classes]]
id = 21
name = "others"
when = "not us_person"
"""
OFFICER = permits.Actor(
    "id_1", "cleo", (Given(Role.COMPLIANCE_OFFICER, EVERYWHERE, clock.from_seconds(0)),)
)
SELLER, ABROAD, FUND = "priya-raman", "jonas-keller", "northgate-seed"


@pytest.fixture
def file(company):
    return policies.read_file(DUAL, company.clock.now())


def wait(office, until):
    set_clock(office, clock.to_seconds(until) + 60)
    office.w3.provider.make_request("evm_mine", [])


def in_force(office, file):
    waiting = adopt(office, None, "common", file, acknowledge_stranded=True)
    while waiting.activated_at is None:
        wait(office, waiting.effective_at)
        waiting = activate(office, None, "common")


def test_the_old_rules_hold_until_the_delay_is_over(company, file):
    waiting = adopt(company, None, "common", file)
    assert waiting.steps == 2  # groups are counted first
    with pytest.raises(Conflict, match="runs until"):
        activate(company, None, "common")
    assert explain(company, None, "common", Question(SELLER, FUND, 1)).policy == "starting rules"
    wait(company, waiting.effective_at)
    second = activate(company, None, "common")
    assert (second.step, second.activated_at) == (2, None)
    wait(company, second.effective_at)
    assert activate(company, None, "common").activated_at is not None
    with pytest.raises(NotFound, match="no policy waits"):
        activate(company, None, "common")
    with pytest.raises(Conflict, match="in force already"):
        adopt(company, None, "common", file)


def test_every_answer_of_the_chain_is_explained_by_the_policy_in_force(company, file):
    in_force(company, file)
    free = explain(company, None, "common", Question(SELLER, ABROAD, 50_000))
    assert free.decision.allowed
    held = explain(company, None, "common", Question(SELLER, ABROAD, 60_000))
    assert held.code == Reason.OFFSHORE_ATTESTATION_MISSING
    assert held.decision.would_pass_on == date(2025, 2, 2)
    assert held.decision.largest == 50_000
    proven = Question(SELLER, ABROAD, 60_000, proofs=Proof.OFFSHORE)
    assert explain(company, None, "common", proven).decision.allowed
    gift = Question(SELLER, FUND, 60_000, Kind.GIFT)
    assert explain(company, None, "common", gift).decision.allowed


def test_an_accredited_buyer_needs_an_attestation_where_the_starting_rules_needed_none(
    company, file
):
    before = sell(company, SELLER, FUND, 60_000, "before")
    assert before.code == 140  # nobody has shown that the fund is accredited
    in_force(company, file)
    seen = MarkRequest(FUND, "evidence", of_class=HolderClass.ACCREDITED)
    assert not holders.mark(company, orders.agent(company), seen).refused
    without = explain(company, None, "common", Question(SELLER, FUND, 60_000))
    assert without.code == Reason.RULE144_HOLDING
    shown = Question(SELLER, FUND, 60_000, proofs=Proof.FOUR_A_SEVEN)
    assert explain(company, None, "common", shown).decision.allowed


def test_a_holder_whom_the_policy_does_not_know_has_to_be_acknowledged(company, tmp_path):
    narrow = tmp_path / "narrow.toml"
    narrow.write_text(NARROW)
    file = policies.read_file(narrow, company.clock.now())
    found = propose(company, None, "common", file)
    assert {one.holder for one in found.stranded} >= {SELLER, ABROAD}
    with pytest.raises(Conflict, match="would be stranded"):
        adopt(company, None, "common", file)
    assert adoption.pending(company, found.instrument) is None


def test_who_has_no_class_in_the_policy_in_force_is_told_so(company, tmp_path):
    narrow = tmp_path / "narrow.toml"
    narrow.write_text(NARROW)
    file = policies.read_file(narrow, company.clock.now())
    in_force(company, file)
    found = explain(company, None, "common", Question(SELLER, ABROAD, 50_000))
    assert found.code == Reason.NO_RESALE_PATH
    assert found.decision.failures[0].text.startswith("This policy has no class for the")
    assert found.decision.largest == 0
    token = propose(company, None, "common", file).instrument.token
    asked = Question(SELLER, ABROAD, 50_000)
    assert explain_as(company, OFFICER, token, asked, file).code == found.code


def test_a_policy_may_acknowledge_by_itself_that_it_strands_holders(company, tmp_path):
    narrow = tmp_path / "narrow.toml"
    narrow.write_text(NARROW.replace("[[classes]]", 'acknowledge = ["stranded"]\n[[classes]]', 1))
    file = policies.read_file(narrow, company.clock.now())
    assert adopt(company, None, "common", file).step == 1


def test_what_was_adopted_can_be_read_again_for_ever(company, file):
    in_force(company, file)
    instrument = propose(company, None, "common", file).instrument
    force = adoption.in_force(company, instrument)
    assert force.name == "acme-series-a"
    assert force.compiled and force.compiled.id == force.id
    assert now_on_chain(company).year == 2024
