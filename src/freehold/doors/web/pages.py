"""The routes of the web pages, and what an error looks like there."""

from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from freehold.core.errors import NotFound, PlatformError
from freehold.doors.api import problems
from freehold.doors.api.problems import KINDS
from freehold.doors.web import (
    admitting,
    approving,
    assets,
    cashbook,
    desk,
    entering,
    filing,
    reading,
    transferring,
    visits,
)
from freehold.doors.web.visits import Act, Page, act, page, public, public_act, upload


def routes() -> list[BaseRoute]:
    """Every page and everything that a form is sent to."""
    return [
        Route("/static/{name}", assets.serve, methods=["GET"]),
        _open("/sign-in", entering.sign_in, entering.begin),
        _open("/sign-in/code", None, entering.finish),
        _open("/welcome/{link}", entering.welcome, entering.enrol),
        Route("/sign-out", act(entering.sign_out), methods=["POST"]),
        Route("/", page(reading.home), methods=["GET"]),
        Route("/securities", page(reading.securities), methods=["GET"]),
        Route("/securities/{token}", page(reading.register), methods=["GET"]),
        *_papers(),
        *_desk(),
        Route("/activity", page(reading.activity), methods=["GET"]),
        Route("/activity/{id}", page(reading.instruction), methods=["GET"]),
        Route("/approvals", page(approving.queue), methods=["GET"]),
        Route("/approvals/{id}", page(approving.proposal), methods=["GET"]),
        Route("/approvals/{id}/decide", act(approving.decide), methods=["POST"]),
        Route("/approvals/{id}/withdraw", act(approving.withdraw), methods=["POST"]),
        Route("/approvals/{id}/again", act(approving.again), methods=["POST"]),
        Route("/approvals/{id}/break-glass", act(approving.break_glass), methods=["POST"]),
        _signed_in("/acts/{kind}", approving.form, approving.propose),
        _signed_in("/admissions", admitting.form, admitting.admit),
        _signed_in("/suspensions", admitting.suspending, admitting.suspend),
        _signed_in("/transfers", transferring.form, transferring.transfer),
        Route("/explorer", page(reading.explorer), methods=["GET"]),
        Route("/explorer/{hash}", page(reading.transaction), methods=["GET"]),
        Route("/find", page(reading.find), methods=["GET"]),
        Route("/audit", page(reading.audit), methods=["GET"]),
        Route("/audit/verify", act(reading.verify_audit), methods=["POST"]),
        Route("/verify", act(reading.verify_registers), methods=["POST"]),
        *cashbook.routes(),
        Route("/problems/{kind}", public(_kind), methods=["GET"]),
    ]


def _papers() -> list[Route]:
    """Documents, statements, registers as files."""
    return [
        Route("/documents", page(filing.listed), methods=["GET"]),
        Route("/documents", upload(filing.keep), methods=["POST"]),
        Route("/documents/{id}", page(filing.document), methods=["GET"]),
        Route("/documents/{id}/{version}", page(filing.download), methods=["GET"]),
        Route("/documents/{id}/{version}", act(filing.acknowledge), methods=["POST"]),
        Route("/statement", page(filing.statement), methods=["GET"]),
        Route("/statement.pdf", page(filing.statement_pdf), methods=["GET"]),
        Route("/statement.csv", page(filing.statement_csv), methods=["GET"]),
        Route("/securities/{token}/register.pdf", page(filing.register_pdf), methods=["GET"]),
        Route("/securities/{token}/register.csv", page(filing.register_csv), methods=["GET"]),
    ]


def _desk() -> list[Route]:
    """The transfer agent's desk."""
    place = "/files/{issuer}/{holder}"
    return [
        Route("/desk", page(desk.overview), methods=["GET"]),
        Route("/desk/control", act(desk.control), methods=["POST"]),
        Route("/desk/reports/{number}", page(desk.kept_report), methods=["GET"]),
        Route(place, page(desk.file), methods=["GET"]),
        Route(f"{place}/registration", act(desk.register), methods=["POST"]),
        Route(f"{place}/address", act(desk.address), methods=["POST"]),
        Route(f"{place}/paper", act(desk.paper), methods=["POST"]),
        Route(f"{place}/restraint", act(desk.restrain), methods=["POST"]),
        Route(f"{place}/release", act(desk.release), methods=["POST"]),
        Route(f"{place}/notice", act(desk.notice), methods=["POST"]),
    ]


def _open(path: str, shown: Page | None, taken: Act) -> Route:
    """A path for anybody: read, and sent a form to."""
    reads = public(shown) if shown else None
    takes = public_act(taken)

    async def endpoint(request: Request) -> Response:
        if request.method == "POST":
            answer: Response = await takes(request)
        else:
            assert reads is not None, "this path takes forms alone"
            answer = await reads(request)
        return answer

    return Route(path, endpoint, methods=["GET", "POST"] if shown else ["POST"])


def _signed_in(path: str, shown: Page, taken: Act) -> Route:
    """A path for whoever is signed in: read, and sent a form to."""
    reads, takes = page(shown), act(taken)

    async def endpoint(request: Request) -> Response:
        answer: Response = await (takes if request.method == "POST" else reads)(request)
        return answer

    return Route(path, endpoint, methods=["GET", "POST"])


def _kind(visit: visits.Visit) -> Response:
    """What a kind of problem document means."""
    wanted = visit.path("kind")
    for status, (kind, title) in KINDS.items():
        if kind == wanted:
            return visits.see(visit, "problem.html", 200, kind=status, message=f"{title}.")
    raise NotFound("there is no such kind of problem")


def _no_page(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, HTTPException), "registered for this kind"
    if fault.status_code == 405:
        return PlainTextResponse("This page does not take that.", 405, fault.headers)
    if request.url.path.startswith("/api/"):  # a path that no route of the API can have
        return problems.answer(404, "There is no such route.")
    return visits.problem(request, NotFound("there is no such page"))


def _fault(request: Request, fault: Exception) -> Response:
    return PlainTextResponse("Something went wrong on our side; it was written down.", 500)


EXCEPTIONS: Mapping[Any, Any] = {
    PlatformError: visits.problem,
    HTTPException: _no_page,
    Exception: _fault,
}
