"""Record instants: announced ahead, and kept on chain for ever.

Holdings as of all blocks before a record instant can be asked of the contract itself, by its number.
"""

from dataclasses import dataclass
from datetime import datetime

from freehold.book import issuers
from freehold.chain.contracts import call
from freehold.core.clock import stamp, to_seconds
from freehold.core.errors import Invalid
from freehold.core.powers import Powers
from freehold.desks import parties
from freehold.desks.office import Office, now_on_chain
from freehold.desks.outbox import orders
from freehold.desks.outbox.carrying import Asked, was_asked
from freehold.desks.outbox.following import bring_up
from freehold.desks.outbox.orders import Actor, ActOutcome, Ended, Order
from freehold.indexer import read


@dataclass(frozen=True, slots=True)
class RecordRequest:
    """A record instant to announce for one instrument."""

    instrument: str
    instant: datetime
    key: str
    issuer: str | None = None


@dataclass(frozen=True, slots=True)
class RecordOutcome:
    """What became of an announcement; `number` of the record, 0 where none was announced."""

    act: ActOutcome
    number: int
    instant: datetime


@dataclass(frozen=True, slots=True)
class Record:
    """An announced record instant of an instrument (by class id); `passed` on the chain."""

    class_id: str
    number: int
    instant: datetime
    passed: bool


def announce(
    office: Office, actor: Actor, request: RecordRequest, *, dry_run: bool = False
) -> RecordOutcome:
    """Announce a record instant ahead, once under a key.

    Raises NotFound, Invalid for an instant that has passed or has a fraction of a second.
    """
    _, instrument = parties.instrument(office, request.issuer, request.instrument)
    scope, seconds = f"record {instrument.token}", to_seconds(request.instant)
    if request.instant.microsecond:
        raise Invalid("a record instant is a whole second", field="instant")
    known = was_asked(office, scope, actor.signer.address, request.key)
    if request.instant <= now_on_chain(office) and not known:
        raise Invalid(
            f"the record instant {stamp(request.instant)} has passed: a record is announced ahead",
            field="instant",
        )
    data = call("SecurityToken", "announce_record", seconds)
    asked = (Asked(actor.signer, instrument.token, data, "announce a record", request.key),)
    order = Order("announce-record", scope, request.key, asked, Powers.RECORD)
    done = orders.carry(office, actor, order, dry_run=dry_run)
    number = 0
    if done.ended is Ended.DONE:
        bring_up(office)
        with office.index.connect() as view:
            found = read.records(view, instrument.token)
        number = max(one for one, instant in found.items() if to_seconds(instant) == seconds)
    return RecordOutcome(done, number, request.instant)


def records(office: Office, issuer: str | None, named: str | None = None) -> list[Record]:
    """The announced record instants of an issuer's instruments, or of the one named."""
    bring_up(office)
    owner = parties.owner(office, issuer)
    with office.book.reading() as tx:
        chosen = issuers.instruments(tx, owner.id)
    if named is not None:
        chosen = [parties.instrument(office, issuer, named)[1]]
    now = now_on_chain(office)
    with office.index.connect() as view:
        return [
            Record(one.class_id, number, instant, instant <= now)
            for one in chosen
            for number, instant in sorted(read.records(view, one.token).items())
        ]
