"""The kinds of test vectors: what can be judged, each with its facts, its outcomes and its judge.

A new kind is a `Kind` beside the rules that it judges, and one entry here; its chapter of
docs/reference/vectors.md is written by `python -m tests.docs.vectors_page`. Kinds about policies need
the texts of the profiles, which the desk has (`desks/rules/policies.py`).
"""

from collections.abc import Mapping

from freehold.core.policy.howey.vector import KIND as HOWEY
from freehold.core.policy.judge_gate import gate_kinds
from freehold.core.policy.judge_transfer import lot_kind, transfer_kind
from freehold.core.policy.library import Library
from freehold.core.policy.parse import Profiles
from freehold.core.policy.vectors import Kind

_WITHOUT_PROFILES: tuple[Kind, ...] = (HOWEY,)


def kinds(profiles: Profiles) -> Mapping[str, Kind]:
    """Every kind by its name."""
    return kinds_of(Library(profiles))


def kinds_of(library: Library) -> Mapping[str, Kind]:
    """Every kind by its name, over policies that may have been expanded already."""
    found = (*_WITHOUT_PROFILES, *gate_kinds(library), transfer_kind(library), lot_kind(library))
    return {kind.name: kind for kind in found}
