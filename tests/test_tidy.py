"""The house rules hold here, and each of them catches what it is for."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import click
import pytest

from freehold import config
from freehold.doors.cli.main import COMMANDS, app
from tests.parts import ROOT
from tests.tidy import contracts, documents, imports, shape, words

Rule = Callable[[Path], Iterator[str]]

RULES: tuple[Rule, ...] = (
    imports.dependency_rule,
    imports.core_is_pure,
    imports.declared_libraries,
    imports.dead_modules,
    shape.function_length,
    shape.file_length,
    shape.banned_names,
    shape.broad_except,
    shape.module_docstrings,
    words.no_foreign_words,
    contracts.events_agree,
    contracts.reasons_are_explained,
    documents.dependencies_are_explained,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_repository_keeps_the_rule(rule: Rule) -> None:
    findings = list(rule(ROOT))
    assert not findings, "\n".join(findings)


def test_every_setting_is_documented_with_its_default() -> None:
    findings = list(documents.settings_are_documented(ROOT, default_settings()))
    assert not findings, "\n".join(findings)


def default_settings() -> dict[str, str]:
    """Each setting's default as the reference words it."""
    home = Path("/home-folder")
    defaults = config.load(environment={"FREEHOLD_HOME": str(home)})
    text = {name: str(getattr(defaults, name)) for name in config.SETTINGS}
    text = {name: value.replace(str(home.absolute()), "<home>") for name, value in text.items()}
    machine = {"chain_id": "the ledger's", "servers": "the machine's cores"}
    return text | machine | {"home": "the system's folder for data", "trusted_proxies": ""}


def test_every_command_is_documented_with_its_options() -> None:
    findings = list(documents.commands_are_documented(ROOT, options_by_command()))
    assert not findings, "\n".join(findings)


def options_by_command() -> dict[str, list[str]]:
    """Every command by its full words, with the options it has beyond --json and --help."""
    return {
        " ".join(["freehold", *path]): [
            option.opts[0]
            for option in command.params
            if isinstance(option, click.Option) and option.opts[0] not in {"--json", "--help"}
        ]
        for path, command in leaf_commands(app, [])
    }


def leaf_commands(group: click.Group, path: list[str]) -> Iterator[tuple[list[str], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from leaf_commands(command, [*path, name])
        else:
            yield [*path, name], command


@pytest.mark.parametrize(("path", "command"), list(leaf_commands(app, [])), ids=str)
def test_every_command_takes_json_and_explains_itself(
    path: list[str], command: click.Command
) -> None:
    options = {name for option in command.params for name in option.opts}
    assert "--json" in options, f"{' '.join(path)} has no --json"
    assert command.help, f"{' '.join(path)} has no help text"
    unexplained = [
        option.opts[0]
        for option in command.params
        if isinstance(option, click.Option) and not option.help
    ]
    assert not unexplained, f"{' '.join(path)}: no help for {unexplained}"


def test_the_list_of_commands_says_what_each_says_of_itself() -> None:
    context = click.Context(app)
    for name, entry in COMMANDS.items():
        command = app.get_command(context, name)
        assert command is not None
        assert entry.sentence == (command.help or "").split("\n")[0].strip(), name


# ---- Each rule catches what it is for -----------------------------------------------------------

PROJECT = """
[project]
dependencies = ["click>=8"]
[dependency-groups]
test = ["pytest"]
"""
EVENTS = '''"""Events."""
class Issued:
    units: int
    day: int
'''
REASONS = '''"""Reasons."""
class Reason:
    PAUSED = 100
_EXPLAINED = {Reason.PAUSED: "x"}
'''
REFERENCE = "| 100 | PAUSED | text |\n"
USE = '"""D."""\nfrom freehold.core import reasons\nx = reasons.Reason.PAUSED\n'

PLANTED: list[tuple[Rule, Mapping[str, str], str]] = [
    (
        imports.dependency_rule,
        {"src/freehold/core/units.py": "import freehold.book.schema"},
        "core may not know book",
    ),
    (
        imports.dependency_rule,
        {"src/freehold/chain/send.py": "def f():\n    from freehold.book import schema"},
        "never import each other",
    ),
    (
        imports.dependency_rule,
        {
            "src/freehold/desks/agent/vault.py": "from freehold.desks.servicing import actions",
            "src/freehold/desks/servicing/actions.py": "",
        },
        "desks meet in the book's rows",
    ),
    (
        imports.dependency_rule,
        {"src/freehold/doors/cli/node.py": "from freehold.chain import node"},
        "doors ask desks",
    ),
    (
        imports.dependency_rule,
        {
            "src/freehold/core/units.py": "from freehold.core import register",
            "src/freehold/core/register.py": "",
        },
        "inside core imports go down",
    ),
    (imports.dependency_rule, {"src/freehold/core/units.py": "import sqlite3"}, "I/O"),
    (
        imports.dependency_rule,
        {"src/freehold/desks/securities/assets.py": "import sqlalchemy"},
        "desks uses argon2, pyotp",
    ),
    (
        imports.dependency_rule,
        {"src/freehold/core/nonsense.py": "from freehold.core.errors import Invalid"},
        "no place in CORE_LAYERS",
    ),
    (imports.dependency_rule, {"src/freehold/extras/a.py": "import freehold.core"}, "no part of"),
    (
        imports.core_is_pure,
        {"src/freehold/core/clock.py": "import datetime\nx = datetime.datetime.now()"},
        "core gets instants",
    ),
    (
        imports.declared_libraries,
        {"src/freehold/doors/a.py": "import pluggy"},
        "add it to the dependencies",
    ),
    (imports.dead_modules, {"src/freehold/core/attic.py": ""}, "use it or delete it"),
    (
        shape.function_length,
        {"src/freehold/core/a.py": "def f():\n" + "    x = 1\n" * 70},
        "`f` has 71 lines",
    ),
    (
        shape.function_length,
        {"src/freehold/core/a.py": "def f():\n" + "    x = 1\n" * 12},
        "the median function has 13",
    ),
    (shape.file_length, {"tests/test_a.py": "x = 1\n" * 501}, "501 lines; at most 500"),
    (shape.file_length, {"contracts/A.vy": "#\n" * 401}, "401 lines; at most 400"),
    (shape.banned_names, {"src/freehold/core/utils.py": ""}, "`utils` says nothing"),
    (shape.banned_names, {"src/freehold/core/services/a.py": ""}, "`services` says nothing"),
    (shape.banned_names, {"src/freehold/core/split_v2.py": ""}, "`split_v2` says nothing"),
    (
        shape.banned_names,
        {"src/freehold/core/a.py": "class TokenManager: ..."},
        "named after a pattern",
    ),
    (
        shape.broad_except,
        {"src/freehold/desks/a.py": "try:\n    x = 1\nexcept (ValueError, Exception):\n    x = 2"},
        "belongs to doors",
    ),
    (
        shape.broad_except,
        {"src/freehold/desks/a.py": "try:\n    x = 1\nexcept:\n    x = 2"},
        "belongs to doors",
    ),
    (shape.module_docstrings, {"src/freehold/desks/a.py": "x = 1"}, "open with a docstring"),
    (words.no_foreign_words, {"docs/a.md": "see /ro" + "ot/notes"}, "is a path of one machine"),
    (words.no_foreign_words, {"docs/a.md": "TO" + "DO: more"}, "marks unfinished work"),
    (words.no_foreign_words, {"docs/a.md": "in my work" + "tree"}, "how the work was done"),
    (
        contracts.events_agree,
        {
            "contracts/interfaces/IA.vyi": "event Issued:\n    day: uint256\n    units: uint256\n",
            "src/freehold/core/events.py": EVENTS,
        },
        "event Issued has day, units; core/events.py has units, day",
    ),
    (
        contracts.events_agree,
        {
            "contracts/interfaces/IA.vyi": "event Moved:\n    day: uint256\n",
            "src/freehold/core/events.py": EVENTS,
        },
        "event Moved has no class",
    ),
    (
        contracts.events_agree,
        {
            "contracts/interfaces/IA.vyi": "event Moved:\n    day: uint256\n",
            "src/freehold/core/events.py": EVENTS,
        },
        "no interface declares an event Issued",
    ),
    (
        contracts.reasons_are_explained,
        {"src/freehold/core/reasons.py": REASONS, "tests/test_a.py": ""},
        "no line in docs/reference/reasons.md",
    ),
    (
        contracts.reasons_are_explained,
        {"src/freehold/core/reasons.py": REASONS.replace("Reason.PAUSED:", "1:")},
        "has no sentence",
    ),
    (
        contracts.reasons_are_explained,
        {"src/freehold/core/reasons.py": REASONS, "src/freehold/chain/a.py": USE},
        "is used and no test mentions it",
    ),
    (
        documents.dependencies_are_explained,
        {"docs/decisions/dependencies.md": "| click | MIT | |\n| pytest | MIT | tests |\n"},
        "`click` is missing",
    ),
    (
        documents.dependencies_are_explained,
        {"docs/decisions/dependencies.md": "| gone | MIT | tests |\n"},
        "`gone` is no dependency any more",
    ),
]


@pytest.mark.parametrize(("rule", "files", "sentence"), PLANTED)
def test_a_planted_violation_is_found(
    rule: Rule, files: Mapping[str, str], sentence: str, tmp_path: Path
) -> None:
    for name, content in {"pyproject.toml": PROJECT, **files}.items():
        place = tmp_path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content)
    assert any(sentence in finding for finding in rule(tmp_path)), list(rule(tmp_path))


def test_a_missing_or_wrong_setting_in_the_reference_is_found(tmp_path: Path) -> None:
    reference = tmp_path / "docs/reference/config.md"
    reference.parent.mkdir(parents=True)
    reference.write_text(
        "| book_url | FREEHOLD_BOOK_URL | x | y |\n| old | FREEHOLD_OLD | x | y |\n"
    )
    found = "\n".join(
        documents.settings_are_documented(tmp_path, {"book_url": "z", "chain_id": "1"})
    )
    assert "`book_url` should say book_url | FREEHOLD_BOOK_URL | z" in found
    assert "`chain_id` is missing" in found
    assert "there is no setting `old`" in found


def test_a_missing_command_or_option_in_the_reference_is_found(tmp_path: Path) -> None:
    reference = tmp_path / "docs/reference/cli.md"
    reference.parent.mkdir(parents=True)
    reference.write_text("# CLI\n\n## freehold a\n\ntext\n\n## freehold old\n\ntext\n")
    commands = {"freehold a": ["--peers"], "freehold b": []}
    found = "\n".join(documents.commands_are_documented(tmp_path, commands))
    assert "`freehold a` does not mention `--peers`" in found
    assert "`freehold b` is missing" in found
    assert "there is no command `freehold old`" in found
