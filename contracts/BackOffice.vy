# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
"""
@title BackOffice
@license Apache-2.0
@notice The acts of those who hold powers over an instrument: issue, redeem, force, freeze, halt,
        record instants. What it does not know it passes on to the action desk. Deployed once for a
        chain; it works over the storage of the token that calls it and keeps nothing about any token.
@custom:halt See SecurityToken. Called directly it finds nobody with a power and refuses.
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
from modules import words

initializes: powers
initializes: book
initializes: acts[book := book]
initializes: clocks[book := book]
initializes: rules[book := book, clocks := clocks]
initializes: moves[book := book, clocks := clocks, rules := rules]
initializes: entries[book := book, clocks := clocks, moves := moves, rules := rules]

ROWS_MAX: constant(uint256) = 500
GRANTS_MAX: constant(uint256) = 16
LOTS_MAX: constant(uint256) = 8
BATCH_MAX: constant(uint256) = 100
RECORDS_AHEAD: constant(uint256) = 24
ANSWER_MAX: constant(uint256) = 1_088
DECIDE_SALE: constant(bytes4) = method_id("decide_sale(address,address,uint256)", output_type=bytes4)
struct Grant:
    who: address
    powers: uint256

struct Opening:
    name: String[64]
    symbol: String[16]
    decimals: uint8
    authorised: uint256
    asset: uint256
    terms: bytes32
    assets: address
    registry_face: address
    power_delay: uint256
    grants: DynArray[Grant, GRANTS_MAX]

interface IEpoch:
    def epoch() -> uint256: view

ACTION_DESK: immutable(address)


@deploy
def __init__(action_desk: address):
    ACTION_DESK = action_desk


@external
def open(opening: Opening):
    """
    @notice Called once, from the constructor of a token.
    """
    assert book.state == 0 and book.holders_register != empty(address), "token: open already"
    book.name = opening.name
    book.symbol = opening.symbol
    book.decimals = opening.decimals
    assert opening.authorised != 0 and opening.authorised <= words.M96, "authorised: out of range"
    book.authorised = opening.authorised
    book.asset = opening.asset
    book.terms = opening.terms
    book.assets = opening.assets
    book.registry_face = opening.registry_face
    epoch: uint256 = staticcall IEpoch(book.holders_register).epoch()
    book.state = book.NEVER | (epoch << 56) | (words.M28 << 168) | (255 << 220) | (1 << 228)
    for grant: Grant in opening.grants:
        powers._announce(grant.who, grant.powers, block.timestamp)
    powers.delay = opening.power_delay
    log ISecurityToken.AuthorisedSet(units=opening.authorised, document=opening.terms)


# ---- issue and redeem ----


@external
def issue(instruction: bytes32, vintage: uint256, day: uint256, rows: DynArray[uint256, ROWS_MAX]):
    """
    @notice Issue to each row (wallet in the low 160 bits, units above), as lots of `vintage` or free
            when 0. `day` is the day the holders acquired the units; 0 is today.
    """
    powers._need(powers.ISSUE)
    register: IHolders = IHolders(book.holders_register)
    total: uint256 = 0
    for row: uint256 in rows:
        total += row >> 160
    acts._header(instruction, vintage, day, total, len(rows))
    # a past acquisition needs the take-over, also by way of a vintage that is there already
    if vintage != 0 and book.vintages[vintage] & words.M20 < block.timestamp // 86400:
        assert book.take_over == 1, "vintage: acquired before"
    state: uint256 = moves._current()
    open_to: uint256 = book.sellable[words.ISSUE << 16]
    for row: uint256 in rows:
        wallet: address = convert(row & words.M160, address)
        facts: uint256 = staticcall register.facts(wallet)
        state = entries._credit(register, state, wallet, facts, row >> 160, vintage, open_to)
    book.state = state
    entries._supply((state >> 40) & words.M16, total, 0)


@external
def redeem(
    instruction: bytes32,
    holder: address,
    units: uint256,
    reason: uint256,
    document: bytes32,
    day: uint256,
    named: DynArray[uint256, LOTS_MAX],
):
    """
    @notice Cancel units of one holder: free ones first and then by age, or only the named vintages.
    """
    powers._need(powers.REDEEM)
    facts: uint256 = staticcall IHolders(book.holders_register).facts(holder)
    acts._need_grounds(reason, document)
    log ISecurityToken.Redeemed(
        instruction=instruction,
        holder=holder,
        units=units,
        reason=reason,
        document=document,
        day=acts._legal_day(day),
    )
    picks: uint256 = acts._picks(words._number(facts), named)
    entries._debit(IHolders(book.holders_register), holder, facts, units, picks)


# ---- force, freeze, halt ----


@external
def force_transfer(
    instruction: bytes32,
    sender: address,
    receiver: address,
    units: uint256,
    reason: uint256,
    document: bytes32,
):
    """
    @notice Move units against their holder's will, on a reason and a document.
    """
    powers._need(powers.FORCE)
    acts._need_grounds(reason, document)
    entries._shift(IHolders(book.holders_register), sender, receiver, units, words.FORCE, 0)
    log ISecurityToken.Forced(
        instruction=instruction,
        sender=sender,
        receiver=receiver,
        units=units,
        reason=reason,
        document=document,
    )
    log ISecurityToken.ForcedTransfer(sender=sender, receiver=receiver, amount=units)


@external
def forcedTransfer(sender: address, receiver: address, amount: uint256) -> bool:
    """
    @notice ERC-7943 and ERC-3643: needs a mandate with reason and document for exactly this call.
    """
    self._forced(sender, receiver, amount)
    return True


@external
def batchForcedTransfer(
    senders: DynArray[address, BATCH_MAX],
    receivers: DynArray[address, BATCH_MAX],
    amounts: DynArray[uint256, BATCH_MAX],
):
    assert len(senders) == len(receivers), "batch: unequal lists"
    assert len(senders) == len(amounts), "batch: unequal lists"
    for i: uint256 in range(len(senders), bound=BATCH_MAX):
        self._forced(senders[i], receivers[i], amounts[i])


@internal
def _forced(sender: address, receiver: address, amount: uint256):
    powers._need(powers.FORCE)
    mandate: book.Mandate = acts._mandate(
        keccak256(
            abi_encode(
                sender,
                receiver,
                amount,
                method_id=method_id("forcedTransfer(address,address,uint256)"),
            )
        )
    )
    entries._shift(IHolders(book.holders_register), sender, receiver, amount, words.FORCE, 0)
    log ISecurityToken.Forced(
        instruction=mandate.document,
        sender=sender,
        receiver=receiver,
        units=amount,
        reason=mandate.reason,
        document=mandate.document,
    )
    log ISecurityToken.ForcedTransfer(sender=sender, receiver=receiver, amount=amount)


@external
def freeze(instruction: bytes32, wallet: address, units: uint256, reason: uint256, document: bytes32):
    """
    @notice Set how many units of an account are frozen; it may be more than it holds now.
    """
    powers._need(powers.FREEZE)
    acts._need_grounds(reason, document)
    assert units <= words.M96, "units: more than 96 bits"
    account: uint256 = acts._account(wallet)
    word: uint256 = book.accounts[account]
    book.accounts[account] = (word & ~(words.M96 << 96)) | (units << 96)
    log ISecurityToken.FreezeOrdered(
        instruction=instruction, account=wallet, reason=reason, document=document
    )
    log ISecurityToken.Frozen(account=wallet, amount=units)


@external
def stop_account(instruction: bytes32, wallet: address, stopped: bool, reason: uint256, document: bytes32):
    """
    @notice Stop an account in this instrument, or let it go on.
    """
    powers._need(powers.FREEZE)
    acts._need_grounds(reason, document)
    account: uint256 = acts._account(wallet)
    word: uint256 = book.accounts[account] & ~words.ACCOUNT_FROZEN
    book.accounts[account] = word | (words.ACCOUNT_FROZEN if stopped else 0)
    log ISecurityToken.FreezeOrdered(
        instruction=instruction, account=wallet, reason=reason, document=document
    )
    log ISecurityToken.AddressFrozen(wallet=wallet, frozen=stopped, agent=msg.sender)


@external
def halt(reason: uint256, document: bytes32):
    powers._need(powers.HALT)
    acts._need_grounds(reason, document)
    book.state |= words.PAUSED
    log ISecurityToken.HaltOrdered(halted=True, reason=reason, document=document)
    log ISecurityToken.Paused(agent=msg.sender)


@external
def resume(reason: uint256, document: bytes32):
    powers._need(powers.HALT)
    acts._need_grounds(reason, document)
    book.state &= ~words.PAUSED
    log ISecurityToken.HaltOrdered(halted=False, reason=reason, document=document)
    log ISecurityToken.Unpaused(agent=msg.sender)


# ---- records ----


@external
def announce_record(instant: uint256) -> uint256:
    """
    @notice Fix a record instant ahead: later than now and than every one announced before. Holdings
            as of all blocks before that second can be asked for ever. Returns its number.
    """
    powers._need(powers.RECORD)
    assert instant > block.timestamp and instant < book.NEVER, "record: not ahead"
    last: uint256 = book.last_record
    assert last == 0 or instant > book.instants[last], "record: out of order"
    state: uint256 = moves._current()
    assert last - ((state >> 40) & words.M16) < RECORDS_AHEAD, "record: too many ahead"
    assert last < words.M16, "records: none left"
    book.last_record = last + 1
    book.instants[last + 1] = instant
    if state & words.M40 == book.NEVER:
        state = ((state >> 40) << 40) | instant
    book.state = state
    log ISecurityToken.RecordAnnounced(record=last + 1, instant=instant)
    return last + 1


@external
def withdraw_record(record: uint256):
    """
    @notice Take back the newest record instant while it lies ahead: it comes right after this block (or the
            record before it), so that it bars no nearer one. Its number is not given again.
    """
    powers._need(powers.RECORD)
    last: uint256 = book.last_record
    assert record != 0 and record == last, "record: not the newest"
    was: uint256 = book.instants[last]
    assert was > block.timestamp, "record: has come"
    soon: uint256 = max(block.timestamp, book.instants[last - 1]) + 1
    state: uint256 = moves._current()
    book.instants[last] = soon
    if state & words.M40 == was:
        state = ((state >> 40) << 40) | soon
    book.state = state
    log ISecurityToken.RecordWithdrawn(record=last, instant=soon)


# ---- powers, and what the register tells ----


@external
def grant(who: address, held: uint256):
    """
    @notice Announce the powers of `who` over this instrument; they take over after the delay.
    """
    powers._grant(who, held)


@external
def told_of_class(account: uint256, old_facts: uint256, new_facts: uint256):
    """
    @notice Keep holder and group counts exact when a holder's class or treasury mark changes.
    @dev The token has checked that the register calls. A person with several accounts is counted
         once: with the change of the account numbered first.
    """
    assert msg.sender == book.holders_register, "caller: not the register"
    register: IHolders = IHolders(book.holders_register)
    held: uint256 = book.accounts[account] & words.M96
    if new_facts & words.FACT_MULTI != 0:
        if staticcall register.accounts_of_person(account) & words.M32 != account:
            return
        held += rules._elsewhere(register, account)
    if held == 0:
        return
    was: bool = old_facts & words.FACT_TREASURY == 0
    now: bool = new_facts & words.FACT_TREASURY == 0
    if book.state & words.GROUPS != 0:
        moves._regroup(
            book.state,
            words._class(old_facts) if was else 0,
            words._class(new_facts) if now else 0,
        )
    if was and not now:
        book.state -= 1 << 140
    elif now and not was:
        book.state += 1 << 140


@external
@payable
@raw_return
def __default__() -> Bytes[ANSWER_MAX]:
    # only the token itself may reach this one, after it has checked a signature
    assert convert(slice(msg.data, 0, 4), bytes4) != DECIDE_SALE, "call: not from outside"
    return raw_call(ACTION_DESK, msg.data, max_outsize=ANSWER_MAX, is_delegate_call=True)
