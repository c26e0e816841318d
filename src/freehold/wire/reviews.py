"""Applications of investors and hits of screening, as whoever reviews them reads and decides them."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, Field, StrictBool, StringConstraints

from freehold.wire.people import SignInName

STRICT: Any = {"extra": "forbid"}
Words = Annotated[str, StringConstraints(max_length=2_000, pattern=r"^[^\x00]*$")]
Reason = Annotated[
    str,
    StringConstraints(
        min_length=1, max_length=2_000, pattern=r"^[^\x00]*[^\s\x00-\x1f\x7f-\x9f][^\x00]*$"
    ),
]
Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_-]{1,48}$")]
Day = Annotated[
    str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), Field(examples=["2027-03-31"])
]


class StageAsked(StrEnum):
    """How far an application has come since it was handed over."""

    SUBMITTED = "submitted"
    APPROVED = "approved"
    ADMITTED = "admitted"
    DECLINED = "declined"


class InvestorInvitation(BaseModel):
    """An investor to invite to one issuer's register."""

    model_config = STRICT

    name: SignInName


class Acceptance(BaseModel):
    """The claims that the papers bear out, by the keys of `proposed`, each with its last day."""

    model_config = STRICT

    accepted: Annotated[
        dict[Key, Day],
        Field(
            min_length=1,
            max_length=32,
            json_schema_extra={"propertyNames": {"pattern": r"^[A-Za-z_-]{1,48}$"}},
        ),
    ]
    why: Words = ""


class Declining(BaseModel):
    """Why an application is declined; its applicant reads it."""

    model_config = STRICT

    why: Reason


class Question(BaseModel):
    """What an applicant is asked; the application goes back to him until he submits it again."""

    model_config = STRICT

    question: Reason


class HitDecision(BaseModel):
    """Whether a person is the one of the list. Confirmed, his accounts are frozen."""

    model_config = STRICT

    confirmed: StrictBool
    why: Reason


class ApplicationOut(BaseModel):
    """An application: `draft` while it is with its applicant, then as it is reviewed."""

    id: str
    name: str = Field(description="What the applicant signs in as")
    issuer: str
    stage: str
    wallet: str | None
    invited_at: datetime
    submitted_at: datetime | None
    decided_at: datetime | None
    decided_by: str | None
    instruction: str | None = Field(description="What opens the account, once approved")


class InvestorInvited(ApplicationOut):
    """An invited investor. `link` is null where the same request was answered before."""

    link: Annotated[str | None, Field(description="A path below the platform's address")]


class Applications(BaseModel):
    """A page of applications, the newest first."""

    items: list[ApplicationOut]
    next: str | None


class Stated(BaseModel):
    """What an applicant states of himself."""

    name: str
    kind: str
    born: date | None
    residence: str
    citizenships: list[str]
    aliases: list[str]
    address: str
    email: str
    tax_id: str


class PaperOut(BaseModel):
    """A paper handed in; `digest` names it for ever, `size` is in bytes."""

    kind: str
    digest: str
    size: int
    at: datetime


class ClaimProposed(BaseModel):
    """A claim that follows from what was stated, if its paper bears it out."""

    key: str
    name: str
    country: str
    paper: str
    expires: date


class ClaimOut(BaseModel):
    """A claim about the person, and how it stands today."""

    id: str
    name: str
    country: str
    issuer: str
    evidence: str
    issued: date
    expires: date
    state: str


class StandingOut(BaseModel):
    """The class that claims put the person into; `code` and `reason` where none takes him."""

    class_name: str
    country: str
    code: int
    reason: str


class ApplicationFile(ApplicationOut):
    """Everything that decides an application. `hits` are screening hits that wait."""

    issuer_name: str
    person: str
    particulars: Stated
    status: str
    why: str
    papers: list[PaperOut]
    proposed: list[ClaimProposed]
    hits: int
    claims: list[ClaimOut]
    standing: StandingOut | None


class HitOut(BaseModel):
    """Somebody who may be an entry of a sanctions list; `score` is of 100."""

    number: int
    person: str
    at: datetime
    sanctions_list: str
    entry: str
    name: str
    score: int
    threshold: int
    reasons: list[str]


class Hits(BaseModel):
    """A page of the hits that wait, in the order in which they came."""

    items: list[HitOut]
    next: str | None


class HitDecided(BaseModel):
    """How a hit was decided: the accounts that were frozen, and by when it is to be reported."""

    number: int
    confirmed: bool
    accounts: list[str]
    report_due: date | None
