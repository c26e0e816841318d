# pragma version 0.4.3
"""
@title Powers
@license Apache-2.0
@notice One word per power holder: the powers in force, the announced ones and the moment these take
        over. A change needs the power GRANT and becomes effective by itself after the delay, so
        everybody can see it coming. Giving up one's own powers needs no delay.
"""
from interfaces import IPowers
from modules import words

GRANT: constant(uint256) = 1 << 0
ADMIT: constant(uint256) = 1 << 1
FREEZE: constant(uint256) = 1 << 2
ISSUE: constant(uint256) = 1 << 3
REDEEM: constant(uint256) = 1 << 4
FORCE: constant(uint256) = 1 << 5
HALT: constant(uint256) = 1 << 6
RULES: constant(uint256) = 1 << 7
RECORD: constant(uint256) = 1 << 8
ACTION: constant(uint256) = 1 << 9
CONFIRM: constant(uint256) = 1 << 10
RECOVER: constant(uint256) = 1 << 11
DOCUMENT: constant(uint256) = 1 << 12
VENUE: constant(uint256) = 1 << 13
LIST: constant(uint256) = 1 << 14
INFORM: constant(uint256) = 1 << 15

# in force 0..63 | announced 64..127 | effective 128..167
holders: HashMap[address, uint256]
delay: uint256


@internal
@view
def _of(who: address) -> uint256:
    word: uint256 = self.holders[who]
    if block.timestamp >= (word >> 128) & words.M40:
        return (word >> 64) & ((1 << 64) - 1)
    return word & ((1 << 64) - 1)


@internal
@view
def _need(power: uint256):
    assert self._of(msg.sender) & power == power, "power: not held"


@internal
def _announce(who: address, powers: uint256, effective: uint256):
    assert who != empty(address), "power: no holder"
    assert powers >> 64 == 0, "power: unknown"
    self.holders[who] = self._of(who) | (powers << 64) | (effective << 128)
    log IPowers.PowersAnnounced(account=who, powers=powers, effective=effective)


@internal
def _grant(who: address, powers: uint256):
    """
    @dev The holder of GRANT announces; taking one's own powers away is immediate.
    """
    # what is announced for oneself already cannot be dodged: only what stays may be kept
    announced: uint256 = (self.holders[who] >> 64) & ((1 << 64) - 1)
    if who == msg.sender and powers & ~(self._of(who) & announced) == 0:
        self._announce(who, powers, block.timestamp)
        return
    self._need(GRANT)
    self._announce(who, powers, block.timestamp + self.delay)
