"""The wallet to which an issuer's withheld tax goes: a setting that two persons agree to.

An action or winding-up takes the one in force when it is announced, and keeps it. Without one, the tax
comes to the wallet of whoever pays, and waits in the cash book until its authority has it.
"""

from freehold.book import audit, issuers, settings
from freehold.book.issuers import KnownIssuer
from freehold.book.session import Transaction
from freehold.core.audit import Entry, Outcome
from freehold.core.errors import Invalid
from freehold.core.identifiers import parse_address
from freehold.core.ids import Address
from freehold.core.roles import Power
from freehold.desks import parties, permits
from freehold.desks.office import Office
from freehold.desks.permits import Actor

NONE = "none"
"""The word that takes the setting away."""


def of(office: Office, issuer: str) -> Address | None:
    """The wallet in force for an issuer's tax; None: the wallet of whoever pays."""
    with office.book.reading() as tx:
        found = settings.read(tx, _name(office, issuer))
    return Address(found) if found else None


def shown(office: Office, actor: Actor, issuer: str | None) -> tuple[KnownIssuer, Address | None]:
    """The same for somebody who reads the cash book. Raises NotPermitted, NotFound."""
    owner = parties.owner(office, issuer)
    permits.require(actor, Power.READ_CASH, owner.id)
    return owner, of(office, owner.id)


def read(office: Office, text: str) -> str:
    """A wallet's address, checksummed, or nothing for the word none.

    Raises Invalid for what is no address, or one of a security, which keeps no money.
    """
    if text.strip().lower() == NONE:
        return ""
    wallet = parse_address(text, "wallet")
    with office.book.reading() as tx:
        for owner in issuers.issuers(tx):
            for one in issuers.instruments(tx, owner.id):
                if one.token.lower() == wallet.lower():
                    raise Invalid(f"wallet {wallet} is the security {one.name}", field="wallet")
    return wallet


def write(tx: Transaction, office: Office, issuer: str, wallet: str, by: str) -> None:
    """Put a wallet in force; nothing takes it away."""
    now = office.clock.now()
    settings.write(tx, _name(office, issuer), wallet, now)
    audit.record(tx, Entry(by, "tax-wallet", issuer, Outcome.DONE, content={"wallet": wallet}), now)


def set_by(office: Office, actor: Actor, issuer: str | None, text: str) -> Address | None:
    """Set it as whoever has the keys of the home folder. Raises NotPermitted, NotFound, Invalid."""
    owner = parties.owner(office, issuer)
    permits.require(actor, Power.KEEP_CASH, owner.id)
    wallet = read(office, text)
    with office.book.transaction() as tx:
        write(tx, office, owner.id, wallet, actor.id)
    return of(office, owner.id)


def _name(office: Office, issuer: str) -> str:
    return f"tax wallet:{office.chain}:{issuer}"
