# pragma version 0.4.3
"""
@title Moves
@license Apache-2.0
@notice The only code that changes balances and lots: `_pass` by the rules, `_shift` by a power,
        `_credit` and `_debit` at issue and redemption. All keep counts, records and lots exact.
"""
from interfaces import IHolders
from interfaces import ISecurityToken
from modules import book
from modules import clocks
from modules import rules
from modules import words

uses: book
uses: clocks
uses: rules

interface ITransferred:
    def transferred(sender: address, receiver: address, amount: uint256): nonpayable


@internal
def _pass(
    register: IHolders,
    sender: address,
    receiver: address,
    amount: uint256,
    kind: uint256,
    proofs: uint256,
    picks: uint256,
):
    """
    @dev Move by the rules, or refuse with the code that every view about the same transfer gives.
    """
    before: uint256 = book.state
    state: uint256 = before
    if block.timestamp >= before & words.M40:
        state = book._rolled(before)
    sender_facts: uint256 = 0
    receiver_facts: uint256 = 0
    sender_facts, receiver_facts = staticcall register.pair(sender, receiver)
    from_account: uint256 = (sender_facts >> 160) & words.M32
    to_account: uint256 = (receiver_facts >> 160) & words.M32
    a: uint256 = book.accounts[from_account]
    b: uint256 = book.accounts[to_account]
    terms: uint256 = clocks._anew(state, sender_facts, kind)
    code: uint256 = rules._refusal(
        register, state, sender_facts, receiver_facts, a, b, amount, kind, proofs, picks, terms
    )
    if code == 0:
        code = rules._outside_refusal(state, sender, receiver, amount)
    if code != 0:
        self._refuse(code, sender, amount, a)
    if amount == 0 or from_account == to_account:
        log ISecurityToken.Transfer(sender=sender, receiver=receiver, amount=amount)
        return
    if (a & words.M96 == amount) or (b & words.M96 == 0):
        state = self._counted(register, state, sender_facts, receiver_facts, a, b, amount)
    passed: uint256 = (state >> 40) & words.M16
    if (a >> 200) & words.M16 != passed:
        a = book._covered(from_account, a, passed)
    if (b >> 200) & words.M16 != passed:
        b = book._covered(to_account, b, passed)
    if state & words.COUNTRIES != 0:
        b = (b & ~words.VERDICT) | self._verdict(state, receiver_facts)
    log ISecurityToken.Transfer(sender=sender, receiver=receiver, amount=amount)
    if (a >> 192) & words.M8 != 0 or terms != 0:
        anew: uint256 = 0
        if terms != 0 and not rules._is_same(register, sender_facts, receiver_facts):
            anew = book._vintage(terms)
        a, b = self._move_lots(
            register, sender_facts, receiver_facts, a, b, amount, kind, proofs, picks, anew
        )
    book.accounts[from_account] = a - amount
    book.accounts[to_account] = b + amount
    if state != before:
        book.state = state
    if state & words.OUTSIDE != 0:
        extcall ITransferred(book.outside).transferred(sender, receiver, amount)


@internal
@pure
def _verdict(state: uint256, facts: uint256) -> uint256:
    """
    @dev What an account word remembers: units may go to this country under this version of the rules.
    """
    return ((facts & words.COUNTRY) << 20) | (((state >> 228) & words.M16) << 227)


@internal
@view
def _refuse(code: uint256, sender: address, amount: uint256, word: uint256):
    """
    @dev ERC-7943 asks for its own error where only frozen units stand in the way.
    """
    balance: uint256 = word & words.M96
    if code == 101 and amount <= balance:
        frozen: uint256 = min((word >> 96) & words.M96, balance)
        raw_revert(
            abi_encode(
                sender,
                amount,
                balance - frozen,
                method_id=method_id(
                    "ERC7943InsufficientUnfrozenBalance(address,uint256,uint256)"
                ),
            )
        )
    digits: uint256 = (
        ((code // 100 + 48) << 16) | ((code // 10 % 10 + 48) << 8) | (code % 10 + 48)
    )
    raw_revert(
        concat(
            x"08c379a0",
            x"0000000000000000000000000000000000000000000000000000000000000020",
            x"0000000000000000000000000000000000000000000000000000000000000015",
            x"7472616e7366657220726566757365643a20",
            convert(convert(digits, uint24), bytes3),
            x"0000000000000000000000",
        )
    )


# ---- counts ----


@internal
def _counted(
    register: IHolders,
    state: uint256,
    sender_facts: uint256,
    receiver_facts: uint256,
    a: uint256,
    b: uint256,
    amount: uint256,
) -> uint256:
    """
    @dev The state with holders counted by person after the move. Treasury accounts do not count.
    """
    leaves: bool = rules._leaves(register, sender_facts, a, amount)
    enters: bool = b & words.M96 == 0 and receiver_facts & words.FACT_TREASURY == 0
    if enters and receiver_facts & words.FACT_MULTI != 0:
        if rules._same_person(register, receiver_facts, sender_facts):
            enters = leaves
        else:
            enters = rules._elsewhere(register, (receiver_facts >> 160) & words.M32) == 0
    if state & words.GROUPS != 0:
        self._regroup(
            state,
            (sender_facts >> 192) & words.M5 if leaves else 0,
            (receiver_facts >> 192) & words.M5 if enters else 0,
        )
    if enters == leaves:
        return state
    return state + (1 << 140) if enters else state - (1 << 140)


@internal
def _regroup(state: uint256, from_class: uint256, to_class: uint256):
    """
    @dev One person fewer in the groups of `from_class`, one more in those of `to_class`; class 0 is none.
    """
    if not rules._is_grouped(state, from_class) and not rules._is_grouped(state, to_class):
        return
    left: uint256 = (book.groups_of >> (from_class * 8)) & words.M8
    entered: uint256 = (book.groups_of >> (to_class * 8)) & words.M8
    if left == entered:
        return
    counts: uint256 = book.group_counts
    for i: uint256 in range(8):
        if ((entered ^ left) >> i) & 1 != 0:
            counts = self._added(counts, i, 1 if (entered >> i) & 1 != 0 else words.M32)
    book.group_counts = counts


@internal
@pure
def _added(counts: uint256, group: uint256, more: uint256) -> uint256:
    """
    @dev One of the eight counts with `more` added, modulo 2**32. A count that was begun late runs below
         zero (and lets nobody in) rather than keep a holder in; adding what it missed makes it exact.
    """
    place: uint256 = 32 * group
    count: uint256 = ((counts >> place) + more) & words.M32
    return (counts & ~(words.M32 << place)) | (count << place)


# ---- lots ----


@internal
def _move_lots(
    register: IHolders,
    sender_facts: uint256,
    receiver_facts: uint256,
    a: uint256,
    b: uint256,
    amount: uint256,
    kind: uint256,
    proofs: uint256,
    picks: uint256,
    anew: uint256,
) -> (uint256, uint256):
    """
    @dev Take free units, then lots in the order that `_lots_refusal` walked. A forced kind ignores
         the clocks and keeps every vintage; `anew` is the vintage that all units become, 0 for their
         own. Returns the account words with their slots.
    """
    from_account: uint256 = (sender_facts >> 160) & words.M32
    to_account: uint256 = (receiver_facts >> 160) & words.M32
    sender: uint256 = a
    receiver: uint256 = b
    slots: uint256 = (a >> 192) & words.M8
    need: uint256 = amount
    same: bool = rules._is_same(register, sender_facts, receiver_facts)
    if picks == 0:
        free: uint256 = min(amount, (a & words.M96) - book._restricted(from_account, slots))
        need -= free
        if anew != 0 and free != 0:
            receiver = self._put(to_account, receiver, anew, free)
            book._log_lot(from_account, to_account, 0, anew, free)
    else:
        slots = slots & picks
    for i: uint256 in range(8):
        if need == 0:
            break
        lot: uint256 = clocks._next_lot(
            from_account,
            slots,
            (sender_facts >> 192) & words.M5,
            (receiver_facts >> 192) & words.M5,
            kind,
            proofs,
            same or kind >= words.FORCED,
        )
        slot: uint256 = lot & words.M8
        assert slot != clocks.MOVED_ALL, "lots: too few"
        slots = slots & ~(1 << slot)
        vintage: uint256 = (lot >> 16) & words.M16
        units: uint256 = min(need, lot >> 32)
        need -= units
        sender = self._take(from_account, sender, slot, lot, units)
        target: uint256 = anew
        if anew == 0 and kind != words.PUBLIC_SALE and clocks._running(
            book.vintages[vintage], block.timestamp // 86400
        ) != 0:
            target = vintage
        if target != 0:
            receiver = self._put(to_account, receiver, target, units)
        book._log_lot(from_account, to_account, vintage, target, units)
    assert need == 0, "lots: too few"
    return sender, receiver


@internal
def _take(account: uint256, word: uint256, slot: uint256, lot: uint256, units: uint256) -> uint256:
    """
    @dev Take from one slot; an emptied slot is given back. `lot` is what `_next_lot` answered.
    """
    left: uint256 = (lot >> 32) - units
    if left == 0:
        book._set_lot(account, slot, 0)
        return word & ~(1 << (192 + slot))
    book._set_lot(account, slot, ((lot >> 16) & words.M16) << 96 | left)
    return word


@internal
def _put(account: uint256, word: uint256, vintage: uint256, units: uint256) -> uint256:
    """
    @dev Add to the slot of the vintage, or to a new one.
    """
    slots: uint256 = (word >> 192) & words.M8
    slot: uint256 = book._slot_for(account, slots, vintage)
    assert slot != 8, "transfer refused: 149"
    if (slots >> slot) & 1 == 0:
        book._set_lot(account, slot, vintage << 96 | units)
        return word | (1 << (192 + slot))
    book._set_lot(account, slot, book._lot(account, slot) + units)
    return word


# ---- the state ----


@internal
@view
def _current() -> uint256:
    state: uint256 = book.state
    # instants that pass while a split runs are counted when it is over: all units are scaled by then
    if state & words.HALTED == 0 and block.timestamp >= state & words.M40:
        return book._rolled(state)
    return state


@internal
@view
def _unsplit() -> uint256:
    """
    @dev While a split scales account by account, not even a power may issue, move or cancel units.
    """
    state: uint256 = self._current()
    assert state & words.HALTED == 0, "split: one runs"
    return state
