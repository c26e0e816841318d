"""An exit divided, as every door shows it: who is paid and what he chose, stages, breakpoints.

Amounts are whole smallest units of the currency; what is not whole stays an exact fraction until a
person reads it, with `~` before what was rounded for him.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from freehold.core.actions.exit_file import ExitFile
from freehold.core.actions.waterfall import (
    Breakpoint,
    ExitTerms,
    Outcome,
    Stage,
    breakpoints,
    ids,
    outcome,
    settle,
)
from freehold.core.errors import Invalid


class Claim(StrEnum):
    """What somebody is paid as."""

    DEBT = "debt"
    CARVE_OUT = "carve-out"
    PREFERRED = "preferred"
    COMMON = "common"
    OPTION = "option"


@dataclass(frozen=True, slots=True)
class Payee:
    """Somebody who can be paid. `choice` is empty where he has none.

    `total` is the sum of his `stages`, `exact` what would be due at once and undivided, `per_unit` that
    for each unit of his class, None where he has no units; `share` is his part of the exit.
    """

    id: str
    claim: Claim
    choice: str
    units: Fraction | None
    total: int
    exact: Fraction
    per_unit: Fraction | None
    share: Fraction
    stages: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ExitAnswer:
    """An exit of `amount`, divided; `per_common` is what one common unit gets."""

    file: ExitFile
    amount: int
    per_common: Fraction
    stages: tuple[Stage, ...]
    payees: tuple[Payee, ...]
    breakpoints: tuple[Breakpoint, ...]


def divide(file: ExitFile, amount: int) -> ExitAnswer:
    """Divide an exit of `amount` smallest units. Raises Invalid, field exit, if that is less than what
    the tranches alone are."""
    later = sum(one.amount for one in file.tranches)
    if later > amount:
        raise Invalid(
            f"{money(amount, file.digits)}: the tranches of the terms are {money(later, file.digits)}"
            f" {file.currency} together; the exit includes them and must be more",
            field="exit",
        )
    stages = settle(file.terms, amount, file.tranches)
    found = outcome(file.terms, Fraction(amount))
    claims = claims_of(file.terms)
    payees = tuple(_payee(file, amount, stages, found, who, claims[who]) for who in claims)
    return ExitAnswer(file, amount, found.per_common, stages, payees, breakpoints(file.terms))


def money(minor: int, digits: int, plain: bool = False) -> str:
    """An amount with all decimal places of its currency; with thousands marked for people."""
    whole, rest = divmod(minor, 10**digits)
    places = f".{rest:0{digits}d}" if digits else ""
    return (str(whole) if plain else f"{whole:,}") + places


def about(minor: Fraction, digits: int) -> str:
    """An exact amount for a person; ~ stands before one that lies between two smallest units."""
    mark = "" if minor.denominator == 1 else "~"
    return mark + money(round(minor), digits)


def per_cent(part: Fraction) -> str:
    """A part of a whole for a person, with ~ where two decimal places are not all of it."""
    exact = part * 10_000
    mark = "" if exact.denominator == 1 else "~"
    return f"{mark}{round(exact) / 100:.2f} %"


def because(bend: Breakpoint) -> str:
    """What happens at a breakpoint, in words; nothing at the first one, where money begins."""
    return "; ".join(f"{who} {event}" for event, who in bend.events)


def goes_to(bend: Breakpoint) -> str:
    """Who gets the next unit of money after a breakpoint, in words."""
    return ", ".join(f"{who} {per_cent(part)}" for who, part in bend.shares.items())


def claims_of(terms: ExitTerms) -> dict[str, Claim]:
    """What everybody is paid as, in the order of payment."""
    kinds = {
        **{one.id: Claim.DEBT for one in terms.debts},
        **{one.id: Claim.CARVE_OUT for one in terms.carve_outs},
        **{one.id: Claim.PREFERRED for one in terms.preferred},
        **{one.id: Claim.COMMON for one in terms.commons},
        **{one.id: Claim.OPTION for one in terms.options},
    }
    return {who: kinds[who] for who in ids(terms)}


def _payee(
    file: ExitFile,
    amount: int,
    stages: tuple[Stage, ...],
    found: Outcome,
    who: str,
    claim: Claim,
) -> Payee:
    parts = {stage.id: stage.payouts[who] for stage in stages}
    units, exact, total = file.units.get(who), found.payouts[who], sum(parts.values())
    return Payee(
        who,
        claim,
        choice_of(file.terms, found, who),
        units,
        total,
        exact,
        exact / units if units else None,
        Fraction(total, amount) if amount else Fraction(0),
        parts,
    )


def choice_of(terms: ExitTerms, found: Outcome, who: str) -> str:
    """What a class does in the equilibrium; nothing where it has no choice."""
    converting = who in found.converting
    if any(one.id == who for one in terms.options):
        return "exercises" if converting else "lapses"
    if any(one.id == who and one.convertible for one in terms.preferred):
        return "converts" if converting else "holds"
    return ""
