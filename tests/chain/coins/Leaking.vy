# pragma version 0.4.3
# A coin for tests of the cash book: its maker can let coins of anybody vanish without a word.

event Transfer:
    sender: indexed(address)
    receiver: indexed(address)
    amount: uint256

decimals: public(uint8)
symbol: public(String[8])
balanceOf: public(HashMap[address, uint256])
allowance: public(HashMap[address, HashMap[address, uint256]])
maker: address

@deploy
def __init__():
    self.decimals = 6
    self.symbol = "LEAK"
    self.maker = msg.sender
    self.balanceOf[msg.sender] = 10 ** 18

@external
def leak(owner: address, amount: uint256):
    assert msg.sender == self.maker
    self.balanceOf[owner] -= amount

@external
def approve(spender: address, amount: uint256) -> bool:
    self.allowance[msg.sender][spender] = amount
    return True

@external
def transfer(to: address, amount: uint256) -> bool:
    self._move(msg.sender, to, amount)
    return True

@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    self.allowance[owner][msg.sender] -= amount
    self._move(owner, to, amount)
    return True

@internal
def _move(owner: address, to: address, amount: uint256):
    self.balanceOf[owner] -= amount
    self.balanceOf[to] += amount
    log Transfer(sender=owner, receiver=to, amount=amount)
