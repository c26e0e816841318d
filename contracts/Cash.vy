# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
"""
@title Cash
@license Apache-2.0
@notice A plain ERC-20 with permit and ERC-3009 that stands for money on a local ledger. Real offerings
        settle in a real coin; this one is issued by whoever deployed it.
@custom:halt Nothing to halt: it serves example worlds, tests and measurements.
"""
from modules import signed

event Transfer:
    sender: indexed(address)
    receiver: indexed(address)
    amount: uint256

event Approval:
    owner: indexed(address)
    spender: indexed(address)
    amount: uint256

event AuthorizationUsed:
    authorizer: indexed(address)
    nonce: indexed(bytes32)

event AuthorizationCanceled:
    authorizer: indexed(address)
    nonce: indexed(bytes32)

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

name: public(String[32])
symbol: public(String[8])
decimals: public(immutable(uint8))
NAME_HASH: immutable(bytes32)
ISSUER: immutable(address)
totalSupply: public(uint256)
balanceOf: public(HashMap[address, uint256])
allowance: public(HashMap[address, HashMap[address, uint256]])
nonces: public(HashMap[address, uint256])
authorizationState: public(HashMap[address, HashMap[bytes32, bool]])


@deploy
def __init__(name_: String[32], symbol_: String[8], decimals_: uint8):
    self.name = name_
    self.symbol = symbol_
    decimals = decimals_
    NAME_HASH = keccak256(name_)
    ISSUER = msg.sender


@external
def issue(to: address, amount: uint256):
    """
    @notice Put money into a wallet; only the deployer.
    """
    assert msg.sender == ISSUER, "caller: not the issuer"
    self.totalSupply += amount
    self.balanceOf[to] += amount
    log Transfer(sender=empty(address), receiver=to, amount=amount)


@external
def transfer(to: address, amount: uint256) -> bool:
    self._move(msg.sender, to, amount)
    return True


@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    allowed: uint256 = self.allowance[owner][msg.sender]
    if allowed != max_value(uint256):
        assert amount <= allowed, "cash: allowance too small"
        self.allowance[owner][msg.sender] = allowed - amount
    self._move(owner, to, amount)
    return True


@external
def approve(spender: address, amount: uint256) -> bool:
    self._approve(msg.sender, spender, amount)
    return True


@external
@view
def DOMAIN_SEPARATOR() -> bytes32:
    return signed._separator(NAME_HASH)


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
    nonce: uint256 = self.nonces[owner]
    self.nonces[owner] = nonce + 1
    content: bytes32 = keccak256(abi_encode(PERMIT, owner, spender, amount, nonce, deadline))
    self._need_signature(owner, content, v, r, s)
    self._approve(owner, spender, amount)


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
    self._move(owner, to, amount)


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
    self._move(owner, to, amount)


@external
def cancelAuthorization(authorizer: address, nonce: bytes32, v: uint8, r: bytes32, s: bytes32):
    assert not self.authorizationState[authorizer][nonce], "authorization: used before"
    self._need_signature(authorizer, keccak256(abi_encode(CANCEL, authorizer, nonce)), v, r, s)
    self.authorizationState[authorizer][nonce] = True
    log AuthorizationCanceled(authorizer=authorizer, nonce=nonce)


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
    assert not self.authorizationState[owner][nonce], "authorization: used before"
    content: bytes32 = keccak256(
        abi_encode(type_hash, owner, to, amount, valid_after, valid_before, nonce)
    )
    self._need_signature(owner, content, v, r, s)
    self.authorizationState[owner][nonce] = True
    log AuthorizationUsed(authorizer=owner, nonce=nonce)


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
def _approve(owner: address, spender: address, amount: uint256):
    self.allowance[owner][spender] = amount
    log Approval(owner=owner, spender=spender, amount=amount)


@internal
def _move(sender: address, to: address, amount: uint256):
    assert to != empty(address), "cash: no receiver"
    assert amount <= self.balanceOf[sender], "cash: balance too small"
    self.balanceOf[sender] -= amount
    self.balanceOf[to] += amount
    log Transfer(sender=sender, receiver=to, amount=amount)
