"""Titles of real things: issued once by the hash of their record, held by the issuer's own account."""

from dataclasses import dataclass

from freehold.book import issuers
from freehold.book.issuers import KnownAsset
from freehold.chain import contracts
from freehold.core.asset import AssetRecord
from freehold.core.ids import Address
from freehold.desks import establishment
from freehold.desks.office import Office


@dataclass(frozen=True, slots=True)
class Title:
    """An asset, who holds its title now, and how many base units exist against it."""

    id: str
    kind: str
    name: str
    owner: Address
    units_against: int


def issue_title(office: Office, issuer: str | None, record: AssetRecord) -> KnownAsset:
    """Issue the title of a thing. Raises NotFound, Conflict if the thing is recorded already."""
    with office.book.reading() as tx:
        owner = issuers.find(tx, issuer)
    return establishment.tokenise(office, owner, record)


def titles(office: Office, issuer: str | None) -> list[Title]:
    """The titles of an issuer as the chain has them."""
    placed = establishment.platform(office)
    with office.book.reading() as tx:
        owner = issuers.find(tx, issuer)
        known = issuers.assets(tx, owner.id)
    return [_title(office, placed["Assets"], one) for one in known]


def _title(office: Office, assets: Address, known: KnownAsset) -> Title:
    number = int(known.id, 16)
    owner = contracts.read(office.w3, "Assets", assets, "ownerOf", number)
    bound = contracts.read(office.w3, "Assets", assets, "bound_tokens", number)
    supplies = [contracts.read(office.w3, "SecurityToken", one, "totalSupply") for one in bound]
    return Title(known.id, known.kind, known.name, owner, sum(supplies))
