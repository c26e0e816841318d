"""Identities that sign in, the roles they have, and what they prove themselves with.

Nothing is overwritten: a role or a credential that no longer holds gets the instant of its end.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from freehold.book import schema_access as schema
from freehold.book.schema_access import Proof
from freehold.book.session import Transaction
from freehold.core.errors import Conflict, NotFound
from freehold.core.roles import Role


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody who signs in. `person` is his file in the book, if he has one.

    Who was ended comes in no more; who is locked, not until somebody unlocks him.
    """

    id: str
    sign_in_name: str
    person: str | None
    created_at: datetime
    ended_at: datetime | None
    locked_at: datetime | None = None

    @property
    def shut_out(self) -> bool:
        return self.ended_at is not None or self.locked_at is not None


@dataclass(frozen=True, slots=True)
class Given:
    """A role, and for what it was given: an issuer's id, issuer/holder, or * for everything."""

    role: Role
    scope: str
    given_at: datetime


@dataclass(frozen=True, slots=True)
class Credential:
    """What an identity proves itself with. `counter` only grows, which finds replays and copies."""

    number: int
    identity: str
    proof: Proof
    handle: str
    content: Mapping[str, Any]
    counter: int
    created_at: datetime
    used_at: datetime | None


def add(tx: Transaction, identity: Identity) -> Identity:
    """Enter an identity. Raises Conflict if its sign-in name is taken."""
    values = {name: getattr(identity, name) for name in Identity.__dataclass_fields__}
    try:
        with tx.begin_nested():
            tx.execute(insert(schema.identity).values(**values))
    except IntegrityError:
        raise Conflict("this sign-in name is taken: choose another", field="sign_in_name") from None
    return identity


def find(tx: Transaction, which: str) -> Identity:
    """The identity with this id. Raises NotFound."""
    found = _identity(tx.execute(_identities().where(schema.identity.c.id == which)).first())
    if found is None:
        raise NotFound(f"there is no identity {which}", identity=which)
    return found


def named(tx: Transaction, sign_in_name: str) -> Identity | None:
    """The identity that signs in under a name; None if there is none."""
    asked = _identities().where(schema.identity.c.sign_in_name == sign_in_name)
    return _identity(tx.execute(asked).first())


def names(tx: Transaction, which: Collection[str]) -> dict[str, str]:
    """The sign-in names of identities by their ids; what is the id of none is left out."""
    of = schema.identity.c
    rows = tx.execute(select(of.id, of.sign_in_name).where(of.id.in_(sorted(set(which)))))
    return {row.id: row.sign_in_name for row in rows}


def everyone(tx: Transaction) -> list[Identity]:
    """All identities in the order in which they came."""
    rows = tx.execute(_identities().order_by(schema.identity.c.created_at, schema.identity.c.id))
    return [Identity(*row) for row in rows]


def page(
    tx: Transaction,
    scopes: Collection[str] | None,
    role: Role | None,
    first: int,
    limit: int,
) -> list[Identity]:
    """Identities in the order in which they came: with a role for one of these scopes or a holder of
    one, or any where None; with this role where one is given."""
    of, given = schema.identity.c, schema.identity_role.c
    held = select(given.identity).where(given.identity == of.id, given.ended_at.is_(None))
    if scopes is not None:
        within = [given.scope.startswith(f"{one}/", autoescape=True) for one in sorted(scopes)]
        held = held.where(or_(given.scope.in_(scopes), *within))
    if role is not None:
        held = held.where(given.role == role)
    rows = _identities().order_by(of.created_at, of.id).offset(first).limit(limit)
    if scopes is not None or role is not None:
        rows = rows.where(held.exists())
    return [Identity(*row) for row in tx.execute(rows)]


def any_with(tx: Transaction, role: Role) -> bool:
    """Whether anybody who is still there has this role."""
    return bool(with_role(tx, role))


def with_role(tx: Transaction, role: Role, scope: str | None = None) -> frozenset[str]:
    """Who has this role (for exactly this scope, where one is given), is still there and not locked."""
    of, given = schema.identity.c, schema.identity_role.c
    rows = select(given.identity).join(schema.identity, of.id == given.identity)
    rows = rows.where(given.role == role, given.ended_at.is_(None))
    rows = rows.where(of.ended_at.is_(None), of.locked_at.is_(None))
    if scope is not None:
        rows = rows.where(given.scope == scope)
    return frozenset(tx.execute(rows).scalars())


def investors(tx: Transaction, issuer: str) -> frozenset[str]:
    """Who has the role of an investor for any holder of an issuer, is still there and not locked."""
    of, given = schema.identity.c, schema.identity_role.c
    rows = select(given.identity).join(schema.identity, of.id == given.identity)
    rows = rows.where(given.role == Role.INVESTOR, given.ended_at.is_(None))
    rows = rows.where(given.scope.startswith(f"{issuer}/", autoescape=True))
    rows = rows.where(of.ended_at.is_(None), of.locked_at.is_(None))
    return frozenset(tx.execute(rows).scalars())


def lock(tx: Transaction, which: str, now: datetime | None) -> None:
    """Keep an identity out from an instant on; None lets it in again."""
    tx.execute(update(schema.identity).where(schema.identity.c.id == which).values(locked_at=now))


def link_person(tx: Transaction, which: str, person: str | None) -> None:
    """Say which human being an identity is: the person of a file in the book, or a mark of his own."""
    tx.execute(update(schema.identity).where(schema.identity.c.id == which).values(person=person))


def end(tx: Transaction, which: str, now: datetime) -> None:
    """Let an identity sign in no more. Raises NotFound."""
    find(tx, which)
    gone = update(schema.identity).where(schema.identity.c.id == which)
    tx.execute(gone.where(schema.identity.c.ended_at.is_(None)).values(ended_at=now))


def give(tx: Transaction, which: str, role: Role, scope: str, by: str, now: datetime) -> None:
    """Give a role for a scope; what is given already stays as it is."""
    if any(one.role is role and one.scope == scope for one in roles(tx, which)):
        return
    values = {"identity": which, "role": role, "scope": scope, "given_by": by, "given_at": now}
    tx.execute(insert(schema.identity_role).values(**values))


def take(tx: Transaction, which: str, role: Role, scope: str, now: datetime) -> None:
    """End a role. Raises NotFound if it is not held."""
    of = schema.identity_role.c
    held = (of.identity == which, of.role == role, of.scope == scope, of.ended_at.is_(None))
    if not tx.execute(update(schema.identity_role).where(*held).values(ended_at=now)).rowcount:
        raise NotFound(f"{which} has no role {role} for {scope}", identity=which, role=role)


def roles(tx: Transaction, which: str) -> list[Given]:
    """The roles an identity has now."""
    of = schema.identity_role.c
    rows = select(of.role, of.scope, of.given_at).where(of.identity == which, of.ended_at.is_(None))
    return [Given(Role(row.role), row.scope, row.given_at) for row in tx.execute(rows)]


def enrol(
    tx: Transaction,
    which: str,
    proof: Proof,
    handle: str,
    content: Mapping[str, Any],
    now: datetime,
    counter: int = 0,
) -> None:
    """Add a credential. Raises Conflict if its handle is enrolled already, by anybody."""
    values = {"identity": which, "proof": proof, "handle": handle, "counter": counter}
    row = insert(schema.credential).values(**values, content=json.dumps(content), created_at=now)
    try:
        with tx.begin_nested():
            tx.execute(row)
    except IntegrityError:
        raise Conflict("this credential is enrolled already", proof=proof) from None


def credentials(tx: Transaction, which: str, proof: Proof | None = None) -> list[Credential]:
    """What an identity can prove itself with now, the newest first."""
    of = schema.credential.c
    rows = select(schema.credential).where(of.identity == which, of.ended_at.is_(None))
    if proof is not None:
        rows = rows.where(of.proof == proof)
    return [_credential(row) for row in tx.execute(rows.order_by(of.number.desc()))]


def credential(tx: Transaction, proof: Proof, handle: str) -> Credential | None:
    """The credential with a handle, whosever it is; None if there is none or it has ended."""
    of = schema.credential.c
    rows = select(schema.credential).where(of.proof == proof, of.handle == handle)
    row = tx.execute(rows.where(of.ended_at.is_(None))).first()
    return _credential(row) if row else None


def used(tx: Transaction, number: int, now: datetime) -> None:
    """Note that somebody has just proved himself with a credential."""
    tx.execute(update(schema.credential).where(_number(number)).values(used_at=now))


def rename(tx: Transaction, number: int, content: Mapping[str, Any]) -> None:
    """Change what is kept with a credential, which is its name and no secret."""
    tx.execute(update(schema.credential).where(_number(number)).values(content=json.dumps(content)))


def count_up(tx: Transaction, number: int, to: int) -> bool:
    """Raise a credential's counter; False if it stands there or above already: a replay."""
    of = schema.credential.c
    below = update(schema.credential).where(of.number == number, of.counter < to)
    return tx.execute(below.values(counter=to)).rowcount == 1


def retire(tx: Transaction, number: int, now: datetime) -> None:
    """End a credential."""
    of = schema.credential.c
    held = update(schema.credential).where(of.number == number, of.ended_at.is_(None))
    tx.execute(held.values(ended_at=now))


def _number(number: int) -> ColumnElement[bool]:
    return schema.credential.c.number == number


def _identities() -> Select[Any]:
    of = schema.identity.c
    return select(of.id, of.sign_in_name, of.person, of.created_at, of.ended_at, of.locked_at)


def _identity(row: Sequence[Any] | None) -> Identity | None:
    return Identity(*row) if row is not None else None


def _credential(row: Row[Any]) -> Credential:
    names = Credential.__dataclass_fields__
    values = {name: getattr(row, name) for name in names}
    return Credential(**values | {"proof": Proof(row.proof), "content": json.loads(row.content)})
