"""What a split makes of the book: restraints of so many units become of as many more or fewer, and what
is said for a unit in the terms of announced actions is said anew (`repricing.py`).

A pledge of 1,000 units is one of 2,000 after a split of two for one. No clock says which restraints stood
at the split: the book marks a split before it is announced, while the mark stands no restraint of so many
units is placed or released, and the transaction that scales them takes the mark away. So each is scaled
once, whoever was killed between the split's end on the chain and that transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from freehold.book import audit, issuers, locks, restraints, settings
from freehold.book.locks import Account, Lock
from freehold.book.session import Transaction
from freehold.core.audit import Entry
from freehold.core.errors import Conflict, Plain
from freehold.core.events import (
    FreezeOrdered,
    Logged,
    SplitAnnounced,
    SplitCancelled,
    SplitFinished,
)
from freehold.core.ids import Address
from freehold.core.restraints import scaled_beside
from freehold.core.roles import holder_scope
from freehold.desks import parties
from freehold.desks.office import Office
from freehold.desks.outbox import repricing
from freehold.desks.outbox.following import bring_up
from freehold.indexer import explore, journal, read

_KINDS = (SplitAnnounced, SplitCancelled, SplitFinished, FreezeOrdered)
_OVER = "over "


@dataclass(frozen=True, slots=True)
class _Split:
    """A split that ended: its ratio, when it halted the token, what was frozen of each locked account
    when it was announced, and the freezes that happened before its end."""

    ratio: Fraction
    begun: datetime
    frozen: Mapping[Account, int]
    freezes: frozenset[str]


def begin(office: Office, token: Address, instruction: str) -> None:
    """Mark that a split is announced under this instruction; its restraints are scaled at its end.

    The mark of one that runs stays: the contract refuses a second. One that never was announced goes.
    """
    record(office, token)
    with office.book.reading() as tx:
        marked = _marked(tx, token)
    if marked and _pending(office, token, marked):
        return
    with office.book.transaction() as tx:
        settings.write(tx, _name(token), instruction, office.clock.now())


def drop(office: Office, token: Address, instruction: str = "") -> None:
    """The marked split (if named, this one) was refused or taken back: the restraints stay as they are."""
    with office.book.transaction() as tx:
        marked = _marked(tx, token)
        if marked and instruction in ("", marked):
            settings.write(tx, _name(token), _OVER + marked, office.clock.now())


def runs(tx: Transaction, token: str) -> bool:
    """Whether a split of the token is marked, whose restraints are not scaled yet."""
    return bool(_marked(tx, token))


def require_none(office: Office, token: str | None) -> None:
    """Raises Conflict while a split of the token runs: units of before and after it must not be mixed.

    One that ended on the chain is recorded first.
    """
    if token is None:
        return
    with office.book.reading() as tx:
        if not runs(tx, token):
            return
    record(office, Address(token))
    with office.book.reading() as tx:
        if runs(tx, token):
            said = "a split of this instrument runs: place or release restraints of so many units"
            raise Conflict(f"{said} once it is finished, or stop the whole account", token=token)


def record(office: Office, token: Address) -> int:
    """Scale what stands in the book once the marked split of the token has ended; how many restraints."""
    with office.book.reading() as tx:
        marked = _marked(tx, token)
    if not marked:
        return 0
    bring_up(office)
    with office.index.connect() as view:
        said = journal.events_of(view, [token], _KINDS)
        begun = [one for one in said if _is(one, SplitAnnounced, marked)]
        ended = [one for one in said if _is(one, SplitFinished, marked)]
        if not begun or not ended:
            return 0
        halted = begun[0].position.block
        lines, (at, _) = read.lines(view, token, halted), explore.block_at(view, halted)
    first = begun[0].event
    assert isinstance(first, SplitAnnounced), "it was looked for"
    before = said[: said.index(ended[0])]
    freezes = {one.event.instruction for one in before if isinstance(one.event, FreezeOrdered)}
    ratio = Fraction(first.numerator, first.denominator)
    figures = {one.account: one.frozen for one in lines}
    split = _Split(ratio, at, _frozen(office, token, figures), frozenset(freezes))
    with office.book.transaction() as tx:
        if _marked(tx, token) != marked:  # somebody else was first
            return 0
        now = office.clock.now()
        settings.write(tx, _name(token), _OVER + marked, now)
        repricing.reprice(tx, office.chain, token, ratio, at, now)
        return _scale(office, tx, token, split)


def _scale(office: Office, tx: Transaction, token: Address, split: _Split) -> int:
    now = office.clock.now()
    found = restraints.scale(tx, token, split.ratio)
    for one, units in found:
        content: dict[str, Plain] = {
            "restraint": one.id,
            "token": token,
            "ratio": str(split.ratio),
            "units": str(one.units),
            "units_after": str(units),
        }
        scope = holder_scope(one.issuer, one.holder)
        audit.record(
            tx, Entry("agent", f"scale a {one.kind} by a split", scope, content=content), now
        )
    for lock in locks.of_token(tx, token):
        _scale_lock(tx, lock, split)
    return len(found)


def _frozen(office: Office, token: Address, figures: Mapping[int, int]) -> dict[Account, int]:
    """What was frozen of each account that restraints lock something of."""
    with office.book.reading() as tx:
        locked = [one.account for one in locks.of_token(tx, token)]
        owners = {one.issuer: issuers.find(tx, one.issuer) for one in locked}
    numbers = {
        one: parties.party(office, owners[one.issuer], one.holder).facts.account for one in locked
    }
    return {one: figures.get(number, 0) for one, number in numbers.items()}


def _scale_lock(tx: Transaction, lock: Lock, split: _Split) -> None:
    """The figure on the chain was scaled by the contract: what the book knows of it follows."""
    frozen = split.frozen.get(lock.account, lock.now.units)
    happened = lock.instruction is not None and lock.instruction in split.freezes
    units = scaled_beside(lock.now.units, frozen, split.ratio)
    then = lock.then.units if lock.then is not None else None
    if happened and then is not None:
        then = scaled_beside(then, frozen, split.ratio)
    locks.set_units(tx, lock.account, units, then)


def _pending(office: Office, token: Address, instruction: str) -> bool:
    """Whether a split was announced under an instruction, and neither finished nor taken back."""
    bring_up(office)
    with office.index.connect() as view:
        said = journal.events_of(view, [token], _KINDS)
    begun = any(_is(one, SplitAnnounced, instruction) for one in said)
    return begun and not any(
        _is(one, kind, instruction) for one in said for kind in (SplitFinished, SplitCancelled)
    )


def _is(one: Logged, kind: type, instruction: str) -> bool:
    return isinstance(one.event, kind) and getattr(one.event, "instruction", "") == instruction


def _marked(tx: Transaction, token: str) -> str:
    """The instruction of the split that is marked; nothing where none is."""
    found = settings.read(tx, _name(token)) or ""
    return "" if found.startswith(_OVER) else found


def _name(token: str) -> str:
    return f"split:{token}"
