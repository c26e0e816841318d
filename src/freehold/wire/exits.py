"""An exit divided: what is asked, what is answered. Amounts are decimal text in whole coins; `_minor` says
exact smallest units, as a whole number or a fraction such as 28250000000/19."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

ExitTermsText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=32_768),
    Field(description="A file of terms as TOML (docs/reference/waterfall.md)"),
]


class ExitAsked(BaseModel):
    """How much there is to divide; by which terms, if not by those of the issuer."""

    model_config = ConfigDict(extra="forbid")

    exit: Annotated[str, StringConstraints(min_length=1, max_length=40)] = Field(
        description="The price in whole coins of the terms' currency", examples=["25000000"]
    )
    terms: ExitTermsText | None = None


class ExitTermsIn(BaseModel):
    """Terms to save."""

    model_config = ConfigDict(extra="forbid")

    terms: ExitTermsText


class ExitTerms(BaseModel):
    """The terms in force; version 0 is a draft from cap table and register that nobody saved."""

    issuer: str
    version: int
    terms: str
    kept_by: str
    kept_at: datetime | None
    notices: list[str]


class ExitStage(BaseModel):
    """A payment of the exit: at closing, or when a tranche is released."""

    id: str
    amount: str


class ExitPaid(BaseModel):
    """Somebody who is paid: what he holds, what he does, how much he gets in all and at each stage."""

    id: str
    kind: str
    choice: str
    units: str | None
    total: str
    exact_minor: str
    per_unit_minor: str | None
    share: str
    stages: dict[str, str]


class ExitEvent(BaseModel):
    """What happens at a breakpoint."""

    id: str
    event: str


class ExitBreakpoint(BaseModel):
    """From this exit on the next unit of money is shared in another way."""

    exit_minor: str
    events: list[ExitEvent]
    shares_of_the_next: dict[str, str]


class ExitDivided(BaseModel):
    """An exit, divided."""

    kind: str
    name: str
    currency: str
    exit: str
    per_common_unit_minor: str
    stages: list[ExitStage]
    paid: list[ExitPaid]
    breakpoints: list[ExitBreakpoint]
