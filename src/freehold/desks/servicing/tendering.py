"""Tendered units are locked from the tender on, until they are bought, given back, or the tender lapses.

Whoever tenders gives his units into the issuer's hand. A stop order of so many units stands in the
agent's book with the election itself, and the worker freezes them on the chain (`outbox/locking.py`).
Units that are frozen, stopped or locked already cannot be tendered: they are not free to be given.
"""

from freehold.book import audit, locks, restraints
from freehold.book.locks import Account
from freehold.book.session import Transaction
from freehold.chain import contracts
from freehold.core.actions.kinds import Work
from freehold.core.audit import Entry
from freehold.core.errors import Invalid, Plain
from freehold.core.events import Frozen, Redeemed
from freehold.core.ids import Address, record_hash
from freehold.core.restraints import Restraint, RestraintKind
from freehold.core.roles import holder_scope
from freehold.core.units import MAX_UNITS, format_units
from freehold.desks import parties
from freehold.desks.office import Office
from freehold.desks.outbox import locking, scaling
from freehold.desks.outbox.following import bring_up
from freehold.desks.parties import Party
from freehold.desks.servicing import servicing
from freehold.desks.servicing.servicing import Case
from freehold.indexer import journal

_FROZEN_AT, _STOPPED_AT = 96, 216


def require_free(office: Office, of: Case, party: Party, units: int) -> None:
    """Raises Invalid where somebody tenders units that he does not hold, or that are not free, Conflict
    while the class is split."""
    if of.terms.work is not Work.BUY or not units:
        return
    token, at = of.instrument.token, _account(of, party.holder.id)
    scaling.require_none(office, token)
    word = contracts.read(office.w3, "SecurityToken", token, "account_word", party.facts.account)
    held, frozen = word & MAX_UNITS, word >> _FROZEN_AT & MAX_UNITS
    with office.book.reading() as tx:
        locked = locks.of_account(tx, at).now.units
        booked = locks.wanted(tx, token).get(at, locks.NOTHING).units
        mine = sum(one.units or 0 for one in _standing(tx, of, party.holder.id))
    free = max(held - max(frozen - locked, 0) - (booked - mine), 0)
    if word >> _STOPPED_AT & 1:
        free = 0
    if units > free:
        places = of.instrument.decimals
        raise Invalid(
            f"units {units}: {party.holder.id} holds {format_units(held, places)} of"
            f" {of.terms.instrument}, {format_units(free, places)} of them free: only free units are"
            f" tendered",
            field="units",
        )


def locked(office: Office, tx: Transaction, of: Case, holder: str, units: int, by: str) -> None:
    """Lock what a holder tenders now, in the place of what he tendered before; nothing for 0 units."""
    if of.terms.work is not Work.BUY:
        return
    _release(office, tx, of, holder, by)
    if not units:
        return
    words = f"tendered in {of.known.id}"
    one = Restraint(
        restraints.new_id(), of.owner.id, holder, RestraintKind.STOP, of.instrument.token, units,
        True, _document(of), office.clock.now(), by, None, None, None, of.owner.name, words,
    )  # fmt: skip
    restraints.place(tx, one)
    _note(office, tx, by, "lock tendered units", one)


def settle(office: Office, of: Case, holder: str) -> None:
    """Wait until the chain has what is locked, where the keys are; elsewhere the worker does it."""
    if of.terms.work is Work.BUY and office.posting.signers:
        locking.settle(office, _account(of, holder))


def settle_all(office: Office, of: Case) -> None:
    """Wait until everything that is tendered in an action is locked on the chain."""
    if of.terms.work is Work.BUY:
        with office.book.reading() as tx:
            holders = sorted({one.holder for one in _standing(tx, of)})
        for holder in holders:
            settle(office, of, holder)


def end(office: Office, of: Case, by: str) -> None:
    """Give back what is locked by the tenders of an action that is over, and has not been bought."""
    if of.terms.work is not Work.BUY:
        return
    with office.book.reading() as tx:
        every = _standing(tx, of)
    if not every:
        return
    thawed = _thawed(office, of)
    holders = sorted({one.holder for one in every})
    for holder in holders:
        settle(office, of, holder)
        with office.book.transaction() as tx:
            at = _account(of, holder)
            lock = locks.of_account(tx, at)
            if less := thawed.get(_wallet(office, of, holder), 0):
                locks.set_units(tx, at, max(lock.now.units - less, 0), None)
            _release(office, tx, of, holder, by)
        settle(office, of, holder)


def _standing(tx: Transaction, of: Case, holder: str | None = None) -> list[Restraint]:
    document = _document(of)
    return [
        one
        for one in restraints.of_issuer(tx, of.owner.id, holder)
        if one.document == document and one.released_at is None
    ]


def _release(office: Office, tx: Transaction, of: Case, holder: str, by: str) -> None:
    for one in _standing(tx, of, holder):
        restraints.release(tx, one.id, by, _document(of), office.clock.now())
        _note(office, tx, by, "give back tendered units", one)


def _thawed(office: Office, of: Case) -> dict[str, int]:
    """By wallet the frozen units that the contract itself let go when this action redeemed them: where
    less is left than was frozen, the figure falls with it."""
    bring_up(office)
    keys = office.keys
    senders = [one.address for one in (keys.agent, keys.second) if one is not None]
    with office.index.connect() as view:
        said = journal.events_of(view, [of.instrument.token], (Frozen, Redeemed))
    frozen: dict[str, int] = {}
    found: dict[str, int] = {}
    redeemed: tuple[int, str] | None = None
    for one in said:
        event, block = one.event, one.position.block
        if isinstance(event, Redeemed):
            mine = {str(servicing.act_id_of(of, at, f"unit {event.holder}")) for at in senders}
            redeemed = (block, event.holder) if event.instruction in mine else None
        elif isinstance(event, Frozen):
            if redeemed == (block, event.account):
                less = frozen.get(event.account, 0) - event.amount
                found[event.account] = found.get(event.account, 0) + less
            redeemed, frozen[event.account] = None, event.amount
    return found


def _wallet(office: Office, of: Case, holder: str) -> Address:
    return parties.party(office, of.owner, holder).wallet


def _account(of: Case, holder: str) -> Account:
    return Account(of.owner.id, holder, of.instrument.token)


def _document(of: Case) -> str:
    """The SHA-256 that stands for the offer: the tenders of an action are found by it."""
    return record_hash({"action": of.known.id, "tendered": "locked"})[2:]


def _note(office: Office, tx: Transaction, by: str, act: str, one: Restraint) -> None:
    content: dict[str, Plain] = {"restraint": one.id, "token": one.token, "units": str(one.units)}
    entry = Entry(by, act, holder_scope(one.issuer, one.holder), content=content)
    audit.record(tx, entry, office.clock.now())
