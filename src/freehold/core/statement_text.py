"""Amounts and days as banks write them in a CSV: read where they have one meaning, refused where two.

Banks write 1.234,56 and 1,234.56, put the minus before or behind, and name days as 31.03.2026 or
2026-03-31. What has two readings (1,234; 03/04/2026) is refused with the way out: to declare what the bank
means. Nothing is rounded. The rule is ours; the forms are those of the locales of CLDR 46.
"""

import re
from datetime import date
from enum import StrEnum

from freehold.core.clock import parse_day
from freehold.core.errors import Invalid
from freehold.core.units import parse_units

_SPACES = re.compile(r"[\s\u00a0\u202f']")
_MINUS = "\u2212"
_DAY = re.compile(r"([0-9]{1,2})([./-])([0-9]{1,2})\2([0-9]{4})")
_DIGITS = re.compile(r"[0-9]+")
_GROUPED = re.compile(r"[0-9]{1,3}([., ])[0-9]{3}(?:\1[0-9]{3})*")


class DayOrder(StrEnum):
    """Which number of a day such as 03/04/2026 is the day, and which the month."""

    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"


def amount(text: str, decimals: int, mark: str = "", field: str = "amount") -> int:
    """A signed amount in the smallest unit; `mark` is the decimal sign (. or ,) where it is declared.

    Raises Invalid for what is no amount, has two readings, or more decimals than the currency.
    """
    sign, body = _sign(text, field)
    return sign * parse_units(_plain(body, text, mark, field), decimals, field)


def _sign(text: str, field: str) -> tuple[int, str]:
    """The sign before or behind, and the rest. Raises Invalid where there are two of them."""
    body = text.strip().replace(_MINUS, "-")
    found = [one for one in body if one in "+-"]
    if len(found) > 1:
        raise Invalid(f"{field} {text!r} has {len(found)} signs: write one", field=field)
    if found and body[0] != found[0] and body[-1] != found[0]:
        raise Invalid(f"{field} {text!r} has its sign in the middle", field=field)
    return (-1 if "-" in found else 1), body.strip("+-").strip()


def _plain(body: str, text: str, mark: str, field: str) -> str:
    """The digits with a point before the decimals, as `parse_units` takes them."""
    written = _SPACES.sub(" ", body)
    mark = mark or _mark(written, text, field)
    whole, _, rest = written.partition(mark) if mark else (written, "", "")
    if not (_DIGITS.fullmatch(whole) or _GROUPED.fullmatch(whole)) or re.search(r"[^0-9]", rest):
        where = f" whose decimals stand behind {mark!r}" if mark else ""
        raise Invalid(f"{field} {text!r} is no amount{where}", field=field, value=text)
    digits = re.sub(r"\D", "", whole)
    return f"{digits}.{rest}" if rest else digits


def _mark(written: str, text: str, field: str) -> str:
    """The sign that the decimals stand behind, by the amount alone; empty where it has none."""
    signs = [one for one in written if one in ",."]
    if len(set(signs)) == 2:
        return signs[-1]
    if len(signs) != 1:
        return ""
    before, _, after = written.partition(signs[0])
    if len(after) == 3 and len(before) <= 3 and before != "0":
        raise Invalid(
            f"{field} {text!r} is {before}{after} or {before}.{after}: declare the sign before decimals",
            field=field,
            value=text,
        )
    return signs[0]


def day(text: str, order: DayOrder | None = None, field: str = "day") -> date:
    """A day: 2026-03-31, 31.03.2026, or with slashes where only one order makes a day of it.

    Raises Invalid for what is no day or has two readings.
    """
    given = text.strip()
    found = _DAY.fullmatch(given)
    if found is None:
        return parse_day(given, field)
    first, sign, second, year = int(found[1]), found[2], int(found[3]), int(found[4])
    if sign == "." and order is None:
        order = DayOrder.DAY_FIRST
    read = {
        one: when
        for one, pair in _pairs(first, second)
        if order in (None, one) and (when := _date(year, *pair)) is not None
    }
    days = sorted(set(read.values()))
    if len(days) == 1:
        return days[0]
    if not days:
        raise Invalid(f"{field} {text!r} is no day of the calendar", field=field, value=text)
    said = f"{field} {text!r} is {days[0]} or {days[1]}: declare whether the day stands first"
    raise Invalid(said, field=field, value=text)


def _pairs(first: int, second: int) -> tuple[tuple[DayOrder, tuple[int, int]], ...]:
    """Month and day in either order."""
    return (DayOrder.DAY_FIRST, (second, first)), (DayOrder.MONTH_FIRST, (first, second))


def _date(year: int, month: int, number: int) -> date | None:
    try:
        return date(year, month, number)
    except ValueError:
        return None
