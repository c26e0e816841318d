"""Mutants: every small change of a profile that would make it another law.

A profile is only as good as the tests that hold it. `mutants` lists the changes of one profile that
matter, one at a time: a number one more or one less, a period one unit longer or shorter, a comparison,
`and` and `or`, a constant, a code, an entry of a list, a stage, a clock, a rule left out. What is no
rule stays: texts, citations, marks, titles, the names of rules and what facts mean. `survivors.py` asks
the vectors about each of them.

The text is changed, not what was read from it, so that a mutant is a profile as anybody could have
written it, and its line can be shown.
"""

import json
import re
import tokenize
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from itertools import accumulate
from typing import Any, NamedTuple

from freehold.core.errors import Broken
from freehold.core.policy.model import Stage
from freehold.core.policy.profile import PERIOD
from freehold.core.reasons import Reason
from freehold.core.tomltext import Path, TomlText, read_toml

_RULES = (
    "families", "attributes", "prohibitions", "paths", "caps", "tests", "obligations", "lints",
)  # fmt: skip
_NO_RULE = frozenset("name rule cite mark text way_out what".split())
_CONDITIONS = frozenset("when needs due group restricted".split())
_OPTIONAL = frozenset(
    "until families restricted group implies rule_144 reg_s reg_cf lock presumed per_person".split()
)
_SWAPPED = {
    "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==",
    "and": "or", "or": "and", "True": "False", "False": "True", "max": "min", "min": "max",
    "not": "",
}  # fmt: skip
_HEADER = re.compile(r"^\[", re.M)


class Mutant(NamedTuple):
    """One changed profile: where (line of the shipped text, the rule's place), what, and all of it."""

    profile: str
    line: int
    place: str
    change: str
    text: str

    def __str__(self) -> str:
        return f"{self.profile}.toml:{self.line}: {self.place}: {self.change}"


class _Edit(NamedTuple):
    """`old` at an offset of the text becomes `new`."""

    at: int
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class _Source:
    """A profile's text, what it says, and where its lines begin."""

    text: str
    read: TomlText
    starts: tuple[int, ...]

    def value_at(self, path: Path) -> int:
        """The offset of the value of a key; keys of profiles hold no equals sign."""
        equals = self.text.index("=", self.starts[self.read.line(*path) - 1])
        return equals + 1 + len(self.text[equals + 1 :]) - len(self.text[equals + 1 :].lstrip())

    def line_of(self, offset: int) -> int:
        return bisect_right(self.starts, offset)


def mutants(profile: str, text: str) -> Iterator[Mutant]:
    """Every mutant of a profile, in the order of its lines within each table.

    Raises Invalid where the text is no TOML.
    """
    starts = tuple(accumulate((len(line) for line in text.splitlines(True)), initial=0))
    source = _Source(text, read_toml(text, profile), starts)
    for place, edit in _edits(source):
        changed = text[: edit.at] + edit.new + text[edit.at + len(edit.old) :]
        shown = "left out" if _is_whole(edit) else f"{edit.old} -> {edit.new or 'nothing'}"
        yield Mutant(profile, source.line_of(edit.at), place, shown, changed)


def _is_whole(edit: _Edit) -> bool:
    return not edit.new and edit.old.endswith("\n")


def _edits(source: _Source) -> Iterator[tuple[str, _Edit]]:
    content = source.read.content
    for key in ("needs", "resets_affiliate_sales"):
        if key in content:
            yield from ((key, edit) for edit in _of_value(source, (key,), content[key]))
    for name, declared in content.get("parameters", {}).items():
        path = ("parameters", name)
        found = _of_parameter(source, path, declared)
        yield from ((f"parameters.{name}", edit) for edit in found)
    for name in content.get("questions", {}):
        yield f"questions.{name}", _line_out(source, ("questions", name))
    for kind in _RULES:
        for number, rule in enumerate(content.get(kind, ())):
            place = f"{kind}.{rule.get('id', rule.get('name'))}"
            yield place, _table_out(source, (kind, number))
            for edit in _of_rule(source, (kind, number), rule):
                yield place, edit


def _of_parameter(source: _Source, path: Path, declared: Mapping[str, Any]) -> Iterator[_Edit]:
    yield from _of_value(source, (*path, "default"), declared["default"])
    if "choices" in declared:
        yield from _of_value(source, (*path, "choices"), declared["choices"])


def _of_rule(source: _Source, path: Path, rule: Mapping[str, Any]) -> Iterator[_Edit]:
    for key, value in rule.items():
        place = (*path, key)
        if key in _NO_RULE or (key == "id" and path[0] != "lints"):
            continue
        if key in _OPTIONAL:
            yield _line_out(source, place)
        if key == "where":
            for name in value:
                yield from _of_condition(source, (*place, name))
        elif key in _CONDITIONS:
            yield from _of_condition(source, place)
        elif key in ("code", "lock_code"):
            yield _renamed(source, place, value, _next(list(Reason.__members__)[1:], value))
        elif key == "at":
            yield _renamed(source, place, value, _next(list(Stage), value))
        else:
            yield from _of_value(source, place, value)


def _of_value(source: _Source, path: Path, value: Any) -> Iterator[_Edit]:
    """The changes of a TOML value that is no condition."""
    at = source.value_at(path)
    if isinstance(value, bool):
        yield _Edit(at, str(value).lower(), str(not value).lower())
    elif isinstance(value, int):
        old = _written(source, at, value)
        yield from (_Edit(at, old, str(value + step)) for step in (1, -1))
    elif isinstance(value, str):
        yield from _of_text(source, path, value)
    elif isinstance(value, list):
        old = _written(source, at, value)
        yield from (_Edit(at, old, json.dumps(new)) for new in _lists_near(value))


def _of_text(source: _Source, path: Path, value: str) -> Iterator[_Edit]:
    """A period one unit longer and shorter; any other name another name; `$name` is mutated where
    the parameter stands."""
    period = PERIOD.fullmatch(value)
    if period:
        count, unit = int(period[1]), period[2]
        near = (count + 1, count - 1) if count > 1 else (count + 1,)
        yield from (_renamed(source, path, value, f"P{one}{unit}") for one in near)
    elif not value.startswith("$"):
        yield _renamed(source, path, value, f"{value}~")


def _lists_near(value: list[Any]) -> Iterator[list[Any]]:
    """Each number one more and one less; or each other entry left out."""
    for place, one in enumerate(value):
        before, after = value[:place], value[place + 1 :]
        if isinstance(one, int):
            yield from ([*before, one + step, *after] for step in (1, -1))
        else:
            yield [*before, *after]


def _of_condition(source: _Source, path: Path) -> Iterator[_Edit]:
    """The changes of an expression, token by token."""
    start = source.value_at(path)
    quote = '"""' if source.text.startswith('"""', start) else '"'
    start += len(quote)
    written = source.text[start : source.text.index(quote, start)]
    offsets = [*accumulate((len(line) for line in f"({written})".splitlines(True)), initial=0)]
    for token in tokenize.generate_tokens(StringIO(f"({written})").readline):
        at = start + offsets[token.start[0] - 1] + token.start[1] - 1
        for new in _instead(token):
            yield _Edit(at, token.string, new)


def _instead(token: tokenize.TokenInfo) -> Iterator[str]:
    if token.type == tokenize.NUMBER:
        number = int(token.string)
        yield from (str(number + 1), str(number - 1))
    elif token.type == tokenize.STRING:
        yield f"{token.string[:-1]}~'"
    elif token.string in _SWAPPED:
        yield _SWAPPED[token.string]


def _renamed(source: _Source, path: Path, old: str, new: str) -> _Edit:
    return _Edit(source.value_at(path), f'"{old}"', f'"{new}"')


def _next(names: list[str], name: str) -> str:
    return names[(names.index(name) + 1) % len(names)]


def _line_out(source: _Source, path: Path) -> _Edit:
    """A key left out; its value ends with the line, or with the quotes that began on it."""
    start, at = source.starts[source.read.line(*path) - 1], source.value_at(path)
    end = source.text.index('"""', at + 3) if source.text.startswith('"""', at) else at
    return _Edit(start, source.text[start : source.text.index("\n", end) + 1], "")


def _table_out(source: _Source, path: Path) -> _Edit:
    start = source.starts[source.read.line(*path) - 1]
    after = _HEADER.search(source.text, start + 1)
    return _Edit(start, source.text[start : after.start() if after else None], "")


def _written(source: _Source, at: int, value: Any) -> str:
    """A value as it is written: a number or a list, on one line."""
    written = source.text[at : source.text.index("\n", at)].rstrip()
    if read_toml(f"it = {written}", "a value").content["it"] != value:
        raise Broken(f"{written!r} on line {source.line_of(at)} is written over several lines")
    return written
