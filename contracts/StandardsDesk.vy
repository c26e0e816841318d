# pragma version 0.4.3
# pragma optimize codesize
# pragma evm-version cancun
"""
@title StandardsDesk
@license Apache-2.0
@notice The names that ERC-3643, ERC-7943, ERC-1404, ERC-1643 and ERC-165 give to what the other desks
        do, and what the words of an instrument say to whoever asks. Deployed once for a chain; it works over the storage of the token that calls it.
@dev Standard acts of power have no room for a reason and a document: each uses up a mandate given
     before for exactly that call (`give_mandate`). docs/reference/erc3643.md lists every function as
     same, adapted or refused.
@custom:halt See SecurityToken. Called directly it finds nobody with a power and refuses.
"""
from interfaces import IHolders
from interfaces import ISecurityToken
from modules import acts
from modules import answers
from modules import book
from modules import clocks
from modules import entries
from modules import moves
from modules import powers
from modules import readings
from modules import rules
from modules import words

initializes: powers
initializes: book
initializes: acts[book := book]
initializes: clocks[book := book]
initializes: rules[book := book, clocks := clocks]
initializes: moves[book := book, clocks := clocks, rules := rules]
initializes: entries[book := book, clocks := clocks, moves := moves, rules := rules]
initializes: answers[book := book]
initializes: readings[book := book, moves := moves, powers := powers]

exports: (answers.__interface__, readings.__interface__)

BATCH_MAX: constant(uint256) = 100
ANSWER_MAX: constant(uint256) = 1_088

struct Change:
    what: uint256
    key: uint256
    word: uint256

interface IReasons:
    def message(code: uint8) -> String[128]: view

TRANSFER_DESK: immutable(address)
THIS_DESK: immutable(address)
REASONS: immutable(IReasons)


@deploy
def __init__(transfer_desk: address, reasons: address):
    TRANSFER_DESK = transfer_desk
    THIS_DESK = self
    REASONS = IReasons(reasons)


# ---- what may be asked ----


@external
@view
def messageForTransferRestriction(code: uint8) -> String[128]:
    return staticcall REASONS.message(code)


# ---- compliance from outside ----


@external
def setCompliance(outside: address):
    """
    @notice Announce a compliance contract that shall be asked in addition to the rules, or none;
            `activate_rules` with the two changes written here makes it so after the delay.
    """
    powers._need(powers.RULES)
    assert book.state & words.HALTED == 0, "split: one runs"
    state: uint256 = book.state & ~words.OUTSIDE
    if outside != empty(address):
        state |= words.OUTSIDE
    changes: DynArray[Change, 2] = [
        Change(what=9, key=0, word=convert(outside, uint256)),
        Change(what=1, key=0, word=state),
    ]
    book.announced_policy = book.policy
    book.announced_content = keccak256(abi_encode(changes))
    book.announced_effective = block.timestamp + powers.delay
    log ISecurityToken.RulesAnnounced(
        policy=book.policy, content=book.announced_content, effective=book.announced_effective
    )


# ---- information ----


@external
def setName(name: String[64]):
    powers._need(powers.RULES)
    if len(book.signed_name) == 0:
        book.signed_name = book.name
    book.name = name
    self._inform()


@external
def setSymbol(symbol: String[16]):
    powers._need(powers.RULES)
    book.symbol = symbol
    self._inform()


@external
def setOnchainID(onchain_id: address):
    powers._need(powers.RULES)
    book.onchain_id = onchain_id
    self._inform()


@internal
def _inform():
    log ISecurityToken.UpdatedTokenInformation(
        name=book.name,
        symbol=book.symbol,
        decimals=book.decimals,
        version="1.0",
        onchain_id=book.onchain_id,
    )


# ---- corrections and mandates ----


@external
def correct(instruction: bytes32, corrects: bytes32, reason: uint256, document: bytes32):
    """
    @notice Say that one instruction reverses or replaces another; nothing is ever edited.
    """
    powers._need(powers.ACTION)
    acts._need_grounds(reason, document)
    log ISecurityToken.Corrected(
        instruction=instruction, corrects=corrects, reason=reason, document=document
    )


@external
def give_mandate(call_hash: bytes32, reason: uint256, document: bytes32):
    """
    @notice Give reason and document for one standard call (keccak-256 of its call data) that has no
            room for them: forcedTransfer, burn, mint, freezes. The call uses the mandate up.
    """
    powers._need(powers.CONFIRM)
    acts._need_grounds(reason, document)
    book.mandates[call_hash] = book.Mandate(reason=reason, document=document)
    log ISecurityToken.MandateGiven(call_hash=call_hash, reason=reason, document=document)


# ---- acts of power by their standard names ----


@external
def mint(receiver: address, amount: uint256):
    powers._need(powers.ISSUE)
    mandate: book.Mandate = self._mandate_for(
        method_id("mint(address,uint256)", output_type=bytes4), receiver, amount
    )
    self._mint(receiver, amount, mandate.document)


@external
def burn(holder: address, amount: uint256):
    powers._need(powers.REDEEM)
    mandate: book.Mandate = self._mandate_for(
        method_id("burn(address,uint256)", output_type=bytes4), holder, amount
    )
    facts: uint256 = staticcall IHolders(book.holders_register).facts(holder)
    log ISecurityToken.Redeemed(
        instruction=mandate.document,
        holder=holder,
        units=amount,
        reason=mandate.reason,
        document=mandate.document,
        day=block.timestamp // 86400,
    )
    entries._debit(IHolders(book.holders_register), holder, facts, amount, 0)


@external
def setFrozenTokens(wallet: address, amount: uint256) -> bool:
    powers._need(powers.FREEZE)
    mandate: book.Mandate = self._mandate_for(
        method_id("setFrozenTokens(address,uint256)", output_type=bytes4), wallet, amount
    )
    self._freeze(wallet, amount, mandate)
    return True


@external
def freezePartialTokens(wallet: address, amount: uint256):
    powers._need(powers.FREEZE)
    mandate: book.Mandate = self._mandate_for(
        method_id("freezePartialTokens(address,uint256)", output_type=bytes4), wallet, amount
    )
    word: uint256 = self._word(wallet)
    frozen: uint256 = ((word >> 96) & words.M96) + amount
    assert frozen <= word & words.M96, "frozen: more than held"
    self._freeze(wallet, frozen, mandate)
    log ISecurityToken.TokensFrozen(wallet=wallet, amount=amount)


@external
def unfreezePartialTokens(wallet: address, amount: uint256):
    powers._need(powers.FREEZE)
    mandate: book.Mandate = self._mandate_for(
        method_id("unfreezePartialTokens(address,uint256)", output_type=bytes4), wallet, amount
    )
    frozen: uint256 = (self._word(wallet) >> 96) & words.M96
    assert amount <= frozen, "frozen: less than that"
    self._freeze(wallet, frozen - amount, mandate)
    log ISecurityToken.TokensUnfrozen(wallet=wallet, amount=amount)


@external
def setAddressFrozen(wallet: address, frozen: bool):
    powers._need(powers.FREEZE)
    mandate: book.Mandate = acts._mandate(
        keccak256(
            abi_encode(wallet, frozen, method_id=method_id("setAddressFrozen(address,bool)"))
        )
    )
    account: uint256 = acts._account(wallet)
    word: uint256 = book.accounts[account] & ~words.ACCOUNT_FROZEN
    book.accounts[account] = word | (words.ACCOUNT_FROZEN if frozen else 0)
    log ISecurityToken.FreezeOrdered(
        instruction=mandate.document,
        account=wallet,
        reason=mandate.reason,
        document=mandate.document,
    )
    log ISecurityToken.AddressFrozen(wallet=wallet, frozen=frozen, agent=msg.sender)


@external
def pause():
    powers._need(powers.HALT)
    mandate: book.Mandate = acts._mandate(keccak256(method_id("pause()", output_type=Bytes[4])))
    book.state |= words.PAUSED
    log ISecurityToken.HaltOrdered(halted=True, reason=mandate.reason, document=mandate.document)
    log ISecurityToken.Paused(agent=msg.sender)


@external
def unpause():
    powers._need(powers.HALT)
    mandate: book.Mandate = acts._mandate(keccak256(method_id("unpause()", output_type=Bytes[4])))
    book.state &= ~words.PAUSED
    log ISecurityToken.HaltOrdered(halted=False, reason=mandate.reason, document=mandate.document)
    log ISecurityToken.Unpaused(agent=msg.sender)


@external
@view
def recoveryAddress(lost: address, fresh: address, identity: address) -> bool:
    """
    @notice True once the register has moved the account of `lost` to `fresh`, for all instruments at
            once. The recovery itself needs two persons and a delay there.
    """
    facts: uint256 = staticcall IHolders(book.holders_register).facts(lost)
    assert facts == words.TOMBSTONE | convert(fresh, uint256), "recovery: in the register"
    return True


# ---- batches: each item is the single call, with a mandate of its own ----


@external
def batchMint(wallets: DynArray[address, BATCH_MAX], items: DynArray[uint256, BATCH_MAX]):
    self._each(wallets, items, method_id("mint(address,uint256)", output_type=bytes4))


@external
def batchBurn(wallets: DynArray[address, BATCH_MAX], items: DynArray[uint256, BATCH_MAX]):
    self._each(wallets, items, method_id("burn(address,uint256)", output_type=bytes4))


@external
def batchFreezePartialTokens(wallets: DynArray[address, BATCH_MAX], items: DynArray[uint256, BATCH_MAX]):
    self._each(wallets, items, method_id("freezePartialTokens(address,uint256)", output_type=bytes4))


@external
def batchUnfreezePartialTokens(wallets: DynArray[address, BATCH_MAX], items: DynArray[uint256, BATCH_MAX]):
    self._each(wallets, items, method_id("unfreezePartialTokens(address,uint256)", output_type=bytes4))


@external
def batchSetAddressFrozen(wallets: DynArray[address, BATCH_MAX], items: DynArray[bool, BATCH_MAX]):
    assert len(wallets) == len(items), "batch: unequal lists"
    for i: uint256 in range(len(wallets), bound=BATCH_MAX):
        self._one(abi_encode(wallets[i], items[i], method_id=method_id("setAddressFrozen(address,bool)")))


@internal
def _each(
    wallets: DynArray[address, BATCH_MAX], items: DynArray[uint256, BATCH_MAX], selector: bytes4
):
    assert len(wallets) == len(items), "batch: unequal lists"
    for i: uint256 in range(len(wallets), bound=BATCH_MAX):
        self._one(
            concat(
                selector,
                convert(convert(wallets[i], uint256), bytes32),
                convert(items[i], bytes32),
            )
        )


@internal
def _one(call: Bytes[100]):
    raw_call(THIS_DESK, call, is_delegate_call=True)


@internal
def _mandate_for(selector: bytes4, wallet: address, amount: uint256) -> book.Mandate:
    call: Bytes[68] = concat(
        selector, convert(convert(wallet, uint256), bytes32), convert(amount, bytes32)
    )
    return acts._mandate(keccak256(call))


@internal
def _mint(receiver: address, amount: uint256, instruction: bytes32):
    register: IHolders = IHolders(book.holders_register)
    acts._header(instruction, 0, 0, amount, 1)
    facts: uint256 = staticcall register.facts(receiver)
    open_to: uint256 = book.sellable[words.ISSUE << 16]
    state: uint256 = moves._current()
    state = entries._credit(register, state, receiver, facts, amount, 0, open_to)
    book.state = state
    entries._supply((state >> 40) & words.M16, amount, 0)


@internal
def _freeze(wallet: address, amount: uint256, mandate: book.Mandate):
    assert amount <= words.M96, "units: more than 96 bits"
    account: uint256 = acts._account(wallet)
    word: uint256 = book.accounts[account]
    book.accounts[account] = (word & ~(words.M96 << 96)) | (amount << 96)
    log ISecurityToken.FreezeOrdered(
        instruction=mandate.document,
        account=wallet,
        reason=mandate.reason,
        document=mandate.document,
    )
    log ISecurityToken.Frozen(account=wallet, amount=amount)


@internal
@view
def _word(wallet: address) -> uint256:
    account: uint256 = acts._account(wallet)
    return book.accounts[account]


@external
@payable
@raw_return
def __default__() -> Bytes[ANSWER_MAX]:
    return raw_call(TRANSFER_DESK, msg.data, max_outsize=ANSWER_MAX, is_delegate_call=True)
