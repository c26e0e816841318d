"""The tables of the projection, never migrated: another version drops and builds them anew.

The tables keep versions: a row says how something stood after the log at (block, log). The present
is the last version, the past an earlier one, and undoing blocks means deleting their rows. Units
and words are decimal text, because they are wider than SQL's integers. Contracts have small numbers
so that the long tables stay narrow.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    Select,
    String,
    Table,
    create_engine,
    event,
    inspect,
    select,
    text,
)
from sqlalchemy.engine import URL, ExceptionContext, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DBAPIError,
    InterfaceError,
    OperationalError,
)
from sqlalchemy.pool import ConnectionPoolEntry

from freehold import postgresql
from freehold.core.errors import Broken, Invalid, NoRoom, PlatformError, Unavailable
from freehold.postgresql import DISK_FULL, PASSING, UNKNOWN, state_of, words_of

PROJECTION_VERSION = 1
BUILDING_LOCK = 0x46524545484F4C49
"""The advisory lock that one process holds while it builds the tables in PostgreSQL."""
BUSY_SECONDS = 10.0
Rows = list[tuple[Any, ...]]
Version = Row[Any]
POOL = 32
"""Connections of one process that are kept: as many as threads that may ask at once."""
Projection = Engine
"""The projection, opened; `connect()` it to read or to follow."""
View = Connection
"""A connection to it."""

_TOGETHER = 40
"""Rows in one statement: what SQLite does once for a statement costs as much as a row."""

metadata = MetaData()


def _key(name: str, kind: type[Integer] = BigInteger) -> Column[int]:
    return Column(name, kind, primary_key=True, autoincrement=False)


def _versioned(name: str, *columns: Column[Any]) -> Table:
    """A table whose key ends with the block and the log that made the row."""
    keys = [column for column in columns if column.primary_key]
    rest = [column for column in columns if not column.primary_key]
    return Table(
        name,
        metadata,
        *keys,
        _key("block"),
        _key("log", Integer),
        *rest,
        sqlite_with_rowid=False,
    )


def _units(name: str = "units") -> Column[str]:
    return Column(name, String(80), nullable=False)


meta = Table(
    "meta",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", String(400), nullable=False),
)
block = Table(
    "block",
    metadata,
    _key("number"),
    Column("hash", String(66), nullable=False),
    Column("parent", String(66), nullable=False),
    Column("seconds", BigInteger, nullable=False, index=True),
)
contract = Table(
    "contract",
    metadata,
    _key("id", Integer),
    Column("address", String(42), nullable=False, unique=True),
    Column("holders", Integer, nullable=False),
    Column("block", BigInteger, nullable=False),
)
"""Contracts that were followed. `holders` is the number of the issuer's register: that of the
contract itself for a `Holders`, 0 for a contract that has no part in a register."""
chain_event = Table(
    "event",
    metadata,
    _key("block"),
    _key("log", Integer),
    Column("contract", Integer, nullable=False),
    Column("name", String(40), nullable=False),
    Column("transaction", LargeBinary, nullable=False),
    Column("instruction", LargeBinary, nullable=True),
    Column("body", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
account = _versioned(
    "account",
    _key("holders", Integer),
    _key("account"),
    Column("wallet", String(42), nullable=False),
    _units("facts"),
    Column("person", String(100), nullable=False),
)
wallet = Table(
    "wallet",
    metadata,
    _key("holders", Integer),
    Column("wallet", String(42), primary_key=True),
    Column("account", BigInteger, nullable=False),
    Column("block", BigInteger, nullable=False),
    Column("log", Integer, nullable=False),
)
position = Table(
    "position",
    metadata,
    _key("token", Integer),
    _key("account"),
    Column("block", BigInteger, nullable=False),
    Column("log", Integer, nullable=False),
    sqlite_with_rowid=False,
)
"""Which accounts ever held units, since when; `history` knows how many."""
history = _versioned(
    "history",
    _key("token", Integer),
    _key("account"),
    _units(),
    Column("day", Integer, nullable=False),
    Column("header", Integer, nullable=False),
)
supply = _versioned("supply", _key("token", Integer), _units("issued"), _units("redeemed"))
lot = _versioned("lot", _key("token", Integer), _key("account"), _key("vintage", Integer), _units())
freeze = _versioned(
    "freeze",
    _key("token", Integer),
    _key("account"),
    _units(),
    Column("stopped", Boolean, nullable=False),
)
vintage = _versioned("vintage", _key("token", Integer), _key("vintage", Integer), _units("terms"))
record = _versioned(
    "record",
    _key("token", Integer),
    _key("record", Integer),
    Column("instant", BigInteger, nullable=False),
)

REWOUND = (
    chain_event,
    contract,
    account,
    wallet,
    position,
    history,
    supply,
    lot,
    freeze,
    vintage,
    record,
)
"""Tables whose rows carry the block that made them."""


def open_projection(url: str) -> Engine:
    """The projection at sqlite:///PATH or postgresql://..., its tables built (anew if outdated).

    Raises Invalid for an unreadable URL, or one whose server knows no such database or user. Whoever uses
    it is told by Unavailable or NoRoom what passes by itself.
    """
    place = _place(url)
    engine = postgresql.speak(create_engine(place, pool_size=POOL, pool_use_lifo=True))
    event.listen(engine, "handle_error", _explain)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _tune_sqlite)
    try:
        prepare(engine)
    except PlatformError:
        engine.dispose()
        raise
    return engine


def _place(url: str) -> URL:
    try:
        place = make_url(url)
    except ArgumentError:
        place = None
    backend = place.get_backend_name() if place else ""
    if place is None or backend not in ("sqlite", "postgresql"):
        raise Invalid(
            "the index cannot be kept there: write sqlite:///PATH or postgresql://...",
            field="index_url",
        )
    return place.set(drivername="postgresql+pg8000") if backend == "postgresql" else place


def _explain(context: ExceptionContext) -> PlatformError | None:
    """What an error of the database is to whoever asked; None leaves it as it is."""
    error = context.sqlalchemy_exception
    if not isinstance(error, DBAPIError) or context.engine is None:
        return None
    state, words = state_of(error), words_of(error)
    said = f"the index at {context.engine.url} cannot be used: {words}"
    if state == DISK_FULL or "is full" in words:
        return NoRoom(f"{said}; make room and give the command again")
    if state[:2] in UNKNOWN:
        return Invalid(f"{said}; create it, or correct index_url", field="index_url")
    away = isinstance(error, OperationalError | InterfaceError) or state[:2] in PASSING
    return Unavailable(said, database=str(context.engine.url)) if away else None


@contextmanager
def plain_faults(url: str) -> Iterator[None]:
    """Say that the projection's database is damaged: Broken."""
    try:
        yield
    except DatabaseError as fault:
        if not any(words in str(fault.orig) for words in ("malformed", "not a database")):
            raise
        raise Broken(
            f"the index at {make_url(url)} is damaged ({fault.orig}): remove it, the next command"
            " builds it again from the chain"
        ) from None


def prepare(engine: Engine) -> None:
    """Build the tables; where they are of another version, drop what they hold first.

    One process does it, in one transaction; the others wait and find it done.
    """
    with engine.connect() as connection:
        if _version(connection) == str(PROJECTION_VERSION):
            return
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": BUILDING_LOCK})
        if _version(connection) == str(PROJECTION_VERSION):
            return
        metadata.drop_all(connection)
        metadata.create_all(connection)
        connection.execute(
            meta.insert().values(name="projection_version", value=str(PROJECTION_VERSION))
        )


def drop(engine: Engine) -> None:
    """Forget the whole projection and build empty tables."""
    with engine.begin() as connection:
        if inspect(connection).has_table(meta.name):
            connection.execute(meta.delete())
    prepare(engine)


def insert(connection: Connection, table: Table, rows: Rows) -> None:
    """Add rows as plain tuples in the order of the table's columns, many with one statement."""
    whole = len(rows) // _TOGETHER * _TOGETHER
    if whole:
        pages = [
            tuple(chain.from_iterable(rows[at : at + _TOGETHER]))
            for at in range(0, whole, _TOGETHER)
        ]
        connection.exec_driver_sql(_statement(connection, table, _TOGETHER), pages)
    if whole < len(rows):
        connection.exec_driver_sql(_statement(connection, table, 1), rows[whole:])


def _statement(connection: Connection, table: Table, rows: int) -> str:
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    row = f"({', '.join([mark] * len(table.columns))})"
    return f'INSERT INTO "{table.name}" ({names}) VALUES {", ".join([row] * rows)}'


def units_after(token: int, block: int | None = None) -> Select[tuple[int, str]]:
    """Account and units after `block` (now) of every account that ever held units of `token`.

    Units are NULL for an account whose first move came later.
    """
    moves = [history.c.token == token, history.c.account == position.c.account]
    if block is not None:
        moves.append(history.c.block <= block)
    last = select(history.c.units).where(*moves)
    last = last.order_by(history.c.block.desc(), history.c.log.desc()).limit(1)
    holders = select(position.c.account, last.scalar_subquery().label("units"))
    return holders.where(position.c.token == token).order_by(position.c.account)


def latest(
    connection: Connection, table: Table, number: int, *conditions: ColumnElement[bool]
) -> Iterator[Version]:
    """The last version of each thing in a versioned table that belongs to the contract `number`."""
    keys = list(table.primary_key.columns)
    rows = select(table).where(keys[0] == number, *conditions).order_by(*keys)
    before: Version | None = None
    same = len(keys) - 2
    for row in connection.execute(rows):
        if before is not None and before[:same] != row[:same]:
            yield before
        before = row
    if before is not None:
        yield before


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(meta.name):
        return None
    return connection.scalar(select(meta.c.value).where(meta.c.name == "projection_version"))


def _tune_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """WAL lets readers work beside the one writer; a killed writer leaves the last whole batch.

    NORMAL syncs when the log goes into the file, so that even a lost machine leaves an earlier
    whole batch. Large pages suit the long rows of a rebuild.
    """
    cursor = connection.cursor()
    cursor.execute("PRAGMA page_size=16384")
    _write_ahead(cursor)
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA cache_size=-65536")
    cursor.execute("PRAGMA wal_autocheckpoint=4000")
    cursor.execute("PRAGMA busy_timeout=10000")
    cursor.close()


def _write_ahead(cursor: DBAPICursor) -> None:
    """Switch to WAL. Where two do so at once SQLite fails one without waiting, so we wait."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as fault:
            if "locked" not in str(fault) or time.monotonic() > until:
                raise
            time.sleep(0.01)
