"""The page on which a meeting's notice is changed: a file, and what it changes before it is proposed."""

import secrets
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.core.roles import Power
from freehold.desks import permits
from freehold.desks.approvals import approvals
from freehold.desks.approvals.approvals import ProposeRequest
from freehold.desks.servicing import events
from freehold.doors.web.assemblies import number_of
from freehold.doors.web.visits import Form, Visit, act, go, page, see


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
    try:
        if form.get("confirm") != "yes":
            found = approvals.dry_run(visit.office, visit.who, asked)
            return _amending(visit, number, text, tried=found, problem=found.reason)
        made = approvals.propose(visit.office, visit.who, asked)
    except (Invalid, NotFound, Conflict) as fault:
        told = [str(each) for each in getattr(fault, "mistakes", ())]
        return _amending(visit, number, text, problem=fault.message, mistakes=told)
    if made.proposal is None:
        return _amending(visit, number, text, problem=made.tried.reason)
    return go(f"/approvals/{made.proposal.id}")


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
