"""Tax on payments: forms on file, rates, what would be withheld, what was, the files of a year."""

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints

from freehold.wire.approvals import Name

STRICT: Any = {"extra": "forbid"}
Amount = Annotated[str, StringConstraints(min_length=1, max_length=40)]
Short = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f]*$")]


class OnFileOut(BaseModel):
    """A person of the register and the newest form: `stands` is expired, none, expiring or valid;
    `good_until` None: until circumstances change. No taxpayer number is told."""

    person: str
    name: str
    residence: str
    form: str | None
    signed: date | None
    good_until: date | None
    stands: str
    treaty: bool
    tin_on_file: bool


class FormsOnFile(BaseModel):
    """Persons whose form needs a look first."""

    items: list[OnFileOut]
    next: str | None


class RateOut(BaseModel):
    """A rate of tax at source: whose issuers withhold it, from residents of where (empty: anybody), an
    exact fraction since a day, by which source; `verified` is false where nobody has checked it."""

    country: str
    residence: str
    what: str
    rate: str
    since: date
    cite: str
    verified: bool


class Rates(BaseModel):
    """The rates of a day."""

    day: date
    items: list[RateOut]


class PaymentIn(BaseModel):
    """What is or was paid at a record, in whole money of a currency of the cash book: a `pot`, or an amount
    `per_unit`. `income` says what it is for tax."""

    model_config = STRICT

    instrument: Short
    record: Annotated[int, Field(ge=1, le=2**31)]
    currency: Annotated[str, StringConstraints(min_length=3, max_length=16)]
    pot: Amount | None = None
    per_unit: Amount | None = None
    paid_on: date | None = None
    country: Annotated[str, StringConstraints(min_length=2, max_length=2)] = "US"
    income: Annotated[Name, Field(examples=["interest"])] = "dividend"


class RecordIn(PaymentIn):
    """The same, under the name of the action that paid it; each account once."""

    action: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


class ShareOut(BaseModel):
    """An account's part in whole money: the exact rate, by which rule and source, and the statement it is
    filed on."""

    account: int
    person: str
    units: str
    gross: str
    withheld: str
    net: str
    rate: str
    rule: str
    cite: str
    statement: str
    verified: bool


class PreviewOut(BaseModel):
    """What each account gets, and what is withheld of it."""

    day: date
    income: str
    currency: str
    gross: str
    withheld: str
    net: str
    items: list[ShareOut]


class RecordedOut(BaseModel):
    """How many accounts were new in the record of what was withheld."""

    action: str
    new: int


class WithheldOut(BaseModel):
    """What was paid to an account and withheld; `code` is box 1 of Form 1042-S, if the income has one."""

    action: str
    part: str
    account: int
    person: str
    day: date
    income: str
    code: str
    currency: str
    gross: str
    withheld: str
    net: str
    rate: str
    rule: str
    cite: str
    statement: str


class Withheld(BaseModel):
    """The record of a year or of all years, in the order it was written down."""

    items: list[WithheldOut]
    next: str | None


class YearOut(BaseModel):
    """A year in which something was paid."""

    year: int
    payments: int


class Years(BaseModel):
    """The years, the last first."""

    items: list[YearOut]


class YearFileOut(BaseModel):
    """A file of a year: its name, what it is, how many rows it has."""

    name: str
    what: str
    rows: int


class YearFilesOut(BaseModel):
    """The files of a year."""

    year: int
    items: list[YearFileOut]


class WalletOut(BaseModel):
    """Where withheld tax goes; None: to the wallet of whoever pays, where it waits."""

    issuer: str
    wallet: str | None


class WalletIn(BaseModel):
    """The wallet that tax goes to from now on, or the word none."""

    model_config = STRICT

    wallet: Annotated[str, StringConstraints(min_length=4, max_length=42)]
    issuer: Annotated[str, StringConstraints(min_length=1, max_length=128)] | None = None
