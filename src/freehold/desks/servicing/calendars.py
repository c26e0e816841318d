"""Every date that servicing has: of actions, of bonds beyond what is announced, of meetings.

Dates are gathered for whoever may read them and filtered; pages draw them, the API lists them, and
`core/icalendar.py` writes them for the reader's own calendar. What a bond will pay follows from the terms
that its last announced coupon was announced with, and is said to be expected.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum

from freehold.book import actions as book
from freehold.core import icalendar
from freehold.core.actions.bond_terms import coupons_in
from freehold.core.actions.kinds import ELECTED
from freehold.core.actions.life import State
from freehold.core.errors import PlatformError
from freehold.desks.office import Office
from freehold.desks.permits import Actor
from freehold.desks.servicing import events
from freehold.desks.servicing.assembly import Assembly, Stage
from freehold.desks.servicing.events import ActionView

MEETING = "meeting"
"""What stands for a kind of action where the date is a meeting's."""


class What(StrEnum):
    """What falls on a date."""

    EX = "Ex-date"
    RECORD = "Record"
    ELECTIONS = "Elections end"
    PAYMENT = "Payment"
    DELIVERY = "Delivery"
    CLAIMS = "Claims end"
    FIXING = "Coupon fixing"
    COUPON = "Coupon expected"
    MATURITY = "Maturity expected"
    OPENS = "Vote opens"
    CLOSES = "Vote closes"
    REVEALED = "Votes revealed until"


@dataclass(frozen=True, slots=True)
class Dated:
    """A date: an instant, or a whole day. `subject` is an action's id or a meeting's number; `securities`
    are class ids; `version` counts how often the subject was changed."""

    at: datetime | date
    what: What
    title: str
    subject: str
    kind: str
    issuer: str
    issuer_name: str
    securities: tuple[str, ...]
    state: str
    version: int
    called_off: bool

    @property
    def day(self) -> date:
        return self.at.date() if isinstance(self.at, datetime) else self.at

    @property
    def instant(self) -> datetime:
        """When it is, a whole day from its begin on: dates are listed by it."""
        if isinstance(self.at, datetime):
            return self.at
        return datetime.combine(self.at, time(), UTC)

    @property
    def href(self) -> str:
        return f"/meetings/{self.subject}" if self.kind == MEETING else f"/actions/{self.subject}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which dates: of an issuer, a kind of action (or `meeting`), a class, from a day on until another."""

    issuer: str | None = None
    kind: str = ""
    security: str = ""
    start: date | None = None
    until: date | None = None


def dates(office: Office, who: Actor, wanted: Wanted) -> list[Dated]:
    """The dates that somebody may read, in their order. Raises NotPermitted."""
    found = [
        *_of_actions(office, who, wanted.issuer),
        *(
            one
            for each in events.meetings_of(office, who, wanted.issuer)
            for one in of_meeting(each)
        ),
    ]
    return sorted(
        (one for one in found if _fits(one, wanted)),
        key=lambda one: (one.instant, one.title, one.what),
    )


def as_file(name: str, found: list[Dated], base: str, now: datetime) -> str:
    """Dates as an iCalendar file; `base` is the address of the platform."""
    entries = [
        icalendar.Event(
            f"{one.kind}-{one.subject}-{one.what.lower().replace(' ', '-')}-{one.issuer}{_nth(one)}",
            one.at,
            f"{one.what}: {one.title}",
            f"{one.issuer_name}, {', '.join(one.securities)}. {one.state.capitalize()}.",
            one.what,
            base + one.href,
            one.version - 1,
            one.called_off,
        )
        for one in found
    ]
    return icalendar.as_text(name, entries, now)


def of_action(one: ActionView) -> Iterator[Dated]:
    """The dates of an action by its terms in force."""
    asks = one.terms.work in ELECTED or one.terms.options.choices
    pairs: list[tuple[What, datetime | date]] = [
        (What.EX, one.terms.ex_date),
        (What.RECORD, one.terms.record),
        *([(What.ELECTIONS, one.terms.elect_until)] if asks else []),
        (What.PAYMENT if one.terms.pays else What.DELIVERY, one.terms.payment),
        *([(What.CLAIMS, one.terms.claim_until)] if one.terms.pays else []),
    ]
    for what, at in pairs:
        yield _dated(one, what, at, one.terms.id)


def of_meeting(one: Assembly) -> Iterator[Dated]:
    """The dates of a meeting."""
    terms = one.chain.terms
    pairs = [(What.RECORD, one.record), (What.OPENS, terms.opens), (What.CLOSES, terms.closes)]
    pairs += [(What.REVEALED, terms.revealed_until)] if terms.revealed_until else []
    for what, at in pairs:
        yield Dated(
            at, what, one.notice.name, str(one.number), MEETING, one.issuer.id, one.issuer.name,
            one.classes, str(one.stage), len(one.every_version), one.stage is Stage.CANCELLED,
        )  # fmt: skip


def _of_actions(office: Office, who: Actor, issuer: str | None) -> Iterator[Dated]:
    bonds: dict[str, tuple[ActionView, str]] = {}
    for one in events.listed(office, who, issuer):
        yield from of_action(one)
        with office.book.reading() as tx:
            text = book.versions(tx, one.terms.id)[-1]
        last = bonds.get(one.instrument.token)
        named = "[bond" in text and one.state is not State.CANCELLED
        if named and (last is None or last[0].terms.payment < one.terms.payment):
            bonds[one.instrument.token] = one, text
    for one, text in bonds.values():
        yield from _expected(one, text)


def _expected(one: ActionView, text: str) -> Iterator[Dated]:
    """What the terms of a bond let expect after the last coupon that was announced."""
    try:
        later = coupons_in(text)
    except PlatformError:  # an announced text was read before; what cannot be told is left out
        return
    for each in later:
        title = f"{one.instrument.class_id}, coupon {each.number}"
        if each.fixing is not None:
            yield _dated(one, What.FIXING, each.fixing, title)
        what = What.MATURITY if each.last else What.COUPON
        yield _dated(one, what, each.payment, title)


def _dated(one: ActionView, what: What, at: datetime | date, title: str) -> Dated:
    return Dated(
        at, what, title, one.terms.id, str(one.terms.kind), one.owner.id, one.owner.name,
        (one.instrument.class_id,), str(one.state), one.version, one.state is State.CANCELLED,
    )  # fmt: skip


def _nth(one: Dated) -> str:
    """What tells several dates of one subject apart: the coupon's number."""
    expected = one.what in (What.FIXING, What.COUPON, What.MATURITY)
    return f"-{one.title.rpartition(' ')[2]}" if expected else ""


def _fits(one: Dated, wanted: Wanted) -> bool:
    return (
        wanted.kind in ("", one.kind)
        and (not wanted.security or wanted.security in one.securities)
        and (wanted.start is None or one.day >= wanted.start)
        and (wanted.until is None or one.day < wanted.until)
    )
