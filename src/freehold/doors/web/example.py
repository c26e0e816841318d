"""The liberties of an example world: to come in as anybody, and to set its clock ahead."""

from starlette.responses import Response

from freehold.core.errors import Invalid
from freehold.desks.platform import examples
from freehold.doors.web.visits import Form, Visit, go, keep_cookie, see, within


def enter(visit: Visit, form: Form) -> Response:
    """Come in as one of the example's people."""
    name = form.get("name", "")[:128]
    token = examples.enter(visit.office, visit.settings, name, visit.client)
    response = go(within(form.get("next", "/")))
    keep_cookie(response, visit.settings, token)
    return response


def advance(visit: Visit, form: Form) -> Response:
    """Set the clock ahead, and back to the page from which that was asked."""
    days = form.get("days", "")
    number = int(days) if days.isascii() and days.isdigit() and len(days) < 6 else 0
    try:
        examples.advance(visit.office, visit.who, number)
    except Invalid as fault:
        return see(visit, "problem.html", 422, kind=400, message=fault.message)
    return go(within(form.get("back", "/")))
