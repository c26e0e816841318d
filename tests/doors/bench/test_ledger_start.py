"""The part about the command's start measures this command."""

from freehold.doors.bench.ledger_start import rows


def test_both_figures_are_taken_in_seconds():
    taken = list(rows())
    assert [row.unit for row in taken] == ["s", "s"]
    assert taken[0].value > 0
    assert all(row.goal for row in taken)
