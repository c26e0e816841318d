"""The pages of money: the cash book, and its reconciliation with chain and banks."""

from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from freehold.core import bank_statements
from freehold.core.cashbook import AGAINST, Kind, Posted
from freehold.core.clock import parse_day
from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.core.roles import Power
from freehold.core.units import format_units
from freehold.desks import permits
from freehold.desks.approvals import payments
from freehold.desks.office import today
from freehold.desks.servicing import cashbook, reconciling
from freehold.doors.web.formats import words
from freehold.doors.web.listing import (
    Column,
    Filter,
    choosing,
    finding,
    from_day,
    from_rows,
    show,
    to_day,
)
from freehold.doors.web.visits import Form, Visit, act, go, issuer_of, issuers_of, page, see


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry of the journal with the decimals of its currency."""

    posted: Posted
    decimals: int

    @property
    def postings(self) -> list[tuple[str, str, bool]]:
        """Account, amount, and whether it is a debit."""
        return [
            (str(account), format_units(abs(amount), self.decimals), amount > 0)
            for account, amount in self.posted.entry.postings
        ]

    @property
    def told(self) -> str:
        """The postings on one line: debits with a plus, credits with a minus."""
        return "; ".join(
            f"{account} {'+' if debit else '-'}{amount}" for account, amount, debit in self.postings
        )

    @property
    def accounts(self) -> str:
        return " ".join(account for account, _, _ in self.postings)


JOURNAL = (
    Column(
        "entry",
        "Entry",
        lambda one: one.posted.number,
        lambda one: str(one.posted.number),
        number=True,
    ),
    Column("day", "Day", lambda one: one.posted.entry.day, lambda one: str(one.posted.entry.day)),
    Column("what", "What", text=lambda one: str(one.posted.entry.source)),
    Column("currency", text=lambda one: one.posted.entry.currency),
    Column("text", text=lambda one: one.posted.entry.text),
    Column("reference", text=lambda one: one.posted.entry.reference),
    Column("account", "Account", text=lambda one: one.told),
    Column("debit", "Debit", number=True),
    Column("credit", "Credit", number=True),
)


def _of_journal(entries: list[Posted]) -> list[Filter]:
    """By what entries are sought: a currency where there are several."""
    sources = sorted({str(one.entry.source) for one in entries})
    codes = sorted({one.entry.currency for one in entries})
    filters = [
        finding("Account or text", lambda one: one.accounts, lambda one: one.posted.entry.text),
        choosing(
            "source",
            "What",
            [(one, words(one)) for one in sources],
            lambda one: one.posted.entry.source,
        ),
    ]
    if len(codes) > 1:
        filters.append(
            choosing(
                "currency",
                "Currency",
                [(one, one) for one in codes],
                lambda one: one.posted.entry.currency,
            )
        )
    return [*filters, from_day("From", _midnight_of), to_day("To", _midnight_of)]


def _midnight_of(one: Shown) -> datetime:
    return datetime.combine(one.posted.entry.day, time(), UTC)


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
    journal = from_rows(
        visit,
        "journal",
        [Shown(one, decimals[one.entry.currency]) for one in entries],
        JOURNAL,
        _of_journal(entries),
        sort="-entry",
        prefix="entry-",
    )
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
        "trials": trials,
        "places": places,
    }
    known |= {"on": on, "problem": problem}
    return show(visit, "cash.html", journal, status=422 if problem else 200, **known)


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
