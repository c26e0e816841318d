"""Evidence is judged by the policy's own conditions; what it finds becomes claims that lapse."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from freehold.book import issuers, people
from freehold.core.claims import ClaimState
from freehold.core.clock import anniversary
from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.core.facts import Kind, Proof
from freehold.core.policy.gate import judge
from freehold.core.policy.model import Stage
from freehold.core.policy.parse import parse_policy
from freehold.core.reasons import Reason
from freehold.desks.office import now_on_chain
from freehold.desks.onboarding import attestations, examining, onboarding, persons
from freehold.desks.onboarding.attestations import Transfer
from freehold.desks.rules import adoption, policies
from tests.people import ANNA, say, today, travel

PROFILE = """
id = "own.persons"
title = "Persons of a small world"
version = 1
as_of = 2026-11-22
jurisdiction = "US"

[facts]
residence = "where the person lives"
income = "income of the last year, USD"
income_before = "income of the year before, USD"

[[attributes]]
name = "us_person"
rule = "US-REGS-USP"
cite = "17 CFR 230.902(k)"
mark = "G"
code = "REGS_US_PERSON"
lapses = "P1Y"
when = "residence == 'US'"

[[attributes]]
name = "accredited"
rule = "US-501A"
cite = "17 CFR 230.501(a)"
mark = "S"
code = "NOT_ACCREDITED"
lapses = "P3M"
when = "income > 200_000 and income_before > 200_000"

[[prohibitions]]
id = "issue"
rule = "US-506C"
cite = "17 CFR 230.506(c)"
mark = "S"
kinds = ["issue"]
when = "receiver.us_person and not receiver.accredited"
code = "NOT_ACCREDITED"
text = "Accredited investors only."
way_out = "Show it."
"""
POLICY = """
[policy]
name = "small-world"
as_of = 2026-11-22
use = ["own.persons"]
"""


@pytest.fixture(scope="module")
def policy():
    return parse_policy(POLICY, {"own.persons": PROFILE}, date(2026, 11, 26)).policy


def record(office, **facts):
    dated = facts.pop("dated", today(office))
    return {"examiner": "kane-cpa", "dated": dated, "documents": ["letter.pdf"], "facts": facts}


def submit(office, papers=None, **facts):
    papers = {"letter.pdf": b"the letter"} if papers is None else papers
    return examining.submit(office, "p-anna", record(office, **facts), papers)


@pytest.fixture
def anna(company):
    onboarding.add_person(company, ANNA, "p-anna")
    say(company, "p-anna", "kyc")
    say(company, "p-anna", "residence", country="US")
    return company


INCOME = {"income": "250000.50", "income_before": 250_000}


def test_income_above_the_limit_makes_a_claim_with_the_days_of_the_policy(anna, policy):
    seen, review = submit(anna, **INCOME)
    judged = {one.name: one for one in examining.examine(anna, review.number, policy).judged}
    assert judged["accredited"].finding.found is True
    done = examining.approve(anna, review.number, policy, "vera", "letter and tax forms seen")
    claim = next(one for one in done.claims if one.name == "accredited")
    assert (claim.evidence, claim.issued) == (seen.digest, today(anna))
    assert claim.expires == anniversary(today(anna), 3) == judged["accredited"].expires
    scheme = persons.scheme_of(policy)
    standing = onboarding.classify(anna, "p-anna", scheme)
    assert "accredited" in standing.attributes
    assert (
        standing.class_name
        != onboarding.classify(
            anna, "p-anna", scheme, claim.expires.replace(year=claim.expires.year + 1)
        ).class_name
    )


def test_income_of_exactly_the_limit_is_not_above_it(anna, policy):
    _, review = submit(anna, **dict.fromkeys(INCOME, "200000.00"), net_worth=400_000)
    judged = {one.name: one for one in examining.examine(anna, review.number, policy).judged}
    assert not judged["accredited"].finding.found
    examining.reject(anna, review.number, "vera", "not above")
    assert examining.waiting(anna) == []
    assert "accredited" not in onboarding.classify(anna, "p-anna").attributes


def test_facts_that_are_missing_are_named(anna, policy):
    _, review = submit(anna, shoe_size=44)
    judged = {one.name: one for one in examining.examine(anna, review.number, policy).judged}
    assert judged["accredited"].finding.found is None
    assert "income" in judged["accredited"].finding.missing
    with pytest.raises(Conflict, match="finds nothing in the evidence"):
        examining.approve(anna, review.number, policy, "vera", "seen")
    assert len(examining.waiting(anna)) == 1


def test_old_evidence_makes_a_claim_that_has_run_out_already(anna, policy):
    _, review = submit(anna, dated=date(2020, 1, 1), **INCOME)
    done = examining.approve(anna, review.number, policy, "vera", "seen")
    states = onboarding.person_file(anna, "p-anna").states
    assert {states[one.id] for one in done.claims} == {ClaimState.EXPIRED}


@pytest.mark.parametrize(
    ("papers", "facts", "said"),
    [
        ({}, INCOME, "the paper letter.pdf was not found"),
        ({"letter.pdf": b"x"}, {"income": 1.5}, "is not exact"),
        ({"letter.pdf": b"x"}, {"dated": "2999-01-01", **INCOME}, "lies in the future"),
    ],
)
def test_evidence_that_cannot_be_is_refused_and_nothing_waits(anna, papers, facts, said):
    with pytest.raises(Invalid) as refused:
        submit(anna, papers, **facts)
    assert said in "\n".join(map(str, refused.value.mistakes))
    assert examining.waiting(anna) == []


def test_the_same_evidence_is_recorded_once_and_its_review_ends_once(anna, policy):
    _, review = submit(anna, **INCOME)
    with pytest.raises(Conflict, match="here already"):
        submit(anna, **INCOME)
    with pytest.raises(Invalid, match="reviewer is missing"):
        examining.approve(anna, review.number, policy, "", "seen")
    examining.approve(anna, review.number, policy, "vera", "seen")
    with pytest.raises(Conflict, match="was approved by vera"):
        examining.reject(anna, review.number, "otto", "no")


# ---- the policy in force: classes, gates, passages ----

DUAL = Path("examples/policies/dual.toml")


@pytest.fixture
def dual(anna):
    """The company under the policy of the example, with Anna's income letter approved."""
    file = policies.read_file(DUAL, anna.clock.now())
    for named in ("common", "series-seed", "series-a"):
        adoption.adopt(anna, None, named, file, acknowledge_stranded=True)
    travel(anna, today(anna) + timedelta(days=3))
    while any(_activated(anna, named) for named in ("common", "series-seed", "series-a")):
        pass
    letter = {"income": 250_000, "income_before": 250_000, "income_expected": 250_000}
    verified = {
        "verified_by": "letter",
        "letter_from": "accountant",
        "verification_day": today(anna),
    }
    _, review = submit(anna, **letter, **verified)
    examining.approve(anna, review.number, file.parsed.policy, "vera", "seen")
    return anna, file.parsed.policy


def _activated(office, named):
    try:
        adoption.activate(office, None, named)
    except (Conflict, NotFound):
        return False
    travel(office, today(office) + timedelta(days=3))
    return True


def test_persons_are_classed_by_the_policy_in_force(dual):
    office, policy = dual
    standing = onboarding.classify(office, "p-anna")
    named = {one.id: one.name for one in policy.classes}
    assert standing.class_name == named[standing.holder_class]
    assert "accredited" in standing.class_name
    admitted = onboarding.admit(office, None, "p-anna")
    assert admitted.standing.holder_class == standing.holder_class
    with pytest.raises(Conflict, match="is classed by acme-series-a, not by private placement"):
        onboarding.refresh(office, None, scheme=persons.STARTING)


def test_a_letter_counts_at_the_gate_for_three_months_and_not_a_day_longer(dual):
    office, policy = dual
    vault = office.people.vault()

    def codes(day):
        with office.book.reading() as tx:
            person = people.find(tx, "p-anna")
            facts = persons.gate_facts(office, tx, vault, person, policy) | {"today": day}
        judged = judge(policy, Stage.SUBSCRIBE, facts)
        return [int(one.code) for one in judged.failures if one.rule == "US-506C"]

    last = anniversary(today(office), 3)
    assert codes(last) == []
    assert codes(last + timedelta(days=1)) == [Reason.VERIFICATION_MISSING]


def test_a_passage_is_vouched_for_after_its_gate_alone(dual):
    office, _ = dual
    onboarding.admit(office, None, "p-anna", office.keys.second.address)
    with office.book.reading() as tx:
        seller = issuers.holder_named(tx, issuers.find(tx, None).id, "priya-raman").wallet
    asked = Transfer(
        "common", seller, office.keys.second.address, 10, Kind.SALE, Proof.FOUR_A_SEVEN, "k"
    )
    until = now_on_chain(office) + timedelta(days=5)
    lacking = attestations.passage(office, None, asked, until)
    assert lacking.code == Reason.NO_RESALE_PATH
    stated = {"solicits": False, "seller_is_issuer": False, "information_given": True,
              "class_since": date(2020, 1, 1), "bad_actor": False}  # fmt: skip
    assert attestations.passage(office, None, asked, until, stated).allowed
    soliciting = attestations.passage(office, None, asked, until, stated | {"solicits": True})
    assert soliciting.code == Reason.NO_RESALE_PATH
