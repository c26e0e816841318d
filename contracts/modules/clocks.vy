# pragma version 0.4.3
"""
@title Clocks
@license Apache-2.0
@notice Restricted units: which clocks of a vintage still run, whom they let through, which lot goes
        next, and what an affiliate's sale starts anew. docs/concepts/register-on-chain.md tells why.
"""
from modules import book
from modules import words

uses: book

MOVED_ALL: constant(uint256) = 255  # slot number of "no lot fits"
CLOCK_CODES: constant(uint256) = 140 | 124 << 8 | 142 << 16 | 143 << 24  # of A, B, C, D
NO_TERMS: constant(uint256) = max_value(uint256)  # no standing terms for what affiliates sell


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
    for i: uint256 in range(words.PROOFS_MAX):
        if running == 0:
            return 0
        if (proofs >> i) & 1 != 0:
            running = running & ~self._exits(key | (i + 1), to_class)
    if running == 0:
        return 0
    return self._clock_reason(terms, running, key, to_class, today)


@internal
@view
def _clock_reason(
    terms: uint256, running: uint256, key: uint256, to_class: uint256, today: uint256
) -> uint256:
    """
    @dev The code of the first running clock, B, C, D, then A: one stored for these classes, else the
         clock's own.
    """
    clock: uint256 = 0
    for i: uint256 in range(1, 4):
        if (running >> i) & 1 != 0:
            clock = i
            break
    place: uint256 = words.WHY_OF_LOTS | (clock << 32) | (key >> 16)
    code: uint256 = (book.why[place] >> (to_class * 8)) & words.M8
    if code == 0 and clock == 3:
        code = (terms >> 160) & words.M8
    if code == 0 and clock == 0 and book.informed_until != 0:
        day: uint256 = (terms >> 20) & words.M20
        if day != 0 and today >= day:
            return 144
    return code if code != 0 else (CLOCK_CODES >> (8 * clock)) & words.M8


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
    """
    @dev The clocks that let go to the class: of this seller's class, or of any (class 0).
    """
    masks: uint256 = (book.exits[key & ~(words.M8 << 8)] | book.exits[key]) >> to_class
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
def _anew(state: uint256, sender_facts: uint256, kind: uint256) -> uint256:
    """
    @dev A private sale by an affiliate starts the clocks anew (230.144(d)(3)): the units become the
         vintage "re-acquired this month". Its terms are the standing ones, dated at the end of the
         month (never early), months counted from there. 0 when nothing starts anew.
    """
    if state & words.AFFILIATES == 0 or sender_facts & words.FACT_AFFILIATE == 0:
        return 0
    if kind != words.SALE and kind != words.VENUE:
        return 0
    standing: uint256 = book.reacquired
    if standing == 0:
        return NO_TERMS
    month: uint256 = self._month()
    first: uint256 = self._first_day(month)
    acquired: uint256 = self._first_day(month + 1) - 1
    terms: uint256 = ((standing >> 120) << 120) | acquired
    for clock: uint256 in range(1, 6):
        months: uint256 = (standing >> (20 * clock)) & words.M20
        over: uint256 = months
        if months != 0 and months != words.M20:
            # the day after the anniversary, which a shorter month has on its last day
            end: uint256 = self._first_day(month + months + 1)
            over = min(self._first_day(month + months) + acquired - first + 1, end)
        terms |= over << (20 * clock)
    return terms


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


@internal
@pure
def _first_day(month: uint256) -> uint256:
    """
    @dev The day number on which a civil month begins; the inverse of `_month`.
    """
    year: uint256 = month // 12
    days: uint256 = 365 * year + year // 4 - year // 100 + year // 400
    return days + (153 * (month % 12) + 2) // 5 - 719468
