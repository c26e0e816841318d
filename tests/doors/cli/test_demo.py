"""The main job, as a program reads it."""

import pytest


@pytest.fixture
def told(run):
    return run("demo")


def test_the_main_job_refuses_accepts_records_and_verifies(told):
    assert told.code == 0
    document = told.document
    assert document["register_equals_file"]
    refused, passed = document["transfers"]
    assert (refused["code"], refused["passes_on"]) == (140, "2025-02-02")
    assert refused["reason"]
    assert (passed["allowed"], passed["code"]) == (True, 0)
    assert passed["transaction"].startswith("0x")
    (at_record,) = document["record"]["register"]
    now = next(one for one in document["registers"] if one["instrument"] == at_record["instrument"])
    units = {row["holder"]: int(row["units"]) for row in at_record["rows"]}
    later = {row["holder"]: int(row["units"]) for row in now["rows"]}
    assert sum(units.values()) == sum(later.values()) == 3_168_000
    assert later["Priya Raman"] == units["Priya Raman"] - 60_000
    assert document["verification"]["ok"]
