"""Routes of tax on payments: forms on file, rates, previews, what was withheld, the files of a year."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from freehold.core.actions import tax_regimes
from freehold.core.actions.incomes import reporting
from freehold.core.actions.tax_forms import Payment
from freehold.core.units import format_units
from freehold.desks.approvals.approvals import ProposeRequest
from freehold.desks.office import today
from freehold.desks.servicing import forms_on_file, tax_payments, tax_wallet, taxes
from freehold.desks.servicing.forms_on_file import OnFile, Stands
from freehold.desks.servicing.tax_payments import Asked, Found
from freehold.doors.api.actions import Issuer, proposed
from freehold.doors.api.cashbook import Day
from freehold.doors.api.problems import responses
from freehold.doors.api.routes import Caller, Cursor, IdempotencyKey, Limit, OfficeOf
from freehold.doors.papers import tax_files
from freehold.wire.approvals import Approval
from freehold.wire.tax import (
    FormsOnFile,
    OnFileOut,
    PaymentIn,
    PreviewOut,
    RateOut,
    Rates,
    RecordedOut,
    RecordIn,
    ShareOut,
    WalletIn,
    WalletOut,
    Withheld,
    WithheldOut,
    YearFileOut,
    YearFilesOut,
    YearOut,
    Years,
)

router = APIRouter(prefix="/v1/tax")
Year = Annotated[int, Path(ge=1, le=9999, description="A year")]
File = Annotated[
    str,
    Path(min_length=5, max_length=160, pattern=r"^[^\x00/]*$", description="The name of a file"),
]


@router.get("/forms", responses=responses(400, 404, 409))
def forms(
    office: OfficeOf,
    actor: Caller,
    issuer: Issuer = None,
    stands: Stands | None = None,
    soon_days: Annotated[int, Query(ge=1, le=1_000)] = forms_on_file.SOON_DAYS,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> FormsOnFile:
    """Persons of the register and their newest forms: expired, none, expiring within `soon_days`, valid."""
    every = forms_on_file.on_file(office, actor, issuer, soon_days)
    found = [one for one in every if stands in (None, one.stands)]
    first = int(cursor or 0)
    following = str(first + limit) if len(found) > first + limit else None
    return FormsOnFile(
        items=[_on_file(one) for one in found[first : first + limit]], next=following
    )


@router.get("/rates", responses=responses(400, 422))
def rates(
    office: OfficeOf,
    actor: Caller,
    on: Day = None,
    country: Annotated[str | None, Query(pattern="^[A-Z]{2}$")] = None,
) -> Rates:
    """The rates of a day, statutory and by treaty, with their sources; 422 for a country not known."""
    day = on or today(office)
    if country:
        tax_regimes.regime(country)
    found = [one for one in tax_regimes.rates_on(day) if country in (None, one.country)]
    items = [
        RateOut(
            country=one.country,
            residence=one.residence,
            what=one.what,
            rate=str(one.rate),
            since=one.since,
            cite=one.cite,
            verified=one.verified,
        )
        for one in found
    ]
    return Rates(day=day, items=items)


@router.post("/previews", responses=responses(400, 404, 409, 422))
def preview(office: OfficeOf, actor: Caller, given: PaymentIn, issuer: Issuer = None) -> PreviewOut:
    """What each account would get at a record that has passed, and what would be withheld."""
    found = tax_payments.previewed(office, actor, issuer, _asked(given))
    return _preview(found, given.currency)


@router.post("/records", status_code=201, responses=responses(400, 404, 409, 422))
def record(office: OfficeOf, actor: Caller, given: RecordIn, issuer: Issuer = None) -> RecordedOut:
    """Write down that it was paid so, each account once; 409 for other amounts under the same name."""
    asked = _asked(given)
    _, new = tax_payments.recorded(office, actor, issuer, given.action, asked)
    return RecordedOut(action=given.action, new=new)


@router.get("/withheld", responses=responses(400, 404, 409))
def withheld(
    office: OfficeOf,
    actor: Caller,
    issuer: Issuer = None,
    year: Annotated[int | None, Query(ge=2000, le=2100)] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Withheld:
    """What was paid and withheld, in the order it was written down."""
    found, first = taxes.withheld(office, actor, issuer, year), int(cursor or 0)
    following = str(first + limit) if len(found) > first + limit else None
    shown = [withheld_out(one) for one in found[first : first + limit]]
    return Withheld(items=shown, next=following)


@router.get("/years", responses=responses(400, 404, 409))
def years(office: OfficeOf, actor: Caller, issuer: Issuer = None) -> Years:
    """Years in which something was paid, the last first."""
    found = taxes.years(office, actor, issuer)
    return Years(items=[YearOut(year=year, payments=count) for year, count in found])


@router.get("/years/{number}", responses=responses(400, 404, 409))
def files(office: OfficeOf, actor: Caller, number: Year, issuer: Issuer = None) -> YearFilesOut:
    """The files of a year: rows of each form, and each holder's statement."""
    found = tax_files.names(taxes.year_files(office, actor, issuer, number))
    items = [YearFileOut(name=name, what=what, rows=rows) for name, what, rows in found]
    return YearFilesOut(year=number, items=items)


@router.get(
    "/years/{number}/files/{name}",
    response_class=Response,
    responses={
        200: {"content": {kind: {} for kind in tax_files.MEDIA.values()}},
        **responses(400, 404, 409),
    },
)
def file(
    office: OfficeOf, actor: Caller, number: Year, name: File, issuer: Issuer = None
) -> Response:
    """One file of a year: rows shaped like a form as CSV or JSON, or a holder's statement as PDF."""
    found = taxes.year_files(office, actor, issuer, number)
    content = tax_files.content(found, name)
    return Response(content, media_type=tax_files.MEDIA[name.rpartition(".")[2]])


@router.get("/wallet", responses=responses(400, 404, 409))
def wallet(office: OfficeOf, actor: Caller, issuer: Issuer = None) -> WalletOut:
    """Where withheld tax goes of what is announced from now on."""
    owner, found = tax_wallet.shown(office, actor, issuer)
    return WalletOut(issuer=owner.id, wallet=found)


@router.post(
    "/wallet", status_code=201, response_model=Approval, responses=responses(400, 404, 409, 422)
)
def set_wallet(office: OfficeOf, actor: Caller, given: WalletIn, key: IdempotencyKey) -> Any:
    """Propose another wallet for withheld tax, or none; another person approves it."""
    asked = ProposeRequest("tax-wallet", {"wallet": given.wallet}, key, given.issuer)
    return proposed(office, actor, asked)


def withheld_out(one: Payment) -> WithheldOut:
    """A payment as the API words it."""
    line = reporting(one.income, date(one.day.year, 12, 31))
    money = [format_units(each, one.decimals) for each in (one.gross, one.withheld)]
    return WithheldOut(
        action=one.action,
        part=one.part,
        account=one.account,
        person=one.person,
        day=one.day,
        income=str(one.income),
        code=line.code if line else "",
        currency=one.currency,
        gross=money[0],
        withheld=money[1],
        net=format_units(one.gross - one.withheld, one.decimals),
        rate=str(one.rate),
        rule=one.rule,
        cite=one.cite,
        statement=one.statement,
    )


def _asked(given: PaymentIn) -> Asked:
    return Asked(
        given.instrument,
        given.record,
        given.currency,
        given.pot or "",
        given.per_unit or "",
        given.paid_on,
        given.country,
        given.income,
    )


def _preview(found: Found, currency: str) -> PreviewOut:
    taxed, places = found.preview.taxed, found.decimals
    return PreviewOut(
        day=found.preview.day,
        income=str(found.preview.income),
        currency=currency,
        gross=format_units(taxed.gross_total, places),
        withheld=format_units(taxed.withheld_total, places),
        net=format_units(taxed.net_total, places),
        items=[
            ShareOut(
                account=one.account,
                person=found.preview.persons.get(one.account, ""),
                units=format_units(one.units, found.unit_decimals),
                gross=format_units(one.gross, places),
                withheld=format_units(one.withheld, places),
                net=format_units(one.net, places),
                rate=str(one.treatment.rate),
                rule=one.treatment.rule,
                cite=one.treatment.cite,
                statement=one.treatment.statement,
                verified=one.treatment.verified,
            )
            for one in taxed.shares()
        ],
    )


def _on_file(one: OnFile) -> OnFileOut:
    form = one.form
    return OnFileOut(
        person=one.person,
        name=one.name,
        residence=one.residence,
        form=str(form.form) if form else None,
        signed=form.signed if form else None,
        good_until=one.good_until,
        stands=str(one.stands),
        treaty=bool(form and form.treaty),
        tin_on_file=bool(form and form.tin),
    )
