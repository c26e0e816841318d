"""The rows of pages and of the fuzzing: the worst is told with its name, and what is not here is said."""

from pathlib import Path

import pytest

from freehold.core.errors import Broken
from freehold.doors.bench import browsing, fuzzing
from freehold.doors.bench.browsing import Load

REPORT = {
    "operations": {"selected": 4, "tested": 3},
    "test_cases": {"generated": 50},
    "failures": [{"count": 2}],
    "errors": [{"count": 1}],
}


def test_the_slowest_page_by_its_median_and_the_heaviest_by_its_worst_load():
    token = "0x" + "ab" * 20
    register = f"/securities/{token}/register"
    loads = {
        "/": [Load(90_000, 80.0), Load(90_100, 2_000.0), Load(90_000, 90.0)],
        register: [Load(101_000, 300.0), Load(100_000, 310.0), Load(100_000, 290.0)],
    }
    paint, weight = browsing.judged(loads)
    assert (paint.value, paint.unit, paint.met) == (300.0, "ms (/securities/*/register)", True)
    assert (weight.value, weight.met) == (101_000, False)


def test_a_browser_that_is_not_here_is_a_row_that_is_not_met(monkeypatch):
    monkeypatch.setattr(browsing, "CHROMIUM", Path("/nowhere"))
    (row,) = browsing.rows(None, "")  # type: ignore[arg-type]
    assert "apt install chromium" in row.name and not row.met


def test_a_fuzzer_that_is_not_here_is_a_row_that_is_not_met(monkeypatch):
    monkeypatch.setattr(fuzzing, "is_here", lambda: False)
    (row,) = fuzzing.rows()
    assert "requirements-parts.lock" in row.name and not row.met


def test_what_failed_and_what_could_not_be_asked_are_failures():
    found = fuzzing.read_report(REPORT, "said")
    assert (found.operations, found.asked, found.requests, found.failures) == (4, 3, 50, 3)
    failures, asked = fuzzing.judged(found)
    assert not failures.met and not asked.met


def test_a_run_that_asked_nothing_is_no_run():
    with pytest.raises(Broken, match="asked nothing"):
        fuzzing.read_report(REPORT | {"operations": None}, "no document")
