"""Carries one act of a person out: tried first, sent once, and answered with what became of it.

An act that the contracts refuse is an outcome, not an error: it has a code where the refusal has one
(docs/reference/reasons.md), and a sentence. It costs nothing, because it is tried before it is sent.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from freehold.book import settings
from freehold.chain import send
from freehold.chain.signer import Signer
from freehold.core.errors import Conflict
from freehold.core.ids import record_hash
from freehold.core.instruction import Instruction
from freehold.core.powers import Powers
from freehold.core.reasons import Reason, Refusal, message_for
from freehold.desks.office import Office, today
from freehold.desks.outbox.carrying import Asked, carry_out, was_asked


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: what the person is called, and the key that signs for the person."""

    name: str
    signer: Signer


class Ended(StrEnum):
    """How an act ended; TRIED: it would be done now, and was not sent."""

    DONE = "done"
    REFUSED = "refused"
    TRIED = "tried"


@dataclass(frozen=True, slots=True)
class ActOutcome:
    """What became of an act. `code` is a reason code, 0 where none says it; `reason` a sentence."""

    act: str
    key: str
    actor: str
    ended: Ended
    code: int = 0
    reason: str = ""
    instructions: tuple[Instruction, ...] = ()

    @property
    def refused(self) -> bool:
        return self.ended is Ended.REFUSED


@dataclass(frozen=True, slots=True)
class Order:
    """An act to carry out: its calls in order, the key under which it happens once, what it needs."""

    act: str
    scope: str
    key: str
    asked: tuple[Asked, ...]
    needs: Powers


def agent(office: Office) -> Actor:
    """The transfer agent."""
    return Actor("agent", office.keys.agent)


def second(office: Office) -> Actor:
    """The second person. Raises NotPermitted where nobody is set."""
    return Actor("second", office.keys.confirmer())


def carry(office: Office, actor: Actor, order: Order, *, dry_run: bool = False) -> ActOutcome:
    """Carry an act out once, or with `dry_run` only try it.

    Only the first call is tried before sending; what follows it rests on it. Asked again under the
    same key, an act that was sent is not sent again. Raises Unavailable where the node cannot be
    reached, Conflict where the key was used for another act.
    """
    first = order.asked[0]
    if not was_asked(office, order.scope, first.signer.address, first.key):
        assert first.target, "an act calls a contract"
        why = send.attempt(office.w3, first.signer.address, first.target, first.data)
        if why is not None:
            code, words = _told(actor, order.needs, why)
            return _outcome(actor, order, Ended.REFUSED, code, words)
    if dry_run:
        return _outcome(actor, order, Ended.TRIED)
    try:
        done = carry_out(office, order.scope, order.asked)
    except Conflict as conflict:
        if "code" not in conflict.facts:
            raise
        given = int(conflict.facts["code"] or 0)
        return _outcome(actor, order, Ended.REFUSED, given, conflict.message)
    return _outcome(actor, order, Ended.DONE, done=tuple(done))


def refuse(actor: Actor, act: str, key: str, code: int, words: str = "") -> ActOutcome:
    """The outcome of an act that is refused before any contract is asked."""
    return ActOutcome(act, key, actor.name, Ended.REFUSED, code, words or message_for(code))


def instruction_bytes(instruction: str) -> bytes:
    """An instruction's id as the contracts take it."""
    return bytes.fromhex(instruction.removeprefix("0x"))


def remembered_day(office: Office, what: str) -> date | None:
    """The day that was fixed for a request; None before that."""
    with office.book.reading() as tx:
        found = settings.read(tx, day_of(what))
    return date.fromisoformat(found) if found else None


def fixed_day(office: Office, what: str, day: date | None = None) -> date:
    """The day of a request that may be asked again: `day`, or that on which it came first.

    It is remembered, so that a request killed before midnight means the same day after it. Raises
    Conflict where another day was fixed for it before.
    """
    known = remembered_day(office, what)
    if known and day not in (None, known):
        raise Conflict(
            f"this began for {known}, it cannot go on for {day}: leave the day out, or name {known}",
            began=known.isoformat(),
        )
    chosen = known or day or today(office)
    if known is None:
        with office.book.transaction() as tx:
            settings.write(tx, day_of(what), chosen.isoformat(), office.clock.now())
    return chosen


def day_of(what: str) -> str:
    """The book's setting in which the day of a request stands."""
    return f"day:{record_hash(what)[2:42]}"


def _told(actor: Actor, needs: Powers, why: Refusal | Conflict) -> tuple[int, str]:
    """Code and sentence of a refusal; the power that is lacking is named."""
    if isinstance(why, Refusal):
        return why.code, message_for(why.code)
    said = str(why.facts.get("said", ""))
    if said == "power: not held":
        names = " and ".join(power.name or "" for power in needs)
        words = f"{actor.name} ({actor.signer.address}) does not hold the power {names}"
        return int(Reason.POWER_NOT_PERMITTED), words
    return 0, why.message


def _outcome(
    actor: Actor,
    order: Order,
    ended: Ended,
    code: int = 0,
    reason: str = "",
    done: tuple[Instruction, ...] = (),
) -> ActOutcome:
    return ActOutcome(order.act, order.key, actor.name, ended, code, reason, done)
