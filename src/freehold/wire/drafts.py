"""Drafts of assets, filled part by part, and the work that puts one on chain."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints

from freehold.core.asset import AssetKind
from freehold.wire.documents import whole
from freehold.wire.policies import PolicyText
from freehold.wire.problems import WrongPlace

STRICT: Any = {"extra": "forbid"}
Line = Annotated[str, StringConstraints(max_length=512, pattern=r"^[^\x00]*$")]
Short = Annotated[str, StringConstraints(max_length=128, pattern=r"^[^\x00]*$")]
Note = Annotated[str, StringConstraints(max_length=2_000, pattern=r"^[^\x00]*$")]
FieldName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,40}$")]


class DraftIn(BaseModel):
    """A draft to begin: the kind of asset, and whose it is.

    `issuer` is one that is there; without it, `issuer_name` and `issuer_country` make a new one.
    """

    model_config = STRICT

    kind: AssetKind
    issuer: Short = ""
    issuer_name: Short = ""
    issuer_country: Short = Field("", description="Two letters of ISO 3166-1")


class RecordIn(BaseModel):
    """The asset's record: its name, and its fields as texts (`fields` of the draft lists them)."""

    model_config = STRICT

    name: Line
    facts: Annotated[
        dict[FieldName, Line],
        Field(max_length=40, json_schema_extra={"propertyNames": {"pattern": "^[a-z0-9_]{1,40}$"}}),
    ] = {}


class DocumentIn(BaseModel):
    """A document of the asset: its name, `sha256:` and 64 digits, and where it is found, if anywhere.

    The same name again is its next version.
    """

    model_config = STRICT

    name: Line
    content: Line
    uri: Line = ""


class DocumentsIn(BaseModel):
    """All documents of the asset, in their order."""

    model_config = STRICT

    documents: Annotated[list[DocumentIn], Field(max_length=20)]


class TermsIn(BaseModel):
    """The class of units; `authorised` in whole units, empty where there is no limit."""

    model_config = STRICT

    name: Short
    symbol: Short
    decimals: Annotated[int, Field(ge=0, le=18, strict=True), BeforeValidator(whole)] = 0
    authorised: Short = ""


class PolicyChosen(BaseModel):
    """The rules in force from the first unit on: the starting ones, or a text of one's own."""

    model_config = STRICT

    choice: Literal["starting", "own"]
    text: PolicyText | None = None


class FieldOut(BaseModel):
    """A field of the record of this kind of asset."""

    name: str
    required: bool


class OwnerOut(BaseModel):
    """Whose the asset is."""

    id: str
    name: str
    country: str


class ReviewOut(BaseModel):
    """What a second person says of exactly what stands in a draft, which `seen` names (64 hex digits).

    `state` is asked, agreed or declined; `by` and `note` are empty while nobody has decided.
    """

    state: str
    seen: str
    at: datetime
    by: str
    note: str


class DraftOut(BaseModel):
    """A draft with what was entered, right or wrong. `missing` is all that keeps it from the chain.

    `needs_review` says whether a second person has to agree first, `review` where that stands. `order` is
    the work order's id once that was asked for; nothing is changed after that.
    """

    id: str
    kind: AssetKind
    issuer: OwnerOut
    fields: list[FieldOut]
    record: dict[str, str] | None
    documents: list[dict[str, str]]
    terms: dict[str, str] | None
    policy: dict[str, str] | None
    missing: list[WrongPlace]
    ready: bool
    needs_review: bool
    review: ReviewOut | None
    order: str | None
    created_at: datetime
    changed_at: datetime


class Drafts(BaseModel):
    """One's own drafts, the last changed first."""

    items: list[DraftOut]
    next: str | None


class DraftReviewOut(BaseModel):
    """A draft as its reviewer sees it: who asked, by sign-in name; whether he may decide, if not why."""

    draft: DraftOut
    review: ReviewOut | None
    author: str
    may_decide: bool
    why_not: str


class DraftReviews(BaseModel):
    """The drafts of others that wait."""

    items: list[DraftReviewOut]
    next: None


class DraftDecision(BaseModel):
    """What is decided of the draft whose review named `seen`; a refusal takes a note."""

    model_config = STRICT

    agree: bool
    seen: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    note: Note = ""


class DeploymentOut(BaseModel):
    """Work that puts a draft on chain: waiting, done or failed.

    `done` of `total` steps are done, `doing` says which one is next, or why it failed; `token` is the
    instrument that was made.
    """

    id: str
    state: str
    done: int
    total: int
    doing: str
    steps: list[str]
    token: str | None
    asked_at: datetime
    changed_at: datetime
