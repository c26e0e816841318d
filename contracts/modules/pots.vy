# pragma version 0.4.3
"""
@title Pots
@license Apache-2.0
@notice The pots of all distributions: who may act on one, its times, its money, its end.
"""
from interfaces import IDistribution
from modules import coins
from modules import powers
from modules import words

# modes: by rate, or amounts listed in the pages
RATED: constant(uint256) = 0
LISTED: constant(uint256) = 1
# state of a pot
OPENED: constant(uint256) = 1
PAGED: constant(uint256) = 2
STARTED: constant(uint256) = 4
ENDED: constant(uint256) = 8
# how a pot ends
CANCELLED: constant(uint256) = 1
FINISHED: constant(uint256) = 2
ABANDONED: constant(uint256) = 3
UNCLAIMED: constant(uint256) = 4

interface IToken:
    def instrument() -> (uint256, bytes32, address, address, uint256, bytes32): view
    def powers_of(who: address) -> uint256: view
    def held_at_account(account: uint256, record: uint256) -> uint256: view
    def supply_at(record: uint256) -> uint256: view
    def last_record() -> uint256: view

interface IRegister:
    def facts(wallet: address) -> uint256: view
    def epoch() -> uint256: view

struct Pot:
    source: uint256  # token 0..159 | record 160..175 | mode 176..183 | state 184..191
    coin: uint256  # cash 0..159 | pays from 160..199 | claims until 200..239
    rate: uint256  # numerator 0..127 | denominator 128..255
    money: uint256  # unspent 0..127 | held 128..255
    tax: uint256
    head: bytes32  # the hash of the pages still to pay
    claims: bytes32  # root over account, gross, withheld
    register: address
    group: uint256  # pots of one group pay an account once between them
    purse: address  # where dust, refunds and re-invested money go
    tax_office: address
    proposer: address
    payee: address
    document: bytes32

of: HashMap[uint256, Pot]
count: public(uint256)
paid: HashMap[uint256, uint256]  # group << 32 | account >> 8 -> one bit an account
held: HashMap[uint256, uint256]  # distribution << 32 | account -> amount


@internal
def _opened(terms: IDistribution.DistributionTerms) -> uint256:
    """
    @dev A new pot with these terms; its number.
    """
    coins._need_coin(terms.cash)
    assert terms.record != 0 and terms.record <= staticcall IToken(
        terms.token
    ).last_record(), "record: unknown"
    assert terms.mode <= LISTED, "mode: unknown"
    assert terms.purse != empty(address) and terms.tax_office != empty(address), "payee: missing"
    self.count += 1
    id: uint256 = self.count
    group: uint256 = id
    if terms.group != 0:
        other: uint256 = self.of[terms.group].source
        assert (other ^ convert(terms.token, uint256)) & words.M160 == 0, "group: another token"
        assert (other >> 160) & words.M16 == terms.record, "group: another record"
        assert self.of[terms.group].group == terms.group, "group: name its first"
        group = terms.group
    self.of[id].source = (
        convert(terms.token, uint256) | (terms.record << 160) | (terms.mode << 176)
    )
    self.of[id].register = (staticcall IToken(terms.token).instrument())[2]
    self.of[id].group = group
    self.of[id].purse = terms.purse
    self.of[id].tax_office = terms.tax_office
    self.of[id].rate = self._packed(terms.numerator, terms.denominator)
    self.of[id].coin = self._coin(terms.cash, terms.pays_from, terms.claim_until)
    return id


@internal
@view
def _need(token: address, power: uint256):
    assert token != empty(address), "pot: none"
    assert staticcall IToken(token).powers_of(msg.sender) & power == power, "power: not held"


@internal
@view
def _acting(distribution: uint256) -> uint256:
    """
    @dev As `_alive`, for who acts for the issuer.
    """
    source: uint256 = self._alive(distribution)
    self._need(convert(source & words.M160, address), powers.ACTION)
    return source


@internal
@view
def _alive(distribution: uint256) -> uint256:
    """
    @dev The source word of a pot that has not ended.
    """
    source: uint256 = self.of[distribution].source
    assert source != 0, "pot: none"
    assert (source >> 184) & ENDED == 0, "pot: ended"
    return source


@internal
@view
def _payable(distribution: uint256, source: uint256) -> uint256:
    """
    @dev The coin word of a pot that is open and whose time to pay has come.
    """
    assert (source >> 184) & OPENED != 0, "pot: not open"
    coin: uint256 = self.of[distribution].coin
    assert block.timestamp >= (coin >> 160) & words.M40, "pot: pays later"
    return coin


@internal
@view
def _packed(numerator: uint256, denominator: uint256) -> uint256:
    assert numerator <= words.M128 and denominator <= words.M128, "rate: too large"
    return numerator | (denominator << 128)


@internal
@view
def _coin(cash: address, pays_from: uint256, claim_until: uint256) -> uint256:
    assert claim_until <= words.M40 and pays_from < claim_until, "times: out of order"
    return convert(cash, uint256) | (pays_from << 160) | (claim_until << 200)


@internal
@view
def _cash(distribution: uint256) -> address:
    return convert(self.of[distribution].coin & words.M160, address)


@internal
def _end(distribution: uint256, payee: address, how: uint256, document: bytes32):
    money: uint256 = self.of[distribution].money
    amount: uint256 = (money & words.M128) + (money >> 128)
    self.of[distribution].money = 0
    self.of[distribution].source |= ENDED << 184
    if amount != 0:
        cash: address = convert(self.of[distribution].coin & words.M160, address)
        assert coins._give(cash, payee, amount), "cash: refused"
    log IDistribution.DistributionEnded(
        distribution=distribution, payee=payee, amount=amount, how=how, document=document
    )
