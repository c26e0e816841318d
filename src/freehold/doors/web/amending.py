"""The page on which a meeting's notice is changed: a file, and what it changes before it is proposed."""

import secrets
from functools import partial
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from freehold.core.roles import Power
from freehold.desks import permits
from freehold.desks.approvals.approvals import ProposeRequest
from freehold.desks.servicing import events
from freehold.doors.web.assemblies import number_of
from freehold.doors.web.proposing import shown_then_proposed
from freehold.doors.web.visits import Form, Visit, act, page, see


def routes() -> list[BaseRoute]:
    """The form, and what it is sent to."""
    place = "/meetings/{number}/amend"
    return [
        Route(place, page(amending), methods=["GET"]),
        Route(place, act(amend), methods=["POST"]),
    ]


def amending(visit: Visit) -> Response:
    """The notice in force as a text to change."""
    permits.require(visit.who, Power.HOLD_MEETINGS)
    number = number_of(visit)
    one = events.meeting(visit.office, visit.who, number)
    return _amending(visit, number, one.every_version[-1].notice)


def amend(visit: Visit, form: Form) -> Response:
    """Show what another notice would change, then propose it."""
    permits.require(visit.who, Power.HOLD_MEETINGS)
    number, text = number_of(visit), form.get("notice", "").replace("\r\n", "\n")
    owner = events.held_by(visit.office, visit.who, number)
    texts = {"meeting": str(number), "notice": text}
    asked = ProposeRequest("amend-meeting", texts, form.get("key", "")[:128], owner)
    return shown_then_proposed(visit, form, asked, partial(_amending, visit, number, text))


def _amending(visit: Visit, number: int, text: str, **more: Any) -> Response:
    values: dict[str, Any] = {
        "one": events.meeting(visit.office, visit.who, number),
        "text": text,
        "tried": None,
        "problem": "",
        "mistakes": [],
        "key": secrets.token_hex(16),
    }
    values |= more
    return see(visit, "meeting_amend.html", 422 if values["problem"] else 200, **values)
