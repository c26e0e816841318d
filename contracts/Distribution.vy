# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Distribution
@license Apache-2.0
@notice Dividends, coupons, revenue shares, redemptions of every instrument of a chain: see IDistribution.
@custom:halt A pot that has paid nobody can be cancelled; from then on two persons end it. Nothing here can
             be upgraded.
@custom:assumptions A coin may refuse a payee, take gas or lie about balances of others; it cannot come
             back in here, for every function is locked while one runs. Holdings at the record are the
             token's own, exact for ever; the register's words say who may be paid now.
"""
from interfaces import IDistribution
from modules import claiming
from modules import coins
from modules import payouts
from modules import pots
from modules import powers
from modules import remains
from modules import words

initializes: pots
initializes: payouts[pots := pots]
initializes: claiming[pots := pots]
initializes: remains[pots := pots]

exports: pots.count
exports: (
    claiming.claim,
    claiming.claim_signed,
    claiming.DOMAIN_SEPARATOR,
    claiming.eip712Domain,
)
exports: (
    remains.release,
    remains.remit_tax,
    remains.propose_end,
    remains.confirm_end,
    remains.pot,
    remains.is_paid,
    remains.held_for,
)

# rows of a page: wallet 0..159 | one unit more 160 | re-invest 161 | withheld, or the listed amount 164..255

# ---- declaring and funding ----


@external
def declare(instruction: bytes32, terms: IDistribution.DistributionTerms) -> uint256:
    """
    @notice Announce a distribution to an instrument's holders of record. A denominator of 0 leaves the
            rate to the opening; pots of one group (other currencies) pay an account once between them.
    """
    pots._need(terms.token, powers.ACTION)
    id: uint256 = pots._opened(terms)
    log IDistribution.DistributionDeclared(
        distribution=id,
        token=terms.token,
        instruction=instruction,
        record=terms.record,
        cash=terms.cash,
        rate=pots.of[id].rate,
        terms=terms.document,
    )
    return id


@external
def amend(
    distribution: uint256,
    numerator: uint256,
    denominator: uint256,
    pays_from: uint256,
    claim_until: uint256,
    document: bytes32,
):
    """
    @notice Change rate and times while nobody was paid; what was opened has to be opened again.
    """
    source: uint256 = pots._acting(distribution)
    assert (source >> 184) & pots.STARTED == 0, "pot: paying already"
    pots.of[distribution].source = source & ~((pots.OPENED | pots.PAGED) << 184)
    pots.of[distribution].head = empty(bytes32)
    pots.of[distribution].claims = empty(bytes32)
    pots.of[distribution].rate = pots._packed(numerator, denominator)
    cash: address = pots._cash(distribution)
    pots.of[distribution].coin = pots._coin(cash, pays_from, claim_until)
    log IDistribution.DistributionAmended(
        distribution=distribution,
        rate=pots.of[distribution].rate,
        pays_from=pays_from,
        claim_until=claim_until,
        terms=document,
    )


@external
def fund(distribution: uint256, amount: uint256):
    """
    @notice Anybody puts money into a pot; a coin that returns nothing or keeps a fee is refused.
    """
    pots._alive(distribution)
    money: uint256 = pots.of[distribution].money
    assert amount <= words.M112 - (money & words.M128), "pot: too large"
    coins._take(pots._cash(distribution), msg.sender, amount)
    pots.of[distribution].money = money + amount
    log IDistribution.DistributionFunded(distribution=distribution, funder=msg.sender, amount=amount)


@external
def open(
    distribution: uint256,
    numerator: uint256,
    denominator: uint256,
    total: uint256,
    pages: bytes32,
    claims: bytes32,
    document: bytes32,
):
    """
    @notice Fix what is paid, once the record instant has passed: the rate (the declared one, if it was),
            the sum of all gross amounts, the hash of the pages, the root of the claims, the file's hash.
            May be done anew while nobody was paid.
    """
    source: uint256 = pots._acting(distribution)
    assert (source >> 184) & pots.STARTED == 0, "pot: paying already"
    token: pots.IToken = pots.IToken(convert(source & words.M160, address))
    assert staticcall token.supply_at((source >> 160) & words.M16) != 0, "record: no units"
    assert total <= pots.of[distribution].money & words.M128, "pot: smaller than declared"
    assert pages != empty(bytes32) or claims != empty(bytes32), "pages: missing"
    rate: uint256 = pots._packed(numerator, denominator)
    mode: uint256 = (source >> 176) & words.M8
    assert mode == pots.LISTED or denominator != 0, "rate: missing"
    declared: uint256 = pots.of[distribution].rate
    assert declared == 0 or declared == rate or mode == pots.LISTED, "rate: not the declared"
    state: uint256 = pots.OPENED | (pots.PAGED if pages != empty(bytes32) else 0)
    pots.of[distribution].source = (source & ~(pots.PAGED << 184)) | (state << 184)
    pots.of[distribution].rate = rate
    pots.of[distribution].head = pages
    pots.of[distribution].claims = claims
    log IDistribution.DistributionOpened(
        distribution=distribution,
        rate=rate,
        total=total,
        pages=pages,
        claims=claims,
        document=document,
    )


# ---- paying ----


@external
def pay(distribution: uint256, rows: DynArray[uint256, payouts.PAGE_MAX], after: bytes32):
    """
    @notice Pay the next page: rows in the committed order, and the hash of the pages behind it. Who may
            not be paid now has his money held under his account; who was paid before is passed over.
    """
    payouts._pay_page(distribution, pots._acting(distribution), rows, after)


# ---- what is left ----


@external
def cancel(distribution: uint256, document: bytes32):
    """
    @notice Call a distribution off while nobody was paid; all money goes back to its purse.
    """
    source: uint256 = pots._acting(distribution)
    assert (source >> 184) & pots.STARTED == 0, "pot: paying already"
    assert document != empty(bytes32), "document: missing"
    pots._end(distribution, pots.of[distribution].purse, pots.CANCELLED, document)


@external
def finish(distribution: uint256, document: bytes32):
    """
    @notice Every page is paid and nothing is held: the dust goes back to the purse.
    """
    source: uint256 = pots._acting(distribution)
    assert (source >> 184) & pots.PAGED != 0, "pages: none"
    assert pots.of[distribution].head == empty(bytes32), "pages: left to pay"
    assert pots.of[distribution].money >> 128 == 0, "pot: money is held"
    pots._end(distribution, pots.of[distribution].purse, pots.FINISHED, document)
