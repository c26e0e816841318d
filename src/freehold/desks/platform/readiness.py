"""Whether the platform can do its work now: book, ledger, projection, worker, and what waits."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from freehold.book import instructions, settings
from freehold.book.session import open_book
from freehold.chain import send
from freehold.config import Config
from freehold.core.clock import parse, stamp
from freehold.core.errors import NotFound, PlatformError, Unavailable
from freehold.core.instruction import State
from freehold.desks.office import Office
from freehold.indexer import read
from freehold.indexer.tables import open_projection, plain_faults

PATIENCE_SECONDS = 60.0
"""How long a database that cannot be reached is waited for: it may be starting itself."""
AGAIN_SECONDS = 0.5
WORKER_PASSED = "the worker's last pass"
WORKER_LATE = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Readiness:
    """`faults` are sentences, empty where all is well; numbers are None where they are unknown."""

    faults: tuple[str, ...]
    head: int | None
    block: int | None
    worker_passed: datetime | None
    waiting: dict[State, int]
    oldest: datetime | None
    thrown_back: int = 0
    """Instructions whose block was reorganised away and that are not in another one yet."""

    @property
    def ready(self) -> bool:
        return not self.faults


def readiness(office: Office) -> Readiness:
    """Ask every part; a part that does not answer becomes a sentence."""
    faults: list[str] = []
    head = block = passed = oldest = None
    waiting: dict[State, int] = {}
    thrown_back = 0
    try:
        with office.book.reading() as tx:
            waiting = instructions.waiting(tx, office.chain)
            oldest = instructions.oldest_waiting(tx, office.chain)
            thrown_back = instructions.thrown_back(tx, office.chain)
            said = settings.read(tx, WORKER_PASSED)
        passed = parse(said) if said else None
    except PlatformError as fault:
        faults.append(fault.message)
    try:
        head = send.head(office.w3)
    except PlatformError as fault:
        faults.append(fault.message)
    try:
        with office.index.connect() as view:
            block = read.last_block(view)
    except NotFound:
        block = None  # nothing to follow yet
    except PlatformError as fault:
        faults.append(fault.message)
    if passed is None or office.clock.now() - passed > WORKER_LATE:
        faults.append("the worker has not passed lately: nothing is being sent or read")
    return Readiness(tuple(faults), head, block, passed, waiting, oldest, thrown_back)


def await_databases(
    known: Config, wait: Callable[[float], bool], tell: Callable[[str], None]
) -> bool:
    """Open book and projection once before anything else does, which brings their tables to this version.

    What cannot be reached is asked for again; `tell` hears once why. `wait` waits so many seconds and says
    whether to stop, then this is False. Raises as `open_book` and `open_projection`, Unavailable after a
    minute.
    """
    known.home.mkdir(parents=True, exist_ok=True)
    until, told = time.monotonic() + PATIENCE_SECONDS, ""
    while True:
        try:
            open_book(known.book_url).close()
            with plain_faults(known.index_url):
                open_projection(known.index_url).dispose()
            return True
        except Unavailable as fault:
            if time.monotonic() > until:
                raise
            if fault.message != told:
                told = fault.message
                tell(told)
        if wait(AGAIN_SECONDS):
            return False


def passed(office: Office) -> None:
    """The worker says that it has just done a round."""
    now = office.clock.now()
    with office.book.transaction() as tx:
        settings.write(tx, WORKER_PASSED, stamp(now), now)
