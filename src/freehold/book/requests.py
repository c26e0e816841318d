"""What was asked under an idempotency key and what was answered: the same key, the same answer.

Two processes may get the same key at the same moment. SQLite lets one of them write at a time; PostgreSQL
lets both, so whoever decides holds the key (an advisory lock) until his transaction ends, and the other is
told at once to ask again: waiting could make two groups of requests wait for each other crosswise.

What makes a secret keeps no answer that could be given again: `require_first` refuses to make another one.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select

from freehold.book import schema_access as schema
from freehold.book.session import Transaction
from freehold.core.errors import Conflict
from freehold.core.ids import JSON, record_hash


@dataclass(frozen=True, slots=True)
class Request:
    """A request that was decided. `digest` tells it from another one under the same key."""

    actor: str
    key: str
    digest: str
    scope: str
    instruction: str | None
    outcome: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class Once:
    """Whose key an act may carry, where it belongs, and the hash that tells it from another under the key.

    Without a key, as from a page or a command, it was not asked before and nothing is kept.
    """

    actor: str
    key: str | None
    scope: str
    digest: str


def once(actor: str, key: str | None, scope: str, *asked: JSON) -> Once:
    """What was `asked`: the act's name and everything that belongs to it."""
    return Once(actor, key, scope, record_hash(list(asked))[2:])


def earlier(tx: Transaction, actor: str, key: str, digest: str) -> Request | None:
    """What was answered under this key; None if nothing was.

    Raises Conflict if the key was used for something else.
    """
    of = schema.request.c
    row = tx.execute(select(schema.request).where(of.actor == actor, of.key == key)).first()
    if row is None:
        return None
    if row.digest != digest:
        raise Conflict(
            "this idempotency key was used for another request: use a new one for a new act",
            key=key,
        )
    return _request(row)


def claim(tx: Transaction, actor: str, key: str, digest: str) -> Request | None:
    """As `earlier`, in the transaction that decides: until it ends nobody else decides under this key.

    Raises Conflict besides where another process decides under it at this moment.
    """
    if tx.dialect.name == "postgresql":
        word = hashlib.sha256(f"{actor} {key}".encode()).digest()[:8]
        lock = func.pg_try_advisory_xact_lock(int.from_bytes(word, signed=True))
        if not tx.execute(select(lock)).scalar():
            raise Conflict(
                "a request under this idempotency key is being answered at this moment:"
                " ask again with the same key, and you get its answer",
                key=key,
            )
    return earlier(tx, actor, key, digest)


def keep(tx: Transaction, request: Request) -> None:
    """Keep what was answered; its key was claimed in this transaction."""
    values = {name: getattr(request, name) for name in Request.__dataclass_fields__}
    row = values | {"outcome": json.dumps(dict(request.outcome))}
    tx.execute(insert(schema.request).values(**row))


def answered(tx: Transaction, asked: Once) -> Mapping[str, Any] | None:
    """What was kept under the key of an act, in the transaction that does it. Raises as `claim`."""
    if asked.key is None:
        return None
    known = claim(tx, asked.actor, asked.key, asked.digest)
    return known.outcome if known else None


def require_first(tx: Transaction, asked: Once) -> None:
    """Raises Conflict, naming what was made, where a secret was made under this key; and as `claim`."""
    if known := answered(tx, asked):
        raise Conflict(
            f"{known['id']} was made under this idempotency key already, and its secret was shown that"
            " once: if it did not arrive, make another one under a new key",
            id=known["id"],
        )


def note(tx: Transaction, asked: Once, outcome: Mapping[str, Any], now: datetime) -> None:
    """Keep what an act made, never its secret, where it has a key."""
    if asked.key is not None:
        keep(tx, Request(asked.actor, asked.key, asked.digest, asked.scope, None, outcome, now))


def of_scope(tx: Transaction, scope: str, limit: int) -> list[Request]:
    """The last requests that belong to a scope, the newest first."""
    of = schema.request.c
    rows = select(schema.request).where(of.scope == scope)
    return [_request(row) for row in tx.execute(rows.order_by(of.at.desc(), of.key).limit(limit))]


def of_instruction(tx: Transaction, instruction: str) -> Request | None:
    """The request that led to an instruction, if one came through a door that keeps them."""
    rows = select(schema.request).where(schema.request.c.instruction == instruction)
    row = tx.execute(rows.limit(1)).first()
    return _request(row) if row else None


def _request(row: Row[Any]) -> Request:
    values = {name: getattr(row, name) for name in Request.__dataclass_fields__}
    return Request(**values | {"outcome": json.loads(row.outcome)})
