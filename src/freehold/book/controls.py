"""Control reports in the book, as they were made, and the record differences they found."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update

from freehold.book import schema_agent as schema
from freehold.book.session import Transaction
from freehold.core.errors import Conflict, NotFound


@dataclass(frozen=True, slots=True)
class Report:
    """A control report: of which day and block, and what it said."""

    number: int
    issuer: str
    day: str
    block: int
    at: datetime
    ok: bool
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RecordDifference:
    """A difference between records (17Ad-11): found when, and how it was resolved."""

    number: int
    token: str
    what: str
    found_at: datetime
    resolved_at: datetime | None
    resolution: str | None


def keep(
    tx: Transaction, issuer: str, day: str, block: int, content: Mapping[str, Any], now: datetime
) -> int:
    """Keep a report; its number."""
    row = {"issuer": issuer, "day": day, "block": block, "at": now, "ok": content["ok"]}
    made = tx.execute(
        insert(schema.control_report)
        .values(**row, content=json.dumps(dict(content), ensure_ascii=False))
        .returning(schema.control_report.c.number)
    )
    return int(made.scalar_one())


def history(tx: Transaction, issuer: str, limit: int) -> list[Report]:
    """The reports of an issuer, the newest first."""
    of = schema.control_report.c
    rows = select(schema.control_report).where(of.issuer == issuer)
    return [_report(row) for row in tx.execute(rows.order_by(of.number.desc()).limit(limit))]


def report(tx: Transaction, number: int) -> Report:
    """One report. Raises NotFound."""
    of = schema.control_report.c
    row = tx.execute(select(schema.control_report).where(of.number == number)).first()
    if row is None:
        raise NotFound(f"there is no control report {number}", report=number)
    return _report(row)


def note_differences(
    tx: Transaction, issuer: str, found: Mapping[str, list[str]], by: str, now: datetime
) -> None:
    """Open what is new, by token; what is not found any more is resolved by that."""
    of = schema.record_difference.c
    open_now = {
        (one.token, one.what): one.number for one in differences(tx, issuer, open_only=True)
    }
    there = {(token, what[:200]) for token, each in found.items() for what in each}
    for token, what in sorted(there - open_now.keys()):
        row = {"issuer": issuer, "token": token, "what": what, "units": "0"}
        tx.execute(insert(schema.record_difference).values(**row, found_at=now, found_by=by))
    for gone in open_now.keys() - there:
        here = update(schema.record_difference).where(of.number == open_now[gone])
        words = "the records agree again"
        tx.execute(here.values(resolved_at=now, resolved_by=by, resolution=words))


def differences(tx: Transaction, issuer: str, *, open_only: bool = False) -> list[RecordDifference]:
    """Record differences, the oldest first."""
    of = schema.record_difference.c
    rows = select(schema.record_difference).where(of.issuer == issuer)
    if open_only:
        rows = rows.where(of.resolved_at.is_(None))
    return [
        RecordDifference(r.number, r.token, r.what, r.found_at, r.resolved_at, r.resolution)
        for r in tx.execute(rows.order_by(of.number))
    ]


def resolve(tx: Transaction, number: int, words: str, by: str, now: datetime) -> None:
    """Say how a difference was resolved. Raises Conflict where it is."""
    of = schema.record_difference.c
    here = update(schema.record_difference).where(of.number == number, of.resolved_at.is_(None))
    if not tx.execute(here.values(resolved_at=now, resolved_by=by, resolution=words)).rowcount:
        raise Conflict(f"there is no open record difference {number}", difference=number)


def _report(row: Row[Any]) -> Report:
    content = json.loads(row.content)
    return Report(row.number, row.issuer, row.day, row.block, row.at, bool(row.ok), content)
