"""The worker's part of approvals: what was approved is carried out, once, step by step.

The instructions of a step are entered and linked to their proposal in one transaction, under keys made of
the proposal's id. Killed before it, the worker begins the step anew; killed after it, it finds the
instructions and waits for them. The outbox then signs and sends each once (`desks/posting.py`).
"""

from freehold.book import approvals, audit, instructions
from freehold.core.approvals import Proposal, State
from freehold.core.audit import Entry, Outcome
from freehold.core.errors import Conflict, Invalid, NotFound, NotPermitted, Plain, PlatformError
from freehold.core.instruction import Instruction
from freehold.core.instruction import State as Stage
from freehold.core.reasons import message_for
from freehold.desks.approvals.approvable import kind_named
from freehold.desks.approvals.kinds import Planned, Step
from freehold.desks.office import Office
from freehold.desks.outbox.carrying import ENDED, entered

WORKER = "worker"


def carry_out_approved(office: Office) -> int:
    """Take every approved proposal a step further, and let lapse what is overdue; how many moved."""
    with office.book.reading() as tx:
        waiting = approvals.approved(tx)
        late = approvals.overdue(tx, office.clock.now())
    for one in late:
        _lapse(office, one)
    return len(late) + sum(_advance(office, one) for one in waiting)


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
    return True


def _wait(office: Office, step: Step) -> bool:
    if step.write is None:
        return False
    with office.book.transaction() as tx:
        step.write(tx)
    return True


def _end(office: Office, proposal: Proposal, step: Step) -> bool:
    to = State.REFUSED if step.refused else State.CARRIED_OUT
    outcome = Outcome.REFUSED if step.refused else Outcome.DONE
    now = office.clock.now()
    with office.book.transaction() as tx:
        if not approvals.end(tx, proposal, to, now, step.code or None, step.refused):
            return False
        if step.write:
            step.write(tx)
        content: dict[str, Plain] = {"steps": proposal.steps}
        if step.refused:
            content["why"] = step.refused
        act = f"end {proposal.act.kind}"
        entry = Entry(WORKER, act, proposal.id, outcome, step.code or None, content)
        audit.record(tx, entry, now)
    return True


def _lapse(office: Office, proposal: Proposal) -> None:
    now = office.clock.now()
    with office.book.transaction() as tx:
        try:
            approvals.decide(tx, proposal, State.LAPSED, None, now)
        except PlatformError:
            return  # somebody decided, or another worker was first
        audit.record(tx, Entry(WORKER, f"lapse {proposal.act.kind}", proposal.id), now)
