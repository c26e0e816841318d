"""The page that proposes an issue: several receivers at once, and their total against what is authorised.

Rows are added and the total is worked out by the server, so that it works without scripts; a script works
the total out while one types.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from freehold.core.errors import Conflict, Invalid, NotFound, PlatformError
from freehold.core.roles import Power
from freehold.core.units import format_units, parse_units
from freehold.desks import permits
from freehold.desks.approvals import approvals
from freehold.desks.approvals.approvals import ProposeRequest
from freehold.desks.register import ownership
from freehold.desks.securities import instruments, termsheets
from freehold.desks.securities.instruments import InstrumentView
from freehold.desks.securities.issuance import EXEMPTIONS, RECEIVERS_AT_ONCE
from freehold.desks.securities.termsheets import TermSheet
from freehold.doors.web.refusing import Card
from freehold.doors.web.visits import Form, Visit, go, see

ROWS = 3
"""Rows that an empty form has."""
SPARE = ("exemption", "family", "offering_ended")


@dataclass(frozen=True, slots=True)
class Row:
    """A receiver and his units as they were typed."""

    number: int
    holder: str
    units: str

    @property
    def empty(self) -> bool:
        return not (self.holder or self.units)


@dataclass(frozen=True, slots=True)
class Total:
    """What the rows come to against what is authorised, as decimal text; `left` empty: no limit."""

    asked: str
    outstanding: str
    authorised: str
    left: str
    exceeds: bool


def form(visit: Visit) -> Response:
    """The form; without a security, the choice of one."""
    permits.require(visit.who, Power.ISSUE)
    first = {"holder-1": visit.query("holder"), "units-1": visit.query("units")}
    return _page(visit, visit.query("instrument"), first | {"key": secrets.token_hex(16)}, {})


def propose(visit: Visit, given: Form) -> Response:
    """Add a row, work the total out, or propose the issue."""
    permits.require(visit.who, Power.ISSUE)
    token = given.get("instrument", "")
    if not token:
        return _page(visit, "", given, {"instrument": "Choose the security"})
    if given.get("do") in ("more", "total"):
        return _page(visit, token, given, {}, more=given.get("do") == "more")
    sheet = termsheets.term_sheet(visit.office, visit.who, token)
    rows = [one for one in _rows(given) if not one.empty]
    mistakes = _mistakes(rows, sheet.decimals)
    if mistakes:
        return _page(visit, token, given, mistakes)
    texts = {"instrument": token, "holder": "\n".join(one.holder for one in rows)}
    texts["units"] = "\n".join(one.units for one in rows)
    texts |= {name: given[name].strip() for name in SPARE if given.get(name, "").strip()}
    reference = given.get("reference", "").strip()
    asked = ProposeRequest(
        "issue", texts, given.get("key", "")[:128], sheet.issuer, None, reference
    )
    try:
        made = approvals.propose(visit.office, visit.who, asked)
    except (Invalid, NotFound, Conflict) as fault:
        return _page(visit, token, given, _by_field(fault))
    if made.proposal is None:
        card = Card(made.tried.code, made.tried.reason)
        return _page(visit, token, given, {}, card=card)
    return go(f"/approvals/{made.proposal.id}")


def _page(
    visit: Visit,
    token: str,
    given: Form,
    mistakes: Mapping[str, str],
    card: Card | None = None,
    more: bool = False,
) -> Response:
    listed = [one for one in instruments.instruments(visit.office, visit.who) if _may(visit, one)]
    values: dict[str, Any] = {"listed": listed, "sheet": None, "mistakes": mistakes, "card": card}
    if token:
        sheet = termsheets.term_sheet(visit.office, visit.who, token)
        rows = _rows(given)
        if more and len(rows) < RECEIVERS_AT_ONCE:
            rows.append(Row(len(rows) + 1, "", ""))
        held = ownership.holder_list(visit.office, visit.who)
        values |= {
            "sheet": sheet,
            "rows": rows,
            "held": [one for one in held if one.issuer == sheet.issuer],
            "total": _total(rows, sheet),
            "given": given,
            "exemptions": EXEMPTIONS,
            "added": more,
        }
    return see(visit, "issue.html", 422 if mistakes else 200, **values)


def _may(visit: Visit, one: InstrumentView) -> bool:
    return permits.allows(visit.who, Power.ISSUE, one.issuer)


def _rows(given: Form) -> list[Row]:
    count = sum(name.startswith("units-") for name in given)
    count = min(max(count, ROWS), RECEIVERS_AT_ONCE)
    return [
        Row(n, given.get(f"holder-{n}", "").strip(), given.get(f"units-{n}", "").strip())
        for n in range(1, count + 1)
    ]


def _units(text: str, decimals: int) -> int:
    """Base units of what was typed. Raises Invalid."""
    return int(parse_units(text.replace(",", "").replace(" ", ""), decimals))


def _mistakes(rows: list[Row], decimals: int) -> dict[str, str]:
    """Every mistake of the rows, by field."""
    found: dict[str, str] = {}
    if not rows:
        found["holder-1"] = "Choose who gets units"
    seen: set[str] = set()
    for row in rows:
        if not row.holder:
            found[f"holder-{row.number}"] = f"Row {row.number}: choose who gets them"
        elif row.holder in seen:
            found[f"holder-{row.number}"] = f"Row {row.number}: this holder stands above already"
        seen.add(row.holder)
        try:
            if _units(row.units, decimals):
                continue
            said = "enter at least one unit"
        except Invalid as fault:
            said = fault.message if row.units else "enter the units"
        found[f"units-{row.number}"] = f"Row {row.number}: {said}"
    return found


def _total(rows: list[Row], sheet: TermSheet) -> Total:
    """What can be read of the rows, added up."""
    asked = 0
    for row in rows:
        try:
            asked += _units(row.units, sheet.decimals) if row.units else 0
        except Invalid:
            continue
    outstanding = _units(sheet.outstanding, sheet.decimals) + _units(sheet.treasury, sheet.decimals)
    text = format_units(asked, sheet.decimals)
    whole = format_units(outstanding, sheet.decimals)
    if not sheet.authorised:
        return Total(text, whole, "", "", False)
    left = _units(sheet.authorised, sheet.decimals) - outstanding - asked
    shown = format_units(abs(left), sheet.decimals)
    return Total(text, whole, sheet.authorised, shown, left < 0)


def _by_field(fault: PlatformError) -> dict[str, str]:
    if isinstance(fault, Invalid) and fault.mistakes:
        return {one.place: f"{one.place} {one.message}".capitalize() for one in fault.mistakes}
    named = str(fault.facts.get("field", "")) or "holder-1"
    field = {"holder": "holder-1", "units": "units-1"}.get(named, named)
    return {field: fault.message[:1].upper() + fault.message[1:]}
