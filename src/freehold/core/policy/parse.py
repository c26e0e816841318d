"""A policy file becomes a policy: its profiles expanded, its own rules added, its mistakes listed.

`parse_policy` is given the texts of the profiles, because the core reads no files. Everything that
is wrong is found at once, each with its line and key; then the lints look at the whole.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from freehold.core.errors import Invalid, Mistake
from freehold.core.policy.expression import TRUE, Fact, parse_expression
from freehold.core.policy.lint import Lint, lint
from freehold.core.policy.model import Cap, Countries, HolderClass, Policy
from freehold.core.policy.profile import Bound, Draft, Rules, add_profile, parameters_of
from freehold.core.policy.reading import Report, Table
from freehold.core.policy.scheme import minimal_scheme
from freehold.core.reasons import Reason
from freehold.core.tomltext import read_toml as read_toml_text

Profiles = Mapping[str, str]
"""The text of each profile by its id."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A policy and the lints that only warn."""

    policy: Policy
    warnings: tuple[Lint, ...]


def parse_policy(text: str, profiles: Profiles, today: date, source: str = "policy") -> Parsed:
    """Read, expand and lint a policy. `today` dates the profiles' age.

    Raises Invalid with every mistake and every lint that is an error.
    """
    table = read_toml(text, source)
    report = table.report
    draft, head = Draft(), table.table("policy")
    draft.issuer = _issuer(table.table("issuer"))
    name, as_of = head.text("name"), head.day("as_of")
    public = head.yes("public_marketing", False)
    _use(draft, table, head.texts("use"), profiles)
    bound: Bound = {f"issuer.{key}": value for key, value in draft.issuer.items()}
    rules = Rules(draft, bound, name, as_of)
    _own_rules(rules, table)
    classes = tuple(_classes(table, bound))
    countries = _countries(table.table("countries"))
    _choices(draft, table)
    head.finish()
    table.finish()
    report.refuse(f"{source} is no policy that can be used")
    policy = _policy(draft, name, as_of, classes, countries)
    found = lint(policy, draft, today, public_marketing=public)
    errors = [
        Mistake(f"{source}: {one.place}", f"{one.id}: {one.text}") for one in found if one.stops
    ]
    if errors:
        raise Invalid(f"{source} contradicts itself or the law", mistakes=errors)
    return Parsed(policy, tuple(found))


def read_toml(text: str, source: str) -> Table:
    """The file as a table that finds mistakes. Raises Invalid where it is no TOML at all."""
    found = read_toml_text(text, source)
    return Table(found.content, (), Report(source, found))


def _issuer(table: Table) -> dict[str, Fact]:
    facts: dict[str, Fact] = {
        "domestic": table.yes("domestic", True),
        "reporting": table.yes("reporting", False),
        "shell": table.yes("shell", False),
        "security": table.text("security", "equity"),
        "country": table.text("country", "US"),
        "fund": table.yes("fund", False),
    }
    table.finish()
    return facts


def _use(draft: Draft, table: Table, names: tuple[str, ...], profiles: Profiles) -> None:
    settings = table.table("profile")
    given = {name: _setting(settings, name) for name in _in_order(names, profiles)}
    if not names:
        table.report.add(
            ("policy", "use"), "names no profile: nothing would be allowed or forbidden"
        )
    for name, values in given.items():
        if name not in profiles:
            known = ", ".join(sorted(profiles))
            table.report.add(("policy", "use"), f"{name!r} is no profile: {known}")
            continue
        profile = read_toml(profiles[name], name)
        parameters = parameters_of(profile, values, table.report)
        add_profile(draft, profile, parameters)
        table.report.mistakes.extend(profile.report.mistakes)
    for name in _keys(settings.values):
        if name not in given:
            settings.report.add(("profile", name), "has settings but is not in `use`")


def _setting(settings: Table, name: str) -> Table:
    """The settings of one profile: `[profile."us.reg_cf"]`, or without quotes as nested tables."""
    found = settings.given(name)
    if found is None:
        found = settings.values
        for part in name.split("."):
            found = found.get(part, {}) if isinstance(found, dict) else {}
        if not isinstance(found, dict) or any(isinstance(one, dict) for one in found.values()):
            found = {}
    return Table(found, ("profile", name), settings.report)


def _keys(values: Mapping[str, Any], before: str = "") -> Iterator[str]:
    for key, value in values.items():
        if isinstance(value, dict) and value and all(isinstance(v, dict) for v in value.values()):
            yield from _keys(value, f"{before}{key}.")
        else:
            yield f"{before}{key}"


def _in_order(names: tuple[str, ...], profiles: Profiles) -> list[str]:
    """The profiles named, each after those it needs."""
    found: dict[str, None] = {}
    for name in names:
        if name in profiles:
            needs = tomllib.loads(profiles[name]).get("needs", [])
            found |= dict.fromkeys(_in_order(tuple(needs), profiles))
        found[name] = None
    return list(found)


def _own_rules(rules: Rules, table: Table) -> None:
    """The issuer's own rules: the same tables as in a profile, caps and powers also by name."""
    draft = rules.draft
    for name, one in table.named("vintages"):
        values = {"id": name, **one.values}
        draft.families.append(rules.family(Table(values, one.place, one.report)))
    draft.attributes += map(rules.attribute, table.tables("attributes"))
    draft.prohibitions += map(rules.prohibition, table.tables("prohibitions"))
    draft.tests += map(rules.test, table.tables("tests"))
    for name, one in table.named("caps"):
        draft.caps.append(_own_cap(rules, name, one))
    for name, one in table.named("powers"):
        draft.powers.append(rules.power(Table({"name": name, **one.values}, one.place, one.report)))


def _own_cap(rules: Rules, name: str, table: Table) -> Cap:
    """A cap by its name; `group = "all"` is everybody."""
    values = dict(table.values)
    if values.get("group") == "all":
        values["group"] = "True"
    return rules.cap(Table({"id": name, **values}, table.place, table.report))


def _classes(table: Table, bound: Bound) -> Iterator[HolderClass]:
    for one in table.tables("classes"):
        when = one.read("when", lambda text: parse_expression(text, bound), TRUE)
        yield HolderClass(one.number("id"), one.text("name"), when)
        one.finish()


def _countries(table: Table) -> Countries:
    allowed = frozenset(table.texts("allowed")) if "allowed" in table.values else None
    forbidden = frozenset(table.texts("forbidden"))
    table.finish()
    return Countries(allowed, forbidden)


def _choices(draft: Draft, table: Table) -> None:
    """Which paths, in which order."""
    chosen = table.table("paths")
    order = chosen.texts("order")
    chosen.finish()
    known = {path.id for path in draft.paths}
    for name in order:
        if name not in known:
            chosen.note(
                "order", f"{name!r} is no path of these profiles: {', '.join(sorted(known))}"
            )
    if order:
        by_id = {path.id: path for path in draft.paths}
        kept = [by_id[name] for name in order if name in by_id]
        draft.paths = kept + [path for path in draft.paths if path.id not in order]


def _policy(
    draft: Draft,
    name: str,
    as_of: date,
    classes: tuple[HolderClass, ...],
    countries: Countries,
) -> Policy:
    policy = Policy(
        name=name,
        as_of=as_of,
        uses=tuple(sorted(draft.uses, key=lambda use: use.id)),
        issuer=draft.issuer,
        attributes=tuple(draft.attributes),
        classes=classes,
        families=tuple(draft.families),
        prohibitions=tuple(draft.prohibitions),
        paths=tuple(draft.paths),
        caps=tuple(sorted(draft.caps, key=_place_of_cap)),
        tests=tuple(draft.tests),
        obligations=tuple(draft.obligations),
        powers=tuple(draft.powers),
        countries=countries,
        resets_affiliate_sales=draft.resets_affiliate_sales,
    )
    return policy if classes else minimal_scheme(policy)


def _place_of_cap(cap: Cap) -> tuple[bool, bool]:
    """The order in which the chain looks: units in one hand, all holders, then groups."""
    return not cap.per_person, not (cap.group == TRUE and cap.code == Reason.MAX_HOLDERS)
