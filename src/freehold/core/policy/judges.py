"""The kinds of test vectors: what can be judged, each with its facts, its outcomes and its judge.

A new kind is a `Kind` beside the rules that it judges, and one entry here; its chapter of
docs/reference/vectors.md is written by `python -m tests.docs.vectors_page`.
"""

from collections.abc import Mapping

from freehold.core.policy.vectors import Kind

_ALL: tuple[Kind, ...] = ()
KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _ALL}
