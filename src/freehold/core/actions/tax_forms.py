"""Forms of persons for tax, and what a year's payments make of them: 1099-DIV, 1042-S, a statement.

A form is read with every mistake at once. One that has run out, is signed in the future, or claims a
treaty that is not known is refused: nothing of it is kept. Rows of the files are shaped like the boxes
of the forms of the Internal Revenue Service; they are not filed from here. Informational, not tax advice.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from freehold.core.actions import tax
from freehold.core.actions.incomes import (
    DIVIDENDS,
    FOREIGN,
    INTEREST,
    MISCELLANEOUS,
    Income,
    exemption,
    reporting,
)
from freehold.core.actions.tax import Form, Payee
from freehold.core.actions.tax_regimes import treaty_rate
from freehold.core.clock import parse_day
from freehold.core.errors import Invalid, Mistake
from freehold.core.identifiers import parse_country
from freehold.core.ids import JSON
from freehold.core.units import format_units

CHAPTER3 = {
    "individual": "16",
    "corporation": "15",
    "partnership": "08",
    "trust": "21",
    "government": "12",
    "tax-exempt": "13",
}
"""Status codes of Form 1042-S, box 13f (unverified)."""
CHAPTER4 = {"individual": "23", "active-nffe": "22", "participating-ffi": "06", "none": "29"}
"""Status codes of Form 1042-S, box 13g; `none` is not shown to be exempt (unverified)."""
_FIELDS = (
    "form",
    "signed",
    "residence",
    "tin",
    "treaty",
    "chapter3",
    "chapter4",
    "own_rate",
    "why",
)
_US_TIN = re.compile(r"\d{3}-?\d{2}-?\d{4}|\d{2}-?\d{7}")


@dataclass(frozen=True, slots=True)
class TaxForm:
    """What a person filed. `own` is a rate by ruling or exemption, and `why` says which."""

    form: Form
    signed: date
    residence: str
    tin: str = ""
    treaty: bool = False
    chapter3: str = "individual"
    chapter4: str = "individual"
    own: Fraction | None = None
    why: str = ""

    def __repr__(self) -> str:
        return f"TaxForm({self.form}, ...)"


def read_form(given: Mapping[str, Any], today: date) -> TaxForm:
    """A form from plain values. Raises Invalid with every mistake."""
    wrong = [
        Mistake(name, f"is not known; a form has {', '.join(_FIELDS)}")
        for name in given
        if name not in _FIELDS
    ]
    form = _choice(given, "form", [str(one) for one in Form if one is not Form.NONE], wrong)
    signed = _read(lambda: parse_day(str(given.get("signed", "")), "signed"), "signed", wrong)
    place = str(given.get("residence") or ("US" if form == Form.W9 else ""))
    residence = _read(lambda: parse_country(place, "residence"), "residence", wrong)
    tin, why = str(given.get("tin") or "").strip(), str(given.get("why") or "").strip()
    treaty = bool(given.get("treaty", False))
    chapter3 = _choice(given, "chapter3", list(CHAPTER3), wrong, "individual")
    usual = "individual" if form != Form.W8BENE else "none"
    chapter4 = _choice(given, "chapter4", list(CHAPTER4), wrong, usual)
    own = _own(given.get("own_rate"), why, wrong)
    if form == Form.W9 and not _US_TIN.fullmatch(tin):
        wrong.append(Mistake("tin", "a W-9 certifies a US number: 123-45-6789 or 12-3456789"))
    if treaty and not tin:
        wrong.append(Mistake("tin", "is missing: a treaty's rate needs a taxpayer number"))
    if signed and residence and form:
        wrong += _in_time(Form(form), signed, residence, treaty, today)
    if wrong or signed is None or residence is None:
        raise Invalid(f"the tax form has {len(wrong)} mistakes: nothing was kept", wrong)
    return TaxForm(Form(form), signed, residence, tin, treaty, chapter3, chapter4, own, why)


def _in_time(form: Form, signed: date, residence: str, treaty: bool, today: date) -> list[Mistake]:
    wrong = []
    if signed > today:
        wrong.append(Mistake("signed", f"{signed} has not come: it is {today}"))
    until = tax.valid_until(form, signed, today)
    if until is not None and until < today:
        ran_out = f"the form signed on {signed} ran out on {until}: ask for a new one"
        wrong.append(Mistake("signed", ran_out))
    if treaty and treaty_rate("US", residence, today) is None:
        wrong.append(Mistake("treaty", f"no rate is known of a treaty with {residence}"))
    if treaty and form is Form.W9:
        wrong.append(Mistake("treaty", "a W-9 is of a US person, who claims no treaty"))
    return wrong


def _own(text: object, why: str, wrong: list[Mistake]) -> Fraction | None:
    if text in (None, ""):
        return None
    if not why:
        wrong.append(Mistake("why", "is missing: a rate of one's own has a ruling behind it"))
    try:
        rate = Fraction(str(text).removesuffix("%")) / (100 if str(text).endswith("%") else 1)
    except (ValueError, ZeroDivisionError):
        wrong.append(Mistake("own_rate", f"{text!r} is no rate such as 5% or 1/20"))
        return None
    if not 0 <= rate <= 1:
        wrong.append(Mistake("own_rate", f"{text} is not between 0 and 100 %"))
    return rate


def _choice(
    given: Mapping[str, Any], name: str, known: list[str], wrong: list[Mistake], usual: str = ""
) -> str:
    value = str(given.get(name) or usual)
    if value not in known:
        wrong.append(Mistake(name, f"{value!r} is not one of {', '.join(known)}"))
        return ""
    return value


def _read(read: Any, name: str, wrong: list[Mistake]) -> Any:
    try:
        return read()
    except Invalid as error:
        wrong.append(Mistake(name, error.message))
        return None


def form_json(form: TaxForm) -> dict[str, JSON]:
    """The form as it is sealed."""
    return {
        "form": str(form.form),
        "signed": form.signed.isoformat(),
        "residence": form.residence,
        "tin": form.tin,
        "treaty": form.treaty,
        "chapter3": form.chapter3,
        "chapter4": form.chapter4,
        "own": str(form.own) if form.own is not None else None,
        "why": form.why,
    }


def form_from_json(kept: Mapping[str, Any]) -> TaxForm:
    """The inverse of `form_json`."""
    return TaxForm(
        Form(kept["form"]),
        date.fromisoformat(kept["signed"]),
        kept["residence"],
        kept["tin"],
        kept["treaty"],
        kept["chapter3"],
        kept["chapter4"],
        Fraction(kept["own"]) if kept["own"] is not None else None,
        kept["why"],
    )


def payee_of(form: TaxForm | None, residence: str, day: date) -> Payee:
    """How a person is taxed on a day by his newest form; without one, by where he is known to live.

    The treaty's rate is the one in force on the day.
    """
    if form is None:
        return Payee(us_person=residence == "US", residence=residence)
    found = treaty_rate("US", form.residence, day) if form.treaty else None
    return Payee(
        us_person=form.form is Form.W9,
        form=form.form,
        tin_certified=bool(form.tin),
        signed=form.signed,
        treaty=found.rate if found else None,
        fatca_exempt=form.chapter4 != "none",
        own=form.own,
        residence=form.residence,
    )


# ---- the files of a year ----


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment to an account of a person, in the smallest unit of a currency of `decimals`.

    Of a winding-up there is one for each stage and class: its id and a number are the `action`, and `part`
    says which it is.
    """

    action: str
    account: int
    person: str
    day: date
    currency: str
    decimals: int
    gross: int
    withheld: int
    rate: Fraction
    rule: str
    cite: str
    statement: str
    chapter: int
    income: Income = Income.DIVIDEND
    part: str = ""

    @property
    def named(self) -> str:
        """The action as a statement names it."""
        return f"{self.action.split()[0]}: {self.part}" if self.part else self.action


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who is named on a file: opaque id, name and address, the newest form."""

    person: str
    name: str
    address: str
    residence: str
    form: TaxForm | None


HEADINGS: Mapping[str, tuple[str, ...]] = {
    DIVIDENDS: (
        "year", "payer", "recipient_id", "recipient_name", "recipient_address", "recipient_tin",
        "currency", "box_1a_total_ordinary_dividends", "box_4_federal_income_tax_withheld",
        "box_9_cash_liquidation_distributions", "box_10_noncash_liquidation_distributions",
    ),
    INTEREST: (
        "year", "payer", "recipient_id", "recipient_name", "recipient_address", "recipient_tin",
        "currency", "box_1_interest_income", "box_4_federal_income_tax_withheld",
    ),
    MISCELLANEOUS: (
        "year", "payer", "recipient_id", "recipient_name", "recipient_address", "recipient_tin",
        "currency", "box_1_rents", "box_3_other_income", "box_4_federal_income_tax_withheld",
    ),
    FOREIGN: (
        "year", "withholding_agent", "recipient_id", "recipient_name", "recipient_address",
        "recipient_country", "recipient_tin", "currency", "box_1_income_code", "box_2_gross_income",
        "box_3_chapter_indicator", "box_3a_exemption_code", "box_3b_tax_rate",
        "box_4a_exemption_code", "box_4b_tax_rate", "box_7a_federal_tax_withheld",
        "box_13f_chapter_3_status_code", "box_13g_chapter_4_status_code",
    ),
}  # fmt: skip


def rows_of_1099(
    payments: Iterable[Payment],
    who: Mapping[str, Recipient],
    payer: str,
    year: int,
    statement: str = DIVIDENDS,
) -> list[dict[str, str]]:
    """One row for each US person and currency that is over a limit of the form, or had tax withheld.

    What a liquidation paid is no dividend: it stands in box 9 (all money here is cash, so box 10 is 0).
    """
    found, ends = [], date(year, 12, 31)
    for (person, currency, decimals), mine in _grouped(payments, statement).items():
        withheld, due, one = sum(each.withheld for each in mine), False, who[person]
        known = (str(year), payer, person, one.name, one.address, _tin(one), currency)
        row = dict.fromkeys(HEADINGS[statement], "0") | dict(
            zip(HEADINGS[statement], known, strict=False)
        )
        for income in Income:
            line, got = reporting(income, ends), sum(e.gross for e in mine if e.income is income)
            if line is not None and line.statement == statement:
                row[line.box] = format_units(got, decimals)
                due = due or got * 100 >= line.least * 10**decimals
        row["box_4_federal_income_tax_withheld"] = format_units(withheld, decimals)
        if due or withheld:
            found.append(row)
    return found


def rows_of_1042s(
    payments: Iterable[Payment], who: Mapping[str, Recipient], agent: str, year: int
) -> list[dict[str, str]]:
    """One row for each foreign person, currency, income, chapter and rate, as the form wants them apart."""
    found = []
    for (person, currency, decimals), all_of_person in _grouped(payments, FOREIGN).items():
        kinds = sorted({(one.income, one.chapter, one.rate) for one in all_of_person})
        for income, chapter, rate in kinds:
            kind = (income, chapter, rate)
            mine = [one for one in all_of_person if (one.income, one.chapter, one.rate) == kind]
            gross, withheld = sum(one.gross for one in mine), sum(one.withheld for one in mine)
            one, percent = who[person], format_units(int(rate * 10_000), 2)
            third, fourth = ("00", percent), ("15" if one.form else "00", "0")
            if chapter == 4:
                third, fourth = ("12", "0"), ("00", percent)
            elif rate == 0 and (exempt := exemption(income, date(year, 12, 31))):
                third = (exempt.code, percent)
            elif rate == 0 or (one.form and one.form.treaty and income in _OF_TREATIES):
                third = ("04", percent)
            status = (
                CHAPTER3[one.form.chapter3] if one.form else "29",
                CHAPTER4[one.form.chapter4] if one.form else CHAPTER4["none"],
            )
            cells = (
                str(year), agent, person, one.name, one.address, one.residence, _tin(one), currency,
                _code(income, year), format_units(gross, decimals), str(chapter), *third, *fourth,
                format_units(withheld, decimals), *status,
            )  # fmt: skip
            found.append(dict(zip(HEADINGS[FOREIGN], cells, strict=True)))
    return found


_OF_TREATIES = (Income.DIVIDEND, Income.LIQUIDATION)
"""Of what a treaty's rate on dividends is taken."""


def _code(income: Income, year: int) -> str:
    """Box 1 of Form 1042-S."""
    line = reporting(income, date(year, 12, 31))
    return line.code if line else ""


def _grouped(
    payments: Iterable[Payment], statement: str
) -> dict[tuple[str, str, int], list[Payment]]:
    found: dict[tuple[str, str, int], list[Payment]] = {}
    for one in payments:
        if one.statement == statement:
            found.setdefault((one.person, one.currency, one.decimals), []).append(one)
    return dict(sorted(found.items()))


def _tin(one: Recipient) -> str:
    return one.form.tin if one.form else ""


def totals(payments: Sequence[Payment]) -> dict[tuple[str, int], tuple[int, int]]:
    """Gross and withheld by currency (with its decimals)."""
    found: dict[tuple[str, int], tuple[int, int]] = {}
    for one in payments:
        gross, withheld = found.get((one.currency, one.decimals), (0, 0))
        found[one.currency, one.decimals] = (gross + one.gross, withheld + one.withheld)
    return found
