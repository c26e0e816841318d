"""`freehold coupons`: exact amounts of a unit, one rounded pot for all, and named mistakes."""

from tests.parts import ROOT

FLOATING = ROOT / "examples/bonds/harbour-floating.toml"


def test_a_unit_gets_exact_amounts_and_all_units_a_rounded_pot(run) -> None:
    found = run("coupons", FLOATING, "--until", "2026-10-01", "--units", "5000")
    assert found.code == 0
    first, second = found.document["payments"]
    assert (first["rate"], first["day_count"]) == ("631/10000", "91/360")
    assert first["interest_minor"] == "57421/36"
    assert (first["pot"], first["dust_minor"]) == ("79751.38", "8/9")
    assert (second["ex_date"], second["payment_date"]) == ("2026-09-14", "2026-09-15")
    assert second["principal_minor"] == "0"


def test_without_units_there_is_no_pot(run) -> None:
    found = run("coupons", ROOT / "examples/bonds/mill-loan.toml")
    assert len(found.document["payments"]) == 4
    assert "pot" not in found.document["payments"][0]


def test_a_fixing_that_is_not_known_yet_is_named(run) -> None:
    found = run("coupons", FLOATING)
    assert found.code == 1
    assert "the SOFR 3M fixing of 2026-09-11 is missing" in found.said


def test_a_file_that_says_nothing_useful_is_refused_whole(run, tmp_path) -> None:
    (tmp_path / "bond.toml").write_text('currency = "USD"\n')
    found = run("coupons", tmp_path / "bond.toml")
    assert found.code == 2
    assert "name: is missing" in found.said
    (tmp_path / "bond.toml").write_bytes(b"\xff\xfe")
    assert "is not a text in UTF-8" in run("coupons", tmp_path / "bond.toml").said


def test_units_are_positive(run) -> None:
    found = run("coupons", FLOATING, "--units", "0")
    assert (found.code, found.said) == (2, "--units 0 is not a positive number of units")
