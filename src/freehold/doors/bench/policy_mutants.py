"""How tightly the test vectors hold the shipped profiles: mutants tried, and those that survive."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

from freehold.core.policy.mutants import Mutant, mutants
from freehold.core.policy.survivors import survivors, trial
from freehold.core.policy.vectors import Vector, read_vectors
from freehold.desks.rules.policies import shipped_profiles, vector_kinds
from freehold.doors.bench.report import Row

VECTORS = Path(__file__).resolve().parents[4] / "examples" / "vectors"


def rows() -> Iterator[Row]:
    """Every mutant of every profile; a survivor is named, with its line."""
    every = all_mutants()
    alive = list(survivors(trial(shipped_profiles(), vectors()), every))
    yield Row("mutants of the profiles tried", len(every), "mutants")
    yield Row("mutants that no vector catches", len(alive), "mutants", 0)
    yield from (Row(f"survivor {one}", 1, "mutants", 0) for one in alive)


def vectors() -> list[Vector]:
    """The example vectors, all files together."""
    kinds, files = vector_kinds(), sorted(VECTORS.glob("*.toml"))
    return [vector for file in files for vector in read_vectors(file.read_text(), kinds)]


def all_mutants() -> list[Mutant]:
    """Every mutant, profile by profile."""
    shipped = sorted(shipped_profiles().items())
    return [mutant for name, text in shipped for mutant in mutants(name, text)]


def some_mutants(count: int, seed: int) -> list[Mutant]:
    """So many mutants drawn from all."""
    return Random(seed).sample(all_mutants(), count)
