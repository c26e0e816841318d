"""Revenue that feeds the pot of an action: what is told, what was told, how far the cap is reached."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints

STRICT: Any = {"extra": "forbid"}
Amount = Annotated[str, StringConstraints(min_length=1, max_length=40)]
Reference = Annotated[
    str, StringConstraints(min_length=1, max_length=140, pattern=r"^[^\x00-\x1f]*$")
]


class FeedIn(BaseModel):
    """Revenue of a day in whole coins; its part goes into the pot, once for a reference."""

    model_config = STRICT

    revenue: Annotated[Amount, Field(examples=["125000"])]
    on: date
    reference: Annotated[Reference, Field(examples=["2026-Q3"])]


class FeedOut(BaseModel):
    """Revenue that was told, in whole coins; `part` is the exact fraction that went into the pot."""

    revenue: str
    on: date
    part: str
    amount: str
    reference: str
    at: datetime
    by: str


class FeedsOut(BaseModel):
    """What the pot was fed, in whole coins. `most` is what all actions of the series pay at most, None
    without a cap, `reached` what counts towards it; `before` is what the others of the series have paid.
    """

    series: str
    currency: str
    fed: str
    before: str
    reached: str
    most: str | None
    items: list[FeedOut]
    next: str | None
