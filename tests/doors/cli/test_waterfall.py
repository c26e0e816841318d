"""`freehold waterfall`: what is printed sums, and what is wrong is named."""

from decimal import Decimal

import pytest

from freehold.doors.cli.main import main
from tests.parts import ROOT

EXIT = ROOT / "examples/waterfalls/venture-exit.toml"
BUILDING = ROOT / "examples/waterfalls/building.toml"


def total(rows, key: str = "total") -> Decimal:
    return sum((Decimal(row[key]) for row in rows), Decimal(0))


def test_an_exit_is_paid_out_to_the_cent_at_every_stage(run) -> None:
    found = run("waterfall", EXIT, "--exit", "25000000", "--holders")
    assert found.code == 0
    paid = found.document["paid"]
    assert total(paid) == 25_000_000
    for stage in found.document["stages"]:
        assert sum(Decimal(one["stages"][stage["id"]]) for one in paid) == Decimal(stage["amount"])
    choices = {one["id"]: one["choice"] for one in paid}
    assert choices["series-a"] == "holds"
    assert choices["series-seed"] == "converts"
    assert choices["option-pool"] == "exercises"
    seed = [one for one in found.document["holders"] if one["class"] == "series-seed"]
    assert total(seed) == next(Decimal(one["total"]) for one in paid if one["id"] == "series-seed")


def test_breakpoints_are_exact_fractions(run) -> None:
    bends = run("waterfall", EXIT, "--exit", "6000000").document["breakpoints"]
    exercised = next(
        one for one in bends if one["events"] == [{"id": "option-pool", "event": "is exercised"}]
    )
    assert exercised["exit_minor"] == "28250000000/19"
    assert exercised["shares_of_the_next"]["management plan"] == "1/20"


def test_another_day_lets_dividends_grow(run) -> None:
    at = [run("waterfall", EXIT, "--exit", "8000000", *on) for on in ((), ("--on", "2027-12-31"))]
    before, after = (
        next(one["total"] for one in found.document["paid"] if one["id"] == "series-a")
        for found in at
    )
    assert (before, after) == ("5600000.00", "5900000.00")


def test_a_cap_table_is_terms_enough(run) -> None:
    company = ROOT / "examples/northwind-optics"
    found = run("waterfall", company, "--exit", "12000000", "--holders")
    assert found.code == 0
    assert total(found.document["paid"]) == total(found.document["holders"]) == 12_000_000
    choices = {one["id"]: one["choice"] for one in found.document["paid"]}
    assert (choices["series-a"], choices["series-seed"]) == ("holds", "converts")
    assert "safe-1" in found.document["notices"][0]
    early = run("waterfall", company, "--exit", "12000000", "--on", "2023-01-01")
    assert "series-a" not in [one["id"] for one in early.document["paid"]]


def test_a_directory_without_a_cap_table_is_named(run, tmp_path) -> None:
    found = run("waterfall", tmp_path, "--exit", "5")
    assert found.code == 2
    assert "has no *.ocf.json files" in found.said


def test_a_partnership_is_paid_by_tiers(run) -> None:
    found = run("waterfall", BUILDING, "--exit", "24000000")
    assert found.code == 0
    tiers = found.document["tiers"]
    assert total(tiers, "amount") == 24_000_000
    pension, partners, sponsor = found.document["partners"]
    assert (pension["irr"], partners["irr"]) == (pension["irr"],) * 2
    assert sponsor["received_now"] == "2670000.00"
    assert [one["exit"] for one in found.document["breakpoints"]][1] == "10650000.00"


@pytest.mark.parametrize("file", [EXIT, BUILDING])
def test_people_get_tables_and_an_exit_a_chart(file, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["waterfall", str(file), "--exit", "12345678.90"]) == 0
    shown = capsys.readouterr().out
    assert "12,345,678.90" in shown
    assert ("each letter is 2 %" in shown) == (file == EXIT)


@pytest.mark.parametrize(
    ("file", "words", "sentence"),
    [
        (EXIT, ("--exit", "1e6"), "--exit '1e6' is not a decimal number"),
        (EXIT, ("--exit", "-5"), "--exit -5 is negative"),
        (EXIT, ("--exit", "5.001"), "--exit 5.001 has 3 decimal places"),
        (EXIT, ("--exit", "4000000"), "4,000,000.00: the tranches of the terms are 5,000,000.00"),
        (EXIT, ("--exit", "9000000", "--on", "soon"), "--on 'soon' is not a date"),
        (BUILDING, ("--exit", "5", "--holders"), "a partnership has partners"),
        (
            BUILDING,
            ("--exit", "5", "--on", "2020-01-01"),
            "is after the distribution on 2020-01-01",
        ),
    ],
)
def test_a_request_that_makes_no_sense_is_explained(run, file, words, sentence: str) -> None:
    found = run("waterfall", file, *words)
    assert found.code == 2
    assert sentence in found.said


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('kind = "gift"\n', "kind: 'gift' is none of exit, partnership"),
        ("[[class]\n", "the file of terms is not TOML"),
        (
            'name = "x"\ncurrency = "USD"\n[[class]]\nid = "c"\nunits = 5\n',
            "--holders: no class of the file lists its holders",
        ),
    ],
)
def test_a_file_that_makes_no_sense_is_refused(run, tmp_path, text: str, sentence: str) -> None:
    (tmp_path / "terms.toml").write_text(text)
    found = run("waterfall", tmp_path / "terms.toml", "--exit", "5", "--holders")
    assert found.code == 2
    assert sentence in found.said
