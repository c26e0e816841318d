"""Waterfalls of funds and property partnerships: capital back, a hurdle, catch-up, promote.

Every distribution runs through the tiers from the top. Capital tiers are paid to those who put
money in, in proportion to what each is still owed; the sponsor's promote comes on top of what it
gets as an investor. A hurdle is an internal rate of return of each investor's own flows (core/
actions/irr.py), so time is in it; what it asks for is rounded up to the smallest unit, everything
else is whole by largest remainder, and the parts of each tier sum to it. This is the whole-of-fund
("European") waterfall; a deal-by-deal one is several of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from freehold.core.actions.irr import required_up
from freehold.core.units import allocate


@dataclass(frozen=True, slots=True)
class ReturnOfCapital:
    """Until everybody has got back what they put in."""


@dataclass(frozen=True, slots=True)
class PreferredReturn:
    """Until every investor has an internal rate of return of `irr` a year."""

    irr: Fraction


@dataclass(frozen=True, slots=True)
class CatchUp:
    """`sponsor` of each unit to the sponsor until its promote is `until` of all profit."""

    sponsor: Fraction
    until: Fraction


@dataclass(frozen=True, slots=True)
class Split:
    """`sponsor` of each unit as promote, until investors have `until_irr`; None: of all the rest."""

    sponsor: Fraction
    until_irr: Fraction | None = None


_PLENTY = 10**40
"""More than any tier but the last can take."""
Tier = ReturnOfCapital | PreferredReturn | CatchUp | Split


@dataclass(frozen=True, slots=True)
class Contribution:
    """Money a partner puts in, in the smallest unit."""

    on: date
    partner: str
    amount: int


@dataclass(frozen=True, slots=True)
class Partnership:
    """Tiers from the top, who gets the promote, what was put in, and what was distributed so far."""

    sponsor: str
    tiers: tuple[Tier, ...]
    contributions: tuple[Contribution, ...]
    distributions: tuple[tuple[date, int], ...] = ()


@dataclass(frozen=True, slots=True)
class TierPayment:
    """What one tier took of a distribution: to investors by id, and as promote to the sponsor."""

    tier: int
    investors: Mapping[str, int]
    promote: int

    @property
    def amount(self) -> int:
        return sum(self.investors.values()) + self.promote


@dataclass(frozen=True, slots=True)
class Paid:
    """One distribution, tier by tier; tiers that got nothing are not in it."""

    on: date
    amount: int
    tiers: tuple[TierPayment, ...]


def distribute(terms: Partnership, amount: int, on: date) -> tuple[Paid, ...]:
    """All distributions in order of time, the last one being `amount` on a day.

    Those already made are run through the same tiers. Expects checked terms: the last tier takes
    all the rest, and nothing is dated after `on`.
    """
    done: list[Paid] = []
    for day, pot in [*sorted(terms.distributions), (on, amount)]:
        done.append(Paid(day, pot, tuple(_run(terms, tuple(done), day, pot))))
    return tuple(done)


def investors(terms: Partnership) -> list[str]:
    """Who put money in, by id."""
    return sorted({one.partner for one in terms.contributions})


def flows_of(terms: Partnership, partner: str, paid: Sequence[Paid]) -> list[tuple[date, int]]:
    """A partner's flows as an investor: contributions positive, what it got negative; no promote."""
    put_in = [(one.on, one.amount) for one in terms.contributions if one.partner == partner]
    got = [
        (one.on, -tier.investors[partner])
        for one in paid
        for tier in one.tiers
        if tier.investors.get(partner)
    ]
    return sorted(put_in + got)


def tier_limits(terms: Partnership, on: date) -> list[int]:
    """What each tier but the last can take of a distribution on a day, in order."""
    everything = distribute(terms, _PLENTY, on)[-1].tiers
    taken = {paid.tier: paid.amount for paid in everything}
    return [taken.get(number, 0) for number in range(len(terms.tiers) - 1)]


def promote_of(paid: Sequence[Paid]) -> int:
    """All promote so far."""
    return sum(tier.promote for one in paid for tier in one.tiers)


def _run(terms: Partnership, done: tuple[Paid, ...], day: date, pot: int) -> Iterator[TierPayment]:
    """The tiers of one distribution, each seeing what those above it have paid."""
    here: tuple[TierPayment, ...] = ()
    for number, tier in enumerate(terms.tiers):
        so_far = (*done, Paid(day, pot, here))
        paid = _paid(terms, number, tier, so_far, day, pot - sum(one.amount for one in here))
        if paid.amount:
            here = (*here, paid)
            yield paid


def _paid(
    terms: Partnership, number: int, tier: Tier, so_far: Sequence[Paid], day: date, left: int
) -> TierPayment:
    if isinstance(tier, ReturnOfCapital):
        owed = {who: _unreturned(terms, who, so_far, day) for who in investors(terms)}
        return TierPayment(number, _divided(min(left, sum(owed.values())), owed), 0)
    if isinstance(tier, PreferredReturn):
        owed = _owed(terms, tier.irr, so_far, day)
        return TierPayment(number, _divided(min(left, sum(owed.values())), owed), 0)
    if isinstance(tier, CatchUp):
        return _catch_up(terms, number, tier, so_far, day, left)
    return _split(terms, number, tier, so_far, day, left)


def _catch_up(
    terms: Partnership, number: int, tier: CatchUp, so_far: Sequence[Paid], day: date, left: int
) -> TierPayment:
    """y with promote + sponsor x y = until x (profit + y): rounded up, at most what is left."""
    promote, put_in = promote_of(so_far), _put_in(terms, day)
    got = sum(tier.amount for one in so_far for tier in one.tiers)
    missing = (tier.until * (got - sum(put_in.values())) - promote) / (tier.sponsor - tier.until)
    pot = min(left, max(_up(missing), 0))
    to_sponsor, to_investors = _parts(pot, tier.sponsor)
    return TierPayment(number, _divided(to_investors, put_in), to_sponsor)


def _split(
    terms: Partnership, number: int, tier: Split, so_far: Sequence[Paid], day: date, left: int
) -> TierPayment:
    if tier.until_irr is None:
        to_sponsor, to_investors = _parts(left, tier.sponsor)
        return TierPayment(number, _divided(to_investors, _put_in(terms, day)), to_sponsor)
    owed = _owed(terms, tier.until_irr, so_far, day)
    whole = _up(sum(owed.values()) / (1 - tier.sponsor))
    if left >= whole:
        return TierPayment(number, owed, whole - sum(owed.values()))
    to_sponsor, to_investors = _parts(left, tier.sponsor)
    return TierPayment(number, _divided(to_investors, owed), to_sponsor)


def _owed(terms: Partnership, irr: Fraction, so_far: Sequence[Paid], day: date) -> dict[str, int]:
    """What each investor still misses to a hurdle on a day, rounded up."""
    return {who: required_up(flows_of(terms, who, so_far), irr, day) for who in investors(terms)}


def _unreturned(terms: Partnership, who: str, so_far: Sequence[Paid], day: date) -> int:
    return max(sum(amount for on, amount in flows_of(terms, who, so_far) if on <= day), 0)


def _put_in(terms: Partnership, day: date) -> dict[str, int]:
    """Each investor's contributions up to a day."""
    found = dict.fromkeys(investors(terms), 0)
    for one in terms.contributions:
        if one.on <= day:
            found[one.partner] += one.amount
    return found


def _divided(pot: int, owed: Mapping[str, int]) -> dict[str, int]:
    if not pot:
        return {}
    return dict(zip(owed, allocate(pot, list(owed.values())), strict=True))


def _parts(pot: int, share: Fraction) -> tuple[int, int]:
    """The sponsor's and the investors' whole parts; an equal remainder goes to the investors."""
    bare = share.denominator
    rest, first = allocate(pot, [bare - share.numerator, share.numerator])
    return first, rest


def _up(amount: Fraction) -> int:
    return -(-amount.numerator // amount.denominator)
