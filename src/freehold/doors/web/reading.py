"""The pages that show what there is: home, securities, the register, instructions, the audit log."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from starlette.responses import Response

from freehold.core.audit import Entry, Outcome
from freehold.core.clock import stamp
from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.core.instruction import WORDS
from freehold.core.roles import EVERYWHERE, Power
from freehold.desks import permits
from freehold.desks.approvals import approvals
from freehold.desks.outbox import instructions
from freehold.desks.outbox.instructions import Searched
from freehold.desks.platform import audit_names, auditing
from freehold.desks.platform.audit_names import Named
from freehold.desks.register import explorer as desk
from freehold.desks.register import registers
from freehold.desks.register.reports import CLASS_NAMES
from freehold.desks.securities import instruments
from freehold.desks.securities.instruments import Moment, Sought
from freehold.doors.web.formats import typed_instant, words
from freehold.doors.web.listing import (
    Column,
    Filter,
    Rows,
    Wanted,
    at_source,
    from_book,
    from_day,
    show,
    to_day,
)
from freehold.doors.web.owning import thinned, token_of
from freehold.doors.web.visits import Form, Visit, go, issuers_of, see

EXPLORER_ROWS, BLOCK_ROWS = 15, 25
"""Their rows say much: more of them would weigh more than a page may."""
ACTIVITY = (
    Column("act", "Act", text=lambda one: one.said),
    Column("security", "Security", text=lambda one: one.symbol),
    Column("state", "State", text=lambda one: one.state),
    Column("asked", "Asked", sort=at_source, text=lambda one: stamp(one.asked_at)),
    Column("block", "Block", text=lambda one: str(one.block or ""), number=True),
    Column("code", text=lambda one: str(one.code or "")),
    Column("issuer", text=lambda one: one.issuer or ""),
    Column("transaction", "Transaction", text=lambda one: one.transaction or ""),
    Column("instruction", text=lambda one: one.id),
)
REGISTER = (
    Column("name", "Holder", at_source),
    Column("class", "Class"),
    Column("country", "Country"),
    Column("units", "Units", at_source, number=True),
    Column("share", "Share", number=True),
    Column("frozen", "Frozen", number=True),
    Column("free", "Next free"),
    Column("wallet", "Wallet"),
    Column("account", "", at_source),
)
"""Its files are those of `register.csv` and `register.pdf`, of the whole register."""
REGISTER_FILTERS = (
    Filter("q", "Name or account"),
    Filter("class", "Class", options=[(one, words(one)) for one in CLASS_NAMES.values()]),
)
EVENTS = (
    Column("block", "Block", at_source, lambda one: str(one.block), number=True),
    Column("log", text=lambda one: str(one.log)),
    Column("at", "At", text=lambda one: stamp(one.instant)),
    Column("event", "Event", text=lambda one: one.name),
    Column("says", "What it says", text=lambda one: _told(one)),
    Column("contract", "Contract", text=lambda one: one.contract),
    Column("transaction", "Transaction", text=lambda one: one.transaction),
)
AUDIT_FILTERS = (
    Filter("actor", "By"),
    Filter("act", "Act"),
    Filter("outcome", "Outcome", options=[(str(one), words(one.lower())) for one in Outcome]),
    Filter("about", "About"),
    from_day("From"),
    to_day("To"),
)


def securities(visit: Visit) -> Response:
    """Every instrument."""
    return see(visit, "securities.html", listed=instruments.instruments(visit.office, visit.who))


def register(visit: Visit) -> Response:
    """An instrument's register of holders, as of any moment."""
    office, who, token = visit.office, visit.who, token_of(visit)
    points = instruments.moments(office, who, token)
    as_of, problem = _as_of(visit, points)

    def source(wanted: Wanted) -> tuple[Rows, int]:
        sought = Sought(wanted.given.get("q", ""), wanted.given.get("class", ""))
        found = instruments.seek(
            office, who, token, at_moment, sought, wanted.sort, wanted.offset, wanted.limit
        )
        pages.append(found)
        return found.rows, found.total

    pages: list[instruments.Page] = []
    at_moment = as_of
    try:
        table = from_book(visit, "register", source, REGISTER, REGISTER_FILTERS, sort="account")
    except (Conflict, NotFound) as fault:
        problem, at_moment = fault.message, None
        table = from_book(visit, "register", source, REGISTER, REGISTER_FILTERS, sort="account")
    shown = pages[-1]
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
        "register": table,
        "whole": whole,
        "ids": instruments.ids(office, who, token),
    }
    part = visit.is_part and visit.request.headers.get("HX-Target", "").endswith("roll")
    return see(visit, "roll.html" if part else "register.html", **values)


def _told(one: Any) -> str:
    return "; ".join(f"{name}={value}" for name, value in one.arguments.items())


def activity(visit: Visit) -> Response:
    """What was asked of the chain, the newest first."""

    def source(wanted: Wanted) -> tuple[Rows, int]:
        given = wanted.given
        asked = Searched(
            given.get("q", ""),
            given.get("state", ""),
            given.get("issuer", ""),
            wanted.instant("from"),
            wanted.instant("to", days=1),
        )
        oldest = wanted.sort == "asked"
        return instructions.seek(
            visit.office, visit.who, asked, wanted.offset, wanted.limit, oldest=oldest
        )

    table = from_book(visit, "activity", source, ACTIVITY, _of_activity(visit), sort="-asked")
    return show(visit, "activity.html", table)


def _of_activity(visit: Visit) -> list[Filter]:
    """By what instructions are sought: an issuer where there are several."""
    states = [(word, words(word)) for word in dict.fromkeys(WORDS.values())]
    filters = [Filter("q", "Act"), Filter("state", "State", options=states)]
    if len(owners := issuers_of(visit)) > 1:
        filters.append(Filter("issuer", "Issuer", options=owners))
    return [*filters, from_day("Asked from"), to_day("Asked to")]


def instruction(visit: Visit) -> Response:
    """One instruction and how final it is."""
    found = instructions.instruction(visit.office, visit.who, visit.path("id"))
    linked = approvals.corrections_of(visit.office, visit.who, found.id)
    movable = found.state == "final" and found.what.startswith(("post ", "force "))
    corrects = movable and not linked and permits.allows(visit.who, Power.CORRECT, found.issuer)
    return see(visit, "instruction.html", found=found, linked=linked, corrects=corrects)


def explorer(visit: Visit) -> Response:
    """What the contracts said last."""

    def source(wanted: Wanted) -> tuple[Rows, int]:
        given = wanted.given
        upto = _number(given.get("upto", ""))
        asked = desk.Asked(given.get("event", ""), given.get("contract", ""), upto or None)
        oldest = wanted.sort == "block"
        return desk.seek(visit.office, visit.who, asked, wanted.offset, wanted.limit, oldest=oldest)

    filters = [
        Filter("event", "Event", options=[(one, words(one)) for one in desk.NAMES]),
        Filter("contract", "Contract", options=desk.contracts(visit.office, visit.who)),
        Filter("upto", "Up to block"),
    ]
    table = from_book(visit, "events", source, EVENTS, filters, sort="-block", size=EXPLORER_ROWS)
    return show(visit, "explorer.html", table)


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
    names: dict[str, Named] = {}

    def source(wanted: Wanted) -> tuple[Rows, int]:
        given = wanted.given
        asked = audit_names.Asked(
            given.get("actor", ""),
            given.get("act", ""),
            Outcome(given["outcome"]) if "outcome" in given else None,
            given.get("about", ""),
            wanted.instant("from"),
            wanted.instant("to", days=1),
        )
        oldest = wanted.sort == "number"
        found = audit_names.seek(
            visit.office, visit.who, asked, wanted.offset, wanted.limit, oldest=oldest
        )
        names.update(found.names)
        return found.links, found.total

    table = from_book(
        visit, "log", source, audit_columns(names), AUDIT_FILTERS, sort="-number", path="/audit"
    )
    return show(visit, "audit.html", table, called=names, verdict=verdict)


def audit_columns(names: Mapping[str, Named]) -> list[Column]:
    """The columns of the audit log: as a file says them, ids beside what they are called."""

    def called(id: str) -> str:
        return names[id].words if id in names else id

    return [
        Column("number", "Entry", sort=at_source, text=lambda one: str(one.number), number=True),
        Column("at", "At", text=lambda one: stamp(one.at)),
        Column("act", "Act", text=lambda one: one.entry.act),
        Column("outcome", "Outcome", text=lambda one: str(one.entry.outcome)),
        Column("code", text=lambda one: str(one.entry.code or "")),
        Column("actor", "By", text=lambda one: called(one.entry.actor)),
        Column("actor_id", text=lambda one: one.entry.actor),
        Column("about", "About", text=lambda one: called(one.entry.subject)),
        Column("about_id", text=lambda one: one.entry.subject),
        Column("hash", "Hash", text=lambda one: one.hash),
    ]


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
