"""How ISO 20022 names each kind of action: event code, who decides, options, the rate that is stated.

The codes are those of the external code sets CAEV, CAMV and CAOP. A kind's event code stands in `kinds.py`.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from freehold.core.actions.kinds import TRAITS, Kind
from freehold.core.actions.terms import Terms


class Message(StrEnum):
    """A message definition; the version is that of the namespace."""

    NOTIFICATION = "seev.031"
    CONFIRMATION = "seev.036"
    CANCELLATION = "seev.039"


VERSIONS: Mapping[Message, str] = {
    Message.NOTIFICATION: "seev.031.001.14",
    Message.CONFIRMATION: "seev.036.001.15",
    Message.CANCELLATION: "seev.039.001.12",
}


class Taking(StrEnum):
    """Whether a holder takes part: he must, he must choose how, or he may."""

    MANDATORY = "MAND"
    CHOICE = "CHOS"
    VOLUNTARY = "VOLU"


class Stated(StrEnum):
    """The element in which an amount for one unit stands."""

    DIVIDEND = "GrssDvddRate"
    INTEREST = "IntrstRateUsdForPmt"
    PRICE = "GncCshPricRcvdPerPdct"


class Ratio(StrEnum):
    """The element in which a ratio of units stands: further ones, or new ones for old ones."""

    FURTHER = "AddtlQtyForExstgScties"
    NEW_FOR_OLD = "NewToOd"


class Codes(NamedTuple):
    """`options` in their order; `default` is what holds for who says nothing."""

    taking: Taking
    options: tuple[str, ...] = ("CASH",)
    default: str = "CASH"
    stated: Stated = Stated.DIVIDEND
    ratio: Ratio = Ratio.FURTHER


_UNITS = Codes(Taking.MANDATORY, ("SECU",), "SECU")
_REDEEMED = Codes(Taking.MANDATORY, stated=Stated.PRICE)
CODES: Mapping[Kind, Codes] = {
    Kind.CASH_DIVIDEND: Codes(Taking.MANDATORY),
    Kind.STOCK_DIVIDEND: _UNITS,
    Kind.SPLIT: _UNITS._replace(ratio=Ratio.NEW_FOR_OLD),
    Kind.REVERSE_SPLIT: _UNITS._replace(ratio=Ratio.NEW_FOR_OLD),
    Kind.RIGHTS_ISSUE: Codes(Taking.CHOICE, ("EXER", "LAPS"), "LAPS", ratio=Ratio.NEW_FOR_OLD),
    Kind.CONVERSION: _UNITS._replace(ratio=Ratio.NEW_FOR_OLD),
    Kind.TENDER: Codes(Taking.VOLUNTARY, ("CASH", "NOAC"), "NOAC", Stated.PRICE),
    Kind.REDEMPTION: _REDEEMED,
    Kind.MATURITY: _REDEEMED,
    Kind.CALL: _REDEEMED,
    Kind.COUPON: Codes(Taking.MANDATORY, stated=Stated.INTEREST),
    Kind.REVENUE_SHARE: Codes(Taking.MANDATORY),
    Kind.RENT: Codes(Taking.MANDATORY),
    Kind.SPIN_OFF: _UNITS,
    Kind.NAME_CHANGE: Codes(Taking.MANDATORY, (), ""),
}


def event_code(kind: Kind) -> str:
    """The event's code, such as DVCA."""
    return TRAITS[kind].iso


def options_of(terms: Terms) -> tuple[str, ...]:
    """The options of an action: a rights issue that can be oversubscribed has one more."""
    options = CODES[terms.kind].options
    return ("EXER", "OVER", "LAPS") if terms.oversubscription else options


def taken(kind: Kind) -> str:
    """The option by which somebody gets units or money."""
    return next((one for one in CODES[kind].options if one not in ("LAPS", "NOAC")), "")
