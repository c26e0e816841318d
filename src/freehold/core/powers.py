"""What somebody may do to a register or an instrument: one bit for each power.

The same bits stand in `contracts/modules/powers.vy`, and a test compares the two. A power is held
over one contract: over an issuer's `Holders`, or over one instrument.
"""

from enum import IntFlag


class Powers(IntFlag):
    """The powers; a holder has any number of them."""

    GRANT = 1 << 0
    ADMIT = 1 << 1
    FREEZE = 1 << 2
    ISSUE = 1 << 3
    REDEEM = 1 << 4
    FORCE = 1 << 5
    HALT = 1 << 6
    RULES = 1 << 7
    RECORD = 1 << 8
    ACTION = 1 << 9
    CONFIRM = 1 << 10
    RECOVER = 1 << 11
    DOCUMENT = 1 << 12
    VENUE = 1 << 13
    LIST = 1 << 14
    INFORM = 1 << 15


ALL_POWERS = Powers((1 << 16) - 1)
NO_POWERS = Powers(0)
