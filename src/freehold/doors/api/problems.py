"""Errors and refusals as problem documents (RFC 9457): the one table from kind to HTTP status.

What cannot be read as the OpenAPI document says is answered with 400, what can be read and yet cannot be
done with 422: `refused` where rules decided, `mistaken` where the input contradicts itself or us.

`type` names the kind under /problems/, `code` is the reason's number where the rules refused, and
`mistakes` lists everything that is wrong with an input, each with its place. Nothing of what went
wrong inside is told to the outside.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from starlette.responses import JSONResponse, Response

from freehold.core.errors import (
    Broken,
    Conflict,
    Invalid,
    Mistake,
    NoRoom,
    NotFound,
    NotPermitted,
    PlatformError,
    Unavailable,
)
from freehold.wire.problems import KINDS, MEDIA_TYPE, PLACE, Problem, WrongPlace

MISTAKEN = "mistaken"

STATUS: Mapping[type[PlatformError], int] = {
    Invalid: 422,
    NotPermitted: 403,
    NotFound: 404,
    Conflict: 409,
    NoRoom: 507,
    Unavailable: 503,
    Broken: 500,
    PlatformError: 500,
}
FULL = (
    "The disk with the records is full, so nothing of this was written. Whoever runs this has to make"
    " room; then ask again, with the same key where you gave one."
)
AWAY = (
    "The records cannot be reached now, so nothing of this was answered or written. It is tried again by"
    " itself; ask again, with the same key where you gave one."
)
BY_STATUS = {kind.status: name for name, kind in reversed(list(KINDS.items()))}
"""The usual kind of each status."""


def answer(
    status: int,
    detail: str,
    mistakes: Sequence[Mistake] = (),
    code: int | None = None,
    passes_on: date | None = None,
    headers: Mapping[str, str] | None = None,
    kind: str | None = None,
) -> Response:
    """A problem document as a response; without `kind` of the usual kind of the status."""
    kind = kind or BY_STATUS[status]
    listed = [WrongPlace(place=one.place, message=one.message) for one in mistakes]
    document = Problem(
        type=PLACE + kind,
        title=KINDS[kind].title,
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
    if status == 507:
        return answer(507, FULL, headers={"Retry-After": "60"})
    mistakes = fault.mistakes if isinstance(fault, Invalid) else ()
    headers = {"Retry-After": "2"} if status == 503 else None
    kind = MISTAKEN if isinstance(fault, Invalid) else None
    return answer(status, told(fault), mistakes, headers=headers, kind=kind)


def told(fault: PlatformError) -> str:
    """The sentence of an error; where a database is kept, and who it lets in, is told to nobody outside."""
    return AWAY if "database" in fault.facts else fault.message


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What a route says in OpenAPI about the problems it can answer with. Any of them refuses query
    parameters that it does not have with 422."""
    return {
        status: {
            "description": KINDS[BY_STATUS[status]].title,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in sorted({401, 403, 422, 429, 500, 503, 507, *statuses})
    }
