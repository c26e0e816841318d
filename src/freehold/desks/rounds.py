"""One round of the worker: send what is approved, follow the chain, advance what is due.

Everything here is safe to do twice and safe to be killed in: several workers share the work by the
leases of `posting`.
"""

from dataclasses import dataclass, field

from freehold.core.errors import PlatformError
from freehold.desks import auditing, posting, readiness
from freehold.desks.following import bring_up
from freehold.desks.office import Office
from freehold.indexer.memory import Memory


@dataclass(slots=True)
class Remembered:
    """What a worker keeps from round to round."""

    memory: Memory = field(default_factory=Memory)


@dataclass(frozen=True, slots=True)
class Round:
    """What one round did: instructions that moved on, events read, and what held something up."""

    changed: int
    events: int
    held: tuple[PlatformError, ...]

    @property
    def busy(self) -> bool:
        return bool(self.changed or self.events)


def round_of_work(office: Office, kept: Remembered) -> Round:
    """Do one round. Raises Broken where an invariant does not hold: work must stop then."""
    sent = posting.send_approved(office.posting)
    followed = posting.follow_chain(office.posting)
    progress = bring_up(office, kept.memory)
    auditing.anchor_due(office)
    readiness.passed(office)
    done = sent + followed
    return Round(len(done.changed), progress.events if progress else 0, done.held)
