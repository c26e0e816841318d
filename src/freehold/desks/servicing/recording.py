"""Record instants that nothing waits for any more, taken back so that they bar no nearer one.

The instants of an instrument only ascend. One far ahead, of an action that was called off, would have every
other action and meeting of the class wait for it.
"""

from datetime import datetime

from freehold.book import actions as book
from freehold.book import windups
from freehold.book.issuers import KnownInstrument, KnownIssuer
from freehold.chain.contracts import call
from freehold.core.clock import stamp, to_seconds
from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.core.powers import Powers
from freehold.desks import parties
from freehold.desks.office import Office, now_on_chain
from freehold.desks.outbox import orders
from freehold.desks.outbox.carrying import Asked, was_asked
from freehold.desks.outbox.orders import Actor, ActOutcome, Order
from freehold.desks.register import records
from freehold.desks.servicing import assembly
from freehold.desks.servicing.assembly import Stage
from freehold.desks.servicing.servicing import Case


def withdraw(
    office: Office,
    actor: Actor,
    issuer: str | None,
    instrument: str,
    number: int,
    key: str,
    *,
    dry_run: bool = False,
) -> ActOutcome:
    """Take back the newest record of an instrument while it lies ahead, once under a key.

    Raises NotFound, and Conflict where it has come, is not the newest, or something waits for it.
    """
    owner, found = parties.instrument(office, issuer, instrument)
    scope = f"record {found.token}"
    if not was_asked(office, scope, actor.signer.address, key):
        known = records.of_token(office, found.token)
        if number not in known:
            raise NotFound(f"{found.class_id} has no record {number}", record=number)
        if known[number] <= now_on_chain(office):
            raise Conflict(
                f"record {number} came at {stamp(known[number])}: it stands", record=number
            )
        if number != max(known):
            said = f"record {max(known)} comes after record {number}: the newest is withdrawn first"
            raise Conflict(said, record=number)
        if waiting := waiting_for(office, owner, found, number):
            raise Conflict(
                f"record {number} is that of {', '.join(waiting)}: call off what waits for it first",
                record=number,
            )
    return records.withdraw(office, actor, found.token, number, scope, key, dry_run=dry_run)


def called_off(office: Office, actor: Actor, of: Case) -> ActOutcome | None:
    """Take back the record that an action announced which is called off; None where it stands, because it
    has come, is not the newest, was there before, or something else waits for it."""
    instant, token = of.terms.record, of.instrument.token
    if instant <= now_on_chain(office):
        return None
    if not was_asked(office, of.scope, actor.signer.address, "announce"):
        return None
    known = records.of_token(office, token)
    number = max(known, default=0)
    if known.get(number) != instant:
        return None
    if waiting_for(office, of.owner, of.instrument, number, but=of.known.id):
        return None
    return records.withdraw(office, actor, token, number, of.scope, "withdraw", dry_run=False)


def require_movable(office: Office, of: Case, instant: datetime) -> None:
    """Whether the record of an action can be taken back for one at another instant.

    Raises Invalid for an instant that has passed, Conflict where the action's own record is not the newest
    or something else waits for it, with the way out.
    """
    if instant <= now_on_chain(office):
        said = f"the record instant {stamp(instant)} has passed: a record is announced ahead"
        raise Invalid(said, field="record")
    token, number = of.instrument.token, of.record
    known = records.of_token(office, token)
    if was_asked(office, of.scope, office.keys.agent.address, f"withdraw {of.version}"):
        return
    other = waiting_for(office, of.owner, of.instrument, number, but=of.known.id)
    if number != max(known) or other:
        why = f"{', '.join(other)} has it too" if other else f"record {max(known)} comes after it"
        raise Conflict(
            f"record {number} of {of.known.id} cannot be taken back, because {why}: replace the action by"
            " another one",
            action=of.known.id,
        )
    before = [at for one, at in known.items() if one != number]
    if before and instant < max(before):
        said = (
            f"{stamp(instant)} comes before the record at {stamp(max(before))}: records only ascend"
        )
        raise Invalid(said, field="record")


def moved(office: Office, actor: Actor, of: Case, instant: datetime) -> ActOutcome:
    """Take the record of an action back and announce the one at another instant, each once for a version
    of its terms."""
    token, number, key = of.instrument.token, of.record, f"withdraw {of.version}"
    done = records.withdraw(office, actor, token, number, of.scope, key, dry_run=False)
    if done.refused:
        return done
    data = call("SecurityToken", "announce_record", to_seconds(instant))
    again = f"announce {of.version + 1}"
    asked = (Asked(actor.signer, token, data, "announce a record", again),)
    return orders.carry(office, actor, Order("announce", of.scope, again, asked, Powers.RECORD))


def waiting_for(
    office: Office, owner: KnownIssuer, one: KnownInstrument, number: int, but: str = ""
) -> list[str]:
    """What is under way with this record of an instrument, in words, without the action `but`."""
    with office.book.reading() as tx:
        under_way = {*book.unfinished(tx), *windups.unfinished(tx)} - {but}
        actions = [
            known.id
            for known in book.every(tx, owner.id)
            if known.id in under_way
            and known.instrument == one.token
            and book.record_of(book.steps(tx, known.id)) == number
        ]
        exits = [
            known.id
            for known in windups.every(tx, owner.id)
            if known.id in under_way
            and int(windups.steps(tx, known.id)[0].content["records"].get(one.class_id, 0))
            == number
        ]
    instant = records.of_token(office, one.token)[number]
    meetings = [
        each.number
        for each in assembly.every(office, owner.id)
        if each.stage not in (Stage.CANCELLED, Stage.CONCLUDED)
        and each.record == instant
        and one.class_id in each.classes
    ]
    return [
        *(f"the action {id}" for id in actions),
        *(f"the winding-up {id}" for id in exits),
        *(f"meeting {one}" for one in meetings),
    ]
