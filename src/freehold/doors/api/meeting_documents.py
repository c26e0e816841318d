"""Meetings as the API words them: what is asked, what is answered."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints

from freehold.desks.servicing import sealed
from freehold.doors.api.action_documents import HolderId, IssuerOf
from freehold.wire.approvals import Text
from freehold.wire.documents import whole

Word = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[^\x00]*$")]
Signature = Annotated[str, StringConstraints(pattern=r"^0x[0-9a-f]{130}$")]
STRICT: Any = {"extra": "forbid"}


class ResolutionOut(BaseModel):
    """One item of the agenda; thresholds are exact fractions."""

    id: str
    title: str
    method: str
    quorum: str
    majority: str
    basis: str
    separate: list[str]
    candidates: list[str]
    seats: int
    votes_per_unit: dict[str, str]


class MeetingOut(BaseModel):
    """A meeting as it was called; votes of a secret one are sealed until the close."""

    number: int
    name: str
    issuer: str
    stage: str
    notice: str
    record: datetime
    opens: datetime
    closes: datetime
    revealed_until: datetime | None
    secret: bool
    changeable: bool
    classes: list[str]
    agenda: list[ResolutionOut]
    votes: int
    sealed: int
    place: str
    replaced_by: int | None
    ballot: str = Field(description="The contract that keeps the votes: anybody counts there again")


class Meetings(BaseModel):
    """A page of meetings, the newest first."""

    items: list[MeetingOut]
    next: str | None


class NoticeOut(BaseModel):
    """The notice as it was sent out; its SHA-256 is on chain."""

    notice: str
    sha256: str


class CountOut(BaseModel):
    """Votes by choice, of all present, of all entitled; exact fractions."""

    votes: dict[str, str]
    present: str
    entitled: str


class TallyOut(BaseModel):
    """The result of a resolution as it stands."""

    resolution: str
    count: CountOut
    by_class: dict[str, CountOut]
    quorum_met: bool
    carried: bool
    elected: list[str]
    tied: list[str]


class TallyOfMeeting(BaseModel):
    """How the votes stand, counted from the chain's events; `compared` figures of the contract agree."""

    meeting: int
    final: bool
    compared: int
    resolutions: list[TallyOut]


class SeatOut(BaseModel):
    """A holder for whom the caller may vote; `units` are base units by class."""

    holder: str
    units: dict[str, str]
    said: list[str]
    sealed: bool
    by_agents_key: bool
    proxy: str
    pending: str
    voter: str = Field(description="The proxy in whose place the caller votes; empty: the holder")


class Seats(BaseModel):
    """A page of the holders for whom the caller may vote."""

    items: list[SeatOut]
    next: str | None


class MarkIn(BaseModel):
    """A choice, or candidates from the first preference on, for some base units; all that remain else."""

    model_config = STRICT

    ranking: Annotated[list[Word], Field(min_length=1, max_length=16)]
    units: Annotated[int, Field(ge=0, lt=2**127, strict=True), BeforeValidator(whole)] | None = None


class SaidIn(BaseModel):
    """What is said on a resolution, for one class or for all; several marks divide the units."""

    model_config = STRICT

    resolution: Word
    for_class: Word | None = None
    marks: Annotated[list[MarkIn], Field(min_length=1, max_length=64)]


class VoteIn(BaseModel):
    """A vote on the whole agenda. `signature` is over the ballot, signed in the second `at`.

    `sealed` are the choices of the ballot that was signed, where the vote is secret.
    """

    model_config = STRICT

    holder: HolderId
    said: Annotated[list[SaidIn], Field(min_length=1, max_length=256)]
    proxy: Word | None = None
    signature: Signature | None = None
    at: Annotated[int, Field(ge=0, lt=2**40, strict=True), BeforeValidator(whole)] = 0
    sealed: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,77}$")] | None = None


class VoteOut(BaseModel):
    """What became of a vote: waiting, counted, sealed or refused with a reason."""

    meeting: int
    holder: str
    given: str
    reason: str
    said: list[str]


class ProxyIn(BaseModel):
    """Who votes in a holder's place; nobody takes the appointment back."""

    model_config = STRICT

    holder: HolderId
    proxy: Word | None = None
    giver: HolderId | None = None
    may_substitute: Annotated[bool, Field(strict=True)] = False
    signature: Signature | None = None
    at: Annotated[int, Field(ge=0, lt=2**40, strict=True), BeforeValidator(whole)] = 0


class NoticeIn(BaseModel):
    """The notice as TOML (docs/reference/votes.md)."""

    model_config = STRICT

    notice: Annotated[Text, StringConstraints(min_length=1)]
    issuer: IssuerOf | None = None


class TypedOut(BaseModel):
    """The typed data (EIP-712) that a wallet signs; numbers above 2^53 are decimal text."""

    at: int
    typed: dict[str, Any]


class RevealIn(BaseModel):
    """A sealed vote, from what the holder kept of it; without a receipt from what the book keeps."""

    model_config = STRICT

    receipt: Annotated[str, StringConstraints(max_length=sealed.LONGEST_RECEIPT)] = ""


class ReceiptOut(BaseModel):
    """What a holder keeps of his sealed vote, as JSON text: it tells how he voted."""

    receipt: str


class Minutes(BaseModel):
    """The minutes whose SHA-256 is on chain."""

    minutes: str
    sha256: str
