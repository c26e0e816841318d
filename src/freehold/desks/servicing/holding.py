"""Payments that are kept back: after a change of address until the hold ends, of the lost until found.

Whoever changed his address lately has a page of his own, behind those of all others: the contract keeps
the order, so his money stays in the pot under his account and goes out when the hold has ended. A hold
is written with the change (`agent/registrations.py`), with its day; one that was lifted holds nothing.

Whoever is written down as lost (17 CFR 240.17Ad-17) stands on no page: nobody knows until when. His money
stays in the pot, which gets the root of a claim file, and is brought to him by proof once he is found.
"""

from dataclasses import dataclass
from datetime import datetime

from freehold.book import registrations, registry_records
from freehold.book.issuers import KnownIssuer
from freehold.core.actions import pages
from freehold.core.clock import from_seconds
from freehold.core.errors import Conflict
from freehold.core.ids import Address
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


def lost_holders(office: Office, issuer: str) -> frozenset[str]:
    """The holders of an issuer who are written down as lost and were not found."""
    with office.book.reading() as tx:
        known = registry_records.lost(tx, issuer)
    return frozenset(one.holder for one in known if one.found_at is None)


def lost(office: Office, owner: KnownIssuer, token: Address) -> frozenset[int]:
    """The accounts of holders who are lost now."""
    missing = lost_holders(office, owner.id)
    known = holders_of.by_account(office, owner, token) if missing else {}
    return frozenset(account for account, holder in known.items() if holder.id in missing)


def require_found(office: Office, owner: KnownIssuer, holder: str) -> None:
    """Raises Conflict while a holder is written down as lost: his money waits for him."""
    if holder in lost_holders(office, owner.id):
        said = f"{holder} is written down as lost: his money is held until he is found"
        raise Conflict(f"{said} (`freehold agent searched --found`)", holder=holder)


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
