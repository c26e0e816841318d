"""Errors and refusals as problem documents (RFC 9457): the one table from kind to HTTP status.

`type` names the kind under /problems/, `code` is the reason's number where the rules refused, and
`mistakes` lists everything that is wrong with an input, each with its place. Nothing of what went
wrong inside is told to the outside.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from freehold.core.errors import (
    Broken,
    Conflict,
    Invalid,
    Mistake,
    NotFound,
    NotPermitted,
    PlatformError,
    Unavailable,
)

MEDIA_TYPE = "application/problem+json"
STATUS: Mapping[type[PlatformError], int] = {
    Invalid: 400,
    NotPermitted: 403,
    NotFound: 404,
    Conflict: 409,
    Unavailable: 503,
    Broken: 500,
    PlatformError: 500,
}
KINDS: Mapping[int, tuple[str, str]] = {
    400: ("invalid", "The request cannot be read"),
    401: ("not-signed-in", "A valid API key is needed"),
    403: ("not-permitted", "The power for this is missing"),
    404: ("not-found", "There is no such thing"),
    405: ("method-not-allowed", "This cannot be asked of it"),
    409: ("conflict", "It contradicts what there is"),
    413: ("too-large", "The request is too large"),
    415: ("media-type", "The content is of another kind than this reads"),
    422: ("refused", "The rules refuse it"),
    429: ("too-many", "Too many requests"),
    500: ("fault", "A mistake on our side"),
    503: ("unavailable", "It cannot be answered now; trying again is safe"),
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


def answer(
    status: int,
    detail: str,
    mistakes: Sequence[Mistake] = (),
    code: int | None = None,
    passes_on: date | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem document as a response."""
    kind, title = KINDS[status]
    listed = [WrongPlace(place=one.place, message=one.message) for one in mistakes]
    document = Problem(
        type=f"/problems/{kind}",
        title=title,
        status=status,
        detail=detail,
        code=code,
        passes_on=passes_on,
        mistakes=listed,
    )
    content = document.model_dump(mode="json")
    return JSONResponse(content, status, dict(headers or {}), media_type=MEDIA_TYPE)


def status_of(fault: PlatformError) -> int:
    """The status of an error, by the nearest kind in the table."""
    return next(STATUS[kind] for kind in type(fault).__mro__ if kind in STATUS)


def of_error(fault: PlatformError) -> Response:
    """The problem document of an error. What is broken inside is not told."""
    status = status_of(fault)
    if status == 500:
        return answer(500, "Something does not agree here; whoever runs this has to look.")
    mistakes = fault.mistakes if isinstance(fault, Invalid) else ()
    headers = {"Retry-After": "2"} if status == 503 else None
    return answer(status, fault.message, mistakes, headers=headers)


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What a route says in OpenAPI about the problems it can answer with."""
    return {
        status: {
            "description": KINDS[status][1],
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in sorted({401, 403, 429, 500, 503, *statuses})
    }
