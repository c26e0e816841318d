"""A copy of the book as it stood at one instant, made while others write, and put back into an empty one.

SQLite copies itself page by page (its online backup). PostgreSQL is read in one REPEATABLE READ
transaction, table by table, into lines of JSON that need no program but this one to be read again.
"""

import base64
import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, create_engine, func, insert, select, text

from freehold.book import audit, instructions
from freehold.book.schema import metadata
from freehold.book.session import Book, speaking_plainly
from freehold.core.errors import Broken, Conflict

SQLITE, LINES = "book.db", "book.jsonl"
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy's file, and what stands in it: the head of the audit log, and instructions by state."""

    file: Path
    entries: int
    head: str
    accepted: Mapping[str, int]


def copy(book: Book, folder: Path) -> Copied:
    """Write the book into a folder, as it stood at one instant. Raises Unavailable."""
    if book.engine.dialect.name == "sqlite":
        return _copy_sqlite(book, folder / SQLITE)
    file = folder / LINES
    with speaking_plainly(book.engine.url), book.engine.connect() as connection:
        read = connection.execution_options(isolation_level="REPEATABLE READ")
        with read.begin(), file.open("w", encoding="utf-8") as writing:
            revision = read.scalar(text("SELECT version_num FROM alembic_version"))
            writing.write(json.dumps({"revision": revision}) + "\n")
            for table in metadata.sorted_tables:
                writing.writelines(_lines(read, table))
            return Copied(file, *claims(read))


def claims(tx: Connection) -> tuple[int, str, dict[str, int]]:
    """What a book says of itself: the head of its audit log, and its instructions by state."""
    entries, head = audit.head(tx)
    return entries, head, instructions.by_state(tx)


def restore_lines(book: Book, file: Path) -> int:
    """Fill an empty book from lines; how many rows there were.

    Raises Conflict for a book that holds anything, or lines of another version of the tables.
    """
    tables = {table.name: table for table in metadata.sorted_tables}
    count = 0
    with book.transaction() as tx, file.open(encoding="utf-8") as reading:
        for table in metadata.sorted_tables:
            if tx.execute(select(text("1")).select_from(table).limit(1)).first():
                raise Conflict(f"the book holds something already (in {table.name}): it is kept")
        revision = tx.scalar(text("SELECT version_num FROM alembic_version"))
        said = json.loads(next(reading))["revision"]
        if said != revision:
            raise Conflict(f"the copy is of version {said}, this program's book of {revision}")
        for line in reading:
            name, row = json.loads(line)
            tx.execute(insert(tables[name]).values(_read(row)))
            count += 1
        _count_on(tx)
    return count


def _copy_sqlite(book: Book, file: Path) -> Copied:
    place = book.engine.url.database
    assert place, "a book in a file"
    source = sqlite3.connect(f"file:{place}?mode=ro", uri=True)
    into = sqlite3.connect(file)
    try:
        source.backup(into)
        into.execute("PRAGMA journal_mode=DELETE")  # the copy is one file, with nothing beside it
        if into.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise Broken(f"the book {place} is damaged: restore it from an older copy")
    finally:
        into.close()
        source.close()
    file.chmod(0o600)
    reading = create_engine(
        "sqlite://", creator=lambda: sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    )
    try:
        with reading.connect() as copied:
            return Copied(file, *claims(copied))
    finally:
        reading.dispose()


def _lines(connection: Connection, table: Table) -> Iterator[str]:
    ordered = select(*(column.label(column.name) for column in table.columns))
    rows = connection.execution_options(yield_per=AT_ONCE).execute(
        ordered.order_by(*table.primary_key.columns)
    )
    for row in rows:
        values = {name: _written(table, name, value) for name, value in row._mapping.items()}
        yield json.dumps([table.name, values], ensure_ascii=False) + "\n"


def _written(table: Table, name: str, value: Any) -> Any:
    """A value as JSON: bytes in base 64, everything else as the column's own type binds it."""
    if isinstance(value, bytes | memoryview):
        return {"base64": base64.b64encode(bytes(value)).decode()}
    if hasattr(value, "isoformat"):
        return {"instant": value.isoformat()}
    return value


def _read(row: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, dict) and "base64" in value:
            found[name] = base64.b64decode(value["base64"])
        elif isinstance(value, dict) and "instant" in value:
            found[name] = datetime.fromisoformat(value["instant"])
        else:
            found[name] = value
    return found


def _count_on(tx: Connection) -> None:
    """Let PostgreSQL's counters go on behind the numbers that were put in."""
    if tx.dialect.name != "postgresql":
        return
    for table in metadata.sorted_tables:
        for column in table.primary_key.columns:
            counter = tx.scalar(
                text("SELECT pg_get_serial_sequence(:table, :column)"),
                {"table": table.name, "column": column.name},
            )
            if counter:
                most = tx.scalar(select(func.max(column))) or 0
                tx.execute(
                    text("SELECT setval(:of, :next, false)"), {"of": counter, "next": most + 1}
                )
