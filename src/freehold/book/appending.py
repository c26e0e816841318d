"""What a transaction appends to the audit log and to the feed of changes, written at its end.

Both logs have one head each, which makes writers take turns. So a transaction gathers what it has to
say and writes it last, all at once and in its order: the heads are held for a moment only, and an act
of fifty instructions costs five statements. Whoever reads a log in the transaction that adds to it
settles first.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, update

from freehold.book import schema_access, schema_live
from freehold.core.audit import FIRST, Entry, Link, hash_of
from freehold.core.errors import Plain
from freehold.core.roles import EVERYWHERE
from freehold.postgresql import later

WAITING = "appending"
"""Where a transaction's `info` has what it will append; absent or None: everything at once."""
AUDIT = "audit.recorded"
"""The kind of change that tells of an entry of the audit log."""

_audit, _feed = schema_access.audit_head, schema_live.change_head
_TAKE_ENTRIES = (
    update(_audit)
    .values(number=_audit.c.number + bindparam("count"))
    .returning(_audit.c.number, _audit.c.hash)
)
_TAKE_CHANGES = (
    update(_feed).values(number=_feed.c.number + bindparam("count")).returning(_feed.c.number)
)
_CLOSE_ENTRIES = later(update(_audit).values(hash=bindparam("last")))
_ADD_ENTRIES = later(insert(schema_access.audit_entry))
_ADD_CHANGES = later(insert(schema_live.change))


@dataclass(frozen=True, slots=True)
class Told:
    """A change for the feed. `scope` is whom it concerns: an issuer, issuer/holder, or *."""

    kind: str
    scope: str
    subject: str
    content: Mapping[str, Plain]
    at: datetime


@dataclass(frozen=True, slots=True)
class Recorded:
    """An entry for the audit log; `at` in whole seconds."""

    entry: Entry
    at: datetime


def add(tx: Connection, item: Told | Recorded) -> None:
    """Append at the end of the transaction, behind what it added before."""
    waiting = tx.info.get(WAITING)
    if waiting is None:
        _write(tx, [item])
    else:
        waiting.append(item)


def settle(tx: Connection) -> None:
    """Write what waits, now."""
    waiting = tx.info.get(WAITING)
    if waiting:
        items = list(waiting)
        waiting.clear()
        _write(tx, items)


def _write(tx: Connection, items: Sequence[Told | Recorded]) -> None:
    """The audit log's head comes first, always: two writers never wait for each other crosswise."""
    links = iter(_linked(tx, [one for one in items if isinstance(one, Recorded)]))
    told = [one if isinstance(one, Told) else _of_entry(next(links)) for one in items]
    last = tx.execute(_TAKE_CHANGES, {"count": len(told)}).scalar()
    if last is None:
        last = len(told)
        tx.execute(insert(_feed).values(one=1, number=last))
    rows = [_change(one, last - len(told) + at) for at, one in enumerate(told, 1)]
    tx.execute(_ADD_CHANGES, rows)


def _linked(tx: Connection, recorded: Sequence[Recorded]) -> list[Link]:
    """Hang entries on the log, one on the other; without any, its head is held all the same."""
    row = tx.execute(_TAKE_ENTRIES, {"count": len(recorded)}).first()
    if row is None:
        tx.execute(insert(_audit).values(one=1, number=len(recorded), hash=FIRST))
    last, before = (row.number, row.hash) if row else (len(recorded), FIRST)
    links: list[Link] = []
    for number, one in enumerate(recorded, last - len(recorded) + 1):
        before = hash_of(number, one.at, one.entry, before)
        links.append(Link(number, one.at, one.entry, before))
    if links:
        tx.execute(_CLOSE_ENTRIES, {"last": before})
        tx.execute(_ADD_ENTRIES, [_columns(one) for one in links])
    return links


def _of_entry(link: Link) -> Told:
    entry = link.entry
    said: dict[str, Plain] = {"act": entry.act, "outcome": entry.outcome, "code": entry.code}
    said |= {"actor": entry.actor, "hash": link.hash}
    return Told(AUDIT, EVERYWHERE, str(link.number), said, link.at)


def _change(one: Told, number: int) -> dict[str, Any]:
    content = json.dumps(dict(one.content))
    row = {"number": number, "at": one.at, "kind": one.kind, "scope": one.scope}
    return row | {"subject": one.subject, "content": content}


def _columns(link: Link) -> dict[str, Any]:
    entry = link.entry
    return {
        "number": link.number,
        "at": link.at,
        "actor": entry.actor,
        "act": entry.act,
        "subject": entry.subject,
        "outcome": entry.outcome,
        "code": entry.code,
        "content": json.dumps(dict(entry.content), ensure_ascii=False),
        "hash": link.hash,
    }
