"""The register of examples/incumbent-register: proved in a dry run, then taken over as it is."""

import shutil
from dataclasses import replace
from datetime import date, timedelta

import pytest

from freehold.book import issuers
from freehold.chain import node
from freehold.core import clock
from freehold.core.company import read_company
from freehold.core.errors import Conflict, Invalid
from freehold.core.policy import starter
from freehold.desks.office import create_local_ledger, now_on_chain, set_clock
from freehold.desks.onboarding import holders
from freehold.desks.register import registers, takeovers
from freehold.desks.rules import adoption, explaining
from freehold.desks.rules.explaining import Question
from tests.company import office_of
from tests.parts import ROOT

FOLDER = ROOT / "examples" / "incumbent-register"
COMPANY = read_company((FOLDER / "company.toml").read_text())
REGISTER = (FOLDER / "register.csv").read_text()
TOTALS = (FOLDER / "totals.csv").read_text()
DAY = date(2026, 3, 2)


@pytest.fixture(scope="module")
def taken_home(tmp_path_factory):
    home = tmp_path_factory.mktemp("taken") / "home"
    with office_of(home) as office:
        takeovers.post(office, COMPANY, REGISTER, TOTALS, DAY)
    node.stop(home)
    return home


@pytest.fixture
def taken(taken_home, tmp_path):
    shutil.copytree(taken_home, tmp_path / "copy", ignore=shutil.ignore_patterns("*.sock"))
    with office_of(tmp_path / "copy") as office:
        yield office
    node.stop(tmp_path / "copy")


def rows(office, named):
    (report,) = registers.registers(office, None, named)
    return {row.holder: row for row in report.rows}


def test_a_dry_run_sums_the_register_and_changes_nothing(empty):
    found = takeovers.dry_run(empty, COMPANY, REGISTER, TOTALS, DAY)
    assert found.differences == ()
    assert (found.totals.holders, found.totals.certificates) == (9, 12)
    assert found.totals.units == {"ordinary": 165_900, "preference": 92_005}
    assert empty.w3.eth.block_number == 0


def test_a_register_that_misses_its_totals_is_not_posted(empty):
    wrong = TOTALS.replace("165900", "165901").replace(",,12", ",,13")
    said = [str(one) for one in takeovers.dry_run(empty, COMPANY, REGISTER, wrong, DAY).differences]
    assert said == [
        "certificates: the file has 12, expected 13",
        "units of ordinary: the file has 165900, expected 165901",
    ]
    with pytest.raises(Conflict, match="differs, nothing was posted: certificates: the file has"):
        takeovers.post(empty, COMPANY, REGISTER, wrong, DAY)
    assert empty.w3.eth.block_number == 0


def test_what_was_taken_over_has_every_holder_with_his_units(taken):
    found = registers.holdings_on(taken, None, DAY)
    assert found["ordinary"]["H-0001"] == 15_500
    assert found["preference"] == {"H-0004": 80_000, "H-0005": 12_005}
    assert {key: sum(line.values()) for key, line in found.items()} == {
        "ordinary": 165_900,
        "preference": 92_005,
    }  # fmt: skip
    assert registers.verify(taken).ok


def test_a_stop_freezes_the_units_and_a_legend_makes_a_lot_with_its_own_day(taken):
    held = rows(taken, "ORD")
    assert held["Estate of Samuel Oyelaran"].frozen == "7500"
    assert [one.frozen for name, one in held.items() if "Oyelaran" not in name] == ["0"] * 8
    (crowd,) = held["Rosa Whitfield-Paz"].lots
    assert (crowd.units, crowd.acquired, crowd.free_from) == ("400", "2026-01-15", "2027-01-16")
    assert held["Agnes Thorburn"].lots == ()


def test_a_register_that_is_here_is_compared_holder_by_holder(taken):
    assert takeovers.dry_run(taken, COMPANY, REGISTER, TOTALS, DAY).differences == ()
    other = REGISTER.replace(",5000,2012", ",5001,2012")
    (one,) = takeovers.dry_run(taken, COMPANY, other, None, DAY).differences
    assert str(one) == "H-0003 in ordinary: the file has 5001, expected 5000"


def test_a_second_posting_is_no_second_register(taken):
    before = taken.w3.eth.block_number
    takeovers.post(taken, COMPANY, REGISTER, TOTALS, DAY)
    assert taken.w3.eth.block_number == before
    with pytest.raises(Conflict, match="came from other files"):
        takeovers.post(taken, COMPANY, REGISTER, None, DAY)


def test_more_than_authorised_is_refused_with_the_line(empty):
    few = replace(COMPANY.classes["ordinary"], authorised=100_000)
    company = replace(COMPANY, classes=dict(COMPANY.classes) | {"ordinary": few})
    with pytest.raises(Invalid) as wrong:
        takeovers.post(empty, company, REGISTER, TOTALS, DAY)
    assert "more than the 100000 units authorised" in str(wrong.value.mistakes[0])
    assert empty.w3.eth.block_number == 0


def test_registrations_and_legends_become_marks_and_the_rest_is_listed(taken):
    said = {one.id: one for one in holders.holders(taken, None)}
    assert said["H-0009"].flags == ("AFFILIATE", "TREASURY")
    assert said["H-0007"].flags == ("NOMINEE",)
    assert said["H-0001"].flags == ()
    (ordinary,) = registers.registers(taken, None, "ORD")
    assert (ordinary.supply, ordinary.outstanding) == ("165900", "155900")
    listed = [
        str(one) for one in takeovers.dry_run(taken, COMPANY, REGISTER, TOTALS, DAY).not_mapped
    ]
    assert [one.split(":")[0] + ":" + one.split(":")[1] for one in listed if "ROFR" in one] == [
        "line 4, 9: ROFR"
    ]
    assert any(one.startswith("line 4: trust") for one in listed)
    assert any("stop 'probate: no grant yet': the units are frozen" in one for one in listed)


def test_a_class_with_more_holders_than_the_starting_rules_allow_is_taken_over_whole(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(starter, "MOST_HOLDERS", 5)
    home = tmp_path / "home"
    create_local_ledger(home, simulated_clock=True, seconds=clock.day_number(DAY) * 86_400)
    with office_of(home) as office:
        (said,) = [
            one
            for one in takeovers.dry_run(office, COMPANY, REGISTER, TOTALS, DAY).not_mapped
            if one.place == "class ordinary"
        ]
        assert "starts without a limit of holders" in said.message
        takeovers.post(office, COMPANY, REGISTER, TOTALS, DAY)
        with office.book.reading() as tx:
            made = issuers.instruments(tx, COMPANY.issuer.id)
        rules = {one.class_id: adoption.in_force(office, one).rules for one in made}
        assert {id: one.most_holders for id, one in rules.items()} == {
            "ordinary": None,
            "preference": 5,
        }
        asked = Question("H-0002", "H-0004", 10)
        answer = explaining.explain(office, None, "ordinary", asked)
        assert answer.code == 0
        assert not any("holders" in one.text for one in answer.checks)
    node.stop(home)


class Killed(Exception):
    """As a kill, at a step that the progress tells."""


@pytest.mark.parametrize("step", ["admit 9 holders", "2026-03-02 freeze"])
def test_a_take_over_stopped_before_midnight_goes_on_for_the_same_day_after_it(tmp_path, step):
    home = tmp_path / "home"
    last_minute = clock.day_number(DAY) * clock.DAY_SECONDS + clock.DAY_SECONDS - 60
    create_local_ledger(home, simulated_clock=True, seconds=last_minute)

    def stop(done, total, what):
        if what == step:
            raise Killed

    with office_of(home) as office:
        with pytest.raises(Killed):
            takeovers.post(office, COMPANY, REGISTER, TOTALS, None, stop)
        set_clock(office, last_minute + 120)
        office.w3.provider.make_request("evm_mine", [])
        assert now_on_chain(office).date() == DAY + timedelta(days=1)
        assert takeovers.dry_run(office, COMPANY, REGISTER, TOTALS, None).day == DAY
        with pytest.raises(Conflict, match="this began for 2026-03-02, it cannot go on for"):
            takeovers.post(office, COMPANY, REGISTER, TOTALS, DAY + timedelta(days=1))
        takeovers.post(office, COMPANY, REGISTER, TOTALS, None)
        held = registers.holdings_on(office, None, DAY)
        assert {key: sum(line.values()) for key, line in held.items()} == {
            "ordinary": 165_900,
            "preference": 92_005,
        }  # fmt: skip
        assert registers.verify(office).ok
    node.stop(home)
