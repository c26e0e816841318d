"""Reading tables of a TOML file so that every mistake is found at once, with its line and key.

A `Table` hands out values by key and kind, notes what does not fit, and at the end what nobody
asked for. `lines_of` finds where each key stands, which TOML readers do not tell.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from typing import Any, TypeVar, cast

from freehold.core.errors import Invalid, Mistake

Read = TypeVar("Read")
_HEADER = re.compile(r"\s*\[(\[)?\s*(.+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(
    r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"))*)\s*="""
)
_PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")
_MISSING = object()


def lines_of(text: str) -> dict[str, int]:
    """The line on which each table and key begins, by its place (`caps.holders`, `tests[2].needs`)."""
    found: dict[str, int] = {}
    counts: dict[str, int] = {}
    inside, quoted = "", ""
    for number, line in enumerate(text.splitlines(), 1):
        if quoted:
            quoted = "" if quoted in line else quoted
            continue
        header, key = _HEADER.match(line), _KEY.match(line)
        if header and not key:
            inside = _dotted(header[2])
            if header[1]:
                counts[inside] = counts.get(inside, -1) + 1
                inside = f"{inside}[{counts[inside]}]"
            found.setdefault(inside, number)
        elif key:
            found.setdefault(f"{inside}.{_dotted(key[1])}".lstrip("."), number)
        quoted = next((mark for mark in ('"""', "'''") if line.count(mark) == 1), "")
    return found


def _dotted(key: str) -> str:
    return ".".join(part.strip("\"'") for part in _PART.findall(key))


@dataclass
class Report:
    """The mistakes of one file; `lines` tells where keys stand, `source` what the file is called."""

    source: str
    lines: Mapping[str, int] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)

    def add(self, place: str, message: str) -> None:
        line = self._line(place)
        where = f"{self.source}:{line}" if line else self.source
        self.mistakes.append(Mistake(f"{where}: {place}" if place else where, message))

    def _line(self, place: str) -> int | None:
        while place and place not in self.lines:
            place = place.rpartition(".")[0]
        return self.lines.get(place)

    def refuse(self, message: str) -> None:
        """Raise Invalid with every mistake, if there is one."""
        if self.mistakes:
            raise Invalid(message, mistakes=self.mistakes)


@dataclass
class Table:
    """One table of the file, at `place`."""

    values: Mapping[str, Any]
    place: str
    report: Report
    _asked: set[str] = field(default_factory=set)

    def text(self, key: str, default: Any = _MISSING) -> str:
        return self._take(key, str, "a text", default, "")

    def number(self, key: str, default: Any = _MISSING) -> int:
        return self._take(key, int, "a whole number", default, 0)

    def yes(self, key: str, default: Any = _MISSING) -> bool:
        return self._take(key, bool, "true or false", default, False)

    def day(self, key: str, default: Any = _MISSING) -> date:
        return self._take(key, date, "a date such as 2026-11-22", default, date(1970, 1, 1))

    def texts(self, key: str, default: Sequence[str] = ()) -> tuple[str, ...]:
        found = self._take(key, list, "a list of texts", list(default), [])
        if not all(isinstance(one, str) for one in found):
            self.note(key, "is not a list of texts")
            return ()
        return tuple(found)

    def table(self, key: str) -> "Table":
        found = self._take(key, dict, "a table", {}, {})
        return Table(found, self.at(key), self.report)

    def tables(self, key: str) -> Iterator["Table"]:
        found = self._take(key, list, "a list of tables", [], [])
        for number, one in enumerate(found):
            place = f"{self.at(key)}[{number}]"
            if isinstance(one, dict):
                yield Table(one, place, self.report)
            else:
                self.report.add(place, f"{one!r} is not a table")

    def named(self, key: str) -> Iterator[tuple[str, "Table"]]:
        """The tables inside the table `key`, by name."""
        inside = self.table(key)
        for name in inside.values:
            yield name, inside.table(name)
        inside.finish()

    def given(self, key: str) -> Any:
        """The value as it stands, None if there is none."""
        self._asked.add(key)
        return self.values.get(key)

    def read(
        self, key: str, reader: Callable[[str], Read], default: Read, *, needed: bool = True
    ) -> Read:
        """A text that `reader` understands; what it cannot read is noted with its own words."""
        written = self.text(key) if needed or key in self.values else None
        if not written:
            return default
        try:
            return reader(written)
        except Invalid as problem:
            self.note(key, problem.message)
            return default

    def note(self, key: str, message: str) -> None:
        self.report.add(self.at(key), message)

    def at(self, key: str) -> str:
        return f"{self.place}.{key}".lstrip(".")

    def finish(self) -> None:
        """Note every key that nothing has asked for."""
        for key in self.values:
            if key not in self._asked:
                near = get_close_matches(key, self._asked, 1)
                known = ", ".join(sorted(self._asked)) or "none"
                hint = f"did you mean {near[0]}?" if near else f"known here: {known}"
                self.note(key, f"is not a key of this table; {hint}")

    def _take(self, key: str, kind: type[Read], called: str, default: Any, fallback: Read) -> Read:
        self._asked.add(key)
        if key not in self.values:
            if default is _MISSING:
                self.note(key, f"is missing: give {called}")
                return fallback
            return cast(Read, default)
        value = self.values[key]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            self.note(key, f"{value!r} is not {called}")
            return fallback if default is _MISSING else cast(Read, default)
        return value
