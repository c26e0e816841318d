"""Takes over an incumbent's register from CSV: a dry run first, then the same as acts on chain.

The dry run reads everything, sums it, and lists every difference from the declared control totals
and from the register that is here already. Posting is refused while anything differs.
"""

from dataclasses import dataclass
from datetime import date

from freehold.book import issuers
from freehold.core import takeover
from freehold.core.company import Company
from freehold.core.errors import Conflict
from freehold.core.ids import record_hash
from freehold.core.takeover import Difference, Totals
from freehold.desks import following
from freehold.desks.carrying import Progress, silent
from freehold.desks.history import BroughtIn, Past, bring_in
from freehold.desks.office import Office, now_on_chain


@dataclass(frozen=True, slots=True)
class DryRun:
    """What the old register sums to, and where it differs from what was expected."""

    totals: Totals
    differences: tuple[Difference, ...]


def dry_run(
    office: Office, company: Company, register: str, totals: str | None, day: date | None
) -> DryRun:
    """Compare an old register (CSV text) with its control totals and with the register here.

    Raises Invalid with every mistake of the files. Changes nothing.
    """
    old = takeover.read_register(register, company.classes, day or now_on_chain(office).date())
    declared = takeover.read_totals(totals, company.classes) if totals else None
    existing = _existing(office, company, day)
    found = takeover.differences(old, declared, existing)
    return DryRun(takeover.totals_of(old), found)


def post(
    office: Office,
    company: Company,
    register: str,
    totals: str | None,
    day: date | None,
    progress: Progress = silent,
) -> BroughtIn:
    """Carry the take-over out. Raises Conflict while anything differs, Invalid as `dry_run`."""
    found = dry_run(office, company, register, totals, day)
    if found.differences:
        raise Conflict(f"the take-over differs, nothing was posted: {found.differences[0]}")
    when = day or now_on_chain(office).date()
    old = takeover.read_register(register, company.classes, when)
    document = bytes.fromhex(record_hash({"register": register, "totals": totals or ""})[2:])
    acts = takeover.plan(old, when)
    past = Past(company.issuer, tuple(company.classes.values()), acts, document)
    return bring_in(office, past, {}, progress)


def _existing(
    office: Office, company: Company, day: date | None
) -> dict[str, dict[str, int]] | None:
    """Holdings here by class and holder id; None where the issuer is not here yet."""
    with office.book.reading() as tx:
        owner = next((one for one in issuers.issuers(tx) if one.id == company.issuer.id), None)
    if owner is None:
        return None
    return following.holdings_on(office, owner, day or now_on_chain(office).date())
