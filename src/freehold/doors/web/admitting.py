"""The form that admits a holder, and the button that suspends one."""

import secrets

from starlette.responses import Response

from freehold.core.errors import Conflict, Invalid, NotFound, PlatformError
from freehold.core.holder import Holder, HolderKind
from freehold.core.identifiers import parse_address, parse_country
from freehold.core.ids import HolderId
from freehold.core.policy.starter import HolderClass
from freehold.core.roles import Power
from freehold.desks import permits
from freehold.desks.onboarding import admitting
from freehold.desks.onboarding.holders import AdmitRequest
from freehold.doors.web.refusing import Card
from freehold.doors.web.visits import Form, Visit, go, issuer_of, issuers_of, see

CLASSES = [
    (one.name.lower().replace("_", "-"), one.name.replace("_", " ").capitalize())
    for one in HolderClass
]


def form(visit: Visit) -> Response:
    """The form that admits a holder."""
    permits.require(visit.who, Power.ADMIT)
    return _form(visit, {"key": secrets.token_hex(16), "issuer": issuer_of(visit) or ""})


def admit(visit: Visit, given: Form) -> Response:
    """Admit the person; the instruction's page follows."""
    permits.require(visit.who, Power.ADMIT)
    try:
        found = admitting.admit_as(
            visit.office, visit.who, _request(given), given.get("key", "")[:128]
        )
    except (Invalid, NotFound, Conflict) as fault:
        return _form(visit, given, fault)
    if found.instruction is None:
        return _form(visit, given, None, Card(found.code, found.reason))
    return go(f"/activity/{found.instruction.id}")


def suspend(visit: Visit, given: Form) -> Response:
    """Suspend a holder, or reinstate him."""
    permits.require(visit.who, Power.ADMIT)
    suspended = given.get("suspended") == "yes"
    key, issuer = given.get("key", "")[:128], given.get("issuer") or None
    holder = given.get("holder", "").strip()
    try:
        found = admitting.suspend_as(visit.office, visit.who, issuer, holder, suspended, key)
    except (Invalid, NotFound, Conflict) as fault:
        said = fault.message if holder else "enter the holder's id"
        return _suspending(visit, holder, said, issuer)
    if found.instruction is None:
        return _suspending(visit, holder, found.reason, issuer)
    return go(f"/activity/{found.instruction.id}")


def suspending(visit: Visit) -> Response:
    """What suspending a holder means, before it is done."""
    permits.require(visit.who, Power.ADMIT)
    return _suspending(visit, visit.query("holder"), "", issuer_of(visit))


def _suspending(visit: Visit, holder: str, problem: str, issuer: str | None) -> Response:
    values = {"holder": holder, "key": secrets.token_hex(16), "problem": problem}
    values["issuer"] = issuer or ""
    return see(visit, "suspend.html", 422 if problem else 200, **values)


def _request(given: Form) -> AdmitRequest:
    id, name = given.get("id", "").strip(), given.get("name", "").strip()
    if not id or not name:
        missing = "id" if not id else "name"
        raise Invalid(f"enter the holder's {missing}", field=missing)
    country, wallet = given.get("country", "").strip().upper(), given.get("wallet", "").strip()
    kind = HolderKind.ENTITY if given.get("kind") == "entity" else HolderKind.PERSON
    return AdmitRequest(
        Holder(HolderId(id[:64]), name[:200], kind, parse_country(country) if country else ""),
        given.get("issuer") or None,
        parse_address(wallet) if wallet else None,
        admitting.class_named(given.get("holder_class")),
    )


def _form(
    visit: Visit, values: Form, fault: PlatformError | None = None, card: Card | None = None
) -> Response:
    content = {
        "values": values,
        "classes": CLASSES,
        "owners": issuers_of(visit),
        "problem": (fault.message[:1].upper() + fault.message[1:]) if fault else "",
        "named": str(fault.facts.get("field", "")) if fault else "",
        "card": card,
    }
    return see(visit, "admit.html", 422 if fault else 200, **content)
