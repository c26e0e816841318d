"""The shipped vectors: every situation of the catalogue, and each question and gate pinned."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from freehold.core.policy.howey.parts import CONTRADICTIONS
from freehold.core.policy.howey.questions import QUESTIONS
from freehold.core.policy.howey.vector import KIND, judge
from freehold.core.policy.vectors import Facts, Result, read_vectors, run_vectors
from tests.parts import ROOT

KINDS = {"howey": KIND}
VECTORS = read_vectors((ROOT / "examples/vectors/howey.toml").read_text(), KINDS)
RESULTS = run_vectors(VECTORS, KINDS)
CATALOGUE = "02 03 05 06 07 09 10 11 12 13 14 15 16 18 21 23 24"


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: result.id)
def test_the_vector_passes(result: Result) -> None:
    assert result.passed, result.differences


def test_every_situation_of_the_catalogue_is_there() -> None:
    assert {f"HV-{number}" for number in CATALOGUE.split()} <= {one.id for one in VECTORS}


@pytest.mark.parametrize("id", QUESTIONS)
def test_a_procedure_that_forgets_a_question_or_turns_it_round_fails_a_vector(id: str) -> None:
    def forgets(facts: Facts) -> Facts:
        return {key: value for key, value in facts.items() if key != id}

    def turns(facts: Facts) -> Facts:
        other = {"yes": "no", "no": "yes"}.get(facts.get(id, "unknown"), "unknown")
        return {**facts, id: other}

    assert is_noticed(forgets) and is_noticed(turns)


def is_noticed(altered: Callable[[Facts], Facts]) -> bool:
    """Whether some vector fails where the judge is given other facts."""
    wrong = {"howey": replace(KIND, judge=lambda facts: judge(altered(facts)))}
    return any(not run_vectors([vector], wrong)[0].passed for vector in VECTORS)


@pytest.mark.parametrize("id", QUESTIONS)
def test_each_question_alone_changes_some_verdict(id: str) -> None:
    changed = {line.split()[0] for one in RESULTS for line in one.got["changes"]}
    assert id in changed


def test_every_outcome_of_the_judge_is_documented() -> None:
    assert set(RESULTS[0].got) == {field.name for field in KIND.outcomes}
    choices = {field.name: field.choices for field in KIND.outcomes if field.choices}
    for result in RESULTS:
        for name, allowed in choices.items():
            assert result.got[name] in allowed


def test_every_verdict_gate_form_and_category_comes_out_of_some_vector() -> None:
    for field in KIND.outcomes:
        if field.name in {"verdict", "gate", "form", "category"}:
            assert set(field.choices) == {one.got[field.name] for one in RESULTS}, field.name


def test_the_pairs_of_contradicting_questions_exist() -> None:
    assert {id for pair in CONTRADICTIONS for id in pair} <= QUESTIONS.keys()
