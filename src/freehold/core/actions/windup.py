"""How far a winding-up is, and what may be done with it now.

As `life.py` for corporate actions: the state follows from the steps that were taken and from the clock.
Two persons agree to the plan before anything else; money comes stage by stage, and a stage is paid
when its money is here and its time has come.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from freehold.core.clock import stamp
from freehold.core.units import format_units


class Step(StrEnum):
    """What was done; the order is that of a life. OPEN and PAY are taken once for each stage."""

    PROPOSE = "propose"
    CONFIRM = "confirm"
    FUND = "fund"
    OPEN = "open"
    PAY = "pay"
    RECONCILE = "reconcile"
    CLOSE = "close"
    CANCEL = "cancel"
    SWEEP = "sweep"


class State(StrEnum):
    """Where a winding-up stands."""

    PROPOSED = "proposed"
    AGREED = "agreed"
    FUNDED = "funded"
    PAYING = "paying"
    PART_PAID = "part-paid"
    PAID = "paid"
    RECONCILED = "reconciled"
    CLOSED = "closed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Course:
    """What a life is judged by: its instants, the money of each stage and when it opens, the steps taken
    in order, the money that came in, all in the smallest unit of a coin of `decimals`."""

    id: str
    record: datetime
    payment: datetime
    stages: Sequence[tuple[str, int, datetime]]
    taken: Sequence[Step]
    funded: int
    decimals: int

    @property
    def agreed(self) -> bool:
        return Step.CONFIRM in self.taken

    @property
    def opened(self) -> int:
        return self.taken.count(Step.OPEN)

    @property
    def paid(self) -> int:
        return self.taken.count(Step.PAY)

    @property
    def total(self) -> int:
        return sum(amount for _, amount, _ in self.stages)

    def needed(self, stages: int) -> int:
        """The money of the first stages."""
        return sum(amount for _, amount, _ in self.stages[:stages])


_ENDED = frozenset({State.CLOSED, State.CANCELLED})
_DONE = frozenset({State.PAID, State.RECONCILED})


def state(of: Course) -> State:
    """Where a winding-up stands."""
    for step, reached in (
        (Step.CANCEL, State.CANCELLED),
        (Step.CLOSE, State.CLOSED),
        (Step.RECONCILE, State.RECONCILED),
    ):
        if step in of.taken:
            return reached
    if of.paid == len(of.stages):
        return State.PAID
    if of.opened > of.paid:
        return State.PAYING
    if of.paid:
        return State.PART_PAID
    if of.funded >= of.needed(1):
        return State.FUNDED
    return State.AGREED if of.agreed else State.PROPOSED


def why_not(of: Course, now: datetime, wanted: Step) -> str:
    """The sentence that refuses a step now; empty where it may be taken."""
    where = state(of)
    if where in _ENDED:
        return f"the winding-up {of.id} is {where}: nothing more is done with it"
    if wanted is Step.CONFIRM:
        return f"the plan of {of.id} is agreed to already" if of.agreed else ""
    if wanted is Step.CANCEL:
        if where is State.PAYING:
            return f"a stage of {of.id} is being paid: what is open is paid to its end"
        done = f"the winding-up {of.id} is {where}: everybody has got what was due, so it is closed"
        return done if where in _DONE else ""
    if not of.agreed:
        return f"a second person has not agreed to the plan of {of.id} yet"
    if wanted is Step.FUND:
        full = f"the pot of {of.id} has all that its plan divides"
        return full if of.funded >= of.total else ""
    if wanted is Step.PAY:
        return _early(of, now, where)
    if wanted is Step.RECONCILE and where is not State.PAID:
        return f"the winding-up {of.id} is {where}: it is reconciled once everything is paid"
    if wanted is Step.CLOSE and where is not State.RECONCILED:
        return f"the winding-up {of.id} is {where}: it is closed once it is reconciled"
    return ""


def _early(of: Course, now: datetime, where: State) -> str:
    """Why the next stage, or the one that is open, cannot be paid now."""
    if where in _DONE:
        return f"the winding-up {of.id} is {where}: everything is paid"
    if where is State.PAYING:
        return ""
    if now < of.record:
        return f"the record instant {stamp(of.record)} lies ahead: nobody is entitled yet"
    name, amount, opens = of.stages[of.opened]
    here = of.funded - of.needed(of.opened)
    if here < amount:
        missing = format_units(amount - here, of.decimals)
        return f"the pot of {of.id} is smaller than the stage {name}: {missing} is missing"
    due = max(of.payment, opens)
    if now < due:
        return f"the stage {name} of {of.id} is due on {stamp(due)}, not before"
    return ""
