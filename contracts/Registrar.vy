# pragma version 0.4.3
# pragma optimize codesize
# pragma evm-version cancun
"""
@title Registrar
@license Apache-2.0
@notice Deploys the instruments of one chain from one blueprint and knows them all. An issuer's register
        must have given it the power LIST; whoever asks must hold ISSUE there.
@custom:halt Take its power LIST in a register away: it can then add nothing there.
@custom:assumptions The blueprint and the desks are this repository's; the addresses are fixed for ever.
"""
from interfaces import IHolders
from modules import powers

OPENING_MAX: constant(uint256) = 8192

event InstrumentDeployed:
    token: indexed(address)
    register: indexed(address)
    number: uint256

interface IRegister:
    def list_instrument(token: address): nonpayable

BLUEPRINT: public(immutable(address))
TRANSFER_DESK: public(immutable(address))
BACK_OFFICE: public(immutable(address))
instruments: public(HashMap[uint256, address])
count: public(uint256)
register_of: public(HashMap[address, address])


@deploy
def __init__(blueprint: address, transfer_desk: address, back_office: address):
    BLUEPRINT = blueprint
    TRANSFER_DESK = transfer_desk
    BACK_OFFICE = back_office


@external
def deploy(register: address, opening: Bytes[OPENING_MAX]) -> address:
    """
    @notice Deploy one instrument. `opening` is the call to the back office that writes its name, terms,
            limits and first powers, all visible in the transaction.
    """
    assert staticcall IHolders(register).has_power(msg.sender, powers.ISSUE), "power: not held"
    token: address = create_from_blueprint(
        BLUEPRINT, register, TRANSFER_DESK, BACK_OFFICE, self, opening
    )
    self.count += 1
    self.instruments[self.count] = token
    self.register_of[token] = register
    extcall IRegister(register).list_instrument(token)
    log InstrumentDeployed(token=token, register=register, number=self.count)
    return token
