"""The cash book's part in the daily control of an issuer: when it was compared, and what does not agree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from freehold.core.cashbook import KnownBreak
from freehold.core.units import format_units


@dataclass(frozen=True, slots=True)
class CashBreak:
    """A break of the cash book that is open: what differs where since which day, and by how many of the
    `persons` it takes it was explained."""

    id: str
    currency: str
    place: str
    day: date
    amount: str
    what: str
    found_at: datetime
    persons: int
    explained: int


@dataclass(frozen=True, slots=True)
class CashControlled:
    """The cash book as of the report: compared last when, why that failed, and what is open; `at` None
    where it was never compared."""

    at: datetime | None
    failed: str
    breaks: tuple[CashBreak, ...]

    @property
    def ok(self) -> bool:
        return not (self.breaks or self.failed)


def cash_control(
    known: Sequence[KnownBreak],
    decimals: Mapping[str, int],
    at: datetime | None,
    failed: str,
    until: datetime | None = None,
) -> CashControlled:
    """The breaks that are open now, or that were at an instant in the past."""
    found = []
    for one in known:
        if until is not None and one.found_at > until:
            continue
        said = [each for each in one.explained if until is None or each.at <= until]
        if len(said) >= one.persons:
            continue
        what, places = one.found, decimals[one.found.currency]
        minus = "-" if what.amount < 0 else ""
        amount = minus + format_units(abs(what.amount), places)
        found.append(
            CashBreak(
                what.id,
                what.currency,
                str(what.account),
                what.day,
                amount,
                what.sentence(places),
                one.found_at,
                one.persons,
                len(said),
            )
        )
    return CashControlled(at, failed, tuple(found))
