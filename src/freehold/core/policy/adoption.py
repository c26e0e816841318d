"""A policy on its way into force: announced in public, then activated when the delay is over."""

from dataclasses import dataclass
from datetime import datetime

from freehold.core.ids import Address


@dataclass(frozen=True, slots=True)
class Adoption:
    """A policy announced for an instrument, with the very rows announced.

    `step` 1 of `steps` may have to come first: groups of holders are counted, then limited.
    """

    instrument: Address
    policy: str
    step: int
    steps: int
    rows: tuple[tuple[int, int, int], ...]
    announced_at: datetime
    effective_at: datetime
    activated_at: datetime | None = None
