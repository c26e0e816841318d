"""Tax at source on dividends by the issuer's country, and the rates of treaties, as dated data.

The United States' rules stand in `tax.py`; here are countries that take one flat rate from everybody
and give back, to residents of treaty countries, what exceeds the treaty's rate. Each rate says since
when and by which source; `verified` is False where nobody has checked it against that source, which is
so for every rate of this module: they are examples and have to be confirmed before money is withheld
by them. Informational, not legal advice.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from freehold.core.actions.incomes import Income
from freehold.core.actions.tax import RATES, Payee, Treatment, treatment
from freehold.core.errors import Invalid


@dataclass(frozen=True, slots=True)
class FlatRate:
    """What a country's issuers withhold from a dividend from a day on."""

    country: str
    since: date
    rate: Fraction
    cite: str
    statement: str
    verified: bool = False


@dataclass(frozen=True, slots=True)
class TreatyRate:
    """The most that `source` may keep of a portfolio dividend paid to a resident of `residence`."""

    source: str
    residence: str
    since: date
    rate: Fraction
    cite: str
    verified: bool = False


FLAT = (
    FlatRate("CH", date(1976, 1, 1), Fraction(35, 100), "VStG Art. 13(1)(a)", "Form 103"),
    FlatRate(
        "DE", date(2009, 1, 1), Fraction(26_375, 100_000), "EStG s. 43a(1), SolzG s. 4", "KapSt-Anm"
    ),
    FlatRate("FR", date(2018, 1, 1), Fraction(128, 1000), "CGI Art. 187", "Form 2777"),
    FlatRate("LU", date(2009, 1, 1), Fraction(15, 100), "LIR Art. 148", "Form 900"),
    FlatRate("NL", date(2007, 1, 1), Fraction(15, 100), "Wet DB 1965 Art. 5", "Aangifte DB"),
)
TREATIES = (
    TreatyRate("US", "AU", date(2003, 7, 1), Fraction(15, 100), "US-AU Art. 10(2)(b)"),
    TreatyRate("US", "CA", date(1985, 1, 1), Fraction(15, 100), "US-CA Art. X(2)(b)"),
    TreatyRate("US", "CH", date(1998, 1, 1), Fraction(15, 100), "US-CH Art. 10(2)(b)"),
    TreatyRate("US", "DE", date(1990, 1, 1), Fraction(15, 100), "US-DE Art. 10(2)(b)"),
    TreatyRate("US", "FR", date(1996, 1, 1), Fraction(15, 100), "US-FR Art. 10(2)(b)"),
    TreatyRate("US", "GB", date(2003, 5, 1), Fraction(15, 100), "US-GB Art. 10(2)(b)"),
    TreatyRate("US", "IE", date(1998, 1, 1), Fraction(15, 100), "US-IE Art. 10(2)(b)"),
    TreatyRate("US", "IN", date(1991, 1, 1), Fraction(25, 100), "US-IN Art. 10(2)(b)"),
    TreatyRate("US", "JP", date(2004, 7, 1), Fraction(10, 100), "US-JP Art. 10(2)(b)"),
    TreatyRate("US", "LU", date(2001, 1, 1), Fraction(15, 100), "US-LU Art. 10(2)(b)"),
    TreatyRate("US", "NL", date(1994, 1, 1), Fraction(15, 100), "US-NL Art. 10(2)(b)"),
    TreatyRate("CH", "DE", date(1972, 1, 1), Fraction(15, 100), "CH-DE Art. 10(2)(c)"),
    TreatyRate("CH", "US", date(1998, 1, 1), Fraction(15, 100), "US-CH Art. 10(2)(b)"),
    TreatyRate("CH", "GB", date(1978, 1, 1), Fraction(15, 100), "CH-GB Art. 10(2)(b)"),
    TreatyRate("DE", "CH", date(1972, 1, 1), Fraction(15, 100), "CH-DE Art. 10(2)(c)"),
    TreatyRate("DE", "US", date(1990, 1, 1), Fraction(15, 100), "US-DE Art. 10(2)(b)"),
)


@dataclass(frozen=True, slots=True)
class KnownRate:
    """One rate of a day for a table: whose issuers withhold it, from residents of where, why."""

    country: str
    residence: str
    what: str
    rate: Fraction
    since: date
    cite: str
    verified: bool


def rates_on(day: date) -> list[KnownRate]:
    """Every rate in force on a day: the United States' own, the flat ones, the treaties'."""
    found = []
    if known := [one for one in RATES if one.since <= day]:
        us = max(known, key=lambda one: one.since)
        found = [
            KnownRate("US", "US", "backup", us.backup, us.since, "IRC 3406(a)(1)", True),
            KnownRate("US", "", "foreign", us.foreign, us.since, "IRC 871(a), 1441", True),
            KnownRate("US", "", "fatca", us.fatca, us.since, "IRC 1471(a)", False),
        ]
    newest = {one.country: one for one in sorted(FLAT, key=_since) if one.since <= day}
    found += [
        KnownRate(one.country, "", "flat", one.rate, one.since, one.cite, one.verified)
        for one in newest.values()
    ]
    pairs = dict.fromkeys((one.source, one.residence) for one in TREATIES)
    for source, residence in pairs:
        if one := treaty_rate(source, residence, day):
            known_rate = (one.rate, one.since, one.cite, one.verified)
            found.append(KnownRate(source, residence, "treaty", *known_rate))
    return found


def unknown_of(country: str, income: Income) -> str:
    """Why the tax of a country cannot be taken of an income, in a sentence; empty where it can."""
    if income is Income.PRINCIPAL:
        return "pays principal back or a price for units, of which no tax is withheld"
    if country != "US" and income not in (Income.DIVIDEND, Income.LIQUIDATION):
        return f"pays {income}: of {country} the tax on dividends alone is known"
    return ""


def _since(rate: FlatRate) -> date:
    return rate.since


def countries() -> tuple[str, ...]:
    """The issuers' countries whose tax at source is known."""
    return ("US", *sorted({one.country for one in FLAT}))


def treaty_rate(source: str, residence: str, day: date) -> TreatyRate | None:
    """The treaty's rate for a resident of `residence` on a day; None where none is known."""
    known = [
        one
        for one in TREATIES
        if (one.source, one.residence) == (source, residence) and one.since <= day
    ]
    return max(known, key=lambda one: one.since, default=None)


def regime(
    country: str, field: str = "country", income: Income = Income.DIVIDEND
) -> Callable[[Payee, date], Treatment]:
    """How issuers of a country tax an income of a payee on a day. Raises Invalid for a country not known.

    The function raises Invalid for a day before the first rates.
    """
    if country == "US":
        return lambda payee, day: treatment(payee, day, income)
    if country not in countries():
        raise Invalid(
            f"{field} {country!r}: its tax at source is not known; known are"
            f" {', '.join(countries())}",
            field=field,
        )
    return lambda payee, day: _flat(country, payee, day)


def _flat(country: str, payee: Payee, day: date) -> Treatment:
    known = [one for one in FLAT if one.country == country and one.since <= day]
    if not known:
        first = min(one.since for one in FLAT if one.country == country)
        raise Invalid(f"no rates of {country} are known for {day}; the first are of {first}")
    found = max(known, key=lambda one: one.since)
    rule, kept = f"{country}-WHT", found.rate
    if payee.own is not None:
        return Treatment(payee.own, rule, f"{found.cite}, ruling", found.statement, verified=False)
    treaty = treaty_rate(country, payee.residence, day)
    if treaty is None:
        return Treatment(kept, rule, found.cite, found.statement, verified=found.verified)
    back = max(Fraction(0), kept - treaty.rate)
    cite = f"{found.cite}; {treaty.cite}"
    sure = found.verified and treaty.verified
    return Treatment(kept, rule, cite, found.statement, reclaimable=back, verified=sure)
