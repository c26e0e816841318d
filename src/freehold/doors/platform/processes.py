"""The processes that the supervisor starts, each as `python -m ... PART`.

A part says `ready` on its standard output once it does its work, and ends cleanly on SIGTERM. The
settings come from the environment and the file that FREEHOLD_CONFIG names, as for every command.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable

from freehold import config
from freehold.core.errors import PlatformError
from freehold.desks import ledgers
from freehold.doors.platform import journal, worker

PARTS = ("ledger", "worker", "server")


def main(part: str) -> int:
    """Run one part until it is told to stop; the exit code."""
    settings = config.load()
    try:
        if part == "ledger":
            return ledgers.keep_up(settings)
        stop = _told_to_stop()
        if part == "worker":
            return worker.run(settings, stop, announce)
        return _server()(settings, stop, announce)
    except PlatformError as fault:
        journal.write(part, "failed", why=fault.message)
        return 1


def announce() -> None:
    """Tell the supervisor that the part does its work now; nobody may be listening any more."""
    try:
        os.write(1, b"ready\n")
    except OSError:
        journal.write("part", "nobody listens")


def _server() -> "Callable[[config.Config, threading.Event, Callable[[], None]], int]":
    from freehold.doors.platform import server  # its libraries are heavy; the others need none

    return server.run


def _told_to_stop() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
