"""Problem documents (RFC 9457): the kinds, with their status and title, and the document itself."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

MEDIA_TYPE = "application/problem+json"
PLACE = "/problems/"
"""Before the kind, in the `type` of a problem."""


class Kind(NamedTuple):
    """A kind of problem: the status it comes with, and what it is in words."""

    status: int
    title: str


KINDS: Mapping[str, Kind] = {
    "invalid": Kind(400, "The request cannot be read"),
    "not-signed-in": Kind(401, "A valid API key is needed"),
    "not-permitted": Kind(403, "The power for this is missing"),
    "not-found": Kind(404, "There is no such thing"),
    "method-not-allowed": Kind(405, "This cannot be asked of it"),
    "conflict": Kind(409, "It contradicts what there is"),
    "too-large": Kind(413, "The request is too large"),
    "media-type": Kind(415, "The content is of another kind than this reads"),
    "refused": Kind(422, "The rules refuse it"),
    "mistaken": Kind(422, "It can be read, but what it says cannot be done"),
    "too-many": Kind(429, "Too many requests"),
    "fault": Kind(500, "A mistake on our side"),
    "no-room": Kind(507, "There is no room left to write; reading goes on"),
    "unavailable": Kind(503, "It cannot be answered now; trying again is safe"),
}


class WrongPlace(BaseModel):
    """One mistake of an input and where it stands."""

    place: str
    message: str


class Problem(BaseModel):
    """Why a request was not done (RFC 9457)."""

    model_config = ConfigDict(json_schema_extra={"description": "A problem document, RFC 9457."})

    type: str = Field(description="The kind of problem, as a path of this server")
    title: str = Field(description="The kind in words")
    status: int
    detail: str = Field(description="What is wrong here, and what to do")
    code: int | None = Field(default=None, description="The reason's number where rules refused")
    passes_on: date | None = Field(
        default=None, description="The first day on which it would pass, where time alone helps"
    )
    mistakes: list[WrongPlace] = Field(default_factory=list)
