"""Drafts of assets: what somebody has entered so far, kept at each step, and its review by another."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from freehold.book import schema_work as schema
from freehold.book.session import Transaction
from freehold.core.clock import parse, stamp
from freehold.core.errors import NotFound
from freehold.core.ids import record_hash


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft with what was entered at each step; `work_order` once it is being carried out."""

    id: str
    identity: str
    content: Mapping[str, Any]
    created_at: datetime
    changed_at: datetime
    work_order: str | None


class Reviewed(StrEnum):
    """Where the review of a draft by a second person stands."""

    ASKED = "ASKED"
    AGREED = "AGREED"
    DECLINED = "DECLINED"


@dataclass(frozen=True, slots=True)
class Review:
    """The review of exactly what stood in a draft, which `digest` names (64 hex digits).

    `by` is who decided, by sign-in name; it and `note` are empty while nobody has.
    """

    state: Reviewed
    digest: str
    at: datetime
    by: str = ""
    note: str = ""

    @property
    def agreed(self) -> bool:
        return self.state is Reviewed.AGREED

    @property
    def waits(self) -> bool:
        return self.state is Reviewed.ASKED


_REVIEW = "review"


def digest_of(content: Mapping[str, Any]) -> str:
    """What tells everything that was entered from anything else. 64 hex digits."""
    return record_hash({key: one for key, one in content.items() if key != _REVIEW})[2:]


def review_of(content: Mapping[str, Any]) -> Review | None:
    """The review of what stands in the draft now; None where none was asked for since it changed."""
    kept = content.get(_REVIEW)
    if kept is None or kept["digest"] != digest_of(content):
        return None
    return Review(
        Reviewed(kept["state"]), kept["digest"], parse(kept["at"]), kept["by"], kept["note"]
    )


def reviewed(content: Mapping[str, Any], review: Review) -> dict[str, Any]:
    """The content with its review written into it."""
    state, at = str(review.state), stamp(review.at)
    kept = {"state": state, "digest": review.digest, "at": at, "by": review.by, "note": review.note}
    return {**content, _REVIEW: kept}


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


def asked_for(tx: Transaction, id: str) -> Draft:
    """Anybody's draft for which a review was asked. Raises NotFound, for any other as well."""
    row = tx.execute(select(schema.asset_draft).where(schema.asset_draft.c.id == id)).first()
    found = _draft(row) if row is not None else None
    if found is None or _REVIEW not in found.content:
        raise NotFound("there is no such draft")
    return found


def waiting(tx: Transaction) -> list[Draft]:
    """Everybody's drafts that wait for a second person, the one changed first at the front."""
    of = schema.asset_draft.c
    rows = select(schema.asset_draft).where(of.work_order.is_(None)).order_by(of.changed_at)
    every = [_draft(row) for row in tx.execute(rows)]
    return [one for one in every if _waits(one)]


def _waits(draft: Draft) -> bool:
    found = review_of(draft.content)
    return found is not None and found.waits


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
