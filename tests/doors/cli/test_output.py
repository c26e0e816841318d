"""What a command prints: exact in JSON, whole in a pipe."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import NamedTuple

import pytest

from freehold.doors.cli.output import Column, Table, plain, print_table


class Place(NamedTuple):
    block: int


class State(Enum):
    SENT = 1


@dataclass(frozen=True)
class Lot:
    units: int
    acquired: date


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Lot(5, date(2026, 1, 2)), {"units": 5, "acquired": "2026-01-02"}),
        (Place(7), {"block": 7}),
        (State.SENT, "sent"),
        (2**53, "9007199254740992"),
        (-(2**53), "-9007199254740992"),
        (2**53 - 1, 2**53 - 1),
        (True, True),
        (Decimal("1.10"), "1.10"),
        (Path("a") / "b", str(Path("a") / "b")),
        ((1, None, "x"), [1, None, "x"]),
        ({Decimal(1): [State.SENT]}, {"1": ["sent"]}),
        (datetime(2026, 1, 2, 3, 4, tzinfo=UTC), "2026-01-02T03:04:00Z"),
        (datetime(2026, 1, 2, 3, 4, tzinfo=timezone(timedelta(hours=2))), "2026-01-02T01:04:00Z"),
    ],
)
def test_values_become_json_without_losing_anything(value: object, expected: object) -> None:
    assert plain(value) == expected


@pytest.mark.parametrize("value", [datetime.fromisoformat("2026-01-02"), object(), b"bytes"])
def test_a_value_without_an_exact_json_form_is_our_mistake(value: object) -> None:
    with pytest.raises(AssertionError):
        plain(value)


def test_a_table_in_a_pipe_is_never_cut(capsys: pytest.CaptureFixture[str]) -> None:
    wallet = "0x" + "ab" * 20
    print_table(
        Table("holders", [Column("wallet"), Column("units", number=True)], [(wallet, "1")] * 3)
    )
    assert capsys.readouterr().out.count(wallet) == 3


def test_square_brackets_in_a_cell_are_text(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(Table("", [Column("name")], [("[bold]Smith[/bold]",)]))
    assert "[bold]Smith[/bold]" in capsys.readouterr().out
