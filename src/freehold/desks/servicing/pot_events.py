"""What the chain's events say that pots paid: by account, of every contract that has pots.

`Distribution` and `Waterfall` tell their payments with the same events (contracts/interfaces), so whoever
asks what became of an account's money need not know which of them has the pot.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

from freehold.core.clock import from_seconds
from freehold.core.events_paying import DistributionHeld, DistributionPaid, DistributionReleased
from freehold.core.ids import Address
from freehold.desks.office import Office
from freehold.desks.outbox.following import bring_up
from freehold.indexer import journal

Amounts = Mapping[int, tuple[int, int]]
"""Gross and tax by account, in the coin's smallest unit."""


@dataclass(frozen=True, slots=True)
class Paid:
    """What the chain's events say of a pot: gross and tax by account, what was held when it was paid, and
    what of that was released since; `days` is when each account was paid, or its money held (UTC)."""

    due: Amounts
    held: Mapping[int, int]
    released: Mapping[int, int]
    days: Mapping[int, date] = field(default_factory=dict)

    def still(self, account: int) -> int:
        """What is held for an account now."""
        return self.held.get(account, 0) - self.released.get(account, 0)


def paid_of(office: Office, place: Address, numbers: Collection[int]) -> dict[int, Paid]:
    """What each of these pots of the contract at `place` paid; all of them are read at once."""
    bring_up(office)
    kinds = (DistributionPaid, DistributionHeld, DistributionReleased)
    with office.index.connect() as view:
        said = journal.events_of(view, [place], kinds)
    paid: dict[int, dict[int, tuple[int, int]]] = {one: {} for one in numbers}
    held: dict[int, dict[int, int]] = {one: {} for one in numbers}
    released: dict[int, dict[int, int]] = {one: {} for one in numbers}
    days: dict[int, dict[int, date]] = {one: {} for one in numbers}
    for logged in said:
        event = logged.event
        if isinstance(event, DistributionPaid) and event.distribution in paid:
            paid[event.distribution] |= {one: (gross, tax) for one, gross, tax in event.payments}
            day = from_seconds(logged.position.seconds).date()
            days[event.distribution] |= dict.fromkeys((one for one, *_ in event.payments), day)
        if isinstance(event, DistributionHeld) and event.distribution in held:
            held[event.distribution][event.account] = event.amount
        if isinstance(event, DistributionReleased) and event.distribution in released:
            released[event.distribution][event.account] = event.amount
    return {one: Paid(paid[one], held[one], released[one], days[one]) for one in paid}
