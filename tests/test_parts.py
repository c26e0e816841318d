"""What a run says about parts that are missing, and that CI lets none of them pass."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.parts import PARTS, ROOT

TESTS = """
import pytest

@pytest.mark.needs("shared")
def test_that_needs_a_part(): pass

def test_that_needs_nothing(): pass
"""
ALL_SKIPPED = "import pytest\ndef test_skipped(): pytest.skip('not today')\n"


def run(folder: Path, tests: str, ci: bool) -> tuple[int, str]:
    """Run one file of tests under the real conftest, on a machine without the reference data."""
    shutil.copytree(ROOT / "tests", folder / "tests", ignore=lambda place, names: set(names) - KEPT)
    (folder / "tests" / "kind").mkdir()
    (folder / "tests" / "kind" / "test_one.py").write_text(tests)
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    environment |= {"FREEHOLD_SHARED": str(folder / "absent"), "PYTHONPATH": str(ROOT / "src")}
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "--import-mode=importlib", "tests"],
        cwd=folder,
        env=environment | ({"CI": "true"} if ci else {}),
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.returncode, ran.stdout


KEPT = {"conftest.py", "parts.py", "company.py"}


def test_a_bare_machine_runs_the_rest_and_ends_with_how_to_install_the_part(tmp_path: Path) -> None:
    code, out = run(tmp_path, TESTS, ci=False)
    assert code == 0
    line = f"shared: not run here; to run it: {PARTS['shared'].how_to_install}"
    assert [shown for shown in out.splitlines() if shown][-2] == line
    assert "1 passed, 1 skipped" in out.splitlines()[-1]


def test_a_missing_part_fails_in_ci(tmp_path: Path) -> None:
    code, out = run(tmp_path, TESTS, ci=True)
    assert code == 1
    assert "1 passed, 1 error" in out


@pytest.mark.parametrize(("ci", "expected"), [(True, 1), (False, 0)])
def test_a_folder_in_which_everything_was_skipped_fails_in_ci(
    ci: bool, expected: int, tmp_path: Path
) -> None:
    code, out = run(tmp_path, ALL_SKIPPED, ci)
    assert code == expected
    assert ("tests/kind: every test was skipped" in out) is ci
