"""A holder's own page of a transfer: to a wallet, refused with everything that helps, or on its way."""

import json
import re
import secrets
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from freehold.core.errors import Conflict, Invalid, NotFound, PlatformError
from freehold.core.ids import checksummed
from freehold.core.reasons import Reason, message_for
from freehold.core.roles import Power
from freehold.core.units import parse_units
from freehold.desks import permits
from freehold.desks.securities import instructing, transfers
from freehold.desks.securities.instructing import Position
from freehold.desks.securities.transfers import TransferOutcome, TransferRequest
from freehold.doors.web import refusing
from freehold.doors.web.refusing import Card
from freehold.doors.web.visits import Form, Visit, go, see, tell

_WALLET = re.compile(r"0x[0-9a-fA-F]{40}")
FIELDS = ("position", "receiver", "units", "key")
STRANGER = Card(
    int(Reason.RECEIVER_UNKNOWN),
    message_for(Reason.RECEIVER_UNKNOWN),
    way_out="Ask the receiver for the wallet that the register knows, or to apply for admission.",
)


def is_own(visit: Visit) -> bool:
    """Whether the visitor moves his own units alone."""
    who = visit.who
    return permits.allows(who, Power.READ_OWN) and not permits.allows(who, Power.READ_REGISTER)


def form(visit: Visit) -> Response:
    """The form, with the security of the query chosen."""
    permits.require(visit.who, Power.REQUEST_TRANSFER)
    held = instructing.positions(visit.office, visit.who)
    wanted = visit.query("instrument").lower()
    chosen = next((one for one in held if one.token.lower() == wanted), None)
    values = {"position": _named(chosen) if chosen else "", "key": secrets.token_hex(16)}
    return _form(visit, held, values)


def begin(visit: Visit, given: Form) -> Response:
    """What the holder's wallet signs; where the rules refuse, nothing is signed and the page says why."""
    permits.require(visit.who, Power.REQUEST_TRANSFER)
    try:
        asked, _ = _request(instructing.positions(visit.office, visit.who), given)
        _, typed = instructing.to_sign(visit.office, visit.who, asked)
    except (Invalid, NotFound, Conflict):
        typed = None  # the form itself says what is wrong with it
    if typed is None:
        return tell(json.dumps({"typed": None}))
    message = {name: _plain(value) for name, value in typed["message"].items()}
    at = int(typed["message"]["validBefore"])
    return tell(json.dumps({"at": at, "typed": {**typed, "message": message}}))


def transfer(visit: Visit, given: Form) -> Response:
    """Ask the rules, or give the transfer; a refusal stays on the form with its card."""
    permits.require(visit.who, Power.REQUEST_TRANSFER)
    held = instructing.positions(visit.office, visit.who)
    try:
        asked, position = _request(held, given)
        outcome = _done(visit, given, asked, position)
    except NotFound:
        return _form(visit, held, _renewed(given), card=STRANGER)
    except (Invalid, Conflict) as fault:
        return _form(visit, held, given, fault)
    if outcome.instruction:
        return go(f"/activity/{outcome.instruction.id}")
    if outcome.held:
        return _form(visit, held, _emptied(given), waits=outcome.waits or transfers.SECOND_PERSON)
    if outcome.allowed:
        return _form(visit, held, _renewed(given), passes=True)
    card = refusing.of_outcome(visit, asked, outcome, position.decimals)
    return _form(visit, held, _renewed(given), card=card)


def _done(visit: Visit, given: Form, asked: TransferRequest, position: Position) -> TransferOutcome:
    office, who = visit.office, visit.who
    if given.get("intent") == "ask":
        return transfers.ask_as(office, who, asked)
    if position.kept:
        return transfers.request_as(office, who, asked)
    signature, at = given.get("signature", "").lower(), given.get("at", "")
    if signature:
        until = int(at) if at.isascii() and at.isdigit() and len(at) < 12 else 0
        return instructing.send_signed(office, who, asked, signature, until)
    outcome = transfers.ask_as(office, who, asked)
    if outcome.allowed:
        raise Invalid("your wallet has signed nothing: sign in the browser", field="signature")
    return outcome


def _request(held: list[Position], given: Form) -> tuple[TransferRequest, Position]:
    """The transfer of a form. Raises Invalid naming the field."""
    position = next((one for one in held if _named(one) == given.get("position", "")), None)
    if position is None:
        raise Invalid("choose what to transfer", field="position")
    receiver = given.get("receiver", "").strip()
    if not _WALLET.fullmatch(receiver):
        raise Invalid("enter the receiver's wallet, 0x and 40 digits", field="receiver")
    if receiver[2:] not in (receiver[2:].lower(), checksummed(receiver)[2:]):
        raise Invalid(
            "a letter of the wallet was mistyped: its checksum is wrong", field="receiver"
        )
    plain = given.get("units", "").replace(",", "").replace(" ", "")
    units = parse_units(plain, position.decimals)
    key, place = given.get("key", "")[:128], (position.token, position.holder)
    return TransferRequest(*place, checksummed(receiver), units, key, position.issuer), position


def _named(one: Position) -> str:
    return f"{one.token}/{one.holder}"


def _renewed(given: Form) -> Form:
    """The same form under a new key: what was answered is not asked again when the form changes."""
    return {**given, "key": secrets.token_hex(16)}


def _emptied(given: Form) -> Form:
    return {"position": given.get("position", ""), "key": secrets.token_hex(16)}


def _plain(value: Any) -> Any:
    """Numbers as text, because scripts read them as floats."""
    return str(value) if isinstance(value, int) else value


def _form(
    visit: Visit,
    held: list[Position],
    values: Form,
    fault: PlatformError | None = None,
    card: Card | None = None,
    passes: bool = False,
    waits: str = "",
) -> Response:
    shown: Mapping[str, str] = {name: values.get(name, "") for name in FIELDS}
    content = {
        "held": held,
        "values": shown,
        "chosen": next((one for one in held if _named(one) == shown["position"]), None),
        "problem": fault.message if fault else "",
        "named": str(fault.facts.get("field", "")) if fault else "",
        "card": card,
        "passes": passes,
        "waits": waits,
    }
    return see(visit, "own_transfer.html", 422 if fault else 200, **content)
