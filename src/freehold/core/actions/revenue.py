"""A share of revenue: a pot fed as money comes in, a part by period, a cap on what is ever paid.

Each time revenue is told, the part that holds on its day goes into the pot, rounded down to the coin's
smallest unit. What is paid is what was fed, less what would exceed the cap: so many times the money
that was raised ("until 1.5x"), counted over all actions of one series. What the pot has more goes back.
"""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from freehold.core.actions import fields
from freehold.core.actions.fields import Section
from freehold.core.errors import Invalid


@dataclass(frozen=True, slots=True)
class Revenue:
    """`parts` of the revenue, each from its day on; `cap` times `raised` whole coins is paid at most
    by all actions of the `series`; without a cap it goes on for ever."""

    series: str
    parts: tuple[tuple[date, Fraction], ...]
    cap: Fraction | None = None
    raised: Fraction | None = None

    @property
    def most(self) -> Fraction | None:
        """The most whole coins that the series ever pays; None: no bound."""
        return None if self.cap is None or self.raised is None else self.cap * self.raised


def read_revenue(section: Section) -> Revenue:
    """The [revenue] table of an action's terms; mistakes are noted."""
    fields.only(section, "series", "rate", "cap", "raised")
    listed = fields.sections(section, "rate")
    for one in listed:
        fields.only(one, "from", "part")
    parts = tuple(sorted((fields.day(one, "from"), fields.share(one, "part")) for one in listed))
    if not parts:
        fields.note(section, "rate", "is missing: write [[revenue.rate]] with from and part")
    if len({day for day, _ in parts}) < len(parts):
        fields.note(section, "rate", "has two parts from the same day on")
    cap = fields.optional(section, "cap", fields.number)
    raised = fields.optional(section, "raised", fields.number)
    if (cap is None) != (raised is None):
        fields.note(section, "cap", "and raised belong together: so many times so much money")
    if cap == 0 or raised == 0:
        fields.note(section, "cap", "is nothing to pay")
    return Revenue(fields.text(section, "series"), parts, cap, raised)


def as_lines(revenue: Revenue) -> list[str]:
    """The table as it is written."""
    lines = ["[revenue]", f'series = "{revenue.series}"']
    lines += [f'cap = "{revenue.cap}"'] if revenue.cap is not None else []
    lines += [f'raised = "{revenue.raised}"'] if revenue.raised is not None else []
    for day, part in revenue.parts:
        lines += ["[[revenue.rate]]", f"from = {day}", f'part = "{part}"']
    return lines


def part_on(revenue: Revenue, day: date) -> Fraction:
    """The part of the revenue of a day. Raises Invalid before the first period."""
    found = [part for since, part in revenue.parts if since <= day]
    if not found:
        first = revenue.parts[0][0]
        raise Invalid(
            f"the day {day} is before {first}, when the share of revenue begins", field="on"
        )
    return found[-1]


def share_of(revenue: Revenue, taken: int, day: date) -> int:
    """What of `taken` revenue goes into the pot, in smallest units, rounded down."""
    part = part_on(revenue, day)
    return taken * part.numerator // part.denominator


def pot_of(revenue: Revenue, fed: int, before: int, decimals: int) -> int:
    """What is paid of what was fed, in smallest units; `before` is what the series paid before.

    Raises Invalid where the cap is reached.
    """
    if revenue.most is None:
        return fed
    left = int(revenue.most * 10**decimals) - before
    if left <= 0:
        raise Invalid(
            f"the cap of {revenue.cap} times {revenue.raised} is reached: the series"
            f" {revenue.series} has paid {before} smallest units, and pays no more",
            field="cap",
        )
    return min(fed, left)
