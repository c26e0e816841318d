"""Profiles: the law's regimes, written once as data, and how one becomes part of a policy.

A profile is a TOML file with a citation, a date and a provenance mark on every rule. It may have
parameters, which an issuer sets in his policy; a `"$name"` stands for a parameter's value, and
expressions name parameters directly. docs/reference/profiles.md lists every key.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from freehold.core.errors import Invalid
from freehold.core.facts import Kind
from freehold.core.policy.expression import (
    FALSE,
    TRUE,
    Bound,
    Expression,
    Fact,
    names_in,
    parse_expression,
)
from freehold.core.policy.model import (
    BY_RULES,
    KIND_NAMES,
    Attribute,
    Cap,
    Clock,
    Family,
    Mark,
    Obligation,
    Path,
    Period,
    PowerGrant,
    ProfileUse,
    Prohibition,
    Source,
    Stage,
    Test,
)
from freehold.core.policy.reading import Report, Table
from freehold.core.reasons import Reason

Bindings = Mapping[str, Bound]
GROUPS_OF_KINDS: Mapping[str, frozenset[Kind]] = {
    "any": BY_RULES,
    "transfers": BY_RULES - {Kind.ISSUE, Kind.TO_ISSUER},
    "sales": frozenset({Kind.SALE, Kind.VENUE, Kind.PUBLIC_SALE}),
    "without_price": frozenset({Kind.GIFT, Kind.TRUST, Kind.ESTATE, Kind.DIVORCE}),
}
PERIOD = re.compile(r"P(\d+)([YMD])")
_CLOCKS = {clock.name.lower(): clock for clock in Clock}


@dataclass(frozen=True, slots=True)
class Lint:
    """Something wrong with the whole; `stops` says whether the policy cannot be used with it."""

    id: str
    place: str
    text: str
    stops: bool = True
    code: Reason = Reason.OK


@dataclass
class Draft:
    """What profiles and the policy itself have brought together so far.

    `settled` are the names that conditions read as constants: `issuer.x`, `venue.mode`, `powers.x`,
    `consent.required`, `policy.public_marketing` and `uses`, the profiles.
    """

    issuer: dict[str, Fact] = field(default_factory=dict)
    settled: dict[str, Bound] = field(default_factory=dict)
    uses: list[ProfileUse] = field(default_factory=list)
    attributes: list[Attribute] = field(default_factory=list)
    families: list[Family] = field(default_factory=list)
    prohibitions: list[Prohibition] = field(default_factory=list)
    paths: list[Path] = field(default_factory=list)
    caps: list[Cap] = field(default_factory=list)
    tests: list[Test] = field(default_factory=list)
    obligations: list[Obligation] = field(default_factory=list)
    powers: list[PowerGrant] = field(default_factory=list)
    resets_affiliate_sales: str = ""
    lints: list[Lint] = field(default_factory=list)
    fact_words: dict[str, str] = field(default_factory=dict)
    questions: dict[str, str] = field(default_factory=dict)
    public_marketing: bool = False


def parse_period(text: str) -> Period:
    """Read P6M, P1Y, P40D. Raises Invalid."""
    found = PERIOD.fullmatch(text)
    if not found or not int(found[1]):
        raise Invalid(f"{text!r} is not a period such as P6M, P1Y or P40D", value=text)
    count = int(found[1])
    if found[2] == "D":
        return Period(days=count)
    return Period(months=count * (12 if found[2] == "Y" else 1))


def parameters_of(profile: Table, given: Table, report: Report) -> dict[str, Any]:
    """The profile's parameters with the issuer's values over the defaults, each of its kind."""
    found: dict[str, Any] = {}
    for name, declared in profile.named("parameters"):
        default = declared.given("default")
        choices = declared.given("choices")
        declared.text("about", "")
        declared.text("unit", "")
        declared.finish()
        value = given.given(name)
        if value is None:
            value = default
        elif type(value) is not type(default):
            given.note(name, f"{value!r} is not of the kind of {default!r}")
            value = default
        elif value == 0 and not isinstance(value, bool):
            given.note(name, "L9: is 0: leave a limit out where there is none")
        wrong = [one for one in _listed(value) if choices and one not in choices]
        if wrong:
            given.note(name, f"{wrong[0]!r} is none of {', '.join(map(str, choices))}")
        found[name] = value
    given.finish()
    return found


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def add_profile(draft: Draft, profile: Table, parameters: Mapping[str, Any]) -> None:
    """Expand one profile into the draft; mistakes go to the profile's report."""
    name, as_of = profile.text("id"), profile.day("as_of")
    for key in ("title", "jurisdiction", "about"):
        profile.text(key, "")
    profile.texts("needs")
    draft.uses.append(ProfileUse(name, profile.number("version"), as_of, dict(parameters)))
    draft.resets_affiliate_sales = profile.text(
        "resets_affiliate_sales", draft.resets_affiliate_sales
    )
    Rules(draft, {**draft.settled, **bindings(parameters)}, name, as_of, parameters).read(profile)
    profile.finish()


def bindings(parameters: Mapping[str, Any]) -> dict[str, Bound]:
    """Parameters as expressions see them: lists become tuples, periods stay texts."""
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in parameters.items()
    }


@dataclass(frozen=True)
class Rules:
    """Reads the tables of rules that profiles and policies share."""

    draft: Draft
    bound: Bindings
    profile: str
    as_of: date
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def read(self, table: Table) -> None:
        """Add a profile's rules, and what it finds wrong with the policy around it."""
        draft = self.draft
        gather(draft.families, map(self.family, table.tables("families")), "id")
        gather(draft.paths, map(self.path, table.tables("paths")), "id")
        gather(draft.caps, map(self.cap, table.tables("caps")), "id")
        gather(draft.obligations, map(self.obligation, table.tables("obligations")), "id")
        self.read_lists(table)
        draft.lints += [one for one in map(self.lint, table.tables("lints")) if one]
        questions = table.table("questions")
        draft.questions |= {name: questions.text(name) for name in questions.values}

    def read_lists(self, table: Table) -> None:
        """Add the rules that profiles and policies write alike."""
        draft = self.draft
        gather(draft.attributes, map(self.attribute, table.tables("attributes")), "name")
        gather(draft.prohibitions, map(self.prohibition, table.tables("prohibitions")), "id")
        gather(draft.tests, map(self.test, table.tables("tests")), "id")
        facts = table.table("facts")
        draft.fact_words |= {name: facts.text(name) for name in facts.values}

    def lint(self, table: Table) -> Lint | None:
        """What the profile finds wrong with the policy around it; None if all is well."""
        when = self.condition(table, "when")
        found = Lint(
            table.text("id"),
            table.text("place", f"profile.{self.profile}"),
            table.text("text"),
            not table.yes("warns", False),
            self.code(table, Reason.OK),
        )
        table.finish()
        if when not in (TRUE, FALSE):
            table.note("when", f"{when.text!r} depends on facts: a lint looks at the policy alone")
        return found if when == TRUE else None

    def attribute(self, table: Table) -> Attribute:
        found = Attribute(
            table.text("name"),
            self.condition(table, "when"),
            self.code(table, Reason.KYC_MISSING),
            self.source(table),
            self.period(table, "lapses"),
            table.texts("implies"),
            table.text("text", ""),
            table.yes("presumed", False),
        )
        if found.lapses is None:
            table.note("lapses", "L12: is missing: what is found of a person never holds for ever")
        table.finish()
        return found

    def family(self, table: Table) -> Family:
        months = table.given("rule_144")
        if months is not None and not _two_numbers(months):
            table.note("rule_144", f"{months!r} is not [months if reporting, months otherwise]")
            months = None
        if self.condition(table, "restricted", TRUE) == FALSE:
            months = None
        found = Family(
            self.text(table, "id"),
            table.number("number"),
            self.source(table),
            (months[0], months[1]) if months else None,
            self.period(table, "reg_s"),
            self.period(table, "reg_cf"),
            self.period(table, "lock"),
            self.code(table, Reason.CONTRACT_LOCKUP, "lock_code"),
        )
        table.finish()
        return found

    def prohibition(self, table: Table) -> Prohibition:
        until = self.text(table, "until", "")
        if until and until not in _CLOCKS:
            table.note("until", f"L10: {until!r} is no clock: {', '.join(_CLOCKS)}")
        if until == "lock" and "code" in table.values:
            table.note("code", "is not read: while a lock runs the units give their `lock_code`")
        found = Prohibition(
            table.text("id"),
            self.kinds(table),
            self.condition(table, "when"),
            # while a lock runs the lots themselves say why: the `lock_code` of their family
            self.code(table, Reason.CONTRACT_LOCKUP if until == "lock" else None),
            self.source(table),
            _CLOCKS.get(until),
            frozenset(self.texts(table, "families")),
            table.text("text", ""),
            table.text("way_out", ""),
        )
        table.finish()
        return found

    def path(self, table: Table) -> Path:
        found = Path(
            table.text("id"),
            self.kinds(table),
            self.condition(table, "needs"),
            self.code(table, Reason.NO_RESALE_PATH),
            self.source(table),
            frozenset(self.texts(table, "families")),
            table.text("text", ""),
        )
        table.finish()
        return found

    def cap(self, table: Table) -> Cap:
        limit = self.number(table, "limit")
        if limit is not None and limit < 1:
            table.note("limit", f"L9: is {limit}: leave the cap out where there is no limit")
        found = Cap(
            table.text("id"),
            limit or 1,
            self.code(table, Reason.MAX_HOLDERS),
            self.source(table),
            self.condition(table, "group", TRUE),
            table.yes("per_person", False),
        )
        table.finish()
        return found

    def test(self, table: Table) -> Test:
        stage = table.text("at")
        if stage not in set(Stage):
            table.note("at", f"{stage!r} is no stage: {', '.join(Stage)}")
            stage = Stage.SUBSCRIBE
        found = Test(
            table.text("id"),
            Stage(stage),
            self.condition(table, "needs"),
            self.code(table),
            self.source(table),
            self.condition(table, "when", TRUE),
            table.text("text", ""),
            table.text("way_out", ""),
            tuple(self.quantities(table.table("where"))),
        )
        table.finish()
        return found

    def quantities(self, table: Table) -> Iterator[tuple[str, Expression]]:
        """What a test works out first; each may read those above it."""
        for name in table.values:
            yield name, self.condition(table, name)

    def obligation(self, table: Table) -> Obligation:
        found = Obligation(
            table.text("id"),
            table.text("trigger"),
            self.condition(table, "due"),
            table.text("what"),
            self.source(table),
        )
        if names_in(found.due) - {"day"}:
            table.note("due", "reads something else than `day`, the day of the trigger")
        table.finish()
        return found

    def power(self, table: Table) -> PowerGrant:
        found = PowerGrant(table.text("name"), table.text("holder"), table.texts("needs"))
        table.finish()
        return found

    # ---- values ----

    def text(self, table: Table, key: str, default: str | None = None) -> str:
        """A text, or the parameter that `$name` names."""
        written = table.text(key) if default is None else table.text(key, default)
        if not written.startswith("$"):
            return written
        value = self.parameters.get(written[1:])
        if not isinstance(value, str):
            table.note(key, f"{written} names no parameter that is a text")
            return ""
        return value

    def texts(self, table: Table, key: str) -> tuple[str, ...]:
        """Texts, each of which may name a parameter."""
        found: list[str] = []
        for one in table.texts(key):
            value = self.parameters.get(one[1:]) if one.startswith("$") else one
            found += value if isinstance(value, list) else [str(value)]
        return tuple(found)

    def number(self, table: Table, key: str) -> int | None:
        value = table.given(key)
        if isinstance(value, str) and value.startswith("$"):
            value = self.parameters.get(value[1:])
        if isinstance(value, bool) or not isinstance(value, int):
            table.note(key, f"{value!r} is not a whole number")
            return None
        return value

    def period(self, table: Table, key: str) -> Period | None:
        written = self.text(table, key, "")
        if not written:
            return None
        try:
            return parse_period(written)
        except Invalid as problem:
            table.note(key, problem.message)
            return None

    def condition(self, table: Table, key: str, default: Expression | None = None) -> Expression:
        if default is not None and key not in table.values:
            return default
        return table.read(key, lambda text: parse_expression(text, self.bound), TRUE)

    def code(self, table: Table, default: Reason | None = None, key: str = "code") -> Reason:
        if default is not None and key not in table.values:
            return default
        written = table.text(key)
        if written not in Reason.__members__:
            table.note(key, f"{written!r} is no reason code; docs/reference/reasons.md lists them")
            return Reason.NO_RESALE_PATH
        return Reason[written]

    def source(self, table: Table) -> Source:
        mark = table.text("mark", Mark.CHOICE.value)
        if mark not in set(Mark):
            table.note("mark", f"{mark!r} is none of {', '.join(Mark)}")
            mark = Mark.UNVERIFIED
        rule = table.text("rule", self.profile)
        return Source(rule, table.text("cite", ""), Mark(mark), self.as_of, self.profile)

    def kinds(self, table: Table) -> frozenset[Kind]:
        found: set[Kind] = set()
        for name in self.texts(table, "kinds") or ("transfers",):
            if name in GROUPS_OF_KINDS:
                found |= GROUPS_OF_KINDS[name]
            elif name in KIND_NAMES:
                found.add(KIND_NAMES[name])
            else:
                known = ", ".join([*GROUPS_OF_KINDS, *KIND_NAMES])
                table.note("kinds", f"{name!r} is no kind of transfer: {known}")
        return frozenset(found)


def _two_numbers(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(type(one) is int for one in value)


def gather(into: list[Any], found: Any, key: str) -> None:
    """Add what is new; a later rule of the same name takes the place of the earlier."""
    for one in found:
        name = getattr(one, key)
        if _is_void(one):
            into[:] = [old for old in into if getattr(old, key) != name]
            continue
        at = next((n for n, old in enumerate(into) if getattr(old, key) == name), None)
        if at is None:
            into.append(one)
        else:
            into[at] = one


def _is_void(rule: object) -> bool:
    if isinstance(rule, Path):
        return rule.needs == FALSE
    return isinstance(rule, Prohibition | Test) and rule.when == FALSE
