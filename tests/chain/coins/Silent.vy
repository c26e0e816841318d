# pragma version 0.4.3
# A coin that returns nothing from transfer, as some of the oldest do.

decimals: public(uint8)
symbol: public(bytes32)
balanceOf: public(HashMap[address, uint256])

@deploy
def __init__():
    self.decimals = 6
    self.symbol = convert(b"OLD", bytes32)
    self.balanceOf[msg.sender] = 10 ** 12

@external
def transfer(to: address, amount: uint256):
    self.balanceOf[msg.sender] -= amount
    self.balanceOf[to] += amount
