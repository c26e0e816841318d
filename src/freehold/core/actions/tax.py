"""What a United States issuer withholds from a payment to a holder, and which statement he files.

US persons who have certified their number on Form W-9 are paid in full (Form 1099-DIV); without it
backup withholding applies (IRC 3406). Foreign persons pay 30 per cent, or a treaty's rate if a valid
Form W-8BEN with a number claims it (IRC 871, 1441; Form 1042-S). A W-8BEN serves until the end of the
third calendar year after its signature (unverified). An entity that is not shown to be exempt from
FATCA pays 30 per cent whatever its treaty says (IRC 1471, unverified). US tax follows citizenship too:
who is a US person here is not who is one under Regulation S. Rates are dated data. Informational, not
legal advice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Any

from freehold.core.actions.incomes import DIVIDENDS, FOREIGN, Income, exemption, reporting
from freehold.core.errors import Invalid, Mistake
from freehold.core.policy.vectors import Field, Kind
from freehold.core.policy.vectors import Form as Kept
from freehold.core.reasons import Reason


class Form(StrEnum):
    """The form on file."""

    NONE = "none"
    W9 = "w9"
    W8BEN = "w8ben"
    W8BENE = "w8bene"


@dataclass(frozen=True, slots=True)
class Rates:
    """The rates from a day on; from which dividends of a year, in cents, 1099-DIV is due."""

    since: date
    backup: Fraction
    foreign: Fraction
    fatca: Fraction
    form_years: int
    statement_from: int


RATES = (
    Rates(date(2018, 1, 1), Fraction(24, 100), Fraction(30, 100), Fraction(30, 100), 3, 1_000),
)
"""IRC 3406(a)(1), 871(a), 1441, 1471(a); Treas. Reg. 1.1441-1(e)(4)(ii); IRC 6042(b)."""


@dataclass(frozen=True, slots=True)
class Payee:
    """What is on file about a holder. `treaty` is the rate that his form claims, None for none.

    `own` is a rate that stands for this person alone, by a ruling or an exemption, and comes before
    every other; `residence` is where he is taxed, which only other countries than the US ask for.
    """

    us_person: bool
    form: Form = Form.NONE
    tin_certified: bool = False
    signed: date | None = None
    treaty: Fraction | None = None
    fatca_exempt: bool = True
    own: Fraction | None = None
    residence: str = ""


@dataclass(frozen=True, slots=True)
class Treatment:
    """The rate for a payee on a day and how it came about, before any amount is known.

    `chapter` is 3 or 4 of the Internal Revenue Code where the tax is of Form 1042-S, else 0;
    `statement` the form it is filed on, `reclaimable` the part of the rate that a treaty lets the
    holder claim back afterwards, `verified` whether the rate was checked against its source.
    """

    rate: Fraction
    rule: str
    cite: str
    statement: str
    code: Reason = Reason.OK
    form_valid_until: date | None = None
    chapter: int = 0
    reclaimable: Fraction = Fraction(0)
    verified: bool = True


@dataclass(frozen=True, slots=True)
class Withholding:
    """The tax on one payment, in cents, and how it came about. `code` is 195 where a form is missing
    or has run out and the full rate is taken for it; `statement` is the form filed, empty for none."""

    withheld: int
    paid: int
    rate: Fraction
    rule: str
    cite: str
    statement: str
    code: Reason = Reason.OK
    form_valid_until: date | None = None


def withhold(payee: Payee, gross: int, day: date) -> Withholding:
    """What to withhold from `gross` cents paid on `day`; a half cent is withheld as a whole one.

    Raises Invalid for a negative amount, or a day before the first rates.
    """
    if gross < 0:
        raise Invalid(f"gross {gross} is negative: a payment is at least 0", field="gross")
    what = treatment(payee, day)
    withheld = int(gross * what.rate + Fraction(1, 2))
    statement = what.statement
    if statement == DIVIDENDS and gross < _rates_on(day).statement_from and not withheld:
        statement = ""
    return Withholding(
        withheld,
        gross - withheld,
        what.rate,
        what.rule,
        what.cite,
        statement,
        what.code,
        what.form_valid_until,
    )


def treatment(payee: Payee, day: date, income: Income = Income.DIVIDEND) -> Treatment:
    """The rate that a US issuer withholds of an income from this payee on a day.

    A treaty's rate is one on dividends and is taken of nothing else but what a liquidation pays.

    Raises Invalid for a day before the first rates.
    """
    rates = _rates_on(day)
    until = valid_until(payee.form, payee.signed, day)
    valid = until is not None and day <= until
    rate, rule, cite, code, chapter = _rate(payee, rates, valid, income, day)
    reported = reporting(income, day)
    statement = FOREIGN if rule == "US-NRA" else reported.statement if reported else DIVIDENDS
    checked = chapter != 4 and rate != payee.treaty and income is Income.DIVIDEND
    return Treatment(rate, rule, cite, statement, code, until, chapter, verified=checked)


def note(what: Treatment, day: date) -> str:
    """Why the default rate is taken for a form, in a sentence; empty where a form decided, or none was
    needed."""
    if what.code != Reason.TAX_FORM_MISSING:
        return ""
    until = what.form_valid_until
    if until is not None and until < day:
        return f"the form ran out on {until}: the default rate applies until there is a new one"
    return "no valid form is on file: the default rate applies"


def _rates_on(day: date) -> Rates:
    known = [one for one in RATES if one.since <= day]
    if not known:
        raise Invalid(
            f"no rates are known for {day}; the first are of {RATES[0].since}", field="day"
        )
    return max(known, key=lambda one: one.since)


def valid_until(form: Form, signed: date | None, day: date) -> date | None:
    """The last day of a foreign person's form by the rates of `day`; None where there is none."""
    if form not in (Form.W8BEN, Form.W8BENE) or signed is None:
        return None
    return date(signed.year + _rates_on(day).form_years, 12, 31)


def _rate(
    payee: Payee, rates: Rates, valid: bool, income: Income, day: date
) -> tuple[Fraction, str, str, Reason, int]:
    if payee.us_person:
        if payee.form is Form.W9 and payee.tin_certified:
            return Fraction(0), "US-BWH", "IRC 6042", Reason.OK, 0
        return rates.backup, "US-BWH", "IRC 3406(a)(1)(A)", Reason.TAX_FORM_MISSING, 0
    if payee.form is Form.W8BENE and not payee.fatca_exempt:
        return rates.fatca, "US-NRA", "IRC 1471(a)", Reason.OK, 4
    if payee.own is not None and valid:
        return payee.own, "US-NRA", "IRC 1441(c)", Reason.OK, 3
    if not valid:
        return rates.foreign, "US-NRA", "IRC 1441(a)", Reason.TAX_FORM_MISSING, 3
    if exempt := exemption(income, day):
        return Fraction(0), "US-NRA", exempt.cite, Reason.OK, 3
    of_treaty = income in (Income.DIVIDEND, Income.LIQUIDATION)
    if payee.treaty is not None and payee.tin_certified and of_treaty:
        return payee.treaty, "US-NRA", "IRC 894(a), 1441", Reason.OK, 3
    return rates.foreign, "US-NRA", "IRC 871(a), 1441(a)", Reason.OK, 3


# ---- vectors ----


def _judged(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    treaty = facts.get("treaty_percent")
    form = facts.get("form", Form.NONE)
    if form in (Form.W8BEN, Form.W8BENE) and "signed" not in facts:
        raise Invalid(
            "a fact is missing", [Mistake("signed", "is missing: when the form was signed")]
        )
    payee = Payee(
        facts["us_person"],
        Form(form),
        facts.get("tin_certified", False),
        facts.get("signed"),
        Fraction(treaty) / 100 if treaty is not None else None,
        facts.get("fatca_exempt", True),
    )
    found = withhold(payee, facts["gross"], facts["day"])
    return {
        "withheld": found.withheld,
        "paid": found.paid,
        "statement": found.statement,
        "rule": found.rule,
        "code": int(found.code),
        "form_valid_until": found.form_valid_until,
    }


KIND = Kind(
    "withholding",
    "what is withheld from a payment to a holder, and which statement is filed",
    (
        Field("gross", Kept.WHOLE, "the payment, in cents"),
        Field("day", Kept.DAY, "the day of the payment"),
        Field("us_person", Kept.YES_NO, "whether the payee is a US person for tax"),
        Field("form", Kept.TEXT, "the form on file", required=False, choices=tuple(Form)),
        Field(
            "tin_certified", Kept.YES_NO, "whether a taxpayer number is certified", required=False
        ),
        Field("signed", Kept.DAY, "when a W-8BEN was signed", required=False),
        Field("treaty_percent", Kept.NUMBER, "the treaty's rate, per cent", required=False),
        Field(
            "fatca_exempt", Kept.YES_NO, "whether FATCA lets it be; yes if left out", required=False
        ),
    ),
    (
        Field("withheld", Kept.WHOLE, "the tax withheld, in cents"),
        Field("paid", Kept.WHOLE, "what is paid out, in cents"),
        Field("statement", Kept.TEXT, "1099-DIV, 1042-S, or empty"),
        Field("rule", Kept.TEXT, "the catalogue's id of the rule"),
        Field("code", Kept.WHOLE, "195 if the full rate stands in for a form, else 0"),
        Field("form_valid_until", Kept.DAY, "the last day of a W-8BEN"),
    ),
    _judged,
)
