"""The holders that the book knows, by the accounts of an instrument."""

from freehold.book import issuers
from freehold.book.issuers import KnownHolder, KnownIssuer
from freehold.core.ids import Address
from freehold.desks.office import Office
from freehold.desks.outbox.following import bring_up
from freehold.indexer import read as register


def by_account(office: Office, owner: KnownIssuer, token: Address) -> dict[int, KnownHolder]:
    """The holders that the book knows, by their account."""
    bring_up(office)
    with office.index.connect() as view:
        accounts = register.accounts(view, token)
    with office.book.reading() as tx:
        known = issuers.holders(tx, owner.id)
    return {accounts[each.wallet]: each for each in known if each.wallet in accounts}
