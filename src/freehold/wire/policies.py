"""Policies: what is in force, what is announced, a text examined, a change proposed, a case tried."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

from freehold.wire.documents import HolderName, Quantity

STRICT: Any = {"extra": "forbid"}
PolicyText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=40_000, pattern=r"^[^\x00]*$"),
    Field(description="A policy as TOML (docs/reference/policy-file.md)"),
]
Party = Annotated[HolderName, Field(description="A holder's id")]
KindName = Literal[
    "sale", "gift", "trust", "estate", "divorce", "pledge", "foreclose", "to_issuer", "public_sale"
]
ProofName = Literal["offshore", "four_a_seven", "form_144", "issuer_consent", "family", "brokered"]


class AdoptionOut(BaseModel):
    """A policy that was announced: in force from `effective_at` on, once somebody activates it.

    `step` 1 of `steps` 2 counts groups of holders before a limit rests on them. One that was called off
    never comes into force; `why_called_off` is empty otherwise.
    """

    policy: str
    name: str
    step: int
    steps: int
    announced_at: datetime
    effective_at: datetime
    activated_at: datetime | None
    called_off_at: datetime | None = None
    why_called_off: str = ""


class RuledOut(BaseModel):
    """An instrument, the policy in force and the one that is announced, if any."""

    issuer: str
    token: str
    name: str
    symbol: str
    decimals: int
    policy: str
    policy_id: str
    pending: AdoptionOut | None
    due: bool = Field(description="Whether the announced policy's public delay is over")


class Policies(BaseModel):
    """The instruments whose policies the caller may read."""

    items: list[RuledOut]
    next: str | None


class PolicyOut(RuledOut):
    """All about the rules of one instrument; `text` is empty under the starting rules."""

    text: str
    history: list[AdoptionOut] = Field(description="Announcements, the newest first")
    proposals: list[str] = Field(description="Changes proposed, by id, the newest first")
    now: datetime = Field(description="The chain's instant, by which delays run")


class PolicyIn(BaseModel):
    """A text to examine."""

    model_config = STRICT

    text: PolicyText


class FaultOut(BaseModel):
    """A mistake: its line (0: the whole), where it stands, what is wrong."""

    line: int
    place: str
    message: str


class WarningOut(BaseModel):
    """What is doubtful and stops nothing; `id` is the lint's (docs/reference/lints.md)."""

    id: str
    place: str
    text: str


class CoveredOut(BaseModel):
    """How many rules are decided on chain, asked before, to be done; and on texts nobody checked."""

    on_chain: int
    asked_before: int
    to_be_done: int
    unchecked: int
    profiles: list[str]


class StrandedOut(BaseModel):
    """A holder who could do nothing with his units, which are whole ones, and why."""

    holder: str
    units: str
    why: str


class FlipOut(BaseModel):
    """Transfers that were refused with one code (0: allowed) and will be with another."""

    kind: str
    seller: str
    buyer: str
    units: str
    before: int
    after: int


class ExaminationOut(BaseModel):
    """What a text says: with `faults` it cannot be used; without any, what it would change for whom."""

    usable: bool
    faults: list[FaultOut]
    warnings: list[WarningOut]
    name: str
    policy_id: str
    covered: CoveredOut | None
    steps: int
    rows: int
    stranded: list[StrandedOut]
    flips: list[FlipOut] = Field(description="The first of them")
    flips_in_all: int
    same: bool = Field(description="Whether this policy is in force already")


class PolicyProposed(BaseModel):
    """A change of policy to propose; `acknowledge_stranded` where holders would be stranded."""

    model_config = STRICT

    text: PolicyText
    acknowledge_stranded: bool = Field(False, strict=True)


class CallOff(BaseModel):
    """Why the announced policy is called off; kept, and shown to everybody who reads the policy."""

    model_config = STRICT

    why: Annotated[str, StringConstraints(min_length=1, max_length=2_000, pattern=r"^[^\x00]*$")]


class CaseIn(BaseModel):
    """A transfer to try; with `text`, as if that policy were in force today.

    `proofs` are what is attested for the transfer, such as an opinion of counsel.
    """

    model_config = STRICT

    sender: Party
    receiver: Party
    units: Quantity
    kind: KindName = "sale"
    proofs: Annotated[list[ProofName], Field(max_length=16)] = []
    text: PolicyText | None = None


class CheckOut(BaseModel):
    """One rule: whether it passes (null: not looked at), what it found, the reason's number, its source."""

    passes: bool | None
    text: str
    detail: str
    code: int
    cite: str


class WayOut(BaseModel):
    """A resale path: open, or what it lacks."""

    id: str
    open: bool
    cite: str
    lacks: str


class CaseOut(BaseModel):
    """Would it pass? If not why, when, and how many units would pass now."""

    allowed: bool
    code: int
    reason: str
    passes_on: date | None
    largest: str
    waits: str
    policy: str
    policy_id: str
    on: date
    draft: bool
    checks: list[CheckOut]
    ways: list[WayOut]
