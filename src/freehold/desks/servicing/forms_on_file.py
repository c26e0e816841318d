"""Tax forms on file of an issuer's holders: who has one, until when it serves, whose runs out soon.

A form's particulars stay sealed; what is told of it here names no taxpayer number.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from freehold.book import people, tax_forms
from freehold.core.actions.tax import valid_until
from freehold.core.actions.tax_forms import TaxForm
from freehold.core.roles import Power
from freehold.desks import parties, permits
from freehold.desks.office import Office, today
from freehold.desks.permits import Actor
from freehold.desks.servicing import taxes

SOON_DAYS = 90


class Stands(StrEnum):
    """How a person's form stands on a day."""

    NONE = "none"
    VALID = "valid"
    EXPIRING = "expiring"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class OnFile:
    """A person of an issuer's register, and the newest form; `good_until` None: until circumstances
    change."""

    person: str
    name: str
    residence: str
    form: TaxForm | None
    good_until: date | None
    stands: Stands


@dataclass(frozen=True, slots=True)
class Filed:
    """A form as it was kept, and when."""

    form: TaxForm
    good_until: date | None
    kept_at: datetime


def on_file(
    office: Office, actor: Actor, issuer: str | None, soon_days: int = SOON_DAYS
) -> list[OnFile]:
    """Every person of the register, whose form needs a look first: expired, none, expiring, valid.

    Raises NotPermitted, NotFound.
    """
    owner = parties.owner(office, issuer)
    permits.require(actor, Power.READ_CASH, owner.id)
    vault, day = office.people.vault(), today(office)
    with office.book.reading() as tx:
        mine = sorted({one.person for one in people.wallets(tx) if one.issuer == owner.id})
        about, filed = people.all_particulars(tx, vault), tax_forms.with_form(tx)
        newest = {
            one: tax_forms.newest(tx, vault, one) for one in mine if one in filed and one in about
        }
    found = []
    for person in mine:
        form, known = newest.get(person), about.get(person)
        until = _until(form)
        stands = _stands(form, until, day, soon_days)
        name, lives = (known.name, known.residence) if known else ("", "")
        residence = form.residence if form else lives
        found.append(OnFile(person, name, residence, form, until, stands))
    return sorted(found, key=lambda one: (_ORDER.index(one.stands), one.good_until or date.max))


def history(office: Office, actor: Actor, issuer: str | None, person: str) -> Sequence[Filed]:
    """Every form of a person, the newest first. Raises NotPermitted, NotFound."""
    owner = parties.owner(office, issuer)
    permits.require(actor, Power.READ_CASH, owner.id)
    with office.book.reading() as tx:
        taxes.require_of(tx, actor, owner.id, person, Power.READ_CASH)
        kept = tax_forms.every(tx, office.people.vault(), person)
    return [Filed(form, _until(form), at) for form, at in reversed(kept)]


_ORDER = (Stands.EXPIRED, Stands.NONE, Stands.EXPIRING, Stands.VALID)


def _until(form: TaxForm | None) -> date | None:
    return valid_until(form.form, form.signed, form.signed) if form else None


def _stands(form: TaxForm | None, until: date | None, day: date, soon_days: int) -> Stands:
    if form is None:
        return Stands.NONE
    if until is None:
        return Stands.VALID
    if until < day:
        return Stands.EXPIRED
    return Stands.EXPIRING if until <= day + timedelta(days=soon_days) else Stands.VALID
