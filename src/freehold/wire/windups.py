"""Winding-ups: terms, where one stands, what each class and each holder gets."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints

from freehold.wire.approvals import Text

STRICT: Any = {"extra": "forbid"}
Amount = Annotated[str, StringConstraints(min_length=1, max_length=40)]


class WindupIn(BaseModel):
    """The terms of a winding-up as TOML (docs/reference/windup.md), and what there is to divide."""

    model_config = STRICT

    terms: Annotated[Text, StringConstraints(min_length=1)]
    exit: Annotated[Amount, Field(examples=["12000000"], description="In the terms' currency")]
    issuer: Annotated[str, StringConstraints(min_length=1, max_length=128)] | None = None


class PotIn(BaseModel):
    """How much goes into the pot, in whole coins; what the next stage lacks if left out."""

    model_config = STRICT

    amount: Amount | None = None


class StageOut(BaseModel):
    """A stage: its money in whole coins, and from when on it may be paid."""

    id: str
    amount: str
    opens: datetime


class PartOut(BaseModel):
    """What a class, or somebody outside the register, gets in whole coins: of each stage, in all, so far.

    `does` is what a class chooses (`converts`, `holds`), or an option (`exercises`, `lapses`).
    """

    id: str
    kind: str
    does: str
    stages: dict[str, str]
    total: str
    paid: str


class TakenOut(BaseModel):
    """A step that was taken."""

    step: str
    at: datetime
    by: str


class WindupOut(BaseModel):
    """A winding-up as it stands. `plan` is the hash that two persons agreed to on chain."""

    id: str
    name: str
    issuer: str
    state: str
    next: str
    exit: str
    currency: str
    coin: str
    symbol: str
    decimals: int
    plan: str
    number: int
    record: datetime
    payment: datetime
    claim_until: datetime
    tax: str
    funded: str
    total: str
    stages: list[StageOut]
    parts: list[PartOut]
    steps: list[TakenOut]


class Windups(BaseModel):
    """A page of winding-ups, the newest first."""

    items: list[WindupOut]
    next: str | None


class ShareOut(BaseModel):
    """One account's part of a class over all stages; `state` is due, part-paid, paid or held."""

    class_id: str
    account: int
    holder: str
    units: str
    gross: str
    withheld: str
    net: str
    paid: str
    held: str
    state: str


class Shares(BaseModel):
    """A page of holders; before the record instant reckoned on today's holdings."""

    provisional: bool
    count: int
    items: list[ShareOut]
    next: str | None
