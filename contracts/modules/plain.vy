# pragma version 0.4.3
"""
@title Plain
@license Apache-2.0
@notice The ordinary sale, in the token's own code: it moves units when nothing about the transfer is
        unusual and answers False, having changed nothing, when anything is. The transfer desk then
        decides in full and says why. A transfer that passes here passes there with the same effect;
        tests and the stateful machine hold the two against each other.
@dev Unusual: no active policy, pause, an instant that has just passed, an outside rule, a person with
     several accounts, an affiliate, treasury, a class above 7, several lots, a lot whose clocks need
     more than the receiver's class, and everything that is refused.
"""
from interfaces import IHolders
from interfaces import ISecurityToken
from modules import book
from modules import words

uses: book

RARE_FACTS: constant(uint256) = (
    words.FACT_STOPPED
    | words.FACT_MULTI
    | words.FACT_AFFILIATE
    | words.FACT_TREASURY
    | words.TOMBSTONE
)
STATE_FLAGS: constant(uint256) = words.ACTIVE | words.PAUSED | words.HALTED | words.OUTSIDE
VERDICT: constant(uint256) = ((1 << 26) - 1) << 217


@internal
def _sale(register: IHolders, sender: address, receiver: address, amount: uint256) -> bool:
    state: uint256 = book.state
    if state & STATE_FLAGS != words.ACTIVE or block.timestamp >= state & words.M40 or amount == 0:
        return False
    f: uint256 = 0
    g: uint256 = 0
    f, g = staticcall register.pair(sender, receiver)
    to_class: uint256 = (g >> 192) & words.M5
    # class 0, an unknown wallet, has an empty row and column; (f >> 189) is the class times 8
    if (
        (f | g) & (RARE_FACTS | (24 << 192)) != 0
        or (state >> (76 + ((f >> 189) & 56) + to_class)) & 1 == 0
        or (g >> 207) & words.M20 < block.timestamp // 86400
        or (g >> 227) & words.M12 < (state >> 56) & words.M12
    ):
        return False
    from_account: uint256 = (f >> 160) & words.M32
    to_account: uint256 = (g >> 160) & words.M32
    a: uint256 = book.accounts[from_account]
    b: uint256 = book.accounts[to_account]
    if amount > a & words.M96 or (a | b) & words.ACCOUNT_FROZEN != 0 or from_account == to_account:
        return False
    left: uint256 = (a & words.M96) - amount
    held: uint256 = b & words.M96
    if (a >> 96) & words.M96 > left:
        return False
    # one test for "no holding limit or within it"
    exponent: uint256 = (state >> 220) & words.M8
    if exponent != 255 and held + amount > ((state >> 196) & words.M24) << exponent:
        return False
    if state & words.COUNTRIES != 0:
        verdict: uint256 = ((g << 20) | ((state >> 228) & words.M16) << 227) & VERDICT
        if b & VERDICT != verdict:
            country: uint256 = (g >> 197) & words.M10
            if (book.countries[country >> 8] >> (country & 255)) & 1 == 0:
                return False
            b = (b & ~VERDICT) | verdict
    counted: uint256 = state
    if left == 0 or held == 0:
        grouped: uint256 = (state >> (244 + to_class)) | (state >> (244 + ((f >> 192) & words.M5)))
        if state & words.GROUPS != 0 and grouped & 1 != 0:
            return False
        if left != 0:
            if (state >> 140) & words.M28 >= (state >> 168) & words.M28:
                return False
            counted = state + (1 << 140)
        elif held != 0:
            counted = state - (1 << 140)
    passed: uint256 = (state >> 40) & words.M16
    slots: uint256 = (a >> 192) & words.M8
    vintage: uint256 = 0
    need: uint256 = 0
    if slots != 0:
        lot: uint256 = self._one_lot(from_account, slots, a & words.M96, amount, to_class)
        if lot == max_value(uint256):
            return False
        vintage = lot >> 96
        need = lot & words.M96
    if need != 0:
        slot: uint256 = book._slot_for(to_account, (b >> 192) & words.M8, vintage)
        if slot == 8:
            return False
        b = self._given(to_account, b, slot, vintage, need)
        a = self._taken(from_account, a, slots, need)
    if (a >> 200) & words.M16 != passed:
        a = book._covered(from_account, a, passed)
    if (b >> 200) & words.M16 != passed:
        b = book._covered(to_account, b, passed)
    book.accounts[from_account] = a - amount
    book.accounts[to_account] = b + amount
    if counted != state:
        book.state = counted
    log ISecurityToken.Transfer(sender=sender, receiver=receiver, amount=amount)
    if need != 0:
        log ISecurityToken.LotMoved(
            from_account=from_account,
            to_account=to_account,
            from_vintage=vintage,
            to_vintage=vintage,
            units=need,
        )
    return True


@internal
@view
def _one_lot(
    account: uint256, slots: uint256, balance: uint256, amount: uint256, to_class: uint256
) -> uint256:
    """
    @dev For a sender with one lot: vintage << 96 | units needed from it; 0 when free units suffice;
         all ones when it is not plain (two lots, a mature lot, clocks that the class does not open).
    """
    if slots & (slots - 1) != 0:
        return max_value(uint256)
    lot: uint256 = book._lot(account, self._slot_of(slots))
    free: uint256 = balance - (lot & words.M96)
    if amount <= free:
        return 0
    terms: uint256 = book.vintages[lot >> 96]
    today: uint256 = block.timestamp // 86400
    masks: uint256 = terms >> (128 + to_class)
    running: bool = False
    # clock A runs until its free day here; the desk knows about current information
    ends: uint256 = (terms >> 40) & words.M20
    if ends == 0:
        ends = (terms >> 20) & words.M20
    if today < ends:
        running = True
        if masks & 1 == 0:
            return max_value(uint256)
    for clock: uint256 in range(3):
        if today < (terms >> (60 + 20 * clock)) & words.M20:
            running = True
            if (masks >> (8 + 8 * clock)) & 1 == 0:
                return max_value(uint256)
    if not running:
        return max_value(uint256)
    return (lot >> 96 << 96) | (amount - free)


@internal
@pure
def _slot_of(slots: uint256) -> uint256:
    """
    @dev The number of the one bit set.
    """
    slot: uint256 = 0
    if slots & 240 != 0:
        slot = 4
    if slots & 204 != 0:
        slot += 2
    if slots & 170 != 0:
        slot += 1
    return slot


@internal
def _given(
    account: uint256, word: uint256, slot: uint256, vintage: uint256, units: uint256
) -> uint256:
    if (word >> (192 + slot)) & 1 != 0:
        book._set_lot(account, slot, book._lot(account, slot) + units)
        return word
    book._set_lot(account, slot, vintage << 96 | units)
    return word | (1 << (192 + slot))


@internal
def _taken(account: uint256, word: uint256, slots: uint256, units: uint256) -> uint256:
    slot: uint256 = self._slot_of(slots)
    lot: uint256 = book._lot(account, slot) - units
    if lot & words.M96 != 0:
        book._set_lot(account, slot, lot)
        return word
    book._set_lot(account, slot, 0)
    return word & ~(1 << (192 + slot))
