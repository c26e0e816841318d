"""A policy on its way into force: announced in public, activated when the delay is over, or called off."""

from dataclasses import dataclass
from datetime import datetime

from freehold.core.ids import Address


@dataclass(frozen=True, slots=True)
class Adoption:
    """A policy announced for an instrument, with the very rows announced.

    `step` 1 of `steps` may have to come first: groups of holders are counted, then limited. One that was
    called off never comes into force; `why_called_off` is empty otherwise.
    """

    instrument: Address
    policy: str
    step: int
    steps: int
    rows: tuple[tuple[int, int, int], ...]
    announced_at: datetime
    effective_at: datetime
    activated_at: datetime | None = None
    called_off_at: datetime | None = None
    why_called_off: str = ""

    @property
    def waits(self) -> bool:
        """Whether it is announced and neither in force nor called off."""
        return self.activated_at is None and self.called_off_at is None
