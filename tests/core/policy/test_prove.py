"""The proof finds no difference between a policy and its compiled form, and finds planted ones."""

from dataclasses import replace
from datetime import date
from itertools import islice
from pathlib import Path

import pytest

from freehold.core.facts import Kind
from freehold.core.policy import prove
from freehold.core.policy.case import Law
from freehold.core.policy.compile import Compiled, compile_policy
from freehold.core.policy.decide import first_code
from freehold.core.reasons import Reason
from freehold.desks.rules.policies import read_policy

SAMPLE = 3
"""Every so manieth case in the test command; `freehold policy prove` takes all."""


@pytest.fixture(scope="module")
def dual() -> Compiled:
    return compile_policy(
        read_policy(Path("examples/policies/dual.toml"), date(2026, 11, 26)).policy
    )


@pytest.mark.parametrize("part", ["rule_cases", "standing_cases", "limit_cases"])
def test_written_and_compiled_agree_on_a_sample_of_all_cases(dual: Compiled, part: str) -> None:
    law = Law(dual.policy)
    for case in islice(getattr(prove, part)(dual), 0, None, SAMPLE):
        assert first_code(law, case) == prove.compiled_code(dual, case), case


def _fault(dual: Compiled, what: str) -> Compiled:
    rules = dual.rules
    if what == "a buyer too many":
        sale = dict(rules.sellable)
        del sale[(int(Kind.GIFT), 1, 0)]
        return replace(dual, rules=replace(rules, sellable=sale))
    if what == "a way out too many":
        exits = {key: (four[0] | {2}, *four[1:]) for key, four in rules.exits.items()}
        return replace(dual, rules=replace(rules, exits=exits))
    if what == "another code":
        why = {key: int(Reason.NOT_QIB) for key in rules.lot_why}
        return replace(dual, rules=replace(rules, lot_why=why))
    return replace(dual, rules=replace(rules, most_holders=(rules.most_holders or 0) + 1))


@pytest.mark.parametrize(
    "what", ["a buyer too many", "a way out too many", "another code", "one holder more"]
)
def test_a_fault_in_the_compiled_rules_is_found(dual: Compiled, what: str) -> None:
    faulty, law = _fault(dual, what), Law(dual.policy)
    parts = (prove.rule_cases, prove.standing_cases, prove.limit_cases)
    cases = (case for part in parts for case in part(dual))
    assert any(first_code(law, case) != prove.compiled_code(faulty, case) for case in cases)
