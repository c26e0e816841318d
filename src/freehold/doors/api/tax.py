"""Routes of tax forms: what a person filed, kept sealed; what is told of it names no taxpayer number."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field, StringConstraints

from freehold.core.actions.tax import valid_until
from freehold.core.actions.tax_forms import TaxForm
from freehold.desks.servicing import taxes
from freehold.doors.api.actions import Issuer
from freehold.doors.api.problems import responses
from freehold.doors.api.routes import Caller, OfficeOf

router = APIRouter(prefix="/v1")
Person = Annotated[
    str, Path(min_length=1, max_length=128, pattern=r"^[^\x00/]*$", description="The person's id")
]
Short = Annotated[str, StringConstraints(max_length=64, pattern=r"^[^\x00]*$")]
STRICT: Any = {"extra": "forbid"}


class TaxFormIn(BaseModel):
    """A form as it was filed: `signed` is YYYY-MM-DD, `residence` ISO 3166, `own_rate` a rate by ruling,
    and `why` which."""

    model_config = STRICT

    form: Literal["w9", "w8ben", "w8bene"]
    signed: Short
    residence: Short = ""
    tin: Short = ""
    treaty: Annotated[bool, Field(strict=True)] = False
    chapter3: Short = ""
    chapter4: Short = ""
    own_rate: Short = ""
    why: Annotated[str, StringConstraints(max_length=512, pattern=r"^[^\x00]*$")] = ""


class TaxFormOut(BaseModel):
    """A form on file; `good_until` None: until the circumstances change."""

    person: str
    form: str
    signed: date
    good_until: date | None
    residence: str
    tin_on_file: bool
    treaty: bool
    own_rate: str | None


@router.get("/persons/{id}/tax-form", responses=responses(400, 404, 409))
def tax_form(office: OfficeOf, actor: Caller, id: Person, issuer: Issuer = None) -> TaxFormOut:
    """The newest form of a person."""
    return _told(id, taxes.form_of(office, actor, issuer, id))


@router.put("/persons/{id}/tax-form", responses=responses(400, 404, 409))
def keep_tax_form(
    office: OfficeOf, actor: Caller, id: Person, given: TaxFormIn, issuer: Issuer = None
) -> TaxFormOut:
    """Keep a form, sealed; one with mistakes, or that ran out, is refused whole."""
    filed = {name: value for name, value in given.model_dump().items() if value}
    return _told(id, taxes.keep_form(office, actor, issuer, id, filed))


def _told(person: str, one: TaxForm) -> TaxFormOut:
    return TaxFormOut(
        person=person,
        form=str(one.form),
        signed=one.signed,
        good_until=valid_until(one.form, one.signed, one.signed),
        residence=one.residence,
        tin_on_file=bool(one.tin),
        treaty=one.treaty,
        own_rate=None if one.own is None else str(one.own),
    )
