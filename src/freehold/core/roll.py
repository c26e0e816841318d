"""The register of one class: what its accounts hold of one token, and every change that led there.

`core/register.py` writes it from events; `core/standing.py` reads it at any time.
"""

from dataclasses import dataclass, field
from typing import NamedTuple


class Move(NamedTuple):
    """Units went from account to account (0: issued or redeemed); what both held afterwards.

    `day` is the legal day; `header` the log index of the event that explains the move, -1 for an
    ordinary transfer.
    """

    block: int
    log: int
    seconds: int
    day: int
    sender: int
    receiver: int
    units: int
    sender_units: int
    receiver_units: int
    header: int


class LotChange(NamedTuple):
    """What an account held of one vintage after a change."""

    block: int
    log: int
    seconds: int
    account: int
    vintage: int
    units: int


class FreezeChange(NamedTuple):
    """How many units of an account were frozen after a change, and whether all were stopped."""

    block: int
    log: int
    seconds: int
    account: int
    units: int
    stopped: bool


class VintageChange(NamedTuple):
    """The terms of a vintage from here on; the number of a matured one may be used again."""

    block: int
    log: int
    seconds: int
    vintage: int
    terms: int


class RecordChange(NamedTuple):
    """A record instant was announced, or withdrawn and so comes sooner."""

    block: int
    log: int
    seconds: int
    record: int
    instant: int


class Header(NamedTuple):
    """What explains the next `transfers` Transfer logs, which must move `units` in all."""

    log: int
    day: int
    vintage: int
    transfers: int
    units: int
    sender: str | None
    receiver: str | None


@dataclass(frozen=True, slots=True)
class Account:
    """One account of a holder: the wallet that opens it, those that once did, the facts word."""

    number: int
    wallet: str
    facts: int
    former: tuple[str, ...] = ()


@dataclass(slots=True)
class Roll:
    """The register of one class: what each account holds of one token, now and how it came about.

    `units`, `frozen` and `lots` (account -> vintage -> units) have no entries of zero.
    """

    token: str
    issued: int = 0
    redeemed: int = 0
    units: dict[int, int] = field(default_factory=dict)
    frozen: dict[int, int] = field(default_factory=dict)
    stopped: set[int] = field(default_factory=set)
    lots: dict[int, dict[int, int]] = field(default_factory=dict)
    vintages: dict[int, int] = field(default_factory=dict)
    records: dict[int, int] = field(default_factory=dict)
    moves: list[Move] = field(default_factory=list)
    lot_changes: list[LotChange] = field(default_factory=list)
    freeze_changes: list[FreezeChange] = field(default_factory=list)
    vintage_changes: list[VintageChange] = field(default_factory=list)
    record_changes: list[RecordChange] = field(default_factory=list)
    header: Header | None = None

    @property
    def supply(self) -> int:
        """Units issued and not redeemed, the issuer's own included."""
        return self.issued - self.redeemed

    def forget_changes(self) -> None:
        """Keep the present only; whoever calls has written the changes down."""
        self.moves.clear()
        self.lot_changes.clear()
        self.freeze_changes.clear()
        self.vintage_changes.clear()
        self.record_changes.clear()
