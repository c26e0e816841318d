"""A policy file becomes a policy: its profiles expanded, its own rules added, its mistakes listed.

`parse_policy` is given the texts of the profiles, because the core reads no files. Everything that
is wrong is found at once, each with its line and key; then the lints look at the whole.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from freehold.core.errors import Invalid, Mistake
from freehold.core.policy.clauses import (
    choose_paths,
    own_rules,
    read_answers,
    read_classes,
    read_countries,
    read_offerings,
    read_published,
    read_settings,
)
from freehold.core.policy.expression import names_in
from freehold.core.policy.lint import lint
from freehold.core.policy.model import Cap, Policy
from freehold.core.policy.profile import Draft, Lint, Rules, add_profile, parameters_of
from freehold.core.policy.reading import Report, Table
from freehold.core.policy.scheme import minimal_scheme
from freehold.core.tomltext import TomlText
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
    policy, found = expand(read_toml(text, source), profiles, today)
    errors = [
        Mistake(f"{source}: {one.place}", f"{one.id}: {one.text}") for one in found if one.stops
    ]
    if errors:
        raise Invalid(f"{source} contradicts itself or the law", mistakes=errors)
    return Parsed(policy, tuple(found))


def expand(table: Table, profiles: Profiles, today: date) -> tuple[Policy, list[Lint]]:
    """The policy of a table and every lint about it, those that stop first.

    Raises Invalid with every mistake in reading; lints are findings here, not errors.
    """
    draft, head = Draft(), table.table("policy")
    name, as_of = head.text("name"), head.day("as_of")
    draft.public_marketing = head.yes("public_marketing", False)
    acknowledged = frozenset(head.texts("acknowledge"))
    for one in acknowledged - {"stranded"}:
        head.note("acknowledge", f"{one!r} is nothing to acknowledge: stranded")
    used = head.texts("use")
    draft.settled["uses"] = tuple(in_order(used, profiles))
    read_settings(draft, table)
    _use(draft, table, used, profiles)
    bound = draft.settled
    own_rules(Rules(draft, bound, name, as_of), table)
    classes = tuple(read_classes(table, bound))
    countries = read_countries(table.table("countries"))
    choose_paths(draft, table)
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
        public_marketing=draft.public_marketing,
        offerings=tuple(read_offerings(table)),
        published=read_published(table, countries),
        answers=read_answers(table, draft.questions),
        acknowledged=acknowledged,
        fact_words=draft.fact_words,
    )
    head.finish()
    table.finish()
    _check_facts(policy, table.report)
    table.report.refuse(f"{table.report.source} is no policy that can be used")
    policy = policy if classes else minimal_scheme(policy)
    return policy, lint(policy, draft.lints, today)


def read_toml(text: str, source: str) -> Table:
    """The file as a table that finds mistakes. Raises Invalid where it is no TOML at all."""
    found = read_toml_text(text, source)
    return Table(found.content, (), Report(source, found))


def _use(draft: Draft, table: Table, names: tuple[str, ...], profiles: Profiles) -> None:
    settings = table.table("profile")
    given = {name: _setting(settings, name) for name in in_order(names, profiles)}
    if not names:
        table.report.add(
            ("policy", "use"), "names no profile: nothing would be allowed or forbidden"
        )
    for name, values in given.items():
        if name not in profiles:
            known = ", ".join(sorted(profiles))
            table.report.add(("policy", "use"), f"{name!r} is no profile: {known}")
            continue
        found = _read_profile(profiles[name], name)
        profile = Table(found.content, (), Report(name, found))
        parameters = parameters_of(profile, values, table.report)
        add_profile(draft, profile, parameters)
        table.report.mistakes.extend(profile.report.mistakes)
    for name in _keys(settings.values):
        if name not in given:
            settings.report.add(("profile", name), "has settings but is not in `use`")


@lru_cache(maxsize=256)
def _read_profile(text: str, name: str) -> TomlText:
    """A profile is read once, however many policies use it."""
    return read_toml_text(text, name)


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


def in_order(names: tuple[str, ...], profiles: Profiles) -> list[str]:
    """The profiles named, each after those it needs."""
    found: dict[str, None] = {}
    for name in names:
        if name in profiles:
            needs = _read_profile(profiles[name], name).content.get("needs", [])
            found |= dict.fromkeys(in_order(tuple(needs), profiles))
        found[name] = None
    return list(found)


def _check_facts(policy: Policy, report: Report) -> None:
    """A fact that nobody describes would be missing for ever: most likely it is misspelt."""
    known = policy.fact_words.keys() | {one.name for one in policy.attributes}
    for attribute in policy.attributes:
        for name in sorted(names_in(attribute.when) - known):
            report.add(("attributes", attribute.name), f"reads {name}, which no [facts] describes")
    for test in policy.tests:
        here, read = known | dict(test.where).keys(), names_in(test.when) | names_in(test.needs)
        for name in sorted(read.union(*(names_in(one) for _, one in test.where)) - here):
            report.add(("tests", test.id), f"reads {name}, which no [facts] describes")


def _place_of_cap(cap: Cap) -> tuple[bool, bool]:
    """The order in which the chain looks: units in one hand, all holders, then groups."""
    return not cap.per_person, not cap.is_of_all
