"""Work orders inside the worker process: in a thread and an office of their own.

One order takes as long as the chain needs for each of its acts, and the worker's rounds must not wait for
it: they send and follow what others asked for meanwhile.
"""

import threading
from collections.abc import Mapping

from freehold.config import Config
from freehold.core.errors import Broken, PlatformError
from freehold.desks.office import open_office
from freehold.desks.outbox import work_orders
from freehold.desks.outbox.work_orders import Carry, Kind
from freehold.desks.securities import deployments
from freehold.desks.servicing import action_letters, processing, reconciling, windup_orders
from freehold.doors.platform import journal

IDLE_SECONDS = 0.5
FAULT_SECONDS = 2.0
CARRIERS: Mapping[Kind, Carry] = {
    Kind.ESTABLISH: deployments.establish,
    Kind.ACTION: processing.carry,
    Kind.MEETING: processing.carry,
}


def begin(settings: Config, stop: threading.Event) -> threading.Thread:
    """Carry out orders until told to stop."""
    thread = threading.Thread(target=_run, args=(settings, stop), daemon=True)
    thread.start()
    return thread


def _run(settings: Config, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            with open_office(settings) as office:
                while not stop.is_set():
                    done = work_orders.carry_next(office, CARRIERS)
                    if done is None:
                        due = processing.advance_due(office) + windup_orders.advance_due(office)
                        due += processing.reveal_due(office) + reconciling.reconcile_due(office)
                        due += action_letters.tell_due(office)
                        if not due:
                            stop.wait(IDLE_SECONDS)
                        continue
                    journal.write("worker", "work order", which=done.id, state=str(done.state))
        except Broken as fault:
            journal.write("worker", "work stopped for good", why=fault.message)
            return
        except PlatformError as fault:
            journal.write("worker", "held up", why=fault.message)
            stop.wait(FAULT_SECONDS)
