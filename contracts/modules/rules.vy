# pragma version 0.4.3
"""
@title Rules
@license Apache-2.0
@notice One function decides a transfer, for the transfer itself and for every view about it, in one
        order (docs/reference/reasons.md). It answers 0 or the reason code of the first refusal.
@dev Rules are data: the sale matrix of the eight common classes lies in the state word, all else is
     read only when a flag, a lot or an uncommon class asks for it.
"""
from interfaces import IHolders
from modules import book
from modules import words

uses: book

PROOFS_MAX: constant(uint256) = 6
MOVED_ALL: constant(uint256) = 255  # slot number of "no lot fits"

interface IOutside:
    def canTransfer(sender: address, receiver: address, amount: uint256) -> bool: view


@internal
@view
def _refusal(
    register: IHolders,
    state: uint256,
    sender_facts: uint256,
    receiver_facts: uint256,
    a: uint256,
    b: uint256,
    amount: uint256,
    kind: uint256,
    proofs: uint256,
    picks: uint256,
) -> uint256:
    if state & (words.ACTIVE | words.PAUSED | words.HALTED) != words.ACTIVE:
        return 106 if state & words.ACTIVE == 0 else 100
    balance: uint256 = a & words.M96
    if amount > balance:
        return 101
    if (a >> 96) & words.M96 > balance - amount and amount != 0:
        return 101
    if (sender_facts | receiver_facts) & words.FACT_STOPPED != 0 or (
        (a | b) & words.ACCOUNT_FROZEN != 0
    ):
        if sender_facts & words.FACT_SANCTIONED != 0:
            return 116
        if receiver_facts & words.FACT_SANCTIONED != 0:
            return 115
        return 103 if sender_facts & words.FACT_FROZEN != 0 or a & words.ACCOUNT_FROZEN != 0 else 104
    if (sender_facts >> 160) & words.M32 == 0:
        return 111
    code: uint256 = self._admission_refusal(state, receiver_facts)
    if code != 0:
        return code
    if state & words.COUNTRIES != 0:
        country: uint256 = (receiver_facts >> 197) & words.M10
        if (b >> 217) & ((1 << 26) - 1) != country | ((state >> 228) & words.M16) << 10:
            if (book.countries[country >> 8] >> (country & 255)) & 1 == 0:
                code = (book.group_codes >> 64) & words.M8
                return code if code != 0 else 118
    same: bool = (sender_facts ^ receiver_facts) & (words.M32 << 160) == 0
    if sender_facts & receiver_facts & words.FACT_MULTI != 0:
        same = self._same_person(register, sender_facts, receiver_facts)
    from_class: uint256 = (sender_facts >> 192) & words.M5
    to_class: uint256 = (receiver_facts >> 192) & words.M5
    resets: bool = not same and self._resets(state, sender_facts, kind)
    if resets:
        vintage: uint256 = book.reacquired[self._month()]
        if vintage == 0:
            return 128
        if book._slot_for((receiver_facts >> 160) & words.M32, (b >> 192) & words.M8, vintage) == 8:
            return 149
    if (a >> 192) & words.M8 != 0:
        code = self._lots_refusal(
            sender_facts, receiver_facts, a, b, amount, kind, proofs, picks, same, resets
        )
        if code != 0:
            return code
    if same:
        return 0
    if kind == words.SALE and from_class < 8 and to_class < 8:
        if (state >> (76 + from_class * 8 + to_class)) & 1 == 0 and (
            proofs == 0 or not self._is_sellable(kind, from_class, to_class, proofs)
        ):
            return self._class_reason(kind, from_class, to_class)
    elif not self._is_sellable(kind, from_class, to_class, proofs):
        return self._class_reason(kind, from_class, to_class)
    if receiver_facts & words.FACT_TREASURY == 0 and amount != 0:
        held: uint256 = b & words.M96
        if receiver_facts & words.FACT_MULTI != 0:
            held += self._elsewhere(register, (receiver_facts >> 160) & words.M32)
        exponent: uint256 = (state >> 220) & words.M8
        if exponent != 255 and held + amount > ((state >> 196) & words.M24) << exponent:
            return 154
        if held == 0 and (
            (state >> 140) & words.M28 >= (state >> 168) & words.M28
        ) and not self._leaves(register, sender_facts, a, amount):
            return 150
        if state & words.GROUPS != 0 and held == 0 and self._is_grouped(state, to_class):
            return self._groups_refusal(
                from_class, to_class, self._leaves(register, sender_facts, a, amount)
            )
    return 0


@internal
@view
def _outside_refusal(
    state: uint256, sender: address, receiver: address, amount: uint256
) -> uint256:
    """
    @dev A compliance contract set from outside runs in addition to the rules, never instead.
    """
    if state & words.OUTSIDE == 0:
        return 0
    return 0 if staticcall IOutside(book.outside).canTransfer(sender, receiver, amount) else 199


@internal
@view
def _admission_refusal(state: uint256, facts: uint256) -> uint256:
    if (facts >> 160) & words.M32 == 0:
        return 110
    if (facts >> 207) & words.M20 < block.timestamp // 86400:
        return 112
    if (facts >> 227) & words.M12 < (state >> 56) & words.M12:
        return 114
    return 0


@internal
@view
def _receiver_refusal(state: uint256, facts: uint256) -> uint256:
    """
    @dev Whether somebody may receive at all, whoever sends (ERC-7943 canReceive).
    """
    if facts & words.FACT_SANCTIONED != 0:
        return 115
    if facts & words.FACT_FROZEN != 0:
        return 104
    return self._admission_refusal(state, facts)


@internal
@view
def _leaves(register: IHolders, facts: uint256, word: uint256, amount: uint256) -> bool:
    """
    @dev Whether the person no longer holds anything once `amount` has gone.
    """
    if word & words.M96 != amount or amount == 0 or facts & words.FACT_TREASURY != 0:
        return False
    if facts & words.FACT_MULTI == 0:
        return True
    return self._elsewhere(register, (facts >> 160) & words.M32) == 0


@internal
@view
def _elsewhere(register: IHolders, account: uint256) -> uint256:
    """
    @dev Units in the other accounts of the same person: at most seven.
    """
    accounts: uint256 = staticcall register.accounts_of_person(account)
    total: uint256 = 0
    for i: uint256 in range(8):
        other: uint256 = (accounts >> (32 * i)) & words.M32
        if other == 0:
            break
        if other != account:
            total += book.accounts[other] & words.M96
    return total


@internal
@view
def _same_person(register: IHolders, one: uint256, two: uint256) -> bool:
    accounts: uint256 = staticcall register.accounts_of_person((one >> 160) & words.M32)
    number: uint256 = (two >> 160) & words.M32
    for i: uint256 in range(8):
        if (accounts >> (32 * i)) & words.M32 == number:
            return True
    return False


# ---- classes ----


@internal
@view
def _is_sellable(kind: uint256, from_class: uint256, to_class: uint256, proofs: uint256) -> bool:
    """
    @dev By class alone, or by class together with one of the proven facts.
    """
    key: uint256 = (kind << 16) | (from_class << 8)
    if (book.sellable[key] >> to_class) & 1 != 0:
        return True
    for i: uint256 in range(PROOFS_MAX):
        if (proofs >> i) & 1 != 0 and (book.sellable[key | (i + 1)] >> to_class) & 1 != 0:
            return True
    return False


@internal
@view
def _class_reason(kind: uint256, from_class: uint256, to_class: uint256) -> uint256:
    code: uint256 = (book.why[(kind << 8) | from_class] >> (to_class * 8)) & words.M8
    return code if code != 0 else 128


@internal
@pure
def _is_grouped(state: uint256, of_class: uint256) -> bool:
    """
    @dev Whether persons of the class may be in a counted group; uncommon classes always may.
    """
    return of_class > 7 or (state >> (244 + of_class)) & 1 != 0


@internal
@view
def _groups_refusal(from_class: uint256, to_class: uint256, leaves: bool) -> uint256:
    """
    @dev A new holder must fit every counted group of his class, minus the place a leaver gives up.
    """
    entered: uint256 = (book.groups_of >> (to_class * 8)) & words.M8
    if leaves:
        entered = entered & ~((book.groups_of >> (from_class * 8)) & words.M8)
    if entered == 0:
        return 0
    for i: uint256 in range(8):
        if (entered >> i) & 1 != 0:
            limit: uint256 = (book.group_limits >> (32 * i)) & words.M32
            if limit != words.M32 and (book.group_counts >> (32 * i)) & words.M32 >= limit:
                code: uint256 = (book.group_codes >> (8 * i)) & words.M8
                return code if code != 0 else 150
    return 0


# ---- lots ----


@internal
@view
def _clocks_refusal(
    terms: uint256,
    from_class: uint256,
    to_class: uint256,
    kind: uint256,
    proofs: uint256,
) -> uint256:
    """
    @dev 0 when each clock of the vintage is over or lets these classes through: class alone in a sale
         by the vintage's own masks, else by its family's exits, with or without a proof.
    """
    today: uint256 = block.timestamp // 86400
    running: uint256 = self._running(terms, today)
    if running == 0:
        return 0
    if kind == words.SALE and to_class < 8:
        running = running & ~self._fast_exits(terms, to_class)
        if running == 0:
            return 0
    key: uint256 = ((terms >> 120) & words.M8) << 24 | (kind << 16) | (from_class << 8)
    running = running & ~self._exits(key, to_class)
    for i: uint256 in range(PROOFS_MAX):
        if running == 0:
            return 0
        if (proofs >> i) & 1 != 0:
            running = running & ~self._exits(key | (i + 1), to_class)
    if running == 0:
        return 0
    if running & 2 != 0:
        return 124
    if running & 4 != 0:
        return 142
    if running & 8 != 0:
        code: uint256 = (terms >> 160) & words.M8
        return code if code != 0 else 143
    day: uint256 = (terms >> 20) & words.M20
    return 144 if day != 0 and today >= day else 140


@internal
@view
def _running(terms: uint256, today: uint256) -> uint256:
    """
    @dev The clocks still running, one bit each: A 1, B 2, C 4, D 8.
    """
    running: uint256 = 0
    day: uint256 = (terms >> 20) & words.M20
    free: uint256 = (terms >> 40) & words.M20
    if (day != 0 or free != 0) and (free == 0 or today < free):
        if day == 0 or today < day or book.informed_until < today:
            running = 1
    if today < (terms >> 60) & words.M20:
        running |= 2
    if today < (terms >> 80) & words.M20:
        running |= 4
    if today < (terms >> 100) & words.M20:
        running |= 8
    return running


@internal
@pure
def _fast_exits(terms: uint256, to_class: uint256) -> uint256:
    masks: uint256 = terms >> (128 + to_class)
    return (masks & 1) | ((masks >> 7) & 2) | ((masks >> 14) & 4) | ((masks >> 21) & 8)


@internal
@view
def _exits(key: uint256, to_class: uint256) -> uint256:
    masks: uint256 = book.exits[key] >> to_class
    return (masks & 1) | ((masks >> 31) & 2) | ((masks >> 62) & 4) | ((masks >> 93) & 8)


@internal
@view
def _next_lot(
    account: uint256,
    slots: uint256,
    from_class: uint256,
    to_class: uint256,
    kind: uint256,
    proofs: uint256,
    same: bool,
) -> uint256:
    """
    @dev Of the lots in `slots` the one acquired first (then the smaller vintage) that may move now:
         slot 0..7 | running clocks 8..11 | vintage 16..31 | units 32..127; or slot 255 and the reason
         of the first refused one in 8..15.
    """
    best: uint256 = MOVED_ALL
    best_order: uint256 = max_value(uint256)
    refused_order: uint256 = max_value(uint256)
    code: uint256 = 128
    for slot: uint256 in range(8):
        if (slots >> slot) & 1 == 0:
            continue
        lot: uint256 = book._lot(account, slot)
        terms: uint256 = book.vintages[lot >> 96]
        order: uint256 = (terms & words.M20) << 16 | (lot >> 96)
        why: uint256 = 0
        if not same:
            why = self._clocks_refusal(terms, from_class, to_class, kind, proofs)
        if why != 0:
            if order < refused_order:
                refused_order = order
                code = why
        elif order < best_order:
            best_order = order
            best = slot | (lot >> 96) << 16 | (lot & words.M96) << 32
    return best if best != MOVED_ALL else MOVED_ALL | code << 8


@internal
@view
def _lots_refusal(
    sender_facts: uint256,
    receiver_facts: uint256,
    a: uint256,
    b: uint256,
    amount: uint256,
    kind: uint256,
    proofs: uint256,
    picks: uint256,
    same: bool,
    resets: bool,
) -> uint256:
    """
    @dev Walks the same lots in the same order as the move itself will.
    """
    account: uint256 = (sender_facts >> 160) & words.M32
    slots: uint256 = (a >> 192) & words.M8
    need: uint256 = amount
    if picks == 0:
        free: uint256 = (a & words.M96) - book._restricted(account, slots)
        if amount <= free:
            return 0
        need = amount - free
    else:
        slots = slots & picks
    room: uint256 = 8
    taken: uint256 = (b >> 192) & words.M8
    for i: uint256 in range(8):
        room -= (taken >> i) & 1
    for i: uint256 in range(8):
        if need == 0:
            break
        lot: uint256 = self._next_lot(
            account,
            slots,
            (sender_facts >> 192) & words.M5,
            (receiver_facts >> 192) & words.M5,
            kind,
            proofs,
            same,
        )
        slot: uint256 = lot & words.M8
        if slot == MOVED_ALL:
            return (lot >> 8) & words.M8
        slots = slots & ~(1 << slot)
        need -= min(need, lot >> 32)
        vintage: uint256 = (lot >> 16) & words.M16
        if not resets and kind != words.PUBLIC_SALE and self._running(
            book.vintages[vintage], block.timestamp // 86400
        ) != 0:
            at: uint256 = book._slot_for((receiver_facts >> 160) & words.M32, taken, vintage)
            if at == 8 or (taken >> at) & 1 == 0:
                if room == 0:
                    return 149
                room -= 1
    return 0 if need == 0 else 128


# ---- affiliates ----


@internal
@view
def _resets(state: uint256, sender_facts: uint256, kind: uint256) -> bool:
    """
    @dev A private sale by an affiliate starts the clocks anew (230.144(d)(3)): the units become the
         vintage "re-acquired this month".
    """
    if state & words.AFFILIATES == 0 or sender_facts & words.FACT_AFFILIATE == 0:
        return False
    return kind == words.SALE or kind == words.VENUE


@internal
@view
def _month() -> uint256:
    """
    @dev A number for the civil month of today, counted from March of year 0 (proleptic Gregorian).
    """
    days: uint256 = block.timestamp // 86400 + 719468
    era: uint256 = days // 146097
    doe: uint256 = days - era * 146097
    yoe: uint256 = (doe - doe // 1460 + doe // 36524 - doe // 146096) // 365
    doy: uint256 = doe - (365 * yoe + yoe // 4 - yoe // 100)
    return (yoe + era * 400) * 12 + (5 * doy + 2) // 153
