"""The API as an application: its routes, its problems, and an OpenAPI document that is true."""

from collections.abc import Callable
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

import freehold
from freehold.core.errors import Mistake, NotPermitted, PlatformError, Unavailable
from freehold.desks.office import Office
from freehold.desks.platform import auditing
from freehold.doors.api import (
    actions,
    admission,
    agent,
    approvals,
    cash_keeping,
    cashbook,
    claims,
    custody,
    draft_reviews,
    drafts,
    evidence,
    exits,
    feeds,
    letters,
    live,
    meeting_changes,
    meetings,
    messages,
    ownership,
    papers,
    people,
    policies,
    problems,
    queries,
    records,
    relays,
    reviews,
    routes,
    subscriptions,
    tax,
    tax_record,
    vault,
    windups,
)
from freehold.wire.problems import Problem

DESCRIPTION = """Tokenised securities: registers of holders, transfers by the rules, the audit log.

Every answer that is not the thing itself is a problem document (RFC 9457). A transfer that the rules
refuse is answered with 422, the reason's number and, where time alone helps, the day on which it
would pass. Acts carry an `Idempotency-Key`; lists answer with a cursor; GET answers carry an `ETag`.
A query parameter that a route does not have is refused with 422, which names it and those that
there are: no filter is passed over in silence."""


ROUTERS = (
    subscriptions.router,
    routes.router,
    ownership.router,
    people.router,
    reviews.router,
    evidence.router,
    papers.router,
    approvals.router,
    admission.router,
    agent.router,
    records.router,
    custody.router,
    vault.router,
    cashbook.router,
    cash_keeping.router,
    actions.router,
    feeds.router,
    claims.router,
    exits.router,
    messages.router,
    meetings.router,
    meeting_changes.router,
    live.router,
    letters.router,
    relays.router,
    windups.router,
    tax.router,
    tax_record.router,
    policies.router,
    drafts.router,
    draft_reviews.router,
)


def build(office: Office, stopping: Callable[[], bool] = lambda: False) -> FastAPI:
    """The API over an office; `stopping` says that streams have to end."""
    api = FastAPI(
        title="Freehold",
        version=freehold.__version__,
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        dependencies=[Depends(queries.require_known)],
    )
    api.state.office, api.state.stopping = office, stopping
    for one in ROUTERS:
        api.include_router(one)
    api.add_exception_handler(PlatformError, _of_error)
    api.add_exception_handler(routes.NotSignedIn, _not_signed_in)
    api.add_exception_handler(RequestValidationError, _unreadable)
    api.add_exception_handler(HTTPException, _of_http)
    api.add_exception_handler(Exception, _fault)
    api.openapi = lambda: _document(api)  # type: ignore[method-assign]
    return api


def _of_error(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, PlatformError), "registered for this kind"
    if isinstance(fault, NotPermitted):
        actor = getattr(request.state, "actor", "unknown")
        act = f"{request.method} {route_of(request)}"
        try:
            auditing.denied(request.app.state.office, actor, act, fault.message)
        except Unavailable as unwritten:  # a denial that cannot be recorded is answered with why
            return problems.of_error(unwritten)
    return problems.of_error(fault)


def _not_signed_in(request: Request, fault: Exception) -> Response:
    said = "Send a valid API key: Authorization: Bearer fh_..."
    return problems.answer(401, said, headers={"WWW-Authenticate": "Bearer"})


def _unreadable(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, RequestValidationError), "registered for this kind"
    mistakes = [Mistake(".".join(map(str, one["loc"])), one["msg"]) for one in fault.errors()]
    return problems.answer(400, "The request cannot be read as this route needs it.", mistakes)


def _of_http(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, HTTPException), "registered for this kind"
    status = fault.status_code if fault.status_code in problems.BY_STATUS else 400
    said = {404: "There is no such route.", 405: "This route has no such method."}
    said[413] = str(fault.detail)
    detail = said.get(status, "The request cannot be read.")
    headers = {"Allow": _methods(request)} if status == 405 else fault.headers
    return problems.answer(status, detail, headers=headers)


def _methods(request: Request) -> str:
    """Every method that a path takes, over all routes that have it."""
    found: set[str] = set()
    for route in request.app.routes:
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE:
            found |= route.methods or set()
    return ", ".join(sorted(found))


def _fault(request: Request, fault: Exception) -> Response:
    return problems.answer(500, "Something went wrong on our side; it was written down.")


def route_of(request: Request) -> str:
    """The pattern of the route that was asked, never the path itself."""
    route = request.scope.get("route")
    return str(getattr(route, "path", "unknown"))


def _document(api: FastAPI) -> dict[str, Any]:
    """OpenAPI 3.1 of the routes. FastAPI's own 422 goes: this server answers 400 there."""
    if api.openapi_schema:
        return api.openapi_schema
    document = get_openapi(
        title=api.title,
        version=api.version,
        description=api.description,
        routes=api.routes,
        servers=[{"url": "/api"}],
    )
    schemas = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= schemas["Problem"].pop("$defs", {})
    for path, operations in document["paths"].items():
        for operation in operations.values():
            operation["tags"] = [path.split("/")[2]]
            said = operation["responses"].get("422", {}).get("content", {})
            if "application/json" in said:
                del operation["responses"]["422"]
    api.openapi_schema = document
    return document
