"""What somebody answered: a TOML file that the questionnaire writes and goes on from.

schema = "freehold-howey/1"
name = "Harbour token"            for the memo; no rule looks at it
table = "1"                       the factor table that was answered

[answers]
T0 = "no"
M1 = { answer = "yes", evidence = "sold for USDC, terms of sale s.3" }
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from enum import StrEnum
from typing import Any

from freehold.core.errors import Invalid, Mistake
from freehold.core.policy.howey.parts import Said
from freehold.core.policy.howey.questions import QUESTIONS, VERSION
from freehold.core.tomltext import TomlText, read_toml

SCHEMA = "freehold-howey/1"


class Value(StrEnum):
    """An answer. Unknown is one too: the question was asked."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer and what shows that it is true, in the words of whoever gave it."""

    value: Value
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers about one token, by question."""

    name: str = ""
    given: Mapping[str, Answer] = field(default_factory=dict)

    @property
    def said(self) -> Said:
        """The definite ones."""
        return {
            id: one.value is Value.YES
            for id, one in self.given.items()
            if one.value is not Value.UNKNOWN
        }

    def having(self, id: str, answer: Answer) -> "Answers":
        """These answers and one more, in the order of the table."""
        given = {**self.given, id: answer}
        return replace(self, given={id: given[id] for id in QUESTIONS if id in given})


def read_answers(text: str) -> Answers:
    """Read a file of answers. Raises Invalid with every mistake, its line and its key."""
    found = read_toml(text, "the file of answers")
    wrong = _Wrong(found, [])
    content = found.content
    if content.get("schema") != SCHEMA:
        wrong.at(f'is missing or unknown: write schema = "{SCHEMA}"', "schema")
    if content.get("table", VERSION) != VERSION:
        message = f"{content['table']!r} is not the factor table {VERSION}: go through it anew"
        wrong.at(message, "table")
    if not isinstance(content.get("name", ""), str):
        wrong.at(f"{content['name']!r} is not a text", "name")
    for key in content.keys() - {"schema", "table", "name", "answers"}:
        wrong.at("is unknown; there are schema, name, table, answers", key)
    listed = content.get("answers")
    if not isinstance(listed, dict):
        wrong.at("is missing: write [answers]", "answers")
        listed = {}
    given = {id: _answer(wrong, id, one) for id, one in listed.items()}
    if wrong.mistakes:
        mistakes = [one for _, one in sorted(wrong.mistakes, key=lambda placed: placed[0])]
        raise Invalid("the answers cannot be used", mistakes)
    return Answers(str(content.get("name", "")), {id: given[id] for id in QUESTIONS if id in given})


@dataclass(frozen=True, slots=True)
class _Wrong:
    text: TomlText
    mistakes: list[tuple[int, Mistake]]

    def at(self, message: str, *path: str) -> None:
        line = self.text.line(*path)
        self.mistakes.append((line, Mistake(f"line {line}: {'.'.join(path)}", message)))


def _answer(wrong: _Wrong, id: str, content: Any) -> Answer:
    if id not in QUESTIONS:
        near = get_close_matches(id.upper(), QUESTIONS, 1, 0.5)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(QUESTIONS)}"
        wrong.at(f"is no question; {hint}", "answers", id)
    table = content if isinstance(content, dict) else {"answer": content}
    for key in table.keys() - {"answer", "evidence"}:
        wrong.at("is unknown; there are answer and evidence", "answers", id, key)
    value, evidence = table.get("answer"), table.get("evidence", "")
    if not isinstance(evidence, str):
        wrong.at(f"{evidence!r} is not a text", "answers", id, "evidence")
    if not isinstance(value, str) or value not in list(Value):
        wrong.at(f"{value!r} is none of {', '.join(Value)}", "answers", id)
        return Answer(Value.UNKNOWN)
    return Answer(Value(value), str(evidence).strip())


def write_answers(answers: Answers) -> str:
    """The file that `read_answers` reads back to the same answers."""
    head = [f"schema = {_quoted(SCHEMA)}", f"name = {_quoted(answers.name)}"]
    head += [f"table = {_quoted(VERSION)}", "", "[answers]"]
    lines = []
    for id, one in answers.given.items():
        lines.append(f"# {QUESTIONS[id].text}")
        evidence = f", evidence = {_quoted(one.evidence)}" if one.evidence else ""
        lines.append(f"{id} = {{ answer = {_quoted(one.value)}{evidence} }}")
    return "\n".join([*head, *lines, ""])


def _quoted(text: str) -> str:
    """A TOML string: JSON's escapes are TOML's, but for the one control sign that JSON leaves."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
