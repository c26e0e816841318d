"""Persons in the book: particulars, claims and wallets, sealed for each person, erasable for ever.

Whoever reads needs the office's key (`Vault`) and the person's wrapped key beside the data. Erasing
deletes the latter, and `forget` drives its last copy out of the database's own files. Backups and
replicas have to be erased in their own way.
"""

import hmac
import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from freehold.book import schema_people as schema
from freehold.book.schema_people import Fate
from freehold.book.session import Book, Transaction, speaking_plainly
from freehold.book.vault import Vault, new_wrapped, seal, unseal, unwrap, wrap
from freehold.core.claims import Claim, claim_json
from freehold.core.errors import Conflict, NotFound, Unavailable
from freehold.core.holder import HolderKind, Particulars
from freehold.core.ids import JSON, Address


@dataclass(frozen=True, slots=True)
class Person:
    """A person of the book; `erased_at` None while the data can be read."""

    id: str
    kind: HolderKind
    created_at: datetime
    erased_at: datetime | None


@dataclass(frozen=True, slots=True)
class Wallet:
    """A wallet of a person in one issuer's register; `identity` is opaque and random."""

    issuer: str
    wallet: Address
    person: str
    identity: Address


@dataclass(frozen=True, slots=True)
class Commitment:
    """What the chain was shown, with the salt and the claims that open it."""

    issuer: str
    commitment: str
    salt: bytes
    claims: tuple[Claim, ...]


def add(tx: Transaction, vault: Vault, id: str, known: Particulars, now: datetime) -> Person:
    """Write a new person with a data key of its own. Raises Conflict if the id is taken."""
    if tx.execute(select(schema.person.c.id).where(schema.person.c.id == id)).first():
        raise Conflict(f"there is a person {id} already: choose another id", person=id)
    tx.execute(insert(schema.person).values(id=id, kind=str(known.kind), created_at=now))
    key = {"person": id, "wrapping": vault.current, "wrapped": new_wrapped(vault, id)}
    tx.execute(insert(schema.person_key).values(**key))
    revise(tx, vault, id, known, now)
    return find(tx, id)


def revise(tx: Transaction, vault: Vault, id: str, known: Particulars, now: datetime) -> None:
    """Write a new version of a person's particulars. Raises NotFound if the person was erased."""
    sealed = seal_document(tx, vault, id, "particulars", _particulars_json(known))
    tx.execute(insert(schema.particulars).values(person=id, sealed=sealed, created_at=now))


def find(tx: Transaction, id: str) -> Person:
    """A person by id. Raises NotFound."""
    of = schema.person.c
    rows = select(of.id, of.kind, of.created_at, of.erased_at).where(of.id == id)
    row = tx.execute(rows).first()
    if row is None:
        raise NotFound(f"there is no person {id}", person=id)
    return Person(row.id, HolderKind(row.kind), row.created_at, row.erased_at)


def persons(tx: Transaction) -> list[Person]:
    """All persons, erased ones too, in the order they came."""
    of = schema.person.c
    rows = select(of.id, of.kind, of.created_at, of.erased_at).order_by(of.created_at, of.id)
    return [Person(r.id, HolderKind(r.kind), r.created_at, r.erased_at) for r in tx.execute(rows)]


def particulars(tx: Transaction, vault: Vault, id: str) -> Particulars:
    """What is written of a person now. Raises NotFound if the data was erased."""
    rows = select(schema.particulars.c.sealed).where(schema.particulars.c.person == id)
    sealed = tx.execute(rows.order_by(schema.particulars.c.number.desc()).limit(1)).scalar()
    if sealed is None:
        raise NotFound(f"there is no person {id}", person=id)
    return _particulars(open_document(tx, vault, id, "particulars", sealed))


def all_particulars(tx: Transaction, vault: Vault) -> dict[str, Particulars]:
    """The particulars of everybody who is not erased, by person, in one reading."""
    of, key = schema.particulars.c, schema.person_key.c
    last = select(func.max(of.number)).group_by(of.person)
    rows = select(of.person, of.sealed, key.wrapping, key.wrapped).join(
        schema.person_key, key.person == of.person
    )
    found = {}
    for row in tx.execute(rows.where(of.number.in_(last)).order_by(of.person)):
        key_of = unwrap(vault, row.person, row.wrapping, row.wrapped)
        plain = unseal(key_of, _place(row.person, "particulars"), row.sealed)
        found[row.person] = _particulars(json.loads(plain))
    return found


# ---- claims ----


def add_claim(tx: Transaction, vault: Vault, claim: Claim, now: datetime) -> None:
    """Write a claim, once: the same again is no change. Raises Conflict for another content."""
    known = {one.id: one for one in claims_of(tx, vault, claim.subject)}
    if claim.id in known:
        if claim_json(known[claim.id]) != claim_json(claim):
            raise Conflict(f"there is another claim {claim.id} already", claim=claim.id)
        return
    sealed = seal_document(tx, vault, claim.subject, f"claim {claim.id}", claim_json(claim))
    row = {"id": claim.id, "person": claim.subject, "expires": claim.expires.isoformat()}
    tx.execute(insert(schema.claim).values(**row, sealed=sealed, created_at=now))


def claims_of(tx: Transaction, vault: Vault, person: str) -> list[Claim]:
    """All claims about a person, with what became of them, in the order they came."""
    of = schema.claim.c
    rows = tx.execute(
        select(of.id, of.sealed).where(of.person == person).order_by(of.created_at, of.id)
    ).all()
    if not rows:
        return []
    fates = _fates(tx, person)
    key = data_key(tx, vault, person)
    found = []
    for row in rows:
        plain = json.loads(unseal(key, _place(person, f"claim {row.id}"), row.sealed))
        found.append(_claim(plain, fates))
    return found


def claim_subject(tx: Transaction, id: str) -> str:
    """Whom a claim is about. Raises NotFound."""
    person = tx.execute(select(schema.claim.c.person).where(schema.claim.c.id == id)).scalar()
    if person is None:
        raise NotFound(f"there is no claim {id}", claim=id)
    return str(person)


def end_claim(
    tx: Transaction, vault: Vault, id: str, fate: Fate, day: date, why: str, now: datetime
) -> None:
    """Write what became of a claim, once. Raises Conflict if it was written with another day."""
    person, of = claim_subject(tx, id), schema.claim_fate.c
    known = tx.execute(select(of.day).where(of.claim == id, of.fate == str(fate))).scalar()
    if known is not None:
        if known != day.isoformat():
            raise Conflict(f"claim {id} is {fate} as of {known} already", claim=id)
        return
    sealed = seal_document(tx, vault, person, f"claim {id} {fate}", {"why": why})
    row = {"claim": id, "fate": str(fate), "day": day.isoformat(), "sealed": sealed}
    tx.execute(insert(schema.claim_fate).values(**row, created_at=now))


# ---- wallets and what the chain was shown ----


def add_wallet(tx: Transaction, wallet: Wallet, now: datetime) -> None:
    """Note that a wallet belongs to a person. Raises Conflict if it belongs to another."""
    known = person_of(tx, wallet.issuer, wallet.wallet)
    if known is not None and known.person != wallet.person:
        raise Conflict(
            f"the wallet {wallet.wallet} belongs to another person", wallet=wallet.wallet
        )
    if known is None:
        tx.execute(insert(schema.person_wallet).values(**asdict(wallet), created_at=now))


def person_of(tx: Transaction, issuer: str, wallet: Address) -> Wallet | None:
    """Whose wallet it is in an issuer's register; None if nobody's that the book knows."""
    of = schema.person_wallet.c
    rows = select(of.issuer, of.wallet, of.person, of.identity)
    row = tx.execute(rows.where(of.issuer == issuer, of.wallet == wallet)).first()
    return Wallet(*row) if row else None


def wallets(tx: Transaction, person: str | None = None) -> list[Wallet]:
    """The wallets of a person, or of everybody, in the order they came."""
    of = schema.person_wallet.c
    rows = select(of.issuer, of.wallet, of.person, of.identity).order_by(of.created_at, of.wallet)
    if person is not None:
        rows = rows.where(of.person == person)
    return [Wallet(*row) for row in tx.execute(rows)]


def keep_commitment(
    tx: Transaction, vault: Vault, person: str, shown: Commitment, now: datetime
) -> None:
    """Keep the salt and the claims behind a commitment."""
    content: dict[str, JSON] = {
        "salt": shown.salt.hex(),
        "claims": [dict(claim_json(one)) for one in shown.claims],
    }
    sealed = seal_document(tx, vault, person, f"commitment {shown.commitment}", content)
    row = {"person": person, "issuer": shown.issuer, "commitment": shown.commitment}
    tx.execute(insert(schema.commitment).values(**row, sealed=sealed, created_at=now))


def commitments_of(tx: Transaction, vault: Vault, person: str) -> list[Commitment]:
    """What the chain was shown of a person. Raises NotFound once the salts are erased."""
    of = schema.commitment.c
    rows = select(of.issuer, of.commitment, of.sealed).where(of.person == person)
    found = []
    for row in tx.execute(rows.order_by(of.number)).all():
        place = f"commitment {row.commitment}"
        plain = open_document(tx, vault, person, place, row.sealed)
        claims = tuple(_claim(one, {}) for one in plain["claims"])
        found.append(Commitment(row.issuer, row.commitment, bytes.fromhex(plain["salt"]), claims))
    return found


# ---- keys ----


def erase(tx: Transaction, id: str, now: datetime) -> None:
    """Delete a person's data key: nothing sealed under it can be read again. Register facts stay."""
    if find(tx, id).erased_at is not None:
        return
    tx.execute(delete(schema.person_key).where(schema.person_key.c.person == id))
    tx.execute(update(schema.person).where(schema.person.c.id == id).values(erased_at=now))


def forget(book: Book) -> None:
    """Drive deleted keys out of the database's files: SQLite has overwritten them (`secure_delete`)
    and empties its log here; PostgreSQL writes the table of keys anew.

    Raises Unavailable while somebody else reads an older state; asking again is safe.
    """
    with speaking_plainly(book.engine.url), closing(book.engine.raw_connection()) as raw:
        driver: Any = raw.driver_connection
        driver.rollback()
        if book.engine.dialect.name == "sqlite":
            busy = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            if busy:
                raise Unavailable("the book is being read: erase again, to empty its log")
            return
        driver.autocommit = True
        for table in ("person_key", "subject_key"):
            driver.cursor().execute(f"VACUUM FULL {table}")
        driver.autocommit = False


def rewrap(tx: Transaction, vault: Vault) -> int:
    """Wrap every data key with the vault's current key; how many were not before.

    The data itself is not touched: it is sealed under the data keys.
    """
    of = schema.person_key.c
    rows = select(of.person, of.wrapping, of.wrapped).where(of.wrapping != vault.current)
    found = tx.execute(rows).all()
    for row in found:
        key = unwrap(vault, row.person, row.wrapping, row.wrapped)
        values = {"wrapping": vault.current, "wrapped": wrap(vault, row.person, key)}
        tx.execute(update(schema.person_key).where(of.person == row.person).values(**values))
    return len(found)


def blind(tx: Transaction, vault: Vault, person: str, content: str) -> str:
    """An id that is the same for the same content about a person, and tells nothing of it to whom
    the person's key is lost (HMAC-SHA-256 under that key, 64 hexadecimal digits)."""
    return hmac.digest(data_key(tx, vault, person), content.encode(), "sha256").hex()


def seal_document(
    tx: Transaction, vault: Vault, person: str, place: str, document: Mapping[str, JSON]
) -> bytes:
    """Seal a JSON document under a person's key. Raises NotFound if the person was erased."""
    content = json.dumps(document, ensure_ascii=False, sort_keys=True).encode()
    return seal(data_key(tx, vault, person), _place(person, place), content)


def open_document(
    tx: Transaction, vault: Vault, person: str, place: str, sealed: bytes
) -> dict[str, Any]:
    """Open what `seal_document` sealed. Raises NotFound if the person was erased."""
    found: dict[str, Any] = json.loads(
        unseal(data_key(tx, vault, person), _place(person, place), sealed)
    )
    return found


def data_key(tx: Transaction, vault: Vault, person: str) -> bytes:
    """A person's data key. Raises NotFound if the person was erased."""
    of = schema.person_key.c
    row = tx.execute(select(of.wrapping, of.wrapped).where(of.person == person)).first()
    if row is None:
        erased = find(tx, person).erased_at
        raise NotFound(f"the data of {person} was erased on {erased:%Y-%m-%d}", person=person)
    return unwrap(vault, person, row.wrapping, row.wrapped)


def _place(person: str, place: str) -> str:
    return f"{person}: {place}"


def _particulars_json(known: Particulars) -> dict[str, JSON]:
    plain = asdict(known)
    lists = {name: list(plain[name]) for name in ("citizenships", "aliases")}
    born = known.born.isoformat() if known.born else ""
    return {**plain, **lists, "kind": str(known.kind), "born": born}


def _particulars(plain: Mapping[str, Any]) -> Particulars:
    born = date.fromisoformat(plain["born"]) if plain["born"] else None
    lists = {name: tuple(plain[name]) for name in ("citizenships", "aliases")}
    return Particulars(**{**plain, **lists, "kind": HolderKind(plain["kind"]), "born": born})


def _fates(tx: Transaction, person: str) -> dict[tuple[str, str], date]:
    of = schema.claim_fate.c
    rows = select(of.claim, of.fate, of.day).join(schema.claim, schema.claim.c.id == of.claim)
    found = tx.execute(rows.where(schema.claim.c.person == person))
    return {(row.claim, row.fate): date.fromisoformat(row.day) for row in found}


def _claim(plain: Mapping[str, Any], fates: Mapping[tuple[str, str], date]) -> Claim:
    days = {name: date.fromisoformat(plain[name]) for name in ("issued", "expires")}
    id = plain["id"]
    return Claim(
        **{**plain, **days},
        ended=fates.get((id, Fate.ENDED)),
        revoked=fates.get((id, Fate.REVOKED)),
    )
