"""How long payments and transfers wait after a change of a holder's address: days, each from a day on.

An issuer's periods are dated and only added to, so it can be told which one held on any day. A change
takes the period of its own day with it; a later setting does not shorten or prolong it.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from freehold.book import audit, settings
from freehold.book.session import Transaction
from freehold.core.audit import Entry
from freehold.core.errors import Conflict, Invalid
from freehold.core.roles import Power
from freehold.desks import parties, permits
from freehold.desks.office import Office
from freehold.desks.permits import Actor

USUAL = 10
"""Days that hold where an issuer has set nothing."""
MOST = 365


@dataclass(frozen=True, slots=True)
class Period:
    """So many days of waiting for changes from a day on; the first one has no day."""

    days: int
    since: date | None


def periods(office: Office, who: Actor, issuer: str | None) -> Sequence[Period]:
    """An issuer's periods, the first one first. Raises NotPermitted, NotFound."""
    permits.require(who, Power.READ_FILES)
    owner = parties.owner(office, issuer)
    permits.require(who, Power.READ_FILES, owner.id)
    with office.book.reading() as tx:
        return _read(tx, owner.id)


def set_period(
    office: Office, who: Actor, issuer: str | None, days: int, since: date
) -> Sequence[Period]:
    """Let changes of address wait so many days from a day on.

    Raises NotPermitted, NotFound, Invalid, Conflict for a day that is not after the last one's.
    """
    permits.require(who, Power.KEEP_FILES)
    owner = parties.owner(office, issuer)
    permits.require(who, Power.KEEP_FILES, owner.id)
    if not 0 <= days <= MOST:
        raise Invalid(f"days {days}: a hold takes 0 to {MOST} days", field="days")
    now = office.clock.now()
    if since < now.date():
        raise Invalid(f"the day {since} has passed: a period begins today or later", field="from")
    with office.book.transaction() as tx:
        known = _read(tx, owner.id)
        last = known[-1].since
        if last is not None and since <= last:
            raise Conflict(f"the period from {last} on is set already: begin after it")
        listed = [*known[1:], Period(days, since)]
        text = json.dumps([[one.days, str(one.since)] for one in listed])
        settings.write(tx, _name(owner.id), text, now)
        said = Entry(who.id, "set a hold", owner.id, content={"days": days, "from": str(since)})
        audit.record(tx, said, now)
        return _read(tx, owner.id)


def on(tx: Transaction, issuer: str, day: date) -> timedelta:
    """How long a change of a day waits."""
    begun = [one for one in _read(tx, issuer) if one.since is None or one.since <= day]
    return timedelta(days=begun[-1].days)


def _read(tx: Transaction, issuer: str) -> list[Period]:
    said = json.loads(settings.read(tx, _name(issuer)) or "[]")
    later = [Period(int(days), date.fromisoformat(since)) for days, since in said]
    return [Period(USUAL, None), *later]


def _name(issuer: str) -> str:
    return f"address hold:{hashlib.sha256(issuer.encode()).hexdigest()[:32]}"
