"""Acts of winding-ups that need one person, and those that are due: orders for the worker.

As `processing.py` for corporate actions, whose table carries them out.
"""

import json

from freehold.book import windups as book
from freehold.book import work_orders as kept
from freehold.book.schema_work import State as Stage
from freehold.book.work_orders import WorkOrder
from freehold.core.actions.windup import State, Step, state, why_not
from freehold.core.roles import Power
from freehold.desks import permits
from freehold.desks.office import Office
from freehold.desks.servicing import processing, servicing, windup_reading, windups
from freehold.desks.servicing.processing import WORKER, Act

STEPS = {
    Act.PAY_WINDUP: Step.PAY,
    Act.RECONCILE_WINDUP: Step.RECONCILE,
    Act.CLOSE_WINDUP: Step.CLOSE,
}
"""The step that an act takes."""


def ask(office: Office, who: permits.Actor, id: str, act: Act, **texts: str) -> WorkOrder:
    """Ask for an act of a winding-up that needs one person, once for each state it is asked in.

    Raises NotFound, NotPermitted, Conflict with the sentence why it is not the time.
    """
    permits.require(who, Power.SERVICE)
    of = windups.case(office, id)
    permits.require(who, Power.SERVICE, of.owner.id)
    if act in STEPS:
        windups.require(office, of, STEPS[act])
    key = f"{who.id} {act} {len(of.taken)} {json.dumps(texts, sort_keys=True)}"
    given = {"windup": id, **texts}
    with office.book.transaction() as tx:
        found = processing.enter(office, tx, who, act, of.owner.id, of.scope, given, key)
        if found.state is Stage.FAILED:  # asked again
            now = office.clock.now()
            found = kept.move(tx, found.id, Stage.FAILED, Stage.WAITING, now, doing="")
    return found


def waiting(office: Office, who: permits.Actor, id: str) -> list[WorkOrder]:
    """Orders about a winding-up that are not carried out yet, or were refused; last first.

    Raises NotPermitted, NotFound.
    """
    permits.require(who, Power.READ_REGISTER)
    return processing.waiting(office, windup_reading.one(office, who, id).of.scope)


def advance_due(office: Office) -> int:
    """Ask for what is due now: a stage whose money is here and whose time has come, the proof; how many.

    Each is asked for once: what fails waits for a person who asks for it again.
    """
    with office.book.reading() as tx:
        ids = book.unfinished(tx)
    return sum(_advance(office, id) for id in ids)


def _advance(office: Office, id: str) -> bool:
    of = windups.case(office, id)
    if of.owner.chain != office.chain:
        return False
    act = Act.RECONCILE_WINDUP if state(of.course) is State.PAID else Act.PAY_WINDUP
    if why_not(of.course, servicing.now_of(office), STEPS[act]):
        return False
    key = f"due {act} {of.course.paid}"
    if processing.order_of(office, act, of.scope, key) is not None:
        return False
    with office.book.transaction() as tx:
        processing.enter(office, tx, WORKER, act, of.owner.id, of.scope, {"windup": id}, key)
    return True
