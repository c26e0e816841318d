# pragma version 0.4.3
"""
@title Splits
@license Apache-2.0
@notice n for m: the token is halted, every account scaled once, page by page, and trading resumes only
        when every unit was seen. No hidden factor. Until its first page a split can be cancelled; from
        then on it can always be finished. Record instants that pass while it runs fall behind it. What the
        rules say in units is scaled with them: the authorised units, and the most that a person may hold.
"""
from interfaces import IHolders
from interfaces import ISecurityToken
from modules import acts
from modules import book
from modules import entries
from modules import moves
from modules import powers
from modules import words

uses: acts
uses: book
uses: moves
uses: powers

PAGE_MAX: constant(uint256) = 200
LOTS_MAX: constant(uint256) = 8
BEGUN: constant(uint256) = 1 << 255


@external
def announce_split(
    instruction: bytes32, numerator: uint256, denominator: uint256, day: uint256, document: bytes32
):
    """
    @notice Halt the token and begin an n for m split; `split_page` then scales account by account.
            `day` is its legal day, 0 for today. Refused while rules are announced.
    """
    powers._need(powers.ACTION)
    assert book.split_ratio == 0, "split: one runs"
    assert numerator != 0 and denominator != 0 and numerator != denominator, "split: bad ratio"
    assert numerator <= words.M32 and denominator <= words.M32, "split: bad ratio"
    supply: uint256 = book.accounts[words.SUPPLY] & words.M96
    # what fits for the supply fits for every account, so the split can always be finished
    assert supply * numerator // denominator <= words.M96, "units: more than 96 bits"
    # announced rules say figures in units of today, which would come into force behind the split
    assert book.announced_content == empty(bytes32), "split: rules are announced"
    assert self._limit(book.state, numerator, denominator) != 0, "split: nobody could hold a unit"
    assert document != empty(bytes32), "act: document"
    legal: uint256 = acts._legal_day(day)
    book.split_ratio = (numerator << 128) | (legal << 64) | denominator
    book.split_seen = 0
    book.split_supply = 0
    book.split_instruction = instruction
    book.split_number += 1
    book.state = moves._current() | words.HALTED
    log ISecurityToken.SplitAnnounced(
        instruction=instruction,
        numerator=numerator,
        denominator=denominator,
        document=document,
        day=legal,
    )


@external
def cancel_split(reason: uint256, document: bytes32):
    """
    @notice Take an announced split back, on a reason and a document, while no account was scaled.
    """
    powers._need(powers.ACTION)
    acts._need_grounds(reason, document)
    assert book.split_ratio != 0, "split: none announced"
    assert book.split_ratio & BEGUN == 0, "split: pages have begun"
    book.split_ratio = 0
    book.state = book.state & ~words.HALTED
    log ISecurityToken.SplitCancelled(
        instruction=book.split_instruction, reason=reason, document=document
    )


@external
def split_page(wallets: DynArray[address, PAGE_MAX]):
    """
    @notice Scale the accounts of these wallets, each once; fractions are rounded down and their
            remainders told in `SplitApplied` for cash in lieu.
    """
    powers._need(powers.ACTION)
    ratio: uint256 = book.split_ratio
    assert ratio != 0, "split: none announced"
    book.split_ratio = ratio | BEGUN
    register: IHolders = IHolders(book.holders_register)
    state: uint256 = moves._current()
    for wallet: address in wallets:
        facts: uint256 = staticcall register.facts(wallet)
        account: uint256 = words._number(facts)
        assert account != 0, "wallet: unknown"
        page: uint256 = (book.split_number << 32) | (account >> 8)
        bit: uint256 = 1 << (account & 255)
        if book.split_pages[page] & bit == 0:
            book.split_pages[page] |= bit
            state = self._split(register, state, wallet, facts, ratio)
    book.state = state


@external
def finish_split():
    """
    @notice Trading resumes only when every unit was seen. Authorised units, and the most that the rules
            let one person hold, are scaled with them.
    """
    powers._need(powers.ACTION)
    ratio: uint256 = book.split_ratio
    supply: uint256 = book.accounts[words.SUPPLY]
    assert ratio != 0, "split: none announced"
    assert book.split_seen == supply & words.M96, "split: units unseen"
    state: uint256 = moves._current()
    passed: uint256 = (state >> 40) & words.M16
    if (supply >> 200) & words.M16 != passed:
        supply = book._covered(words.SUPPLY, supply, passed)
    book.accounts[words.SUPPLY] = (supply & ~words.M96) | book.split_supply
    scaled: uint256 = book.authorised * ((ratio >> 128) & words.M32) // (ratio & words.M32)
    book.authorised = min(max(scaled, book.split_supply), words.M96)
    limit: uint256 = self._limit(state, (ratio >> 128) & words.M32, ratio & words.M32)
    book.split_ratio = 0
    book.state = (state & ~(words.HALTED | (words.M32 << 196))) | (limit << 196)
    log ISecurityToken.SplitFinished(instruction=book.split_instruction, supply=book.split_supply)


@internal
@pure
def _limit(state: uint256, up: uint256, down: uint256) -> uint256:
    """
    @dev The most units of a person after the split, as the state word keeps it: rounded down to 24 bits
         and binary zeros. What more than 96 bits would not hold is no limit, and stays as it is.
    """
    zeros: uint256 = (state >> 220) & words.M8
    if zeros > 96:
        return (state >> 196) & words.M32
    units: uint256 = (((state >> 196) & words.M24) << zeros) * up // down
    zeros = 0
    for bit: uint256 in range(160):
        if units <= words.M24:
            break
        units = units >> 1
        zeros += 1
    return (zeros << 24) | units


@internal
def _split(
    register: IHolders,
    state: uint256,
    wallet: address,
    facts: uint256,
    ratio: uint256,
) -> uint256:
    """
    @dev Lots are rounded as one running sum, so that no restricted unit becomes a free one. Whoever
         is left with nothing is no holder any more.
    """
    up: uint256 = (ratio >> 128) & words.M32
    down: uint256 = ratio & words.M32
    account: uint256 = words._number(facts)
    word: uint256 = book.accounts[account]
    passed: uint256 = (state >> 40) & words.M16
    if (word >> 200) & words.M16 != passed:
        word = book._covered(account, word, passed)
    before: uint256 = word & words.M96
    slots: uint256 = (word >> 192) & words.M8
    after: uint256 = before * up // down
    counted: uint256 = state
    if after == 0:
        counted = moves._counted(register, state, facts, entries.ISSUER, word, before, before)
    log ISecurityToken.SplitApplied(
        account=account,
        before=before,
        after=after,
        remainder=before * up % down,
        day=(ratio >> 64) & words.M20,
    )
    if after >= before:
        log ISecurityToken.Transfer(sender=empty(address), receiver=wallet, amount=after - before)
    else:
        log ISecurityToken.Transfer(sender=wallet, receiver=empty(address), amount=before - after)
    seen: uint256 = 0
    for slot: uint256 in range(LOTS_MAX):
        if (slots >> slot) & 1 != 0:
            lot: uint256 = book._lot(account, slot)
            units: uint256 = lot & words.M96
            scaled: uint256 = (seen + units) * up // down - seen * up // down
            seen += units
            vintage: uint256 = lot >> 96
            book._set_lot(account, slot, (vintage << 96 | scaled) if scaled != 0 else 0)
            if scaled == 0:
                word = word & ~(1 << (192 + slot))
            if scaled < units:
                book._log_lot(account, 0, vintage, 0, units - scaled)
            else:
                book._log_lot(0, account, 0, vintage, scaled - units)
    frozen: uint256 = (word >> 96) & words.M96
    if frozen != 0:
        frozen = min((frozen * up + down - 1) // down, words.M96)
        log ISecurityToken.Frozen(account=wallet, amount=frozen)
    word = word & ~((words.M96 << 96) | words.M96)
    book.accounts[account] = word | (frozen << 96) | after
    book.split_seen += before
    book.split_supply += after
    return counted
