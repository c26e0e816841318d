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
from modules import coins
from modules import payouts
from modules import pots
from modules import powers
from modules import signed
from modules import words

initializes: pots
initializes: payouts[pots := pots]

exports: pots.count

PAGE_MAX: constant(uint256) = 200
NAME_HASH: constant(bytes32) = keccak256("Freehold Distribution")
CLAIM: constant(bytes32) = keccak256(
    "Claim(uint256 distribution,uint256 account,address payee,uint256 deadline)"
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
def pay(distribution: uint256, rows: DynArray[uint256, PAGE_MAX], after: bytes32):
    """
    @notice Pay the next page: rows in the committed order, and the hash of the pages behind it. Who may
            not be paid now has his money held under his account; who was paid before is passed over.
    """
    source: uint256 = pots._acting(distribution)
    assert keccak256(abi_encode(rows, after)) == pots.of[distribution].head, "page: not the next"
    coin: uint256 = pots._payable(distribution, source)
    token: pots.IToken = pots.IToken(convert(source & words.M160, address))
    register: pots.IRegister = pots.IRegister(pots.of[distribution].register)
    record: uint256 = (source >> 160) & words.M16
    listed: bool = (source >> 176) & words.M8 == pots.LISTED
    rate: uint256 = pots.of[distribution].rate
    least: uint256 = payouts._least(register)
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
            wallet, facts = payouts._living(register, facts)
        account: uint256 = words._number(facts)
        if account == 0 or facts & words.FACT_TREASURY != 0:
            why: uint256 = payouts.UNKNOWN if account == 0 else payouts.TREASURY
            log IDistribution.DistributionSkipped(distribution=distribution, row=row, why=why)
            continue
        if account >> 8 != place:
            if place != max_value(uint256):
                pots.paid[group | place] = bits
            place = account >> 8
            bits = pots.paid[group | place]
        if (bits >> (account & 255)) & 1 != 0:
            log IDistribution.DistributionSkipped(distribution=distribution, row=row, why=payouts.BEFORE)
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
        kept += payouts._hand_over(distribution, coin, row, wallet, account, facts, gross - tax, least)
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


@external
def claim(
    distribution: uint256,
    wallet: address,
    gross: uint256,
    withheld: uint256,
    proof: DynArray[bytes32, payouts.PROOF_MAX],
):
    """
    @notice Anybody brings the proof of an account's money, and it goes to the wallet that opens the
            account now.
    """
    payouts._claim(distribution, wallet, wallet, gross, withheld, proof)


@external
def claim_signed(
    distribution: uint256,
    wallet: address,
    gross: uint256,
    withheld: uint256,
    proof: DynArray[bytes32, payouts.PROOF_MAX],
    payee: address,
    deadline: uint256,
    signature: Bytes[65],
):
    """
    @notice As `claim`, and the wallet has signed to whom its money goes; it needs no gas of its own.
    """
    assert block.timestamp <= deadline, "claim: expired"
    assert payee != empty(address) and payee != self, "claim: no payee"
    register: pots.IRegister = pots.IRegister(pots.of[distribution].register)
    facts: uint256 = staticcall register.facts(payee)
    assert facts & (words.FACT_STOPPED | words.TOMBSTONE) == 0, "claim: payee stopped"
    account: uint256 = words._number(staticcall register.facts(wallet))
    content: bytes32 = keccak256(abi_encode(CLAIM, distribution, account, payee, deadline))
    assert signed._signs(wallet, signed._digest(NAME_HASH, content), signature), "claim: bad signature"
    payouts._claim(distribution, wallet, payee, gross, withheld, proof)
    log IDistribution.DistributionRedirected(
        distribution=distribution, account=account, payee=payee, amount=gross - withheld
    )


@external
def release(distribution: uint256, wallet: address):
    """
    @notice Anybody has the money that is held for an account sent to the wallet that opens it now, once
            nothing stands against that any more.
    """
    pots._alive(distribution)
    register: pots.IRegister = pots.IRegister(pots.of[distribution].register)
    facts: uint256 = staticcall register.facts(wallet)
    account: uint256 = words._number(facts)
    assert account != 0 and facts & words.TOMBSTONE == 0, "release: no account"
    amount: uint256 = pots.held[(distribution << 32) | account]
    assert amount != 0, "release: nothing held"
    assert payouts._stopped(facts, payouts._least(register)) == 0, "release: not now"
    pots.held[(distribution << 32) | account] = 0
    pots.of[distribution].money -= amount << 128
    cash: address = pots._cash(distribution)
    assert coins._give(cash, wallet, amount), "cash: refused"
    log IDistribution.DistributionReleased(
        distribution=distribution, account=account, amount=amount
    )


# ---- what is left ----


@external
def remit_tax(distribution: uint256, document: bytes32):
    """
    @notice Send the tax kept so far to the tax office's wallet.
    """
    source: uint256 = pots.of[distribution].source
    pots._need(convert(source & words.M160, address), powers.ACTION)
    amount: uint256 = pots.of[distribution].tax
    assert amount != 0, "tax: none kept"
    office: address = pots.of[distribution].tax_office
    pots.of[distribution].tax = 0
    assert coins._give(
        pots._cash(distribution), office, amount
    ), "cash: refused"
    log IDistribution.TaxRemitted(
        distribution=distribution, office=office, amount=amount, document=document
    )


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


@external
def propose_end(distribution: uint256, payee: address, document: bytes32):
    """
    @notice Propose that what is left, unclaimed and held money included, leaves the pot: to the purse at
            any time, to anybody else (who keeps unclaimed property) once the time for claims is over.
    """
    pots._acting(distribution)
    assert document != empty(bytes32) and payee != empty(address), "end: payee and document"
    pots.of[distribution].proposer = msg.sender
    pots.of[distribution].payee = payee
    pots.of[distribution].document = document
    log IDistribution.DistributionEndProposed(distribution=distribution, payee=payee, document=document)


@external
def confirm_end(distribution: uint256, payee: address, document: bytes32):
    """
    @notice A second person ends the pot as proposed.
    """
    source: uint256 = pots._alive(distribution)
    pots._need(convert(source & words.M160, address), powers.CONFIRM)
    proposed: bool = pots.of[distribution].payee == payee
    assert proposed and pots.of[distribution].document == document, "end: not the proposed"
    proposer: address = pots.of[distribution].proposer
    assert proposer != empty(address) and proposer != msg.sender, "end: second person needed"
    over: bool = block.timestamp > (pots.of[distribution].coin >> 200) & words.M40
    assert over or payee == pots.of[distribution].purse, "end: claims still run"
    pots._end(distribution, payee, pots.UNCLAIMED if over else pots.ABANDONED, document)


# ---- what anybody asks ----


@external
@view
def pot(distribution: uint256) -> pots.Pot:
    """
    @notice Everything about a pot (the words: contracts/Distribution.vy).
    """
    return pots.of[distribution]


@external
@view
def is_paid(distribution: uint256, account: uint256) -> bool:
    """
    @notice Whether an account was paid or its money is held, by this pot or another of its group.
    """
    word: uint256 = pots.paid[(pots.of[distribution].group << 32) | (account >> 8)]
    return (word >> (account & 255)) & 1 != 0


@external
@view
def held_for(distribution: uint256, account: uint256) -> uint256:
    """
    @notice The money that is held for an account.
    """
    return pots.held[(distribution << 32) | account]


@external
@view
def DOMAIN_SEPARATOR() -> bytes32:
    return signed._separator(NAME_HASH)


@external
@view
def eip712Domain() -> (
    bytes1, String[21], String[1], uint256, address, bytes32, DynArray[uint256, 1]
):
    return 0x0f, "Freehold Distribution", "1", chain.id, self, empty(bytes32), []


