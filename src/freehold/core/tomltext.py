"""A TOML text with the line of each key, so that a mistake can say where it stands.

Python's reader (tomllib) decides what the text means; it keeps no lines. So a text that it has
accepted is walked a second time, only for places: because the text is known to be valid, the walk
needs no rules but how strings end and what headers, keys and brackets are. A test compares the
places found with the content read, key by key, for any document.
"""

import re
import tomllib
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from freehold.core.errors import Invalid

Path = tuple[str | int, ...]
"""The way to a value: keys, and numbers (from 0) in lists."""

DEEPEST = 100
"""Keys and lists within each other; whoever writes more does not mean it."""
_SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_STRINGS = (
    re.compile(r'"""(?:[^\\]|\\.)*?"""("{0,2})', re.S),
    re.compile(r"'''.*?'''('{0,2})", re.S),
    re.compile(r'"(?:[^"\\]|\\.)*"'),
    re.compile(r"'[^']*'"),
)
_SCALAR = re.compile(r"[^,\]}#\n]+")


@dataclass(frozen=True, slots=True)
class TomlText:
    """What a text says and the line (from 1) on which each key and list entry begins."""

    content: Mapping[str, Any]
    lines: Mapping[Path, int]

    def line(self, *path: str | int) -> int:
        """The line of a value, or of the nearest thing around it that is written; 1 at the top."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read_toml(text: str, what: str) -> TomlText:
    """Read a text; `what` names it in the error. Numbers with a point are exact decimals.

    Raises Invalid if it is not TOML or nests too deeply to be read.
    """
    try:
        content = tomllib.loads(text, parse_float=Decimal)
        walk = _Walk(text.replace("\r\n", "\n"))
        _document(walk)
    except ValueError as error:  # a TOMLDecodeError, or a number of thousands of digits
        raise Invalid(f"{what} is not TOML: {error}") from None
    except (RecursionError, _TooDeep):
        raise Invalid(f"{what} nests too deeply to be read") from None
    return TomlText(content, walk.lines())


class _TooDeep(Exception):
    """The interpreter's own limit is not enough: libraries raise it for the whole process."""


@dataclass(slots=True)
class _Walk:
    """Where the walk stands, the places it has passed, and how many tables each list has."""

    text: str
    at: int = 0
    starts: dict[Path, int] = field(default_factory=dict)
    tables: defaultdict[Path, int] = field(default_factory=lambda: defaultdict(int))

    def is_at(self, token: str) -> bool:
        return self.text.startswith(token, self.at)

    def passed(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return found[0] if found else ""

    def mark(self, path: Path, start: int) -> None:
        if len(path) > DEEPEST:
            raise _TooDeep
        for length in range(1, len(path) + 1):
            self.starts.setdefault(path[:length], start)

    def lines(self) -> dict[Path, int]:
        ends = [found.start() for found in re.finditer("\n", self.text)]
        return {path: bisect_left(ends, start) + 1 for path, start in self.starts.items()}


def _document(walk: _Walk) -> None:
    table: Path = ()
    walk.passed(_SPACE)
    while walk.at < len(walk.text):
        if walk.is_at("["):
            table = _header(walk)
        else:
            _pair(walk, table)
        walk.passed(_SPACE)


def _header(walk: _Walk) -> Path:
    start, entry = walk.at, walk.is_at("[[")
    walk.at += 2 if entry else 1
    keys = _keys(walk)
    walk.at += 2 if entry else 1
    path: Path = ()
    for number, key in enumerate(keys, 1):
        path = (*path, key)
        if entry and number == len(keys):
            walk.tables[path] += 1
        if path in walk.tables:
            walk.mark(path, start)
            path = (*path, walk.tables[path] - 1)
    walk.mark(path, start)
    return path


def _pair(walk: _Walk, table: Path) -> None:
    start = walk.at
    path = (*table, *_keys(walk))
    walk.mark(path, start)
    walk.at += 1  # the equals sign
    _value(walk, path)


def _keys(walk: _Walk) -> list[str]:
    """A dotted key; stands after it and the space around it."""
    keys = []
    while True:
        walk.passed(_SPACE)
        quoted = _string(walk)
        keys.append(tomllib.loads(f"it = {quoted}")["it"] if quoted else walk.passed(_BARE))
        walk.passed(_SPACE)
        if not walk.is_at("."):
            return keys
        walk.at += 1


def _value(walk: _Walk, path: Path) -> None:
    walk.passed(_SPACE)
    walk.mark(path, walk.at)
    if walk.is_at("["):
        _enclosed(walk, path, "]")
    elif walk.is_at("{"):
        _enclosed(walk, path, "}")
    elif not _string(walk):
        walk.passed(_SCALAR)


def _enclosed(walk: _Walk, path: Path, end: str) -> None:
    """A list, or a table within a line."""
    walk.at += 1
    number = 0
    walk.passed(_SPACE)
    while not walk.is_at(end):
        if end == "]":
            _value(walk, (*path, number))
        else:
            _pair(walk, path)
        number += 1
        walk.passed(_SPACE)
        if walk.is_at(","):
            walk.at += 1
        walk.passed(_SPACE)
    walk.at += 1


def _string(walk: _Walk) -> str:
    return next((found for pattern in _STRINGS if (found := walk.passed(pattern))), "")
