"""The transfer agent's desk over the wire: items to turn around, lost holders, letters, a holder's file."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

from freehold.wire import documents as w

STRICT: Any = {"extra": "forbid"}
Note = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")]
Said = Annotated[
    str,
    StringConstraints(
        min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f]"
    ),
]


class ItemIn(BaseModel):
    """Something that came in by hand or by mail; `routine` as 17 CFR 240.17Ad-1(i) has it."""

    model_config = STRICT

    what: Literal["transfer", "legend-removal", "address", "inquiry", "replacement", "other"]
    routine: bool = Field(default=True, strict=True)
    note: Note = ""


class ItemOut(BaseModel):
    """An item that is not turned around: `due` is the last day on which it is in time, null for one that
    is no routine item."""

    number: int
    holder: str
    what: str
    routine: bool
    note: str
    received_at: datetime
    days: int
    due: date | None
    late: bool


class OpenItems(BaseModel):
    """Items that are not turned around, the oldest first."""

    items: list[ItemOut]


class TurnedIn(BaseModel):
    """How an item ended."""

    model_config = STRICT

    outcome: Literal["done", "rejected", "returned"]


class TurnedOut(BaseModel):
    """An item that is done."""

    number: int
    outcome: str


class LossIn(BaseModel):
    """The day on which a holder was found lost: his mail came back, and no new address is known."""

    model_config = STRICT

    day: date


class SearchIn(BaseModel):
    """A search for a lost holder: the day, and in which database."""

    model_config = STRICT

    day: date
    source: Said


class SearchedOut(BaseModel):
    """A search that was made."""

    day: date
    source: str


class LostOut(BaseModel):
    """A lost holder and the search that comes next (17 CFR 240.17Ad-17): 1 or 2, 0 where both are done;
    `first_day` and `last_day` are its window, null after both."""

    number: int
    holder: str
    lost_on: date
    searches: list[SearchedOut]
    next_search: int
    first_day: date | None
    last_day: date | None
    late: bool
    escheat_hint: date
    found_at: datetime | None


class LostHolders(BaseModel):
    """Holders who are written down as lost, and not found."""

    items: list[LostOut]


class LetterOut(BaseModel):
    """A letter and how far it has come; `to` is empty once it was dropped."""

    id: str
    kind: str
    to: str
    state: str
    attempts: int
    created_at: datetime
    sent_at: datetime | None
    note: str


class LetterFile(LetterOut):
    """A letter with its facts. The link of an invitation, which is a way in, is left out."""

    facts: dict[str, str]


class AgentLetters(BaseModel):
    """Letters, the newest first."""

    items: list[LetterOut]


class LetterDecision(BaseModel):
    """What becomes of a letter: sent again, dropped, or noted as having come back."""

    model_config = STRICT

    decision: Literal["send", "drop", "bounced"]
    note: Note = Field(default="it came back", description="What the other side said")


class HeldLotOut(BaseModel):
    """Units of one acquisition; `free_from` is null where no day is foreseen."""

    vintage: int
    units: str
    acquired: date
    free_from: date | None
    free: bool
    legends: list[str]


class HeldOut(BaseModel):
    """What the holder has of one instrument, in whole units."""

    token: w.Address
    class_id: str
    name: str
    symbol: str
    units: str
    free: str
    locked: str
    frozen: str
    stopped: bool
    lots: list[HeldLotOut]


class UsedWalletOut(BaseModel):
    """A wallet that opens, or opened, the account."""

    wallet: w.Address
    since: datetime
    opens: bool


class DecidedOut(BaseModel):
    """What was asked or proposed about the holder; `link` is its page."""

    at: datetime
    what: str
    by: str
    state: str
    refused: bool
    code: int | None
    reason: str
    link: str


class HappeningOut(BaseModel):
    """One thing that happened: `source` is claim, desk or ledger, `by` a role, `evidence` a digest."""

    at: datetime
    source: str
    what: str
    detail: str
    by: str
    evidence: str
    transaction: str
    refused: bool
    code: int | None


class PictureOut(BaseModel):
    """A holder's file as one story, the newest first."""

    issuer: str
    holder: str
    account: int
    next_free: date | None
    held: list[HeldOut]
    wallets: list[UsedWalletOut]
    decided: list[DecidedOut]
    timeline: list[HappeningOut]
