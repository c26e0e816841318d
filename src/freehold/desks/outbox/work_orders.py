"""Work that takes several instructions: asked for at a door, carried out by the worker, step by step.

An order's id comes from what it is for, so the same thing asked twice is done once. The worker may be
killed at any point: it, or another one, begins the order again, and every act in it has a key under which
it happens once.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from freehold.book import audit, work_orders
from freehold.book.schema_work import Kind, State
from freehold.book.session import Transaction
from freehold.book.work_orders import WorkOrder
from freehold.core.audit import Entry, Outcome
from freehold.core.errors import Conflict, PlatformError, Unavailable
from freehold.core.ids import JSON, record_hash
from freehold.core.roles import Power
from freehold.desks import permits
from freehold.desks.office import Office
from freehold.desks.permits import Actor

__all__ = ["Kind", "WorkOrder"]
HELD = timedelta(seconds=30)
Tell = Callable[[int, str], None]
"""Told before each step: how many are done, and which one begins."""
Carry = Callable[[Office, WorkOrder, Tell], None]
WORDS: Mapping[Kind, str] = {
    Kind.ESTABLISH: "put an instrument on chain",
    Kind.ACTION: "service a security",
    Kind.MEETING: "hold a meeting",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an order is to do: its steps in words, and the content that the worker needs."""

    kind: Kind
    issuer: str
    subject: str
    content: Mapping[str, Any]
    steps: int


def ask(office: Office, tx: Transaction, actor: Actor, wanted: Wanted, key: JSON) -> WorkOrder:
    """Enter an order; `key` is what makes it the same one when it is asked for again."""
    now = office.clock.now()
    id = record_hash(["work order", str(wanted.kind), wanted.subject, key])
    order = WorkOrder(
        id, wanted.kind, wanted.issuer, wanted.subject, dict(wanted.content), State.WAITING, 0,
        wanted.steps, "", actor.id, now, now,
    )  # fmt: skip
    kept = work_orders.add(tx, order)
    if kept is order:
        content = {"kind": str(wanted.kind), "issuer": wanted.issuer}
        audit.record(tx, Entry(actor.id, f"ask to {WORDS[wanted.kind]}", id, content=content), now)
    return kept


def order(office: Office, actor: Actor, id: str) -> WorkOrder:
    """An order, for whoever may read what happens at its issuer. Raises NotFound, NotPermitted."""
    permits.require(actor, Power.READ_INSTRUCTIONS)
    with office.book.reading() as tx:
        found = work_orders.find(tx, id)
    permits.require(actor, Power.READ_INSTRUCTIONS, found.issuer)
    return found


def again(office: Office, actor: Actor, id: str) -> WorkOrder:
    """Let a failed order be carried out again. Raises NotFound, NotPermitted, Conflict."""
    permits.require(actor, Power.ESTABLISH)
    with office.book.transaction() as tx:
        found = work_orders.find(tx, id)
        permits.require(actor, Power.ESTABLISH, found.issuer)
        now = office.clock.now()
        moved = work_orders.move(tx, id, State.FAILED, State.WAITING, now)
        audit.record(tx, Entry(actor.id, "carry out again", id), now)
    return moved


def carry_next(office: Office, carriers: Mapping[Kind, Carry]) -> WorkOrder | None:
    """Carry out the oldest order that waits; None where none does.

    What the rules or the book refuse ends it as failed, with the sentence; what cannot be reached now
    is tried again later.
    """
    worker, now = office.posting.worker, office.clock.now()
    with office.book.transaction() as tx:
        taken = work_orders.take(tx, worker, now, now + HELD)
    if taken is None:
        return None
    with _held(office, taken):
        try:
            carriers[taken.kind](office, taken, _telling(office, taken))
        except Unavailable:
            return taken
        except PlatformError as fault:
            return _ended(office, taken, State.FAILED, _reason(fault))
    return _ended(office, taken, State.DONE, "")


def _reason(fault: PlatformError) -> str:
    said = [f"{one.place}: {one.message}" for one in getattr(fault, "mistakes", ())]
    return "; ".join([fault.message, *said])[:1_000]


def _telling(office: Office, taken: WorkOrder) -> Tell:
    def tell(done: int, doing: str) -> None:
        with office.book.transaction() as tx:
            work_orders.step(tx, taken.id, done, doing, office.clock.now())

    return tell


def _ended(office: Office, taken: WorkOrder, state: State, why: str) -> WorkOrder:
    now = office.clock.now()
    done = taken.total if state is State.DONE else None
    with office.book.transaction() as tx:
        more: dict[str, Any] = {"doing": why} | ({} if done is None else {"done": done})
        moved = work_orders.move(tx, taken.id, State.WAITING, state, now, **more)
        outcome = Outcome.DONE if state is State.DONE else Outcome.FAILED
        entry = Entry("worker", WORDS[taken.kind], taken.id, outcome, content={"why": why})
        audit.record(tx, entry, now)
    return moved


@contextmanager
def _held(office: Office, taken: WorkOrder) -> Iterator[None]:
    """Go on holding an order while it is carried out: a chain may take minutes for one step."""
    over = threading.Event()
    thread = threading.Thread(target=_hold, args=(office, taken, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _hold(office: Office, taken: WorkOrder, over: threading.Event) -> None:
    while not over.wait(HELD.total_seconds() / 3):
        until = office.clock.now() + HELD
        try:
            with office.book.transaction() as tx:
                mine = work_orders.hold(tx, taken.id, office.posting.worker, until)
        except (Unavailable, Conflict):
            continue  # the next round tries again; without it another worker may take over
        if not mine:
            return
