"""Two-person approvals: what is proposed, its difference, what became of it."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


Text = Annotated[str, StringConstraints(max_length=1 << 16, pattern=r"^[^\x00]*$")]


Name = Annotated[str, StringConstraints(min_length=1, max_length=32, pattern=r"^[a-z_-]+$")]


Note = Annotated[str, StringConstraints(max_length=2_000, pattern=r"^[^\x00]*$")]


STRICT: Any = {"extra": "forbid"}


class Why(BaseModel):
    """The ground of an act of power."""

    model_config = STRICT

    reason: Annotated[
        str, StringConstraints(min_length=1, max_length=32), Field(examples=["court-order"])
    ]
    document: Annotated[Sha256, Field(description="SHA-256 of the document, hexadecimal")]


class ActProposed(BaseModel):
    """An act to propose: its kind, its arguments as texts (GET /approvals/kinds lists both)."""

    model_config = STRICT

    kind: Name
    arguments: Annotated[
        dict[Name, Text],
        Field(max_length=32, json_schema_extra={"propertyNames": {"pattern": r"^[a-z_-]{1,32}$"}}),
    ]
    issuer: Annotated[str, StringConstraints(min_length=1, max_length=128)] | None = None
    grounds: Why | None = None
    reference: Annotated[
        str, StringConstraints(max_length=128, pattern=r"^[^\x00-\x1f]*$"), Field()
    ] = ""


class Approving(BaseModel):
    """An approval, on the difference that was seen."""

    model_config = STRICT

    difference: Annotated[Sha256, Field(description="`difference.digest` of what was seen")]
    note: Note = ""


class Deciding(BaseModel):
    """Why a proposal is declined or withdrawn."""

    model_config = STRICT

    note: Note = ""


class BreakingGlass(BaseModel):
    """Why one person has to act alone."""

    model_config = STRICT

    difference: Sha256
    reason: Annotated[str, StringConstraints(min_length=10, max_length=2_000)]


class Row(BaseModel):
    """One record before and after the act. `subject` is a holder's id, or empty."""

    subject: str
    record: str
    before: str
    after: str
    change: str = Field(description="With its sign; none; or changed, where it is no quantity")


class DifferenceOut(BaseModel):
    """What the act would change, as of a block."""

    digest: Sha256
    block: int
    rows: list[Row]


class TriedOut(BaseModel):
    """A dry run: what would change, or why it would be refused."""

    kind: str
    arguments: dict[str, str]
    difference: DifferenceOut
    refused: bool
    code: int
    reason: str


class Approval(BaseModel):
    """A proposal and what became of it."""

    id: str
    number: int
    kind: str
    title: str
    issuer: str
    token: str | None
    amount: str | None
    arguments: dict[str, str]
    grounds: Why | None
    reference: str
    state: str
    persons: int = Field(description="How many have to agree, the proposer included")
    proposer: str
    proposed_at: datetime
    lapses_at: datetime
    difference: DifferenceOut
    may_decide: bool = Field(description="Whether the caller may approve or decline it now")
    why_not: str
    decider: str
    decided_at: datetime | None
    note: str
    alone: bool = Field(description="Whether somebody broke the glass")
    instructions: list[str]
    ended_at: datetime | None
    code: int | None
    why: str


class Approvals(BaseModel):
    """A page of proposals, the newest first."""

    items: list[Approval]
    next: str | None


class KindOut(BaseModel):
    """A kind of act that the caller may propose."""

    kind: str
    title: str
    power: str
    fields: list[str]
    optional: list[str]
    grounds: bool


class Kinds(BaseModel):
    """The kinds of act that the caller may propose."""

    items: list[KindOut]


class RuleOut(BaseModel):
    """How many persons an act needs; of the rules of one act the first that fits decides."""

    act: str
    title: str
    instrument: str = Field(description="A token, the currency of payments, or * for any")
    named: str = Field(description="The same in words; empty for any")
    above: str | None = Field(description="The rule holds above this amount; null: from nothing on")
    up_to: str | None = Field(description="And up to it, included; null: any amount")
    persons: int
    own: bool = Field(description="Whether the issuer set it; else it is the platform's")
    roles: list[str] = Field(description="Roles that may be the second person")
    approvers: list[str] = Field(description="Who has one of them now, by sign-in name")


class RulesOut(BaseModel):
    """The approval rules of an issuer."""

    issuer: str
    hours: int = Field(description="After so many hours a proposal lapses")
    proposal: str | None = Field(description="The proposal that set the issuer's own rules")
    changed_at: datetime | None
    items: list[RuleOut]


class AnnouncementOut(BaseModel):
    """What everybody concerned has to hear."""

    number: int
    kind: str
    issuer: str
    subject: str
    sentence: str
    at: datetime
    until: datetime


class Announcements(BaseModel):
    """What is announced now."""

    items: list[AnnouncementOut]
