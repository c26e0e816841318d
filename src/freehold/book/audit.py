"""The audit log in the book: appended in the transaction of what it records, never changed.

Each entry hangs on the one before by its hash (`core/audit.py`). A transaction's entries are written
at its end (`appending.py`), and updating the one row of the head comes first, which makes writers take
turns: two entries never hang on the same one.
"""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, or_, select

from freehold.book import appending
from freehold.book import schema_access as schema
from freehold.book.appending import Recorded
from freehold.book.session import Transaction
from freehold.core.audit import FIRST, Entry, Link, Outcome
from freehold.core.clock import from_seconds, to_seconds

PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Sought:
    """What is sought in the log; what is left out seeks everything.

    `actors` and `subjects` are ids, any of which may stand there. `act` is a part of an act's words,
    `about` a part of a subject that is none of the `subjects`; `since` and `until` are the first
    instant and the one behind the last.
    """

    actors: frozenset[str] | None = None
    act: str = ""
    outcome: Outcome | None = None
    subjects: frozenset[str] = frozenset()
    about: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """What the columns of an entry have to be."""
        of = schema.audit_entry.c
        found: list[ColumnElement[bool]] = []
        if self.actors is not None:
            found.append(of.actor.in_(sorted(self.actors)))
        if self.act:
            found.append(func.lower(of.act).contains(self.act.lower(), autoescape=True))
        if self.outcome is not None:
            found.append(of.outcome == self.outcome)
        if self.about:
            part = func.lower(of.subject).contains(self.about.lower(), autoescape=True)
            found.append(or_(part, of.subject.in_(sorted(self.subjects))))
        if self.since is not None:
            found.append(of.at >= self.since)
        if self.until is not None:
            found.append(of.at < self.until)
        return found


def record(tx: Transaction, entry: Entry, now: datetime) -> None:
    """Append an entry. `now` is cut to whole seconds, which is what is kept and hashed."""
    appending.add(tx, Recorded(entry, from_seconds(to_seconds(now))))


def head(tx: Transaction) -> tuple[int, str]:
    """The number and the hash of the last entry; (0, FIRST) before the first."""
    appending.settle(tx)
    row = tx.execute(select(schema.audit_head.c.number, schema.audit_head.c.hash)).first()
    return (row.number, row.hash) if row else (0, FIRST)


def entries(
    tx: Transaction, after: int = 0, limit: int = PAGE, subject: str | None = None
) -> list[Link]:
    """Entries in their order behind number `after`, at most `limit`; only a subject's if one is named."""
    appending.settle(tx)
    of = schema.audit_entry.c
    rows = select(schema.audit_entry).where(of.number > after)
    if subject is not None:
        rows = rows.where(of.subject == subject)
    return [_link(row) for row in tx.execute(rows.order_by(of.number).limit(limit))]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries are looked for: of an actor, an act, a subject, an outcome; from an instant on and
    before another. What is None is left open."""

    actor: str | None = None
    act: str | None = None
    subject: str | None = None
    outcome: Outcome | None = None
    since: datetime | None = None
    until: datetime | None = None


EVERY = Wanted()


def newest(tx: Transaction, before: int | None, limit: int, wanted: Wanted = EVERY) -> list[Link]:
    """The last entries first, those before number `before` if it is given, as `wanted`."""
    appending.settle(tx)
    of = schema.audit_entry.c
    rows = select(schema.audit_entry)
    for name in ("actor", "act", "subject", "outcome"):
        if (text := getattr(wanted, name)) is not None:
            rows = rows.where(of[name] == text)
    if wanted.since is not None:
        rows = rows.where(of.at >= wanted.since)
    if wanted.until is not None:
        rows = rows.where(of.at < wanted.until)
    if before is not None:
        rows = rows.where(of.number < before)
    return [_link(row) for row in tx.execute(rows.order_by(of.number.desc()).limit(limit))]


def sought(
    tx: Transaction, what: Sought, first: int, limit: int, *, oldest: bool = False
) -> tuple[list[Link], int]:
    """Entries that fit, from the `first` on (the newest is 0, with `oldest` the other way), and how many
    there are."""
    appending.settle(tx)
    of, wanted = schema.audit_entry.c, what.conditions()
    order = of.number if oldest else of.number.desc()
    rows = select(schema.audit_entry).where(*wanted).order_by(order).limit(limit)
    if wanted:
        counted = select(func.count()).select_from(schema.audit_entry).where(*wanted)
        total = int(tx.execute(counted).scalar_one())
        rows = rows.offset(first)
    else:  # numbers have no gaps: nothing is counted, nothing skipped over
        total = head(tx)[0]
        rows = rows.where(of.number > first if oldest else of.number <= total - first)
    return [_link(row) for row in tx.execute(rows)], total


def last_act(tx: Transaction, act: str, among: int = PAGE) -> Link | None:
    """The last time that something was done, looked for among so many of the newest entries."""
    appending.settle(tx)
    of = schema.audit_entry.c
    rows = select(schema.audit_entry).where(of.act == act, of.number > head(tx)[0] - among)
    row = tx.execute(rows.order_by(of.number.desc()).limit(1)).first()
    return _link(row) if row else None


def about(tx: Transaction, subject: str, without: Collection[str], limit: int) -> list[Link]:
    """The last entries about a subject first, but for some acts."""
    appending.settle(tx)
    of = schema.audit_entry.c
    rows = select(schema.audit_entry).where(of.subject == subject, of.act.not_in(without))
    return [_link(row) for row in tx.execute(rows.order_by(of.number.desc()).limit(limit))]


def every(tx: Transaction) -> Iterator[Link]:
    """All entries in their order, read in pages."""
    after = 0
    while page := entries(tx, after):
        yield from page
        after = page[-1].number


def _link(row: Row[Any]) -> Link:
    entry = Entry(
        row.actor, row.act, row.subject, Outcome(row.outcome), row.code, json.loads(row.content)
    )
    return Link(row.number, row.at, entry, row.hash)
