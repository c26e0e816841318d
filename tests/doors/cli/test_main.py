"""The freehold command: every ending has its exit code and says what happened, to both readers."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import click
import pytest

from freehold.core.errors import (
    Broken,
    Conflict,
    Invalid,
    Mistake,
    NotFound,
    NotPermitted,
    PlatformError,
    Unavailable,
)
from freehold.doors.cli import main as door
from freehold.doors.cli.output import Outcome, json_option

Ending = Callable[[], Outcome | None]


def plant(monkeypatch: pytest.MonkeyPatch, ending: Ending) -> None:
    """Put a command called `end` into the table."""

    @click.command()
    @json_option
    def end(as_json: bool) -> Outcome | None:
        return ending()

    monkeypatch.setitem(door.COMMANDS, "end", door.Entry(f"{__name__}:end", "End."))
    monkeypatch.setattr(door.LazyGroup, "get_command", lambda self, context, name: end)


def failing(error: BaseException) -> Ending:
    def ending() -> None:
        raise error

    return ending


@pytest.mark.parametrize(
    ("outcome", "code"),
    [(None, 0), (Outcome.DONE, 0), (Outcome.REFUSED, 1), (Outcome.FAILED, 1)],
)
def test_an_outcome_becomes_its_exit_code(
    outcome: Outcome | None, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch, lambda: outcome)
    assert door.main(["end"]) == code


@pytest.mark.parametrize(
    ("kind", "code"),
    [(Invalid, 2), (NotFound, 1), (NotPermitted, 1), (Conflict, 1), (Unavailable, 1), (Broken, 1)],
)
def test_an_error_becomes_its_exit_code_and_one_sentence(
    kind: type[PlatformError],
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    plant(monkeypatch, failing(kind("the node is down: start it")))
    assert door.main(["end"]) == code
    assert capsys.readouterr() == ("", "freehold: the node is down: start it\n")


def test_a_file_full_of_mistakes_shows_each_with_its_place(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mistakes = [Mistake(f"cap.json: row {row}", "units are negative") for row in range(60)]
    plant(monkeypatch, failing(Invalid("the file is refused", mistakes)))
    assert door.main(["end"]) == 2
    shown = capsys.readouterr().err.splitlines()
    assert shown[1] == "  cap.json: row 0: units are negative"
    assert shown[-1] == "  and 10 more; --json lists all 60."


def test_a_program_gets_the_error_as_one_document(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    problem = Invalid("refused", [Mistake("a.csv: line 2", "no date")], field="date", line=2)
    plant(monkeypatch, failing(problem))
    assert door.main(["end", "--json"]) == 2
    assert json.loads(capsys.readouterr().out) == {
        "error": {
            "kind": "Invalid",
            "message": "refused",
            "facts": {"field": "date", "line": 2},
            "mistakes": [{"place": "a.csv: line 2", "message": "no date"}],
        }
    }


def test_a_mistake_of_our_own_says_so_and_keeps_the_trace(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plant(monkeypatch, failing(KeyError("units")))
    assert door.main(["end", "--json"]) == 1
    out, err = capsys.readouterr()
    assert json.loads(out)["error"]["kind"] == "Bug"
    assert "Traceback" in err
    assert "please report it: KeyError('units')" in err


def test_stopping_at_the_terminal_is_no_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plant(monkeypatch, failing(KeyboardInterrupt()))
    assert door.main(["end"]) == 130
    assert capsys.readouterr().err.strip() == "freehold: stopped."


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["verson"], "No such command 'verson'. Did you mean version? See `freehold --help`."),
        (["version", "--jsn"], "No such option '--jsn'"),
        (["bench"], "Missing argument 'TOPIC'"),
        (["bench", "speed"], "Invalid value for 'TOPIC': 'speed' is not"),
    ],
)
def test_words_that_cannot_be_read_are_answered_with_the_way_out(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert door.main(words) == 2
    assert sentence in capsys.readouterr().err


def test_unreadable_words_are_a_document_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert door.main(["version", "--json", "--loud"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["kind"] == "Usage"


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"]])
def test_help_lists_every_command(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert door.main(words) == 0
    shown = capsys.readouterr().out
    assert all(f"  {name} " in shown for name in door.COMMANDS)


def test_help_loads_nothing_that_takes_long() -> None:
    program = (
        "import sys\nfrom freehold.doors.cli.main import main\nmain(['--help'])\n"
        "slow = {'web3', 'eth', 'sqlalchemy', 'rich', 'openpyxl', 'hypothesis'}\n"
        "print(sorted(slow & set(sys.modules)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stdout.splitlines()[-1] == "[]"


def test_version_names_what_it_runs_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert door.main(["version", "--json"]) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert {"freehold", "python", "system", "web3", "lmdb"} <= document.keys()


def test_settings_never_show_a_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FREEHOLD_BOOK_URL", "postgresql://clerk:open sesame@localhost/book")
    assert door.main(["settings", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["book_url"] == "postgresql://clerk:***@localhost/book"
