"""Payments that are kept back after a change of address: until the hold of the change ends.

Whoever changed his address lately has a page of his own, behind those of all others: the contract keeps
the order, so his money stays in the pot under his account and goes out when the hold has ended. A hold
is written with the change (`agent/registrations.py`), with its day; one that was lifted holds nothing.
"""

from dataclasses import dataclass
from datetime import datetime

from freehold.book import registrations
from freehold.core.actions import pages
from freehold.core.clock import from_seconds
from freehold.desks.office import Office
from freehold.desks.servicing import holders_of, pots, servicing
from freehold.desks.servicing.servicing import Case


@dataclass(frozen=True, slots=True)
class KeptBack:
    """An account whose money waits in the pot, until when, and how much of which currency it is."""

    account: int
    until: datetime
    currency: str
    net: int


def kept_back(office: Office, of: Case) -> dict[int, datetime]:
    """The accounts of holders whose change of address is on hold now, and until when."""
    now = servicing.now_of(office)
    known = holders_of.by_account(office, of.owner, of.instrument.token)
    found = {}
    with office.book.reading() as tx:
        for account, holder in known.items():
            address = registrations.address(tx, of.owner.id, holder.id)
            if address and address.held_until and address.holds(now):
                found[account] = address.held_until
    return found


def waiting(office: Office, of: Case) -> list[KeptBack]:
    """Money that is kept back in the pots of an action, by account."""
    found = []
    by_wallet = {
        wallet: one for one, wallet in servicing.wallets(office, of.instrument.token).items()
    }
    for code, part in pots.opened(of).items():
        paid, _ = pots.payments(office, pots.numbers(of)[code])
        due = pots.due_of(part)
        for page, until in pots.cut(part):
            for row in page if until else ():
                account = by_wallet.get(pages.wallet_of(row))
                if account is not None and account not in paid:
                    gross, withheld = due[account]
                    found.append(KeptBack(account, from_seconds(until), code, gross - withheld))
    return found
