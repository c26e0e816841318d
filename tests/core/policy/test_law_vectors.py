"""Every vector of the law passes, in the field's words; what is unverified says so."""

from pathlib import Path

import pytest

from freehold.core.policy.vectors import read_vectors, run_vectors
from freehold.desks.rules.policies import vector_kinds

FILES = sorted(Path("examples/vectors").glob("*.toml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_vector_of_the_file_passes(file: Path) -> None:
    kinds = vector_kinds()
    results = run_vectors(read_vectors(file.read_text(), kinds), kinds)
    failed = [
        f"{one.id}: {cross.key} {cross.got!r}, expected {cross.expected!r}"
        for one in results
        for cross in one.differences
    ]
    assert not failed, "\n".join(failed)
