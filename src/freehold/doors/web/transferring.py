"""The page of a transfer: asked first, refused with everything that helps, or given to the worker."""

import secrets
from dataclasses import replace

from starlette.responses import Response

from freehold.core.errors import Conflict, Invalid, NotFound, PlatformError
from freehold.core.roles import Power
from freehold.core.units import parse_units
from freehold.desks import permits
from freehold.desks.securities import instruments, transfers
from freehold.desks.securities.transfers import TransferRequest
from freehold.doors.web import instructing, refusing
from freehold.doors.web.refusing import Card
from freehold.doors.web.visits import Form, Visit, go, see


def form(visit: Visit) -> Response:
    """The form, filled in from the query."""
    permits.require_any(visit.who, (Power.ASK_TRANSFER, None), (Power.REQUEST_TRANSFER, None))
    if instructing.is_own(visit):
        return instructing.form(visit)
    values = {name: visit.query(name) for name in ("instrument", "sender", "receiver", "units")}
    return _form(visit, values | {"key": secrets.token_hex(16)})


def transfer(visit: Visit, given: Form) -> Response:
    """Ask the rules, or post what they allow; a refusal stays on the form with its card."""
    asks = given.get("intent") == "ask"
    power = Power.ASK_TRANSFER if asks else Power.REQUEST_TRANSFER
    permits.require(visit.who, power)
    if instructing.is_own(visit):
        return instructing.transfer(visit, given)
    try:
        asked, decimals = _request(visit, given)
        act = transfers.ask_as if asks else transfers.request_as
        outcome = act(visit.office, visit.who, asked)
    except (Invalid, NotFound, Conflict) as fault:
        return _form(visit, given, fault)
    if outcome.held:
        return go(f"/approvals/{outcome.held}")
    if outcome.instruction:
        return go(f"/activity/{outcome.instruction.id}")
    given = {**given, "key": secrets.token_hex(16)}  # answered: another press is another question
    if outcome.allowed:
        return _form(visit, given, passes=True, waits=outcome.waits)
    return _form(visit, given, card=refusing.of_outcome(visit, asked, outcome, decimals))


def _request(visit: Visit, given: Form) -> tuple[TransferRequest, int]:
    texts = {name: given.get(name, "").strip() for name in ("instrument", "sender", "receiver")}
    for name, text in texts.items():
        if not text:
            raise Invalid(f"enter {WORDS[name]}", field=name)
    decimals = transfers.decimals_of(visit.office, visit.who, texts["instrument"])
    plain = given.get("units", "").replace(",", "").replace(" ", "")
    units = parse_units(plain, decimals)
    asked = TransferRequest(
        texts["instrument"], texts["sender"], texts["receiver"], units, given.get("key", "")[:128]
    )
    listed = instruments.instruments(visit.office, visit.who) if _reads(visit) else []
    issuer = next((one.issuer for one in listed if one.token == asked.instrument), None)
    return replace(asked, issuer=issuer), decimals


WORDS = {
    "instrument": "the security",
    "sender": "who gives the units",
    "receiver": "who gets the units",
}


def _reads(visit: Visit) -> bool:
    who = visit.who
    return permits.allows(who, Power.READ_REGISTER) or permits.allows(who, Power.READ_OWN)


def _form(
    visit: Visit,
    values: Form,
    fault: PlatformError | None = None,
    card: Card | None = None,
    passes: bool = False,
    waits: str = "",
) -> Response:
    listed = instruments.instruments(visit.office, visit.who) if _reads(visit) else []
    named = str(fault.facts.get("field", "")) if fault else ""
    content = {
        "values": values,
        "listed": listed,
        "problem": (fault.message[:1].upper() + fault.message[1:]) if fault else "",
        "named": named,
        "card": card,
        "passes": passes,
        "waits": waits,
        "asks": permits.allows(visit.who, Power.ASK_TRANSFER),
        "posts": permits.allows(visit.who, Power.REQUEST_TRANSFER),
    }
    return see(visit, "transfer.html", 422 if fault else 200, **content)
