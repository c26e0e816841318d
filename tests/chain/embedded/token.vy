# pragma version 0.4.3
# A plain token, and what is needed to see an engine do everything: logs, refusals, panics.

event Transfer:
    sender: indexed(address)
    receiver: indexed(address)
    amount: uint256

error_count: public(uint256)
balanceOf: public(HashMap[address, uint256])
totalSupply: public(uint256)
held: transient(uint256)

@deploy
@payable
def __init__():
    self.balanceOf[msg.sender] = 10 ** 24
    self.totalSupply = 10 ** 24
    log Transfer(sender=empty(address), receiver=msg.sender, amount=10 ** 24)

@external
def transfer(receiver: address, amount: uint256) -> bool:
    assert receiver != empty(address), "transfer: zero receiver"
    self.balanceOf[msg.sender] -= amount
    self.balanceOf[receiver] += amount
    log Transfer(sender=msg.sender, receiver=receiver, amount=amount)
    return True

@external
def burn(amount: uint256):
    self.balanceOf[msg.sender] -= amount
    self.totalSupply -= amount
    log Transfer(sender=msg.sender, receiver=empty(address), amount=amount)

@external
def refuse_raw(code: uint256):
    raw_revert(concat(method_id("Refused(uint256)"), convert(code, bytes32)))

@external
@payable
def forward(target: address, data: Bytes[1024]) -> Bytes[64]:
    """Call on, keep a note for this transaction, and swallow a failure."""
    self.held += 1
    if self.held > 1:
        self.error_count += 100
    ok: bool = False
    answer: Bytes[64] = b""
    ok, answer = raw_call(target, data, max_outsize=64, value=msg.value, revert_on_failure=False)
    if not ok:
        self.error_count += 1
    return answer

@external
def make(count: uint256, salt: bytes32) -> address:
    """Create copies of this contract as minimal proxies; some with a fixed salt."""
    made: address = empty(address)
    for i: uint256 in range(count, bound=4):
        made = create_minimal_proxy_to(self)
    made = create_minimal_proxy_to(self, salt=salt)
    return made

@external
@view
def today() -> uint256:
    return block.timestamp // 86400

@external
@view
def context() -> (uint256, uint256, address, uint256, uint256, bytes32):
    return block.number, block.timestamp, block.coinbase, block.basefee, chain.id, blockhash(block.number - 1)

@external
@view
def digest(data: Bytes[256]) -> (bytes32, bytes32, address):
    return keccak256(data), sha256(data), ecrecover(keccak256(data), 27, 1, 2)
