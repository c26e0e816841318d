"""On which a holder takes his units from the agent's key under his own, and the agent consents."""

import json

from starlette.responses import Response
from starlette.routing import Route

from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.core.roles import Power
from freehold.desks import permits
from freehold.desks.agent import custody
from freehold.desks.approvals import self_custody
from freehold.desks.onboarding import applying
from freehold.doors.web import desk
from freehold.doors.web.visits import Form, Visit, act, go, page, prove_first, see, tell

PLACE = "/account/custody"


def routes() -> list[Route]:
    """The investor's page, and the agent's acts on a holder's file."""
    file = "/files/{issuer}/{holder}"
    return [
        Route(PLACE, page(shown), methods=["GET"]),
        Route(f"{PLACE}/begin", act(begin), methods=["POST"]),
        Route(PLACE, act(prove), methods=["POST"]),
        Route(f"{file}/consent", act(consent), methods=["POST"]),
        Route(f"{file}/invitation", act(invite), methods=["POST"]),
    ]


def shown(visit: Visit) -> Response:
    """Under whose key each account of the visitor's stands, and how it comes under his own."""
    return _shown(visit)


def begin(visit: Visit, form: Form) -> Response:
    """The text that the new wallet has to sign, for the account that the form names."""
    permits.require(visit.who, Power.READ_OWN)
    issuer, _, holder = form.get("of", "").partition("/")
    asked = custody.ask(visit.office, visit.who, issuer, holder, form.get("address", ""))
    return tell(json.dumps({"message": asked.text}))


def prove(visit: Visit, form: Form) -> Response:
    """The new wallet's signature; the agent is to look at it next."""
    permits.require(visit.who, Power.READ_OWN)
    message = form.get("message", "").replace("\r", "")
    try:
        custody.prove_text(visit.office, visit.who, message, form.get("signature", ""))
    except (Invalid, Conflict, NotFound) as fault:
        return _shown(visit, fault.message)
    return go(PLACE)


def consent(visit: Visit, form: Form) -> Response:
    """The agent saw who the holder is: the way that waits is proposed, on a paper."""
    back = f"/files/{visit.path('issuer')}/{visit.path('holder')}"
    permits.require(visit.who, Power.KEEP_FILES)
    if first := prove_first(visit, back):
        return first

    def done(issuer: str, holder: str) -> None:
        exit = custody.proved(visit.office, visit.who, form.get("exit", "")[:64])
        if (exit.issuer, exit.holder) != (issuer, holder):
            raise NotFound(f"{holder} has not proved this wallet")
        self_custody.consent(visit.office, visit.who, exit.id, form.get("document", ""))

    return desk.acted(visit, done, "wallets", form)


def invite(visit: Visit, form: Form) -> Response:
    """An identity for a holder who stands in the register already; its one-time link is shown this once."""
    issuer, holder = visit.path("issuer"), visit.path("holder")
    permits.require(visit.who, Power.ADMIT, issuer)
    if first := prove_first(visit, f"/files/{issuer}/{holder}"):
        return first
    try:
        name = form.get("name", "")[:128]
        _, link = applying.invite_holder(visit.office, visit.who, name, issuer, holder)
    except (Invalid, Conflict) as fault:
        return desk.file_with(visit, "wallets", fault, form)
    return desk.file_with(visit, link=f"{visit.settings.public_url}/welcome/{link}")


def _shown(visit: Visit, problem: str = "") -> Response:
    office, who = visit.office, visit.who
    values = {
        "found": custody.mine(office, who),
        "fresh": permits.is_fresh(who, office.clock.now()),
        "now": office.clock.now(),
        "problem": problem[:1].upper() + problem[1:],
    }
    return see(visit, "custody.html", 422 if problem else 200, **values)
