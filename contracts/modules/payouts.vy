# pragma version 0.4.3
"""
@title Payouts
@license Apache-2.0
@notice One account's part of a pot: may it be paid now, and to whom; by page.
"""
from interfaces import IDistribution
from modules import coins
from modules import pots
from modules import words

uses: pots

PAGE_MAX: constant(uint256) = 200
HOPS_MAX: constant(uint256) = 8
REINVEST: constant(uint256) = 1 << 161
# why an account is not paid now
UNKNOWN: constant(uint256) = 1  # no account behind the wallet
TREASURY: constant(uint256) = 2
BEFORE: constant(uint256) = 3  # paid before
STOPPED: constant(uint256) = 4  # frozen or sanctioned
LAPSED: constant(uint256) = 5  # admission out of date
REFUSED: constant(uint256) = 6  # by the coin


@internal
def _pay_page(
    distribution: uint256, source: uint256, rows: DynArray[uint256, PAGE_MAX], after: bytes32
):
    """
    @dev Pay a page's rows, or hold their money, and wait for the page behind it.
    """
    assert keccak256(abi_encode(rows, after)) == pots.of[distribution].head, "page: not the next"
    coin: uint256 = pots._payable(distribution, source)
    token: pots.IToken = pots.IToken(convert(source & words.M160, address))
    register: pots.IRegister = pots.IRegister(pots.of[distribution].register)
    record: uint256 = (source >> 160) & words.M16
    listed: bool = (source >> 176) & words.M8 == pots.LISTED
    rate: uint256 = pots.of[distribution].rate
    least: uint256 = self._least(register)
    group: uint256 = pots.of[distribution].group << 32
    place: uint256 = max_value(uint256)
    bits: uint256 = 0
    spent: uint256 = 0
    taxed: uint256 = 0
    kept: uint256 = 0
    parts: DynArray[uint256, PAGE_MAX] = []
    for row: uint256 in rows:
        wallet: address = convert(row & words.M160, address)
        facts: uint256 = staticcall register.facts(wallet)
        if facts & words.TOMBSTONE != 0:
            wallet, facts = self._living(register, facts)
        account: uint256 = words._number(facts)
        if account == 0 or facts & words.FACT_TREASURY != 0:
            why: uint256 = UNKNOWN if account == 0 else TREASURY
            log IDistribution.DistributionSkipped(distribution=distribution, row=row, why=why)
            continue
        if account >> 8 != place:
            if place != max_value(uint256):
                pots.paid[group | place] = bits
            place = account >> 8
            bits = pots.paid[group | place]
        if (bits >> (account & 255)) & 1 != 0:
            log IDistribution.DistributionSkipped(distribution=distribution, row=row, why=BEFORE)
            continue
        bits |= 1 << (account & 255)
        gross: uint256 = row >> 164
        tax: uint256 = 0
        if not listed:
            tax = gross
            gross = (
                staticcall token.held_at_account(account, record)
                * (rate & words.M128)
                // (rate >> 128)
                + ((row >> 160) & 1)
            )
            assert tax <= gross, "row: more tax than money"
        spent += gross
        taxed += tax
        kept += self._hand_over(distribution, coin, row, wallet, account, facts, gross - tax, least)
        parts.append((account << 224) | (gross << 112) | tax)
    if place != max_value(uint256):
        pots.paid[group | place] = bits
    money: uint256 = pots.of[distribution].money
    assert spent <= money & words.M128, "pot: spent"
    pots.of[distribution].money = money - spent + (kept << 128)
    if taxed != 0:
        pots.of[distribution].tax += taxed
    pots.of[distribution].head = after
    log IDistribution.DistributionPaid(distribution=distribution, parts=parts)
    if (source >> 184) & pots.STARTED == 0:
        pots.of[distribution].source = source | (pots.STARTED << 184)


@internal
def _hand_over(
    distribution: uint256,
    coin: uint256,
    row: uint256,
    wallet: address,
    account: uint256,
    facts: uint256,
    net: uint256,
    least: uint256,
) -> uint256:
    """
    @dev Pay one account, or hold its money; returns what is held.
    """
    why: uint256 = self._stopped(facts, least)
    if why == 0 and net != 0:
        payee: address = wallet
        if row & REINVEST != 0:
            payee = pots.of[distribution].purse
            log IDistribution.DistributionReinvested(
                distribution=distribution, account=account, amount=net
            )
        if not coins._give(convert(coin & words.M160, address), payee, net):
            why = REFUSED
    if why == 0:
        return 0
    pots.held[(distribution << 32) | account] = net
    log IDistribution.DistributionHeld(
        distribution=distribution, account=account, amount=net, why=why
    )
    return net


@internal
@view
def _least(register: pots.IRegister) -> uint256:
    """
    @dev The epoch and the day that an admission must reach, as they stand in the register's words.
    """
    return (staticcall register.epoch() << 20) | (block.timestamp // 86400)


@internal
@pure
def _stopped(facts: uint256, least: uint256) -> uint256:
    if facts & words.FACT_STOPPED != 0:
        return STOPPED
    if (facts >> 227) & words.M12 < least >> 20 or (facts >> 207) & words.M20 < least & words.M20:
        return LAPSED
    return 0


@internal
@view
def _living(register: pots.IRegister, tombstone: uint256) -> (address, uint256):
    """
    @dev The wallet that opens a replaced wallet's account now, and its word.
    """
    facts: uint256 = tombstone
    wallet: address = empty(address)
    for i: uint256 in range(HOPS_MAX):
        if facts & words.TOMBSTONE == 0:
            break
        wallet = convert(facts & words.M160, address)
        facts = staticcall register.facts(wallet)
    assert facts & words.TOMBSTONE == 0, "wallet: replaced too often"
    return wallet, facts
