"""Every rule of the catalogue has one home, something that keeps it, and vectors that pin it."""

from pathlib import Path

import pytest

from freehold.core.policy.coverage import ON_CHAIN, Home, Row, coverage, unknown_rows
from freehold.core.policy.vectors import Result, read_vectors, run_vectors
from freehold.desks.rules.policies import catalogue, shipped_profiles, vector_kinds

ROWS = catalogue()
FILES = sorted(Path("examples/vectors").glob("*.toml"))


@pytest.fixture(scope="module")
def results() -> dict[str, Result]:
    kinds = vector_kinds()
    named = {name for row in ROWS for name in row.flips}
    found = {}
    for file in FILES:
        vectors = [one for one in read_vectors(file.read_text(), kinds) if one.id in named]
        found |= {one.id: one for one in run_vectors(vectors, kinds)}
    return found


def test_every_rule_of_a_profile_names_a_row_of_the_catalogue() -> None:
    assert not unknown_rows(ROWS, shipped_profiles())
    assert len({row.id for row in ROWS}) == len(ROWS) == 79


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_row_is_kept_where_its_home_says(row: Row) -> None:
    at_gates = {one.at for one in row.keepers if one.where == "tests"}
    if row.home is Home.NOT_BUILT:
        assert row.note and not row.keepers
    elif row.home is Home.CHAIN:
        assert row.besides or any(one.where in ON_CHAIN for one in row.keepers)
    elif row.home is Home.GATE:
        known = at_gates - {"operate"} or any(one.where == "attributes" for one in row.keepers)
        assert known or row.besides
    elif row.home is Home.PAYMENT:
        assert row.besides or "pay" in at_gates
    else:
        dated = any(one.where == "obligations" for one in row.keepers)
        assert dated or at_gates & {"operate", "hold"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_the_vectors_of_a_row_exist_and_pass_and_flip(row: Row, results: dict[str, Result]) -> None:
    assert row.flips or row.home is Home.NOT_BUILT
    found = [results[name] for name in row.flips]
    assert all(one.passed for one in found)
    if len(found) == 2:
        one, other = (dict(each.got) for each in found)
        assert one != other


def test_a_rule_without_a_row_and_a_row_without_a_rule_are_seen() -> None:
    profiles = {"x": 'id = "x"\n[[tests]]\nid = "t"\nrule = "NO-ROW"\nmark = "G"'}
    rows = coverage('[[rows]]\nid = "A"\ntitle = "a"\nhome = "gate"', profiles)
    assert unknown_rows(rows, profiles) == ["x t: NO-ROW"]
    assert not rows[0].keepers
