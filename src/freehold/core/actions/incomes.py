"""What a payment is for tax, by the kind of its action, as dated data: forms, codes and limits.

A bond's coupon is interest, a share's dividend is one, rent is rent; what a redemption, maturity or call
pays back is principal, of which nothing is withheld here. The forms are those of the United States: a US
person gets the one named, a foreign person a 1042-S with the code of its appendix A. `verified` is False
where nobody has checked a line against its source, which is so for every line of this module: they have
to be confirmed before a file is made by them. Informational, not legal advice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from freehold.core.actions.kinds import Kind


class Income(StrEnum):
    """What a payment is, where the forms of a year ask for it."""

    DIVIDEND = "dividend"
    LIQUIDATION = "liquidation"
    INTEREST = "interest"
    RENT = "rent"
    OTHER = "other"
    PRINCIPAL = "principal"


DIVIDENDS, INTEREST, MISCELLANEOUS, FOREIGN = "1099-DIV", "1099-INT", "1099-MISC", "1042-S"
INCOME_OF: Mapping[Kind, Income] = {
    Kind.COUPON: Income.INTEREST,
    Kind.RENT: Income.RENT,
    Kind.REVENUE_SHARE: Income.OTHER,
    Kind.REDEMPTION: Income.PRINCIPAL,
    Kind.MATURITY: Income.PRINCIPAL,
    Kind.CALL: Income.PRINCIPAL,
    Kind.TENDER: Income.PRINCIPAL,
}
"""Every other kind that pays money pays a dividend."""


@dataclass(frozen=True, slots=True)
class Reporting:
    """How an income is reported from a day on: the form of a US person and its box, from which amount of a
    year, in cents; box 1 of a foreign person's 1042-S."""

    income: Income
    since: date
    statement: str
    box: str
    least: int
    code: str
    cite: str
    verified: bool = False


REPORTED = (
    Reporting(
        Income.DIVIDEND, date(2018, 1, 1), DIVIDENDS, "box_1a_total_ordinary_dividends", 1_000, "06",
        "IRC 6042(a)",
    ),
    Reporting(
        Income.LIQUIDATION, date(2018, 1, 1), DIVIDENDS, "box_9_cash_liquidation_distributions",
        60_000, "37", "IRC 6043; instructions for Form 1099-DIV",
    ),
    Reporting(
        Income.INTEREST, date(2018, 1, 1), INTEREST, "box_1_interest_income", 1_000, "01",
        "IRC 6049(a)",
    ),
    Reporting(
        Income.RENT, date(2018, 1, 1), MISCELLANEOUS, "box_1_rents", 60_000, "14", "IRC 6041(a)"
    ),
    Reporting(
        Income.OTHER, date(2018, 1, 1), MISCELLANEOUS, "box_3_other_income", 60_000, "23",
        "IRC 6041(a)",
    ),
)  # fmt: skip
"""Codes of 1042-S: interest paid by US obligors, dividends, real property income, other income, return of
capital, which stands for a distribution in liquidation. Tax is taken of the whole amount of a dividend or a
liquidation where the agent does not elect otherwise (Treas. Reg. 1.1441-3(c)(1))."""


@dataclass(frozen=True, slots=True)
class Exemption:
    """An income of which nothing is withheld from a foreign person with a valid form, from a day on; `code`
    is that of box 3a of Form 1042-S."""

    income: Income
    since: date
    code: str
    cite: str
    verified: bool = False


EXEMPT = (Exemption(Income.INTEREST, date(1984, 7, 19), "05", "IRC 871(h), 881(c)"),)
"""Portfolio interest: of an obligation in registered form, which every class here is. It is none for who
owns 10 per cent of the voting power, and for a bank that lends: his own rate stands in his form then."""


def income_of(kind: Kind) -> Income:
    """What the money of a kind of action is."""
    return INCOME_OF.get(kind, Income.DIVIDEND)


def reporting(income: Income, day: date) -> Reporting | None:
    """How an income is reported on a day; None where it is not, or no line is that old."""
    known = [one for one in REPORTED if one.income is income and one.since <= day]
    return max(known, key=lambda one: one.since, default=None)


def exemption(income: Income, day: date) -> Exemption | None:
    """The exemption of an income on a day; None where there is none."""
    known = [one for one in EXEMPT if one.income is income and one.since <= day]
    return max(known, key=lambda one: one.since, default=None)
