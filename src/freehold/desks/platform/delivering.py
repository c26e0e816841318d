"""The worker's part of webhooks: plans deliveries from the feed, and sends them, each receiver in a lane.

A receiver is sent one delivery after the other, in their order, by one thread of one worker at a time;
receivers do not wait for each other. So many lanes are open at once as `LANES` says, and at most
`LANES_OF_ONE` for the webhooks of one owner, so that whoever has many slow receivers holds up himself
alone. A lane is given up after some deliveries, and whoever has waited longest comes next. Killed, a
worker leaves leases that run out: what it was sending is sent again, under the same `Freehold-Delivery`.
"""

import random
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from freehold.book import audit, changes, identities, webhooks
from freehold.book.schema_live import Delivered
from freehold.book.session import Transaction
from freehold.book.webhooks import Delivery, Try, Webhook
from freehold.core import webhooks as protocol
from freehold.core.audit import Entry, Outcome
from freehold.core.clock import to_seconds
from freehold.desks import permits
from freehold.desks.office import Office
from freehold.desks.permits import Actor
from freehold.desks.platform.changes import scoped, sees, visible
from freehold.desks.platform.webhooks import body_of, concerns, is_test
from freehold.feeds import hooks

PLANNED = 500
LANES, LANES_OF_ONE = 16, 4
IN_A_TURN = 20
"""Deliveries of one lane before it is given up to whoever waits."""


@dataclass(slots=True)
class Lanes:
    """The lanes that are open: webhooks with their owners, and what came in the way of one."""

    pool: ThreadPoolExecutor
    open: dict[str, str] = field(default_factory=dict)
    faults: list[BaseException] = field(default_factory=list)
    tried: int = 0
    ended: bool = False
    moved: threading.Condition = field(default_factory=threading.Condition)

    def note(self, done: Future[None]) -> None:
        """Keep what came in the way of a lane: nobody waits for its thread."""
        if fault := done.exception():
            self.faults.append(fault)

    def wait(self, seconds: float) -> None:
        """Wait until a lane is given up, or for some time."""
        with self.moved:
            self.moved.wait(seconds)

    def wait_for_all(self) -> None:
        """Wait until every lane is given up."""
        with self.moved:
            self.moved.wait_for(lambda: not self.open)


@contextmanager
def opened() -> Iterator[Lanes]:
    """Lanes to deliver in; at the end every one finishes the delivery that it is at."""
    with ThreadPoolExecutor(LANES, thread_name_prefix="lane") as pool:
        lanes = Lanes(pool)
        try:
            yield lanes
        finally:
            lanes.ended = True


def plan_due(office: Office) -> int:
    """Make the deliveries of what changed since; how many webhooks moved on."""
    with office.book.reading() as tx:
        late = webhooks.behind(tx, changes.head(tx))
    moved = 0
    for one in late:
        with office.book.transaction() as tx:
            actor = _owner(tx, one)
            found = visible(tx, actor, one.read_to, PLANNED, one.kinds) if actor else None
            if found is None:
                webhooks.end(tx, one.id, office.clock.now())
                continue
            numbers = [change.number for change in found.items if concerns(one, change)]
            now = office.clock.now()
            moved += webhooks.plan(tx, one, numbers, found.read_to, now)
    return moved


def begin_due(office: Office, lanes: Lanes) -> int:
    """Open a lane for every webhook that has something due, as far as there are lanes; how many began."""
    with office.book.reading() as tx:
        due = webhooks.due(tx, office.clock.now())
    began = 0
    for which, owner in due:
        with lanes.moved:
            of_owner = sum(one == owner for one in lanes.open.values())
            if which in lanes.open or len(lanes.open) >= LANES or of_owner >= LANES_OF_ONE:
                continue
            lanes.open[which] = owner
        lanes.pool.submit(_turn, office, lanes, which).add_done_callback(lanes.note)
        began += 1
    return began


def deliver_due(office: Office) -> int:
    """Send what is due now and wait for it; how many deliveries were tried."""
    with opened() as lanes:
        begin_due(office, lanes)
        lanes.wait_for_all()
    if lanes.faults:
        raise lanes.faults[0]
    return lanes.tried


def _turn(office: Office, lanes: Lanes, which: str) -> None:
    """One lane's turn: the webhook's deliveries in their order, until nothing is due or others come."""
    try:
        for _ in range(IN_A_TURN):
            with office.book.transaction() as tx:
                one = webhooks.take_next(tx, office.posting.worker, which, office.clock.now())
            if one is None:
                return
            _deliver(office, one)
            lanes.tried += 1
            if lanes.ended:
                return
    finally:
        with lanes.moved:
            lanes.open.pop(which, None)
            lanes.moved.notify_all()


def _deliver(office: Office, one: Delivery) -> None:
    now = office.clock.now()
    with office.book.reading() as tx:
        hook = webhooks.by_id(tx, one.webhook)
        actor = _owner(tx, hook) if hook else None
        change = scoped(tx, [changes.find(tx, one.change)])[0]
        secret = webhooks.secret_of(tx, one.webhook) if hook else ""
    number = one.tries + 1
    if hook is None or actor is None or not sees(actor, change):
        said = Try(number, now, None, 0, "not sent: its owner may not see this any more")
        _note(office, one, said, Delivered.DEAD, now)
        return
    body = body_of(change)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "freehold",
        protocol.SIGNATURE: protocol.sign(secret, to_seconds(now), body),
        protocol.DELIVERY: f"{one.webhook}-{one.change}-{one.round}",
        protocol.EVENT: change.kind,
    }
    sent = hooks.send(hook.url, body, headers, loopback=is_test(office))
    said = Try(number, now, sent.status, sent.milliseconds, sent.said)
    if sent.ok:
        _note(office, one, said, Delivered.DONE, now)
    elif number >= protocol.TRIES:
        _note(office, one, said, Delivered.DEAD, now)
    else:
        wait = protocol.wait_seconds(number, random.random())
        _note(office, one, said, Delivered.WAITING, now + timedelta(seconds=wait))


def _note(office: Office, one: Delivery, said: Try, state: Delivered, due_at: datetime) -> None:
    with office.book.transaction() as tx:
        webhooks.tried(tx, one, said, state, due_at)
        if state is Delivered.DEAD:
            content = {"change": one.change, "tries": said.number}
            entry = Entry("worker", "give up delivery", one.webhook, Outcome.FAILED)
            audit.record(tx, replace(entry, content=dict(content)), office.clock.now())


def _owner(tx: Transaction, one: Webhook) -> Actor | None:
    known = identities.find(tx, one.identity)
    return None if known.ended_at else permits.actor_of(tx, known, one.powers)
