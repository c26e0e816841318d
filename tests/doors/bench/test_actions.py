"""The bench of corporate actions: every part has rows, met on a small size, and says what it lacks."""

import importlib

import pytest

from freehold.core.errors import Unavailable
from freehold.doors.bench import (
    action_lives,
    actions,
    daycount_quantlib,
    dividends,
    entitlements,
    irr_pyxirr,
    waterfall_search,
)
from freehold.doors.bench.report import Options


@pytest.mark.needs("anvil")
def test_every_part_is_compared_and_meets_its_goal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daycount_quantlib, "PERIODS", 50)
    monkeypatch.setattr(waterfall_search, "TABLES", 30)
    monkeypatch.setattr(irr_pyxirr, "CASES", 3)
    monkeypatch.setattr(entitlements, "HOLDERS", 3_000)
    monkeypatch.setattr(action_lives, "LIVES", action_lives.LIVES[-1:])
    monkeypatch.setattr(dividends, "HOLDERS", 250)
    monkeypatch.setattr(dividends, "KILLS", 1)
    rows = list(actions.rows(Options()))
    goals = [row for row in rows if row.goal is not None]
    assert len(goals) == len(daycount_quantlib.COUNTERS) + 3 + 2 + 5 + 5 + 8 + 6
    assert all(row.met for row in goals)
    assert [row.name for row in rows if row.name.endswith(" took")] == [
        f"{part.split(':')[0].rpartition('.')[2]} took" for part in actions.PARTS
    ]


def test_an_oracle_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError("No module named 'QuantLib'", name="QuantLib")

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(Unavailable, match="QuantLib is not installed, which this compares with"):
        list(actions.rows(Options()))
