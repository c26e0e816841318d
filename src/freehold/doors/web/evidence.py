"""The page of evidence about a person: what it shows, what a yardstick finds in it, the decision."""

from collections.abc import Callable

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.core.roles import EVERYWHERE, Power
from freehold.desks import permits
from freehold.desks.onboarding import evidence_reviews
from freehold.doors.api.evidence import said
from freehold.doors.web.visits import Form, Visit, act, go, page, prove_first, see

PLACE = "/reviews/evidence/{number}"
WORDS = {True: "Found", False: "Not found", None: "Not known"}


def routes() -> list[BaseRoute]:
    """The page of evidence, and what its forms are sent to."""
    return [
        Route(PLACE, page(file), methods=["GET"]),
        Route(f"{PLACE}/approve", act(approve), methods=["POST"]),
        Route(f"{PLACE}/reject", act(reject), methods=["POST"]),
        Route(f"{PLACE}/ask", act(ask), methods=["POST"]),
    ]


def file(visit: Visit) -> Response:
    """One review of evidence, judged by what was chosen."""
    return _shown(visit, visit.query("by"))


def approve(visit: Visit, form: Form) -> Response:
    """Make the claims that are found."""
    by, why = form.get("by", ""), form.get("why", "")
    number = _number(visit)
    return _tried(
        visit, by, lambda: evidence_reviews.approve(visit.office, visit.who, number, by, why)
    )


def reject(visit: Visit, form: Form) -> Response:
    """End it without claims."""
    why, number = form.get("why", ""), _number(visit)
    return _tried(visit, "", lambda: evidence_reviews.reject(visit.office, visit.who, number, why))


def ask(visit: Visit, form: Form) -> Response:
    """Ask something about it."""
    question, number = form.get("question", ""), _number(visit)
    return _tried(
        visit, "", lambda: evidence_reviews.ask(visit.office, visit.who, number, question)
    )


def _tried(visit: Visit, by: str, decide: Callable[[], object]) -> Response:
    permits.require(visit.who, Power.REVIEW_INVESTORS, EVERYWHERE)
    place = f"/reviews/evidence/{_number(visit)}"
    if first := prove_first(visit, place):
        return first
    try:
        decide()
    except (Invalid, Conflict) as fault:
        return _shown(visit, by, fault.message[:1].upper() + fault.message[1:])
    return go(place)


def _shown(visit: Visit, by: str, problem: str = "") -> Response:
    one = evidence_reviews.file(visit.office, visit.who, _number(visit), by)
    values = {
        "one": one,
        "review": one.found.review,
        "seen": one.found.evidence,
        "facts": [(name, said(fact)) for name, fact in one.found.evidence.facts.items()],
        "yardsticks": evidence_reviews.yardsticks(visit.office, visit.who),
        "words": WORDS,
        "problem": problem,
    }
    return see(visit, "evidence.html", 422 if problem else 200, **values)


def _number(visit: Visit) -> int:
    text = visit.path("number")
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise NotFound("there is no such review")
    return int(text)
