"""The documents are true: what they show is run, what they link to is there.

In a ```console block every line `$ freehold ...` (or `$ python3 freehold ...`) is run in a fresh
home, in the order of the page, and must exit with 0, or with the N of a comment `# exits with N`; the
lines below it must be what it prints, where `...` stands for anything. Commands of other programs are
shown, not run. ```python blocks of a page are run in order, in one namespace.
"""

import doctest
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.parts import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")])
BLOCK = re.compile(r"^```(console|python)\n(.*?)^```$", re.M | re.S)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
NOT_RUN = {"test"}  # running the tests from the tests would not end
PATIENCE_SECONDS = 300


class Shown(NamedTuple):
    """A command in a page and the output printed below it (empty: not compared)."""

    words: list[str]
    output: str
    code: int = 0


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(text: str, language: str) -> Iterator[str]:
    return (found[2] for found in BLOCK.finditer(text) if found[1] == language)


def shown_commands(block: str) -> Iterator[Shown]:
    """The freehold commands of a console block."""
    for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
        line, _, output = part.partition("\n")
        words = shlex.split(line, comments=True)
        if words[:2] == ["python3", "freehold"]:
            words = words[1:]
        if words[:1] == ["freehold"] and not NOT_RUN & set(words[1:2]):
            assert not set("|<>&;") & set(" ".join(words)), f"show one plain command: {line}"
            code = re.search(r"# exits with (\d+)$", line)
            yield Shown(words[1:], output, int(code[1]) if code else 0)


def run_page(text: str, folder: Path) -> list[str]:
    """Run the commands of a page; returns what differs from what it says."""
    if (ROOT / "examples").is_dir():
        shutil.copytree(ROOT / "examples", folder / "examples")
    environment = os.environ | {
        "FREEHOLD_HOME": str(folder / "home"),
        "PYTHONPATH": str(ROOT / "src"),
    }
    differences = []
    for block in blocks(text, "console"):
        for command in shown_commands(block):
            ran = subprocess.run(
                [sys.executable, "-m", "freehold", *command.words],
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
                timeout=PATIENCE_SECONDS,
                check=False,
            )
            line = f"$ freehold {shlex.join(command.words)}"
            if ran.returncode != command.code:
                differences.append(f"{line}\nexits with {ran.returncode}: {ran.stderr}{ran.stdout}")
            elif command.output and not alike(command.output, ran.stdout):
                differences.append(
                    f"{line}\nprints:\n{ran.stdout}\nthe page says:\n{command.output}"
                )
    return differences


def alike(said: str, printed: str) -> bool:
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    return doctest.OutputChecker().check_output(said, printed, flags)


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_what_a_page_shows_is_what_happens(page: Path, tmp_path: Path) -> None:
    differences = run_page(page.read_text(), tmp_path)
    assert not differences, "\n\n".join(differences)


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_the_python_of_a_page_runs(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FREEHOLD_HOME", str(tmp_path / "home"))
    namespace: dict[str, object] = {"__name__": named(page)}
    for block in blocks(page.read_text(), "python"):
        exec(compile(block, named(page), "exec"), namespace)


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    targets = [target.split("#")[0] for target in LINK.findall(page.read_text())]
    inside = [target for target in targets if target and "://" not in target]
    missing = [target for target in inside if not (page.parent / target).exists()]
    assert not missing, f"{named(page)} links to {missing}"


@pytest.mark.parametrize(
    ("block", "difference"),
    [
        ("$ freehold version --loud\n", "exits with 2"),
        ("$ freehold version --loud # exits with 2\n", None),
        ("$ freehold version # exits with 2\n", "exits with 0"),
        ("$ python3 freehold version --json\nnonsense\n", "the page says:\nnonsense"),
        ("$ freehold version --json\n{\n  ...\n}\n", None),
        ("$ cat nothing.txt\n$ freehold test\n", None),
    ],
)
def test_a_page_that_lies_is_caught(block: str, difference: str | None, tmp_path: Path) -> None:
    found = run_page(f"# Page\n\n```console\n{block}```\n", tmp_path)
    assert [difference in one for one in found if difference] == ([True] if difference else [])
