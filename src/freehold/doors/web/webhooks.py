"""The pages of webhooks: who is told what where, each delivery with its tries and its body, replay."""

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.core.roles import EVERYWHERE
from freehold.core.webhooks import TRIES
from freehold.desks.access import access
from freehold.desks.platform import changes, webhooks
from freehold.desks.platform.webhooks import Delivered
from freehold.doors.web.visits import Form, Visit, act, go, page, prove_first, see

PLACE = "/developers/webhooks"
SHOWN = 25
WORDS = {
    changes.INSTRUCTION: "The state of an instruction",
    changes.POSITION: "The units of a holder",
    changes.REGISTER: "A register, block by block",
    changes.ACTION: "A corporate action, step by step",
    changes.MEETING: "A meeting, and that a vote was cast",
    changes.WINDUP: "A winding-up, step by step",
    changes.POLICY: "A policy announced, called off, in force",
    changes.APPROVAL: "What two persons agree to",
    changes.CASH: "A new break of the cash book",
    changes.AUDIT: "An entry of the audit log",
}
"""What each kind of change tells, for the check boxes."""


def routes() -> list[BaseRoute]:
    """Every page of webhooks, and what their forms are sent to."""
    one = f"{PLACE}/{{id}}"
    return [
        Route(PLACE, page(listed), methods=["GET"]),
        Route(PLACE, act(add), methods=["POST"]),
        Route(one, page(webhook), methods=["GET"]),
        Route(f"{one}/deliveries/{{number}}", page(delivery), methods=["GET"]),
        Route(f"{one}/pause", act(pause), methods=["POST"]),
        Route(f"{one}/secret", act(rotate), methods=["POST"]),
        Route(f"{one}/replay", act(replay), methods=["POST"]),
        Route(f"{one}/end", act(end), methods=["POST"]),
    ]


def listed(visit: Visit) -> Response:
    """One's own webhooks, and the form for another."""
    return _listed(visit, {}, {})


def add(visit: Visit, form: Form) -> Response:
    """Another webhook; its secret is shown this once."""
    if first := prove_first(visit, PLACE):
        return first
    kinds, issuer = form.get("kinds", "").split(), form.get("issuer", EVERYWHERE)
    try:
        if issuer != EVERYWHERE and issuer not in dict(_issuers(visit)):
            raise Invalid("choose one of the issuers listed", field="issuer")
        url = form.get("url", "").strip()
        made, secret = webhooks.subscribe(visit.office, visit.who, url, kinds, issuer)
    except Invalid as fault:
        said = {one.place: one.message for one in fault.mistakes} or {"issuer": fault.message}
        return _listed(visit, form, said)
    except Conflict as fault:
        return _listed(visit, form, {"url": fault.message})
    return _webhook(visit, made.id, secret)


def webhook(visit: Visit) -> Response:
    """One webhook with its deliveries."""
    return _webhook(visit, visit.path("id"), "")


def delivery(visit: Visit) -> Response:
    """One delivery: what is sent, each try, what came back."""
    office, who, which = visit.office, visit.who, visit.path("id")
    found = webhooks.delivery(office, who, which, _number(visit.path("number")))
    body = json.dumps(json.loads(found.body), indent=2) if found.body else None
    known = webhooks.find(office, who, which)
    values: dict[str, Any] = {"one": found, "hook": known, "body": body, "most": TRIES}
    return see(visit, "webhook_delivery.html", Delivered=Delivered, **values)


def pause(visit: Visit, form: Form) -> Response:
    """Send nothing for now, or go on."""
    which, wanted = visit.path("id"), form.get("paused") == "yes"
    webhooks.pause(visit.office, visit.who, which, paused=wanted)
    return go(f"{PLACE}/{which}")


def rotate(visit: Visit, form: Form) -> Response:
    """A new secret, shown this once."""
    which = visit.path("id")
    if first := prove_first(visit, f"{PLACE}/{which}"):
        return first
    _, secret = webhooks.rotate(visit.office, visit.who, which)
    return _webhook(visit, which, secret)


def replay(visit: Visit, form: Form) -> Response:
    """Deliver changes once more: one, or a range."""
    which = visit.path("id")
    first = form.get("first", "")
    try:
        numbers = _whole(first, "first"), _whole(form.get("last", first), "last")
        count = webhooks.replay(visit.office, visit.who, which, *numbers)
    except Invalid as fault:
        said = {one.place: one.message for one in fault.mistakes} or {"first": fault.message}
        return _webhook(visit, which, "", form, said)
    return go(f"{PLACE}/{which}?replayed={count}")


def end(visit: Visit, form: Form) -> Response:
    """Send nothing more, ever."""
    webhooks.end(visit.office, visit.who, visit.path("id"))
    return go(PLACE)


def _listed(visit: Visit, form: Form, wrong: Mapping[str, str]) -> Response:
    found = webhooks.health(visit.office, visit.who)
    values: dict[str, Any] = {"found": found, "kinds": WORDS, "wrong": wrong, "form": form}
    values |= {"issuers": _issuers(visit), "unseen": changes.unseen(visit.who)}
    return see(visit, "webhooks.html", 422 if wrong else 200, Delivered=Delivered, **values)


def _webhook(
    visit: Visit,
    which: str,
    secret: str,
    form: Form | None = None,
    wrong: Mapping[str, str] | None = None,
) -> Response:
    office, who, before = visit.office, visit.who, visit.query("before")
    known = {one.webhook.id: one for one in webhooks.health(office, who)}
    if which not in known:
        raise NotFound(f"there is no webhook {which}", webhook=which)
    older = _number(before) if before else None
    found = webhooks.log(office, who, which, older, SHOWN)
    values: dict[str, Any] = {
        "one": known[which],
        "found": found,
        "older": found[-1].delivery.number if len(found) == SHOWN else None,
        "newest": older is None,
        "secret": secret,
        "replayed": visit.query("replayed"),
        "now": office.clock.now(),
        "form": form or {},
        "wrong": wrong or {},
    }
    return see(visit, "webhook.html", 422 if wrong else 200, Delivered=Delivered, **values)


def _issuers(visit: Visit) -> list[tuple[str, str]]:
    """Id and name of each issuer whose changes the visitor may choose alone."""
    return [(one.id, one.name) for one in access.issuers_of(visit.office, visit.who)]


def _whole(text: str, field: str) -> int:
    """A number that somebody wrote. Raises Invalid."""
    plain = text.replace(",", "").replace(" ", "")
    if not (plain.isascii() and plain.isdigit() and len(plain) < 16):
        raise Invalid("enter the number of a change, such as 12", field=field)
    return int(plain)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise NotFound("there is no such delivery")
    return int(text)
