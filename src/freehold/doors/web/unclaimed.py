"""The page of money kept for holders: held under their names, not claimed, and what was swept of it.

A sweep is shown before it is proposed: its difference by a dry run, then a second person's approval.
"""

import secrets
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.core.roles import Power
from freehold.core.units import format_units
from freehold.desks import parties, permits
from freehold.desks.approvals import approvals
from freehold.desks.approvals.approvals import ProposeRequest
from freehold.desks.register import reports
from freehold.desks.servicing import events, kept_back, remains, unclaimed
from freehold.desks.servicing.unclaimed import Unclaimed
from freehold.doors.api.claims import HEADS, escheat_out
from freehold.doors.web import charts
from freehold.doors.web.claims import PLACES
from freehold.doors.web.visits import Form, Visit, act, go, issuer_of, issuers_of, page, see


def routes() -> list[BaseRoute]:
    """The page, the report as CSV, and what the form of a sweep is sent to."""
    found: list[BaseRoute] = [
        Route("/unclaimed", page(money), methods=["GET"]),
        Route("/unclaimed/report.csv", page(report_csv), methods=["GET"]),
    ]
    for of in PLACES:
        found.append(Route(f"{of}/sweep", page(sweeping), methods=["GET"]))
        found.append(Route(f"{of}/sweep", act(sweep), methods=["POST"]))
    return found


def money(visit: Visit) -> Response:
    """What is kept back and why, what nobody claimed and until when, and what was swept this year."""
    office, who = visit.office, visit.who
    permits.require(who, Power.READ_CASH)
    issuer = issuer_of(visit)
    rows = unclaimed.left(office, who, issuer)
    known = {id: remains.find(office, id) for id in {one.action for one in rows}}
    symbols = {id: kept_back.symbol(office, one) for id, one in known.items()}
    year = unclaimed.this_year(office)
    owner = parties.owner(office, issuer)
    values: dict[str, Any] = {
        "owner": owner,
        "owners": issuers_of(visit),
        "kept": kept_back.kept(office, who, issuer),
        "left": [one for one in rows if not (one.held or one.lost)],
        "bars": _bars(rows, symbols),
        "due": _due(rows),
        "ends": {id for id, one in known.items() if one.winds_up},
        "symbols": symbols,
        "swept": [escheat_out(one) for one in unclaimed.report(office, who, issuer, year)],
        "year": year,
        "amount": lambda one: format_units(one.amount, one.decimals),
        "services": permits.allows(who, Power.SERVICE, owner.id),
        "now": events.now(office),
    }
    return see(visit, "unclaimed.html", **values)


def report_csv(visit: Visit) -> Response:
    """What was swept in a year, as whoever keeps unclaimed property asks for it."""
    text = visit.query("year")
    year = int(text) if text.isascii() and text.isdigit() and len(text) == 4 else 0
    year = year or unclaimed.this_year(visit.office)
    found = unclaimed.report(visit.office, visit.who, issuer_of(visit), year)
    rows = [tuple(str(getattr(escheat_out(one), name)) for name in HEADS) for one in found]
    said = f'attachment; filename="unclaimed-{year}.csv"'
    content = reports.csv_text(HEADS, rows)
    return Response(content, media_type="text/csv", headers={"Content-Disposition": said})


def sweeping(visit: Visit) -> Response:
    """To whom what is left of an action or a winding-up goes."""
    permits.require(visit.who, Power.SERVICE)
    unclaimed.serviced(visit.office, visit.who, visit.path("id"))
    return _sweeping(visit, {"payee": "", "key": secrets.token_hex(16)})


def sweep(visit: Visit, form: Form) -> Response:
    """Show what a sweep would change; confirmed, propose it to a second person."""
    id, payee = visit.path("id"), form.get("payee", "").strip()
    owner = unclaimed.serviced(visit.office, visit.who, id)
    given = {"payee": payee, "key": form.get("key", "")[:128]}
    asked = ProposeRequest("sweep-unclaimed", {"action": id, "payee": payee}, given["key"], owner)
    try:
        if form.get("confirm") != "yes":
            found = approvals.dry_run(visit.office, visit.who, asked)
            return _sweeping(visit, given, found.reason, tried=found)
        made = approvals.propose(visit.office, visit.who, asked)
    except (Invalid, NotFound, Conflict) as fault:
        return _sweeping(visit, given, fault.message)
    if made.proposal is None:
        return _sweeping(visit, given, made.tried.reason)
    return go(f"/approvals/{made.proposal.id}")


def _sweeping(
    visit: Visit, given: Mapping[str, str], problem: str = "", tried: Any = None
) -> Response:
    one = remains.find(visit.office, visit.path("id"))
    values: dict[str, Any] = {
        "one": one,
        "given": given,
        "problem": problem,
        "tried": None if problem else tried,
        "names_of": approvals.names_of(visit.office, visit.who, one.owner.id),
    }
    return see(visit, "sweep.html", 422 if problem else 200, **values)


def _due(rows: Sequence[Unclaimed]) -> list[str]:
    """The actions of which something may be swept now, the first due first."""
    return list(dict.fromkeys(one.action for one in rows if one.due))


def _bars(rows: Sequence[Unclaimed], symbols: Mapping[str, str]) -> list[dict[str, Any]]:
    """For each currency what is held, not claimed, and over its time, as parts of what is left."""
    names = ("Held under a name", "Not claimed yet", "Its time is over")
    found: dict[tuple[str, int], list[int]] = {}
    for one in rows:
        amounts = found.setdefault((one.currency or symbols[one.action], one.decimals), [0, 0, 0])
        amounts[2 if one.due else 0 if one.held else 1] += one.amount
    bars = []
    for (code, decimals), amounts in sorted(found.items()):
        whole = sum(amounts)
        shown = [
            (charts.Part(name, Fraction(amount, whole), place), format_units(amount, decimals))
            for place, (name, amount) in enumerate(zip(names, amounts, strict=True), 1)
            if amount
        ]
        drawn = charts.stacked([part for part, _ in shown])
        whole_text = format_units(whole, decimals)
        bars.append({"code": code, "key": shown, "drawn": drawn, "whole": whole_text})
    return bars
