"""Applications of investors in the book: how far each has come, what it states, its papers.

What an applicant states and hands in is sealed under the data key of his person, who comes into being
with his particulars; a paper's digest stands beside, because claims name it as their evidence.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from freehold.book import people
from freehold.book import schema_entry as schema
from freehold.book.schema_entry import Stage
from freehold.book.session import Transaction
from freehold.book.vault import Vault, seal, unseal
from freehold.core.errors import NotFound
from freehold.core.ids import JSON, Address, InstructionId


@dataclass(frozen=True, slots=True)
class Application:
    """One application; `person` is the file it makes, `identity` who signs in."""

    id: str
    identity: str
    person: str
    issuer: str
    invited_by: str
    stage: Stage
    wallet: Address | None
    instruction: InstructionId | None
    created_at: datetime
    submitted_at: datetime | None
    decided_at: datetime | None
    decided_by: str | None


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper handed in: what it is to show, how it is named for ever, and its size in bytes."""

    number: int
    kind: str
    digest: str
    size: int
    created_at: datetime


def add(tx: Transaction, made: Application) -> None:
    """Enter an application."""
    values = {name: getattr(made, name) for name in Application.__dataclass_fields__}
    tx.execute(insert(schema.application).values(**values))


def find(tx: Transaction, which: str) -> Application:
    """The application with an id. Raises NotFound."""
    row = tx.execute(_rows().where(schema.application.c.id == which)).first()
    if row is None:
        raise NotFound("there is no such application")
    return _application(row)


def of_identity(tx: Transaction, identity: str) -> Application | None:
    """The application of somebody who signs in; None if he is no applicant."""
    row = tx.execute(_rows().where(schema.application.c.identity == identity)).first()
    return _application(row) if row else None


def of_person(tx: Transaction, person: str) -> list[Application]:
    """What was applied for in a person's name, the oldest first."""
    rows = _rows().where(schema.application.c.person == person)
    return [_application(row) for row in tx.execute(rows.order_by(schema.application.c.created_at))]


def in_stages(tx: Transaction, *stages: Stage) -> list[Application]:
    """Applications that have come so far, the oldest first."""
    of = schema.application.c
    rows = _rows().where(of.stage.in_(stages)).order_by(of.created_at, of.id)
    return [_application(row) for row in tx.execute(rows)]


def page(
    tx: Transaction, owners: Collection[str], stages: Collection[Stage], first: int, limit: int
) -> list[Application]:
    """Applications for these issuers' registers in these stages, the newest first."""
    of = schema.application.c
    rows = _rows().where(of.issuer.in_(owners), of.stage.in_(stages))
    rows = rows.order_by(of.created_at.desc(), of.id).offset(first).limit(limit)
    return [_application(row) for row in tx.execute(rows)]


def move(tx: Transaction, which: str, before: Stage, after: Stage, **values: Any) -> bool:
    """Bring an application from one stage to another; False if it was not there."""
    of = schema.application.c
    there = update(schema.application).where(of.id == which, of.stage == before)
    return tx.execute(there.values(stage=after, **values)).rowcount == 1


def set_wallet(tx: Transaction, which: str, wallet: Address | None) -> None:
    """Say which wallet is to open the account; None: one that the agent keeps the key of."""
    tx.execute(
        update(schema.application).where(schema.application.c.id == which).values(wallet=wallet)
    )


def say(tx: Transaction, vault: Vault, of: Application, content: Mapping[str, JSON]) -> None:
    """Keep what is stated or decided, sealed. Raises NotFound if the person is not there."""
    sealed = people.seal_document(tx, vault, of.person, f"application {of.id}", content)
    tx.execute(
        update(schema.application).where(schema.application.c.id == of.id).values(sealed=sealed)
    )


def said(tx: Transaction, vault: Vault, of: Application) -> dict[str, Any]:
    """What was stated and decided; nothing before that."""
    rows = select(schema.application.c.sealed).where(schema.application.c.id == of.id)
    sealed = tx.execute(rows).scalar()
    if sealed is None:
        return {}
    return people.open_document(tx, vault, of.person, f"application {of.id}", sealed)


def keep_paper(
    tx: Transaction, vault: Vault, of: Application, kind: str, content: bytes, now: datetime
) -> str:
    """Keep a paper in place of the one of its kind; its digest."""
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    table = schema.application_paper
    tx.execute(delete(table).where(table.c.application == of.id, table.c.kind == kind))
    key = people.data_key(tx, vault, of.person)
    sealed = seal(key, f"{of.person}: paper {digest}", content)
    row = {"application": of.id, "kind": kind, "digest": digest, "size": len(content)}
    tx.execute(insert(table).values(**row, sealed=sealed, created_at=now))
    return digest


def papers(tx: Transaction, which: str) -> dict[str, Paper]:
    """The papers of an application by their kind."""
    of = schema.application_paper.c
    rows = select(of.number, of.kind, of.digest, of.size, of.created_at)
    found = tx.execute(rows.where(of.application == which).order_by(of.number))
    return {row.kind: Paper(*row) for row in found}


def paper(tx: Transaction, vault: Vault, of: Application, kind: str) -> bytes:
    """The content of a paper. Raises NotFound."""
    table = schema.application_paper.c
    rows = select(table.digest, table.sealed)
    row = tx.execute(rows.where(table.application == of.id, table.kind == kind)).first()
    if row is None:
        raise NotFound("there is no such paper")
    return unseal(
        people.data_key(tx, vault, of.person), f"{of.person}: paper {row.digest}", row.sealed
    )


def _rows() -> Any:
    names = Application.__dataclass_fields__
    return select(*(schema.application.c[name] for name in names))


def _application(row: Row[Any]) -> Application:
    values = {name: getattr(row, name) for name in Application.__dataclass_fields__}
    return Application(**values | {"stage": Stage(row.stage)})
