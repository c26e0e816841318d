"""Drafts of assets: what somebody has entered so far, kept at each step."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from freehold.book import schema_work as schema
from freehold.book.session import Transaction
from freehold.core.errors import NotFound


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft with what was entered at each step; `work_order` once it is being carried out."""

    id: str
    identity: str
    content: Mapping[str, Any]
    created_at: datetime
    changed_at: datetime
    work_order: str | None


def add(tx: Transaction, draft: Draft) -> None:
    """Keep a new draft."""
    values = {name: getattr(draft, name) for name in Draft.__dataclass_fields__}
    tx.execute(insert(schema.asset_draft).values(**values | {"content": _text(draft.content)}))


def find(tx: Transaction, id: str, identity: str) -> Draft:
    """Somebody's draft. Raises NotFound, for another's as well."""
    of = schema.asset_draft.c
    mine = select(schema.asset_draft).where(of.id == id, of.identity == identity)
    row = tx.execute(mine).first()
    if row is None:
        raise NotFound("there is no such draft")
    return _draft(row)


def of_identity(tx: Transaction, identity: str) -> list[Draft]:
    """Somebody's drafts, the last changed first."""
    of = schema.asset_draft.c
    rows = select(schema.asset_draft).where(of.identity == identity).order_by(of.changed_at.desc())
    return [_draft(row) for row in tx.execute(rows)]


def save(tx: Transaction, id: str, content: Mapping[str, Any], now: datetime) -> None:
    """Write what was entered."""
    changed = {"content": _text(content), "changed_at": now}
    tx.execute(update(schema.asset_draft).where(schema.asset_draft.c.id == id).values(**changed))


def ordered(tx: Transaction, id: str, work_order: str, now: datetime) -> None:
    """Write that the draft is being carried out."""
    changed = {"work_order": work_order, "changed_at": now}
    tx.execute(update(schema.asset_draft).where(schema.asset_draft.c.id == id).values(**changed))


def discard(tx: Transaction, id: str) -> bool:
    """Throw a draft away; False once it is being carried out."""
    of = schema.asset_draft.c
    gone = delete(schema.asset_draft).where(of.id == id, of.work_order.is_(None))
    return bool(tx.execute(gone).rowcount)


def _text(content: Mapping[str, Any]) -> str:
    return json.dumps(dict(content))


def _draft(row: Row[Any]) -> Draft:
    values = {name: getattr(row, name) for name in Draft.__dataclass_fields__}
    return Draft(**values | {"content": json.loads(row.content)})
