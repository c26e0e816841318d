# pragma version 0.4.3
"""
@title Entries
@license Apache-2.0
@notice What a power enters into the register: units forced from one account to another, issued,
        redeemed. Counts, records and lots stay as exact as in a transfer by the rules.
"""
from interfaces import IHolders
from interfaces import ISecurityToken
from modules import book
from modules import clocks
from modules import moves
from modules import rules
from modules import words

uses: book
uses: clocks
uses: moves
uses: rules

# the issuer as a party: an account number that nobody is given, class 0, never counted
ISSUER: constant(uint256) = (words.SUPPLY << 160) | words.FACT_TREASURY
OFTEN: constant(uint256) = words.ACTIVE | words.PAUSED | words.HALTED | words.OUTSIDE
RARE: constant(uint256) = (
    words.FACT_STOPPED | words.FACT_MULTI | words.FACT_TREASURY | words.TOMBSTONE
)

@internal
def _shift(
    register: IHolders,
    sender: address,
    receiver: address,
    amount: uint256,
    kind: uint256,
    picks: uint256,
):
    """
    @dev Move against the rules: the receiver must still be able to receive, frozen units that go are
         announced, vintages stay as they are.
    """
    state: uint256 = moves._unsplit()
    sender_facts: uint256 = 0
    receiver_facts: uint256 = 0
    sender_facts, receiver_facts = staticcall register.pair(sender, receiver)
    from_account: uint256 = (sender_facts >> 160) & words.M32
    to_account: uint256 = (receiver_facts >> 160) & words.M32
    assert from_account != 0, "transfer refused: 111"
    assert from_account != to_account, "forced: same account"
    code: uint256 = rules._receiver_refusal(state, receiver_facts)
    if code != 0:
        moves._refuse(code, sender, amount, 0)
    a: uint256 = book.accounts[from_account]
    b: uint256 = book.accounts[to_account]
    assert amount <= a & words.M96, "transfer refused: 101"
    if amount != 0:
        state = moves._counted(register, state, sender_facts, receiver_facts, a, b, amount)
        a = self._thawed(sender, a, amount)
        passed: uint256 = (state >> 40) & words.M16
        if (a >> 200) & words.M16 != passed:
            a = book._covered(from_account, a, passed)
        if (b >> 200) & words.M16 != passed:
            b = book._covered(to_account, b, passed)
    log ISecurityToken.Transfer(sender=sender, receiver=receiver, amount=amount)
    if amount != 0:
        if (a >> 192) & words.M8 != 0:
            a, b = moves._move_lots(
                register, sender_facts, receiver_facts, a, b, amount, kind, 0, picks, 0
            )
        book.accounts[from_account] = a - amount
        book.accounts[to_account] = b + amount
        book.state = state




@internal
def _thawed(holder: address, word: uint256, amount: uint256) -> uint256:
    """
    @dev The account word after frozen units that must go were released, with the event.
    """
    left: uint256 = (word & words.M96) - amount
    if (word >> 96) & words.M96 <= left:
        return word
    log ISecurityToken.Frozen(account=holder, amount=left)
    return (word & ~(words.M96 << 96)) | (left << 96)


@internal
def _credit(
    register: IHolders,
    state: uint256,
    wallet: address,
    facts: uint256,
    amount: uint256,
    vintage: uint256,
    open_to: uint256,
) -> uint256:
    """
    @dev Issue to one account by the rules of kind `issue`, the issuer standing as class 0; `open_to`
         are the classes that may be issued to. Returns the state; the caller writes it and the supply.
    """
    account: uint256 = (facts >> 160) & words.M32
    b: uint256 = book.accounts[account]
    counted: uint256 = state
    # the usual receiver is decided here; whoever is not usual, by the rules in full
    usual: bool = (
        state & OFTEN == words.ACTIVE
        and facts & RARE == 0
        and (open_to >> ((facts >> 192) & words.M5)) & 1 != 0
        and (facts >> 207) & words.M20 >= block.timestamp // 86400
        and (facts >> 227) & words.M12 >= (state >> 56) & words.M12
        and b & words.ACCOUNT_FROZEN == 0
    )
    exponent: uint256 = (state >> 220) & words.M8
    if usual and exponent != 255:
        usual = (b & words.M96) + amount <= ((state >> 196) & words.M24) << exponent
    if usual and state & words.COUNTRIES != 0:
        # as `moves._verdict`, written out: this runs once for every receiver of an issue
        verdict: uint256 = ((facts & words.COUNTRY) << 20) | (((state >> 228) & words.M16) << 227)
        if b & words.VERDICT != verdict:
            country: uint256 = (facts >> 197) & words.M10
            usual = (book.countries[country >> 8] >> (country & 255)) & 1 != 0
            if usual:
                b = (b & ~words.VERDICT) | verdict
    if usual and b & words.M96 == 0 and amount != 0:
        usual = (state >> 140) & words.M28 < (state >> 168) & words.M28
        if state & words.GROUPS != 0:
            of_class: uint256 = (facts >> 192) & words.M5
            usual = usual and of_class < 8 and (state >> (244 + of_class)) & 1 == 0
        if usual:
            counted = state + (1 << 140)
    if not usual:
        code: uint256 = rules._parties_refusal(state, ISSUER, facts, amount, b, amount)
        if code == 0:
            code = rules._limits_refusal(
                register, state, ISSUER, facts, amount, b, amount, words.ISSUE, 0
            )
        if code == 0:
            code = rules._outside_refusal(state, empty(address), wallet, amount)
        if code != 0:
            moves._refuse(code, empty(address), 0, 0)
        if b & words.M96 == 0 and amount != 0:
            counted = moves._counted(register, state, ISSUER, facts, amount, b, amount)
    passed: uint256 = (state >> 40) & words.M16
    if (b >> 200) & words.M16 != passed:
        b = book._covered(account, b, passed)
    if vintage != 0 and amount != 0:
        b = moves._put(account, b, vintage, amount)
    book.accounts[account] = b + amount
    log ISecurityToken.Transfer(sender=empty(address), receiver=wallet, amount=amount)
    return counted


@internal
def _debit(
    register: IHolders, holder: address, facts: uint256, amount: uint256, picks: uint256
):
    """
    @dev Take units out of existence: free first, then lots by age, clocks ignored. Writes state and
         supply.
    """
    account: uint256 = (facts >> 160) & words.M32
    state: uint256 = moves._unsplit()
    a: uint256 = book.accounts[account]
    assert account != 0, "transfer refused: 111"
    assert amount <= a & words.M96, "transfer refused: 101"
    state = moves._counted(register, state, facts, ISSUER, a, amount, amount)
    a = self._thawed(holder, a, amount)
    passed: uint256 = (state >> 40) & words.M16
    if (a >> 200) & words.M16 != passed:
        a = book._covered(account, a, passed)
    log ISecurityToken.Transfer(sender=holder, receiver=empty(address), amount=amount)
    if (a >> 192) & words.M8 != 0:
        a = self._burn_lots(account, a, amount, picks)
    book.accounts[account] = a - amount
    book.state = state
    self._supply(passed, 0, amount)


@internal
def _burn_lots(account: uint256, word: uint256, amount: uint256, picks: uint256) -> uint256:
    slots: uint256 = (word >> 192) & words.M8
    need: uint256 = amount
    left: uint256 = word
    if picks == 0:
        need -= min(amount, (word & words.M96) - book._restricted(account, slots))
    else:
        slots = slots & picks
    for i: uint256 in range(8):
        if need == 0:
            break
        lot: uint256 = clocks._next_lot(account, slots, 0, 0, words.TO_ISSUER, 0, True)
        slot: uint256 = lot & words.M8
        assert slot != clocks.MOVED_ALL, "lots: too few"
        slots = slots & ~(1 << slot)
        units: uint256 = min(need, lot >> 32)
        need -= units
        left = moves._take(account, left, slot, lot, units)
        book._log_lot(account, 0, (lot >> 16) & words.M16, 0, units)
    assert need == 0, "lots: too few"
    return left


@internal
def _supply(passed: uint256, issued: uint256, redeemed: uint256):
    """
    @dev The supply is an account word like any other, so past supplies are kept like past balances.
    """
    word: uint256 = book.accounts[words.SUPPLY]
    if (word >> 200) & words.M16 != passed:
        word = book._covered(words.SUPPLY, word, passed)
    word = word + issued - redeemed
    assert (word & words.M96) >= issued, "units: more than 96 bits"
    book.accounts[words.SUPPLY] = word
