"""Asset records: every kind, their mistakes, and an id that ten other lines compute too."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from Crypto.Hash import keccak
from hypothesis import given
from hypothesis import strategies as st

from freehold.core import asset
from freehold.core.asset import (
    AssetKind,
    Document,
    asset_id,
    asset_record,
    content_hash,
    title_number,
)
from freehold.core.errors import Invalid

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "asset-id.md"
GOOD = {
    "company": {"country": "US", "formed": "2021-03-15", "isin": "US0378331005"},
    "bond": {
        "issuer": "Saltmarsh Ferry Company plc",
        "country": "GB",
        "currency": "GBP",
        "principal": "5000000.00",
        "denomination": "1000",
        "issue_date": "2026-01-15",
        "coupon_per_cent": "6.250",
    },
    "revenue share": {
        "issuer": "Northwind Optics, Inc.",
        "country": "US",
        "source": "Sales of the LX-2 lens",
        "currency": "USD",
        "share_per_cent": "4.5",
        "from": "2026-01-01",
    },
    "property": {
        "country": "DE",
        "address": "Krausenstrasse 9, 10117 Berlin",
        "land_register": "Amtsgericht Mitte",
        "parcel": "Flur 12, 345/6",
        "share_per_cent": "100",
    },
    "vehicle": {
        "vin": "WVWZZZ1JZXW000001",
        "country": "DE",
        "maker": "Volkswagen",
        "model": "Golf",
        "year": "1999",
    },
    "fund": {
        "manager": "Quay Asset Management",
        "country": "LU",
        "currency": "EUR",
        "strategy": "Twenty largest digital assets, capped",
        "lei": "529900T8BM49AURSDO55",
    },
    "other": {"description": "Violin, Cremona, about 1720", "country": "IT"},
}


@pytest.mark.parametrize("kind", list(AssetKind))
def test_each_kind_has_a_good_record_whose_id_anyone_computes(kind):
    record = asset_record(kind, "Thing", GOOD[kind])
    text = json.dumps(
        asset.as_json(record), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    expected = keccak.new(data=text.encode(), digest_bits=256).hexdigest()
    assert asset_id(record) == f"0x{expected}"


@pytest.mark.parametrize("kind", list(AssetKind))
def test_each_fact_that_must_be_stated_is_missed(kind):
    for field, required in asset.fields_of(kind).items():
        facts = {name: text for name, text in GOOD[kind].items() if name != field}
        if required:
            with pytest.raises(Invalid) as refused:
                asset_record(kind, "Thing", facts)
            assert [str(m) for m in refused.value.mistakes] == [f"{field}: is missing"]


def test_the_page_computes_the_number_of_a_title_as_the_product_does():
    first, printed, second, number = re.findall(r"```\w*\n(.*?)```", PAGE.read_text(), re.DOTALL)
    run = subprocess.run(
        [sys.executable, "-c", first + second], capture_output=True, text=True, check=True
    )
    assert run.stdout == printed + number
    register = re.search(r'register = "(\w+)"', second)[1]
    assert title_number(f"0x{register}", printed.strip()) == int(number, 16)
    other = register[:-1] + "0"
    assert title_number(f"0x{other}", printed.strip()) != int(number, 16)


def test_the_page_computes_the_id_it_prints_and_lists_every_field():
    page = PAGE.read_text()
    code, printed = re.findall(r"```\w*\n(.*?)```", page, re.DOTALL)[:2]
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == printed
    record = json.loads(re.search(r'"""(.*?)"""', code, re.DOTALL)[1])
    documents = [Document(**record.pop("documents")[0])]
    kind, name = record.pop("kind"), record.pop("name")
    assert asset_id(asset_record(kind, name, record, documents)) == printed.strip()
    for kind in AssetKind:
        for field, required in asset.fields_of(kind).items():
            assert (f"**`{field}`**" if required else f"`{field}`") in page


def test_equal_facts_written_differently_have_one_id():
    one = asset_record("bond", "Bond", GOOD["bond"])
    other = {**GOOD["bond"], "principal": "5000000", "coupon_per_cent": "6.25"}
    assert asset_id(one) == asset_id(asset_record("bond", " Bond ", other))


def test_any_changed_fact_changes_the_id():
    one = asset_record("vehicle", "Car", GOOD["vehicle"])
    for field in GOOD["vehicle"]:
        changed = {
            **GOOD["vehicle"],
            field: {"vin": "WVWZZZ1JZXW000002", "country": "CH", "year": "2000"}.get(field, "x"),
        }
        assert asset_id(one) != asset_id(asset_record("vehicle", "Car", changed))


def test_all_mistakes_are_named_with_their_fields():
    with pytest.raises(Invalid) as refused:
        asset_record(
            "vehicle",
            " ",
            {"vin": "1M8GDM9A0KP042788", "country": "ZZ", "colour": "red", "maker": ""},
            [Document("title", 2, "md5:0", media_type="pdf")],
        )
    assert [mistake.place for mistake in refused.value.mistakes] == [
        "name",
        "vin",
        "country",
        "colour",
        "maker",
        "model",
        "year",
        "documents[0].version",
        "documents[0].content",
        "documents[0].media_type",
    ]


@pytest.mark.parametrize("part", ["0", "100.01", "-5", "half", "1e2"])
def test_a_share_is_above_nothing_and_at_most_everything(part):
    with pytest.raises(Invalid):
        asset_record("property", "House", {**GOOD["property"], "share_per_cent": part})


def test_versions_of_a_document_follow_each_other():
    first = Document("charter", 1, content_hash(b"one"))
    second = Document("charter", 2, content_hash(b"two", "keccak256"))
    assert asset.add_version([first], second) == (first, second)
    with pytest.raises(Invalid) as skipped:
        asset.add_version([first], Document("charter", 3, content_hash(b"three")))
    assert "should be version 2" in str(skipped.value.mistakes[0])
    with pytest.raises(Invalid) as same:
        asset.add_version([first], Document("charter", 2, content_hash(b"one")))
    assert "content of another document" in str(same.value.mistakes[0])


def test_content_hashes_are_the_standard_ones():
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert content_hash(b"") == f"sha256:{empty}"
    empty = "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    assert content_hash(b"", "keccak256") == f"keccak256:{empty}"


@given(st.sampled_from(list(AssetKind)), st.text(), st.dictionaries(st.text(), st.text()))
def test_no_record_crashes(kind, name, facts):
    try:
        record = asset_record(kind, name, facts)
    except Invalid as refusal:
        assert refusal.mistakes
    else:
        assert asset_id(record).startswith("0x")
