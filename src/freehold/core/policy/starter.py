"""The rules an imported company starts with: a private placement, until its own policy replaces them.

Classes of persons: accredited investors, other persons in the US (or of unknown residence), persons
outside the US. Units are issued to all three; a sale may go to an accredited investor or abroad.
Restricted units keep the clocks of the exemption they were issued under (17 CFR 230.144(d) for a
non-reporting issuer: a year; 230.903(b)(3): a year; 227.501: a year) and until then go only where
the exemption's resale paths lead by class alone. Informational, not legal advice.
"""

from datetime import date
from enum import IntEnum

from freehold.core.acts import Lot
from freehold.core.clock import LAST_DAY, day_number, release_day
from freehold.core.facts import Kind, Vintage, pack_vintage
from freehold.core.holder import Holder
from freehold.core.ids import record_hash
from freehold.core.policy.compiled import Rules
from freehold.core.reasons import Reason

MOST_HOLDERS = 1_999
"""Exchange Act 12(g)(1)(A): registration starts at 2,000 holders of record."""


class HolderClass(IntEnum):
    """The classes of persons these rules tell apart."""

    ACCREDITED = 1
    OTHER_US = 2
    OUTSIDE_US = 3


class Family(IntEnum):
    """Under what restricted units were issued; it decides their clocks and ways out."""

    REG_D = 1
    REG_S = 2
    REG_CF = 3
    LOCK_UP = 4


_NAMES = {
    Family.REG_D: ("REGD", "REGULATIOND", "506", "504", "4(A)(2)", "701", "RULE144"),
    Family.REG_S: ("REGS", "REGULATIONS"),
    Family.REG_CF: ("REGCF", "CROWDFUNDING"),
    Family.LOCK_UP: ("LOCKUP",),
}
POLICY_ID = record_hash({"policy": "private placement", "version": 1})
WITHOUT_LIMIT = record_hash({"policy": "private placement of any number of holders", "version": 1})
"""The same rules for a class that more than MOST_HOLDERS have, or had, when it is brought in: whoever takes
over the register of a company that is registered, or ought to be, takes all of its holders over."""
STARTING = (POLICY_ID, WITHOUT_LIMIT)
_EVERYBODY = frozenset(map(int, HolderClass))
_BUYERS = frozenset({int(HolderClass.ACCREDITED), int(HolderClass.OUTSIDE_US)})
_WITHOUT_PRICE = (Kind.GIFT, Kind.TRUST, Kind.ESTATE, Kind.DIVORCE, Kind.TO_ISSUER)


def policy_for(holders: int) -> str:
    """The starting rules of a class that so many holders have, or had."""
    return POLICY_ID if holders <= MOST_HOLDERS else WITHOUT_LIMIT


def rules(policy: str = POLICY_ID) -> Rules:
    """The starting rules as data; `policy` is one of STARTING."""
    open_to_all: dict[tuple[int, int, int], frozenset[int]] = {
        (kind, seller, 0): _EVERYBODY for kind in _WITHOUT_PRICE for seller in HolderClass
    }
    refused = HolderClass.OTHER_US
    return Rules(
        active=True,
        sale={int(seller): _BUYERS for seller in HolderClass},
        sellable={(Kind.ISSUE, 0, 0): _EVERYBODY, **open_to_all},
        why={(Kind.SALE, seller, refused): Reason.NOT_ACCREDITED for seller in HolderClass},
        most_holders=None if policy == WITHOUT_LIMIT else MOST_HOLDERS,
    )


def class_of(holder: Holder) -> HolderClass:
    """The class a person has before anybody has shown more: by residence alone."""
    return HolderClass.OTHER_US if holder.country in ("US", "") else HolderClass.OUTSIDE_US


def families_of(lot: Lot) -> tuple[Family, ...]:
    """The families that a lot's stated exemptions and legends name, in the order of their numbers."""
    words = " ".join((*lot.exemptions, lot.family)).upper().replace(" ", "")
    return tuple(family for family, names in _NAMES.items() if any(name in words for name in names))


def vintage_of(lot: Lot, today: date) -> int:
    """The terms of a restricted lot as their word; 0 where no clock runs any more, or none was set.

    A contractual lock-up of which no end is known runs until further notice.
    """
    families = families_of(lot)
    free = day_number(release_day(lot.acquired, 12))
    year = free > day_number(today)
    if not (Family.LOCK_UP in families or (families and year)):
        return 0
    accredited, abroad = 1 << HolderClass.ACCREDITED, 1 << HolderClass.OUTSIDE_US
    foreign, crowd = Family.REG_S in families, Family.REG_CF in families
    held = year and (foreign or Family.REG_D in families)
    vintage = Vintage(
        acquired=day_number(lot.acquired),
        a_free=free if held else 0,
        b_over=free if year and foreign else 0,
        c_over=free if year and crowd else 0,
        d_over=LAST_DAY if Family.LOCK_UP in families else 0,
        family=families[0],
        exits=(abroad if foreign else accredited, abroad, accredited, 0),
    )
    return pack_vintage(vintage)


def class_by(attributes: frozenset[str], country: str) -> int:
    """The class of a person of whom attributes are shown; `country` decides nothing here."""
    if "accredited" in attributes:
        return int(HolderClass.ACCREDITED)
    return int(HolderClass.OTHER_US if "us_person" in attributes else HolderClass.OUTSIDE_US)
