"""A worker in a process of its own that kills itself (-9) in the middle of carrying an approved act out.

At the root: `python -m tests.desks.approvals_child HOME POINT`; the points are the keys of POINTS, or
`never`.
"""

import os
import signal
import sys
import time
from pathlib import Path

from freehold.book import approvals, instructions
from freehold.desks import posting
from freehold.desks.approvals import carrying_out
from freehold.desks.outbox.following import Kept
from freehold.doors.platform import worker
from tests.company import office_of

IDLE_ROUNDS, PATIENT_ROUNDS = 20, 300


def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)


def then_die(function):
    def called(*arguments):
        function(*arguments)
        die()

    return called


POINTS = {
    "before the instruction": (carrying_out, "entered", die),
    "before the link": (approvals, "step", die),
    "before commit": (carrying_out.audit, "record", die),
    "after commit, before signing": (posting, "send_approved", die),
    "after signing, before sending": (
        instructions,
        "store_first_all",
        then_die(instructions.store_first_all),
    ),
    "after sending, before marking": (posting.send, "send", then_die(posting.send.send)),
    "before it is noted": (approvals, "end", die),
}


def waits(office):
    with office.book.reading() as tx:
        return bool(instructions.waiting(tx, office.chain))


def main(home, point):
    if point in POINTS:
        setattr(*POINTS[point])
    with office_of(Path(home)) as office:
        kept, idle = Kept(), 0
        # one idle round may only mean that no block came yet, or that the lease of who died still runs
        while idle < (PATIENT_ROUNDS if waits(office) else IDLE_ROUNDS):
            idle = 0 if worker.round_of_work(office, kept).busy else idle + 1
            time.sleep(0.1 if idle else 0)
    print("done", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
