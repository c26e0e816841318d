"""Takes over an incumbent's register from CSV: a dry run first, then the same as acts on chain.

The dry run reads everything, sums it, and lists every difference from the declared control totals
and from the register that is here already. Posting is refused while anything differs.
"""

from dataclasses import dataclass
from datetime import date

from freehold.book import issuers
from freehold.core import takeover
from freehold.core.acts import Notice
from freehold.core.company import Company
from freehold.core.errors import Conflict
from freehold.core.ids import record_hash
from freehold.core.takeover import Difference, Totals
from freehold.desks.office import Office, today
from freehold.desks.outbox import following, orders
from freehold.desks.outbox.carrying import Progress, silent
from freehold.desks.register.history import BroughtIn, Past, bring_in
from freehold.desks.register.provenance import unfinished

REGISTER_FILE, TOTALS_FILE = "register.csv", "totals.csv"


@dataclass(frozen=True, slots=True)
class DryRun:
    """What the old register sums to, where it differs from what was expected, what it says that the
    register will not."""

    day: date
    totals: Totals
    differences: tuple[Difference, ...]
    not_mapped: tuple[Notice, ...]


def dry_run(
    office: Office, company: Company, register: str, totals: str | None, day: date | None
) -> DryRun:
    """Compare an old register (CSV text) with its control totals and with the register here.

    A take-over that was stopped half-way is not compared with what it has posted so far. Raises Invalid
    with every mistake of the files. Changes nothing.
    """
    document = _document(register, totals)
    when = day or orders.remembered_day(office, _named(company, document)) or today(office)
    old = takeover.read_register(register, company.classes, when)
    declared = takeover.read_totals(totals, company.classes) if totals else None
    existing = None
    if not unfinished(office, company.issuer.id, len(company.classes), document):
        existing = _existing(office, company, when)
    found = takeover.differences(old, declared, existing)
    return DryRun(when, takeover.totals_of(old), found, takeover.not_mapped(old))


def post(
    office: Office,
    company: Company,
    register: str,
    totals: str | None,
    day: date | None,
    progress: Progress = silent,
) -> BroughtIn:
    """Carry the take-over out; its day is fixed when it is first asked for.

    Raises Conflict while anything differs or where it began for another day, Invalid as `dry_run`.
    """
    found = dry_run(office, company, register, totals, day)
    if found.differences:
        raise Conflict(f"the take-over differs, nothing was posted: {found.differences[0]}")
    document = _document(register, totals)
    when = orders.fixed_day(office, _named(company, document), found.day)
    old = takeover.read_register(register, company.classes, when)
    acts = takeover.plan(old, when)
    past = Past(company.issuer, tuple(company.classes.values()), acts, document)
    made = bring_in(office, past, {}, progress)
    files = {REGISTER_FILE: register} | ({TOTALS_FILE: totals} if totals else {})
    with office.book.transaction() as tx:
        issuers.keep_files(tx, company.issuer.id, files, office.clock.now())
    return made


def _document(register: str, totals: str | None) -> bytes:
    return bytes.fromhex(record_hash({"register": register, "totals": totals or ""})[2:])


def _named(company: Company, document: bytes) -> str:
    return f"take-over {company.issuer.id} {document.hex()}"


def _existing(office: Office, company: Company, day: date) -> dict[str, dict[str, int]] | None:
    """Holdings here by class and holder id; None where the issuer is not here yet."""
    with office.book.reading() as tx:
        owner = next((one for one in issuers.issuers(tx) if one.id == company.issuer.id), None)
    return following.holdings_on(office, owner, day) if owner else None
