"""Opens the book and gives out transactions.

SQLite runs in WAL with `synchronous=FULL`: what a transaction committed is on the disk before
anything is sent to a node. Writing transactions start with BEGIN IMMEDIATE, so two of them wait
for each other at their first statement instead of failing at their last. Opening brings the
tables to the version of this program; a book of a newer version is refused and left alone.
"""

import fcntl
import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, Engine, Insert, Table, create_engine, event, text
from sqlalchemy.dialects import postgresql as postgresql_dialect
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError

from freehold import postgresql
from freehold.book import appending
from freehold.book.group_commit import GroupCommit
from freehold.core.errors import Broken, Conflict, Invalid, NoRoom, PlatformError, Unavailable
from freehold.postgresql import DISK_FULL, PASSING, UNKNOWN, state_of, words_of

POOL = 32
"""Connections of one process: as many as threads that may ask at once, and a second one for each.

The one given back last is taken first, because it has prepared what it is asked again and again."""
TURN = "-turn"
"""What is added to a SQLite book's name for the file that writers take turns by."""
TURN_SECONDS = 0.001
BUSY_SECONDS = 10
"""How long one writer waits for another before it says that the book is locked."""
MIGRATION_LOCK = 0x46524545484F4C44
"""The advisory lock that one process holds while it upgrades a PostgreSQL book."""

LEAST_ROOM = 1 << 16
"""With fewer bytes free SQLite cannot make the files beside the book that it needs."""

UPGRADING = threading.Lock()
"""Alembic keeps the connection it works on in the module `alembic.context`: one at a time."""

Transaction = Connection
VAULT = "vault"
"""Where a transaction's `info` has the office's key for personal data."""


class Turn:
    """Which process of this machine writes to a SQLite book next.

    Whoever waits looks again every thousandth of a second, where SQLite itself would wait for longer
    and longer. The lock lies in a file of its own beside the book and ends with the process that has
    it; safety does not rest on it, since SQLite locks besides.
    """

    def __init__(self, place: Path) -> None:
        self._file = os.open(place, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def __enter__(self) -> None:
        """Wait for the turn; who has waited too long goes on, and SQLite says that it is locked."""
        until = time.monotonic() + BUSY_SECONDS
        while time.monotonic() < until:
            with suppress(BlockingIOError):
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            time.sleep(TURN_SECONDS)

    def __exit__(self, *_: object) -> None:
        fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)


@dataclass(frozen=True, slots=True)
class Book:
    """An open book. Returning from a transaction commits it; raising rolls it back.

    `vault` gives the office's key for personal data when something needs it; a transaction carries it
    in its `info` under `VAULT`.
    """

    engine: Engine
    vault: Callable[[], object] | None
    writing: GroupCommit = field(compare=False)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """A writing transaction. Raises Unavailable if the database is locked or away.

        Threads of a process write one after the other and share a commit (`group_commit.py`); processes
        take turns (`Turn`, or PostgreSQL itself). Nothing else may be opened inside.
        """
        with speaking_plainly(self.engine.url), self.writing.transaction() as tx:
            tx.info[VAULT] = self.vault
            yield tx

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """One consistent view that waits for no writer. Raises Unavailable."""
        with (
            speaking_plainly(self.engine.url),
            self.engine.connect() as tx,
            tx.execution_options(reading=True).begin(),
        ):
            tx.info[VAULT], tx.info[appending.WAITING] = self.vault, None
            yield tx

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()
        if isinstance(self.writing.turn, Turn):
            self.writing.turn.close()


@cache
def new(dialect: str, table: Table) -> Insert:
    """The statement that adds a row unless its key is taken; its `rowcount` says whether it did."""
    made = sqlite.insert(table) if dialect == "sqlite" else postgresql_dialect.insert(table)
    return made.on_conflict_do_nothing()


def open_book(url: str, vault: Callable[[], object] | None = None) -> Book:
    """Open (and create or upgrade) the book at a database URL; `vault` gives the key for personal
    data.

    `sqlite:///path/to/book.db` or `postgresql://user:password@host/name`.
    Raises Invalid for an unreadable URL, or one whose server knows no such database or user, Unavailable,
    Broken for a damaged file, Conflict for a book that a newer version of the program has upgraded.
    """
    place = _place(url)
    engine = _sqlite(place) if place.get_backend_name() == "sqlite" else _postgresql(place)
    try:
        with speaking_plainly(place), _known(place):
            _upgrade(engine)
    except PlatformError:
        engine.dispose()
        raise
    return Book(engine, vault, GroupCommit(engine, _turn(place)))


def fill(engine: Engine, connections: int) -> None:
    """Open so many connections that requests need not wait for any; they stay in the pool."""
    with ExitStack() as held:
        for _ in range(connections):
            held.enter_context(engine.connect())


def _turn(place: URL) -> AbstractContextManager[Any]:
    """Which process writes next; PostgreSQL looks after that itself, and memory has one alone."""
    if place.get_backend_name() != "sqlite" or place.database in (None, "", ":memory:"):
        return nullcontext()
    return Turn(Path(f"{place.database}{TURN}"))


def _place(url: str) -> URL:
    try:
        place = make_url(url)
    except ArgumentError:
        raise Invalid(
            "the book's URL is unreadable: write sqlite:///PATH or postgresql://..."
        ) from None
    if place.get_backend_name() == "postgresql":
        return place.set(drivername="postgresql+pg8000")
    if place.get_backend_name() != "sqlite":
        raise Invalid(
            f"the book cannot be kept in {place.get_backend_name()}: "
            "write sqlite:///PATH or postgresql://...",
            field="book",
        )
    return place


def _sqlite(place: URL) -> Engine:
    if place.database and not Path(place.database).parent.is_dir():
        raise Invalid(f"the folder of the book {place.database} does not exist", field="book")
    waits = {"timeout": BUSY_SECONDS}
    engine = create_engine(place, pool_size=POOL, pool_use_lifo=True, connect_args=waits)
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)
    return engine


def _set_up(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA secure_delete=ON")  # a deleted key must not stay in free pages
    _write_ahead(connection)


def _write_ahead(connection: Any) -> None:
    """Switch to WAL. Where two do so at once SQLite fails one without waiting, so we wait."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").fetchall()
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.01)


def _begin(connection: Connection) -> None:
    reading = connection.get_execution_options().get("reading")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _postgresql(place: URL) -> Engine:
    return postgresql.speak(create_engine(place, pool_size=POOL, pool_use_lifo=True))


@contextmanager
def speaking_plainly(place: URL) -> Iterator[None]:
    """Turn what a database driver raises into a sentence; the password never appears in it."""
    name = place.render_as_string(hide_password=True)
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        said = f"the book {name} cannot be used now: {words_of(error)}"
        if is_full(error, place):
            raise NoRoom(f"{said}; make room and give the command again") from None
        raise Unavailable(said, database=name) from None
    except DBAPIError as error:
        if is_full(error, place):
            said = f"the book {name} cannot be used now: {words_of(error)}"
            raise NoRoom(f"{said}; make room and give the command again") from None
        if _passes(error):
            said = f"the book {name} cannot be used now: {words_of(error)}"
            raise Unavailable(said, database=name) from None
        if _taken(error):
            raise Conflict(
                "somebody else wrote the same at this moment, and nothing of yours was written: ask again"
            ) from None
        if not _damaged(error):
            raise
        raise Broken(f"the book {name} is damaged ({words_of(error)}): restore it") from None


@contextmanager
def _known(place: URL) -> Iterator[None]:
    """Say that a server knows no such database or user: waiting would not help."""
    try:
        yield
    except DBAPIError as error:
        if state_of(error)[:2] not in UNKNOWN:
            raise
        name = place.render_as_string(hide_password=True)
        raise Invalid(
            f"the book {name} cannot be opened: {words_of(error)}; create it, or correct book_url",
            field="book_url",
        ) from None


def is_full(error: DBAPIError, place: URL) -> bool:
    """Whether a database had no room to write; SQLite may call that an I/O error, so the disk is asked."""
    if state_of(error) == DISK_FULL or "is full" in words_of(error):
        return True
    file = place.database if place.get_backend_name() == "sqlite" else None
    if "disk I/O error" not in words_of(error) or not file or file == ":memory:":
        return False
    return shutil.disk_usage(Path(file).parent).free < LEAST_ROOM


def _passes(error: DBAPIError) -> bool:
    """Whether PostgreSQL gave up for a reason that passes (classes 40, 53, 55, 57 of SQLSTATE)."""
    return state_of(error)[:2] in PASSING


def _taken(error: DBAPIError) -> bool:
    """Whether a row of the same unique key was written by another transaction meanwhile."""
    return state_of(error) == postgresql.UNIQUE or "UNIQUE constraint" in str(error.orig)


def _damaged(error: DBAPIError) -> bool:
    words = str(error.orig)
    return "not a database" in words or "malformed" in words


def _upgrade(engine: Engine) -> None:
    """Bring the tables to the newest revision; one does it, the others wait and find it done."""
    config = Config()
    config.set_main_option("script_location", str(files("freehold.book") / "migrations"))
    script = ScriptDirectory.from_config(config)
    with engine.connect().execution_options(reading=True) as connection, connection.begin():
        if _revision(connection) == script.get_current_head():
            return
    with UPGRADING, engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        _require_known(script, _revision(connection))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _require_known(script: ScriptDirectory, revision: str | None) -> None:
    try:
        script.get_revision(revision or "base")
    except CommandError:
        raise Conflict(
            f"the book is at version {revision}, which this program does not know: "
            "it was upgraded by a newer one, use that",
            revision=revision,
        ) from None
