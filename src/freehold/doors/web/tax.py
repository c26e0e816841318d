"""The pages of tax: forms on file, rates, a payment previewed, what was withheld, the files of a year."""

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from freehold.core.actions import tax_regimes
from freehold.core.actions.tax_forms import CHAPTER3, CHAPTER4, Payment
from freehold.core.clock import parse_day
from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.core.roles import Power
from freehold.core.units import format_units
from freehold.desks import parties, permits
from freehold.desks.approvals import approvals
from freehold.desks.approvals.approvals import ProposeRequest
from freehold.desks.office import today
from freehold.desks.register import reports
from freehold.desks.securities import instruments
from freehold.desks.servicing import cashbook, forms_on_file, tax_payments, tax_wallet, taxes
from freehold.desks.servicing.forms_on_file import SOON_DAYS, Stands
from freehold.desks.servicing.tax_payments import Asked, Found
from freehold.doors.api.tax_record import withheld_out
from freehold.doors.papers import tax_files
from freehold.doors.web.visits import Form, Visit, act, go, issuer_of, issuers_of, page, see
from freehold.wire.tax import WithheldOut

ROWS = 100
FORMS = {"w9": "W-9", "w8ben": "W-8BEN", "w8bene": "W-8BEN-E"}
FILED = (
    "form", "signed", "residence", "tin", "treaty", "chapter3", "chapter4", "own_rate", "why",
)  # fmt: skip
PAID = ("instrument", "record", "currency", "pot", "per_unit", "paid_on", "country", "income")
SUBJECTS = ("issuer", *PAID, "action")


def routes() -> list[BaseRoute]:
    """The pages, the files, and what the forms are sent to."""
    return [
        Route("/tax", page(overview), methods=["GET"]),
        Route("/tax/rates", page(rates), methods=["GET"]),
        Route("/tax/preview", page(preview), methods=["GET"]),
        Route("/tax/record", act(record), methods=["POST"]),
        Route("/tax/wallet", act(set_wallet), methods=["POST"]),
        Route("/tax/persons/{id}", page(person), methods=["GET"]),
        Route("/tax/persons/{id}", act(keep_form), methods=["POST"]),
        Route("/tax/years/{number}", page(year), methods=["GET"]),
        Route("/tax/years/{number}/withheld.csv", page(withheld_csv), methods=["GET"]),
        Route("/tax/years/{number}/{name}", page(file), methods=["GET"]),
    ]


def overview(visit: Visit) -> Response:
    """Forms on file, the years, where tax goes."""
    return _overview(visit)


def set_wallet(visit: Visit, form: Form) -> Response:
    """Propose another wallet for withheld tax."""
    permits.require(visit.who, Power.KEEP_CASH)
    issuer = form.get("issuer") or None
    texts = {"wallet": form.get("wallet", "").strip()}
    asked = ProposeRequest("tax-wallet", texts, form.get("key", "")[:128], issuer)
    try:
        made = approvals.propose(visit.office, visit.who, asked)
    except (Invalid, Conflict) as fault:
        return _overview(visit, 422, problem=fault.message, wrong_at="wallet", given=form)
    if made.proposal is None:
        return _overview(visit, 422, problem=made.tried.reason, wrong_at="wallet", given=form)
    return go(f"/approvals/{made.proposal.id}")


def _overview(visit: Visit, status: int = 200, **more: Any) -> Response:
    office, who, issuer = visit.office, visit.who, issuer_of(visit)
    found = forms_on_file.on_file(office, who, issuer)
    owner, wallet = tax_wallet.shown(office, who, issuer)
    stands = visit.query("stands")
    rows = [one for one in found if not stands or one.stands == stands]
    counted = Counter(str(one.stands) for one in found)
    values: dict[str, Any] = {
        "owner": owner,
        "owners": issuers_of(visit),
        "rows": rows[:ROWS],
        "more": max(0, len(rows) - ROWS),
        "counts": {str(one): counted[str(one)] for one in Stands},
        "soon": SOON_DAYS,
        "stands": stands,
        "every_stand": [str(one) for one in Stands],
        "form_names": FORMS,
        "years": taxes.years(office, who, issuer),
        "wallet": wallet,
        "keeps": permits.allows(who, Power.KEEP_CASH, owner.id),
        "key": secrets.token_hex(16),
        "problem": "",
        "wrong_at": "",
        "given": {},
    }
    return see(visit, "tax.html", status, **(values | more))


# ---- a person's forms ----


def person(visit: Visit) -> Response:
    """Every form of a person, and a new one."""
    return _person(visit)


def keep_form(visit: Visit, form: Form) -> Response:
    """Keep a form, sealed; its mistakes are shown beside it."""
    given: dict[str, Any] = {
        name: form.get(name, "").strip() for name in FILED if form.get(name, "").strip()
    }
    issuer, whose = form.get("issuer") or None, visit.path("id")
    try:
        taxes.keep_form(visit.office, visit.who, issuer, whose, given)
    except (Invalid, Conflict) as fault:
        mistakes = [str(one) for one in getattr(fault, "mistakes", ())]
        return _person(visit, 422, problem=fault.message, mistakes=mistakes, given=form)
    return go(f"/tax/persons/{whose}?kept=1")


def _person(visit: Visit, status: int = 200, **more: Any) -> Response:
    issuer, whose = issuer_of(visit), visit.path("id")
    owner = parties.owner(visit.office, issuer)
    values: dict[str, Any] = {
        "owner": owner,
        "person": whose,
        "forms": forms_on_file.history(visit.office, visit.who, issuer, whose),
        "form_names": FORMS,
        "chapter3": list(CHAPTER3),
        "chapter4": list(CHAPTER4),
        "today": today(visit.office),
        "keeps": permits.allows(visit.who, Power.KEEP_CASH, owner.id),
        "kept": visit.query("kept"),
        "problem": "",
        "mistakes": [],
        "given": {},
    }
    return see(visit, "tax_person.html", status, **(values | more))


# ---- rates ----


def rates(visit: Visit) -> Response:
    """The rates of a day with their sources."""
    permits.require(visit.who, Power.READ_CASH)
    on, problem = today(visit.office), ""
    try:
        on = parse_day(visit.query("on"), "on") if visit.query("on") else on
    except Invalid as fault:
        problem = fault.message
    country = visit.query("country")
    found = [one for one in tax_regimes.rates_on(on) if not country or one.country == country]
    values = {"countries": tax_regimes.countries(), "country": country, "problem": problem}
    return see(visit, "tax_rates.html", 422 if problem else 200, on=on, rows=found, **values)


# ---- a payment ----


def preview(visit: Visit) -> Response:
    """What each account would get at a record, and what would be withheld."""
    given = {name: visit.query(name) for name in PAID}
    if not given["record"]:
        return _payment(visit, given)
    try:
        found = tax_payments.previewed(visit.office, visit.who, issuer_of(visit), _asked(given))
    except (Invalid, Conflict, NotFound) as fault:
        return _payment(visit, given, 422, problem=fault.message, wrong_at=_at(fault))
    return _payment(visit, given, found=found)


def record(visit: Visit, form: Form) -> Response:
    """Write down that it was paid so."""
    given = {name: form.get(name, "").strip() for name in SUBJECTS}
    office, who, issuer = visit.office, visit.who, given["issuer"] or issuer_of(visit)
    try:
        if not given["action"]:
            raise Invalid("name the action that was paid", field="action")
        found, _ = tax_payments.recorded(office, who, issuer, given["action"], _asked(given))
    except (Invalid, Conflict, NotFound) as fault:
        return _payment(visit, given, 422, problem=fault.message, wrong_at=_at(fault))
    return go(f"/tax/years/{found.preview.day.year}")


def _asked(given: Mapping[str, str]) -> Asked:
    number = given["record"]
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise Invalid(f"record {number[:16]!r} is no number of a record", field="record")
    day = parse_day(given["paid_on"], "paid_on") if given["paid_on"] else None
    known = (given["instrument"], int(number), given["currency"], given["pot"], given["per_unit"])
    return Asked(*known, day, given["country"] or "US", given["income"] or "dividend")


def _at(fault: Invalid | Conflict | NotFound) -> str:
    return str(fault.facts.get("field", "record"))


def _payment(
    visit: Visit,
    given: Mapping[str, str],
    status: int = 200,
    found: Found | None = None,
    **more: Any,
) -> Response:
    office, who = visit.office, visit.who
    known = cashbook.overview(office, who, given.get("issuer") or issuer_of(visit))
    permits.require(who, Power.KEEP_CASH, known.issuer.id)
    shares = list(found.preview.taxed.shares()) if found else []
    values: dict[str, Any] = {
        "owner": known.issuer,
        "given": {"issuer": known.issuer.id, **given},
        "found": found.preview if found else None,
        "shares": shares[:ROWS],
        "rest": max(0, len(shares) - ROWS),
        "coins": lambda amount: format_units(amount, found.decimals if found else 0),
        "units": lambda amount: format_units(amount, found.unit_decimals if found else 0),
        "securities": [
            one for one in instruments.instruments(office, who) if one.issuer == known.issuer.id
        ],
        "currencies": [one.code for one in known.currencies],
        "incomes": {str(one): words for one, words in tax_payments.WORDS.items()},
        "countries": tax_regimes.countries(),
        "problem": "",
        "wrong_at": "",
    }
    return see(visit, "tax_preview.html", status, **(values | more))


# ---- a year ----


def year(visit: Visit) -> Response:
    """What was paid and withheld in a year, and its files."""
    permits.require(visit.who, Power.READ_CASH)
    office, who, issuer, number = visit.office, visit.who, issuer_of(visit), _year(visit)
    owner, paid = parties.owner(office, issuer), taxes.withheld(office, who, issuer, number)
    keeps = permits.allows(who, Power.KEEP_CASH, owner.id)
    found = taxes.year_files(office, who, issuer, number) if keeps and paid else None
    values: dict[str, Any] = {
        "owner": owner,
        "year": number,
        "files": tax_files.names(found) if found else [],
        "shown": paid[-ROWS:][::-1],
        "total": len(paid),
        "amount": _amount,
    }
    return see(visit, "tax_year.html", **values)


def withheld_csv(visit: Visit) -> Response:
    """The record of a year, raw and exact, as CSV."""
    permits.require(visit.who, Power.READ_CASH)
    number = _year(visit)
    found = taxes.withheld(visit.office, visit.who, issuer_of(visit), number)
    heads = tuple(WithheldOut.model_fields)
    rows: Sequence[Sequence[str]] = [
        [str(getattr(withheld_out(one), name)) for name in heads] for one in found
    ]
    return _sent(reports.csv_text(heads, rows).encode(), f"withheld-{number}.csv")


def file(visit: Visit) -> Response:
    """One file of a year."""
    permits.require(visit.who, Power.KEEP_CASH)
    found = taxes.year_files(visit.office, visit.who, issuer_of(visit), _year(visit))
    name = visit.path("name")
    return _sent(tax_files.content(found, name), name)


def _sent(content: bytes, name: str) -> Response:
    said = f'attachment; filename="{name}"'
    kind = tax_files.MEDIA[name.rpartition(".")[2]]
    return Response(content, media_type=kind, headers={"Content-Disposition": said})


def _amount(amount: int, one: Payment) -> str:
    return format_units(amount, one.decimals)


def _year(visit: Visit) -> int:
    text = visit.path("number")
    if not (text.isascii() and text.isdigit() and len(text) == 4):
        raise NotFound(f"{text[:16]!r} is no year", year=text[:16])
    return int(text)
