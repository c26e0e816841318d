"""A policy: the rules of one instrument as data, from what persons are to what may be done.

A transfer passes if no prohibition hits it, every restricted lot in it has a resale path or its
clocks are over, and no cap would be broken. Profiles (`us.reg_d.506c` ...) are written in the same
primitives and are expanded into them, so that a policy needs nothing but itself to be judged:

    attributes   what a person is found to be, from facts and for how long
    classes      which of the register's numbers a person gets: the first whose condition holds
    families     under what units are issued, and the clocks that their lots start with
    prohibitions who may not do what, always or while a clock runs
    paths        what lets restricted units go although the Rule 144 clock runs: any one is enough
    caps         how many persons, or how many units in one hand
    tests        what is asked before a subscription, an attestation, a payment: money, dates, limits
    obligations  filings and notices, with the day on which they are due
    powers       who may interfere, and what he needs for it

`None` is no limit; 0 never is. Periods follow docs/concepts/policies.md: a period of months from day
A ends on its calendar anniversary and is over the day after; 40 days from day A are over on A + 41.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import IntEnum, StrEnum
from fractions import Fraction

from freehold.core.clock import LAST_DAY, day_number, day_of, release_day
from freehold.core.facts import Kind, Proof, Vintage
from freehold.core.ids import JSON
from freehold.core.policy.expression import TRUE, Expression, Fact, evaluate, holds
from freehold.core.reasons import Reason

NOTICE = "informational, not legal advice"


class Mark(StrEnum):
    """Where a rule's wording comes from."""

    SOURCE = "S"
    CODE = "C"
    UNVERIFIED = "G"
    CHOICE = "D"


class Stage(StrEnum):
    """When a test is asked."""

    OFFERING = "offering"
    SUBSCRIBE = "subscribe"
    ISSUE = "issue"
    ATTEST = "attest"
    HOLD = "hold"
    VENUE = "venue"
    PAY = "pay"
    OPERATE = "operate"


class Clock(IntEnum):
    """The clocks of a lot, by their place in the chain's words (A, B, C, D)."""

    RULE_144 = 0
    REG_S = 1
    REG_CF = 2
    LOCK = 3


@dataclass(frozen=True, slots=True)
class Source:
    """A rule's id in the catalogue, its citation, how far it was checked, and as of when."""

    rule: str
    cite: str
    mark: Mark
    as_of: date
    profile: str = ""

    @property
    def is_unverified(self) -> bool:
        return self.mark is Mark.UNVERIFIED


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of calendar months or of days; exactly one of the two is not zero."""

    months: int = 0
    days: int = 0

    def over(self, start: date) -> date:
        """The first day on which the period from `start` has certainly passed."""
        if self.months:
            return release_day(start, self.months)
        return start + timedelta(days=self.days + 1)

    def __str__(self) -> str:
        return f"P{self.months}M" if self.months else f"P{self.days}D"


@dataclass(frozen=True, slots=True)
class Attribute:
    """What a person is found to be when `when` holds over his facts; `lapses` bounds how long a
    finding lasts; `implies` names attributes that come with it."""

    name: str
    when: Expression
    code: Reason
    source: Source
    lapses: Period | None = None
    implies: tuple[str, ...] = ()
    text: str = ""
    presumed: bool = False
    """Whether a person of whom nothing is shown counts as it: so with what binds, never with what opens."""


@dataclass(frozen=True, slots=True)
class HolderClass:
    """One number of the register's class scheme; conditions read attributes and `country`."""

    id: int
    name: str
    when: Expression


@dataclass(frozen=True, slots=True)
class Family:
    """Under what units were issued. `rule_144` is (reporting, other) months; None is no clock.

    `reg_s` counts from the offering's closing or certified completion and runs on while that day is
    not known (17 CFR 230.902(f)); all other clocks count from the acquisition.
    """

    id: str
    number: int
    source: Source
    rule_144: tuple[int, int] | None = None
    reg_s: Period | None = None
    reg_cf: Period | None = None
    lock: Period | None = None
    lock_code: Reason = Reason.CONTRACT_LOCKUP

    @property
    def clocks(self) -> frozenset[Clock]:
        """The clocks that lots of this family start with."""
        found = (self.rule_144, self.reg_s, self.reg_cf, self.lock)
        return frozenset(clock for clock in Clock if found[clock] is not None)


@dataclass(frozen=True, slots=True)
class Prohibition:
    """A transfer of one of `kinds` is refused where `when` holds.

    Without `until` it hits every transfer; with it only lots of `families` (none: of every family)
    while that clock of theirs runs.
    """

    id: str
    kinds: frozenset[Kind]
    when: Expression
    code: Reason
    source: Source
    until: Clock | None = None
    families: frozenset[str] = frozenset()
    text: str = ""
    way_out: str = ""


@dataclass(frozen=True, slots=True)
class Path:
    """A way on which restricted units may go while the Rule 144 clock still runs."""

    id: str
    kinds: frozenset[Kind]
    needs: Expression
    code: Reason
    source: Source
    families: frozenset[str] = frozenset()
    text: str = ""


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `limit` persons of `group`; or, with `per_person`, at most `limit` units in one hand."""

    id: str
    limit: int
    code: Reason
    source: Source
    group: Expression = TRUE
    per_person: bool = False

    @property
    def is_of_all(self) -> bool:
        """Whether it is the limit of all holders, which the chain keeps apart from groups."""
        return not self.per_person and self.group == TRUE and self.code == Reason.MAX_HOLDERS


@dataclass(frozen=True, slots=True)
class Test:
    """Asked at `stage`, of whom `when` concerns: refused with `code` unless `needs` holds.

    `where` are quantities worked out first, in order, for `needs` to read and for people to see.
    """

    id: str
    stage: Stage
    needs: Expression
    code: Reason
    source: Source
    when: Expression = TRUE
    text: str = ""
    way_out: str = ""
    where: tuple[tuple[str, Expression], ...] = ()


@dataclass(frozen=True, slots=True)
class Obligation:
    """Something to be done after `trigger`: a filing, a notice, a search.

    `due` gives the last day for it from `day`, the day of the trigger.
    """

    id: str
    trigger: str
    due: Expression
    what: str
    source: Source

    def due_on(self, day: date) -> date:
        """The last day on which this is done in time. Raises Invalid for a day no calendar knows."""
        found = evaluate(self.due, {"day": day})
        assert isinstance(found, int | Fraction), "checked when it was read"
        return day_of(int(found))


@dataclass(frozen=True, slots=True)
class PowerGrant:
    """Who holds a power to interfere, and what the holder must show to use it."""

    name: str
    holder: str
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Offering:
    """One offering of the issuer; `ended` None while it goes on."""

    name: str
    began: date
    ended: date | None
    solicited: bool


@dataclass(frozen=True, slots=True)
class Countries:
    """Where units may be held: only in `allowed` (None: anywhere) and never in `forbidden`."""

    allowed: frozenset[str] | None = None
    forbidden: frozenset[str] = frozenset()

    @property
    def limited(self) -> bool:
        return self.allowed is not None or bool(self.forbidden)

    def refusal(self, country: str) -> Reason:
        """The code with which units to `country` (ISO 3166-1 alpha-2, "" unknown) are refused."""
        if self.allowed is None:
            return Reason.JURISDICTION_FORBIDDEN if country in self.forbidden else Reason.OK
        fine = country in self.allowed - self.forbidden
        return Reason.OK if fine else Reason.JURISDICTION_NOT_ALLOWED


@dataclass(frozen=True, slots=True)
class ProfileUse:
    """A profile that went into a policy, with the parameters it was used with."""

    id: str
    version: int
    as_of: date
    parameters: Mapping[str, JSON] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Policy:
    """All rules of one instrument, expanded. `issuer` are facts about the issuer, as stated."""

    name: str
    as_of: date
    uses: tuple[ProfileUse, ...] = ()
    issuer: Mapping[str, Fact] = field(default_factory=dict)
    attributes: tuple[Attribute, ...] = ()
    classes: tuple[HolderClass, ...] = ()
    families: tuple[Family, ...] = ()
    prohibitions: tuple[Prohibition, ...] = ()
    paths: tuple[Path, ...] = ()
    caps: tuple[Cap, ...] = ()
    tests: tuple[Test, ...] = ()
    obligations: tuple[Obligation, ...] = ()
    powers: tuple[PowerGrant, ...] = ()
    countries: Countries = Countries()
    resets_affiliate_sales: str = ""
    """The family that units join when an affiliate sells them privately, so that their clocks start
    anew (230.144(d)(3)); empty where no sale does that."""
    public_marketing: bool = False
    offerings: tuple[Offering, ...] = ()
    published: frozenset[str] = frozenset()
    """What the register shows of persons beside class and marks: `country`, or nothing."""
    answers: Mapping[str, str] = field(default_factory=dict)
    """Questions that a lawyer has to answer before the policy goes on chain; "?" is none."""
    acknowledged: frozenset[str] = frozenset()
    """Consequences that the issuer knows of: `stranded`, holders who could sell to nobody."""
    fact_words: Mapping[str, str] = field(default_factory=dict)
    """What the facts mean that attributes and tests read."""

    def family(self, number: int) -> Family | None:
        """The family with this number, as lots on chain name it."""
        return next((one for one in self.families if one.number == number), None)


KIND_NAMES: Mapping[str, Kind] = {kind.name.lower(): kind for kind in Kind}
PROOF_NAMES: Mapping[str, Proof] = {proof.name.lower(): proof for proof in Proof if proof.name}
BY_RULES = frozenset(kind for kind in Kind if kind < Kind.RECOVER)
"""The kinds that rules decide; from RECOVER on an act rests on a power."""


def terms(
    family: Family, acquired: date, *, reporting: bool, distribution_ended: date | None = None
) -> Vintage:
    """The clocks with which a lot acquired on a day starts; exits by class are added on compiling.

    `distribution_ended` is the day from which a Regulation S period counts, None while unknown.
    """
    release, free = 0, 0
    if family.rule_144:
        sooner, later = family.rule_144
        free = day_number(release_day(acquired, later))
        release = day_number(release_day(acquired, sooner)) if reporting and sooner < later else 0
    abroad = 0
    if family.reg_s:
        abroad = (
            day_number(family.reg_s.over(distribution_ended)) if distribution_ended else LAST_DAY
        )
    crowd, lock = (
        day_number(period.over(acquired)) if period else 0
        for period in (family.reg_cf, family.lock)
    )
    reason = int(family.lock_code) if family.lock else 0
    day = day_number(acquired)
    return Vintage(day, release, free, abroad, crowd, lock, family.number, reason=reason)


def class_of(policy: Policy, attributes: frozenset[str], country: str) -> HolderClass | None:
    """The first class whose condition holds for a person; None if no class takes him."""
    facts = person_facts(policy, attributes, country)
    for one in policy.classes:
        if holds(one.when, facts):
            return one
    return None


def person_facts(policy: Policy, attributes: frozenset[str], country: str) -> dict[str, Fact]:
    """A person's attributes as the facts that class conditions read: what he is not is false."""
    facts: dict[str, Fact] = dict.fromkeys((one.name for one in policy.attributes), False)
    facts.update(dict.fromkeys(attributes, True))
    return facts | {"country": country}
