# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
"""
@title SecurityToken
@license Apache-2.0
@notice One class of one instrument. Here is what holders do: transfer, approve, sign, and what is
        asked about holdings. Everything else is answered by the back offices.
@custom:halt HALT pauses every transfer by the rules; forced acts stay possible. A split halts by itself.
@custom:assumptions The register answers truthfully and cannot change; the back offices are this
             repository's, compiled from the same modules (a test compares their storage layouts).
"""
from interfaces import IHolders
from interfaces import IListed
from interfaces import IPowers
from interfaces import ISecurityToken
from modules import book
from modules import plain
from modules import powers
from modules import signed
from modules import words

implements: IListed
initializes: powers
initializes: book
initializes: plain[book := book]

PERMIT: constant(bytes32) = keccak256(
    "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
)
TRANSFER: constant(bytes32) = keccak256(
    "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
)
RECEIVE: constant(bytes32) = keccak256(
    "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
)
CANCEL: constant(bytes32) = keccak256("CancelAuthorization(address authorizer,bytes32 nonce)")
ANSWER_MAX: constant(uint256) = 1_088  # longest answer of a back office; lists there hold <= 32

REGISTER: immutable(IHolders)
NAME_HASH: immutable(bytes32)
TRANSFER_DESK: immutable(address)
BACK_OFFICE: immutable(address)


@deploy
def __init__(
    register: IHolders,
    transfer_desk: address,
    back_office: address,
    registrar: address,
    opening: Bytes[8192],
):
    """
    @notice `opening` is a call to the back office that writes name, terms and first powers.
    """
    REGISTER = register
    TRANSFER_DESK = transfer_desk
    BACK_OFFICE = back_office
    book.holders_register = register.address
    book.registrar = registrar
    raw_call(back_office, opening, is_delegate_call=True)
    assert book.state != 0, "token: not opened"
    book.name_hash = keccak256(book.name)
    NAME_HASH = book.name_hash


# ---- ERC-20 ----


@external
def transfer(to: address, amount: uint256) -> bool:
    if not plain._moved(REGISTER, msg.sender, to, amount, True):
        raw_call(TRANSFER_DESK, msg.data, is_delegate_call=True)
    return True


@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    allowed: uint256 = book.allowances[owner][msg.sender]
    if amount > allowed or not plain._moved(REGISTER, owner, to, amount, True):
        raw_call(TRANSFER_DESK, msg.data, is_delegate_call=True)
    elif allowed != max_value(uint256):
        book.allowances[owner][msg.sender] = allowed - amount
    return True


@external
def approve(spender: address, amount: uint256) -> bool:
    book.allowances[msg.sender][spender] = amount
    log ISecurityToken.Approval(owner=msg.sender, spender=spender, amount=amount)
    return True


@external
@view
def allowance(owner: address, spender: address) -> uint256:
    return book.allowances[owner][spender]


@external
@view
def balanceOf(owner: address) -> uint256:
    account: uint256 = words._number(staticcall REGISTER.facts(owner))
    return book.accounts[account] & words.M96


@external
@view
def totalSupply() -> uint256:
    return book.accounts[words.SUPPLY] & words.M96


@external
@view
def name() -> String[64]:
    return book.name


@external
@view
def symbol() -> String[16]:
    return book.symbol


@external
@view
def decimals() -> uint8:
    return book.decimals


# ---- by a power ----


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
    assert reason != 0 and document != empty(bytes32), "act: reason and document"
    if not plain._moved(REGISTER, sender, receiver, units, False):
        raw_call(BACK_OFFICE, msg.data, is_delegate_call=True)
        return
    log ISecurityToken.Forced(
        instruction=instruction,
        sender=sender,
        receiver=receiver,
        units=units,
        reason=reason,
        document=document,
    )
    log ISecurityToken.ForcedTransfer(sender=sender, receiver=receiver, amount=units)


# ---- signatures: ERC-2612, ERC-3009, ERC-5267 ----


@external
def permit(
    owner: address,
    spender: address,
    amount: uint256,
    deadline: uint256,
    v: uint8,
    r: bytes32,
    s: bytes32,
):
    assert block.timestamp <= deadline, "permit: expired"
    nonce: uint256 = book.nonces[owner]
    self._need_signature(
        owner, keccak256(abi_encode(PERMIT, owner, spender, amount, nonce, deadline)), v, r, s
    )
    book.nonces[owner] = nonce + 1
    book.allowances[owner][spender] = amount
    log ISecurityToken.Approval(owner=owner, spender=spender, amount=amount)


@external
@view
def nonces(owner: address) -> uint256:
    return book.nonces[owner]


@external
def transferWithAuthorization(
    owner: address,
    to: address,
    amount: uint256,
    valid_after: uint256,
    valid_before: uint256,
    nonce: bytes32,
    v: uint8,
    r: bytes32,
    s: bytes32,
):
    self._authorized(TRANSFER, owner, to, amount, valid_after, valid_before, nonce, v, r, s)
    self._by_rule(owner, to, amount)


@external
def receiveWithAuthorization(
    owner: address,
    to: address,
    amount: uint256,
    valid_after: uint256,
    valid_before: uint256,
    nonce: bytes32,
    v: uint8,
    r: bytes32,
    s: bytes32,
):
    assert to == msg.sender, "authorization: not the payee"
    self._authorized(RECEIVE, owner, to, amount, valid_after, valid_before, nonce, v, r, s)
    self._by_rule(owner, to, amount)


@external
def cancelAuthorization(authorizer: address, nonce: bytes32, v: uint8, r: bytes32, s: bytes32):
    self._need_signature(
        authorizer, keccak256(abi_encode(CANCEL, authorizer, nonce)), v, r, s
    )
    self._use(authorizer, nonce)
    log ISecurityToken.AuthorizationCanceled(authorizer=authorizer, nonce=nonce)


@external
@view
def authorizationState(authorizer: address, nonce: bytes32) -> bool:
    number: uint256 = convert(nonce, uint256)
    return (book.authorizations[authorizer][number >> 8] >> (number & 255)) & 1 != 0


@external
@view
def DOMAIN_SEPARATOR() -> bytes32:
    return signed._separator(NAME_HASH)


@internal
def _by_rule(owner: address, to: address, amount: uint256):
    if not plain._moved(REGISTER, owner, to, amount, True):
        raw_call(
            TRANSFER_DESK,
            abi_encode(
                owner, to, amount, method_id=method_id("decide_sale(address,address,uint256)")
            ),
            is_delegate_call=True,
        )


@internal
def _authorized(
    type_hash: bytes32,
    owner: address,
    to: address,
    amount: uint256,
    valid_after: uint256,
    valid_before: uint256,
    nonce: bytes32,
    v: uint8,
    r: bytes32,
    s: bytes32,
):
    assert block.timestamp > valid_after, "authorization: not yet valid"
    assert block.timestamp < valid_before, "authorization: expired"
    content: bytes32 = keccak256(
        abi_encode(type_hash, owner, to, amount, valid_after, valid_before, nonce)
    )
    self._need_signature(owner, content, v, r, s)
    self._use(owner, nonce)
    log ISecurityToken.AuthorizationUsed(authorizer=owner, nonce=nonce)


@internal
@view
def _need_signature(owner: address, content: bytes32, v: uint8, r: bytes32, s: bytes32):
    assert signed._is_signed_by(
        owner,
        signed._digest(NAME_HASH, content),
        convert(v, uint256),
        convert(r, uint256),
        convert(s, uint256),
    ), "signature: not the owner's"


@internal
def _use(authorizer: address, nonce: bytes32):
    """
    @dev Nonces are bits, 256 to a word: callers with sequential nonces pay for a word once.
    """
    number: uint256 = convert(nonce, uint256)
    bits: uint256 = book.authorizations[authorizer][number >> 8]
    assert (bits >> (number & 255)) & 1 == 0, "authorization: used before"
    book.authorizations[authorizer][number >> 8] = bits | (1 << (number & 255))


# ---- record instants ----


@external
@view
def held_at(wallet: address, record: uint256) -> uint256:
    """
    @notice Units that the account which `wallet` opens now held at a record instant.
    """
    return book._held_at(words._number(staticcall REGISTER.facts(wallet)), record)


@external
@view
def held_at_account(account: uint256, record: uint256) -> uint256:
    """
    @notice Units that an account held at a record instant.
    """
    return book._held_at(account, record)


@external
@view
def supply_at(record: uint256) -> uint256:
    return book._held_at(words.SUPPLY, record)


# ---- told by the register ----


@external
def told_of_recovery(old_wallet: address, new_wallet: address, account: uint256):
    assert msg.sender == REGISTER.address, "caller: not the register"
    log ISecurityToken.Transfer(
        sender=old_wallet, receiver=new_wallet, amount=book.accounts[account] & words.M96
    )
    log ISecurityToken.RecoverySuccess(lost=old_wallet, fresh=new_wallet, identity=new_wallet)


@external
def told_of_class(account: uint256, old_facts: uint256, new_facts: uint256):
    assert msg.sender == REGISTER.address, "caller: not the register"
    raw_call(BACK_OFFICE, msg.data, is_delegate_call=True)


@external
def told_of_epoch(epoch: uint256):
    assert msg.sender == REGISTER.address, "caller: not the register"
    book.state = (book.state & ~(words.M12 << 56)) | (epoch << 56)


# ---- all else ----


@external
@payable
@raw_return
def __default__() -> Bytes[ANSWER_MAX]:
    assert msg.value == 0, "token: takes no money"
    return raw_call(BACK_OFFICE, msg.data, max_outsize=ANSWER_MAX, is_delegate_call=True)
