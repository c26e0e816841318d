"""The pages of money: the cash book, and its reconciliation with chain and banks."""

from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from freehold.core import bank_statements
from freehold.core.cashbook import AGAINST, Kind
from freehold.core.clock import parse_day
from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.core.roles import Power
from freehold.core.units import format_units
from freehold.desks import permits
from freehold.desks.approvals import payments
from freehold.desks.office import today
from freehold.desks.servicing import cashbook, reconciling
from freehold.doors.web.visits import Form, Visit, act, go, issuer_of, issuers_of, page, see

_SHOWN = 50


def routes() -> list[BaseRoute]:
    """The pages, and what their forms are sent to."""
    return [
        Route("/cash", page(book), methods=["GET"]),
        Route("/cash/reconciliation", page(reconciliation), methods=["GET"]),
        Route("/cash/reconcile", act(reconcile), methods=["POST"]),
        Route("/cash/statements", act(import_statement), methods=["POST"]),
        Route("/cash/breaks/{id}/explain", act(explain), methods=["POST"]),
    ]


def book(visit: Visit) -> Response:
    """Where money is, the trial balance of each currency, the last entries."""
    office, who, issuer = visit.office, visit.who, issuer_of(visit)
    found, problem = cashbook.overview(office, who, issuer), ""
    on = today(office)
    try:
        on = parse_day(visit.query("on"), "on") if visit.query("on") else on
    except Invalid as fault:
        problem = fault.message
    entries, decimals = cashbook.journal(office, who, issuer, None)
    shown = [
        {
            "posted": one,
            "postings": [
                (str(account), format_units(abs(amount), decimals[one.entry.currency]), amount > 0)
                for account, amount in one.entry.postings
            ],
        }
        for one in reversed(entries[-_SHOWN:])
    ]
    trials = [
        {
            "currency": one.currency,
            "day": one.day,
            "lines": [
                (str(line.account), _side(line.debit, places), _side(line.credit, places))
                for line in one.lines
            ],
            "total": format_units(one.total, places),
        }
        for one, places in cashbook.trial_balances(office, who, issuer, None, on)
    ]
    places = [
        (one.code, str(place.kind), place.name, format_units(amount, one.decimals))
        for one in found.currencies
        for place, amount in found.places[one.code]
    ]
    decimals_of = {one.code: one.decimals for one in found.currencies}
    waits = [
        (leg, format_units(-leg.amount, decimals_of[leg.currency]))
        for leg in payments.payments(office, who, issuer)
        if leg.state == "proposed"
    ]
    known: dict[str, Any] = {
        "waits": waits,
        "keeps": permits.allows(who, Power.KEEP_CASH, found.issuer.id),
        "owners": issuers_of(visit),
        "found": found,
        "shown": shown,
        "trials": trials,
        "places": places,
    }
    known |= {"on": on, "problem": problem}
    return see(visit, "cash.html", 422 if problem else 200, total=len(entries), **known)


def reconciliation(visit: Visit) -> Response:
    """Open breaks with what explains them, and explained ones."""
    return _reconciliation(visit)


def reconcile(visit: Visit, form: Form) -> Response:
    """Post what moved and compare every place."""
    reconciling.reconcile(visit.office, visit.who, _named(form))
    return go("/cash/reconciliation?done=1")


def import_statement(visit: Visit, form: Form) -> Response:
    """Bring in a camt.053 that was pasted; its mistakes are shown beside it."""
    office, who, content = visit.office, visit.who, form.get("camt053", "")
    try:
        decimals = cashbook.bank_currencies(office, who, _named(form), keeping=True)
        if not content.strip():
            raise Invalid("paste a statement in camt.053", field="camt053")
        read = bank_statements.read_camt(content.encode(), decimals)
        cashbook.import_statements(office, who, _named(form), read, content.encode())
    except (Invalid, Conflict, NotFound) as fault:
        mistakes = [str(one) for one in getattr(fault, "mistakes", ())]
        wrong = {"problem": fault.message, "mistakes": mistakes, "pasted": content}
        return _reconciliation(visit, 422, **wrong)
    return go("/cash/reconciliation?imported=1")


def explain(visit: Visit, form: Form) -> Response:
    """Explain a break with a reason."""
    id, why, against = visit.path("id"), form.get("why", ""), form.get("against", "")
    kind = Kind(against) if against in [str(one) for one in AGAINST] else None
    try:
        cashbook.explain(visit.office, visit.who, _named(form), id, why, kind)
    except (Invalid, Conflict) as fault:
        return _reconciliation(visit, 422, problem=fault.message, wrong=id)
    return go("/cash/reconciliation?explained=1")


def _reconciliation(visit: Visit, status: int = 200, **more: Any) -> Response:
    office, who, issuer = visit.office, visit.who, issuer_of(visit)
    found, decimals = cashbook.breaks(office, who, issuer, open_alone=False)
    rows = [
        {
            "id": one.found.id,
            "known": one,
            "sentence": one.found.sentence(decimals[one.found.currency]),
        }
        for one in found
    ]
    owner = cashbook.overview(office, who, issuer).issuer
    values: dict[str, Any] = {
        "issuer": owner,
        "owners": issuers_of(visit),
        "last": reconciling.standing(office, who, owner.id),
        "open": [row for row, one in zip(rows, found, strict=True) if one.open],
        "closed": [row for row, one in zip(rows, found, strict=True) if not one.open],
        "keeps": permits.allows(who, Power.KEEP_CASH, owner.id),
        "against": AGAINST,
        "banks": cashbook.bank_currencies(office, who, issuer),
        "said": next((one for one in ("done", "imported", "explained") if visit.query(one)), ""),
        "problem": "",
        "mistakes": [],
        "pasted": "",
        "wrong": "",
    }
    return see(visit, "reconciliation.html", status, **(values | more))


def _named(form: Form) -> str | None:
    return form.get("issuer") or None


def _side(amount: int, places: int) -> str:
    return format_units(amount, places) if amount else ""
