"""The audit log as a chain of hashes: what an entry is, how it hangs on the one before, a check.

The hash of an entry is SHA-256 over the canonical JSON (RFC 8785) of the hash before it and of every
field, so whoever has the entries can recompute the chain without us, and nobody can change, drop or
insert one without changing every hash after it. Entries name people by the ids of the book; names
and other personal data stay out, so the log can be kept for good and handed to an auditor.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from freehold.core.clock import parse, stamp
from freehold.core.errors import Invalid, Plain
from freehold.core.ids import JSON, canonical

FIRST = "0" * 64
"""What the first entry hangs on."""
FIELDS = ("number", "at", "actor", "act", "subject", "outcome", "code", "content", "hash")
SPARED = 2**53
"""Whole numbers from here on are text, because JSON readers differ about them."""


class Outcome(StrEnum):
    """How what is recorded ended."""

    DONE = "DONE"
    REFUSED = "REFUSED"  # the rules said no
    DENIED = "DENIED"  # the actor lacks the power, or did not prove who he is
    FAILED = "FAILED"  # it was tried and could not be done


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to record. `actor` and `subject` are ids; `code` is a reason's, if one was given."""

    actor: str
    act: str
    subject: str = ""
    outcome: Outcome = Outcome.DONE
    code: int | None = None
    content: Mapping[str, Plain] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Link:
    """An entry in its place: its number, counted from 1, its instant, and its hash."""

    number: int
    at: datetime
    entry: Entry
    hash: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found: entries read, the last hash, and the first thing that is wrong, if any."""

    entries: int
    head: str
    fault: str | None

    @property
    def ok(self) -> bool:
        return self.fault is None


def hash_of(number: int, at: datetime, entry: Entry, before: str) -> str:
    """The hash of an entry behind the entry whose hash is `before`, as 64 hex digits."""
    return hashlib.sha256(canonical([before, *_values(number, at, entry).values()])).hexdigest()


def check(links: Iterable[Link], before: str = FIRST, first: int = 1) -> Checked:
    """Recompute the chain over consecutive entries from number `first`, which hangs on `before`."""
    number = first - 1
    for link in links:
        number += 1
        if link.number != number:
            return Checked(number - first, before, f"entry {number} is missing")
        if link.hash != hash_of(number, link.at, link.entry, before):
            fault = f"entry {number} does not hang on the one before: it was altered, or that one"
            return Checked(number - first, before, fault)
        before = link.hash
    return Checked(number - first + 1, before, None)


def to_json(link: Link) -> dict[str, JSON]:
    """An entry as a line of an export; `from_json` reads it back."""
    return {**_values(link.number, link.at, link.entry), "hash": link.hash}


def from_json(line: object, place: str) -> Link:
    """Read a line of an export. Raises Invalid with its place."""
    if not isinstance(line, dict) or set(line) != set(FIELDS):
        raise Invalid(f"{place} is no entry of an audit log: it has {', '.join(FIELDS)}")
    try:
        entry = Entry(
            str(line["actor"]),
            str(line["act"]),
            str(line["subject"]),
            Outcome(line["outcome"]),
            None if line["code"] is None else int(line["code"]),
            dict(line["content"]),
        )
        return Link(int(line["number"]), parse(line["at"], "at"), entry, str(line["hash"]))
    except (TypeError, ValueError) as fault:
        raise Invalid(f"{place} is no entry of an audit log: {fault}") from None


def _values(number: int, at: datetime, entry: Entry) -> dict[str, JSON]:
    content: dict[str, JSON] = {name: _value(value) for name, value in entry.content.items()}
    return {
        "number": number,
        "at": stamp(at),
        "actor": entry.actor,
        "act": entry.act,
        "subject": entry.subject,
        "outcome": str(entry.outcome),
        "code": entry.code,
        "content": content,
    }


def _value(value: Plain) -> JSON:
    return str(value) if isinstance(value, int) and abs(value) >= SPARED else value
