"""Profiles: what stands in them is read, explained and used; nothing is stored for nobody."""

import re
import tomllib
from datetime import date
from pathlib import Path

import pytest

from freehold.core.policy.compile import compile_policy
from freehold.core.policy.gate import judge, with_attributes
from freehold.core.policy.library import Library, facts_of, usable
from freehold.core.policy.model import Stage
from freehold.core.policy.rows import policy_rows
from freehold.core.policy.vectors import read_vectors
from freehold.desks.rules import adoption
from freehold.desks.rules.policies import judged, read_policy, shipped_profiles, vector_kinds

TODAY = date(2026, 11, 26)
EXAMPLES = sorted(Path("examples/policies").glob("*.toml"))
STAGES = {
    "offering": Stage.OFFERING,
    "subscription": Stage.SUBSCRIBE,
    "issue": Stage.ISSUE,
    "attestation": Stage.ATTEST,
    "holding": Stage.HOLD,
    "venue": Stage.VENUE,
    "payment": Stage.PAY,
    "operation": Stage.OPERATE,
}


@pytest.mark.parametrize("name", sorted(shipped_profiles()))
def test_every_parameter_and_fact_of_a_profile_is_read_and_explained(name: str) -> None:
    text = shipped_profiles()[name]
    profile = tomllib.loads(text)
    rules = re.sub(r"(?m)^(about|text|what|way_out|unit) = .*$", "", text)
    for parameter, declared in profile.get("parameters", {}).items():
        assert declared["about"], parameter
        assert len(re.findall(rf"\b{parameter}\b", rules)) > 1, f"{parameter} is never read"
    for fact, about in profile.get("facts", {}).items():
        assert about
        assert len(re.findall(rf"\b{fact}\b", rules)) > 1, f"{fact} is never asked"


@pytest.mark.parametrize("name", sorted(shipped_profiles()))
def test_every_rule_of_a_profile_has_a_row_a_citation_and_a_mark(name: str) -> None:
    profile = tomllib.loads(shipped_profiles()[name])
    assert profile["as_of"] >= date(2026, 11, 22)
    for where in ("attributes", "families", "prohibitions", "paths", "caps", "tests"):
        for rule in profile.get(where, []):
            assert rule["rule"] and rule["cite"], rule
            assert rule["mark"] in ("S", "C", "G", "D"), rule
            assert where in ("families", "caps") or rule["text"], rule


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_every_example_is_clean_and_fits_a_chain(file: Path) -> None:
    parsed = read_policy(file, TODAY)
    assert not parsed.warnings
    rules = compile_policy(parsed.policy).rules
    assert len(policy_rows(rules)) <= adoption.MOST_ROWS


def test_every_profile_is_in_an_example() -> None:
    used = {use.id for file in EXAMPLES for use in read_policy(file, TODAY).policy.uses}
    without = shipped_profiles().keys() - used
    assert without == {  # these stand beside another of their family
        "us.ica.3c1_venture",
        "us.reg_s.cat1",
        "sg.private_placement",
        "sg.relevant_persons",
    }


def test_the_desk_answers_a_gates_vectors_as_they_say() -> None:
    library, kinds, asked = Library(shipped_profiles()), vector_kinds(), set()
    for file in sorted(Path("examples/vectors").glob("*.toml")):
        for vector in read_vectors(file.read_text(), kinds):
            if vector.kind in STAGES and "code" in vector.expect:
                policy = usable(library, vector.facts["policy"])
                stated = facts_of(policy, vector.facts, ("policy",))
                answer = judged(policy, STAGES[vector.kind], stated)
                assert answer.code == vector.expect["code"], vector.id
                asked.add(vector.kind)
    assert asked == STAGES.keys()


def test_nothing_is_allowed_on_a_fact_that_nobody_has_stated() -> None:
    policy = read_policy(Path("examples/policies/crowdfunding.toml"), TODAY).policy
    answer = judge(policy, Stage.SUBSCRIBE, with_attributes(policy, {"amount": 100}))
    assert not answer.allowed
    assert {"raised", "invested", "through"} <= answer.missing
