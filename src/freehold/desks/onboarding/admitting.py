"""Admitting and suspending a holder: acts for which one person with the power is enough.

They are decided here and signed by the worker, as a transfer is. A suspended holder keeps what he has and
may receive nothing: the last day on which he may is the day before. Reinstating ends that.
"""

from dataclasses import dataclass
from datetime import timedelta

from freehold.book import audit, instructions, issuers, requests
from freehold.book.requests import Request
from freehold.book.session import Transaction
from freehold.chain import send
from freehold.core.audit import Entry, Outcome
from freehold.core.clock import LAST_DAY, day_of
from freehold.core.errors import Invalid, Plain
from freehold.core.ids import InstructionId, record_hash
from freehold.core.instruction import Instruction
from freehold.core.policy.starter import HolderClass
from freehold.core.reasons import Refusal, message_for
from freehold.core.roles import Power, holder_scope
from freehold.desks import parties, permits
from freehold.desks.office import Office, today
from freehold.desks.onboarding import holders
from freehold.desks.onboarding.holders import AdmitRequest, MarkRequest
from freehold.desks.outbox import orders
from freehold.desks.outbox.carrying import entered
from freehold.desks.outbox.orders import Order
from freehold.desks.permits import Actor


@dataclass(frozen=True, slots=True)
class Given:
    """What became of an act of one person: the instruction that the worker sends, or the refusal."""

    holder: str
    instruction: Instruction | None
    code: int = 0
    reason: str = ""


def admit_as(office: Office, who: Actor, request: AdmitRequest, key: str) -> Given:
    """Open an account for a person, once under a key; the worker sends it.

    Raises NotPermitted, Conflict where the id is somebody else's or the key was used for another act,
    Invalid where no wallet is named and the agent keeps no keys.
    """
    owner = _owner(office, who, request.issuer)
    holders.require_own(request.flags)
    holder = request.holder
    named = [holder.id, holder.name, str(holder.kind), holder.country, str(request.wallet)]
    digest = record_hash(["admit", owner, *named, str(request.of_class)])[2:]
    if known := _earlier(office, who, key, digest):
        return known
    of = parties.owner(office, owner)
    agent = orders.agent(office)
    order = holders.admit_order(of, agent, request, holders.row_of(office, of, request))
    if refused := _refused(office, who, order, str(holder.id)):
        return refused
    with office.book.transaction() as tx:
        if earlier := requests.claim(tx, who.id, key, digest):
            return _answered(tx, earlier)
        row = holders.row_of(office, of, request)
        order = holders.admit_order(of, agent, request, row)
        issuers.add(tx, row, office.clock.now())
        made = entered(office, tx, order.scope, order.asked[0])
        _keep(office, tx, who, key, digest, "admit holder", (owner, row.id), made)
    return Given(row.id, made)


def suspend_as(
    office: Office, who: Actor, issuer: str | None, holder: str, suspended: bool, key: str
) -> Given:
    """Suspend a holder, or reinstate him, once under a key; the worker sends it. Raises as `admit_as`."""
    owner = _owner(office, who, issuer)
    act = "suspend holder" if suspended else "reinstate holder"
    digest = record_hash([act, owner, holder])[2:]
    if known := _earlier(office, who, key, digest):
        return known
    until = today(office) - timedelta(days=1) if suspended else day_of(LAST_DAY)
    asked = MarkRequest(holder, f"{who.id} {key}", owner, until=until)
    order = holders.mark_order(office, orders.agent(office), asked)
    named = parties.party(office, parties.owner(office, owner), holder).holder.id
    if refused := _refused(office, who, order, named):
        return refused
    with office.book.transaction() as tx:
        if earlier := requests.claim(tx, who.id, key, digest):
            return _answered(tx, earlier)
        made = entered(office, tx, order.scope, order.asked[0])
        _keep(office, tx, who, key, digest, act, (owner, named), made)
    return Given(named, made)


def class_named(name: str | None) -> HolderClass | None:
    """A class by its name, such as outside-us; None for none. Raises Invalid."""
    if not name:
        return None
    known = {one.name.lower().replace("_", "-"): one for one in HolderClass}
    if name not in known:
        raise Invalid(f"class {name[:32]!r} is none of {', '.join(known)}", field="holder_class")
    return known[name]


def _owner(office: Office, who: Actor, issuer: str | None) -> str:
    permits.require(who, Power.ADMIT)
    with office.book.reading() as tx:
        owner = issuers.find(tx, issuer).id
    permits.require(who, Power.ADMIT, owner)
    return owner


def _earlier(office: Office, who: Actor, key: str, digest: str) -> Given | None:
    with office.book.reading() as tx:
        known = requests.earlier(tx, who.id, key, digest)
        return _answered(tx, known) if known else None


def _answered(tx: Transaction, known: Request) -> Given:
    assert known.instruction, "kept with its instruction"
    made = instructions.find(tx, InstructionId(known.instruction))
    return Given(str(known.outcome["holder"]), made)


def _refused(office: Office, who: Actor, order: Order, holder: str) -> Given | None:
    """The refusal of a first try, recorded; None if the contract would take it."""
    asked = order.asked[0]
    assert asked.target, "an act calls a contract"
    why = send.attempt(office.w3, asked.signer.address, asked.target, asked.data)
    if why is None:
        return None
    code = why.code if isinstance(why, Refusal) else 0
    words = message_for(code) if isinstance(why, Refusal) else why.message
    content: dict[str, Plain] = {"why": words}
    with office.book.transaction() as tx:
        entry = Entry(who.id, f"{order.act} holder", holder, Outcome.REFUSED, code or None, content)
        audit.record(tx, entry, office.clock.now())
    return Given(holder, None, code, words)


def _keep(
    office: Office,
    tx: Transaction,
    who: Actor,
    key: str,
    digest: str,
    act: str,
    whom: tuple[str, str],
    made: Instruction,
) -> None:
    now, scope = office.clock.now(), holder_scope(*whom)
    audit.record(tx, Entry(who.id, act, whom[1], content={"instruction": made.id}), now)
    kept = {"holder": whom[1]}
    requests.keep(tx, Request(who.id, key, digest, scope, made.id, kept, now))
