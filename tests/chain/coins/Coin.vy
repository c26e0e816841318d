# pragma version 0.4.3
# A coin for tests of the probe: its faults are chosen when it is deployed.

event Transfer:
    sender: indexed(address)
    receiver: indexed(address)
    amount: uint256

decimals: public(uint8)
symbol: public(String[8])
balanceOf: public(HashMap[address, uint256])
fee_bps: uint256
answer: uint256

@deploy
def __init__(decimals_: uint8, fee_bps: uint256, answer: uint256):
    self.decimals = decimals_
    self.symbol = "BAD"
    self.fee_bps = fee_bps
    self.answer = answer
    self.balanceOf[msg.sender] = 10 ** 12

@external
def transfer(to: address, amount: uint256) -> uint256:
    assert self.answer != 9, "coin: stopped"
    fee: uint256 = amount * self.fee_bps // 10000
    self.balanceOf[msg.sender] -= amount
    self.balanceOf[to] += amount - fee
    log Transfer(sender=msg.sender, receiver=to, amount=amount - fee)
    return self.answer
