"""Cap tables in and out: a company's file becomes a register on chain, and a file again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from freehold.book import issuers
from freehold.book.issuers import KnownIssuer
from freehold.core import captable, ocf
from freehold.core.acts import Notice
from freehold.core.captable import CapTable
from freehold.core.errors import Broken, NotFound
from freehold.core.holder import Holder, HolderKind
from freehold.core.ids import Address, HolderId, record_hash
from freehold.core.ocf.changes import Came, Change, Ended, Passed, Turned
from freehold.desks import parties
from freehold.desks.office import Office
from freehold.desks.outbox import following
from freehold.desks.outbox.carrying import Progress, silent
from freehold.desks.platform.establishment import Established
from freehold.desks.register.history import Past, bring_in
from freehold.desks.register.provenance import begun_on
from freehold.indexer import journal, read


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
    """The OCF files of an issuer (name -> text): every object as it came, in its order, and behind
    them in files of their own what happened on the chain since and who was admitted since.

    Raises NotFound where the issuer did not come from such files, Broken if what is written would not
    read as the holdings on the chain.
    """
    with office.book.reading() as tx:
        owner = issuers.find(tx, issuer)
        files = issuers.source_files(tx, owner.id)
    if not any(name.endswith(".ocf.json") for name in files):
        raise NotFound(
            f"{owner.id} did not come from cap table files: export its registers instead",
            issuer=owner.id,
        )
    file, changes, holders = ocf.read(files), *_since(office, owner)
    if not changes and not holders.keys() - file.holders.keys():
        return ocf.write(file)
    begun, simulated = begun_on(office, owner.id), office.simulated
    people = list(holders.values())
    written = ocf.extend(file, changes, people, begun, each_on_its_day=simulated)
    _require_equal(office, owner, written)
    return written


def _since(office: Office, owner: KnownIssuer) -> tuple[list[Change], dict[str, Holder]]:
    """What happened since the import, and every holder it may name, by id."""
    following.bring_up(office)
    with office.book.reading() as tx:
        instruments = issuers.instruments(tx, owner.id)
        known = issuers.holders(tx, owner.id)
    kinds = {
        one.id: Holder(HolderId(one.id), one.name, HolderKind(one.kind), one.country)
        for one in known
    }
    classes = {str(one.token): one.class_id for one in instruments}
    with office.index.connect() as view:
        accounts = read.accounts(view, instruments[0].token)
        events = journal.events_of(view, list(classes))
    ids = {accounts[one.wallet]: one.id for one in known if one.wallet in accounts}
    own = accounts.get(office.keys.agent.address)
    if own is not None:
        ids.setdefault(own, parties.TREASURY)
    wallets = {wallet: ids.get(number, f"account-{number}") for wallet, number in accounts.items()}
    changes = ocf.changes_of(events, classes, wallets)
    named = {who for change in changes for who in _named(change)} - kinds.keys()
    for who in sorted(named):
        name = owner.name if who == parties.TREASURY else who
        kinds[who] = Holder(HolderId(who), name, HolderKind.ENTITY, owner.country)
    return changes, kinds


def _named(change: Change) -> list[str]:
    match change:
        case Passed():
            return [change.giver, change.taker]
        case Came() | Ended() | Turned():
            return [change.holder]
    return []


def _require_equal(office: Office, owner: KnownIssuer, written: Mapping[str, str]) -> None:
    """What goes out must read as the holdings on chain, unit for unit."""
    file = ocf.read(written)
    table = ocf.captable_at(file, ocf.last_day(file))
    expected = {
        (class_id, who.replace("account ", "account-")): units
        for class_id, line in following.holdings_on(office, owner, date.max).items()
        for who, units in line.items()
    }
    said = {
        (class_id, who): units
        for class_id, line in captable.holdings(table).items()
        for who, units in line.items()
    }
    wrong = sorted(key for key in {*expected, *said} if expected.get(key) != said.get(key))
    if wrong:
        (class_id, who), more = wrong[0], len(wrong)
        raise Broken(
            f"the cap table that would be written has {said.get(wrong[0], 0)} units of {class_id} for "
            f"{who}, the chain {expected.get(wrong[0], 0)} ({more} such figures): nothing was written"
        )
