"""The worker's part of approvals: what was approved is carried out, once, step by step.

The instructions of a step are entered and linked to their proposal in one transaction, under keys made of
the proposal's id. Killed before it, the worker begins the step anew; killed after it, it finds the
instructions and waits for them. The outbox then signs and sends each once (`desks/posting.py`).
"""

from datetime import datetime

from freehold.book import approvals, audit, instructions
from freehold.book.session import Transaction
from freehold.core.approvals import Proposal, State
from freehold.core.audit import Entry, Outcome
from freehold.core.errors import Conflict, Invalid, NotFound, NotPermitted, Plain, PlatformError
from freehold.core.grounds import meaning
from freehold.core.instruction import Instruction
from freehold.core.instruction import State as Stage
from freehold.core.reasons import message_for
from freehold.desks import notices
from freehold.desks.access import deciding
from freehold.desks.approvals.approvable import kind_named
from freehold.desks.approvals.kinds import Planned, Step
from freehold.desks.office import Office
from freehold.desks.outbox.carrying import ENDED, entered

WORKER = "worker"
CONCERNED = {
    "freeze": ("holder",),
    "unfreeze": ("holder",),
    "recovery": ("holder",),
    "force-transfer": ("sender", "receiver"),
}
"""Acts on somebody's holding that he is told of, by the arguments that name him."""
_ANNOUNCED = (
    "Another wallet was proposed for your account. It takes effect only after the delay of the register:"
    " if you have your wallet, object before."
)


def carry_out_approved(office: Office) -> int:
    """Take every approved proposal a step further, and let lapse what is overdue; how many moved."""
    with office.book.reading() as tx:
        waiting = approvals.approved(tx)
        late = approvals.overdue(tx, office.clock.now())
    for one in late:
        _lapse(office, one)
    return len(late) + sum(_advance(office, one) for one in waiting)


def carry_out_at_once(office: Office, tx: Transaction, approved: Proposal) -> Proposal:
    """Carry an approved act out in the transaction that approves it, where it stands in the book alone.

    Raises Conflict, Invalid, NotFound where it cannot be done any more: then nothing is approved either."""
    kind = kind_named(approved.act.kind)
    if not kind.at_once:
        return approved
    step = kind.carry_out(office, Planned(approved.act, approved.id))
    assert step.write, "an act of the book alone writes"
    step.write(tx)
    by = (approved.decider or approved.proposer).identity
    _note_end(tx, approved, State.CARRIED_OUT, step, office.clock.now(), by)
    return approvals.find(tx, approved.id)


def _advance(office: Office, proposal: Proposal) -> bool:
    """One step of one proposal; whether anything changed."""
    with office.book.reading() as tx:
        ids = approvals.instructions_of(tx, proposal.id)
        found = [instructions.find(tx, id) for id in ids]
    failed = next((one for one in found if one.state in ENDED - {Stage.SETTLED}), None)
    if failed:
        why = (
            message_for(failed.code)
            if failed.code
            else failed.note or "the contract gave no reason"
        )
        return _end(office, proposal, Step(refused=why, code=failed.code or 0))
    if any(one.state is not Stage.SETTLED for one in found):
        return False
    return _take(office, proposal, found)


def _take(office: Office, proposal: Proposal, done: list[Instruction]) -> bool:
    planned = Planned(proposal.act, proposal.id, tuple(done))
    try:
        step = kind_named(proposal.act.kind).carry_out(office, planned)
    except (Conflict, Invalid, NotFound, NotPermitted) as fault:  # it will not be otherwise later
        step = Step(refused=fault.message)
    if step.waits:
        return _wait(office, step)
    if step.order is None:
        return _end(office, proposal, step)
    now = office.clock.now()
    with office.book.transaction() as tx:
        ids = [entered(office, tx, step.order.scope, one).id for one in step.order.asked]
        if approvals.step(tx, proposal, ids) is None:
            return False
        if step.write:
            step.write(tx)
        content: dict[str, Plain] = {"step": proposal.steps + 1, "instruction": ids[0]}
        act = f"carry out {proposal.act.kind}"
        audit.record(tx, Entry(WORKER, act, proposal.id, content=content), now)
        if proposal.act.kind == "recovery" and not done:
            holder = proposal.act.arguments["holder"]
            notices.tell_holder(
                tx, proposal.act.issuer, holder, _ANNOUNCED, now, f"announced {proposal.id}"
            )
    return True


def _wait(office: Office, step: Step) -> bool:
    if step.write is None:
        return False
    with office.book.transaction() as tx:
        step.write(tx)
    return True


def _end(office: Office, proposal: Proposal, step: Step) -> bool:
    to = State.REFUSED if step.refused else State.CARRIED_OUT
    now = office.clock.now()
    with office.book.transaction() as tx:
        if not _note_end(tx, proposal, to, step, now):
            return False
        if step.write:
            step.write(tx)
    return True


def _note_end(
    tx: Transaction, proposal: Proposal, to: State, step: Step, now: datetime, by: str = WORKER
) -> bool:
    """Note how a proposal ended, and tell whom it concerns; False if somebody has noted it."""
    if not approvals.end(tx, proposal, to, now, step.code or None, step.refused):
        return False
    outcome = Outcome.REFUSED if step.refused else Outcome.DONE
    content: dict[str, Plain] = {"steps": proposal.steps}
    if step.refused:
        content["why"] = step.refused
    act = f"end {proposal.act.kind}"
    entry = Entry(by, act, proposal.id, outcome, step.code or None, content)
    audit.record(tx, entry, now)
    _tell(tx, proposal, step, now)
    return True


def _tell(tx: Transaction, proposal: Proposal, step: Step, now: datetime) -> None:
    """Tell the proposer of a refusal, and the holder of what was done to his holding."""
    title, act = kind_named(proposal.act.kind).title, proposal.act
    if step.refused:
        deciding.tell_proposer(tx, proposal, title, f"was refused: {step.refused}", now)
        return
    for name in CONCERNED.get(act.kind, ()):
        said = f"{title}: carried out on {now:%Y-%m-%d}. {_ground(proposal)}"
        notices.tell_holder(tx, act.issuer, act.arguments[name], said, now, once=proposal.id)


def _ground(proposal: Proposal) -> str:
    grounds = proposal.act.grounds
    return f"Ground: {meaning(grounds.reason)}" if grounds else ""


def _lapse(office: Office, proposal: Proposal) -> None:
    now = office.clock.now()
    with office.book.transaction() as tx:
        try:
            approvals.decide(tx, proposal, State.LAPSED, None, now)
        except PlatformError:
            return  # somebody decided, or another worker was first
        audit.record(tx, Entry(WORKER, f"lapse {proposal.act.kind}", proposal.id), now)
        title = kind_named(proposal.act.kind).title
        deciding.tell_proposer(tx, proposal, title, "lapsed: nobody decided in time", now)
