# pragma version 0.4.3
"""
@title Book
@license Apache-2.0
@notice All storage of one instrument, and the record instants. SecurityToken and its back offices
        share it slot by slot, because they run over the same storage by delegate call.
@dev Account words lie in an array by account number (no hashing of keys); the supply is the word of
     account 2**32 - 1, so that supply at a record instant needs no code of its own. Account 0 is
     nobody's and never written: every unknown wallet reads a balance of zero.
"""
from interfaces import ISecurityToken
from modules import words


QUEUE_MAX: constant(uint256) = 24  # instants that may pass between two moves of the whole token
SCAN_MAX: constant(uint256) = 2048  # instants looked through for one old holding
NEVER: constant(uint256) = (1 << 40) - 1

struct Mandate:
    reason: uint256
    document: bytes32

accounts: uint256[4294967296]
lots: uint256[17179869184]  # account * 4 + pair; two lots of 128 bits: units 0..95, vintage 96..111
vintages: uint256[65536]
state: uint256
holders_register: address

# records
instants: uint256[65536]
last_record: uint256
held: HashMap[uint256, uint256]  # account << 16 | last record covered -> balance, first record << 96

# rules as data
sellable: HashMap[uint256, uint256]  # kind << 16 | from class (0: any) << 8 | proof -> to classes
why: HashMap[uint256, uint256]  # kind << 8 | from class -> one reason a class; or a clock's, see words
exits: HashMap[uint256, uint256]  # family << 24 | kind << 16 | from class << 8 | proof -> 4 x classes
groups_of: uint256  # eight bits a class: the counted groups it belongs to
group_counts: uint256  # 8 x 32
group_limits: uint256  # 8 x 32, all ones is no limit
group_codes: uint256  # 8 x 8, then of a country that is not allowed, of a person who holds too much
countries: uint256[4]  # one bit a country: units may go there
outside: address
policy: bytes32
announced_content: bytes32
announced_policy: bytes32
announced_effective: uint256

# vintages
vintage_of: HashMap[uint256, uint256]
last_vintage: uint256
reacquired: uint256  # terms of units bought from an affiliate, in months from the end of the month
informed_until: uint256  # last day on which current public information was available (144(c))

# the instrument
authorised: uint256
name: String[64]
name_hash: bytes32  # of the name at deployment: signatures bind to it even when the name changes
signed_name: String[64]  # that name, kept once another one is set
symbol: String[16]
decimals: uint8
onchain_id: address
asset: uint256
terms: bytes32
registrar: address
registry_face: address
assets: address

# signatures and mandates
allowances: HashMap[address, HashMap[address, uint256]]
nonces: HashMap[address, uint256]
authorizations: HashMap[address, HashMap[uint256, uint256]]
passages: HashMap[bytes32, bool]
mandates: HashMap[bytes32, Mandate]

# take-over: 0 never opened, 1 open, 2 closed for good
take_over: uint256
take_over_document: bytes32
take_over_by: address

# split
split_ratio: uint256  # denominator 0..31 | legal day 64..83 | numerator 128..159 | begun 255; 0 when none runs
split_seen: uint256
split_supply: uint256
split_instruction: bytes32
split_number: uint256
split_pages: HashMap[uint256, uint256]


# ---- record instants ----


@internal
@view
def _rolled(state: uint256) -> uint256:
    """
    @dev The state once every instant that has passed is counted. Called only when one has.
    """
    passed: uint256 = (state >> 40) & words.M16
    upcoming: uint256 = state & words.M40
    for i: uint256 in range(QUEUE_MAX):
        if block.timestamp < upcoming:
            break
        passed += 1
        upcoming = NEVER if passed == self.last_record else self.instants[passed + 1]
    return ((state >> 56) << 56) | (passed << 40) | upcoming


@internal
def _covered(account: uint256, word: uint256, passed: uint256) -> uint256:
    """
    @dev Keep what `account` held at the instants that passed since its last change. A holding of
         zero is kept by not being there.
    """
    first: uint256 = ((word >> 200) & words.M16) + 1
    if word & words.M96 != 0:
        self.held[(account << 16) | passed] = (word & words.M96) | (first << 96)
    return (word & ~(words.M16 << 200)) | (passed << 200)


@internal
@view
def _held_at(account: uint256, record: uint256) -> uint256:
    """
    @dev Exact for ever: the current balance if nothing changed since, else the first kept balance
         that covers the record.
    """
    assert record != 0 and record <= self.last_record, "record: unknown"
    assert block.timestamp >= self.instants[record], "record: not yet reached"
    word: uint256 = self.accounts[account]
    last: uint256 = (word >> 200) & words.M16
    if last < record:
        # what passes while a split runs falls behind it, and is known once every unit was scaled
        state: uint256 = self.state
        assert state & words.HALTED == 0 or record <= (state >> 40) & words.M16, "record: a split runs"
        return word & words.M96
    for i: uint256 in range(SCAN_MAX):
        at: uint256 = record + i
        if at > last:
            return 0
        kept: uint256 = self.held[(account << 16) | at]
        if kept != 0:
            return kept & words.M96 if kept >> 96 <= record else 0
    raise "record: too far back"


# ---- lots ----


@internal
@view
def _lot(account: uint256, slot: uint256) -> uint256:
    """
    @dev Vintage and units of one slot: units 0..95, vintage 96..111.
    """
    return (self.lots[account * 4 + slot // 2] >> (128 * (slot % 2))) & ((1 << 128) - 1)


@internal
def _set_lot(account: uint256, slot: uint256, lot: uint256):
    place: uint256 = 128 * (slot % 2)
    at: uint256 = account * 4 + slot // 2
    self.lots[at] = (self.lots[at] & ~(((1 << 128) - 1) << place)) | (lot << place)


@internal
@view
def _restricted(account: uint256, slots: uint256) -> uint256:
    """
    @dev Units in lots.
    """
    total: uint256 = 0
    for slot: uint256 in range(8):
        if (slots >> slot) & 1 != 0:
            total += self._lot(account, slot) & words.M96
    return total


@internal
@view
def _slot_for(account: uint256, slots: uint256, vintage: uint256) -> uint256:
    """
    @dev The slot that holds the vintage, else the first empty one, else 8: full.
    """
    empty_slot: uint256 = 8
    for slot: uint256 in range(8):
        if (slots >> slot) & 1 == 0:
            if empty_slot == 8:
                empty_slot = slot
        elif self._lot(account, slot) >> 96 == vintage:
            return slot
    return empty_slot


@internal
def _log_lot(
    from_account: uint256,
    to_account: uint256,
    from_vintage: uint256,
    to_vintage: uint256,
    units: uint256,
):
    """
    @dev Account 0 is nobody, vintage 0 free units.
    """
    log ISecurityToken.LotMoved(
        accounts=(from_account << 32) | to_account,
        vintages=(from_vintage << 16) | to_vintage,
        units=units,
    )


# ---- vintages ----


@internal
def _vintage(terms: uint256) -> uint256:
    """
    @dev The vintage with these terms, opened if there is none: equal terms are one vintage.
    """
    vintage: uint256 = self.vintage_of[terms]
    if vintage != 0:
        return vintage
    assert terms & words.M20 != 0 and terms >> 168 == 0, "vintage: bad terms"
    vintage = self.last_vintage + 1
    assert vintage <= words.M16, "vintages: none left"
    self.last_vintage = vintage
    self.vintage_of[terms] = vintage
    self.vintages[vintage] = terms
    log ISecurityToken.VintageOpened(vintage=vintage, terms=terms)
    return vintage
