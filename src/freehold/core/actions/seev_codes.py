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


class Offered(NamedTuple):
    """An option of an action: its code, and the currency of money, empty where there is one alone."""

    code: str
    currency: str = ""


def event_code(terms: Terms) -> str:
    """The event's code, such as DVCA; a dividend that can be re-invested is a DRIP."""
    reinvests = terms.kind is Kind.CASH_DIVIDEND and terms.options.price is not None
    return "DRIP" if reinvests else TRAITS[terms.kind].iso


def taking(terms: Terms) -> Taking:
    """Whether a holder takes part; where he may choose how he is paid, he chooses."""
    return Taking.CHOICE if terms.options.choices else CODES[terms.kind].taking


def options_of(terms: Terms) -> tuple[Offered, ...]:
    """The options of an action: money in each currency, units that money is re-invested in."""
    if terms.oversubscription:
        return Offered("EXER"), Offered("OVER"), Offered("LAPS")
    paid = terms.options
    codes = (paid.base, *paid.codes) if paid.currencies else ("",)
    found = [
        Offered(code, currency)
        for code in CODES[terms.kind].options
        for currency in (codes if code == "CASH" else ("",))
    ]
    return (*found, *((Offered("SECU"),) if paid.price is not None else ()))


def default_of(terms: Terms) -> Offered:
    """What holds for who says nothing."""
    paid = terms.options
    return Offered(CODES[terms.kind].default, paid.default or paid.base if paid.currencies else "")


def taken(terms: Terms, currency: str = "", reinvested: bool = False) -> Offered:
    """The option by which somebody gets units or money; `currency` empty for the action's own coin."""
    if reinvested:
        return Offered("SECU")
    code = next((one for one in CODES[terms.kind].options if one not in ("LAPS", "NOAC")), "")
    paid = terms.options
    return Offered(code, (currency or paid.base) if code == "CASH" and paid.currencies else "")
