"""docs/reference/profiles.md from the profiles themselves.

`python -m tests.docs.profiles_page` writes the page anew; a test compares it.
"""

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from freehold.core.policy.expression import FUNCTIONS
from freehold.core.policy.model import NOTICE
from freehold.core.policy.vectors import MARKS
from freehold.desks.rules.policies import shipped_profiles
from tests.parts import ROOT

PAGE = ROOT / "docs/reference/profiles.md"
OPENING = f"""# Profiles

The law's regimes as data: each is a file in `src/freehold/core/policy/profiles/`, and a policy takes
it with `use = ["id"]`. {NOTICE.capitalize()}. Every rule has a citation, a day on which it was looked
at, and a mark: {{marks}}. What is marked G is shown as **unverified**, here and wherever a rule answers.

An issuer sets a profile's parameters in `[profile."id"]` of the policy. A share is written
`[25, 100]`, a period `P6M`, `P1Y` or `P40D`. A limit that does not exist is left out; 0 is a mistake.
How rules work together is told in [policies](../concepts/policies.md), what is wrong with a whole
policy in [lints](lints.md), which rule is kept where by `freehold policy coverage`.

Conditions are made of facts, parameters, whole numbers, texts, `and`, `or`, `not`, `a if c else b`,
comparisons, `in`, `+`, `-`, `*`, and:

| function | what |
|---|---|
{{functions}}
The page is written by `.venv/bin/python -m tests.docs.profiles_page`.
"""
_KINDS = {
    "attributes": "what a person is",
    "families": "units and their clocks",
    "prohibitions": "may not",
    "paths": "way out of the Rule 144 clock",
    "caps": "cap",
    "tests": "asked at",
    "obligations": "duty",
}


def page() -> str:
    """The whole page as it has to be."""
    marks = "; ".join(f"`{mark}` {meaning}" for mark, meaning in MARKS.items())
    functions = "".join(f"| `{name}` | {_cell(about)} |\n" for name, about in FUNCTIONS.items())
    profiles = shipped_profiles()
    chapters = "".join(_chapter(tomllib.loads(profiles[name])) for name in sorted(profiles))
    return OPENING.format(marks=marks, functions=functions) + chapters


def _chapter(profile: Mapping[str, Any]) -> str:
    parts = [f"\n## `{profile['id']}`\n\n{profile['title']}. As of {profile['as_of']}."]
    if about := profile.get("about"):
        parts.append(f" {about}")
    if needs := profile.get("needs"):
        parts.append(f" Brings {', '.join(f'`{one}`' for one in needs)}.")
    parts.append("\n")
    parts += _parameters(profile.get("parameters", {}))
    parts += _rules(profile)
    parts += _lints(profile.get("lints", []))
    parts += _questions(profile.get("questions", {}))
    parts += _facts(profile.get("facts", {}))
    return "".join(parts)


def _parameters(parameters: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    if parameters:
        yield "\n| parameter | default | what |\n|---|---|---|\n"
    for name, one in parameters.items():
        unit = f" {one['unit']}" if "unit" in one else ""
        choices = one.get("choices")
        among = f"; one of {', '.join(map(str, choices))}" if choices else ""
        yield f"| `{name}` | `{_value(one['default'])}`{unit} | {_cell(one['about'] + among)} |\n"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:_}" if isinstance(value, int) else str(value)


def _rules(profile: Mapping[str, Any]) -> Iterator[str]:
    rules = [(where, one) for where in _KINDS for one in profile.get(where, [])]
    if rules:
        yield "\n| rule | is | says | code | source |\n|---|---|---|---|---|\n"
    for where, one in rules:
        is_a = _KINDS[where] + (f" {one['at']}" if where == "tests" else "")
        says = one.get("text") or one.get("what") or ""
        out = f" Way out: {one['way_out']}" if one.get("way_out") else ""
        code = f"`{one['code']}`" if "code" in one else ""
        name = one.get("id") or one["name"]
        yield f"| `{name}` | {is_a} | {_cell(says + out)} | {code} | {_source(one)} |\n"


def _source(rule: Mapping[str, Any]) -> str:
    mark = rule.get("mark", "D")
    sure = "**unverified**" if mark == "G" else mark
    return _cell(f"{rule['rule']}: {rule['cite']} ({sure})")


def _lints(lints: list[Mapping[str, Any]]) -> Iterator[str]:
    for one in lints:
        yield f"\n[{one['id']}](lints.md): {one['text']}.\n"


def _questions(questions: Mapping[str, str]) -> Iterator[str]:
    for name, text in questions.items():
        yield f"\nQuestion `{name}`, yes or no before the policy goes on chain: {text}\n"


def _facts(facts: Mapping[str, str]) -> Iterator[str]:
    if facts:
        yield "\n| fact | what |\n|---|---|\n"
    for name, about in facts.items():
        yield f"| `{name}` | {_cell(about)} |\n"


def _cell(text: str) -> str:
    return text.replace("|", "or").strip()


if __name__ == "__main__":
    PAGE.write_text(page())
