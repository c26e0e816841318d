"""Which mutants of the profiles the test vectors let live: a rule that no vector holds to its boundary.

A mutant is caught when one vector fails under it, or cannot be run. A vector is put to a mutant only if
it can matter: its policies use the profile, and expanding them gives another policy in a part that
the vector's kind reads. What is left out this way could only hide a catch, never invent one.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any

from freehold.core.errors import Invalid, PlatformError
from freehold.core.policy.judge_gate import STAGES
from freehold.core.policy.judges import kinds_of
from freehold.core.policy.library import AS_OF, Library, expanded
from freehold.core.policy.model import Policy
from freehold.core.policy.mutants import Mutant
from freehold.core.policy.parse import Profiles, in_order
from freehold.core.policy.profile import Lint
from freehold.core.policy.vectors import Kind, Vector, run_vectors

_CHAIN = (
    "issuer attributes classes families prohibitions paths caps countries"
    " resets_affiliate_sales answers fact_words"
).split()
_STAGE = ("attributes", "tests", "fact_words")
_READ: Mapping[str, Sequence[str]] = {
    "transfer": _CHAIN,
    "lot": _CHAIN,
    "duty": ("obligations",),
    "person": ("attributes", "fact_words"),
    **dict.fromkeys(STAGES, _STAGE),
}
"""What a kind reads of a policy; a kind that is not here may read all of it."""
_ALL = [one.name for one in fields(Policy) if one.name != "fact_words"]


@dataclass(frozen=True, slots=True)
class Trial:
    """The vectors, and for each profile those that use it, the last to catch something first."""

    profiles: Profiles
    base: Library
    by_profile: Mapping[str, list[Vector]] = field(default_factory=dict)


def trial(profiles: Profiles, vectors: Iterable[Vector]) -> Trial:
    """Get ready to try mutants of `profiles` on vectors that pass."""
    found = Trial(profiles, Library(profiles), {name: [] for name in profiles})
    for vector in vectors:
        for name in _profiles_of(profiles, vector):
            found.by_profile[name].append(vector)
    return found


def survivors(trial: Trial, mutants: Iterable[Mutant]) -> Iterator[Mutant]:
    """Those mutants that no vector catches."""
    for mutant in mutants:
        if not caught_by(trial, mutant):
            yield mutant


def caught_by(trial: Trial, mutant: Mutant) -> Vector | None:
    """The first vector found to fail under the mutant, None if it survives."""
    library = Library({**trial.profiles, mutant.profile: mutant.text})
    kinds = kinds_of(library)
    line = trial.by_profile[mutant.profile]
    for place, vector in enumerate(line):
        if _fails(trial.base, library, kinds, vector):
            line.insert(0, line.pop(place))
            return vector
    return None


def _profiles_of(profiles: Profiles, vector: Vector) -> frozenset[str]:
    found: set[str] = set()
    for table in _policies_of(vector):
        used = table.get("use", table.get("policy", {}).get("use", ()))
        found.update(in_order(tuple(used), profiles))
    return frozenset(found & profiles.keys())


def _policies_of(vector: Vector) -> list[Mapping[str, Any]]:
    named = (vector.facts.get(key) for key in ("policy", "other"))
    return [one for one in named if isinstance(one, Mapping)]


def _fails(base: Library, library: Library, kinds: Mapping[str, Kind], vector: Vector) -> bool:
    read = _READ.get(vector.kind, _ALL)
    today = vector.facts.get("today", AS_OF) if vector.kind == "policy" else AS_OF
    tables = _policies_of(vector)
    if all(_same(base, library, table, today, read) for table in tables):
        return False
    try:
        return not run_vectors((vector,), kinds)[0].passed
    except PlatformError:
        return True


def _same(
    base: Library, library: Library, table: Mapping[str, Any], today: date, read: Sequence[str]
) -> bool:
    """Whether the parts that a vector reads are those of the profiles as shipped."""
    one, other = _expanded(base, table, today), _expanded(library, table, today)
    if one is None or other is None:
        return one is other
    if one[1] != other[1]:
        return False
    return all(getattr(one[0], name) == getattr(other[0], name) for name in read)


def _expanded(
    library: Library, table: Mapping[str, Any], today: date
) -> tuple[Policy, list[Lint]] | None:
    try:
        return expanded(library, table, today)
    except Invalid:
        return None
