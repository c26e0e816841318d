"""The pages of whoever invites and reviews investors: the queue, one application, one screening hit."""

from collections.abc import Callable

from starlette.responses import Response

from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.core.roles import EVERYWHERE, Power
from freehold.desks import permits
from freehold.desks.access import access
from freehold.desks.office import Office
from freehold.desks.onboarding import applying, evidence_reviews, reviewing, screening
from freehold.desks.permits import Actor
from freehold.doors.web.visits import Form, Visit, go, prove_first, see


def queue(visit: Visit) -> Response:
    """What waits: applications, evidence and screening hits."""
    office, who = visit.office, visit.who
    hits = permits.allows(who, Power.REVIEW_INVESTORS, EVERYWHERE)
    found = reviewing.queue(office, who)
    listed = screening.waiting_for(office, who) if hits else []
    papers = evidence_reviews.queue(office, who) if hits else []
    return see(visit, "reviews.html", found=found, hits=listed, evidence=papers)


def file(visit: Visit) -> Response:
    """One application with everything that decides it."""
    return _file(visit, "", {})


def paper(visit: Visit) -> Response:
    """A paper, to be saved: it is never shown inside our pages."""
    content = reviewing.paper(visit.office, visit.who, visit.path("id"), visit.path("kind"))
    kind = applying.kind_of(content) or "application/octet-stream"
    name = f"{visit.path('kind')}.{kind.rpartition('/')[2]}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, headers=headers, media_type=kind)


def approve(visit: Visit, form: Form) -> Response:
    """Make the accepted claims and open the account."""
    permits.require(visit.who, Power.REVIEW_INVESTORS)
    if first := prove_first(visit, _back(visit)):
        return first
    accepted = {key: form.get(f"expires-{key}", "") for key in form.get("accept", "").split()}
    try:
        why = form.get("why", "")
        reviewing.approve(visit.office, visit.who, visit.path("id"), accepted, why)
    except Invalid as fault:
        return _file(visit, fault.message, {one.place: one.message for one in fault.mistakes})
    except Conflict as fault:
        return _file(visit, fault.message, {})
    return go(_back(visit))


def decline(visit: Visit, form: Form) -> Response:
    """End the application with a reason."""
    return _answered(visit, reviewing.decline, form.get("why", ""), _back(visit))


def ask(visit: Visit, form: Form) -> Response:
    """Give the application back to its applicant with a question."""
    return _answered(visit, reviewing.ask, form.get("question", ""), "/reviews")


def _answered(
    visit: Visit, act: Callable[[Office, Actor, str, str], object], words: str, then: str
) -> Response:
    permits.require(visit.who, Power.REVIEW_INVESTORS)
    if first := prove_first(visit, _back(visit)):
        return first
    try:
        act(visit.office, visit.who, visit.path("id"), words)
    except (Invalid, Conflict) as fault:
        return _file(visit, fault.message, {})
    return go(then)


def decide_hit(visit: Visit, form: Form) -> Response:
    """Say whether a person is the one of the sanctions list."""
    permits.require(visit.who, Power.REVIEW_INVESTORS, EVERYWHERE)
    if first := prove_first(visit, "/reviews"):
        return first
    number = visit.path("number")
    if not (number.isascii() and number.isdigit() and len(number) < 16):
        raise NotFound("there is no such hit")
    confirmed = form.get("decision") == "confirmed"
    office, who, why = visit.office, visit.who, form.get("why", "")
    screening.decide_as(office, who, int(number), confirmed=confirmed, why=why)
    return go("/reviews")


def invitations(visit: Visit) -> Response:
    """The form that invites an investor."""
    return _invite(visit, "", "", "")


def invite(visit: Visit, form: Form) -> Response:
    """An investor's identity with its application; the one-time link is shown this once."""
    permits.require(visit.who, Power.INVITE_INVESTORS)
    if first := prove_first(visit, "/investors/invite"):
        return first
    name, issuer = form.get("name", "")[:128], form.get("issuer", "")
    try:
        link = applying.invite(visit.office, visit.who, name, issuer)
    except (Invalid, Conflict, NotFound) as fault:
        mistakes = fault.mistakes if isinstance(fault, Invalid) else ()
        return _invite(visit, "; ".join(one.message for one in mistakes) or fault.message, name, "")
    return _invite(visit, "", "", f"{visit.settings.public_url}/welcome/{link}")


def _invite(visit: Visit, fault: str, name: str, link: str) -> Response:
    permits.require(visit.who, Power.INVITE_INVESTORS)
    listed = [
        one
        for one in access.issuers_of(visit.office, visit.who)
        if permits.allows(visit.who, Power.INVITE_INVESTORS, one.id)
    ]
    values = {"issuers": listed, "problem": fault, "name": name, "link": link}
    return see(visit, "invite_investor.html", 422 if fault else 200, **values)


def _file(visit: Visit, fault: str, mistakes: dict[str, str]) -> Response:
    one = reviewing.file(visit.office, visit.who, visit.path("id"))
    values = {"one": one, "problem": fault, "mistakes": mistakes, "words": applying.status_words}
    return see(visit, "application.html", 422 if fault else 200, **values)


def _back(visit: Visit) -> str:
    return f"/reviews/applications/{visit.path('id')}"
