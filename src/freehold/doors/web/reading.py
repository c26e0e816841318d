"""The pages that show what there is: home, securities, the register, instructions, the audit log."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from freehold.core.audit import Entry, Link
from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.core.roles import EVERYWHERE, Power, Role
from freehold.desks import permits
from freehold.desks.access import directory
from freehold.desks.approvals import approvals
from freehold.desks.office import now_on_chain
from freehold.desks.outbox import instructions
from freehold.desks.platform import auditing, dashboards
from freehold.desks.platform.dashboards import Urgency, Waiting
from freehold.desks.register import explorer as desk
from freehold.desks.register import registers
from freehold.desks.securities import instruments
from freehold.desks.securities.instruments import Moment
from freehold.doors.web import drafting
from freehold.doors.web.formats import typed_instant
from freehold.doors.web.owning import thinned, token_of
from freehold.doors.web.visits import Form, Visit, go, see

ACTIVITY_ROWS, EXPLORER_ROWS, BLOCK_ROWS = 25, 15, 25
"""Their rows say much: more of them would weigh more than a page may."""
ROWS = 50
SHOWN = 10
ACTS: Mapping[Role, tuple[str, str, str]] = {
    Role.ISSUER: ("Record an asset", "/assets/new", "plus"),
    Role.TRANSFER_AGENT: ("Find a holder", "/holders", "users"),
    Role.REGISTRAR: ("Find a holder", "/holders", "users"),
    Role.COMPLIANCE_OFFICER: ("Try a transfer", "/policies", "scale"),
    Role.FUND_MANAGER: ("Open securities", "/securities", "landmark"),
    Role.INVESTOR: ("Open my holdings", "/securities", "wallet"),
    Role.VENUE_OPERATOR: ("Open activity", "/activity", "list-checks"),
    Role.AUDITOR: ("Open the audit log", "/audit", "history"),
    Role.DEVELOPER: ("Open webhooks", "/developers/webhooks", "webhook"),
}
"""The act most likely wanted: its words, where it is, its icon."""


def home(visit: Visit) -> Response:
    """What waits, what there is, what happened last, and the act most likely wanted."""
    who, office = visit.who, visit.office
    reads = permits.allows(who, Power.READ_REGISTER) or permits.allows(who, Power.READ_OWN)
    listed = instruments.instruments(office, who) if reads else []
    follows = permits.allows(who, Power.READ_INSTRUCTIONS)
    recent = instructions.instructions(office, who, None, SHOWN) if follows else []
    audits = permits.allows(who, Power.READ_AUDIT, EVERYWHERE)
    entries = auditing.page(office, who, None, SHOWN) if audits else []
    values: dict[str, Any] = {"listed": listed, "recent": recent, "entries": entries}
    values["names"] = _people(visit, entries)
    values["waits"] = [
        *_to_decide(visit),
        *drafting.to_review(visit),
        *dashboards.waiting(office, who),
    ]
    values["act"] = next((act for role in who.roles if (act := ACTS.get(role))), None)
    values["now"] = now_on_chain(office)
    return see(visit, "home.html", **values)


def _to_decide(visit: Visit) -> list[Waiting]:
    """The proposals that wait for this person, what lapses first at the front."""
    if not permits.allows(visit.who, Power.APPROVE):
        return []
    return [
        Waiting(
            Urgency.WARN,
            f"{view.title}: needs a second person",
            f"Proposed by {view.proposer}. It lapses",
            f"/approvals/{view.proposal.id}",
            "Review",
            view.proposal.lapses_at,
        )
        for view in approvals.queue(visit.office, visit.who)
        if view.may_decide
    ]


def securities(visit: Visit) -> Response:
    """Every instrument."""
    return see(visit, "securities.html", listed=instruments.instruments(visit.office, visit.who))


def register(visit: Visit) -> Response:
    """An instrument's register of holders, as of any moment."""
    office, who, token = visit.office, visit.who, token_of(visit)
    points = instruments.moments(office, who, token)
    as_of, problem = _as_of(visit, points)
    after = _number(visit.query("after", "0"))
    try:
        shown = instruments.page(office, who, token, as_of, after, ROWS)
    except (Conflict, NotFound) as fault:
        problem = fault.message
        shown = instruments.page(office, who, token, None, 0, ROWS)
    whole = permits.allows(who, Power.READ_REGISTER, shown.instrument.issuer)
    stops = thinned(points)
    at = max((n for n, one in enumerate(stops) if one.block <= shown.block), default=0)
    values: dict[str, Any] = {
        "shown": shown,
        "one": shown.instrument,
        "problem": problem,
        "stops": stops,
        "at": at,
        "past": as_of is not None and problem is None,
        "following": urlencode({"block": shown.block, "after": shown.next}) if shown.next else "",
        "whole": whole,
        "ids": instruments.ids(office, who, token),
    }
    part = visit.is_part and visit.request.headers.get("HX-Target", "").endswith("roll")
    return see(visit, "roll.html" if part else "register.html", **values)


def activity(visit: Visit) -> Response:
    """What was asked of the chain, the newest first."""
    before = _number(visit.query("before", "0")) or None
    found = instructions.instructions(visit.office, visit.who, before, ACTIVITY_ROWS)
    following = found[-1].number if len(found) == ACTIVITY_ROWS else None
    return see(visit, "activity.html", found=found, following=following)


def instruction(visit: Visit) -> Response:
    """One instruction and how final it is."""
    found = instructions.instruction(visit.office, visit.who, visit.path("id"))
    linked = approvals.corrections_of(visit.office, visit.who, found.id)
    movable = found.state == "final" and found.what.startswith(("post ", "force "))
    corrects = movable and not linked and permits.allows(visit.who, Power.CORRECT, found.issuer)
    return see(visit, "instruction.html", found=found, linked=linked, corrects=corrects)


def explorer(visit: Visit) -> Response:
    """What the contracts said last."""
    found_before = visit.query("before").partition("-")
    place = (_number(found_before[0]), _number(found_before[2])) if found_before[2] else None
    found = desk.events(visit.office, visit.who, place, EXPLORER_ROWS)
    last = found[-1] if len(found) == EXPLORER_ROWS else None
    following = f"{last.block}-{last.log}" if last else None
    return see(visit, "explorer.html", found=found, following=following)


def blocks(visit: Visit) -> Response:
    """The blocks of the chain, the newest first."""
    before = _number(visit.query("before")) or None
    found = desk.blocks(visit.office, visit.who, before, BLOCK_ROWS)
    more = len(found) == BLOCK_ROWS and found[-1].number > 0
    return see(visit, "blocks.html", found=found, following=found[-1].number if more else None)


def block(visit: Visit) -> Response:
    """One block with its transactions and events."""
    text = visit.path("number")
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise NotFound("a block is named by its number")
    return see(visit, "block.html", found=desk.block(visit.office, visit.who, int(text)))


def transaction(visit: Visit) -> Response:
    """One transaction with what it said."""
    hash = visit.path("hash").lower()
    if not re.fullmatch(r"0x[0-9a-f]{64}", hash):
        raise NotFound("a transaction is named by 0x and 64 hexadecimal digits")
    return see(visit, "transaction.html", found=desk.transaction(visit.office, visit.who, hash))


def find(visit: Visit) -> Response:
    """Go to what a hash, an address or a block's number names."""
    text = visit.query("q").strip().lower()
    if re.fullmatch(r"0x[0-9a-f]{64}", text):
        return go(f"/explorer/{text}")
    if re.fullmatch(r"0x[0-9a-f]{40}", text):
        return go(f"/securities/{text}")
    if text.isdigit() and _number(text):
        return go(f"/explorer/blocks/{_number(text)}")
    raise NotFound("nothing has this name: enter a transaction, a token's address or a block")


def audit(visit: Visit) -> Response:
    """The audit log, the newest entry first."""
    return _audit(visit, None)


def verify_audit(visit: Visit, form: Form) -> Response:
    """Recompute every hash of the log."""
    permits.require(visit.who, Power.READ_AUDIT, EVERYWHERE)
    return _audit(visit, auditing.verify(visit.office))


def verify_registers(visit: Visit, form: Form) -> Response:
    """Rebuild every register from events and compare it with the contracts."""
    permits.require(visit.who, Power.VERIFY)
    found = registers.verify(visit.office)
    content = {"ok": found.ok}
    auditing.note(visit.office, Entry(visit.who.id, "verify registers", content=content))
    return see(visit, "verified.html", found=found)


def _audit(visit: Visit, verdict: auditing.Verdict | None) -> Response:
    before = _number(visit.query("before", "0")) or None
    found = auditing.page(visit.office, visit.who, before, ROWS)
    following = found[-1].number if found and found[-1].number > 1 else None
    names = _people(visit, found)
    return see(visit, "audit.html", found=found, following=following, verdict=verdict, names=names)


def _people(visit: Visit, found: list[Link]) -> dict[str, str]:
    """The sign-in names of those whom entries name by their ids."""
    named = {each for link in found for each in (link.entry.actor, link.entry.subject)}
    return directory.names(visit.office, visit.who, named) if found else {}


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def _as_of(visit: Visit, points: list[Moment]) -> tuple[int | datetime | None, str | None]:
    """The moment asked for, by the slider's stop, a block or an instant; or what is wrong with it."""
    if stop := visit.query("stop"):
        stops = thinned(points)
        place = _number(stop)
        return (stops[place].block if place < len(stops) - 1 else None), None
    if block := visit.query("block"):
        return _number(block), None
    if text := visit.query("at"):
        try:
            return typed_instant(text), None
        except Invalid as fault:
            return None, fault.message
    return None, None
