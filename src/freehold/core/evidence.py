"""Evidence: what was seen of a person on a day, as facts that rules can judge, and which papers show it.

A record names who examined it, the day its facts speak for, the facts (by the names that policies
read: `income`, `net_worth`, `letter_day` ...), and its documents by digest. The papers themselves
stay where the office keeps its files. Facts are exact: whole numbers, fractions, days, yes or no,
words; a number with a decimal point is written as text, because floats are not exact.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from freehold.core.clock import parse_day
from freehold.core.errors import Invalid, Mistake
from freehold.core.ids import JSON, record_hash

Fact = bool | int | Fraction | str | date


@dataclass(frozen=True, slots=True)
class Paper:
    """A document by its name and digest (`sha256:` and 64 hexadecimal digits)."""

    name: str
    digest: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """A record of evidence about a person; `dated` is the day its facts speak for."""

    subject: str
    examiner: str
    dated: date
    facts: Mapping[str, Fact]
    papers: tuple[Paper, ...]

    @property
    def digest(self) -> str:
        """One digest for the whole record, as a claim names its evidence."""
        return "sha256:" + record_hash(evidence_json(self))[2:]


def read_evidence(
    given: Mapping[str, Any], subject: str, today: date, papers: Mapping[str, str]
) -> Evidence:
    """Evidence from a record with `examiner`, `dated`, a table of `facts`, and `documents` by name.

    `papers` are the digests of the documents that were found, by name. Raises Invalid with every
    mistake: a missing paper, a day in the future, a fact that is not exact.
    """
    known = {"examiner", "dated", "facts", "documents"}
    mistakes = [
        Mistake(key, f"there is no such field; they are {', '.join(sorted(known))}")
        for key in given
        if key not in known
    ]
    examiner = str(given.get("examiner") or "")
    if not examiner:
        mistakes.append(Mistake("examiner", "is missing: say who has seen the papers"))
    dated = _dated(given.get("dated"), today, mistakes)
    facts = _facts(given.get("facts"), mistakes)
    named = given.get("documents") or []
    wanted = [str(one) for one in named] if isinstance(named, list) else [str(named)]
    if not wanted:
        mistakes.append(Mistake("documents", "are missing: name at least one paper"))
    for name in wanted:
        if name not in papers:
            mistakes.append(Mistake("documents", f"the paper {name} was not found: add its file"))
    if mistakes:
        raise Invalid("the evidence cannot be recorded; nothing was done", mistakes)
    assert dated, "read above"
    seen = tuple(Paper(name, papers[name]) for name in wanted)
    return Evidence(subject, examiner, dated, facts, seen)


def evidence_json(evidence: Evidence) -> dict[str, JSON]:
    """The record as plain JSON, every fact with its kind."""
    return {
        "subject": evidence.subject,
        "examiner": evidence.examiner,
        "dated": evidence.dated.isoformat(),
        "facts": {name: _written(value) for name, value in sorted(evidence.facts.items())},
        "papers": [{"name": one.name, "digest": one.digest} for one in evidence.papers],
    }


def evidence_from_json(plain: Mapping[str, Any]) -> Evidence:
    """What `evidence_json` wrote."""
    return Evidence(
        plain["subject"],
        plain["examiner"],
        date.fromisoformat(plain["dated"]),
        {name: _read(value) for name, value in plain["facts"].items()},
        tuple(Paper(**one) for one in plain["papers"]),
    )


def read_fact(text: str) -> Fact:
    """A fact as people write it: yes or no, a day, an exact number, else a word."""
    if text in ("yes", "no"):
        return text == "yes"
    if re.fullmatch(r"-?[\d_]+(\.\d+)?", text):
        number = Fraction(text.replace("_", ""))
        return int(number) if number.denominator == 1 else number
    return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else text


def _dated(value: object, today: date, mistakes: list[Mistake]) -> date | None:
    if isinstance(value, date):
        value = value.isoformat()[:10]
    try:
        day = parse_day(str(value or ""), "dated")
    except Invalid as wrong:
        mistakes.append(Mistake("dated", wrong.message))
        return None
    if day > today:
        mistakes.append(Mistake("dated", f"{day} lies in the future: today is {today}"))
    return day


def _facts(given: object, mistakes: list[Mistake]) -> dict[str, Fact]:
    if not isinstance(given, Mapping) or not given:
        mistakes.append(Mistake("facts", "are missing: say what the papers show"))
        return {}
    facts: dict[str, Fact] = {}
    for name, value in given.items():
        fact = _fact(value)
        if fact is None:
            wrong = (
                "is not exact: write whole numbers, text such as '200000.50', days, true or false"
            )
            mistakes.append(Mistake(f"facts {name}", f"{value!r} {wrong}"))
        else:
            facts[str(name)] = fact
    return facts


def _fact(value: object) -> Fact | None:
    if isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value):
        return Fraction(value)
    if isinstance(value, bool | int | str | date):
        return value
    return None


def _written(value: Fact) -> JSON:
    if isinstance(value, bool | str):
        return value
    if isinstance(value, date):
        return {"day": value.isoformat()[:10]}
    return {"number": str(value)}


def _read(value: Any) -> Fact:
    if not isinstance(value, dict):
        fact: Fact = value
        return fact
    if "day" in value:
        return date.fromisoformat(value["day"])
    number = Fraction(value["number"])
    return int(number) if number.denominator == 1 else number
