# pragma version 0.4.3
# pragma optimize codesize
# pragma evm-version cancun
"""
@title TransferDesk
@license Apache-2.0
@notice Decides every transfer that is not plain, moves what the rules allow and says why it refuses
        the rest; answers the same question for anybody who asks first (ERC-1404, ERC-7943, ERC-3643).
        Keeps the vintages and the take-over. Deployed once for a chain; it works over the storage of the token that
        calls it.
@custom:halt Nothing to halt: it keeps no units and no rules. Called directly it finds no active policy.
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
from modules import signed
from modules import takeovers
from modules import words

initializes: powers
initializes: book
initializes: acts[book := book]
initializes: clocks[book := book]
initializes: rules[book := book, clocks := clocks]
initializes: moves[book := book, clocks := clocks, rules := rules]
initializes: entries[book := book, clocks := clocks, moves := moves, rules := rules]
initializes: takeovers[acts := acts, book := book, powers := powers]

exports: takeovers.__interface__

PASSAGE: constant(bytes32) = keccak256(
    "Passage(address from,address to,uint256 units,uint256 kind,uint256 proofs,bytes32 instruction,uint256 day,uint256 deadline)"
)
LOTS_MAX: constant(uint256) = 8
# sale, gift, trust, estate, divorce, pledge, foreclose, to_issuer, public_sale
ATTESTED: constant(uint256) = 1 | 4 | 8 | 16 | 32 | 64 | 128 | 256 | 512


# ---- transfers that the token passed on ----


@external
def transfer(to: address, amount: uint256) -> bool:
    moves._pass(self._register(), msg.sender, to, amount, words.SALE, 0, 0)
    return True


@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    self._spend(owner, to, amount, words.SALE, 0)
    moves._pass(self._register(), owner, to, amount, words.SALE, 0, 0)
    return True


@external
def batchTransfer(receivers: DynArray[address, 100], amounts: DynArray[uint256, 100]):
    assert len(receivers) == len(amounts), "batch: unequal lists"
    for i: uint256 in range(len(receivers), bound=100):
        moves._pass(self._register(), msg.sender, receivers[i], amounts[i], words.SALE, 0, 0)


@external
def decide_sale(owner: address, to: address, amount: uint256):
    """
    @notice The token's own call after it has checked the owner's signature.
    @dev Warning: moves anybody's units; the back office refuses to pass this call on from outside.
    """
    moves._pass(self._register(), owner, to, amount, words.SALE, 0, 0)


# ---- transfers that only an attestation or a venue makes what they are ----


@external
def transfer_lots(to: address, amount: uint256, named: DynArray[uint256, LOTS_MAX]) -> bool:
    """
    @notice A sale of the vintages the holder names, and of nothing else (specific identification).
    """
    register: IHolders = self._register()
    picks: uint256 = acts._picks(words._number(staticcall register.facts(msg.sender)), named)
    moves._pass(register, msg.sender, to, amount, words.SALE, 0, picks)
    return True


@external
def transfer_attested(
    sender: address,
    receiver: address,
    units: uint256,
    kind: uint256,
    proofs: uint256,
    instruction: bytes32,
    day: uint256,
    deadline: uint256,
    registrar: address,
    signature: Bytes[65],
    named: DynArray[uint256, LOTS_MAX],
) -> bool:
    """
    @notice A transfer of the kind, and with the facts, that a registrar has signed for: once, for
            these parties and units, until the deadline. `day` is its legal day, 0 for today.
    """
    if msg.sender != sender:
        self._spend(sender, receiver, units, kind, proofs)
    register: IHolders = self._register()
    assert block.timestamp <= deadline, "attestation: expired"
    assert staticcall register.has_power(registrar, powers.ADMIT), "attestation: no registrar"
    assert kind != words.FORCE, "kind: not attestable"
    content: bytes32 = keccak256(
        abi_encode(PASSAGE, sender, receiver, units, kind, proofs, instruction, day, deadline)
    )
    digest: bytes32 = signed._digest(book.name_hash, content)
    assert not book.passages[digest], "attestation: used before"
    assert signed._signs(registrar, digest, signature), "attestation: bad signature"
    book.passages[digest] = True
    self._passage(register, sender, receiver, units, kind, proofs, instruction, day, named)
    return True


@external
def transfer_posted(
    sender: address,
    receiver: address,
    units: uint256,
    kind: uint256,
    proofs: uint256,
    instruction: bytes32,
    day: uint256,
    named: DynArray[uint256, LOTS_MAX],
) -> bool:
    """
    @notice The transfer agent posts a transfer that its holder has instructed, by the rules of its
            kind. Needs ACTION here and ADMIT in the register: the same hand may attest and post.
    @dev This moves units of holders who have no wallet of their own, as 17Ad-10 lets an agent post.
         While a take-over is open, kind `force` posts what happened before the rules: history is not
         judged again.
    """
    powers._need(powers.ACTION)
    register: IHolders = self._register()
    assert staticcall register.has_power(msg.sender, powers.ADMIT), "attestation: no registrar"
    self._passage(register, sender, receiver, units, kind, proofs, instruction, day, named)
    return True


@external
def transfer_venue(sender: address, receiver: address, units: uint256) -> bool:
    """
    @notice A registered venue contract settles a trade with the seller's allowance.
    """
    powers._need(powers.VENUE)
    self._spend(sender, receiver, units, words.VENUE, 0)
    moves._pass(self._register(), sender, receiver, units, words.VENUE, 0, 0)
    return True


@external
def settle(wallet: address):
    """
    @notice Fold the mature lots of an account into its free units; anybody may.
    """
    account: uint256 = words._number(staticcall self._register().facts(wallet))
    word: uint256 = book.accounts[account]
    today: uint256 = block.timestamp // 86400
    for slot: uint256 in range(LOTS_MAX):
        if (word >> (192 + slot)) & 1 != 0:
            lot: uint256 = book._lot(account, slot)
            if clocks._running(book.vintages[lot >> 96], today) == 0:
                book._set_lot(account, slot, 0)
                word = word & ~(1 << (192 + slot))
                book._log_lot(account, account, lot >> 96, 0, lot & words.M96)
    book.accounts[account] = word


@internal
def _passage(
    register: IHolders,
    sender: address,
    receiver: address,
    units: uint256,
    kind: uint256,
    proofs: uint256,
    instruction: bytes32,
    day: uint256,
    named: DynArray[uint256, LOTS_MAX],
):
    past: bool = kind == words.FORCE and book.take_over == 1
    assert past or (kind < 10 and (ATTESTED >> kind) & 1 != 0), "kind: not attestable"
    picks: uint256 = acts._picks(words._number(staticcall register.facts(sender)), named)
    log ISecurityToken.Passed(
        instruction=instruction,
        sender=sender,
        receiver=receiver,
        units=units,
        kind=kind,
        proofs=proofs,
        day=acts._legal_day(day),
    )
    if past:
        entries._shift(register, sender, receiver, units, kind, picks)
    else:
        moves._pass(register, sender, receiver, units, kind, proofs, picks)


@internal
def _spend(owner: address, to: address, units: uint256, kind: uint256, proofs: uint256):
    """
    @dev Use up an allowance before anything else happens. Too small a one is refused with 102 in its
         place in the order: after a halt and too few units, before all that concerns the parties.
    """
    allowed: uint256 = book.allowances[owner][msg.sender]
    if units > allowed:
        code: uint256 = self._code(owner, to, units, kind, proofs)
        if code != 106 and code != 100 and code != 101:
            code = 102
        moves._refuse(code, owner, units, self._word(owner))
    if allowed != max_value(uint256):
        book.allowances[owner][msg.sender] = allowed - units


@internal
@view
def _register() -> IHolders:
    return IHolders(book.holders_register)


# ---- vintages and what their clocks wait for ----


@external
def open_vintage(terms: uint256) -> uint256:
    """
    @notice The number of the vintage with these terms; a past acquisition day needs the take-over.
    """
    powers._need(powers.ISSUE)
    acquired: uint256 = acts._legal_day(terms & words.M20)
    return book._vintage(terms)


@external
def set_informed(until: uint256, document: bytes32):
    """
    @notice The last day on which current public information is available (230.144(c)).
    """
    powers._need(powers.INFORM)
    assert until <= words.M20 and document != empty(bytes32), "act: day and document"
    book.informed_until = until
    log ISecurityToken.InformedSet(until=until, document=document)


# ---- the same question, asked first ----


@external
@view
def detectTransferRestriction(sender: address, receiver: address, amount: uint256) -> uint8:
    """
    @notice ERC-1404: 0, or the code a sale would be refused with now.
    """
    return convert(self._code(sender, receiver, amount, words.SALE, 0), uint8)


@external
@view
def restriction(
    sender: address, receiver: address, amount: uint256, kind: uint256, proofs: uint256
) -> uint256:
    """
    @notice The code for any kind of transfer with the given proven facts.
    """
    return self._code(sender, receiver, amount, kind, proofs)


@external
@view
def canTransfer(sender: address, receiver: address, amount: uint256) -> bool:
    """
    @notice ERC-7943 and ERC-3643: whether a sale would pass now.
    """
    return self._code(sender, receiver, amount, words.SALE, 0) == 0


@external
@view
def canSend(wallet: address) -> bool:
    facts: uint256 = staticcall self._register().facts(wallet)
    account: uint256 = words._number(facts)
    stopped: bool = book.accounts[account] & words.ACCOUNT_FROZEN != 0
    return account != 0 and facts & words.FACT_STOPPED == 0 and not stopped


@external
@view
def canReceive(wallet: address) -> bool:
    facts: uint256 = staticcall self._register().facts(wallet)
    if book.accounts[words._number(facts)] & words.ACCOUNT_FROZEN != 0:
        return False
    return rules._receiver_refusal(moves._current(), facts) == 0


@external
@view
def max_transferable(sender: address, receiver: address) -> uint256:
    """
    @notice The largest number of units that a sale would pass now; found by halving, because a
            smaller sale is never refused where a larger one passes, but for a sale of everything.
    """
    word: uint256 = self._word(sender)
    high: uint256 = word & words.M96
    if self._code(sender, receiver, high, words.SALE, 0) == 0:
        return high
    low: uint256 = 0
    for i: uint256 in range(97):
        if high - low <= 1:
            break
        middle: uint256 = (low + high) // 2
        if self._code(sender, receiver, middle, words.SALE, 0) == 0:
            low = middle
        else:
            high = middle
    return low


@internal
@view
def _code(
    sender: address, receiver: address, amount: uint256, kind: uint256, proofs: uint256
) -> uint256:
    register: IHolders = self._register()
    f: uint256 = 0
    g: uint256 = 0
    f, g = staticcall register.pair(sender, receiver)
    state: uint256 = moves._current()
    code: uint256 = rules._refusal(
        register,
        state,
        f,
        g,
        book.accounts[words._number(f)],
        book.accounts[words._number(g)],
        amount,
        kind,
        proofs,
        0,
        clocks._anew(state, f, kind),
    )
    return code if code != 0 else rules._outside_refusal(state, sender, receiver, amount)


@internal
@view
def _word(wallet: address) -> uint256:
    account: uint256 = words._number(staticcall self._register().facts(wallet))
    return book.accounts[account]
