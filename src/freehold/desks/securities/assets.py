"""Titles of real things: issued once by the hash of their record, held by the issuer's own account."""

from dataclasses import dataclass

from freehold.book import issuers
from freehold.book.issuers import KnownAsset
from freehold.chain import contracts
from freehold.core.asset import AssetRecord, title_number
from freehold.core.ids import Address, AssetId
from freehold.desks.office import Office
from freehold.desks.platform import establishment


@dataclass(frozen=True, slots=True)
class Title:
    """An asset, the number of its title and who holds that now, base units that exist against it."""

    id: str
    number: str
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
    return [_title(office, placed["Assets"], owner.register, one) for one in known]


def _title(office: Office, assets: Address, register: Address, known: KnownAsset) -> Title:
    number = title_number(register, AssetId(known.id))
    owner = contracts.read(office.w3, "Assets", assets, "ownerOf", number)
    bound = contracts.read(office.w3, "Assets", assets, "bound_tokens", number)
    supplies = [contracts.read(office.w3, "SecurityToken", one, "totalSupply") for one in bound]
    return Title(known.id, f"{number:#066x}", known.kind, known.name, owner, sum(supplies))
