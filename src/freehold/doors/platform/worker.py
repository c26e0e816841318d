"""The worker process: round after round, until it is told to stop.

What can pass by itself (a node that is down, a database that is locked) is written down and tried
again. A broken invariant stops the worker with exit code 3, and the supervisor does not start it
again: somebody has to look first.
"""

import threading
from collections.abc import Callable

from freehold.config import Config
from freehold.core.errors import Broken, PlatformError
from freehold.desks.office import open_office
from freehold.desks.rounds import Remembered, round_of_work
from freehold.doors.platform import journal

QUIET_SECONDS = 0.25
"""How long a round waits after one that found nothing to do."""
FAULT_SECONDS = 2.0
STOPPED_FOR_GOOD = 3


def run(settings: Config, stop: threading.Event, ready: Callable[[], None]) -> int:
    """Work until `stop` is set; the exit code. `ready` is called after the first round."""
    kept, rounds = Remembered(), 0
    with open_office(settings) as office:
        while not stop.is_set():
            try:
                done = round_of_work(office, kept)
            except Broken as fault:
                journal.write("worker", "stopped for good", why=fault.message)
                return STOPPED_FOR_GOOD
            except PlatformError as fault:
                journal.write("worker", "held up", why=fault.message)
                kept = Remembered()
                stop.wait(FAULT_SECONDS)
                continue
            rounds += 1
            if rounds == 1:
                ready()
            for held in done.held:
                journal.write("worker", "held up", why=held.message)
            if not done.busy:
                stop.wait(FAULT_SECONDS if done.held else QUIET_SECONDS)
    return 0
