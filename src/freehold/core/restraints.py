"""What may stand in the way of a transfer besides the rules: stops, claims, pledges, liens, legends."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction


class RestraintKind(StrEnum):
    """What may stand in the way of a transfer."""

    STOP = "stop"
    CLAIM = "adverse-claim"
    PLEDGE = "pledge"
    LIEN = "lien"


@dataclass(frozen=True, slots=True)
class Restraint:
    """One restraint. `token` None: everything; `units` None: all of them, else base units; `locked`:
    the chain freezes them; `until`: when a claim's period ends by itself."""

    id: str
    issuer: str
    holder: str
    kind: RestraintKind
    token: str | None
    units: int | None
    locked: bool
    document: str
    placed_at: datetime
    placed_by: str
    noticed_at: datetime | None
    until: datetime | None
    released_at: datetime | None
    in_favour: str
    words: str

    def stands(self, now: datetime) -> bool:
        """Whether it is in force at an instant."""
        return self.released_at is None and (self.until is None or now < self.until)

    def stood(self, before: datetime) -> bool:
        """Whether it was in force just before an instant, also of the past: what was released later was."""
        ends = (self.released_at, self.until)
        return self.placed_at < before and all(one is None or before <= one for one in ends)

    def on(self, token: str) -> bool:
        """Whether it concerns an instrument."""
        return self.token in (None, token)


@dataclass(frozen=True, slots=True)
class Legend:
    """A legend on a lot of a holder; `opinion` is the SHA-256 of the counsel's letter that removed it."""

    number: int
    holder: str
    token: str
    vintage: int
    code: str
    placed_at: datetime
    removed_at: datetime | None
    opinion: str | None

    def stood(self, before: datetime) -> bool:
        """Whether the lot bore it just before an instant."""
        return self.placed_at < before and (self.removed_at is None or before <= self.removed_at)


def scaled_up(units: int, ratio: Fraction) -> int:
    """So many base units after a split, rounded up: nothing gets out of a restraint by it."""
    return -(-units * ratio.numerator // ratio.denominator)


def scaled_beside(units: int, frozen: int, ratio: Fraction) -> int:
    """The part of an account's frozen figure that restraints lock, after a split of the whole figure.

    The contract rounds `frozen` up as a whole. What others froze is rounded up by itself, so that none of
    it comes out; the rest of the figure is the restraints' part.
    """
    others = max(frozen - units, 0)
    return scaled_up(others + units, ratio) - scaled_up(others, ratio)
