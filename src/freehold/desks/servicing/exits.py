"""What an exit of an issuer would bring to each class: its terms, saved or tried, divided.

Terms are the text of a file (docs/reference/waterfall.md). Until somebody saves some, they are a draft:
what the issuer's cap table files say of its classes, with the units that the chain says there are.
Nothing is paid here, and nothing that is not exact is rounded.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from freehold.book import audit, exit_terms, identities, issuers
from freehold.book.exit_terms import Saved
from freehold.book.issuers import KnownInstrument, KnownIssuer
from freehold.book.session import Transaction
from freehold.core import ocf
from freehold.core.actions import fields
from freehold.core.actions.exit_answer import ExitAnswer, divide
from freehold.core.actions.exit_captable import Draft, draft_of, draft_of_classes
from freehold.core.actions.exit_file import ExitFile, read_exit
from freehold.core.audit import Entry
from freehold.core.errors import Invalid, NotFound
from freehold.core.ids import record_hash
from freehold.core.roles import Power
from freehold.core.units import parse_units
from freehold.desks import permits
from freehold.desks.office import Office
from freehold.desks.outbox.following import bring_up
from freehold.desks.permits import Actor
from freehold.desks.register import ownership
from freehold.indexer import read

CURRENCY = "USD"
"""What a draft counts in where nothing of the issuer states a price."""


@dataclass(frozen=True, slots=True)
class TermsView:
    """The terms of an issuer's exit: version 0 is a draft that nobody saved. `notices` say what a draft
    leaves out of the cap table, and where saved terms count other units than the register."""

    owner: KnownIssuer
    text: str
    version: int
    kept_by: str
    kept_at: datetime | None
    notices: tuple[str, ...]


def terms_of(office: Office, who: Actor, issuer: str) -> TermsView:
    """The terms saved last, or a draft. Raises NotFound, NotPermitted."""
    owner, saved = _saved(office, who, issuer)
    if saved is None:
        draft = _draft(office, owner)
        return TermsView(owner, draft.text, 0, "", None, draft.notices)
    with office.book.reading() as tx:
        by = _named(tx, saved.kept_by)
        every = issuers.instruments(tx, owner.id)
    notices = tuple(_differences(read_terms(saved.text), _units(office, every)))
    return TermsView(owner, saved.text, saved.version, by, saved.kept_at, notices)


def keep(office: Office, who: Actor, issuer: str, text: str) -> TermsView:
    """Save terms for everybody who may read them, as the next version.

    Raises Invalid with every mistake of the text, NotFound, NotPermitted.
    """
    permits.require(who, Power.SERVICE, issuer)
    read_terms(text)
    now = office.clock.now()
    with office.book.transaction() as tx:
        owner = issuers.find(tx, issuer)
        made = exit_terms.keep(tx, owner.id, text, who.id, now)
        told = {"version": str(made.version), "sha256": record_hash([text])[2:]}
        audit.record(tx, Entry(who.id, "save exit terms", owner.id, content=told), now)
    return terms_of(office, who, issuer)


def simulate(
    office: Office, who: Actor, issuer: str, amount: str, text: str | None = None
) -> ExitAnswer:
    """Divide an exit of `amount` (decimal text in whole coins of the currency) by the issuer's terms, or by
    those in `text`. Raises Invalid with every mistake, NotFound, NotPermitted."""
    owner, saved = _saved(office, who, issuer)
    if text is None:
        text = _draft(office, owner).text if saved is None else saved.text
    file = read_terms(text)
    return divide(file, amount_of(file, amount))


def read_terms(text: str) -> ExitFile:
    """The terms of a text. Raises Invalid with every mistake and its line."""
    top = fields.parse_toml(text)
    if top.content.get("kind", "exit") != "exit":
        fields.note(top, "kind", 'is not "exit": `freehold waterfall` divides what a fund pays out')
        fields.refuse_mistakes(top, "the file of the exit")
    return read_exit(top)


def amount_of(file: ExitFile, text: str) -> int:
    """An exit as somebody writes it (25,000,000.50), in smallest units. Raises Invalid, field exit."""
    written = text.replace(",", "").replace(" ", "").replace("\u00a0", "")
    if not written:
        raise Invalid(f"enter what there is to divide in {file.currency}", field="exit")
    return parse_units(written, file.digits, "exit")


def _saved(office: Office, who: Actor, issuer: str) -> tuple[KnownIssuer, Saved | None]:
    permits.require(who, Power.READ_REGISTER, issuer)
    with office.book.reading() as tx:
        owner = issuers.find(tx, issuer)
        return owner, exit_terms.latest(tx, owner.id)


def _draft(office: Office, owner: KnownIssuer) -> Draft:
    with office.book.reading() as tx:
        every = issuers.instruments(tx, owner.id)
        files = issuers.source_files(tx, owner.id)
    units = _units(office, every)
    source = ownership.source_of(office, owner.id, every, files)
    if source is None:
        return draft_of_classes(owner.name, CURRENCY, units)
    return draft_of(ocf.captable_at(source, ocf.last_day(source)), units)


def _units(office: Office, every: list[KnownInstrument]) -> Mapping[str, Fraction]:
    """Whole units of each class that somebody but the issuer holds, by the chain."""
    bring_up(office)
    with office.index.connect() as view:
        last = read.last_block(view)
        return {
            one.class_id: Fraction(read.holdings(view, one.token, last).total, 10**one.decimals)
            for one in every
        }


def _differences(file: ExitFile, units: Mapping[str, Fraction]) -> Iterator[str]:
    """Where terms count other units of a class than the register has."""
    for name, there in units.items():
        counted = file.units.get(name)
        if counted is None and there:
            yield f"{name} is not in the terms; the register has {_written(there)} units of it"
        elif counted is not None and counted != there:
            yield (
                f"the terms count {_written(counted)} units of {name}, the register has"
                f" {_written(there)}; after a split prices, ratios and strikes are others too"
            )


def _written(units: Fraction) -> str:
    return f"{units.numerator:,}" if units.denominator == 1 else f"{float(units):,}"


def _named(tx: Transaction, identity: str) -> str:
    """Who an identity is for a reader; whoever works in the home folder has none."""
    try:
        return identities.find(tx, identity).sign_in_name
    except NotFound:
        return identity
