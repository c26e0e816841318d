"""Everything that opens a door by being known: sessions, API keys, one-time secrets, failed tries.

Only the SHA-256 of a token is kept. A token is 256 random bits, so nothing slower is needed.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, bindparam, delete, func, insert, select, update

from freehold.book import schema_access as schema
from freehold.book.identities import Given
from freehold.book.schema_access import Purpose, api_key, identity, identity_role
from freehold.book.session import Transaction
from freehold.core.errors import NotFound
from freehold.core.roles import Role

_HELD = and_(identity_role.c.identity == identity.c.id, identity_role.c.ended_at.is_(None))
_GIVEN = (identity_role.c.role, identity_role.c.scope, identity_role.c.given_at)
_BEARER = (
    select(identity.c.id, identity.c.sign_in_name, api_key.c.powers, *_GIVEN)
    .join(identity, identity.c.id == api_key.c.identity)
    .outerjoin(identity_role, _HELD)
    .where(api_key.c.hash == bindparam("hash"), api_key.c.ended_at.is_(None))
    .where(api_key.c.expires_at > bindparam("now"))
    .where(identity.c.ended_at.is_(None), identity.c.locked_at.is_(None))
    .order_by(identity_role.c.number)
)


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser; `client` is the hash of where it signed in from.

    `browser` and `network` are what its owner recognises it by; `proved_at` is when he last proved
    who he is in it, not before it began.
    """

    hash: str
    identity: str
    client: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    browser: str | None = None
    network: str | None = None
    proved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A program's key: whose powers it borrows, and which of them (by their words)."""

    id: str
    hash: str
    identity: str
    label: str
    powers: tuple[str, ...]
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who comes by an API key: an identity with its roles, and the powers of the key."""

    identity: str
    sign_in_name: str
    powers: tuple[str, ...]
    given: tuple[Given, ...]


@dataclass(frozen=True, slots=True)
class OneTime:
    """What a one-time secret stands for."""

    purpose: Purpose
    identity: str | None
    content: Mapping[str, Any]


def fingerprint(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def open_session(tx: Transaction, session: Session) -> None:
    """Enter a session."""
    names = Session.__dataclass_fields__
    tx.execute(
        insert(schema.sign_in_session).values(**{name: getattr(session, name) for name in names})
    )


def session_of(tx: Transaction, token: str, now: datetime) -> Session | None:
    """The session of a token, unless it has ended or expired."""
    of = schema.sign_in_session.c
    rows = select(schema.sign_in_session).where(of.hash == fingerprint(token))
    row = tx.execute(rows.where(of.ended_at.is_(None), of.expires_at > now)).first()
    return _session(row) if row else None


def came_before(tx: Transaction, identity: str, client: str | None = None) -> bool:
    """Whether an identity has ever had a session, from this client where one is given."""
    of = schema.sign_in_session.c
    rows = select(of.hash).where(of.identity == identity)
    if client is not None:
        rows = rows.where(of.client == client)
    return tx.execute(rows.limit(1)).first() is not None


def see(tx: Transaction, hash: str, now: datetime, expires_at: datetime) -> None:
    """Note that a session is in use, which prolongs it."""
    mine = update(schema.sign_in_session).where(schema.sign_in_session.c.hash == hash)
    tx.execute(mine.values(seen_at=now, expires_at=expires_at))


def prove(tx: Transaction, hash: str, now: datetime) -> None:
    """Note that a session's owner has just proved again who he is."""
    mine = update(schema.sign_in_session).where(schema.sign_in_session.c.hash == hash)
    tx.execute(mine.values(proved_at=now))


def sessions(tx: Transaction, identity: str, now: datetime) -> list[Session]:
    """The open sessions of an identity, the one in use last first."""
    of = schema.sign_in_session.c
    rows = select(schema.sign_in_session).where(of.identity == identity, of.ended_at.is_(None))
    rows = rows.where(of.expires_at > now).order_by(of.seen_at.desc(), of.hash)
    return [_session(row) for row in tx.execute(rows)]


def end_session(tx: Transaction, hash: str, now: datetime) -> None:
    """End a session."""
    of = schema.sign_in_session.c
    open_one = update(schema.sign_in_session).where(of.hash == hash, of.ended_at.is_(None))
    tx.execute(open_one.values(ended_at=now))


def end_sessions(tx: Transaction, identity: str, now: datetime) -> None:
    """End every session of an identity."""
    of = schema.sign_in_session.c
    all_open = update(schema.sign_in_session).where(of.identity == identity)
    tx.execute(all_open.where(of.ended_at.is_(None)).values(ended_at=now))


def add_key(tx: Transaction, key: ApiKey) -> None:
    """Enter an API key."""
    values = {name: getattr(key, name) for name in ApiKey.__dataclass_fields__}
    tx.execute(insert(schema.api_key).values(**values | {"powers": " ".join(key.powers)}))


def bearer_of(tx: Transaction, token: str, now: datetime) -> Bearer | None:
    """Who comes by the API key of a token, in one question, because every request asks it.

    None if the key has ended or expired, or its owner is shut out.
    """
    rows = tx.execute(_BEARER, {"hash": fingerprint(token), "now": now}).all()
    if not rows:
        return None
    given = tuple(Given(Role(row.role), row.scope, row.given_at) for row in rows if row.role)
    return Bearer(rows[0].id, rows[0].sign_in_name, tuple(rows[0].powers.split()), given)


def keys(tx: Transaction, identity: str) -> list[ApiKey]:
    """The API keys of an identity that have not been ended, the newest first."""
    of = schema.api_key.c
    rows = select(schema.api_key).where(of.identity == identity, of.ended_at.is_(None))
    return [_key(row) for row in tx.execute(rows.order_by(of.created_at.desc(), of.id))]


def end_key(tx: Transaction, identity: str, which: str, now: datetime) -> None:
    """End an API key of an identity. Raises NotFound."""
    of = schema.api_key.c
    mine = (of.id == which, of.identity == identity, of.ended_at.is_(None))
    if not tx.execute(update(schema.api_key).where(*mine).values(ended_at=now)).rowcount:
        raise NotFound(f"there is no API key {which}", key=which)


def issue(
    tx: Transaction,
    token: str,
    what: OneTime,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Keep a one-time secret until it is used or expires."""
    tx.execute(
        insert(schema.one_time).values(
            hash=fingerprint(token),
            purpose=what.purpose,
            identity=what.identity,
            content=json.dumps(dict(what.content)),
            created_at=now,
            expires_at=expires_at,
        )
    )


def look_up(tx: Transaction, token: str, purpose: Purpose, now: datetime) -> OneTime | None:
    """What a secret stands for, if it is of this purpose, unused and in time."""
    of = schema.one_time.c
    rows = select(schema.one_time).where(of.hash == fingerprint(token), of.purpose == purpose)
    row = tx.execute(rows.where(of.used_at.is_(None), of.expires_at > now)).first()
    return OneTime(Purpose(row.purpose), row.identity, json.loads(row.content)) if row else None


def use(tx: Transaction, token: str, purpose: Purpose, now: datetime) -> OneTime | None:
    """Use a secret up: what it stands for, or None; the same secret is never good twice."""
    found = look_up(tx, token, purpose, now)
    of = schema.one_time.c
    unused = update(schema.one_time).where(of.hash == fingerprint(token), of.used_at.is_(None))
    if found is None or not tx.execute(unused.values(used_at=now)).rowcount:
        return None
    return found


def revoke(tx: Transaction, identity: str, purpose: Purpose, now: datetime) -> None:
    """Make every unused secret of an identity for a purpose worthless."""
    of = schema.one_time.c
    mine = update(schema.one_time).where(of.identity == identity, of.purpose == purpose)
    tx.execute(mine.where(of.used_at.is_(None)).values(used_at=now))


def fail(tx: Transaction, about: str, now: datetime) -> None:
    """Count a failed try."""
    tx.execute(insert(schema.failed_proof).values(about=about, at=now))


def failures(tx: Transaction, about: str, since: datetime) -> int:
    """How many tries have failed since an instant."""
    of = schema.failed_proof.c
    counted = select(func.count()).where(of.about == about, of.at > since)
    return int(tx.execute(counted).scalar_one())


def forgive(tx: Transaction, about: str) -> None:
    """Forget the failed tries, after one that did not fail."""
    tx.execute(delete(schema.failed_proof).where(schema.failed_proof.c.about == about))


def end_keys(tx: Transaction, identity: str, now: datetime) -> None:
    """End every API key of an identity."""
    of = schema.api_key.c
    held = update(schema.api_key).where(of.identity == identity, of.ended_at.is_(None))
    tx.execute(held.values(ended_at=now))


def _session(row: Row[Any]) -> Session:
    return Session(**{name: getattr(row, name) for name in Session.__dataclass_fields__})


def _key(row: Row[Any]) -> ApiKey:
    values = {name: getattr(row, name) for name in ApiKey.__dataclass_fields__}
    return ApiKey(**values | {"powers": tuple(row.powers.split())})
