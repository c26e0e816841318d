"""The document vault: contents sealed under a key of each document's own, versions, acknowledgements.

The key is wrapped by the office's key like every other (`vault.py`); the place in the book is associated
data, so a sealed content cannot be moved to another document or version.
"""

import hashlib
import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update

from freehold.book import confidential, vault
from freehold.book import schema_agent as schema
from freehold.book.session import Transaction
from freehold.core.errors import Broken, Conflict, NotFound
from freehold.core.vaulted import About, Document, Version


def keep(
    tx: Transaction,
    place: tuple[str, About, str, str],
    content: bytes,
    media_type: str,
    by: str,
    now: datetime,
) -> tuple[str, int, str]:
    """Keep a content as the next version of a document (issuer, about, subject, name): its id, the
    version, the SHA-256. Raises Conflict where the newest version is the same."""
    issuer, about, subject, name = place
    of, version = schema.document.c, schema.document_version.c
    same = (of.issuer == issuer, of.about == str(about), of.subject == subject, of.name == name)
    id = tx.execute(select(of.id).where(*same)).scalar()
    if id is None:
        id = f"doc_{secrets.token_hex(12)}"
        row = {"id": id, "issuer": issuer, "about": str(about), "subject": subject, "name": name}
        tx.execute(insert(schema.document).values(**row, at=now))
    digest = hashlib.sha256(content).hexdigest()
    rows = select(version.version, version.hash).where(version.document == id)
    last = tx.execute(rows.order_by(version.version.desc()).limit(1)).first()
    if last and last.hash == digest:
        raise Conflict(f"{name} is kept already, as version {last.version}", document=id)
    number = last.version + 1 if last else 1
    key = confidential.key_of(tx, f"document {id}")
    tx.execute(
        insert(schema.document_version).values(
            document=id,
            version=number,
            hash=digest,
            size=len(content),
            media_type=media_type,
            sealed=vault.seal(key, f"document {id} {number}", content),
            at=now,
            by=by,
        )
    )
    return id, number, digest


def anchored(tx: Transaction, id: str, version: int, instruction: str) -> None:
    """Note which instruction puts a version's hash on the chain."""
    of = schema.document_version.c
    here = update(schema.document_version).where(of.document == id, of.version == version)
    tx.execute(here.values(instruction=instruction))


def content(tx: Transaction, id: str, version: int) -> bytes:
    """The content of a version. Raises NotFound, Broken where it is not what was kept."""
    of = schema.document_version.c
    rows = select(of.sealed, of.hash).where(of.document == id, of.version == version)
    row = tx.execute(rows).first()
    if row is None:
        raise NotFound(f"there is no version {version} of {id}", document=id)
    key = confidential.key_of(tx, f"document {id}")
    plain = vault.unseal(key, f"document {id} {version}", row.sealed)
    if hashlib.sha256(plain).hexdigest() != row.hash:
        raise Broken(f"the content of {id}, version {version}, has another hash", document=id)
    return plain


def acknowledge(tx: Transaction, id: str, version: int, identity: str, now: datetime) -> bool:
    """Note who has acknowledged a version; whether that is new."""
    of = schema.acknowledgement.c
    mine = (of.document == id, of.version == version, of.identity == identity)
    if tx.execute(select(of.at).where(*mine)).first():
        return False
    row = {"document": id, "version": version, "identity": identity, "at": now}
    tx.execute(insert(schema.acknowledgement).values(**row))
    return True


def find(tx: Transaction, id: str) -> Document:
    """One document. Raises NotFound."""
    row = tx.execute(select(schema.document).where(schema.document.c.id == id)).first()
    if row is None:
        raise NotFound(f"there is no document {id}", document=id)
    return _document(tx, row)


def listed(tx: Transaction, issuer: str) -> list[Document]:
    """The documents of an issuer, by what they are about and their names."""
    of = schema.document.c
    rows = select(schema.document).where(of.issuer == issuer)
    ordered = rows.order_by(of.about, of.subject, of.name)
    return [_document(tx, row) for row in tx.execute(ordered).all()]


def _document(tx: Transaction, row: Row[Any]) -> Document:
    of, seen = schema.document_version.c, schema.acknowledgement.c
    who: dict[int, list[tuple[str, datetime]]] = {}
    for one in tx.execute(
        select(seen.version, seen.identity, seen.at)
        .where(seen.document == row.id)
        .order_by(seen.at, seen.identity)
    ):
        who.setdefault(one.version, []).append((one.identity, one.at))
    columns = (of.version, of.hash, of.size, of.media_type, of.at, of.by, of.instruction)
    rows = select(*columns).where(of.document == row.id).order_by(of.version.desc())
    versions = tuple(
        Version(*one, acknowledged=tuple(who.get(one.version, ()))) for one in tx.execute(rows)
    )
    return Document(row.id, row.issuer, About(row.about), row.subject, row.name, row.at, versions)
