"""The acts that write a register's past: what a cap table or an old register asks of a new one.

`core.ocf` and `core.takeover` turn files into these acts; a desk carries them out on chain in the
order given. Each has the legal day on which it took effect, which is data and never a block's
time, and a `source`: the id of the transaction, or the line of the file, it comes from.

A *lot* is a quantity of one class that a holder acquired on one day; a file calls it a security or
a certificate. Lots follow these rules (they are what `core.captable.replay` does):

- `Issue` brings one lot into being; its `acquired` is the day of the issue (or as the file says).
- `Transfer` takes units out of `from_security` and makes a new lot that was acquired on the day of
  the transfer: a file does not say whether the giver's holding period counts for the receiver.
- `Reissue` changes papers, not units: lots of one holder become other lots of the same holder. The
  acquisition day is carried; where several lots become one, the latest day counts.
- `Convert` ends units of one class and makes lots of another; the acquisition day is carried.
- `Split` multiplies every lot of the class by numerator/denominator, each lot rounded down, and the
  authorised units too.
- `Redeem` ends units.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from freehold.core.facts import NO_FLAGS, Flags
from freehold.core.holder import Holder
from freehold.core.instrument import ShareClass


class Cause(StrEnum):
    """Why units come into being."""

    ISSUANCE = "issuance"
    EXERCISE = "exercise"
    RELEASE = "release"
    CONVERSION = "conversion"
    TAKE_OVER = "take-over"


class Ending(StrEnum):
    """Why units end."""

    CANCELLATION = "cancellation"
    REPURCHASE = "repurchase"
    RETRACTION = "retraction"


@dataclass(frozen=True, slots=True)
class Lot:
    """Units of one class in one hand under one paper; `acquired` is a legal day.

    `legends` are ids of legend texts, `exemptions` the securities-law exemptions as the file words
    them, `family` the vintage family (rule144, regs, regcf, lockup) where one is stated.
    """

    security: str
    class_id: str
    holder: str
    units: int
    acquired: date
    custom_id: str = ""
    legends: tuple[str, ...] = ()
    exemptions: tuple[str, ...] = ()
    family: str = ""


@dataclass(frozen=True, slots=True)
class OpenClass:
    """The class exists from this day; `share_class.authorised` is its first limit."""

    day: date
    share_class: ShareClass
    source: str


@dataclass(frozen=True, slots=True)
class AuthoriseClass:
    """From now on at most `units` base units of the class may exist; None means no limit."""

    day: date
    class_id: str
    units: int | None
    source: str


@dataclass(frozen=True, slots=True)
class Admit:
    """The holder enters the register, with the marks that are known of him."""

    day: date
    holder: Holder
    source: str
    flags: Flags = NO_FLAGS


@dataclass(frozen=True, slots=True)
class Issue:
    day: date
    lot: Lot
    cause: Cause
    source: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """`lot.units` pass from the holder of `from_security` to `lot.holder`, who gets the new lot."""

    day: date
    from_security: str
    from_holder: str
    lot: Lot
    source: str


@dataclass(frozen=True, slots=True)
class Redeem:
    day: date
    class_id: str
    holder: str
    security: str
    units: int
    ending: Ending
    source: str


@dataclass(frozen=True, slots=True)
class Convert:
    """`units` of `security` end; `lots` (all of one other class, same holder) come into being."""

    day: date
    from_class: str
    holder: str
    security: str
    units: int
    lots: tuple[Lot, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Split:
    day: date
    class_id: str
    numerator: int
    denominator: int
    source: str


@dataclass(frozen=True, slots=True)
class Reissue:
    """All that is left of `securities` becomes `lots`: same holder, same class, same sum."""

    day: date
    class_id: str
    holder: str
    securities: tuple[str, ...]
    lots: tuple[Lot, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Freeze:
    """A stop: `units` of the lot may not move until it is lifted."""

    day: date
    class_id: str
    holder: str
    security: str
    units: int
    reason: str
    source: str


Act = (
    OpenClass
    | AuthoriseClass
    | Admit
    | Issue
    | Transfer
    | Redeem
    | Convert
    | Split
    | Reissue
    | Freeze
)


def ever_held(acts: Iterable[Act]) -> dict[str, set[str]]:
    """By class, the ids of all who had units of it at any time."""
    found: dict[str, set[str]] = {}
    for act in acts:
        lots = act.lots if isinstance(act, Convert) else ()
        for lot in (act.lot,) if isinstance(act, Issue | Transfer) else lots:
            found.setdefault(lot.class_id, set()).add(lot.holder)
    return found


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a file leaves open or writes oddly, and how it was read. Not a mistake."""

    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"
