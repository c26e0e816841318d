# pragma version 0.4.3
"""
@title A contract that accepts, refuses and counts, for the tests of sending
"""

event Entered:
    instruction: bytes32
    n: uint256

n: public(uint256)
opened: public(bool)


@external
def enter(instruction: bytes32):
    self.n += 1
    log Entered(instruction=instruction, n=self.n)


@external
def open_it():
    self.opened = True


@external
def enter_opened(instruction: bytes32):
    assert self.opened, "gate: closed"
    self.n += 1
    log Entered(instruction=instruction, n=self.n)


@external
def enter_once(instruction: bytes32):
    assert self.n == 0, "transfer refused: 150"
    self.n += 1
    log Entered(instruction=instruction, n=self.n)


@external
def refuse(code: uint256):
    raise concat("transfer refused: ", uint2str(code))


@external
def typed():
    raw_revert(abi_encode(msg.sender, method_id=method_id("ERC7943CannotSend(address)")))


@external
def overflow(most: uint256):
    self.n = most + 1
