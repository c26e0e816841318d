"""Erasing what is written of a person, for ever, and changing the key that everything hangs on.

Both change keys alone: the data stays where it is, unreadable or wrapped anew. Accounts, units and
days of the register stay, because it must add up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from freehold.book import confidential, issuers, people, reviews
from freehold.book.people import Person
from freehold.book.session import Transaction
from freehold.book.vault import new_key_text, open_vault
from freehold.core.errors import Conflict, NotFound, NotPermitted
from freehold.core.ocf.erasing import without_stakeholder
from freehold.desks.office import Office


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased: the person's own data, and the entries of so many registers' lists."""

    id: str
    person: Person | None
    registers: tuple[str, ...]


def erase_person(office: Office, id: str) -> Erased:
    """Make what is written of a person, or of a holder of this id, unreadable for ever.

    Accounts and register facts stay; in the files of an imported cap table the entry is blanked.
    Raises NotFound, Conflict while the person waits in the review queue.
    """
    now = office.clock.now()
    with office.book.transaction() as tx:
        registers = issuers.issuers_of_holder(tx, id)
        known = next((one for one in people.persons(tx) if one.id == id), None)
        if known is None and not registers:
            raise NotFound(f"there is no person {id}", person=id)
        if known is not None:
            _require_nothing_waits(tx, known)
            people.erase(tx, id, now)
        for issuer in registers:
            issuers.erase_holder(tx, issuer, id)
            files = issuers.source_files(tx, issuer)
            issuers.exchange_files(tx, issuer, without_stakeholder(files, id))
    people.forget(office.book)
    with office.book.reading() as tx:
        person = people.find(tx, id) if known else None
    return Erased(id, person, tuple(registers))


def _require_nothing_waits(tx: Transaction, person: Person) -> None:
    waiting = reviews.reviews(tx, person.id, open_alone=True) if not person.erased_at else []
    if waiting:
        numbers = ", ".join(str(one.number) for one in waiting)
        raise Conflict(f"{person.id} waits in the review queue (review {numbers}): end that first")


def rotate_key(office: Office) -> int:
    """Wrap every data key with a new key of the office; how many were wrapped anew.

    Where the key stands in a file, a new one is made and the old one goes when nothing needs it any
    more; killed in between, both stand there. Where it comes from elsewhere, `people_key` has to give
    the new one first and the old one after it. Raises NotPermitted if it gives one alone.
    """
    texts = office.people.read().split()
    file = office.people.file
    if file is None and len(texts) < 2:
        raise NotPermitted(
            "people_key gives one key, and it is not in a file: give the new one and the old one"
        )
    if file is not None and len(texts) < 2:
        texts = [new_key_text(), *texts]
        _write_secret(file, texts)
    vault = open_vault(texts)
    with office.book.transaction() as tx:
        count = people.rewrap(tx, vault) + confidential.rewrap(tx, vault)
    people.forget(office.book)
    if file is not None:
        _write_secret(file, texts[:1])
    return count


def _write_secret(file: Path, texts: Sequence[str]) -> None:
    """Exchange a secret file at once: whoever reads sees the old content or the new one."""
    beside = file.with_name(file.name + ".new")
    beside.touch(mode=0o600)
    beside.chmod(0o600)
    beside.write_text("\n".join(texts) + "\n")
    beside.replace(file)
