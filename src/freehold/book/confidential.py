"""Texts about holders that other rows point to, sealed: who a holder is, what a cap table's files say.

A *subject* (one holder of one issuer, the files of one issuer) has a data key of its own, wrapped by
the office's key like a person's. A transaction knows the office's key through the book it belongs to;
a book that was opened without one can do everything else. Erasing a subject deletes its key.
"""

from collections.abc import Callable, Collection, Mapping

from sqlalchemy import ColumnElement, delete, insert, select, update

from freehold.book import schema_people as schema
from freehold.book.session import VAULT, Transaction
from freehold.book.vault import Vault, new_wrapped, seal, unseal, unwrap, wrap
from freehold.core.errors import NotPermitted

ERASED = ""
"""What stands in the place of a text whose key is gone."""


def vault_of(tx: Transaction) -> Vault:
    """The office's key for personal data. Raises NotPermitted where the book was opened without."""
    opened: Callable[[], Vault] | None = tx.info.get(VAULT)
    if opened is None:
        raise NotPermitted("this book was opened without the key for personal data: set people_key")
    return opened()


def write(tx: Transaction, subject: str, texts: Mapping[str, str]) -> None:
    """Write texts of a subject by place; what stood there is replaced."""
    if not texts:
        return
    vault = vault_of(tx)
    key, of = _key(tx, vault, subject), schema.sealed_text.c
    for place, text in texts.items():
        sealed = seal(key, f"{subject}: {place}", text.encode())
        here = update(schema.sealed_text).where(of.subject == subject, of.place == place)
        if not tx.execute(here.values(sealed=sealed)).rowcount:
            row = {"subject": subject, "place": place, "sealed": sealed}
            tx.execute(insert(schema.sealed_text).values(**row))


def read(tx: Transaction, prefix: str) -> dict[str, dict[str, str]]:
    """The texts of all subjects that begin with `prefix`, by subject and place; of an erased subject
    each text is `ERASED`."""
    return _opened(tx, schema.sealed_text.c.subject.startswith(prefix, autoescape=True))


def read_of(tx: Transaction, subject: str) -> dict[str, str]:
    """The texts of one subject by place; each is `ERASED` if he was erased."""
    return read_each(tx, [subject]).get(subject, {})


def read_each(tx: Transaction, subjects: Collection[str]) -> dict[str, dict[str, str]]:
    """As `read_of`, of several subjects."""
    return _opened(tx, schema.sealed_text.c.subject.in_(subjects)) if subjects else {}


def _opened(tx: Transaction, which: ColumnElement[bool]) -> dict[str, dict[str, str]]:
    of, key = schema.sealed_text.c, schema.subject_key.c
    rows = tx.execute(
        select(of.subject, of.place, of.sealed, key.wrapping, key.wrapped)
        .outerjoin(schema.subject_key, key.subject == of.subject)
        .where(which)
        .order_by(of.subject, of.place)
    ).all()
    if not rows:
        return {}
    vault, keys = vault_of(tx), dict[str, bytes]()
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        text = ERASED
        if row.wrapped is not None:
            if row.subject not in keys:
                keys[row.subject] = unwrap(vault, row.subject, row.wrapping, row.wrapped)
            place = f"{row.subject}: {row.place}"
            text = unseal(keys[row.subject], place, row.sealed).decode()
        found.setdefault(row.subject, {})[row.place] = text
    return found


def key_of(tx: Transaction, subject: str) -> bytes:
    """The data key of a subject, made on first use: for what is too large to be a text."""
    return _key(tx, vault_of(tx), subject)


def erase(tx: Transaction, subject: str) -> bool:
    """Delete a subject's key; whether there was one."""
    of = schema.subject_key.c
    return bool(tx.execute(delete(schema.subject_key).where(of.subject == subject)).rowcount)


def rewrap(tx: Transaction, vault: Vault) -> int:
    """Wrap every subject's key with the vault's current key; how many were not before."""
    of = schema.subject_key.c
    rows = select(of.subject, of.wrapping, of.wrapped).where(of.wrapping != vault.current)
    found = tx.execute(rows).all()
    for row in found:
        key = unwrap(vault, row.subject, row.wrapping, row.wrapped)
        values = {"wrapping": vault.current, "wrapped": wrap(vault, row.subject, key)}
        tx.execute(update(schema.subject_key).where(of.subject == row.subject).values(**values))
    return len(found)


def _key(tx: Transaction, vault: Vault, subject: str) -> bytes:
    of = schema.subject_key.c
    row = tx.execute(select(of.wrapping, of.wrapped).where(of.subject == subject)).first()
    if row is None:
        wrapped = new_wrapped(vault, subject)
        values = {"subject": subject, "wrapping": vault.current, "wrapped": wrapped}
        tx.execute(insert(schema.subject_key).values(**values))
        return unwrap(vault, subject, vault.current, wrapped)
    return unwrap(vault, subject, row.wrapping, row.wrapped)
