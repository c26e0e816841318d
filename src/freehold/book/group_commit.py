"""Group commit: what several threads write at the same time reaches the disk with one commit.

A commit waits for the disk, and the audit log and the feed of changes have one head each; where each
request paid for these by itself, the last of many would wait for all before it. So threads of one
process write one after the other, in the order in which they came, on one connection, each behind a
savepoint: what fails is undone by itself. The last one for whom nobody waits commits for all, and nobody
goes on before that is done. If it fails, it fails for all of them.
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, RootTransaction
from sqlalchemy.exc import SQLAlchemyError

from freehold.book import appending
from freehold.core.errors import Broken

MOST = 8
"""So many share a commit at most, or the first of them would wait for too long."""


@dataclass(slots=True)
class Shared:
    """A transaction of the database that several share. `fault` is why it was lost for all."""

    connection: Connection
    root: RootTransaction
    held: ExitStack
    members: int = 0
    committed: bool = False
    over: threading.Event = field(default_factory=threading.Event)
    fault: SQLAlchemyError | None = None


@dataclass(slots=True)
class GroupCommit:
    """The writing transactions of one process. `turn` keeps other processes out meanwhile."""

    engine: Engine
    turn: AbstractContextManager[Any] = field(default_factory=nullcontext)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _waiting: deque[threading.Event] = field(default_factory=deque)
    _busy: bool = False
    _shared: Shared | None = None

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A writing transaction; it is committed when this returns."""
        self._await_turn()
        try:
            shared = self._shared or self._begin()
        except BaseException:
            self._next()
            raise
        try:
            with _member(shared):
                yield shared.connection
        except BaseException:
            self._leave(shared)
            raise
        self._leave(shared)
        shared.over.wait()
        if not shared.committed:
            raise shared.fault or Broken("a transaction was not committed: see the faults before")

    def _await_turn(self) -> None:
        with self._guard:
            if not self._busy:
                self._busy = True
                return
            mine = threading.Event()
            self._waiting.append(mine)
        try:
            mine.wait()
        except BaseException:  # interrupted: nobody may wait for this one
            with self._guard:
                if mine in self._waiting:
                    self._waiting.remove(mine)
                    raise
            self._next()
            raise

    def _next(self) -> None:
        """Let the one who waits longest go on."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._busy = False

    def _begin(self) -> Shared:
        with ExitStack() as held:
            held.enter_context(self.turn)
            connection = held.enter_context(self.engine.connect())
            root = held.enter_context(connection.begin())
            connection.info[appending.WAITING] = []
            self._shared = Shared(connection, root, held.pop_all())
            return self._shared

    def _leave(self, shared: Shared) -> None:
        """Leave the transaction to those who wait, or end it."""
        with self._guard:
            goes_on = bool(self._waiting) and 0 < shared.members < MOST and not shared.fault
        try:
            if not goes_on:
                self._end(shared)
        finally:
            self._next()

    def _end(self, shared: Shared) -> None:
        self._shared = None
        try:
            with shared.held:  # commits what was not undone
                if shared.fault or not shared.members:
                    shared.root.rollback()
                else:
                    appending.settle(shared.connection)
            shared.committed = not shared.fault
        except SQLAlchemyError as fault:
            shared.fault = shared.fault or fault
        finally:
            shared.over.set()


@contextmanager
def _member(shared: Shared) -> Iterator[None]:
    """One member's part: done, or undone without a trace. The first has nothing to undo it from."""
    connection, first = shared.connection, not shared.members
    appended = list(connection.info[appending.WAITING])
    if not first:
        connection.exec_driver_sql("SAVEPOINT member")
    try:
        yield
    except BaseException as why:
        if not first:
            connection.info[appending.WAITING][:] = appended
            try:
                connection.exec_driver_sql("ROLLBACK TO SAVEPOINT member")
            except SQLAlchemyError as lost:  # with it what the others wrote, as on a full disk
                shared.fault = why if isinstance(why, SQLAlchemyError) else lost
        raise
    shared.members += 1
