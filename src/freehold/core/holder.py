"""The holder of record as the core needs him: an id, a name, what he is, and his country.

Names and addresses are personal data: they stay in the book and in files, never on chain (an
account number and classes stand for the holder there).
"""

from dataclasses import dataclass
from enum import StrEnum

from freehold.core.ids import HolderId


class HolderKind(StrEnum):
    PERSON = "person"
    ENTITY = "entity"


@dataclass(frozen=True, slots=True)
class Holder:
    """One holder of record; `country` is ISO 3166-1 alpha-2, or empty where nobody stated it."""

    id: HolderId
    name: str
    kind: HolderKind
    country: str = ""
