"""The freehold command as a program sees it: words in, exit code, one JSON document, one sentence."""

import json
from typing import Any, NamedTuple

import pytest

from freehold.doors.cli import main as door


class Answer(NamedTuple):
    """How a command ended; `document` is what it printed, `error` what is in it if it failed."""

    code: int
    document: Any

    @property
    def error(self) -> Any:
        return self.document["error"]

    @property
    def said(self) -> str:
        """The sentence and all mistakes with their places."""
        listed = [f"{one['place']}: {one['message']}" for one in self.error["mistakes"]]
        return "\n".join([self.error["message"], *listed])


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path):
    """Run a command with --json; settings of its environment by name."""
    monkeypatch.setenv("FREEHOLD_HOME", str(tmp_path / "home"))

    def run(*words: object, **settings: str) -> Answer:
        with monkeypatch.context() as changed:
            for name, value in settings.items():
                changed.setenv(f"FREEHOLD_{name.upper()}", value)
            code = door.main([*map(str, words), "--json"])
        shown = capsys.readouterr().out
        return Answer(code, json.loads(shown) if shown else None)

    return run
