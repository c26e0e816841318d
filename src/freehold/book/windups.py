"""What the book knows of winding-ups: the terms agreed to, and each step that was taken.

Rows are only ever added. Where a winding-up stands follows from them (`core/actions/windup.py`).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from freehold.book import changes
from freehold.book.actions import Taken
from freehold.book.schema_actions import corporate_action
from freehold.book.schema_windups import windup, windup_step
from freehold.book.session import Transaction
from freehold.core.actions.windup import Step
from freehold.core.errors import Conflict, NotFound

TOLD: Mapping[str, str] = {
    Step.PROPOSE: "proposed",
    Step.CONFIRM: "agreed",
    Step.FUND: "funded",
    Step.OPEN: "paying",
    Step.PAY: "paid",
    Step.RECONCILE: "reconciled",
    Step.CLOSE: "closed",
    Step.CANCEL: "cancelled",
    Step.SWEEP: "swept",
}
"""The word for each step that the feed tells."""


@dataclass(frozen=True, slots=True)
class KnownWindup:
    """A winding-up: whose, its terms as text, and the exit as it was written."""

    id: str
    issuer: str
    terms: str
    exit: str
    created_at: datetime
    by: str


def add(tx: Transaction, known: KnownWindup) -> None:
    """Keep a winding-up. Raises Conflict where the id is another's."""
    require_new(tx, known.id)
    values = {name: getattr(known, name) for name in KnownWindup.__slots__}
    tx.execute(insert(windup).values(values))


def require_new(tx: Transaction, id: str) -> None:
    """Raises Conflict where the id is a winding-up's or a corporate action's already."""
    if maybe(tx, id) is not None:
        raise Conflict(f"there is a winding-up {id} already: give this one another id")
    action = corporate_action.c.id
    if tx.execute(select(action).where(action == id)).first():
        raise Conflict(f"there is an action {id} already: give this one another id")


def maybe(tx: Transaction, id: str) -> KnownWindup | None:
    """The winding-up with this id, if there is one."""
    row = tx.execute(select(windup).where(windup.c.id == id)).first()
    return KnownWindup(**row._mapping) if row else None


def find(tx: Transaction, id: str) -> KnownWindup:
    """The winding-up with this id. Raises NotFound."""
    found = maybe(tx, id)
    if found is None:
        known = "`freehold windup list` shows those there are"
        raise NotFound(f"there is no winding-up {id[:64]}: {known}", windup=id[:64])
    return found


def every(tx: Transaction, issuer: str) -> list[KnownWindup]:
    """The winding-ups of an issuer in the order they were proposed."""
    rows = select(windup).where(windup.c.issuer == issuer)
    found = tx.execute(rows.order_by(windup.c.created_at, windup.c.id))
    return [KnownWindup(**row._mapping) for row in found]


def unfinished(tx: Transaction) -> list[str]:
    """The ids of all winding-ups that are neither closed nor cancelled, as they were proposed."""
    of, ended = windup, ("close", "cancel")
    over = select(windup_step.c.windup).where(windup_step.c.step.in_(ended))
    rows = select(of.c.id).where(of.c.id.not_in(over)).order_by(of.c.created_at, of.c.id)
    return list(tx.scalars(rows))


def add_step(
    tx: Transaction, id: str, step: str, content: Mapping[str, Any], at: datetime, by: str
) -> None:
    """Record a step, and tell it; of a stage, which one."""
    text = json.dumps(dict(content), sort_keys=True)
    row = {"windup": id, "step": step, "content": text, "at": at, "by": by}
    tx.execute(insert(windup_step).values(row))
    told = {"event": TOLD[step], "stage": content.get("stage")}
    changes.record(tx, changes.WINDUP, find(tx, id).issuer, id, told, at)


def steps(tx: Transaction, id: str) -> list[Taken]:
    """The steps of a winding-up in their order."""
    of = windup_step
    rows = select(of.c.step, of.c.content, of.c.at, of.c.by).where(of.c.windup == id)
    found = tx.execute(rows.order_by(of.c.number))
    return [Taken(row.step, json.loads(row.content), row.at, row.by) for row in found]
