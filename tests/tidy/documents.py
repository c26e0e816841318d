"""What the documents must say: every setting, every command, every direct dependency."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.tidy.imports import canonical


def table_rows(text: str) -> list[list[str]]:
    """The cells of every Markdown table row, backticks taken off."""
    rows = [line.strip().strip("|").split("|") for line in text.splitlines() if line[:1] == "|"]
    return [[cell.strip().strip("`") for cell in row] for row in rows]


def settings_are_documented(root: Path, settings: Mapping[str, str]) -> Iterator[str]:
    """docs/reference/config.md lists the settings, in order, with their defaults."""
    rows = table_rows((root / "docs/reference/config.md").read_text())
    listed = {row[0]: row for row in rows if len(row) == 4 and re.fullmatch(r"[a-z_]+", row[0])}
    for name, default in settings.items():
        expected = [name, f"FREEHOLD_{name.upper()}", default]
        if name not in listed:
            yield f"docs/reference/config.md: `{name}` is missing"
        elif listed[name][:3] != expected:
            yield f"docs/reference/config.md: `{name}` should say {' | '.join(expected)}"
        elif not listed[name][3]:
            yield f"docs/reference/config.md: `{name}` does not say what it is for"
    for name in listed.keys() - settings.keys() - {"setting"}:
        yield f"docs/reference/config.md: there is no setting `{name}`"


def commands_are_documented(root: Path, commands: Mapping[str, list[str]]) -> Iterator[str]:
    """docs/reference/cli.md has a heading for each command and mentions each of its options."""
    text = (root / "docs/reference/cli.md").read_text()
    parts = re.split(r"^## ", text, flags=re.M)[1:]
    sections = {part.splitlines()[0].strip("` "): part for part in parts}
    for command, options in commands.items():
        if command not in sections:
            yield f"docs/reference/cli.md: `{command}` is missing"
            continue
        for option in options:
            if f"`{option}" not in sections[command]:
                yield f"docs/reference/cli.md: `{command}` does not mention `{option}`"
    for command in sections.keys() - commands.keys():
        yield f"docs/reference/cli.md: there is no command `{command}`"


def dependencies_are_explained(root: Path) -> Iterator[str]:
    """docs/decisions/dependencies.md says of each direct dependency why it is here."""
    project = tomllib.loads((root / "pyproject.toml").read_text())
    groups = project["dependency-groups"].values()
    lines = [*project["project"]["dependencies"], *(line for group in groups for line in group)]
    direct = {canonical(line) for line in lines if isinstance(line, str)}
    rows = table_rows((root / "docs/decisions/dependencies.md").read_text())
    listed = {canonical(row[0]) for row in rows if len(row) == 3 and all(row)}
    for name in sorted(direct - listed):
        yield f"docs/decisions/dependencies.md: `{name}` is missing: say its licence and its use"
    for name in sorted(listed - direct - {"dependency", "---"}):
        yield f"docs/decisions/dependencies.md: `{name}` is no dependency any more"
