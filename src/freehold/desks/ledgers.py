"""The ledgers a person can run here: the embedded one, and the fast node (anvil) with its journal."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from freehold.chain import node, signer
from freehold.chain.anvil import install as installing
from freehold.chain.anvil import node as fast
from freehold.chain.anvil.genesis import Genesis
from freehold.chain.anvil.node import Node
from freehold.config import Config
from freehold.core.clock import stamp, to_seconds
from freehold.core.errors import Invalid, NotFound
from freehold.desks.office import (
    LOCAL_CHAIN,
    Office,
    create_local_ledger,
    local_words,
    now_on_chain,
)
from freehold.desks.office import set_clock as office_clock

FUNDS = 10**6 * 10**18


@dataclass(frozen=True, slots=True)
class Running:
    """What runs on a home: the embedded ledger's own words, and the fast node."""

    home: Path
    embedded: dict[str, Any] | None
    created: bool
    fast: Node | None


def create(settings: Config, *, simulated_clock: bool) -> None:
    """Create the embedded ledger of the home with its own keys. Raises Conflict if there is one."""
    create_local_ledger(settings.home, simulated_clock=simulated_clock)


def serve(settings: Config, port: int) -> None:
    """Offer the embedded ledger as HTTP JSON-RPC on 127.0.0.1 until interrupted."""
    if not node.has_ledger(settings.home):
        raise NotFound(f"there is no ledger in {settings.home} yet: run `freehold node create`")
    node.serve(settings.home, port)


def keep_up(settings: Config) -> int:
    """Be the embedded ledger's process until told to stop (SIGTERM); the exit code.

    A home without a ledger gets one with its own keys first.
    """
    if not node.has_ledger(settings.home):
        create_local_ledger(settings.home, chain_id=settings.chain_id or LOCAL_CHAIN)
    return node.keep_up(settings.home)


def end(settings: Config) -> bool:
    """End the embedded ledger's process, where one runs and nothing else will; whether one ran."""
    return node.has_ledger(settings.home) and node.stop(settings.home)


def set_clock(office: Office, instant: datetime) -> datetime:
    """Set the declared simulated clock of the embedded ledger ahead and build a block at that instant.

    Raises NotPermitted on a ledger in real time, Invalid for an instant that has passed.
    """
    if office.simulated and instant < (now := now_on_chain(office)):
        raise Invalid(
            f"the instant {stamp(instant)} has passed on this ledger, where it is {stamp(now)}",
            field="instant",
        )
    office_clock(office, to_seconds(instant))
    node.mine(office.w3)
    return now_on_chain(office)


def status(settings: Config) -> Running:
    """What runs on the home now."""
    home = settings.home
    return Running(home, node.status(home), node.has_ledger(home), fast.status(home))


def install(settings: Config) -> Path:
    """Fetch the fast node's program into the home; the path of it. Raises Unavailable."""
    return installing.install(settings.home)


def start_fast(settings: Config, port: int) -> Node:
    """Start the fast node in the background, its chain led back to where it was."""
    return fast.start(settings.home, _genesis(settings.home), port)


def stop_fast(settings: Config) -> None:
    """Stop the fast node after a snapshot. Raises NotFound if none runs."""
    fast.stop(settings.home)


def _genesis(home: Path) -> Genesis:
    """How the fast node's chain of a home begins: the two persons' local keys have funds."""
    words = local_words(home)
    people = [signer.from_mnemonic(words, index).address for index in (0, 1)]
    return Genesis(funded=tuple((address, FUNDS) for address in people))
