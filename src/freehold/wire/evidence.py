"""Evidence about persons: submitted, judged by a policy or a regime of law, decided, asked about."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, StrictBool, StringConstraints

from freehold.wire.documents import whole
from freehold.wire.reviews import Day, Reason

STRICT: Any = {"extra": "forbid"}
FactName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Fact = Annotated[
    StrictBool
    | Annotated[int, Field(ge=-(10**15), le=10**15, strict=True), BeforeValidator(whole)]
    | Annotated[
        str, StringConstraints(min_length=1, max_length=256, pattern=r"^[^\x00-\x1f\x7f]*$")
    ],
    Field(description="Yes or no, a whole number, or text: a day, an exact decimal number, a word"),
]
PaperName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,127}$")]
Digest = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
By = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9._]{1,64}$"),
    Field(
        description="A token, whose policy in force judges, or a regime of law",
        examples=["us.persons"],
    ),
]


def _names(pattern: str) -> dict[str, Any]:
    return {"propertyNames": {"pattern": pattern}}


class EvidenceIn(BaseModel):
    """What somebody saw of a person: the facts by the names that policies read, and the papers that show
    them by their SHA-256. The papers themselves stay where they are."""

    model_config = STRICT

    person: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    examiner: Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,128}$")]
    dated: Day
    facts: Annotated[
        dict[FactName, Fact],
        Field(min_length=1, max_length=64, json_schema_extra=_names(r"^[a-z][a-z0-9_]{0,63}$")),
    ]
    papers: Annotated[
        dict[PaperName, Digest],
        Field(
            min_length=1,
            max_length=32,
            json_schema_extra=_names(r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,127}$"),
        ),
    ]


class EvidenceOut(BaseModel):
    """A review of evidence. Who ended it, and when, is null while it waits."""

    number: int
    person: str
    state: Literal["waiting", "approved", "rejected"]
    at: datetime
    reviewer: str | None
    ended_at: datetime | None


class EvidenceQueue(BaseModel):
    """A page of the evidence that waits, in the order in which it came."""

    items: list[EvidenceOut]
    next: str | None


class YardstickOut(BaseModel):
    """By what evidence can be judged: `id` is a token, or a regime of law."""

    id: str
    name: str


class Yardsticks(BaseModel):
    """Policies in force that say what a person is, then regimes of law."""

    items: list[YardstickOut]


class PaperSeen(BaseModel):
    """A paper by its name and digest."""

    name: str
    digest: str


class JudgedOut(BaseModel):
    """An attribute: found, not found, or null for want of the facts in `missing`; `expires` is the last
    day of the claim that an approval makes. `unverified`: nobody has checked the rule against its text."""

    attribute: str
    found: bool | None
    missing: list[str]
    rule: str
    cite: str
    unverified: bool
    expires: date | None


class QuestionOut(BaseModel):
    """A question that was asked about evidence."""

    by: str
    question: str
    at: datetime


class EvidenceFile(EvidenceOut):
    """Everything that decides a review. `heard`: somebody signs in for the person, and hears questions."""

    examiner: str
    dated: date
    facts: dict[str, str]
    papers: list[PaperSeen]
    by: YardstickOut
    judged: list[JudgedOut]
    questions: list[QuestionOut]
    heard: bool
    why: str


class ClaimMade(BaseModel):
    """A claim that an approval made."""

    id: str
    name: str
    issued: date
    expires: date


class EvidenceApproved(EvidenceFile):
    """A review that was approved, with the claims that came of it."""

    claims: list[ClaimMade]


class EvidenceApproval(BaseModel):
    """By what the evidence is judged, and why it is approved."""

    model_config = STRICT

    by: By
    why: Reason


class EvidenceRejection(BaseModel):
    """Why evidence is rejected."""

    model_config = STRICT

    why: Reason
