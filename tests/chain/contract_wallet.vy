# pragma version 0.4.3
"""
@title A wallet that is a contract: one owner's key signs for it (ERC-1271), until he locks it
"""

owner: public(address)
locked: public(bool)


@deploy
def __init__(owner: address):
    self.owner = owner


@external
def set_locked(locked: bool):
    assert msg.sender == self.owner, "not the owner"
    self.locked = locked


@external
@view
def isValidSignature(digest: bytes32, signature: Bytes[65]) -> bytes4:
    assert not self.locked, "locked"
    if len(signature) != 65:
        return 0xffffffff
    r: uint256 = extract32(signature, 0, output_type=uint256)
    s: uint256 = extract32(signature, 32, output_type=uint256)
    v: uint256 = convert(slice(signature, 64, 1), uint256)
    if ecrecover(digest, v, r, s) == self.owner:
        return 0x1626ba7e
    return 0xffffffff
