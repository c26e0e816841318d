"""A measurement's frame: goals are held, and the document has the keys that programs read."""

import importlib
import json
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from freehold.core.errors import Unavailable
from freehold.doors.bench.report import TOPICS, Options, Row
from freehold.doors.cli.main import main


def two_rows(options: Options) -> list[Row]:
    peers = {"plain ERC-20": 34_441} if options.peers else {}
    return [
        Row("transfer", 44_000, "gas", goal=45_500, peers=peers),
        Row("transfers", 50.0, "1/s", goal=60, better="higher"),
    ]


@pytest.mark.parametrize(
    ("row", "met"),
    [
        (Row("a", 10, "gas", goal=10), True),
        (Row("a", 11, "gas", goal=10), False),
        (Row("a", 10, "1/s", goal=10, better="higher"), True),
        (Row("a", 9.9, "1/s", goal=10, better="higher"), False),
        (Row("a", 10**9, "gas"), True),
    ],
)
def test_a_figure_meets_its_goal_or_does_not(row: Row, met: bool) -> None:
    assert row.met is met


def test_a_missed_goal_fails_the_run_and_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    topic = sorted(TOPICS)[0]
    planted = ModuleType("planted")
    planted.two_rows = two_rows  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "planted", planted)
    monkeypatch.setitem(TOPICS, topic, "planted:two_rows")
    assert main(["bench", topic, "--peers", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document.keys() == {"topic", "machine", "commit", "rows"}
    assert document["rows"][0] == {
        "name": "transfer",
        "value": 44_000,
        "unit": "gas",
        "goal": 45_500,
        "stretch": None,
        "better": "lower",
        "met": True,
        "peers": {"plain ERC-20": 34_441},
    }
    assert document["rows"][1]["met"] is False
    assert main(["bench", topic]) == 1
    assert "NO" in capsys.readouterr().out


def test_what_was_measured_before_a_part_broke_is_kept(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(options: Options) -> Iterator[Row]:
        yield Row("transfer", 44_000, "gas")
        raise Unavailable("the node went away")

    topic, planted = sorted(TOPICS)[0], ModuleType("planted")
    planted.broken = broken  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "planted", planted)
    monkeypatch.setitem(TOPICS, topic, "planted:broken")
    assert main(["bench", topic, "--json"]) == 1
    kept, fault = json.loads(capsys.readouterr().out)["rows"]
    assert kept["name"] == "transfer"
    assert fault["name"] == "ended early: the node went away" and fault["met"] is False


def test_every_topic_has_its_function() -> None:
    for target in TOPICS.values():
        module, name = target.split(":")
        assert callable(getattr(importlib.import_module(module), name)), target
