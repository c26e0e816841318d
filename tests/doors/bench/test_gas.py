"""The gas table: figures come from mined transactions, goals are held, engines are compared."""

import json
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest

from freehold.chain import contracts, npm
from freehold.chain.artifacts import TOKEN_PARTS
from freehold.chain.deploy import created
from freehold.core.errors import Broken, Unavailable
from freehold.doors.bench import gas, gas_ledger, gas_peers, gas_world
from freehold.doors.bench.report import Options, measure

ZERO_TO_NONZERO = 17_100
"""What a word costs more when it was zero: 20,000 less 2,900 (EIP-2200, EIP-2929)."""


@pytest.fixture(scope="module")
def ledger() -> Iterator[gas_ledger.Ledger]:
    with gas_ledger.embedded() as running:
        yield running


@pytest.fixture(scope="module")
def figures(ledger: gas_ledger.Ledger) -> dict[str, int]:
    return dict(gas_world.plain_tokens(ledger))


def test_a_plain_token_costs_a_zero_word_more_for_a_new_holder(figures: dict[str, int]) -> None:
    for token in ("plain ERC-20 (OpenZeppelin)", "our cash"):
        new, existing = figures[f"{token}, new holder"], figures[f"{token}, existing holder"]
        assert new - existing == ZERO_TO_NONZERO
        assert existing > 21_000 + 2 * 5_000


def test_a_failed_transaction_is_no_figure(
    ledger: gas_ledger.Ledger, figures: dict[str, int]
) -> None:
    cash = contracts.creation("Cash", "Cash", "EUR", 2)
    place = created(gas_ledger.post(ledger, gas_world.AGENT, cash, None))
    poor = contracts.call("Cash", "transfer", gas_world.AGENT.address, 5)
    with pytest.raises(Broken, match="measured on embedded failed: .*revert"):
        gas_ledger.post(ledger, gas_world.SECOND_PERSON, poor, place)
    receipt = gas_ledger.send(ledger, gas_world.SECOND_PERSON, poor, place)
    assert int(receipt["status"], 16) == 0


def test_a_figure_above_its_goal_is_missed_and_a_stretch_fails_nothing() -> None:
    most, stretch = gas.GOALS["transfer, existing holder"]
    assert stretch is not None and stretch < most
    table = {name: goal.most for name, goal in gas.GOALS.items()}
    assert all(row.met for row in gas.gas_rows(table, {}))
    worse = table | {"transfer, existing holder": most + 1}
    missed = [row.name for row in gas.gas_rows(worse, {}) if not row.met]
    assert missed == ["transfer, existing holder"]


def test_rows_stand_floor_first_then_goals_then_the_others() -> None:
    table = dict.fromkeys(gas.GOALS, 1) | {"halt": 2, "plain ERC-20, existing": 3}
    names = [row.name for row in gas.gas_rows(table, {"halt": {"T-REX": 9}})]
    assert names == ["plain ERC-20, existing", *gas.GOALS, "halt"]
    rows = {row.name: row for row in gas.gas_rows(table, {"halt": {"T-REX": 9}})}
    assert rows["halt"].goal is None and rows["halt"].peers == {"T-REX": 9}


def test_an_instruments_part_of_a_recovery_is_a_quarter_of_four_rounded_up() -> None:
    table = {"recovery, no instrument": 100, "recovery, 4 instruments, 3 held": 141}
    table |= {f"deploy {desk}": 5 for desk in gas.DESKS}
    sums = gas.with_sums(table)
    assert sums["recovery, each of 4 instruments"] == 11
    assert sums["deploy all four desks"] == 20


def test_engines_that_differ_by_one_unit_fail_and_are_named() -> None:
    same, off = {"halt": 5, "resume": 6}, {"halt": 5, "resume": 7}
    assert gas.engines_row(same, same).met
    row = gas.engines_row(same, off)
    assert not row.met and row.value == 1 and row.peers == {"resume on anvil": 7}


def test_without_anvil_a_row_says_how_to_get_it(tmp_path: Path) -> None:
    assert gas.on_anvil(tmp_path) is None
    row = gas.engines_row({"halt": 5}, None)
    assert "freehold node install" in row.name and row.met


def test_a_desk_that_lays_out_storage_otherwise_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert all(row.met for row in gas.layout_rows())
    layouts = {name: {"book.state": 2, "powers.delay": 1} for name in TOKEN_PARTS}
    layouts["BackOffice"] = {"book.state": 3}
    monkeypatch.setattr(gas, "artifact", lambda name: {"storage": layouts[name]})
    missed = [(row.name, row.value) for row in gas.layout_rows() if not row.met]
    assert missed == [("storage of BackOffice unlike the token's", 2)]


def test_a_peer_that_cannot_be_fetched_is_a_row_that_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def offline(*_: object) -> None:
        raise Unavailable("npm could not fetch it")

    monkeypatch.setattr(npm, "fetch", offline)
    found, missing = gas.measure_peers(tmp_path)
    assert found == {}
    assert f"{gas_peers.NAME}: not measured, npm could not fetch it" in missing


def test_the_shipped_plain_token_says_whose_it_is() -> None:
    text = resources.files("freehold.doors.bench").joinpath("openzeppelin.json").read_text()
    shipped = json.loads(text)
    assert shipped["licence"] == "MIT" and "Permission is hereby granted" in shipped["notice"]
    assert shipped["integrity"].startswith("sha512-")


@pytest.mark.needs("anvil")
def test_the_whole_table_meets_in_both_engines() -> None:
    report = measure("gas", Options())
    agreed = [row for row in report.rows if "differ between" in row.name]
    assert [row.value for row in agreed] == [0]
