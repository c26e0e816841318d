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
from modules import clocks
from modules import words

uses: book
uses: clocks


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
    anew: uint256,
) -> uint256:
    """
    @dev `anew` is what `clocks._anew` says about this sale. Parties, then lots, then classes and limits:
         an issue, which has no lots, asks the first and the last part.
    """
    code: uint256 = self._parties_refusal(state, sender_facts, receiver_facts, a, b, amount)
    if code != 0:
        return code
    same: bool = self._is_same(register, sender_facts, receiver_facts)
    resets: bool = anew != 0 and not same
    if resets:
        vintage: uint256 = book.vintage_of[anew]
        if anew == clocks.NO_TERMS or (vintage == 0 and book.last_vintage == words.M16):
            return 128
        if book._slot_for((receiver_facts >> 160) & words.M32, (b >> 192) & words.M8, vintage) == 8:
            return 149
    if (a >> 192) & words.M8 != 0:
        code = clocks._lots_refusal(
            sender_facts, receiver_facts, a, b, amount, kind, proofs, picks, same, resets
        )
        if code != 0:
            return code
    if same:
        return 0
    return self._limits_refusal(
        register, state, sender_facts, receiver_facts, a, b, amount, kind, proofs
    )


@internal
@view
def _parties_refusal(
    state: uint256, sender_facts: uint256, receiver_facts: uint256, a: uint256, b: uint256, amount: uint256
) -> uint256:
    """
    @dev Halts, units, freezes, admission, countries.
    """
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
    return 0


@internal
@view
def _limits_refusal(
    register: IHolders,
    state: uint256,
    sender_facts: uint256,
    receiver_facts: uint256,
    a: uint256,
    b: uint256,
    amount: uint256,
    kind: uint256,
    proofs: uint256,
) -> uint256:
    """
    @dev Classes by kind, then the largest holding, holders and counted groups.
    """
    from_class: uint256 = (sender_facts >> 192) & words.M5
    to_class: uint256 = (receiver_facts >> 192) & words.M5
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
            code: uint256 = (book.group_codes >> 72) & words.M8
            return code if code != 0 else 154
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
def _is_same(register: IHolders, one: uint256, two: uint256) -> bool:
    """
    @dev Whether both accounts are one, or one person's.
    """
    if (one ^ two) & (words.M32 << 160) == 0:
        return True
    return one & two & words.FACT_MULTI != 0 and self._same_person(register, one, two)


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
    for i: uint256 in range(words.PROOFS_MAX):
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
