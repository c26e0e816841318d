# pragma version 0.4.3
"""
@notice A coin with a bad habit: 1 keeps a fee, 2 returns nothing, 3 answers false, 4 calls back into
        whoever it pays from, 5 refuses one payee; 0 is a good one.
"""

balanceOf: public(HashMap[address, uint256])
decimals: public(uint8)
habit: public(uint256)
victim: public(address)
call_back: public(Bytes[1024])
answered: public(bool)


@deploy
def __init__(decimals: uint8):
    self.decimals = decimals


@external
def behave(habit: uint256, victim: address, call_back: Bytes[1024]):
    self.habit = habit
    self.victim = victim
    self.call_back = call_back


@external
def issue(to: address, amount: uint256):
    self.balanceOf[to] += amount


@external
def approve(spender: address, amount: uint256) -> bool:
    return True


@external
@raw_return
def transferFrom(owner: address, to: address, amount: uint256) -> Bytes[32]:
    return self._answer(owner, to, amount)


@external
@raw_return
def transfer(to: address, amount: uint256) -> Bytes[32]:
    return self._answer(msg.sender, to, amount)


@internal
def _answer(owner: address, to: address, amount: uint256) -> Bytes[32]:
    assert not (self.habit == 5 and to == self.victim), "coin: refused"
    if self.habit == 4:
        self.answered = raw_call(self.victim, self.call_back, revert_on_failure=False)
    self.balanceOf[owner] -= amount
    self.balanceOf[to] += amount - (1 if self.habit == 1 else 0)
    if self.habit == 2:
        return b""
    return abi_encode(self.habit != 3)
