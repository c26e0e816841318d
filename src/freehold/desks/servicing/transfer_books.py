"""The transfer books of a class that a redemption, a call or its maturity ends: closed from the record on.

Whoever is paid for a unit must still have it when it ends. So the class is halted at the record instant,
by the worker or at the latest before the pot opens, and resumed once its units have ended or the action
is called off. A halt that somebody else ordered is left as it is.
"""

from freehold.book import actions as book
from freehold.chain import contracts
from freehold.chain.contracts import call
from freehold.core.actions.kinds import TRAITS, Work
from freehold.core.actions.life import State, Step
from freehold.core.errors import Conflict, PlatformError
from freehold.core.events import HaltOrdered
from freehold.core.grounds import Ground
from freehold.core.ids import record_hash
from freehold.core.powers import Powers
from freehold.desks.office import Office
from freehold.desks.outbox import orders
from freehold.desks.outbox.carrying import was_asked
from freehold.desks.outbox.following import bring_up
from freehold.desks.outbox.locking import Done
from freehold.desks.servicing import servicing
from freehold.desks.servicing.servicing import Case
from freehold.indexer import journal

_CLOSE, _OPEN = "close the books", "open the books"


def keep(office: Office) -> Done:
    """Close the books of every class whose record has passed and that is to end. The worker does it."""
    ends = [str(kind) for kind, traits in TRAITS.items() if traits.work is Work.REDEEM]
    with office.book.reading() as tx:
        waiting = book.unfinished(tx, ends)
    closed, held = 0, []
    for of in (servicing.case(office, id) for id in waiting):
        if servicing.state_of(office, of) in (State.RECORDED, State.FUNDED):
            try:
                closed += close(office, of)
            except PlatformError as fault:
                held.append(fault)
    return Done(closed, tuple(held))


def close(office: Office, of: Case) -> bool:
    """Halt the class of an action that ends it; whether it was open. Raises Conflict where the contract
    refuses it."""
    if of.terms.work is not Work.REDEEM or Step.CLOSE_BOOKS in of.steps:
        return False
    asked = was_asked(office, of.scope, office.keys.agent.address, _CLOSE)
    if not asked and contracts.read(office.w3, "SecurityToken", of.instrument.token, "paused"):
        return False
    _carry(office, of, _CLOSE)
    servicing.record_step(office, orders.agent(office), of.known.id, Step.CLOSE_BOOKS, {})
    return True


def reopen(office: Office, of: Case) -> None:
    """Resume the class where this action halted it, and nobody has ordered anything since.

    Raises Conflict where it is refused.
    """
    of = servicing.case(office, of.known.id)
    if Step.CLOSE_BOOKS not in of.steps or Step.OPEN_BOOKS in of.steps:
        return
    if _is_ours(office, of) or was_asked(office, of.scope, office.keys.agent.address, _OPEN):
        _carry(office, of, _OPEN)
    servicing.record_step(office, orders.agent(office), of.known.id, Step.OPEN_BOOKS, {})


def _carry(office: Office, of: Case, what: str) -> None:
    act = "halt" if what == _CLOSE else "resume"
    data = call("SecurityToken", act, int(Ground.ISSUER_DECISION), _document(of))
    calls = [(of.instrument.token, what, what, data)]
    done = servicing.carry(office, orders.agent(office), of, calls, Powers.HALT)
    if done.refused:
        raise Conflict(f"{what} of {of.terms.instrument}: {done.reason}", action=of.known.id)


def _is_ours(office: Office, of: Case) -> bool:
    """Whether the last that was ordered of the class is this action's halt."""
    bring_up(office)
    with office.index.connect() as view:
        said = journal.events_of(view, [of.instrument.token], (HaltOrdered,))
    last = said[-1].event if said else None
    if not isinstance(last, HaltOrdered):
        return False
    return last.halted and last.document.removeprefix("0x") == _document(of).hex()


def _document(of: Case) -> bytes:
    return bytes.fromhex(record_hash({"action": of.known.id, "books": "closed"})[2:])
