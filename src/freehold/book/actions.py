"""What the book knows of corporate actions: announcements, versions of terms, steps, elections.

Rows are only ever added. What an action is now follows from them (`core/actions/life.py`).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select

from freehold.book import changes
from freehold.book.schema_actions import (
    action_election,
    action_step,
    action_terms,
    corporate_action,
)
from freehold.book.schema_windups import windup
from freehold.book.session import Transaction
from freehold.core.actions.life import Step
from freehold.core.errors import Conflict, NotFound

TOLD: Mapping[str, str] = {
    Step.ANNOUNCE: "announced",
    Step.AMEND: "amended",
    Step.FUND: "funded",
    Step.FEED: "fed",
    Step.OPEN: "opened",
    Step.PAY: "paying",
    Step.DELIVER: "paid",
    Step.RECONCILE: "reconciled",
    Step.CLOSE: "closed",
    Step.CANCEL: "cancelled",
    Step.SWEEP: "swept",
}
"""The word for each step that the feed tells; what one holder elects is nobody else's."""


@dataclass(frozen=True, slots=True)
class KnownAction:
    """An announced action: its instrument by token, its kind as a word."""

    id: str
    issuer: str
    instrument: str
    kind: str
    created_at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A step that was taken, and what it left: plain values."""

    step: str
    content: Mapping[str, Any]
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Happened:
    """A step of some action, by its number among all steps."""

    number: int
    action: str
    step: str
    content: Mapping[str, Any]


def add(tx: Transaction, known: KnownAction, text: str) -> None:
    """Announce an action with its first terms. Raises Conflict where the id is another's."""
    if tx.execute(select(corporate_action.c.id).where(corporate_action.c.id == known.id)).first():
        raise Conflict(f"there is an action {known.id} already: give this one another id")
    if tx.execute(select(windup.c.id).where(windup.c.id == known.id)).first():
        raise Conflict(f"there is a winding-up {known.id} already: give this one another id")
    values = {name: getattr(known, name) for name in KnownAction.__slots__}
    tx.execute(insert(corporate_action).values(values))
    add_terms(tx, known.id, text, known.created_at, known.by)


def is_taken(tx: Transaction, id: str) -> bool:
    """Whether an action or a winding-up of any issuer has this id."""
    return any(
        tx.execute(select(of.c.id).where(of.c.id == id)).first()
        for of in (corporate_action, windup)
    )


def find(tx: Transaction, id: str) -> KnownAction:
    """The action with this id. Raises NotFound."""
    row = tx.execute(select(corporate_action).where(corporate_action.c.id == id)).first()
    if row is None:
        raise NotFound(f"there is no action {id}: `freehold action list` shows those there are")
    return KnownAction(**row._mapping)


def every(tx: Transaction, issuer: str) -> list[KnownAction]:
    """The actions of an issuer in the order they were announced."""
    of = corporate_action
    rows = select(of).where(of.c.issuer == issuer).order_by(of.c.created_at, of.c.id)
    return [KnownAction(**row._mapping) for row in tx.execute(rows)]


def unfinished(tx: Transaction, kinds: Sequence[str] = ()) -> list[str]:
    """The ids of all actions (of some kinds) that are neither closed nor cancelled, as they were
    announced."""
    of, ended = corporate_action, ("close", "cancel")
    over = select(action_step.c.action).where(action_step.c.step.in_(ended))
    rows = select(of.c.id).where(of.c.id.not_in(over)).order_by(of.c.created_at, of.c.id)
    return list(tx.scalars(rows.where(of.c.kind.in_(kinds)) if kinds else rows))


def add_terms(tx: Transaction, action: str, text: str, at: datetime, by: str) -> int:
    """Keep the next version of an action's terms; its number."""
    version = len(versions(tx, action)) + 1
    row = {"action": action, "version": version, "text": text, "at": at, "by": by}
    tx.execute(insert(action_terms).values(row))
    return version


def versions(tx: Transaction, action: str) -> list[str]:
    """Every version of the terms, the last one last."""
    of = action_terms
    rows = select(of.c.text).where(of.c.action == action).order_by(of.c.version)
    return list(tx.scalars(rows))


def add_step(
    tx: Transaction, action: str, step: str, content: Mapping[str, Any], at: datetime, by: str
) -> None:
    """Record a step, and tell it."""
    text = json.dumps(dict(content), sort_keys=True)
    row = {"action": action, "step": step, "content": text, "at": at, "by": by}
    tx.execute(insert(action_step).values(row))
    if word := TOLD.get(step):
        known = find(tx, action)
        told = {"event": word, "kind": known.kind, "token": known.instrument}
        changes.record(tx, changes.ACTION, known.issuer, action, told, at)


def steps(tx: Transaction, action: str) -> list[Taken]:
    """The steps of an action in their order."""
    of = action_step
    rows = select(of.c.step, of.c.content, of.c.at, of.c.by).where(of.c.action == action)
    found = tx.execute(rows.order_by(of.c.number))
    return [Taken(row.step, json.loads(row.content), row.at, row.by) for row in found]


def last_step(tx: Transaction) -> int:
    """The number of the last step that was recorded; 0 before any."""
    return int(tx.scalars(select(func.max(action_step.c.number))).one() or 0)


def steps_after(tx: Transaction, number: int, which: Sequence[str]) -> list[Happened]:
    """Steps of some kinds after a number, of all actions, in their order."""
    of = action_step
    rows = select(of.c.number, of.c.action, of.c.step, of.c.content)
    found = tx.execute(rows.where(of.c.number > number, of.c.step.in_(which)).order_by(of.c.number))
    return [Happened(row.number, row.action, row.step, json.loads(row.content)) for row in found]


def record_of(taken: Sequence[Taken]) -> int:
    """The number of the record of an action: that of its announcement, or of its last amendment to one."""
    return int([one.content["record"] for one in taken if "record" in one.content][-1])


def elect(
    tx: Transaction, action: str, account: int, choice: str, units: int, at: datetime, by: str
) -> None:
    """Record what a holder elects; the last word counts."""
    row = {
        "action": action, "account": account, "choice": choice, "units": str(units), "at": at,
        "by": by,
    }  # fmt: skip
    tx.execute(insert(action_election).values(row))


def elections(tx: Transaction, action: str) -> dict[int, tuple[str, int]]:
    """What each account elected last: choice and base units."""
    of = action_election
    rows = select(of.c.account, of.c.choice, of.c.units).where(of.c.action == action)
    found = tx.execute(rows.order_by(of.c.number))
    return {row.account: (row.choice, int(row.units)) for row in found}
