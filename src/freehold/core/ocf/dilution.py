"""Claims on units at the point where a walk stands: what a fully diluted table adds to the shares.

Options, stock units and warrants count with what is left of them, unless expired. A plan counts
with its free reserve: what it reserves less what was granted from it and has not come back. A
convertible counts only where its terms alone determine the number of units: a fixed number, or a
conversion price in the currency of the money invested. A SAFE or note that waits for the next round
is listed with the reason instead; nobody can say its number today.
"""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction

from freehold.core.acts import Notice
from freehold.core.captable import Claim, ClaimKind, OpenClaim
from freehold.core.clock import parse_day
from freehold.core.ids import JSON
from freehold.core.instrument import Price
from freehold.core.ocf.files import OcfObject
from freehold.core.ocf.papers import Family, Paper, decimals_of, rights_of
from freehold.core.ocf.terms import number
from freehold.core.ocf.walk import Walk

_KINDS = {
    "RSU": ClaimKind.STOCK_UNIT,
    "CSAR": ClaimKind.APPRECIATION_RIGHT,
    "SSAR": ClaimKind.APPRECIATION_RIGHT,
}
_WAITING = {
    "SAFE_CONVERSION": "a SAFE converts at the price of a later round",
    "CONVERTIBLE_NOTE_CONVERSION": "a note converts at the price of a later round, with interest",
    "FIXED_PERCENT_OF_CAPITALIZATION_CONVERSION": "a percentage of a later capitalisation",
    "VALUATION_BASED_CONVERSION": "a valuation that is still to come",
    "PPS_BASED_CONVERSION": "a price per share that is still to come",
    "CUSTOM_CONVERSION": "terms in words only",
}


def claims_of(state: Walk, day: date) -> tuple[tuple[Claim, ...], tuple[OpenClaim, ...]]:
    """The claims whose units are known, and those whose units are not, on a day."""
    found = [
        _claim(state, state.papers.papers[key], left, day)
        for key, left in state.live.items()
        if state.papers.papers[key].family is not Family.STOCK
    ]
    found += [_pool(state, plan) for plan in state.plans.values()]
    counted = tuple(claim for claim in found if isinstance(claim, Claim) and claim.units)
    return counted, tuple(claim for claim in found if isinstance(claim, OpenClaim))


def overdrawn_plans(state: Walk) -> Iterator[Notice]:
    """Plans that granted more than they reserve."""
    for key, reserved in state.reserved.items():
        if key in state.plans and state.used[key] > reserved:
            place = state.plans[key].place
            yield Notice(place, f"{state.used[key]} units are granted, {reserved} are reserved")


def _claim(state: Walk, paper: Paper, left: Fraction | None, day: date) -> Claim | OpenClaim:
    kind = _kind(paper)
    if reason := _unfit_reason(state, paper, day):
        return OpenClaim(kind, paper.id, paper.holder, reason)
    if paper.family is Family.CONVERTIBLE:
        return _convertible(state, paper, left or Fraction(0))
    if left is None:
        return OpenClaim(kind, paper.id, paper.holder, _reason(paper))
    strike = _strike(state, paper)
    return Claim(kind, paper.id, paper.holder, paper.class_id, int(left), strike)


def _strike(state: Walk, paper: Paper) -> Price | None:
    """What a whole unit costs its holder, after the splits since the grant."""
    for name in ("exercise_price", "base_price"):
        stated = paper.item.fields.get(name)
        amount = number(stated.get("amount")) if isinstance(stated, dict) else None
        if isinstance(stated, dict) and amount is not None:
            return Price(amount / state.scale[paper.id], str(stated.get("currency")))
    return None


def _kind(paper: Paper) -> ClaimKind:
    if paper.family is Family.EQUITY:
        return _KINDS.get(paper.item.text("compensation_type"), ClaimKind.OPTION)
    return ClaimKind.WARRANT if paper.family is Family.WARRANT else ClaimKind.CONVERTIBLE


def _unfit_reason(state: Walk, paper: Paper, day: date) -> str:
    end = paper.item.text("expiration_date") or paper.item.text("warrant_expiration_date")
    if end and parse_day(end) < day:
        return f"expired on {end}"
    if paper.item.text("compensation_type") == "CSAR":
        return "settled in cash"
    if paper.family is not Family.CONVERTIBLE and paper.class_id not in state.classes:
        return "no class is stated that it would become"
    return ""


def _convertible(state: Walk, paper: Paper, amount: Fraction) -> Claim | OpenClaim:
    rights = rights_of(paper.item)
    numbers = {(_into(right), _units(paper, right, amount)) for right in rights}
    into, whole = numbers.pop() if len(numbers) == 1 else ("", None)
    if whole is None or into not in state.classes:
        reason = _reason(paper)
        return OpenClaim(ClaimKind.CONVERTIBLE, paper.id, paper.holder, reason)
    base = whole * state.scale[paper.id] * 10 ** decimals_of(into, state.classes)
    return Claim(ClaimKind.CONVERTIBLE, paper.id, paper.holder, into, int(base))


def _units(paper: Paper, right: dict[str, JSON], amount: Fraction) -> Fraction | None:
    """Whole units that a conversion right's own terms determine."""
    mechanism = right.get("conversion_mechanism")
    if not isinstance(mechanism, dict):
        return None
    if mechanism.get("type") == "FIXED_AMOUNT_CONVERSION":
        return number(mechanism.get("converts_to_quantity"))
    price, invested = mechanism.get("conversion_price"), paper.item.fields["investment_amount"]
    if mechanism.get("type") != "RATIO_CONVERSION" or not isinstance(price, dict):
        return None
    assert isinstance(invested, dict), "its form was checked on reading"
    per_unit = number(price.get("amount"))
    same = price.get("currency") == invested.get("currency")
    return amount / per_unit if per_unit and same else None


def _into(right: dict[str, JSON]) -> str:
    return str(right.get("converts_to_stock_class_id") or "")


def _reason(paper: Paper) -> str:
    mechanisms = [right.get("conversion_mechanism") for right in rights_of(paper.item)]
    kinds = {str(m.get("type")) for m in mechanisms if isinstance(m, dict)}
    waiting = sorted(_WAITING[kind] for kind in kinds if kind in _WAITING)
    return "; ".join(waiting) or "its terms do not determine one number of units of one class"


def _pool(state: Walk, plan: OcfObject) -> Claim | OpenClaim:
    ids = plan.texts("stock_class_ids") or (plan.text("stock_class_id"),)
    if ids[0] not in state.classes:
        return OpenClaim(ClaimKind.POOL, plan.id, "", "the plan names no class")
    free = max(state.reserved.get(plan.id, Fraction(0)) - state.used[plan.id], Fraction(0))
    return Claim(ClaimKind.POOL, plan.id, "", ids[0], int(free))
