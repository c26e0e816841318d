"""Test vectors of the law: facts in, expected outcome out, in files that anybody can write.

A file says `schema = "freehold-vectors/1"` and lists `[[vector]]`s; docs/reference/vectors.md is its
documentation. What can be judged is a table of kinds (judges.py): each documents its facts and its
outcomes as fields, so that reading a file, telling its author what is wrong and writing that page
follow from one definition. A judge never sees what is expected of it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from freehold.core.errors import Invalid, Mistake
from freehold.core.tomltext import Path, TomlText, read_toml

SCHEMA = "freehold-vectors/1"
MARKS = {
    "S": "confirmed in a public source",
    "C": "confirmed in the code of another engine",
    "G": "unverified: from general knowledge, to be checked by a person",
    "D": "our own choice, not law",
}
_KEYS = ("id", "kind", "about", "cites", "mark", "like", "facts", "expect")

Facts = Mapping[str, Any]


class Form(StrEnum):
    """What a value has to be, in the words of the reference."""

    TEXT = "text"
    WHOLE = "whole number"
    NUMBER = "number"
    YES_NO = "true or false"
    DAY = "date"
    INSTANT = "date and time with zone"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class Field:
    """A fact or an outcome: its name, what it has to be, and what it means.

    `choices` are the texts allowed, `many` a list of such values, `fields` what a table holds (empty:
    the kind reads the table itself). A fact that is not `required` may be left out; `meaning` says
    what holds then. Numbers arrive as int or exact Decimal, never as float.
    """

    name: str
    form: Form
    meaning: str
    required: bool = True
    choices: tuple[str, ...] = ()
    many: bool = False
    fields: tuple["Field", ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """Something that can be judged. `judge` turns facts into outcomes by name.

    `free_facts` and `free_outcomes` say what other names may stand there (empty: none); the judge
    itself refuses those it does not know.
    It raises Invalid where facts contradict each other or one is missing; its mistakes' places are
    names of facts.
    """

    name: str
    about: str
    facts: tuple[Field, ...]
    outcomes: tuple[Field, ...]
    judge: Callable[[Facts], Mapping[str, Any]]
    free_facts: str = ""
    free_outcomes: str = ""


@dataclass(frozen=True, slots=True)
class Vector:
    """One vector as written; `line` is where it begins, `mark` a key of MARKS or empty."""

    id: str
    kind: str
    about: str
    cites: tuple[str, ...]
    mark: str
    facts: Facts
    expect: Mapping[str, Any]
    line: int


@dataclass(frozen=True, slots=True)
class Difference:
    """An outcome that is not the expected one."""

    key: str
    expected: Any
    got: Any


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a vector: `got` is every outcome of the judge, `differences` empty if it passed."""

    id: str
    kind: str
    about: str
    cites: tuple[str, ...]
    mark: str
    passed: bool
    expected: Mapping[str, Any]
    got: Mapping[str, Any]
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts of results; `unverified` are those whose law is marked G."""

    vectors: int
    passed: int
    failed: int
    unverified: int


# ---- running ----


def run_vectors(vectors: Sequence[Vector], kinds: Mapping[str, Kind]) -> tuple[Result, ...]:
    """Judge each vector and compare what is expected of it.

    Raises Invalid with every mistake that a judge finds in the facts; then there is no result.
    """
    mistakes: list[Mistake] = []
    results = []
    for vector in vectors:
        try:
            results.append(_result(vector, kinds[vector.kind].judge(vector.facts)))
        except Invalid as wrong:
            place = f"line {vector.line}: {vector.id} facts"
            listed = [Mistake(f"{place}.{one.place}", one.message) for one in wrong.mistakes]
            mistakes += listed or [Mistake(place, wrong.message)]
    if mistakes:
        raise Invalid("the vectors cannot be run; none was", mistakes)
    return tuple(results)


def summary(results: Sequence[Result]) -> Summary:
    """How many passed and failed."""
    passed = sum(one.passed for one in results)
    unverified = sum(one.mark == "G" for one in results)
    return Summary(len(results), passed, len(results) - passed, unverified)


def _result(vector: Vector, got: Mapping[str, Any]) -> Result:
    differences = tuple(
        Difference(key, expected, got.get(key))
        for key, expected in vector.expect.items()
        if not _same(expected, got.get(key))
    )
    return Result(
        vector.id,
        vector.kind,
        vector.about,
        vector.cites,
        vector.mark,
        not differences,
        vector.expect,
        got,
        differences,
    )


def _same(expected: Any, got: Any) -> bool:
    """Lists are compared without their order; true is not 1."""
    if isinstance(expected, list) and isinstance(got, Sequence) and not isinstance(got, str):
        rest = list(got)
        for one in expected:
            match = next((at for at, other in enumerate(rest) if _same(one, other)), None)
            if match is None:
                return False
            del rest[match]
        return not rest
    if isinstance(expected, bool) or isinstance(got, bool):
        return expected is got
    return bool(expected == got)


# ---- reading ----


def read_vectors(text: str, kinds: Mapping[str, Kind]) -> tuple[Vector, ...]:
    """Read a file of vectors. Raises Invalid with every mistake, its line and its key."""
    found = read_toml(text, "the file of vectors")
    reading = _Reading(found, kinds)
    if found.content.get("schema") != SCHEMA:
        message = f'is missing or unknown: write schema = "{SCHEMA}"'
        reading.wrong(("schema",), "schema", message)
    for key in found.content.keys() - {"schema", "vector"}:
        reading.wrong((key,), key, "is unknown; there are schema and [[vector]]")
    listed = found.content.get("vector")
    if not isinstance(listed, list) or not listed:
        reading.wrong(("vector",), "vector", "there is none: write at least one [[vector]]")
        listed = []
    for number, content in enumerate(listed):
        _vector(reading, number, content)
    if reading.mistakes:
        mistakes = [one for _, one in sorted(reading.mistakes, key=lambda placed: placed[0])]
        raise Invalid("the file of vectors cannot be used; none was run", mistakes)
    return tuple(reading.read.values())


@dataclass(frozen=True, slots=True)
class _Reading:
    """A file while it is read: its mistakes by line, its vectors by id."""

    text: TomlText
    kinds: Mapping[str, Kind]
    mistakes: list[tuple[int, Mistake]] = field(default_factory=list)
    read: dict[str, Vector] = field(default_factory=dict)

    def wrong(self, path: Path, named: str, message: str) -> None:
        line = self.text.line(*path)
        self.mistakes.append((line, Mistake(f"line {line}: {named}", message)))


@dataclass(frozen=True, slots=True)
class _Entry:
    """One [[vector]] while it is read."""

    reading: _Reading
    path: Path
    name: str
    content: Facts

    def wrong(self, key: str, message: str) -> None:
        self.reading.wrong((*self.path, key), f"{self.name} {key}", message)

    def text(self, key: str) -> str:
        value = self.content.get(key)
        if isinstance(value, str) and value.strip():
            return value.strip()
        self.wrong(key, "is missing: write a text")
        return ""


def _vector(reading: _Reading, number: int, content: Any) -> None:
    path, name = ("vector", number), f"vector {number + 1}"
    if not isinstance(content, dict):
        reading.wrong(path, name, "is not a table: write [[vector]]")
        return
    if isinstance(content.get("id"), str):
        name = content["id"].strip()
    entry = _Entry(reading, path, name, content)
    for key in content.keys() - set(_KEYS):
        entry.wrong(key, f"is unknown; there are {', '.join(_KEYS)}")
    id, kind = entry.text("id"), _kind(entry)
    if id in reading.read:
        entry.wrong("id", f"is the id of the vector on line {reading.read[id].line} too")
    reading.read[name] = Vector(
        name,
        kind.name if kind else "",
        entry.text("about"),
        _cites(entry),
        _mark(entry),
        _facts(entry, kind),
        _expect(entry, kind),
        reading.text.line(*path),
    )


def _kind(entry: _Entry) -> Kind | None:
    named, kinds = entry.text("kind"), entry.reading.kinds
    if named and named not in kinds:
        entry.wrong("kind", f"{named!r} is unknown; there are {', '.join(sorted(kinds))}")
    return kinds.get(named)


def _cites(entry: _Entry) -> tuple[str, ...]:
    value = entry.content.get("cites", [])
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return tuple(value)
    entry.wrong("cites", f"{value!r} is not a list of texts")
    return ()


def _mark(entry: _Entry) -> str:
    value = entry.content.get("mark", "")
    if value in ("", *MARKS):
        return str(value)
    entry.wrong("mark", f"{value!r} is none of {', '.join(MARKS)}")
    return ""


def _facts(entry: _Entry, kind: Kind | None) -> Facts:
    """The facts as written, over those of the vector named in `like`."""
    like = entry.content.get("like")
    earlier = entry.reading.read.get(like) if isinstance(like, str) else None
    if like is not None and earlier is None:
        entry.wrong("like", f"{like!r} is not the id of a vector above")
    written = entry.content.get("facts", {} if earlier else None)
    if not isinstance(written, dict):
        entry.wrong("facts", "is missing: write a table of facts")
        return {}
    facts = {**(earlier.facts if earlier else {}), **written}
    if kind:
        place = (*entry.path, "facts")
        free = bool(kind.free_facts)
        for wrong in _table_mistakes(kind.facts, facts, place, f"{entry.name} facts", free=free):
            entry.reading.wrong(*wrong)
    return facts


def _expect(entry: _Entry, kind: Kind | None) -> Mapping[str, Any]:
    """What is expected: only what matters to the author, so nothing is missing from it."""
    written = entry.content.get("expect")
    if not isinstance(written, dict) or not written:
        entry.wrong("expect", "is missing: write a table with at least one outcome")
        return {}
    if kind:
        asked = tuple(replace(one, required=False) for one in kind.outcomes)
        place = (*entry.path, "expect")
        free = bool(kind.free_outcomes)
        for wrong in _table_mistakes(asked, written, place, f"{entry.name} expect", free=free):
            entry.reading.wrong(*wrong)
    return written


# ---- fields ----

_Wrong = tuple[Path, str, str]


def _table_mistakes(
    fields: tuple[Field, ...], content: Facts, path: Path, named: str, *, free: bool = False
) -> Iterator[_Wrong]:
    known = {one.name: one for one in fields}
    for key, value in content.items():
        place = ((*path, key), f"{named}.{key}")
        if key not in known and free:
            continue
        if key not in known:
            yield *place, f"is unknown; there are {', '.join(sorted(known))}"
        else:
            yield from _value_mistakes(known[key], value, *place)
    for one in fields:
        if one.required and one.name not in content:
            yield (*path, one.name), f"{named}.{one.name}", f"is missing: {one.meaning}"


def _value_mistakes(wanted: Field, value: Any, path: Path, named: str) -> Iterator[_Wrong]:
    if not wanted.many:
        yield from _one_mistakes(wanted, value, path, named)
    elif not isinstance(value, list):
        yield path, named, f"{_shown(value)} is not a list: write [ ... ]"
    else:
        for number, one in enumerate(value):
            yield from _one_mistakes(wanted, one, (*path, number), f"{named}[{number + 1}]")


def _one_mistakes(wanted: Field, value: Any, path: Path, named: str) -> Iterator[_Wrong]:
    if not _is_of(wanted.form, value):
        yield path, named, f"{_shown(value)} is not a {wanted.form}"
    elif wanted.choices and value not in wanted.choices:
        yield path, named, f"{_shown(value)} is none of {', '.join(wanted.choices)}"
    elif wanted.fields:
        yield from _table_mistakes(wanted.fields, value, path, named)


def _is_of(form: Form, value: Any) -> bool:
    if isinstance(value, bool):
        return form is Form.YES_NO
    if form is Form.NUMBER:
        return isinstance(value, int) or (isinstance(value, Decimal) and value.is_finite())
    if form is Form.DAY:
        return isinstance(value, date) and not isinstance(value, datetime)
    if form is Form.INSTANT:
        return isinstance(value, datetime) and value.tzinfo is not None
    return isinstance(value, {Form.TEXT: str, Form.WHOLE: int, Form.TABLE: dict}.get(form, ()))


def _shown(value: Any) -> str:
    """The value as its author knows it, cut where it is long."""
    text = str(value) if isinstance(value, date | Decimal) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
