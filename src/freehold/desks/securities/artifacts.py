"""The compiled contracts: what ships, and making it anew."""

from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from freehold.chain import artifacts
from freehold.chain.compile import CONTRACTS, compile_all


@dataclass(frozen=True, slots=True)
class Shipped:
    """One contract as it ships."""

    contract: str
    runtime_bytes: int
    compiler: str
    source_hash: str


def shipped() -> list[Shipped]:
    """All contracts that ship, in the order in which they are compiled."""
    found = [artifacts.artifact(name) for name in CONTRACTS]
    return [
        Shipped(one["contract"], one["runtime_bytes"], one["compiler"], one["source_hash"])
        for one in found
    ]


def compile_sources(folder: Path) -> list[str]:
    """Compile the sources in `folder` into the package; the names of what changed."""
    with resources.as_file(resources.files(artifacts)) as into:
        return compile_all(folder, into)
