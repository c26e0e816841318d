"""The records of Rule 17Ad: items by hand, turnaround of a month, differences, lost holders, searches."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from freehold.book import audit, controls, issuers, registry_records, requests
from freehold.book.controls import RecordDifference
from freehold.book.issuers import KnownIssuer
from freehold.book.session import Transaction
from freehold.core import recordkeeping as rule
from freehold.core.audit import Entry
from freehold.core.clock import anniversary
from freehold.core.errors import Conflict, Invalid, Plain
from freehold.core.recordkeeping import Item, Lost, Open, Search, Turnaround
from freehold.core.roles import Power, holder_scope
from freehold.desks import parties, permits
from freehold.desks.office import Office
from freehold.desks.permits import Actor

WHAT = ("transfer", "legend-removal", "address", "inquiry", "replacement", "other")
OUTCOMES = ("done", "rejected", "returned")
MOST_WORDS = 200


@dataclass(frozen=True, slots=True)
class AgentReport:
    """A month of an agent's records: items, their turnaround, open differences, lost holders."""

    issuer: str
    issuer_name: str
    month: date
    as_of: datetime
    items: tuple[Item, ...]
    turnaround: Turnaround
    differences: tuple[RecordDifference, ...]
    lost: tuple[Search, ...]


def report(
    office: Office, who: Actor, issuer: str | None, month: date | None = None
) -> AgentReport:
    """The report of a month (this one). Raises NotPermitted, Invalid for a month to come."""
    owner, now = _reads(office, who, issuer), office.clock.now()
    first = (month or now.date()).replace(day=1)
    if first > now.date():
        raise Invalid(f"the month {first:%Y-%m} has not come", field="month")
    begin, end = _midnight(first), _midnight(anniversary(first, 1))
    with office.book.reading() as tx:
        items = registry_records.items(tx, owner.id, begin, end)
        differences = controls.differences(tx, owner.id, open_only=True)
        lost = [one for one in registry_records.lost(tx, owner.id) if one.found_at is None]
    return AgentReport(
        owner.id,
        owner.name,
        first,
        now,
        tuple(items),
        rule.turnaround(items, now.date()),
        tuple(differences),
        tuple(rule.next_search(one, now.date()) for one in lost),
    )


def receive(
    office: Office,
    who: Actor,
    issuer: str | None,
    holder: str,
    what: str,
    *,
    routine: bool = True,
    note: str = "",
    once: str | None = None,
) -> int:
    """Write that an item came in by hand; its number. Under the idempotency key `once` it is the same item
    when asked again. Raises Invalid, NotFound, Conflict for a key that was used for another one."""
    owner = _keeps(office, who, issuer)
    if what not in WHAT:
        raise Invalid(f"what {what!r} is none of {', '.join(WHAT)}", field="what")
    words, now = _words(note, "note"), office.clock.now()
    asked = requests.once(who.id, once, owner.id, "receive an item", holder, what, routine, words)
    with office.book.transaction() as tx:
        if known := requests.answered(tx, asked):
            return int(known["number"])
        named = issuers.holder_named(tx, owner.id, holder).id
        number = registry_records.receive(tx, owner.id, named, what, routine, words, who.id, now)
        requests.note(tx, asked, {"number": number}, now)
        _note(tx, who, "receive an item", owner.id, named, number, now, what=what)
    return number


def open_items(office: Office, who: Actor, issuer: str | None) -> list[Open]:
    """What came by hand and is not turned around, the oldest first. Raises NotPermitted."""
    owner, today = _reads(office, who, issuer), office.clock.now().date()
    with office.book.reading() as tx:
        found = registry_records.open_items(tx, owner.id)
    return [rule.still_open(one, note, today) for one, note in found]


def item(office: Office, who: Actor, issuer: str | None, number: int) -> Open:
    """One item, done or not. Raises NotFound, NotPermitted."""
    owner, today = _reads(office, who, issuer), office.clock.now().date()
    with office.book.reading() as tx:
        return rule.still_open(*registry_records.item(tx, owner.id, number), today)


def turn_around(office: Office, who: Actor, issuer: str | None, number: int, outcome: str) -> None:
    """Write that an item is done. Raises Invalid, Conflict where it is."""
    owner = _keeps(office, who, issuer)
    if outcome not in OUTCOMES:
        raise Invalid(f"outcome {outcome!r} is none of {', '.join(OUTCOMES)}", field="outcome")
    now = office.clock.now()
    with office.book.transaction() as tx:
        holder = registry_records.turn_around(tx, owner.id, number, outcome, now)
        _note(tx, who, "turn an item around", owner.id, holder, number, now, what=outcome)


def lose(office: Office, who: Actor, issuer: str | None, holder: str, day: date) -> int:
    """Write that a holder's mail came back and no new address is known, from a day on."""
    owner, now = _keeps(office, who, issuer), office.clock.now()
    if day > now.date():
        raise Invalid(f"the day {day} has not come", field="day")
    with office.book.transaction() as tx:
        named = issuers.holder_named(tx, owner.id, holder).id
        number = registry_records.lose(tx, owner.id, named, day, who.id, now)
        since = day.isoformat()
        _note(tx, who, "write a holder down as lost", owner.id, named, number, now, day=since)
    return number


def lost_holders(office: Office, who: Actor, issuer: str | None) -> list[Search]:
    """Holders who are lost and not found, with the search that comes next. Raises NotPermitted."""
    owner, today = _reads(office, who, issuer), office.clock.now().date()
    with office.book.reading() as tx:
        known = registry_records.lost(tx, owner.id)
    return [rule.next_search(one, today) for one in known if one.found_at is None]


def lost_as(office: Office, who: Actor, issuer: str | None, holder: str) -> Search | None:
    """As what a holder is lost now; None where he is not. Raises NotPermitted."""
    found = lost_holders(office, who, issuer)
    return next((one for one in found if one.lost.holder == holder), None)


def lost_one(office: Office, who: Actor, number: int) -> Search:
    """One entry, of a holder who was found since, too. Raises NotFound, NotPermitted."""
    permits.require(who, Power.READ_FILES)
    with office.book.reading() as tx:
        issuer, one = registry_records.lost_one(tx, number)
    permits.require(who, Power.READ_FILES, issuer)
    return rule.next_search(one, office.clock.now().date())


def search(office: Office, who: Actor, number: int, day: date, source: str) -> Search:
    """Write that a database was searched for a lost holder, once for a day; what comes next. Raises
    Invalid for a day to come or before the loss, Conflict where he was found."""
    now = office.clock.now()
    if day > now.date():
        raise Invalid(f"the day {day} has not come", field="day")
    words = _words(source, "source")
    if not words:
        raise Invalid("source is empty: say which database was searched", field="source")
    issuer, lost = _lost_of(office, who, number)
    if lost.found_at is not None:
        raise Conflict(f"{lost.holder} was found: there is nobody to search for", lost=number)
    if day < lost.lost_on:
        raise Invalid(f"the day {day} is before the loss on {lost.lost_on}", field="day")
    with office.book.transaction() as tx:
        if registry_records.search(tx, number, day, words, who.id, now):
            act = "search for a lost holder"
            _note(tx, who, act, issuer, lost.holder, number, now, what=words, day=day.isoformat())
        return rule.next_search(registry_records.lost_one(tx, number)[1], now.date())


def found(office: Office, who: Actor, number: int) -> None:
    """Write that a lost holder was found. Raises Conflict where he was."""
    (issuer, lost), now = _lost_of(office, who, number), office.clock.now()
    with office.book.transaction() as tx:
        registry_records.found(tx, number, who.id, now)
        _note(tx, who, "find a lost holder", issuer, lost.holder, number, now)


def _keeps(office: Office, who: Actor, issuer: str | None) -> KnownIssuer:
    permits.require(who, Power.KEEP_FILES)
    owner = parties.owner(office, issuer)
    permits.require(who, Power.KEEP_FILES, owner.id)
    return owner


def _reads(office: Office, who: Actor, issuer: str | None) -> KnownIssuer:
    permits.require(who, Power.READ_FILES)
    owner = parties.owner(office, issuer)
    permits.require(who, Power.READ_FILES, owner.id)
    return owner


def _lost_of(office: Office, who: Actor, number: int) -> tuple[str, Lost]:
    permits.require(who, Power.KEEP_FILES)
    with office.book.reading() as tx:
        issuer, one = registry_records.lost_one(tx, number)
    permits.require(who, Power.KEEP_FILES, issuer)
    return issuer, one


def _note(
    tx: Transaction,
    who: Actor,
    act: str,
    issuer: str,
    holder: str,
    number: int,
    now: datetime,
    **more: Plain,
) -> None:
    subject, content = holder_scope(issuer, holder), {"number": number, **more}
    audit.record(tx, Entry(who.id, act, subject, content=content), now)


def _words(text: str, field: str) -> str:
    plain = " ".join(text.split())
    if len(plain) > MOST_WORDS or not plain.isprintable():
        raise Invalid(f"{field} is too long or has letters that cannot be shown", field=field)
    return plain


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
