# pragma version 0.4.3
"""
@title Plain
@license Apache-2.0
@notice The ordinary transfer, in the token's own code: it moves units when nothing about it is unusual
        and answers False, having changed nothing, when anything is. A desk then decides in full and
        says why. What passes here passes there with the same effect; tests and the stateful machine
        hold the two against each other.
@dev Unusual: no active policy, pause, an outside rule, a person with
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
COUNTRY: constant(uint256) = words.M10 << 197


@internal
def _moved(
    register: IHolders, sender: address, receiver: address, amount: uint256, by_rule: bool
) -> bool:
    """
    @dev `by_rule` is a sale; otherwise a forced move, which heeds only who may receive and counts.
    """
    state: uint256 = book.state
    if amount == 0 or (by_rule and state & STATE_FLAGS != words.ACTIVE):
        return False
    before: uint256 = state
    if block.timestamp >= state & words.M40:
        state = book._rolled(state)
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
    if by_rule:
        exponent: uint256 = (state >> 220) & words.M8
        if exponent != 255 and held + amount > ((state >> 196) & words.M24) << exponent:
            return False
        if state & words.COUNTRIES != 0:
            verdict: uint256 = ((g & COUNTRY) << 20) | (((state >> 228) & words.M16) << 227)
            if b & words.VERDICT != verdict:
                country: uint256 = (g >> 197) & words.M10
                if (book.countries[country >> 8] >> (country & 255)) & 1 == 0:
                    return False
                b = (b & ~words.VERDICT) | verdict
    elif state & words.HALTED != 0:
        return False
    counted: uint256 = state
    if left == 0 or held == 0:
        grouped: uint256 = (state >> (244 + to_class)) | (state >> (244 + ((f >> 192) & words.M5)))
        if state & words.GROUPS != 0 and grouped & 1 != 0:
            return False
        if left != 0:
            if by_rule and (state >> 140) & words.M28 >= (state >> 168) & words.M28:
                return False
            counted = state + (1 << 140)
        elif held != 0:
            counted = state - (1 << 140)
    passed: uint256 = (state >> 40) & words.M16
    lot: uint256 = 0
    if (a >> 192) & words.M8 != 0:
        if not by_rule:
            return False
        lot = self._one_lot(from_account, a, amount, to_class)
        if lot == max_value(uint256):
            return False
        if lot != 0:
            b = self._given(to_account, b, lot)
            if b == 0:
                return False
            a = self._taken(from_account, a, lot & words.M96)
    if (a >> 200) & words.M16 != passed:
        a = book._covered(from_account, a, passed)
    if (b >> 200) & words.M16 != passed:
        b = book._covered(to_account, b, passed)
    book.accounts[from_account] = a - amount
    book.accounts[to_account] = b + amount
    if counted != before:
        book.state = counted
    log ISecurityToken.Transfer(sender=sender, receiver=receiver, amount=amount)
    if lot != 0:
        log ISecurityToken.LotMoved(
            accounts=(from_account << 32) | to_account,
            vintages=(lot >> 96 << 16) | (lot >> 96),
            units=lot & words.M96,
        )
    return True


@internal
@view
def _one_lot(account: uint256, word: uint256, amount: uint256, to_class: uint256) -> uint256:
    """
    @dev For a sender with one lot: vintage << 96 | units needed from it; 0 when free units suffice;
         all ones when it is not plain (two lots, a mature lot, clocks that the class does not open).
    """
    slots: uint256 = (word >> 192) & words.M8
    if slots & (slots - 1) != 0:
        return max_value(uint256)
    lot: uint256 = book._lot(account, self._slot_of(slots))
    need: uint256 = amount + (lot & words.M96)
    if need <= word & words.M96:
        return 0
    terms: uint256 = book.vintages[lot >> 96]
    today: uint256 = block.timestamp // 86400
    # all four clocks; where A depends on current information, the desk decides
    masks: uint256 = terms >> (128 + to_class)
    day: uint256 = (terms >> 20) & words.M20
    free: uint256 = (terms >> 40) & words.M20
    running: uint256 = 0
    if day != 0 and today >= day:
        if free == 0 or today < free:
            return max_value(uint256)
    elif today < (free if free != 0 else day):
        running = 1
    if today < (terms >> 60) & words.M20:
        running |= 256
    if today < (terms >> 80) & words.M20:
        running |= 65536
    if today < (terms >> 100) & words.M20:
        running |= 16777216
    if running == 0 or running & ~masks != 0:
        return max_value(uint256)
    return (lot >> 96 << 96) | (need - (word & words.M96))


@internal
@pure
def _slot_of(slots: uint256) -> uint256:
    """
    @dev The number of the one bit set.
    """
    if slots == 1:
        return 0
    slot: uint256 = 0
    if slots & 240 != 0:
        slot = 4
    if slots & 204 != 0:
        slot += 2
    if slots & 170 != 0:
        slot += 1
    return slot


@internal
def _given(account: uint256, word: uint256, lot: uint256) -> uint256:
    """
    @dev The receiver's word once `lot` (vintage << 96 | units) was added; 0 when it has no slot free.
    """
    slots: uint256 = (word >> 192) & words.M8
    if slots == 0:
        # nothing of an emptied slot remains, so the whole word may be written
        book.lots[account * 4] = lot
        return word | (1 << 192)
    slot: uint256 = book._slot_for(account, slots, lot >> 96)
    if slot == 8:
        return 0
    at: uint256 = account * 4 + slot // 2
    place: uint256 = 128 * (slot % 2)
    if (slots >> slot) & 1 != 0:
        book.lots[at] += (lot & words.M96) << place
        return word
    book.lots[at] += lot << place
    return word | (1 << (192 + slot))


@internal
def _taken(account: uint256, word: uint256, units: uint256) -> uint256:
    """
    @dev The sender's word once `units` were taken from his one lot; an emptied slot is zeroed.
    """
    slot: uint256 = self._slot_of((word >> 192) & words.M8)
    at: uint256 = account * 4 + slot // 2
    place: uint256 = 128 * (slot % 2)
    left: uint256 = book.lots[at] - (units << place)
    if (left >> place) & words.M96 != 0:
        book.lots[at] = left
        return word
    book.lots[at] = 0  # the other half of the pair is empty too: this was the only lot
    return word & ~(1 << (192 + slot))
