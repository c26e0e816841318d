"""Every command on a company that is here, with --json and its exit code."""

import csv
import json

import openpyxl
import pytest
from sqlalchemy import create_engine, text

from freehold.core.captable import holdings
from freehold.desks.register import captables
from tests.company import NORTHWIND, files_of
from tests.parts import ROOT

CAR = """
kind = "vehicle"
name = "Delivery van"
vin = "1M8GDM9AXKP042788"
country = "US"
maker = "MCI"
model = "Van"
year = "1989"

[[document]]
name = "registration"
file = "registration.txt"
"""
EXPECTED = {
    key: {who: str(units) for who, units in line.items()}
    for key, line in holdings(captables.table_of_files(files_of(NORTHWIND), None)).items()
}


@pytest.fixture
def car(tmp_path):
    (tmp_path / "registration.txt").write_text("registered")
    (tmp_path / "car.toml").write_text(CAR)
    return tmp_path / "car.toml"


def test_import_again_and_check_say_the_same_table(run, company_home):
    found = run("captable", "import", NORTHWIND)
    checked = run("captable", "check", NORTHWIND)
    assert (found.code, checked.code) == (0, 0)
    assert found.document["holders"] == checked.document["holders"] == EXPECTED
    assert found.document["outstanding"]["common"] == "3168000"
    assert found.document["fully_diluted"]
    assert set(found.document["instruments"]) == {"common", "series-seed", "series-a"}


def test_the_cap_table_of_a_legal_day_and_the_files_come_out(run, company_home, tmp_path):
    at = run("captable", "at", "2022-12-31")
    assert at.code == 0
    assert at.document["held_on_chain"]["common"] == {
        who: int(units) for who, units in at.document["holders"]["common"].items()
    }
    out = tmp_path / "out"
    assert run("captable", "export", "--ocf", out).code == 0
    written = {name: json.loads(text) for name, text in files_of(out).items()}
    assert written == {name: json.loads(text) for name, text in files_of(NORTHWIND).items()}


def test_the_register_now_and_at_a_block_and_at_an_instant(run, company_home):
    now = run("register", "show", "--instrument", "common")
    last = run("verify").document["block"]
    block = run("register", "at", f"block:{last}", "--instrument", "CS")
    early = run("register", "at", "2021-01-01T00:00:00Z", "--instrument", "common")
    assert [one.code for one in (now, block, early)] == [0, 0, 0]
    (here,), (there,), (before,) = (one.document["registers"] for one in (now, block, early))
    assert here["rows"] == there["rows"] != []
    assert {row["units"] for row in here["rows"]} == set(EXPECTED["common"].values())
    assert before["rows"] == []


@pytest.mark.parametrize("kind", ["csv", "xlsx", "json"])
def test_the_register_is_exported_in_every_kind_of_file(run, company_home, tmp_path, kind):
    file = tmp_path / f"register.{kind}"
    found = run("register", "export", file, "--instrument", "common")
    assert (found.code, found.document["holders"]) == (0, 7)
    if kind == "csv":
        rows = csv.DictReader(file.read_text(encoding="utf-8").splitlines())
        units = [int(row["units"]) for row in rows]
    elif kind == "json":
        units = [int(row["units"]) for row in json.loads(file.read_text())["rows"]]
    else:
        sheet = openpyxl.load_workbook(file).active
        units = [row[5] for row in sheet.iter_rows(min_row=7, values_only=True)]
    assert sum(units) == 3_168_000


def test_an_unknown_kind_of_file_is_refused(run, company_home, tmp_path):
    found = run("register", "export", tmp_path / "register.odt", "--instrument", "common")
    assert found.code == 2
    assert found.error["message"] == ".odt is no kind of file: end in .csv, .xlsx, .pdf or .json"
    assert not (tmp_path / "register.odt").exists()


def test_verify_agrees_and_names_a_row_that_somebody_altered(run, company_home):
    clean = run("verify")
    assert (clean.code, clean.document["ok"], clean.document["differences"]) == (0, True, [])
    assert clean.document["compared"]["balances"] >= 10
    engine = create_engine(f"sqlite:///{company_home}/index.db")
    with engine.begin() as tx:
        altered = "UPDATE history SET units = '77' WHERE account = 2"
        assert tx.execute(text(altered)).rowcount
    engine.dispose()
    found = run("verify")
    assert (found.code, found.document["ok"]) == (1, False)
    assert all("account 2" in one and "77" in one for one in found.document["differences"])


def test_an_asset_is_checked_tokenised_once_and_listed(run, company_home, car):
    checked = run("asset", "check", car)
    made = run("asset", "tokenise", car)
    assert (checked.code, made.code) == (0, 0)
    assert checked.document == made.document
    assert made.document["record"]["documents"][0]["content"].startswith("sha256:")
    listed = run("asset", "list").document["assets"]
    van = next(one for one in listed if one["name"] == "Delivery van")
    assert (van["id"], van["units_against"]) == (made.document["id"], 0)
    company = next(one for one in listed if one["kind"] == "company")
    assert company["units_against"] == 3_168_000 + 875_000 + 1_400_000


@pytest.mark.parametrize(
    ("field", "wrong", "words"),
    [
        ("1M8GDM9AXKP042788", "1M8GDM9A1KP042788", "the check character (ninth) would be X"),
        ('"vehicle"', '"boat"', "kind"),
    ],
)
def test_a_record_with_a_mistake_is_refused_in_one_sentence(run, car, field, wrong, words):
    car.write_text(CAR.replace(field, wrong))
    found = run("asset", "check", car)
    assert found.code == 2
    (mistake,) = found.error["mistakes"]
    assert words in mistake["place"] + mistake["message"]


def test_a_take_over_dry_run_and_its_differences(run, tmp_path):
    folder = ROOT / "examples" / "incumbent-register"
    words = ["captable", "take-over", folder / "register.csv", "--company", folder / "company.toml"]
    words += ["--day", "2026-03-02"]
    found = run(*words, "--totals", folder / "totals.csv")
    assert (found.code, found.document["differences"], found.document["posted"]) == (0, [], False)
    (tmp_path / "wrong.csv").write_text("total,class,number\nunits,ORD,1\nunits,PREF,9200.5\n")
    found = run(*words, "--totals", tmp_path / "wrong.csv", "--post")
    assert (found.code, found.document["posted"]) == (1, False)
    assert len(found.document["differences"]) == 1


def test_a_ledger_is_created_once_and_its_status_told(run, tmp_path):
    assert run("node", "status").document["created"] is False
    made = run("node", "create", "--simulated-clock")
    assert (made.code, made.document["simulated_clock"]) == (0, True)
    assert run("node", "status").document["created"] is True
    again = run("node", "create")
    assert again.code == 1
    assert "there is already a ledger" in again.error["message"]


def test_the_shipped_contracts_are_listed(run):
    found = run("contracts", "list")
    assert found.code == 0
    assert {"SecurityToken", "Holders", "Assets"} <= {
        one["contract"] for one in found.document["contracts"]
    }


@pytest.mark.parametrize(
    "words", [["register", "show"], ["verify"], ["captable", "at", "2024-01-01"]]
)
def test_a_home_with_nothing_in_it_says_what_to_do_first(run, words):
    found = run(*words)
    assert found.code == 1
    assert "import a cap table first" in found.error["message"]
