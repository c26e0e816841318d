"""Query parameters that a route does not know are refused: a filter with a slip of the pen in its name must
not be answered as if there were none."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

from fastapi import Query
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.requests import Request

from freehold.core.clock import parse
from freehold.core.errors import Invalid, Mistake

_TYPED = r"^[0-9]{4}-[0-9TZ:+.-]{5,29}$"
Instant = Annotated[
    str | None,
    Query(pattern=_TYPED, description="ISO 8601 with a zone; a bare date is midnight UTC"),
]
Since = Annotated[
    str | None, Query(pattern=_TYPED, description="From this instant (ISO 8601) or day on")
]
Until = Annotated[
    str | None, Query(pattern=_TYPED, description="Before this instant (ISO 8601) or day")
]
SHOWN = 64
"""Letters of a name that are told back."""


def instant(text: str | None, field: str) -> datetime | None:
    """The instant of a query parameter; None where it was left out. Raises Invalid."""
    return parse(text, field) if text else None


async def require_known(request: Request) -> None:
    """Raises Invalid with every query parameter that the route does not have."""
    if not request.url.query:
        return
    known = known_of(request.scope["route"])
    unknown = sorted(set(request.query_params) - set(known))
    if not unknown:
        return
    there = f"it has {', '.join(known)}" if known else "it has none"
    mistakes = [
        Mistake(f"query.{name[:SHOWN]}", f"is no parameter of this route; {there}")
        for name in unknown
    ]
    named = ", ".join(name[:SHOWN] for name in unknown)
    raise Invalid(f"this route has no query parameter {named}: {there}", mistakes, field=unknown[0])


def known_of(route: Any) -> tuple[str, ...]:
    """The names of the query parameters of a route, in their order; none for what is no route of ours."""
    if not isinstance(route, APIRoute):
        return ()
    return tuple(dict.fromkeys(_named(route.dependant)))


def _named(dependant: Dependant) -> Iterator[str]:
    yield from (one.alias for one in dependant.query_params)
    for part in dependant.dependencies:
        yield from _named(part)
