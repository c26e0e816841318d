"""The worker process: round after round, until it is told to stop.

A round sends what is approved, follows the chain, and advances what is due. All of it is safe to do
twice and safe to be killed in; several workers share the work by the leases of `posting`.

What can pass by itself (a node that is down, a database that is locked) is written down and tried
again. A broken invariant stops the worker with exit code 3, and the supervisor does not start it
again: somebody has to look first.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from freehold.config import Config
from freehold.core.errors import Broken, PlatformError
from freehold.desks import posting
from freehold.desks.agent import controls, restraints, statements
from freehold.desks.approvals import carrying_out
from freehold.desks.office import Office, open_office
from freehold.desks.onboarding import reviewing
from freehold.desks.outbox import locking
from freehold.desks.outbox.following import Kept, bring_up
from freehold.desks.platform import auditing, changes, delivering, readiness
from freehold.desks.servicing import transfer_books, voting
from freehold.doors.platform import journal, mail, works

QUIET_SECONDS = 0.25
"""How long a round waits after one that found nothing to do."""
FAULT_SECONDS = 2.0
STOPPED_FOR_GOOD = 3


@dataclass(frozen=True, slots=True)
class Round:
    """What one round did: instructions that moved on, events read, and what held something up."""

    changed: int
    events: int
    held: tuple[PlatformError, ...]

    @property
    def busy(self) -> bool:
        return bool(self.changed or self.events)


def round_of_work(office: Office, kept: Kept) -> Round:
    """Do one round. Raises Broken where an invariant does not hold: work must stop then."""
    voting.bring(office)
    moved = carrying_out.carry_out_approved(office)
    sent = posting.send_approved(office.posting)
    done = sent + posting.follow_chain(office.posting)
    progress = bring_up(office, kept)
    settled = reviewing.settle(office)
    told = changes.tell_registers(office)
    auditing.anchor_due(office)
    controls.make_due(office)
    restraints.unlock_lapsed(office)
    closed = transfer_books.keep(office)
    locked = locking.keep(office)
    statements.tell_due(office)
    readiness.passed(office)
    changed = moved + settled + closed.moved + locked.moved + len(done.changed)
    held = done.held + closed.held + locked.held
    return Round(changed, (progress.events if progress else 0) + told, held)


def run(settings: Config, stop: threading.Event, ready: Callable[[], None]) -> int:
    """Work until `stop` is set; the exit code. `ready` is called after the first round."""
    kept, rounds = Kept(), 0
    with (
        open_office(settings) as office,
        _mailing(office, settings),
        _delivering(office),
    ):
        while not stop.is_set():
            try:
                done = round_of_work(office, kept)
            except Broken as fault:
                journal.write("worker", "stopped for good", why=fault.message)
                return STOPPED_FOR_GOOD
            except PlatformError as fault:
                journal.write("worker", "held up", why=fault.message)
                kept = Kept()
                stop.wait(FAULT_SECONDS)
                continue
            rounds += 1
            if rounds == 1:
                works.begin(settings, stop)
                ready()
            for held in done.held:
                journal.write("worker", "held up", why=held.message)
            if not done.busy:
                stop.wait(FAULT_SECONDS if done.held else QUIET_SECONDS)
    return 0


@contextmanager
def _mailing(office: Office, settings: Config) -> Iterator[None]:
    """A thread that sends letters beside the work, because a mail server may keep it waiting."""
    ended = threading.Event()
    sending = threading.Thread(target=mail.keep_sending, args=(office, settings, ended))
    sending.start()
    try:
        yield
    finally:
        ended.set()
        sending.join(mail.PATIENCE_SECONDS)


@contextmanager
def _delivering(office: Office) -> Iterator[None]:
    """A thread that delivers to webhooks beside the work, in a lane for each, because others' servers may
    be slow."""
    ended = threading.Event()
    thread = threading.Thread(target=_keep_delivering, args=(office, ended))
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _keep_delivering(office: Office, ended: threading.Event) -> None:
    with delivering.opened() as lanes:
        while not ended.is_set():
            try:
                busy = delivering.plan_due(office) + delivering.begin_due(office, lanes)
            except PlatformError as fault:
                lanes.faults.append(fault)
                busy = 0
            while lanes.faults:
                held = lanes.faults.pop(0)
                journal.write("worker", "deliveries held up", why=str(held) or type(held).__name__)
            if not busy:
                lanes.wait(QUIET_SECONDS)
