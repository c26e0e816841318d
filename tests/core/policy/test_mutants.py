"""The vectors hold the profiles: a changed number, comparison, code or rule makes one of them fail."""

from collections import Counter
from functools import cache

import pytest

from freehold.core.policy.mutants import Mutant, mutants
from freehold.core.policy.survivors import caught_by, survivors, trial
from freehold.core.policy.vectors import Vector
from freehold.desks.rules.policies import shipped_profiles
from freehold.doors.bench.policy_mutants import all_mutants, some_mutants, vectors

SEED, SAMPLE = 20_261_126, 60
PROFILE = '''
id = "it"
needs = ["other"]
[parameters.most]
default = 2_000
choices = [1_000, 2_000]
about = "text with > 3"
[parameters.share]
default = [1, 100]
[parameters.lock]
default = "P1Y"
[facts]
amount = "1 > 2"
[[families]]
id = "X"
number = 1
lock = "$lock"
[[tests]]
id = "cap"
at = "subscribe"
when = "not (a and b)"
needs = """amount <= most
or kind in ('sale', 'gift')"""
code = "OFFERING_CAP"
text = "At most 2_000."
'''


@cache
def every() -> tuple[Vector, ...]:
    return tuple(vectors())


def test_everything_that_is_a_rule_is_changed_and_nothing_else() -> None:
    found = list(mutants("it", PROFILE))
    assert [(one.line, one.change) for one in found] == [
        (3, '["other"] -> []'),
        (5, "2_000 -> 2001"),
        (5, "2_000 -> 1999"),
        (6, "[1_000, 2_000] -> [1001, 2000]"),
        (6, "[1_000, 2_000] -> [999, 2000]"),
        (6, "[1_000, 2_000] -> [1000, 2001]"),
        (6, "[1_000, 2_000] -> [1000, 1999]"),
        (9, "[1, 100] -> [2, 100]"),
        (9, "[1, 100] -> [0, 100]"),
        (9, "[1, 100] -> [1, 101]"),
        (9, "[1, 100] -> [1, 99]"),
        (11, '"P1Y" -> "P2Y"'),
        (14, "left out"),
        (16, "1 -> 2"),
        (16, "1 -> 0"),
        (17, "left out"),
        (18, "left out"),
        (20, '"subscribe" -> "issue"'),
        (21, "not -> nothing"),
        (21, "and -> or"),
        (22, "<= -> <"),
        (23, "or -> and"),
        (23, "'sale' -> 'sale~'"),
        (23, "'gift' -> 'gift~'"),
        (24, '"OFFERING_CAP" -> "CF_INVESTOR_LIMIT"'),
    ]


def test_a_mutant_differs_from_its_profile_in_the_line_it_names() -> None:
    for mutant in all_mutants():
        lines = shipped_profiles()[mutant.profile].splitlines()
        changed = mutant.text.splitlines()
        assert lines[: mutant.line - 1] == changed[: mutant.line - 1]
        assert lines[mutant.line - 1 :] != changed[mutant.line - 1 :]


def test_no_mutant_of_a_sample_survives() -> None:
    tried = some_mutants(SAMPLE, SEED)
    alive = list(survivors(trial(shipped_profiles(), every()), tried))
    assert not alive, "\n".join(map(str, alive))


def _mutant(profile: str, change: str) -> Mutant:
    return next(m for m in mutants(profile, shipped_profiles()[profile]) if m.change == change)


@pytest.mark.parametrize(
    ("profile", "change"),
    [("us.reg_cf", "5_000_000 -> 5000001"), ("us.persons", "200_000 -> 200001")],
)
def test_without_the_vectors_of_its_boundary_a_mutant_survives(profile: str, change: str) -> None:
    mutant, left = _mutant(profile, change), list(every())
    while (caught := caught_by(trial(shipped_profiles(), left), mutant)) is not None:
        left.remove(caught)
    assert 1 <= len(every()) - len(left) <= 12


def test_every_profile_and_every_kind_of_rule_has_mutants() -> None:
    found = all_mutants()
    assert {one.profile for one in found} == set(shipped_profiles())
    kinds = Counter(one.place.partition(".")[0] for one in found)
    assert len(kinds) >= 10 and len(found) > 1_500
