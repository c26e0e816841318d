"""The outbox of letters: written with what they are about, taken under a lease, never sent twice.

Recipient and facts are sealed under a key of the letter's own, which goes when it is dropped.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update

from freehold.book import confidential
from freehold.book import schema_agent as schema
from freehold.book.session import Transaction
from freehold.core.errors import Conflict, NotFound
from freehold.core.letters import Kind, Letter, State


def add(
    tx: Transaction,
    id: str,
    kind: Kind,
    to: str,
    facts: Mapping[str, str],
    now: datetime,
    about: str | None = None,
) -> bool:
    """Write a letter once; whether it is new. `about` is the holder that it tells of, as a scope."""
    of = schema.notice.c
    if tx.execute(select(of.number).where(of.id == id)).first():
        return False
    row = {"id": id, "kind": str(kind), "state": str(State.WAITING), "attempts": 0, "note": ""}
    times = {"next_at": now, "created_at": now}
    tx.execute(insert(schema.notice).values(**row, **times, about=about))
    content = json.dumps({"to": to, "facts": dict(facts)}, ensure_ascii=False, sort_keys=True)
    confidential.write(tx, _subject(id), {"letter": content})
    return True


def take(tx: Transaction, now: datetime, until: datetime) -> Letter | None:
    """Take the letter that waits longest, for oneself until then; None if none is due."""
    of = schema.notice.c
    due = select(of.id).where(of.state == str(State.WAITING), of.next_at <= now)
    id = tx.execute(due.order_by(of.next_at, of.number).limit(1)).scalar()
    if id is None:
        return None
    mine = update(schema.notice).where(of.id == id, of.state == str(State.WAITING))
    values = {"state": str(State.SENDING), "next_at": until, "attempts": of.attempts + 1}
    return find(tx, id) if tx.execute(mine.values(**values)).rowcount else None


def put(
    tx: Transaction, id: str, before: State, after: State, next_at: datetime, note: str
) -> None:
    """Note how far a letter has come. Raises Conflict if it stands otherwise than believed."""
    of = schema.notice.c
    values: dict[str, Any] = {"state": str(after), "next_at": next_at, "note": note[:400]}
    if after is State.SENT:
        values["sent_at"] = next_at
    here = update(schema.notice).where(of.id == id, of.state == str(before))
    if not tx.execute(here.values(**values)).rowcount:
        raise Conflict(f"the letter {id} is not {before.lower()} any more", letter=id)
    if after is State.DROPPED:
        confidential.erase(tx, _subject(id))


def about(tx: Transaction, scopes: Sequence[str], limit: int) -> list[Letter]:
    """Letters that tell of some holders, the newest first; of one that went to several mailboxes one."""
    of, seen = schema.notice.c, dict[tuple[str, ...], Letter]()
    rows = select(schema.notice).where(of.about.in_(scopes)).order_by(of.number.desc())
    for row in tx.execute(rows.limit(2 * limit)).all():
        one = _letter(tx, row)
        seen.setdefault((str(one.kind), *sorted(one.facts.values())), one)
    return list(seen.values())[:limit]


def stale(tx: Transaction, now: datetime) -> list[str]:
    """Letters that somebody took and did not report on in time."""
    of = schema.notice.c
    rows = select(of.id).where(of.state == str(State.SENDING), of.next_at < now)
    return list(tx.execute(rows.order_by(of.number)).scalars())


def find(tx: Transaction, id: str) -> Letter:
    """One letter. Raises NotFound."""
    row = tx.execute(select(schema.notice).where(schema.notice.c.id == id)).first()
    if row is None:
        raise NotFound(f"there is no letter {id}", letter=id)
    return _letter(tx, row)


def newest(tx: Transaction, states: Sequence[State], limit: int) -> list[Letter]:
    """Letters in some states, the newest first."""
    of = schema.notice.c
    rows = select(schema.notice).where(of.state.in_([str(one) for one in states]))
    return [
        _letter(tx, row) for row in tx.execute(rows.order_by(of.number.desc()).limit(limit)).all()
    ]


def _letter(tx: Transaction, row: Row[Any]) -> Letter:
    text = confidential.read(tx, _subject(row.id)).get(_subject(row.id), {}).get("letter")
    said: dict[str, Any] = json.loads(text) if text else {"to": "", "facts": {}}
    return Letter(
        row.id,
        Kind(row.kind),
        said["to"],
        said["facts"],
        State(row.state),
        row.attempts,
        row.created_at,
        row.next_at,
        row.sent_at,
        row.note,
    )


def _subject(id: str) -> str:
    return f"notice {id}"
