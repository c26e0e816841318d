"""The one command sets itself up, once, whole, and says plainly when it cannot.

Each test runs the real script in a small repository of its own: a lock file and a package that
prints the arguments it was given.
"""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from tests.parts import ROOT

SETTING_UP = "Setting up .venv"
MODULE = "import sys\nprint('arguments:', *sys.argv[1:])\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with the real script, nothing to install and no network."""
    shutil.copy(ROOT / "freehold", tmp_path / "freehold")
    (tmp_path / "requirements.lock").write_text("")
    package = tmp_path / "src" / "freehold"
    package.mkdir(parents=True)
    (package / "__main__.py").write_text(MODULE)
    return tmp_path


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    return kept | {"PIP_CONFIG_FILE": os.devnull, "PIP_RETRIES": "0", "PIP_NO_INDEX": "1"} | more


def start(repository: Path, *arguments: str, **more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [system_python(), str(repository / "freehold"), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(**more),
        start_new_session=True,
    )


def system_python() -> str:
    """The Python that .venv was made with: the script never runs in the environment it makes."""
    return getattr(sys, "_base_executable", sys.executable)


def run(repository: Path, *arguments: str, **more: str) -> tuple[int, str, str]:
    process = start(repository, *arguments, **more)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def wheel(folder: Path) -> tuple[str, Path]:
    """A package index of one package: its lock line and its folder."""
    folder.mkdir()
    file = folder / "deed-1.0-py3-none-any.whl"
    info = "deed-1.0.dist-info"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("deed.py", "PAGES = 3\n")
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: deed\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "deed.py,,\n")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    return f"deed==1.0 --hash=sha256:{digest}\n", folder


def test_the_first_run_sets_up_and_the_second_does_not(repository: Path) -> None:
    code, out, err = run(repository, "register", "--json")
    assert (code, out) == (0, "arguments: register --json\n")
    assert SETTING_UP in err
    assert run(repository, "verify") == (0, "arguments: verify\n", "")


def test_what_the_lock_names_is_installed_and_a_changed_lock_is_installed_again(
    repository: Path, tmp_path: Path
) -> None:
    assert run(repository)[0] == 0
    line, folder = wheel(tmp_path / "wheels")
    (repository / "requirements.lock").write_text(line)
    (repository / "src/freehold/__main__.py").write_text("import deed\nprint(deed.PAGES)\n")
    code, out, err = run(repository, PIP_FIND_LINKS=str(folder))
    assert (code, out) == (0, "3\n"), err
    assert SETTING_UP in err


def test_a_package_that_differs_from_its_hash_is_not_installed(
    repository: Path, tmp_path: Path
) -> None:
    line, folder = wheel(tmp_path / "wheels")
    wrong = line.replace(line[-5:-1], "0000" if line[-5:-1] != "0000" else "1111")
    (repository / "requirements.lock").write_text(wrong)
    code, out, err = run(repository, PIP_FIND_LINKS=str(folder))
    assert (code, out) == (2, "")
    assert "differs from its hash in requirements.lock" in err


def test_without_network_it_says_so_in_one_sentence(repository: Path) -> None:
    line = f"deed==1.0 --hash=sha256:{'0' * 64}\n"
    (repository / "requirements.lock").write_text(line)
    code, _, err = run(repository, PIP_NO_INDEX="", PIP_INDEX_URL="http://127.0.0.1:9/simple")
    assert code == 2
    assert err.splitlines()[1:] == [
        "freehold: the packages cannot be fetched; connect to the network, or name a package index"
        " you can reach in PIP_INDEX_URL, then try again."
    ]


def test_an_environment_that_somebody_else_made_is_left_alone(repository: Path) -> None:
    theirs = repository / ".venv" / "bin" / "python"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("mine")
    code, _, err = run(repository)
    assert code == 2
    assert "was not made by this command; move it away or delete it" in err
    assert theirs.read_text() == "mine"


@pytest.mark.parametrize("seconds", [0.05, 0.15, 0.3, 0.6])
def test_a_killed_set_up_is_made_again(repository: Path, seconds: float) -> None:
    process = start(repository)
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    code, out, err = run(repository, "verify")
    assert (code, out) == (0, "arguments: verify\n"), err


def test_two_commands_at_once_set_up_once(repository: Path) -> None:
    both = [start(repository, "a"), start(repository, "b")]
    ends = [process.communicate(timeout=120) for process in both]
    assert [out for out, _ in ends] == ["arguments: a\n", "arguments: b\n"]
    assert sum(SETTING_UP in err for _, err in ends) == 1


def test_a_moved_repository_sets_up_again(repository: Path, tmp_path: Path) -> None:
    assert run(repository)[0] == 0
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    for name in ("freehold", "requirements.lock", "src", ".venv"):
        shutil.move(repository / name, moved / name)
    code, out, err = run(moved, "verify")
    assert (code, out) == (0, "arguments: verify\n"), err
    assert SETTING_UP in err


def test_a_python_without_pip_makes_do_with_the_one_it_carries(
    repository: Path, tmp_path: Path
) -> None:
    bare = tmp_path / "bare"
    subprocess.run([system_python(), "-m", "venv", "--without-pip", bare], check=True)
    ran = subprocess.run(
        [
            bare / ("Scripts/python.exe" if os.name == "nt" else "bin/python"),
            repository / "freehold",
        ],
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (0, "arguments:\n"), ran.stderr


def test_test_runs_pytest_at_the_root_whatever_the_folder(repository: Path) -> None:
    (repository / "src/pytest.py").write_text("import os, sys\nprint(os.getcwd(), *sys.argv[1:])\n")
    code, out, err = run(repository, "test", "-x")
    assert (code, out) == (0, f"{repository} -x\n"), err
