# pragma version 0.4.3
"""
@title Coins
@license Apache-2.0
@notice Money that a contract takes and gives: any ERC-20 of 0 to 18 decimals that answers true and
        moves what it was told. A coin that returns nothing, or keeps a fee, is refused when it comes in.
"""
from ethereum.ercs import IERC20

DECIMALS_MAX: constant(uint8) = 18
CALL_GAS: constant(uint256) = 150_000  # what must be left for one payment, whatever the coin does

interface IDecimals:
    def decimals() -> uint8: view


@internal
@view
def _need_coin(coin: address):
    assert coin.is_contract, "cash: no contract"
    assert staticcall IDecimals(coin).decimals() <= DECIMALS_MAX, "cash: over 18 decimals"


@internal
def _take(coin: address, giver: address, amount: uint256):
    """
    @dev Moves exactly `amount` here, or fails with what is wrong with the coin.
    """
    before: uint256 = staticcall IERC20(coin).balanceOf(self)
    answer: Bytes[32] = raw_call(
        coin,
        abi_encode(
            giver, self, amount, method_id=method_id("transferFrom(address,address,uint256)")
        ),
        max_outsize=32,
    )
    assert len(answer) == 32, "cash: returns nothing"
    assert convert(answer, uint256) == 1, "cash: refused"
    assert staticcall IERC20(coin).balanceOf(self) == before + amount, "cash: moves another amount"


@internal
def _give(coin: address, payee: address, amount: uint256) -> bool:
    """
    @dev Whether the coin moved `amount` to the payee; a coin that refuses him stops nobody else.
    """
    assert msg.gas > CALL_GAS, "gas: too little"
    done: bool = False
    answer: Bytes[32] = b""
    done, answer = raw_call(
        coin,
        abi_encode(payee, amount, method_id=method_id("transfer(address,uint256)")),
        max_outsize=32,
        revert_on_failure=False,
    )
    return done and len(answer) == 32 and convert(answer, uint256) == 1
