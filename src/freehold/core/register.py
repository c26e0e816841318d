"""The register of holders of one issuer, read from what its contracts logged and nothing else.

`apply` takes the events of one chain in their order. It changes the register in place, because a
copy of 100,000 holders at every event would be no register at all, and returns it. What no contract
of ours can have logged (a balance below zero, more lots than units, a wallet nobody admitted, a
supply that does not add up) raises `Broken`; the register must not be used after that.

The rules for reading stand in `core/events.py`. A roll keeps every change of a balance, a lot and a
freeze beside the present state, so that `core/standing.py` can say who held what at any time.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from freehold.core import events as e
from freehold.core.clock import DAY_SECONDS
from freehold.core.errors import Broken
from freehold.core.events import Logged, Position
from freehold.core.ids import ZERO_ADDRESS
from freehold.core.roll import (
    Account,
    FreezeChange,
    Header,
    LotChange,
    Move,
    RecordChange,
    Roll,
    VintageChange,
)


@dataclass(slots=True)
class Register:
    """All accounts of one issuer and the rolls of its instruments.

    `wallets` and `former` lead from living and dead wallets to account numbers, `persons` from an
    account to all accounts of its person (only where there are several).
    """

    holders: str
    accounts: dict[int, Account] = field(default_factory=dict)
    wallets: dict[str, int] = field(default_factory=lambda: {str(ZERO_ADDRESS): 0})
    former: dict[str, int] = field(default_factory=dict)
    persons: dict[int, tuple[int, ...]] = field(default_factory=dict)
    rolls: dict[str, Roll] = field(default_factory=dict)
    block: int = -1
    index: int = -1
    transaction: str = ""
    unproved: set[tuple[str, int]] = field(default_factory=set)


def rebuild(holders: str, events: Iterable[Logged]) -> Register:
    """The register of the issuer whose `Holders` contract is `holders`, from all its events."""
    register = Register(holders)
    for logged in events:
        apply(register, logged)
    return end_transaction(register)


def apply(register: Register, logged: Logged) -> Register:
    """Change the register by one event; contracts that are not this issuer's change nothing.

    The last transaction is proved only by `end_transaction` or by the first event of the next one.
    Raises Broken if the event cannot follow from what is known.
    """
    position, contract, event = logged
    roll = register.rolls.get(contract)
    if roll is not None:
        on_roll = _ON_ROLL.get(type(event))
        if on_roll is not None:
            _advance(register, position)
            on_roll(register, roll, position, event)
    elif contract == register.holders:
        on_accounts = _ON_ACCOUNTS.get(type(event))
        if on_accounts is not None:
            _advance(register, position)
            on_accounts(register, position, event)
    return register


def end_transaction(register: Register) -> Register:
    """Prove what holds between transactions: lots within units, known vintages, no open header."""
    for token, account in register.unproved:
        roll = register.rolls[token]
        if roll.header is not None:
            raise _broken(register, f"{roll.header.transfers} Transfer logs of {token} are missing")
        lots = roll.lots.get(account)
        if lots is None:
            continue
        held, in_lots = roll.units.get(account, 0), sum(lots.values())
        if in_lots > held:
            what = f"account {account} has {in_lots} units of {token} in lots and holds {held}"
            raise _broken(register, what)
        if unknown := [vintage for vintage in lots if vintage not in roll.vintages]:
            raise _broken(register, f"vintage {min(unknown)} of {token} was never opened")
    register.unproved.clear()
    return register


def _advance(register: Register, position: Position) -> None:
    block, index, _, _, transaction = position
    if block <= register.block and (block < register.block or index <= register.index):
        raise Broken(
            f"log {index} of block {block} comes after log {register.index} of block"
            f" {register.block}: events must be read once and in their order",
            block=block,
        )
    if transaction != register.transaction:
        if register.unproved:
            end_transaction(register)
        register.transaction = transaction
    register.block, register.index = block, index


def _broken(register: Register, what: str) -> Broken:
    return Broken(
        f"the register is broken at log {register.index} of block {register.block}: {what}",
        block=register.block,
        index=register.index,
    )


# ---- accounts ----------------------------------------------------------------------------------


def _admitted(register: Register, position: Position, event: e.Admitted) -> None:
    if event.account in register.accounts or not event.account:
        raise _broken(register, f"account {event.account} cannot be opened by {event.wallet}")
    _claim(register, event.wallet, event.account)
    register.accounts[event.account] = Account(event.account, event.wallet, event.facts)


def _facts_set(register: Register, position: Position, event: e.FactsSet) -> None:
    if register.wallets.get(event.wallet) != event.account:
        raise _broken(register, f"{event.wallet} does not open account {event.account}")
    account = register.accounts[event.account]
    register.accounts[event.account] = replace(account, facts=event.facts)


def _replaced(register: Register, position: Position, event: e.Replaced) -> None:
    if register.wallets.get(event.old_wallet) != event.account or not event.account:
        raise _broken(register, f"{event.old_wallet} does not open account {event.account}")
    _claim(register, event.new_wallet, event.account)
    register.former[event.old_wallet] = register.wallets.pop(event.old_wallet)
    account = register.accounts[event.account]
    former = (*account.former, event.old_wallet)
    register.accounts[event.account] = replace(account, wallet=event.new_wallet, former=former)


def _claim(register: Register, wallet: str, account: int) -> None:
    if wallet in register.wallets or wallet in register.former:
        raise _broken(register, f"{wallet} was used before and cannot open account {account}")
    register.wallets[wallet] = account


def _linked(register: Register, position: Position, event: e.Linked) -> None:
    named = {event.accounts >> 32 * place & 0xFFFFFFFF for place in range(8)} | {event.account}
    together = {member for one in named - {0} for member in register.persons.get(one, (one,))}
    if unknown := [member for member in together if member not in register.accounts]:
        raise _broken(register, f"account {min(unknown)} is linked and was never opened")
    members = tuple(sorted(together))
    register.persons.update(dict.fromkeys(members, members))


def _instrument_listed(register: Register, position: Position, event: e.InstrumentListed) -> None:
    if event.token in register.rolls:
        raise _broken(register, f"instrument {event.token} is listed twice")
    register.rolls[event.token] = Roll(event.token)


# ---- units -------------------------------------------------------------------------------------


def _transfer(register: Register, roll: Roll, position: Position, event: e.Transfer) -> None:
    block, log, seconds, _, _ = position
    day, header, vintage, units = seconds // DAY_SECONDS, -1, 0, event.amount
    if roll.header is not None:
        header, day, vintage = roll.header.log, roll.header.day, roll.header.vintage
        _explain(register, roll, roll.header, event)
    sender = register.wallets.get(event.sender)
    receiver = register.wallets.get(event.receiver)
    if sender is None or receiver is None:
        _prove_recovery(register, roll, event)
        return
    if not units or sender == receiver:
        return
    left = _taken(register, roll, sender, units)
    got = _added(register, roll, receiver, units)
    move = (block, log, seconds, day, sender, receiver, units, left, got, header)
    roll.moves.append(tuple.__new__(Move, move))  # a named tuple by its name takes twice as long
    if vintage:
        _change_lot(register, roll, position, receiver, vintage, units)


def _taken(register: Register, roll: Roll, sender: int, units: int) -> int:
    if not sender:
        roll.issued += units
        return 0
    left = roll.units.get(sender, 0) - units
    if left > 0:
        roll.units[sender] = left
    elif left:
        raise _broken(register, f"account {sender} would hold {left} units of {roll.token}")
    else:
        del roll.units[sender]
    if sender in roll.lots:
        register.unproved.add((roll.token, sender))
    return left


def _added(register: Register, roll: Roll, receiver: int, units: int) -> int:
    if receiver:
        got = roll.units[receiver] = roll.units.get(receiver, 0) + units
        return got
    roll.redeemed += units
    if roll.redeemed > roll.issued:
        what = f"{roll.redeemed} units of {roll.token} redeemed, {roll.issued} issued"
        raise _broken(register, what)
    return 0


def _prove_recovery(register: Register, roll: Roll, event: e.Transfer) -> None:
    """A replaced wallet may only hand over, all it held, to the one that opens its account now."""
    was = register.former.get(event.sender)
    if was is not None and was == register.wallets.get(event.receiver):
        if event.amount != (held := roll.units.get(was, 0)):
            raise _broken(register, f"{event.amount} units recovered, account {was} holds {held}")
        return
    known = event.receiver if event.sender in register.wallets else event.sender
    why = "was replaced" if known in register.former else "was never admitted"
    raise _broken(register, f"units move although wallet {known} {why}")


# ---- headers -----------------------------------------------------------------------------------


def _issued(register: Register, roll: Roll, position: Position, event: e.Issued) -> None:
    log, day, zero = position.index, event.day, str(ZERO_ADDRESS)
    header = Header(log, day, event.vintage, event.receivers, event.units, zero, None)
    _announce(register, roll, header)


def _passed(register: Register, roll: Roll, position: Position, event: e.Passed) -> None:
    parties = event.sender, event.receiver
    _announce(register, roll, Header(position.index, event.day, 0, 1, event.units, *parties))


def _forced(register: Register, roll: Roll, position: Position, event: e.Forced) -> None:
    """Stands behind its Transfer; the move before it is the one it explains."""
    if not event.units:
        return
    move = roll.moves[-1] if roll.moves else None
    parties = register.wallets.get(event.sender), register.wallets.get(event.receiver)
    if move is None or (move.sender, move.receiver, move.units) != (*parties, event.units):
        raise _broken(register, f"a forced transfer of {roll.token} without its Transfer before it")
    roll.moves[-1] = move._replace(header=position.index)


def _redeemed(register: Register, roll: Roll, position: Position, event: e.Redeemed) -> None:
    parties = event.holder, str(ZERO_ADDRESS)
    _announce(register, roll, Header(position.index, event.day, 0, 1, event.units, *parties))


def _split_applied(
    register: Register, roll: Roll, position: Position, event: e.SplitApplied
) -> None:
    """One account is scaled: the Transfer behind it issues what is more, or redeems what is less."""
    account = register.accounts.get(event.account)
    if account is None:
        raise _broken(register, f"account {event.account} is scaled and was never opened")
    if event.before != (held := roll.units.get(event.account, 0)):
        what = f"{event.before} units of account {event.account} are scaled, it holds {held}"
        raise _broken(register, what)
    more, zero = event.after - event.before, str(ZERO_ADDRESS)
    parties = (zero, account.wallet) if more >= 0 else (account.wallet, zero)
    _announce(register, roll, Header(position.index, event.day, 0, 1, abs(more), *parties))


def _announce(register: Register, roll: Roll, header: Header) -> None:
    if roll.header is not None:
        raise _broken(register, f"two headers of {roll.token} without the Transfer between them")
    if header.transfers:
        roll.header = header
        register.unproved.add((roll.token, 0))


def _explain(register: Register, roll: Roll, header: Header, event: e.Transfer) -> None:
    """Use up one Transfer of the header; it must be one that the header spoke of."""
    left, more = header.units - event.amount, header.transfers - 1
    wrong = (
        header.sender not in (None, event.sender)
        or header.receiver not in (None, event.receiver)
        or (left != 0 if not more else left < 0)
    )
    if wrong:
        raise _broken(register, f"a Transfer of {roll.token} differs from the header before it")
    roll.header = header._replace(transfers=more, units=left) if more else None


# ---- lots, freezes, records --------------------------------------------------------------------


def _lot_moved(register: Register, roll: Roll, position: Position, event: e.LotMoved) -> None:
    if event.from_account and event.from_vintage:
        account, vintage = event.from_account, event.from_vintage
        _change_lot(register, roll, position, account, vintage, -event.units)
    if event.to_account and event.to_vintage:
        account, vintage = event.to_account, event.to_vintage
        _change_lot(register, roll, position, account, vintage, event.units)


def _change_lot(
    register: Register, roll: Roll, position: Position, account: int, vintage: int, change: int
) -> None:
    lots = roll.lots.setdefault(account, {})
    units = lots.get(vintage, 0) + change
    if units < 0:
        what = f"account {account} would hold {units} units of {roll.token} in lot {vintage}"
        raise _broken(register, what)
    if units:
        lots[vintage] = units
    else:
        lots.pop(vintage, None)
    if not lots:
        del roll.lots[account]
    register.unproved.add((roll.token, account))
    roll.lot_changes.append(LotChange(*position[:3], account, vintage, units))


def _vintage_opened(
    register: Register, roll: Roll, position: Position, event: e.VintageOpened | e.VintageAmended
) -> None:
    roll.vintages[event.vintage] = event.terms
    roll.vintage_changes.append(VintageChange(*position[:3], event.vintage, event.terms))


def _frozen(register: Register, roll: Roll, position: Position, event: e.Frozen) -> None:
    account = _opened(register, event.account)
    if event.amount:
        roll.frozen[account] = event.amount
    else:
        roll.frozen.pop(account, None)
    _note_freeze(roll, position, account)


def _address_frozen(
    register: Register, roll: Roll, position: Position, event: e.AddressFrozen
) -> None:
    account = _opened(register, event.wallet)
    change = roll.stopped.add if event.frozen else roll.stopped.discard
    change(account)
    _note_freeze(roll, position, account)


def _note_freeze(roll: Roll, position: Position, account: int) -> None:
    frozen, stopped = roll.frozen.get(account, 0), account in roll.stopped
    roll.freeze_changes.append(FreezeChange(*position[:3], account, frozen, stopped))


def _opened(register: Register, wallet: str) -> int:
    account = register.wallets.get(wallet) or register.former.get(wallet)
    if not account:
        raise _broken(register, f"wallet {wallet} was never admitted")
    return account


def _record_announced(
    register: Register, roll: Roll, position: Position, event: e.RecordAnnounced
) -> None:
    if roll.records.setdefault(event.record, event.instant) != event.instant:
        raise _broken(register, f"record {event.record} of {roll.token} has two instants")
    roll.record_changes.append(RecordChange(*position[:3], event.record, event.instant))


def _record_withdrawn(
    register: Register, roll: Roll, position: Position, event: e.RecordWithdrawn
) -> None:
    if event.record != max(roll.records, default=0) or event.instant > roll.records[event.record]:
        raise _broken(register, f"record {event.record} of {roll.token} is not withdrawn by this")
    roll.records[event.record] = event.instant
    roll.record_changes.append(RecordChange(*position[:3], event.record, event.instant))


def _supply_stated(
    register: Register, roll: Roll, position: Position, event: e.SplitFinished | e.TakeOverClosed
) -> None:
    if event.supply != roll.supply:
        what = f"{roll.token} states a supply of {event.supply}, its Transfers add to {roll.supply}"
        raise _broken(register, what)


_ON_ACCOUNTS: Mapping[type, Callable[[Register, Position, Any], None]] = {
    e.Admitted: _admitted,
    e.FactsSet: _facts_set,
    e.Replaced: _replaced,
    e.Linked: _linked,
    e.InstrumentListed: _instrument_listed,
}
_ON_ROLL: Mapping[type, Callable[[Register, Roll, Position, Any], None]] = {
    e.Transfer: _transfer,
    e.Issued: _issued,
    e.Passed: _passed,
    e.Forced: _forced,
    e.Redeemed: _redeemed,
    e.LotMoved: _lot_moved,
    e.VintageOpened: _vintage_opened,
    e.VintageAmended: _vintage_opened,
    e.Frozen: _frozen,
    e.AddressFrozen: _address_frozen,
    e.RecordAnnounced: _record_announced,
    e.RecordWithdrawn: _record_withdrawn,
    e.SplitApplied: _split_applied,
    e.SplitFinished: _supply_stated,
    e.TakeOverClosed: _supply_stated,
}
