"""What commands share to answer: an outcome, one JSON document, or readable tables.

A command computes one plain document, hands it to `show` with the tables that say the same to a
person, and returns its outcome. JSON leaves quantities that are exact as integers or strings,
instants as ISO 8601 with Z, and never writes a float that came from units or money.
"""

import enum
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

WIDE = 200  # columns where nobody looks at a terminal: tables in files and pipes are never cut


class Outcome(enum.Enum):
    """How a command ended; main.py turns it into the exit code."""

    DONE = "done"
    REFUSED = "refused"  # the policy said no
    FAILED = "failed"  # a check did not hold or a figure missed its goal


@dataclass(frozen=True, slots=True)
class Column:
    """A heading; numbers stand at the right."""

    heading: str
    number: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under headings."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]


json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document instead of tables."
)


def show(document: object, as_json: bool, *tables: Table) -> None:
    """Print the document for a program, or the tables for a person."""
    if as_json:
        print_json(document)
        return
    for table in tables:
        print_table(table)


def print_json(document: object) -> None:
    click.echo(json.dumps(plain(document), ensure_ascii=False, indent=2))


def plain(value: object) -> Any:
    """The value as JSON can hold it: dataclasses as objects, instants and exact numbers as text."""
    if value is None or isinstance(value, bool | str | float):
        return value
    if isinstance(value, enum.Enum):
        return value.name.lower()
    if isinstance(value, int):
        return value if abs(value) < 2**53 else str(value)
    if isinstance(value, Mapping):
        return {str(key): plain(content) for key, content in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return plain(value._asdict())
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Iterable) and not isinstance(value, bytes):
        return [plain(part) for part in value]
    return _text(value)


def _text(value: object) -> str:
    if isinstance(value, datetime):
        assert value.tzinfo is not None, "an instant without its time zone"
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    assert isinstance(value, date | Decimal | Fraction | PurePath), f"no JSON for {type(value)}"
    return value.isoformat() if isinstance(value, date) else str(value)


def print_table(table: Table) -> None:
    from rich.table import Table as RichTable
    from rich.text import Text

    if table.title:
        console().print(Text(table.title, style="bold"), soft_wrap=True)
    drawn = RichTable()
    for column in table.columns:
        drawn.add_column(column.heading, justify="right" if column.number else "left")
    for row in table.rows:
        drawn.add_row(*map(Text, row))
    console().print(drawn)


@cache
def console() -> "Console":
    """The terminal for people: colours where it has them, wide where it is no terminal."""
    from rich.console import Console

    terminal = Console()
    return terminal if terminal.is_terminal else Console(width=WIDE)
