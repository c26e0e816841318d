"""Who holds what: the list of holders, cap tables; what waits for somebody; what a search finds.

Quantities are exact decimal text in whole units, shares of a whole exact fractions such as 1/3.
"""

from datetime import date, datetime

from pydantic import BaseModel, Field


class HeldOut(BaseModel):
    """Units of one instrument."""

    symbol: str
    units: str


class HolderOut(BaseModel):
    """A holder of an issuer and what he has. `stands`: Eligible, Frozen, Treasury, Claim lapsed or
    expiring; `until` the last day on which he may receive, null without end."""

    issuer: str
    issuer_name: str
    id: str
    name: str
    account: int
    country: str
    holder_class: str
    stands: str
    until: date | None
    held: list[HeldOut]


class HoldersOut(BaseModel):
    """A page of holders, by name."""

    items: list[HolderOut]
    total: int = Field(description="Holders that the filters find, on all pages")
    next: str | None


class ClassOut(BaseModel):
    """A class of units, and how many are outstanding."""

    token: str
    name: str
    symbol: str
    outstanding: str


class OwnerOut(BaseModel):
    """A holder's units of each class, in the classes' order, and his part of all units."""

    id: str = Field(description="Empty for an account that the book knows no holder of")
    holder: str
    account: int
    units: list[str]
    total: str
    share: str


class DilutedOut(BaseModel):
    """Units of one source once every claim is used. `origin`: `chain` for units held, `file` for
    claims that only the cap table file tells of."""

    holder: str
    source: str
    units: str
    share: str
    origin: str


class CapTableOut(BaseModel):
    """Who owns how much of an issuer; a unit of each class counts as one. `diluted` is empty for an
    instant of the past; `open_claims` are those whose number nobody can say today,
    `file_day` is that of the file."""

    issuer: str
    issuer_name: str
    as_of: date
    classes: list[ClassOut]
    items: list[OwnerOut]
    total: str
    diluted: list[DilutedOut]
    diluted_total: str
    open_claims: int
    file_day: date | None


class WaitingOut(BaseModel):
    """One thing that waits for the caller, the most urgent first: bad is late or wrong, warn is due."""

    urgency: str
    title: str
    detail: str
    page: str = Field(description="The page of the web application to act on it")
    due: datetime | None


class WaitingList(BaseModel):
    """What waits."""

    items: list[WaitingOut]


class FoundOut(BaseModel):
    """One answer to a search."""

    group: str
    name: str
    about: str
    page: str


class FoundList(BaseModel):
    """Everything that a search found, at most eight of a group."""

    items: list[FoundOut]
