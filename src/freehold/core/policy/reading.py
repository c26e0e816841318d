"""Reading tables of a TOML file so that every mistake is found at once, with its line and key.

A `Table` hands out values by key and kind, notes what does not fit, and at the end what nobody
asked for.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from typing import Any, TypeVar, cast

from freehold.core.errors import Invalid, Mistake
from freehold.core.tomltext import Path, TomlText

Read = TypeVar("Read")
_MISSING = object()


@dataclass
class Report:
    """The mistakes of one file; `text` tells where keys stand, `source` what the file is called."""

    source: str
    text: TomlText
    mistakes: list[Mistake] = field(default_factory=list)

    def add(self, place: Path, message: str) -> None:
        where = f"{self.source}:{self.text.line(*place)}"
        named = ".".join(str(part) for part in place)
        self.mistakes.append(Mistake(f"{where}: {named}" if named else where, message))

    def refuse(self, message: str) -> None:
        """Raise Invalid with every mistake, if there is one."""
        if self.mistakes:
            raise Invalid(message, mistakes=self.mistakes)


@dataclass
class Table:
    """One table of the file, at `place`."""

    values: Mapping[str, Any]
    place: Path
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
            place = (*self.at(key), number)
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

    def at(self, key: str) -> Path:
        return (*self.place, key)

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
