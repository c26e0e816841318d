"""Sends what is approved, in a process of its own that kills itself (-9) at a point it is given.

At the root: `python -m tests.desks.crash_child HOME BOOK_URL POINT`; the points are the keys of
POINTS, or `never`.
"""

import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from freehold.book import instructions
from freehold.book.session import open_book
from freehold.chain import node
from freehold.desks import posting
from tests.chain.gate_world import AGENT, CHAIN, SECOND


class WallClock:
    def now(self):
        return datetime.now(UTC)


def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)


def then_die(function):
    def called(*arguments):
        function(*arguments)
        die()

    return called


def one_then_die(function):
    return lambda w3, made: then_die(function)(w3, made[:1])


POINTS = {
    "before storing": (posting, "_store", die),
    "before commit": (instructions, "store_first_all", then_die(instructions.store_first_all)),
    "after commit, before sending": (posting.send, "send", die),
    "after sending one": (posting.send, "send", one_then_die(posting.send.send)),
    "after sending, before marking": (posting.send, "send", then_die(posting.send.send)),
    "while marking": (instructions, "release", die),
}


def main(home, book_url, point):
    w3 = node.open_ledger(Path(home), linger_seconds=0.2)
    signers = (AGENT, SECOND)
    worker = f"child {os.getpid()}"
    work = posting.Posting(open_book(book_url), w3, CHAIN, signers, WallClock(), worker)
    if point in POINTS:
        setattr(*POINTS[point])
    print("ready", flush=True)
    posting.send_approved(work)
    posting.follow_chain(work)
    print("done", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
