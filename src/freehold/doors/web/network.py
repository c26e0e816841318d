"""The badge of the network in the top bar: which ledger, and how far what is shown can be trusted."""

from dataclasses import dataclass

from freehold.config import Config
from freehold.desks.platform.readiness import Readiness

BEHIND = 12
"""Blocks not yet read that are worth a word."""


@dataclass(frozen=True, slots=True)
class Badge:
    """What the badge says; `kind` is empty where all is well, else warn or bad."""

    name: str
    kind: str
    words: str
    href: str = ""


def badge(found: Readiness, settings: Config, *, simulated: bool) -> Badge:
    """The worst that is true of the ledger now."""
    local = settings.ledger in ("embedded", "anvil")
    name = "Test ledger" if simulated else "Local ledger" if local else "Network"
    head, block = found.head, found.block
    if head is None:
        return Badge(name, "bad", "The ledger is not answering")
    if found.faults:
        return Badge(name, "bad", "The worker is not passing")
    if found.thrown_back:
        one = found.thrown_back == 1
        said = "1 instruction is" if one else f"{found.thrown_back} instructions are"
        return Badge(name, "warn", f"Blocks were replaced; {said} being checked", "/activity")
    if block is None:
        return Badge(name, "", "nothing to follow yet")
    if head - block > BEHIND:
        return Badge(name, "warn", f"{head - block:,} blocks behind")
    return Badge(name, "", f"final to block {max(0, min(block, head - settings.finality_depth)):,}")
