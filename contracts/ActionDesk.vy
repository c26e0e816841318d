# pragma version 0.4.3
# pragma optimize codesize
# pragma evm-version cancun
"""
@title ActionDesk
@license Apache-2.0
@notice The acts of powers that change an instrument itself: rules, splits, conversions. Deployed once
        for a chain; it works over the storage of the token that calls it, reached through the back
        office.
@custom:halt A split halts the token until every unit was seen. Called directly it finds no powers.
"""
from interfaces import IHolders
from interfaces import ISecurityToken
from modules import acts
from modules import book
from modules import clocks
from modules import entries
from modules import moves
from modules import powers
from modules import rules
from modules import splits
from modules import words

initializes: powers
initializes: book
initializes: acts[book := book]
initializes: clocks[book := book]
initializes: rules[book := book, clocks := clocks]
initializes: moves[book := book, clocks := clocks, rules := rules]
initializes: entries[book := book, clocks := clocks, moves := moves, rules := rules]
initializes: splits[acts := acts, book := book, moves := moves, powers := powers]

exports: splits.__interface__

CHANGES_MAX: constant(uint256) = 600
MONTHS_MAX: constant(uint256) = 1200
LOTS_MAX: constant(uint256) = 8
ANSWER_MAX: constant(uint256) = 1_088
# the parts of the state word that rules may write: flags but PAUSED, HALTED; matrix, limits, groups
RULED: constant(uint256) = (
    words.ACTIVE
    | words.COUNTRIES
    | words.GROUPS
    | words.OUTSIDE
    | words.AFFILIATES
    | (((1 << 64) - 1) << 76)
    | (words.M28 << 168)
    | (words.M32 << 196)
    | (words.M8 << 244)
)

struct Change:
    what: uint256
    key: uint256
    word: uint256

interface ISibling:
    def receive_conversion(
        instruction: bytes32, holder: address, units: uint256, terms: uint256, day: uint256
    ): nonpayable

STANDARDS_DESK: immutable(address)


@deploy
def __init__(standards_desk: address):
    STANDARDS_DESK = standards_desk


# ---- rules ----


@external
def announce_rules(policy: bytes32, content: bytes32) -> uint256:
    """
    @notice Announce the hash of a list of changes. The first rules of a token without units act at
            once, all others only after the delay. Returns the second from which `activate_rules` works.
    """
    powers._need(powers.RULES)
    assert book.state & words.HALTED == 0, "split: one runs"
    effective: uint256 = block.timestamp + powers.delay
    if book.policy == empty(bytes32) and book.accounts[words.SUPPLY] == 0:
        effective = block.timestamp
    book.announced_policy = policy
    book.announced_content = content
    book.announced_effective = effective
    log ISecurityToken.RulesAnnounced(policy=policy, content=content, effective=effective)
    return effective


@external
def activate_rules(changes: DynArray[Change, CHANGES_MAX]):
    """
    @notice Write the announced changes; anybody may, once the delay is over.
    """
    assert book.announced_content != empty(bytes32), "rules: none announced"
    assert block.timestamp >= book.announced_effective, "rules: delay still runs"
    assert keccak256(abi_encode(changes)) == book.announced_content, "rules: not the announced"
    for change: Change in changes:
        self._change(change)
    version: uint256 = ((book.state >> 228) & words.M16) + 1
    assert version <= words.M16, "rules: no version left"
    book.state = (book.state & ~(words.M16 << 228)) | (version << 228)
    book.policy = book.announced_policy
    book.announced_content = empty(bytes32)
    log ISecurityToken.RulesActivated(policy=book.policy, version=version)


@internal
def _change(change: Change):
    """
    @dev 1 state, 2 sellable, 3 why, 4 exits, 5 groups of classes, 6 limits, 7 codes, 8 countries,
         9 outside contract, 10 holders that the groups lack, added. What a group that is counted from its
         activation lacks does not change while holders come and go, so it survives the delay.
         11 authorised units and 12 a vintage's clocks, on the document that the key gives;
         13 standing terms of what affiliates sell.
    """
    if change.what == 1:
        book.state = (book.state & ~RULED) | (change.word & RULED)
    elif change.what == 2:
        book.sellable[change.key] = change.word
    elif change.what == 3:
        book.why[change.key] = change.word
    elif change.what == 4:
        book.exits[change.key] = change.word
    elif change.what == 5:
        book.groups_of = change.word
    elif change.what == 6:
        book.group_limits = change.word
    elif change.what == 7:
        book.group_codes = change.word
    elif change.what == 8:
        book.countries[change.key] = change.word
    elif change.what == 9:
        book.outside = convert(change.word, address)
        log ISecurityToken.ComplianceAdded(compliance=book.outside)
    elif change.what == 10:
        for i: uint256 in range(8):
            book.group_counts = moves._added(
                book.group_counts, i, (change.word >> (32 * i)) & words.M32
            )
    elif change.what == 11:
        acts._authorise(change.word, convert(change.key, bytes32))
    elif change.what == 12:
        self._amend(change.word >> 168, change.word & ((1 << 168) - 1), convert(change.key, bytes32))
    elif change.what == 13:
        self._stand(change.word)
    else:
        raise "rules: unknown change"


@internal
def _amend(vintage: uint256, terms: uint256, document: bytes32):
    """
    @dev Move the clocks of a vintage (a distribution certified complete, a status changed); its
         acquisition day and family stay.
    """
    assert vintage <= words.M16 and document != empty(bytes32), "vintage: unknown, or no document"
    kept: uint256 = book.vintages[vintage]
    assert kept != 0, "vintage: unknown, or no document"
    assert (kept ^ terms) & (words.M20 | (words.M8 << 120)) == 0, "vintage: other lot"
    book.vintage_of[kept] = 0
    book.vintage_of[terms] = vintage
    book.vintages[vintage] = terms
    log ISecurityToken.VintageAmended(vintage=vintage, terms=terms, document=document)


@internal
def _stand(standing: uint256):
    """
    @dev Terms whose days are months, without an acquisition day; 0 for none.
    """
    assert standing & words.M20 == 0 and standing >> 168 == 0, "vintage: bad terms"
    for clock: uint256 in range(1, 6):
        months: uint256 = (standing >> (20 * clock)) & words.M20
        assert months <= MONTHS_MAX or months == words.M20, "vintage: bad terms"
    book.reacquired = standing


# ---- conversion ----


@external
def convert_units(
    instruction: bytes32,
    holder: address,
    to_token: address,
    units: uint256,
    numerator: uint256,
    denominator: uint256,
    day: uint256,
    document: bytes32,
    named: DynArray[uint256, LOTS_MAX],
):
    """
    @notice Cancel units here and issue units of a sibling class in one call; lots keep their dates.
            Each part must convert to whole units.
    """
    powers._need(powers.ACTION)
    register: IHolders = IHolders(book.holders_register)
    assert to_token != self and staticcall register.is_listed(to_token), "convert: no sibling"
    assert document != empty(bytes32) and denominator != 0, "act: document and ratio"
    facts: uint256 = staticcall register.facts(holder)
    account: uint256 = words._number(facts)
    word: uint256 = book.accounts[account]
    assert word & words.ACCOUNT_FROZEN == 0, "transfer refused: 103"
    # a conversion must not carry frozen units out of their freeze
    assert units + ((word >> 96) & words.M96) <= word & words.M96, "transfer refused: 101"
    legal: uint256 = acts._legal_day(day)
    assert units * numerator % denominator == 0, "convert: fraction of a unit"
    log ISecurityToken.Converted(
        instruction=instruction,
        holder=holder,
        to_token=to_token,
        units_in=units,
        units_out=units * numerator // denominator,
    )
    log ISecurityToken.Redeemed(
        instruction=instruction,
        holder=holder,
        units=units,
        reason=words.CONVERT,
        document=document,
        day=legal,
    )
    slots: uint256 = (word >> 192) & words.M8
    before: DynArray[uint256, LOTS_MAX] = []
    for slot: uint256 in range(LOTS_MAX):
        before.append(book._lot(account, slot) if (slots >> slot) & 1 != 0 else 0)
    entries._debit(register, holder, facts, units, acts._picks(account, named))
    left: uint256 = units
    for slot: uint256 in range(LOTS_MAX):
        lot: uint256 = before[slot]
        if lot != 0:
            kept: uint256 = book._lot(account, slot) & words.M96
            taken: uint256 = (lot & words.M96) - kept
            if taken != 0:
                left -= taken
                assert taken * numerator % denominator == 0, "convert: fraction of a unit"
                extcall ISibling(to_token).receive_conversion(
                    instruction,
                    holder,
                    taken * numerator // denominator,
                    book.vintages[lot >> 96],
                    day,
                )
    if left != 0:
        assert left * numerator % denominator == 0, "convert: fraction of a unit"
        extcall ISibling(to_token).receive_conversion(
            instruction, holder, left * numerator // denominator, 0, day
        )


@external
def receive_conversion(
    instruction: bytes32, holder: address, units: uint256, terms: uint256, day: uint256
):
    """
    @notice Called by a sibling token that has just cancelled units of the same holder.
    """
    register: IHolders = IHolders(book.holders_register)
    assert staticcall register.is_listed(msg.sender), "convert: no sibling"
    vintage: uint256 = 0
    if terms != 0:
        vintage = book._vintage(terms)
    acts._header(instruction, vintage, day, units, 1)
    state: uint256 = moves._current()
    facts: uint256 = staticcall register.facts(holder)
    open_to: uint256 = book.sellable[words.ISSUE << 16]
    state = entries._credit(register, state, holder, facts, units, vintage, open_to)
    book.state = state
    entries._supply((state >> 40) & words.M16, units, 0)


@external
@payable
@raw_return
def __default__() -> Bytes[ANSWER_MAX]:
    return raw_call(STANDARDS_DESK, msg.data, max_outsize=ANSWER_MAX, is_delegate_call=True)
