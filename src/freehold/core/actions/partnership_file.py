"""A fund's or a property's waterfall from a TOML file; docs/reference/waterfall.md lists the fields."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from freehold.core.actions import fields
from freehold.core.actions.fields import Section
from freehold.core.actions.partnership import (
    CatchUp,
    Contribution,
    Partnership,
    PreferredReturn,
    ReturnOfCapital,
    Split,
    Tier,
)
from freehold.core.identifiers import minor_digits, parse_currency


class TierKind(StrEnum):
    """What a tier is for, in the words of partnership agreements."""

    RETURN_OF_CAPITAL = "return of capital"
    PREFERRED_RETURN = "preferred return"
    CATCH_UP = "catch-up"
    SPLIT = "split"


_FIELDS = {
    TierKind.RETURN_OF_CAPITAL: (),
    TierKind.PREFERRED_RETURN: ("irr",),
    TierKind.CATCH_UP: ("sponsor", "until"),
    TierKind.SPLIT: ("sponsor", "until_irr"),
}


@dataclass(frozen=True, slots=True)
class PartnershipFile:
    """A checked partnership, and the day of the distribution asked about, if the file has it."""

    name: str
    currency: str
    terms: Partnership
    on: date

    @property
    def digits(self) -> int:
        return minor_digits(self.currency)


def read_partnership(top: Section) -> PartnershipFile:
    """Read the parsed file. Raises Invalid with every mistake and its place."""
    known = ("kind", "name", "currency", "on", "sponsor", "contribution", "distribution", "tier")
    fields.only(top, *known)
    name = fields.text(top, "name")
    currency = fields.parsed(top, "currency", parse_currency, "USD")
    digits = minor_digits(currency)
    day = fields.day(top, "on")
    put_in = fields.sections(top, "contribution")
    made = fields.sections(top, "distribution")
    tiers = fields.sections(top, "tier")
    terms = Partnership(
        fields.text(top, "sponsor"),
        tuple(_tier(one) for one in tiers),
        tuple(_contribution(one, digits, day) for one in put_in),
        tuple(_distribution(one, digits, day) for one in made),
    )
    _check_tiers(top, tiers, terms.tiers)
    first = min((one.on for one in terms.contributions), default=None)
    if first is None:
        fields.note(top, "contribution", "there is none: write at least one [[contribution]]")
    for one, (paid_on, _) in zip(made, terms.distributions, strict=True):
        if first is not None and paid_on < first:
            fields.note(one, "on", f"{paid_on} is before the first contribution on {first}")
    fields.refuse_mistakes(top, "the file of the partnership")
    return PartnershipFile(name, currency, terms, day)


def _tier(section: Section) -> Tier:
    kind = fields.choice(section, "kind", TierKind)
    fields.only(section, "kind", *_FIELDS[kind])
    if kind is TierKind.RETURN_OF_CAPITAL:
        return ReturnOfCapital()
    if kind is TierKind.PREFERRED_RETURN:
        return PreferredReturn(fields.number(section, "irr"))
    share = fields.share(section, "sponsor")
    if kind is TierKind.CATCH_UP:
        until = fields.share(section, "until")
        if until >= share:
            message = "of profit is never reached: the sponsor's share must be larger"
            fields.note(section, "until", f"{until} {message}")
        return CatchUp(share, until)
    until_irr = fields.optional(section, "until_irr", fields.number)
    if until_irr is not None and share == 1:
        fields.note(section, "until_irr", "is never reached while the sponsor gets everything")
    return Split(share, until_irr)


def _check_tiers(top: Section, sections: Sequence[Section], tiers: Sequence[Tier]) -> None:
    if not tiers or not isinstance(tiers[-1], Split) or tiers[-1].until_irr is not None:
        fields.note(top, "tier", "the last one must be a split without until_irr, for the rest")
    highest = None
    for number, (section, tier) in enumerate(zip(sections, tiers, strict=True), 1):
        if isinstance(tier, Split) and tier.until_irr is None and number < len(tiers):
            fields.note(section, "kind", "takes all the rest: the tiers below it get nothing")
        key = "irr" if isinstance(tier, PreferredReturn) else "until_irr"
        hurdle = getattr(tier, key, None)
        if hurdle is None:
            continue
        if highest is not None and hurdle <= highest:
            written = section.content.get(key)
            fields.note(section, key, f"{written} is no higher than the hurdle of a tier above")
        highest = max(hurdle, highest or hurdle)


def _contribution(section: Section, digits: int, until: date) -> Contribution:
    fields.only(section, "on", "partner", "amount")
    partner = fields.text(section, "partner")
    amount = fields.minor(section, "amount", digits)
    if not amount and fields.has(section, "amount"):
        fields.note(section, "amount", "0 puts nothing in: leave the contribution out")
    return Contribution(_dated(section, until), partner, amount)


def _distribution(section: Section, digits: int, until: date) -> tuple[date, int]:
    fields.only(section, "on", "amount")
    return _dated(section, until), fields.minor(section, "amount", digits)


def _dated(section: Section, until: date) -> date:
    day = fields.day(section, "on")
    if day > until:
        fields.note(section, "on", f"{day} is after the distribution on {until}")
    return day
