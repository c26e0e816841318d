"""What the shipped profiles find in evidence, in the field's own cases, and until when it counts."""

from datetime import date

import pytest

from freehold.core.evidence import Evidence, Paper
from freehold.core.holder import HolderKind
from freehold.core.policy.parse import parse_policy
from freehold.core.policy.recognition import DERIVED, recognise
from freehold.desks.rules.policies import shipped_profiles
from tests.parts import ROOT

DAY = date(2026, 6, 1)
PAPER = (Paper("letter.pdf", "sha256:" + "ab" * 32),)
ENTITY, PERSON = HolderKind.ENTITY, HolderKind.PERSON
POOR = {"income": 1, "income_before": 1, "income_expected": 1, "net_worth": 1}


@pytest.fixture(scope="module")
def policy():
    text = (ROOT / "examples/policies/dual.toml").read_text()
    return parse_policy(text, shipped_profiles(), date(2026, 11, 26)).policy


def found(policy, facts, kind=PERSON):
    seen = Evidence("p-1", "kane", DAY, facts, PAPER)
    return {one.name: one for one in recognise(policy, seen, kind)}


def income(amount):
    return POOR | dict.fromkeys(("income", "income_before", "income_expected"), amount)


def licence(name, good):
    return POOR | {"licence": name, "licence_in_good_standing": good}


@pytest.mark.parametrize(
    ("case", "facts", "kind", "accredited"),
    [
        ("RD-01", income(200_000), PERSON, False),
        ("RD-01", income(200_001), PERSON, True),
        ("RD-05", POOR | {"net_worth": 1_000_000}, PERSON, False),
        ("RD-05", POOR | {"net_worth": 1_000_001}, PERSON, True),
        ("RD-06", licence("series_65", True), PERSON, True),
        ("RD-07", licence("series_65", False), PERSON, False),
        ("RD-08", {"assets": 5_000_001, "formed_for_purpose": False}, ENTITY, True),
        (
            "RD-08",
            {"assets": 5_000_000, "investments": 0, "formed_for_purpose": False},
            ENTITY,
            False,
        ),
        (
            "RD-09",
            {"assets": 9_000_000, "formed_for_purpose": True, "all_owners_accredited": False},
            ENTITY,
            False,
        ),
        ("RD-09", {"formed_for_purpose": True, "all_owners_accredited": True}, ENTITY, True),
    ],
)
def test_accreditation_by_each_route(policy, case, facts, kind, accredited):
    judged = found(policy, facts, kind)["accredited"]
    assert bool(judged.finding.found) is accredited, case
    assert (judged.expires is not None) is accredited


def test_what_is_found_ends_with_the_period_of_the_profile(policy):
    assert found(policy, income(250_000))["accredited"].expires == date(2027, 6, 1)


def test_an_individual_is_never_a_qualified_institutional_buyer(policy):
    rich = {"securities_owned": 500_000_000}
    assert not found(policy, rich)["qib"].finding.found
    assert found(policy, rich, ENTITY)["qib"].finding.found
    dealer = {"securities_owned": 10_000_000, "dealer": True}
    assert found(policy, dealer, ENTITY)["qib"].finding.found


def test_where_a_person_lives_is_never_found_from_evidence_alone(policy):
    assert not DERIVED & set(found(policy, {"residence": "US"}))


def test_what_nobody_has_stated_is_named(policy):
    judged = found(policy, {"income": 250_000})["accredited"]
    assert judged.finding.found is None
    assert {"income_before", "income_expected"} <= judged.finding.missing
