"""Coming in and going out: sign-in in two steps, the one-time link, sign-out."""

import segno
from markupsafe import Markup
from starlette.responses import Response

from freehold.core.errors import Invalid, NotFound
from freehold.desks.access import sessions, signin
from freehold.desks.access.proofs import Step
from freehold.desks.platform import examples
from freehold.doors.web.visits import Form, Visit, go, keep_cookie, see, within


def sign_in(visit: Visit) -> Response:
    """The form for name and password."""
    if visit.actor is not None:
        return go(within(visit.query("next", "/")))
    following = within(visit.query("next", "/"))
    return _door(visit, 200, next=following, problem=None, name="")


def begin(visit: Visit, form: Form) -> Response:
    """Name and password; the form for the code if they are right."""
    name, following = form.get("name", "")[:128], within(form.get("next", "/"))
    step = signin.begin(visit.office, name, form.get("password", ""), visit.client)
    if step.token is None:
        values = {"next": following, "problem": step.problem, "name": name}
        return _door(visit, 422, **values)
    return see(visit, "code.html", next=following, ticket=step.token, problem=None)


def finish(visit: Visit, form: Form) -> Response:
    """The code; a session if it is right."""
    following, ticket = within(form.get("next", "/")), form.get("ticket", "")
    step = signin.finish(visit.office, ticket, form.get("code", ""), visit.client)
    if step.token is not None:
        return welcome_in(visit, step.token, following)
    if step.problem == signin.SLOW:
        values = {"next": following, "problem": step.problem, "name": ""}
        return _door(visit, 422, **values)
    return see(visit, "code.html", 422, next=following, ticket=ticket, problem=step.problem)


def welcome(visit: Visit) -> Response:
    """What the holder of a one-time link sets up."""
    return enrolment(visit, 200, None)


def enrol(visit: Visit, form: Form) -> Response:
    """Set the password and the code generator, and come in."""
    password, code = form.get("password", ""), form.get("code", "")
    try:
        token = signin.enrol(visit.office, visit.path("link"), password, code, visit.client)
    except Invalid as fault:
        return enrolment(visit, 422, fault)
    return welcome_in(visit, token, "/")


def sign_out(visit: Visit, form: Form) -> Response:
    """End the session."""
    sessions.sign_out(visit.office, visit.cookie)
    response = go("/sign-in")
    response.delete_cookie("freehold", path="/")
    return response


def come_in(visit: Visit, step: Step, following: str) -> Response:
    """On to a page with a session, or the form to sign in with the sentence why not."""
    if step.token is not None:
        return welcome_in(visit, step.token, following)
    values = {"next": following, "problem": step.problem, "name": ""}
    return _door(visit, 422, **values)


def _door(visit: Visit, status: int, **values: object) -> Response:
    """The sign-in page; in an example world with its people on it."""
    guests = examples.guests(visit.office)
    return see(visit, "sign_in.html", status, guests=guests, **values)


def welcome_in(visit: Visit, token: str, following: str) -> Response:
    """On to a page, with a session."""
    response = go(following)
    keep_cookie(response, visit.settings, token)
    return response


def enrolment(visit: Visit, status: int, fault: Invalid | None, said: str = "") -> Response:
    """The page of a one-time link; `said` is what went wrong with a passkey."""
    link = visit.path("link")
    try:
        waiting = signin.enrolment(visit.office, link)
    except NotFound as gone:
        return see(visit, "problem.html", 404, kind=404, message=gone.message)
    drawn = segno.make(waiting.uri, error="m").svg_inline(
        scale=4, border=2, svgclass="qr", lineclass="qr-line", omitsize=True
    )
    mistakes = {one.place: one.message for one in fault.mistakes} if fault else {}
    values = {"link": link, "invited": waiting, "drawn": Markup(drawn), "mistakes": mistakes}
    values["problem"] = said
    return see(visit, "welcome.html", status, **values)
