"""What the instrument itself says in units, and what a split makes of it: authorised units, supply, limits.

The contract scales them with the holdings; here a split is refused that would leave one of them absurd,
and the figures are told before somebody agrees to it.
"""

from dataclasses import dataclass
from fractions import Fraction

from freehold.book.issuers import KnownInstrument
from freehold.chain import contracts
from freehold.core.clock import stamp
from freehold.core.errors import Conflict, Invalid
from freehold.core.policy.rows import limit_after_split, unit_limit
from freehold.core.units import MAX_UNITS, format_units
from freehold.desks.office import Office
from freehold.desks.rules import adoption


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure in base units before and after a split; None: any number."""

    name: str
    before: int | None
    after: int | None

    def words(self, decimals: int) -> tuple[str, str]:
        """Both as decimal text of whole units."""
        told = (self.before, self.after)
        first, then = ("any" if one is None else format_units(one, decimals) for one in told)
        return first, then


def figures(office: Office, instrument: KnownInstrument, ratio: Fraction) -> tuple[Figure, ...]:
    """What a split makes of the instrument's own figures. Raises Invalid, field ratio, where one would be
    absurd: more than a register holds, no unit left, or nobody who could hold one."""
    words = contracts.read(office.w3, "SecurityToken", instrument.token, "instrument")
    supply = int(contracts.read(office.w3, "SecurityToken", instrument.token, "totalSupply"))
    state = int(contracts.read(office.w3, "SecurityToken", instrument.token, "state"))
    authorised, most = int(words[4]), unit_limit(state)
    after = int(authorised * ratio)
    if (after > MAX_UNITS and authorised < MAX_UNITS) or int(supply * ratio) > MAX_UNITS:
        raise Invalid(
            f"the split {ratio} would make {after} authorised units, more than a register holds",
            field="ratio",
        )
    if supply and not int(supply * ratio):
        raise Invalid(f"the split {ratio} would leave no unit of {supply}", field="ratio")
    limit = None if most is None else limit_after_split(most, ratio)
    if limit == 0:
        raise Invalid(
            f"the split {ratio} would let nobody hold a unit: the rules allow {most} in one hand",
            field="ratio",
        )
    whole = None if authorised >= MAX_UNITS else authorised
    return (
        Figure("Authorised units", whole, None if whole is None else max(after, 1)),
        Figure("Most units in one hand", most, limit),
    )


def require_no_rules_announced(office: Office, instrument: KnownInstrument) -> None:
    """Raises Conflict while a policy is announced: its figures are in units of before the split."""
    waiting = adoption.pending(office, instrument)
    if waiting is not None:
        raise Conflict(
            f"a policy is announced for {instrument.class_id}, whose figures are in units of before the"
            f" split: put it in force once its delay is over on {stamp(waiting.effective_at)}, or"
            " call it off, then split",
            policy=waiting.policy,
        )
