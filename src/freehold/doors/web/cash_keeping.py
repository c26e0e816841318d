"""The pages of keeping the cash book: coins and places, a statement tried, an account, an entry."""

from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from freehold.core.bank_statements import COLUMNS
from freehold.core.cashbook import PLACES
from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.core.roles import Power
from freehold.core.units import format_units
from freehold.desks import parties, permits
from freehold.desks.servicing import cashbook, importing
from freehold.desks.servicing.cashbook import LedgerLine
from freehold.desks.servicing.importing import CsvGiven, Tried
from freehold.doors.api.cash_keeping import place_kind
from freehold.doors.web.visits import Form, Visit, act, go, issuer_of, issuers_of, page, see

ROWS = 100
TOLD = ("account", "statement", "currency", "opening", "decimal_sign", "day_order")
FIELDS = (*TOLD, *(f"column_{name}" for name in COLUMNS))


def routes() -> list[BaseRoute]:
    """The pages, and what their forms are sent to."""
    return [
        Route("/cash/set-up", page(set_up), methods=["GET"]),
        Route("/cash/coins", act(add_coin), methods=["POST"]),
        Route("/cash/places", act(add_place), methods=["POST"]),
        Route("/cash/import", page(importable), methods=["GET"]),
        Route("/cash/import", act(bring_in), methods=["POST"]),
        Route("/cash/account", page(account), methods=["GET"]),
        Route("/cash/entries/{number}", page(entry), methods=["GET"]),
        Route("/cash/entries/{number}/reverse", act(reverse), methods=["POST"]),
    ]


# ---- coins and places ----


def set_up(visit: Visit) -> Response:
    """What money is in and where it is kept, and forms to add to it."""
    return _set_up(visit, said=visit.query("added"))


def add_coin(visit: Visit, form: Form) -> Response:
    """Take a coin into the book."""
    given = {name: form.get(name, "").strip() for name in ("coin", "holder", "code")}
    try:
        told = (given["coin"], given["holder"], given["code"] or None)
        found = cashbook.add_coin(visit.office, visit.who, _named(form), *told)
    except (Invalid, Conflict, NotFound) as fault:
        return _set_up(visit, 422, problem=fault.message, wrong_at=_at(fault, "coin"), given=given)
    return go(f"/cash/set-up?added={found.code}")


def add_place(visit: Visit, form: Form) -> Response:
    """Say where money is kept."""
    given = {name: form.get(name, "").strip() for name in ("kind", "name", "currency")}
    office, who, issuer = visit.office, visit.who, _named(form)
    permits.require(who, Power.KEEP_CASH)
    try:
        kind, code = place_kind(given["kind"]), given["currency"].upper()
        cashbook.add_place(office, who, issuer, code, kind, given["name"])
    except (Invalid, Conflict, NotFound) as fault:
        where = _at(fault, "currency")
        return _set_up(visit, 422, problem=fault.message, wrong_at=where, given=given)
    return go("/cash/set-up?added=The+place")


def _set_up(visit: Visit, status: int = 200, **more: Any) -> Response:
    found = cashbook.overview(visit.office, visit.who, issuer_of(visit))
    values: dict[str, Any] = {
        "owner": found.issuer,
        "owners": issuers_of(visit),
        "currencies": found.currencies,
        "places": found.places,
        "kinds": PLACES,
        "keeps": permits.allows(visit.who, Power.KEEP_CASH, found.issuer.id),
        "said": "",
        "problem": "",
        "wrong_at": "",
        "given": {},
    }
    return see(visit, "cash_setup.html", status, **(values | more))


# ---- statements ----


def importable(visit: Visit) -> Response:
    """A form for a statement of any kind."""
    return _import(visit)


def bring_in(visit: Visit, form: Form) -> Response:
    """Show what a statement would bring in; confirmed, keep it."""
    office, who, issuer = visit.office, visit.who, _named(form)
    given = {name: form.get(name, "").strip() for name in FIELDS} | {
        "content": form.get("content", "")
    }
    columns = {name: given[f"column_{name}"] for name in COLUMNS if given[f"column_{name}"]}
    told = {name: given[name] for name in TOLD}
    csv, content = CsvGiven(**told, columns=columns), given["content"].encode()
    try:
        if not content.strip():
            raise Invalid("paste a statement", field="content")
        if form.get("confirm") != "yes":
            tried = importing.tried(office, who, issuer, content, csv)
            return _import(visit, tried=tried, given=given)
        importing.bring_in(office, who, issuer, content, csv)
    except (Invalid, Conflict, NotFound) as fault:
        mistakes = [str(one) for one in getattr(fault, "mistakes", ())]
        wrong = {"problem": fault.message, "mistakes": mistakes, "wrong_at": _at(fault, "")}
        return _import(visit, 422, given=given, **wrong)
    return go("/cash/reconciliation?imported=1")


def _import(visit: Visit, status: int = 200, **more: Any) -> Response:
    office, who, issuer = visit.office, visit.who, issuer_of(visit)
    banks = cashbook.bank_currencies(office, who, issuer, keeping=True)
    values: dict[str, Any] = {
        "owner": parties.owner(office, issuer),
        "owners": issuers_of(visit),
        "banks": banks,
        "columns": COLUMNS,
        "fields": FIELDS,
        "amount": _amount,
        "tried": [],
        "given": {},
        "problem": "",
        "mistakes": [],
        "wrong_at": "",
    }
    return see(visit, "cash_import.html", status, **(values | more))


def _amount(amount: int, one: Tried) -> str:
    return format_units(amount, one.decimals)


# ---- an account, an entry ----


def account(visit: Visit) -> Response:
    """One account entry by entry, the newest first, with what stood there after each."""
    permits.require(visit.who, Power.READ_CASH)
    code, name, issuer = visit.query("currency"), visit.query("account"), issuer_of(visit)
    if not code or not name:
        return go("/cash")
    owner, lines, places = cashbook.ledger(visit.office, visit.who, issuer, code, name)
    last, asked = max(1, -(-len(lines) // ROWS)), visit.query("page", "1")
    plain = asked.isascii() and asked.isdigit() and len(asked) < 7
    number = min(max(1, int(asked) if plain else 1), last)
    shown = lines[::-1][(number - 1) * ROWS : number * ROWS]
    values: dict[str, Any] = {
        "owner": owner,
        "account": name,
        "currency": code,
        "balance": format_units(lines[-1].balance if lines else 0, places),
        "rows": [_row(one, name, places) for one in shown],
        "total": len(lines),
        "number": number,
        "last": last,
    }
    return see(visit, "cash_account.html", **values)


def _row(one: LedgerLine, name: str, places: int) -> dict[str, Any]:
    of, amount = one.posted.entry, format_units(abs(one.amount), places)
    return {
        "number": one.posted.number,
        "day": of.day,
        "text": of.text,
        "against": [str(each.account) for each in of.postings if str(each.account) != name],
        "debit": amount if one.amount > 0 else "",
        "credit": amount if one.amount < 0 else "",
        "balance": format_units(one.balance, places),
        "reverses": bool(of.reverses),
    }


def entry(visit: Visit) -> Response:
    """One entry with its postings, and the form that takes it back."""
    return _entry(visit)


def reverse(visit: Visit, form: Form) -> Response:
    """Take an entry back by another one."""
    why, number = form.get("why", ""), visit.path("number")
    issuer = _named(form)
    try:
        made = cashbook.reverse(visit.office, visit.who, issuer, number, why)
    except (Invalid, Conflict) as fault:
        return _entry(visit, 422, problem=fault.message, given=form)
    return go(f"/cash/entries/{made.number}" + (f"?issuer={issuer}" if issuer else ""))


def _entry(visit: Visit, status: int = 200, **more: Any) -> Response:
    permits.require(visit.who, Power.READ_CASH)
    found = cashbook.entry(visit.office, visit.who, issuer_of(visit), visit.path("number"))
    lines = [
        (str(each.account), *_sides(each.amount, found.decimals))
        for each in found.posted.entry.postings
    ]
    values: dict[str, Any] = {
        "owner": found.issuer,
        "one": found.posted,
        "lines": lines,
        "reverses": found.reverses,
        "reversed_by": found.reversed_by,
        "keeps": permits.allows(visit.who, Power.KEEP_CASH, found.issuer.id),
        "problem": "",
        "given": {},
    }
    return see(visit, "cash_entry.html", status, **(values | more))


def _sides(amount: int, places: int) -> tuple[str, str]:
    text = format_units(abs(amount), places)
    return (text, "") if amount > 0 else ("", text)


def _named(form: Form) -> str | None:
    return form.get("issuer") or None


def _at(fault: Invalid | Conflict | NotFound, otherwise: str) -> str:
    return str(fault.facts.get("field", otherwise))
