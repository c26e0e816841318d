"""Gates: tests are met, refuse with their code and citation, or name the facts they lack."""

from dataclasses import replace
from datetime import date
from pathlib import Path

from freehold.core.policy.expression import parse_expression
from freehold.core.policy.gate import findings, judge
from freehold.core.policy.model import Mark, Policy, Source, Stage
from freehold.core.policy.model import Test as Asked
from freehold.core.reasons import Reason
from freehold.desks.rules.policies import read_policy

DUAL = read_policy(Path("examples/policies/dual.toml"), date(2026, 11, 26)).policy
SOURCE = Source("US-504", "17 CFR 230.504", Mark.UNVERIFIED, date(2026, 11, 22))


def _capped() -> Policy:
    needs = parse_expression("sold + amount <= limit", {"limit": 10_000_000})
    test = Asked("cap", Stage.OFFERING, needs, Reason.OFFERING_CAP, SOURCE)
    return replace(DUAL, tests=(test,))


def test_a_limit_that_is_reached_passes_and_one_more_is_refused() -> None:
    facts = {"sold": 9_900_000, "amount": 100_000}
    assert judge(_capped(), Stage.OFFERING, facts).allowed
    refused = judge(_capped(), Stage.OFFERING, facts | {"amount": 100_001})
    assert refused.code == Reason.OFFERING_CAP
    assert refused.failures[0].unverified
    assert refused.failures[0].facts == {"sold": 9_900_000, "amount": 100_001}


def test_a_missing_fact_is_named_and_nothing_is_allowed() -> None:
    judged = judge(_capped(), Stage.OFFERING, {"sold": 1})
    assert not judged.allowed
    assert judged.code == Reason.OK
    assert judged.missing == {"amount"}


def test_a_stronger_attribute_brings_the_weaker_ones() -> None:
    facts = {"natural": False, "formation": "DE", "securities_owned": 100_000_000}
    found = {one.attribute: one.found for one in findings(DUAL, facts)}
    assert found["qib"] and found["accredited"] and found["sophisticated"]
    assert found["us_person"] is False
