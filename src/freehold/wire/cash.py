"""The cash book: coins and places, statements tried, an account with its running balance, reversals."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

STRICT: Any = {"extra": "forbid"}
Code = Annotated[str, StringConstraints(min_length=1, max_length=16)]
Place = Annotated[str, StringConstraints(min_length=1, max_length=66, pattern=r"^[^\x00-\x1f]*$")]
Words = Annotated[str, StringConstraints(min_length=1, max_length=2_000, pattern=r"^[^\x00]*$")]
Heading = Annotated[str, StringConstraints(max_length=128, pattern=r"^[^\x00]*$")]


class CoinIn(BaseModel):
    """A coin to take into the book: `holder` is an address that holds some, to try it with."""

    model_config = STRICT

    coin: Place
    holder: Place
    code: Code | None = None


class CoinOut(BaseModel):
    """A coin of the book."""

    code: str
    decimals: int
    coin: str


class PlaceIn(BaseModel):
    """Where money is kept: a wallet, a pot or a bank account, in a currency of the book or ISO 4217."""

    model_config = STRICT

    kind: Annotated[str, StringConstraints(max_length=16, pattern="^[a-z]+$")]
    name: Place
    currency: Code


class PlaceKeptOut(BaseModel):
    """A place of the book, as accounts are named."""

    account: str
    currency: str


class CsvIn(BaseModel):
    """A statement as CSV, and what it does not say itself. `columns` lead from day, amount, reference and
    text to the headings of the file; `decimal_sign` and `day_order` are told where amounts and days have
    two readings."""

    model_config = STRICT

    text: Annotated[str, StringConstraints(min_length=1, max_length=1 << 20)]
    account: Place
    statement: Annotated[str, StringConstraints(min_length=1, max_length=128)]
    currency: Code
    opening: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    columns: dict[Literal["day", "amount", "reference", "text"], Heading] = Field(
        default_factory=dict
    )
    decimal_sign: Literal["", ",", "."] = ""
    day_order: Literal["", "day-first", "month-first"] = ""


class StatementIn(BaseModel):
    """A bank's statement: camt.053, or CSV; one of the two."""

    model_config = STRICT

    camt053: Annotated[str, StringConstraints(min_length=1, max_length=1 << 20)] | None = None
    csv: CsvIn | None = None


class StatementOut(BaseModel):
    """A statement that was imported."""

    account: str
    statement: str
    currency: str
    day: date
    lines: int
    closing: str


class Statements(BaseModel):
    """The statements of a file."""

    items: list[StatementOut]


class LineTriedOut(BaseModel):
    """A line of a statement; `entry` is the number of the entry that it agrees with. A line without one
    will be a break at the next reconciliation."""

    day: date
    amount: str
    reference: str
    text: str
    entry: int | None


class StatementTriedOut(BaseModel):
    """What a statement would bring in; `follows` says whether it opens with what the last one closed
    with, None where it is the first."""

    account: str
    statement: str
    currency: str
    day: date
    opening: str
    closing: str
    follows: bool | None
    lines: list[LineTriedOut]


class StatementsTried(BaseModel):
    """The statements of a file. Nothing was kept."""

    items: list[StatementTriedOut]


class LedgerLineOut(BaseModel):
    """An entry's posting on one account, and what stands there after it; a credit is below zero."""

    number: int
    day: date
    text: str
    against: list[str]
    amount: str
    balance: str
    reverses: bool


class LedgerOut(BaseModel):
    """One account of a currency, entry by entry."""

    account: str
    currency: str
    balance: str
    items: list[LedgerLineOut]
    next: str | None


class PostingOut(BaseModel):
    """An amount on an account; a credit is below zero."""

    account: str
    amount: str


class EntryOut(BaseModel):
    """A balanced entry; `reverses` is the id of the entry that it takes back."""

    number: int
    id: str
    day: date
    currency: str
    source: str
    reference: str
    text: str
    reverses: str | None
    posted_by: str
    postings: list[PostingOut]


class ReversalIn(BaseModel):
    """Why an entry is taken back."""

    model_config = STRICT

    why: Words
