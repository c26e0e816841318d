"""How PostgreSQL is spoken to: pg8000 with every statement prepared once for a connection.

pg8000 reads the text of a statement letter by letter each time, asks the server to plan it, and waits
twice for each answer. Here a statement is read and planned once and then only executed, many at a time
where there are many, and a transaction begins together with its first statement. A connection that was
not used for a moment is tried before it is used again.
"""

import time
from collections.abc import Iterable, Sequence
from typing import Any

from pg8000 import legacy
from pg8000.core import SYNC_MSG, Context, make_params
from sqlalchemy import Engine, event
from sqlalchemy.exc import DisconnectionError

KEPT_STATEMENTS = 500
"""Statements prepared for one connection; what comes after them is executed as pg8000 does."""
TOGETHER = 32
"""Executions sent before the answers are read: their answers must fit into the socket's buffer."""
UNIQUE = "23505"
"""The server's code for a row that is there already."""
IDLE_SECONDS = 1.0
"""After so long unused a connection is tried before it is used."""

Prepared = tuple[bytes, Any, Any, str]
"""The statement's name at the server, its columns, the functions that read them, its text."""


class Connection(legacy.Connection):  # type: ignore[misc]
    """A connection that remembers what it prepared. `autocommit`: no transaction begins by itself."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.prepared: dict[tuple[str, tuple[int, ...]], Prepared] = {}

    def cursor(self) -> "Cursor":
        return Cursor(self)

    def commit(self) -> None:
        if self._in_transaction:
            self.execute_simple("commit")

    def rollback(self) -> None:
        if self._in_transaction:
            self.execute_simple("rollback")

    def prepare(self, operation: str, sample: Sequence[Any], oids: Sequence[int]) -> Prepared:
        """The statement, prepared if it is new."""
        key = (operation, tuple(oids))
        found = self.prepared.get(key)
        if found is None:
            text, _ = legacy.convert_paramstyle("format", operation, sample)
            found = (*self.prepare_statement(text, oids), text)
            self.prepared[key] = found
        return found


class Cursor(legacy.Cursor):  # type: ignore[misc]
    """A cursor that executes what is prepared."""

    _c: Connection
    _input_oids: Sequence[int]
    input_types: list[Any]

    def execute(self, operation: str, args: Any = (), stream: Any = None) -> "Cursor":
        if not args or stream is not None or not self._prepares():
            super().execute(operation, args, stream)
        else:
            self._named(operation, [args])
        return self

    def executemany(self, operation: str, param_sets: Iterable[Any]) -> "Cursor":
        each = list(param_sets)
        if not each or not each[0] or not self._prepares():
            super().executemany(operation, each)
        else:
            self._named(operation, each)
        return self

    def _prepares(self) -> bool:
        return self._c is not None and len(self._c.prepared) < KEPT_STATEMENTS

    def _named(self, operation: str, each: Sequence[Any]) -> None:
        """Run it; what the server refuses is raised as pg8000 names it."""
        try:
            self._run(operation, each)
        except legacy.DatabaseError as fault:
            said = fault.args[0]
            state = said.get("C") if isinstance(said, dict) else None
            kind = legacy.IntegrityError if state == UNIQUE else legacy.ProgrammingError
            raise kind(said) from None

    def _run(self, operation: str, each: Sequence[Any]) -> None:
        connection: Connection = self._c
        if connection._sock is None:
            raise legacy.InterfaceError("connection is closed")
        name, columns, functions, text = connection.prepare(operation, each[0], self._input_oids)
        context = Context(text, columns=columns, input_funcs=functions)
        for at in range(0, len(each), TOGETHER):
            begins = not connection._in_transaction and not connection.autocommit
            if begins:
                connection.send_QUERY("begin transaction")
            for args in each[at : at + TOGETHER]:
                connection.send_BIND(name, make_params(connection.py_types, args))
                connection.send_EXECUTE()
            connection._sock.write(SYNC_MSG)
            connection._sock.flush()
            if begins:
                connection.handle_messages(Context("begin"))
            connection.handle_messages(context)
        self._context = context
        self._row_iter = iter(context.rows or [])
        self._input_oids, self.input_types = (), []


def speak(engine: Engine) -> Engine:
    """Let a PostgreSQL engine of SQLAlchemy use these connections; any other is left alone.

    What is only read (`execution_options(reading=True)`) needs no transaction around it.
    """
    if engine.dialect.name == "postgresql":
        event.listen(engine, "do_connect", lambda _, __, args, named: Connection(*args, **named))
        event.listen(engine, "begin", _begin)
        event.listen(engine, "checkin", _leave)
        event.listen(engine, "checkout", _try)
    return engine


def _begin(connection: Any) -> None:
    reading = bool(connection.get_execution_options().get("reading"))
    connection.connection.dbapi_connection.autocommit = reading


def _leave(_: Any, record: Any) -> None:
    record.info["left"] = time.monotonic()


def _try(connection: Any, record: Any, _: Any) -> None:
    if time.monotonic() - record.info.get("left", time.monotonic()) < IDLE_SECONDS:
        return
    try:
        connection.execute_simple("select 1")
    except Exception as fault:
        raise DisconnectionError(str(fault)) from fault
