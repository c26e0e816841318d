"""A process that pays a winding-up and kills itself (-9) at the first page that it sends.

At the root: `python -m tests.desks.windup_child HOME WHEN`; `sent` dies before it is written down that the
page was sent, `final` after the page is final, `never` pays to the end.
"""

import os
import signal
import sys
from pathlib import Path

from freehold.core.actions import pages
from freehold.desks import posting
from freehold.desks.outbox import orders
from freehold.desks.servicing import winding_up, windups
from tests.company import office_of

ROWS = 4
"""Accounts of a page, so that a small company has several."""


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def main(home, when):
    cut, carry, send = pages.paged, windups.carry, posting.send.send
    pages.paged = lambda rows: cut(rows, ROWS)
    paying = []

    def carried(office, actor, scope, calls, *needs):
        paying[:] = ["page"] if calls[0][2].startswith("page") else []
        done = carry(office, actor, scope, calls, *needs)
        if paying and when == "final":
            die()
        return done

    def sent(*given):
        failures = send(*given)
        if paying and when == "sent":
            die()
        return failures

    windups.carry, posting.send.send = carried, sent
    with office_of(Path(home)) as office:
        done = winding_up.pay(office, orders.agent(office), "sale")
    print(done.reason or "done", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
