"""Record instants: announced ahead, and kept on chain for ever.

Holdings as of all blocks before a record instant can be asked of the contract itself, by its number.
"""

from dataclasses import dataclass
from datetime import datetime

from freehold.book import issuers
from freehold.book.issuers import KnownInstrument
from freehold.chain.contracts import call
from freehold.core.clock import stamp, to_seconds
from freehold.core.errors import Invalid
from freehold.core.ids import Address
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

    Raises NotFound, Invalid for an instant that cannot be announced (`require_ahead`) or has a fraction
    of a second.
    """
    _, instrument = parties.instrument(office, request.issuer, request.instrument)
    scope, seconds = f"record {instrument.token}", to_seconds(request.instant)
    if request.instant.microsecond:
        raise Invalid("a record instant is a whole second", field="instant")
    if not was_asked(office, scope, actor.signer.address, request.key):
        require_ahead(office, instrument, request.instant, "instant")
    data = call("SecurityToken", "announce_record", seconds)
    asked = (Asked(actor.signer, instrument.token, data, "announce a record", request.key),)
    order = Order("announce-record", scope, request.key, asked, Powers.RECORD)
    done = orders.carry(office, actor, order, dry_run=dry_run)
    number = 0
    if done.ended is Ended.DONE:
        number = number_at(office, instrument.token, request.instant)
    return RecordOutcome(done, number, request.instant)


def require_ahead(
    office: Office, instrument: KnownInstrument, instant: datetime, field: str = "record"
) -> None:
    """Whether a record of this instrument can be announced at the instant, or stands there already.

    Raises Invalid where it has passed or comes before the newest record: the instants of an instrument
    only ascend.
    """
    if instant <= now_on_chain(office):
        said = f"the record instant {stamp(instant)} has passed: a record is announced ahead"
        raise Invalid(said, field=field)
    known = of_token(office, instrument.token)
    if known and instant not in known.values():
        newest = max(known)
        if instant < known[newest]:
            raise Invalid(
                f"record {newest} of {instrument.class_id} comes at {stamp(known[newest])}, and a new one"
                f" comes after it: choose a later instant, or call off what record {newest} is for",
                field=field,
            )


def withdraw(
    office: Office,
    actor: Actor,
    token: Address,
    number: int,
    scope: str,
    key: str,
    *,
    dry_run: bool,
) -> ActOutcome:
    """Take back the newest record while it lies ahead; it comes at once, and nothing is due by it.

    What else is due by it is for the caller to know. The contract refuses what has come.
    """
    data = call("SecurityToken", "withdraw_record", number)
    asked = (Asked(actor.signer, token, data, f"withdraw record {number}", key),)
    order = Order("withdraw-record", scope, key, asked, Powers.RECORD)
    return orders.carry(office, actor, order, dry_run=dry_run)


def of_token(office: Office, token: Address) -> dict[int, datetime]:
    """The instants of the records of a token by number, from the chain as it is now."""
    bring_up(office)
    with office.index.connect() as view:
        return read.records(view, token)


def number_at(office: Office, token: Address, instant: datetime) -> int:
    """The number of the record at this instant, 0 where none was announced."""
    found = of_token(office, token)
    return max((one for one, at in found.items() if at == instant), default=0)


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
