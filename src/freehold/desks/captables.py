"""Cap tables in and out: a company's file becomes a register on chain, and a file again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from freehold.book import issuers
from freehold.core import ocf
from freehold.core.acts import Notice
from freehold.core.captable import CapTable
from freehold.core.ids import Address, record_hash
from freehold.desks.carrying import Progress, silent
from freehold.desks.establishment import Established
from freehold.desks.history import Past, bring_in
from freehold.desks.office import Office


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import made: issuer and instruments, the acts posted, what the file left open."""

    established: Established
    acts: int
    notices: tuple[Notice, ...]


def import_company(
    office: Office,
    files: Mapping[str, str],
    wallets: Mapping[str, Address] | None = None,
    progress: Progress = silent,
) -> Imported:
    """Turn an OCF directory (file name -> text) into instruments whose register equals it.

    `wallets`: holder id -> wallet; who has none gets an account under the agent's key. Raises
    Invalid with every mistake of the files, before anything is sent.
    """
    file = ocf.read(files)
    document = bytes.fromhex(record_hash(dict(files))[2:])
    past = Past(file.issuer, tuple(file.classes.values()), ocf.plan(file), document)
    made = bring_in(office, past, wallets or {}, progress)
    with office.book.transaction() as tx:
        issuers.keep_files(tx, file.issuer.id, files, office.clock.now())
    return Imported(made.established, made.acts, file.notices)


def table_of_files(files: Mapping[str, str], day: date | None) -> CapTable:
    """The cap table that files describe on a legal day; without one, after everything in them."""
    file = ocf.read(files)
    return ocf.captable_at(file, day or ocf.last_day(file))


def export_company(office: Office, issuer: str | None) -> dict[str, str]:
    """The OCF files of an issuer (name -> text): every object as it came, in its order."""
    with office.book.reading() as tx:
        owner = issuers.find(tx, issuer)
        files = issuers.source_files(tx, owner.id)
    return ocf.write(ocf.read(files))
