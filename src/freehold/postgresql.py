"""How PostgreSQL is spoken to: pg8000 with every statement prepared once for a connection.

pg8000 reads the text of a statement letter by letter each time, asks the server to plan it, and waits
twice for each answer. Here a statement is read and planned once and then only executed, many at a time
where there are many, and a transaction begins together with its first statement. A connection that was
not used for a moment is tried before it is used again.
"""

import socket
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any, TypeVar

from pg8000 import legacy
from pg8000.core import BIND, EXECUTE_MSG, NULL_BYTE, SYNC_MSG, Context, H_pack, i_pack, make_params
from sqlalchemy import Engine, UpdateBase, event
from sqlalchemy.exc import DBAPIError, DisconnectionError

KEPT_STATEMENTS = 500
"""Statements prepared for one connection; what comes after them is executed as pg8000 does."""
TOGETHER = 32
"""Executions sent before the answers are read: their answers must fit into the socket's buffer."""
LATER = "answered_later"
"""The execution option of a statement whose answer is of no interest by itself."""
UNIQUE = "23505"
"""The server's code for a row that is there already."""
DISK_FULL = "53100"
"""What it says where its disk is full."""
PASSING = ("40", "53", "55", "57")
"""Classes of SQLSTATE for what passes: taken back, no resources, in use, ended by its operator."""
UNKNOWN = ("28", "3D")
"""Classes for who may not come in, and a database that is not there."""
IDLE_SECONDS = 1.0
"""After so long unused a connection is tried before it is used."""

Prepared = tuple[bytes, Any, Any, str]
"""The statement's name at the server, its columns, the functions that read them, its text."""


class Connection(legacy.Connection):  # type: ignore[misc]
    """A connection that remembers what it prepared, and what it sent and has no answer to yet.

    `autocommit`: no transaction begins by itself.
    """

    def __init__(self, *args: Any, **named: Any) -> None:
        self.sent: list[Context] = []
        super().__init__(*args, **named)
        self.prepared: dict[tuple[str, tuple[int, ...]], Prepared] = {}
        if self._usock.family != socket.AF_UNIX:  # or a long batch waits for an acknowledgement
            self._usock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @property
    def _in_transaction(self) -> bool:
        return bool(self.sent) or bool(super()._in_transaction)

    def handle_messages(self, context: Context) -> None:
        """Read the answers to one statement. Raises InterfaceError where the server is gone."""
        with _network():
            super().handle_messages(context)

    def cursor(self) -> "Cursor":
        return Cursor(self)

    def commit(self) -> None:
        if self._in_transaction:
            self.send("commit")
            self.receive()

    def rollback(self) -> None:
        if self._in_transaction:
            self.execute_simple("rollback")

    def close(self) -> None:
        """End it; a server that has ended before us needs no farewell."""
        with suppress(legacy.InterfaceError):
            super().close()

    def execute_simple(self, statement: str) -> Context:
        self.receive(heeding=not statement.lower().startswith("rollback"))
        return super().execute_simple(statement)

    def execute_unnamed(self, *args: Any, **named: Any) -> Context:
        self.receive()
        return super().execute_unnamed(*args, **named)

    def prepare(self, operation: str, sample: Sequence[Any], oids: Sequence[int]) -> Prepared:
        """The statement, prepared if it is new."""
        key = (operation, tuple(oids))
        found = self.prepared.get(key)
        if found is None:
            self.receive()
            text = _numbered(operation, len(sample))
            found = (*self.prepare_statement(text, oids), text)
            self.prepared[key] = found
        return found

    def send(self, statement: str) -> None:
        """Send a statement without parameters; `receive` reads the answer."""
        self.send_QUERY(statement)
        self.sent.append(Context(statement))

    def send_prepared(self, found: Prepared, each: Sequence[Sequence[Any]], into: Context) -> None:
        """Send executions of what is prepared, without pg8000's request to answer each at once."""
        name, _, _, _ = found
        for args in each:
            values = make_params(self.py_types, args)
            body = bytearray(NULL_BYTE + name + H_pack(0) + H_pack(len(values)))
            for value in values:
                text = None if value is None else value.encode(self._client_encoding)
                body += i_pack(-1) if text is None else i_pack(len(text)) + text
            self._send_message(BIND, body + H_pack(0))
            with _network():
                self._sock.write(EXECUTE_MSG)
        with _network():
            self._sock.write(SYNC_MSG)
        self.sent.append(into)

    def receive(self, *, heeding: bool = True) -> None:
        """Read the answers to all that was sent; raises the first error unless it is not heeded."""
        if not self.sent:
            return
        with _network():
            self._sock.flush()
        waiting, self.sent = self.sent, []
        fault = None
        for one in waiting:
            try:
                self.handle_messages(one)
            except legacy.Error as error:
                fault = fault or error
        if fault and heeding:
            raise fault


class Cursor(legacy.Cursor):  # type: ignore[misc]
    """A cursor that executes what is prepared."""

    _c: Connection
    _input_oids: Sequence[int]
    input_types: list[Any]
    later = False

    def execute(self, operation: str, args: Any = (), stream: Any = None) -> "Cursor":
        if not args and operation.startswith("SAVEPOINT") and self._c._in_transaction:
            self._c.send(operation)
            self._context = self._c.sent[-1]
        elif not args or stream is not None or not self._prepares():
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
        found = connection.prepare(operation, each[0], self._input_oids)
        _, columns, functions, text = found
        context = Context(text, columns=columns, input_funcs=functions)
        for at in range(0, len(each), TOGETHER):
            if not connection._in_transaction and not connection.autocommit:
                connection.send("begin transaction")
            if at or len(connection.sent) >= TOGETHER:
                connection.receive()
            connection.send_prepared(found, each[at : at + TOGETHER], context)
        if not self.later or connection.autocommit:
            connection.receive()
        self._context = context
        self._row_iter = iter(context.rows or [])
        self._input_oids, self.input_types = (), []


@contextmanager
def _network() -> Iterator[None]:
    """What the socket says, as pg8000 says it: a server that died is no mistake of ours."""
    try:
        yield
    except OSError as fault:
        raise legacy.InterfaceError("network error") from fault


@lru_cache(maxsize=KEPT_STATEMENTS)
def _numbered(operation: str, parameters: int) -> str:
    """The text with numbered parameters, which reading letter by letter gives, once for a process."""
    return str(legacy.convert_paramstyle("format", operation, [None] * parameters)[0])


def speak(engine: Engine) -> Engine:
    """Let a PostgreSQL engine of SQLAlchemy use these connections; any other is left alone.

    What is only read (`execution_options(reading=True)`) needs no transaction around it.
    """
    if engine.dialect.name == "postgresql":
        event.listen(engine, "do_connect", _connect)
        event.listen(engine, "begin", _begin)
        event.listen(engine, "before_cursor_execute", _mark)
        event.listen(engine, "checkin", _leave)
        event.listen(engine, "checkout", _try)
    return engine


def state_of(error: DBAPIError) -> str:
    """The SQLSTATE that the server gave; empty where it gave none."""
    said = error.orig.args[0] if error.orig and error.orig.args else None
    return str(said.get("C", "")) if isinstance(said, dict) else ""


def words_of(error: DBAPIError) -> str:
    """What a database said, in one line."""
    said = error.orig.args[0] if error.orig and error.orig.args else type(error.orig).__name__
    return str(said.get("M", said) if isinstance(said, dict) else said).splitlines()[0]


Statement = TypeVar("Statement", bound=UpdateBase)


def later(statement: Statement) -> Statement:
    """A statement that is not waited for on PostgreSQL: nothing follows from its answer but an error."""
    return statement.execution_options(**{LATER: True})


def _connect(_: Any, __: Any, args: Any, named: Any) -> Connection:
    with _network():  # a server that ends while it greets
        return Connection(*args, **named)


def _begin(connection: Any) -> None:
    reading = bool(connection.get_execution_options().get("reading"))
    connection.connection.dbapi_connection.autocommit = reading


def _mark(_: Any, cursor: Any, __: str, ___: Any, context: Any, ____: bool) -> None:
    cursor.later = bool(context and context.execution_options.get(LATER))


def _leave(_: Any, record: Any) -> None:
    record.info["left"] = time.monotonic()


def _try(connection: Any, record: Any, _: Any) -> None:
    if time.monotonic() - record.info.get("left", time.monotonic()) < IDLE_SECONDS:
        return
    try:
        connection.execute_simple("select 1")
    except Exception as fault:
        raise DisconnectionError(str(fault)) from fault
