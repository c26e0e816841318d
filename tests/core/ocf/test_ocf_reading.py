"""Packages read: what they mean on a day, what is noted, what comes back out."""

import json
from datetime import date
from fractions import Fraction

import pytest

from freehold.core import ocf
from freehold.core.acts import Cause, Ending, Issue, Redeem, Reissue, Split
from freehold.core.captable import (
    ClaimKind,
    diluted_ownership,
    fully_diluted,
    holdings,
    outstanding,
    ownership,
)
from freehold.core.errors import Invalid
from freehold.core.ocf.objects import FIELDS
from tests.core.ocf.worlds import (
    deed,
    directory,
    grant,
    issuance,
    northwind,
    package,
    shared,
    split,
    stock_class,
)


def test_northwind_is_read_with_nothing_to_note():
    file = ocf.read(northwind())
    assert file.issuer.name == "Northwind Optics, Inc."
    assert file.notices == ()
    assert {holder.country for holder in file.holders.values()} == {"US", "DE", "CH", "SG"}


def test_northwind_on_its_last_day_by_hand():
    file = ocf.read(northwind())
    table = ocf.captable_at(file, date(2024, 6, 30))
    assert holdings(table) == {
        "common": {
            "mara-lindqvist": 1_200_000,  # (300,000 - 60,000 to the trust) x 5
            "lindqvist-trust": 300_000,  # 60,000 x 5
            "tobias-brandt": 1_400_000,  # 300,000 x 5 - 100,000 surrendered
            "wei-ling-tan": 60_000,  # 20,000 x 5 - 40,000 repurchased
            "priya-raman": 75_000,  # exercised 50,000 and 25,000
            "northgate-seed": 125_000,  # converted from seed
            "jonas-keller": 8_000,  # released
        },
        "series-seed": {"northgate-seed": 500_000, "alpenrand": 375_000},
        "series-a": {
            "northgate-seed": 400_000,
            "alpenrand": 150_000,
            "straits-growth": 850_000,
        },
    }
    assert table.authorised["common"] == 12_000_000
    assert ownership(table, "series-a")["straits-growth"] == Fraction(85, 140)


def test_northwind_fully_diluted_counts_options_warrant_pool_but_not_the_safe():
    table = ocf.captable_at(ocf.read(northwind()), date(2024, 6, 30))
    claims = {claim.security: (claim.kind, claim.units) for claim in table.claims}
    assert claims == {
        "eo-1": (ClaimKind.OPTION, 125_000),  # 40,000 x 5 - 75,000
        "eo-3": (ClaimKind.OPTION, 100_000),
        "eo-4": (ClaimKind.OPTION, 100_000),  # 30,000 x 5 - 50,000 cancelled
        "rsu-1": (ClaimKind.STOCK_UNIT, 16_000),
        "w-1": (ClaimKind.WARRANT, 45_000),
        # 1,200,000 - (200,000 + 150,000 + 100,000 + 24,000) + 50,000 returned
        "plan-2021": (ClaimKind.POOL, 776_000),
    }
    assert [(claim.security, claim.reason) for claim in table.open_claims] == [
        ("safe-1", "a SAFE converts at the price of a later round")
    ]
    rows = {(row.holder, row.source): row.units for row in fully_diluted(table)}
    assert rows["straits-growth", "series-a"] == 892_500  # 850,000 x 21/20
    assert sum(diluted_ownership(table).values()) == 1


def test_a_day_in_the_past_knows_only_what_had_happened():
    file = ocf.read(northwind())
    before, after = date(2022, 2, 28), date(2022, 3, 1)
    assert outstanding(ocf.captable_at(file, before))["common"] == 620_000
    assert outstanding(ocf.captable_at(file, after))["common"] == 3_100_000
    assert outstanding(ocf.captable_at(file, date(2021, 3, 14)))["common"] == 0


def test_acme_holdings_by_hand():
    """Its quirks: exercises without issuances, a plan no file defines, a split written twice."""
    file = ocf.read(shared("acme_holdings_limited"))
    table = ocf.captable_at(file, date(2023, 6, 29))
    assert holdings(table) == {
        # Fiona: 600,000 (500,000 and then 100,000 repurchased); 300,000 from Charlie, of which
        # 220,000 and ... 80,000 stay; 50,000 retracted; 20,000 preferred became 30,000 + 10,000.
        # Charlie: 400,000 - 300,000 transferred - 100,000 cancelled + 25,000 issued.
        "ordinaryA": {"fionaFounder": 120_000, "charlieCofounder": 25_000},
        # Jane: 25,000 = 13,500 + 11,500, split 2:1 once, on paper 27,000 + 23,000.
        # Emily: (500 + 400) exercised before the split x 2, then 750 + 350.
        "ordinaryB": {"janeCTO": 50_000, "emilyEmployee": 2_900},
        "preferred": {"fionaFounder": 15_000},  # 35,000 - 20,000 converted
    }
    options = {claim.security[-2:]: claim.units for claim in table.claims}
    # 360,000 - 900, x 2, - 1,100; 480,000 x 2; 240,000 x 2
    assert options == {"01": 717_100, "02": 960_000, "03": 480_000}
    assert table.authorised["ordinaryB"] == 10_000_000  # 5,000,000 x 2


def test_acme_quirks_are_noted_each_at_its_place():
    notices = {str(notice) for notice in ocf.read(shared("acme_holdings_limited")).notices}
    implied = [n for n in notices if "are implied" in n]
    assert len(implied) == 4 and any("EXERCISE_04" in n and "350 units" in n for n in implied)
    assert len([n for n in notices if "no stock plan has the id 'stock_plan_01'" in n]) == 3
    assert len([n for n in notices if "its md5 is" in n]) == 5
    assert len([n for n in notices if "is empty; read as no balance" in n]) == 2
    assert len([n for n in notices if "before the company was formed" in n]) == 5
    assert len([n for n in notices if "is not a field of" in n]) == 4
    assert any("states no right to convert" in n for n in notices)
    assert len(notices) == 4 + 3 + 5 + 2 + 5 + 4 + 1


def test_samples_keep_all_types_and_list_mistakes_without_a_crash():
    texts = shared("samples")
    file, mistakes = ocf.inspect(texts)
    kinds = {item.kind for item in file.package.all()} | {file.package.issuer.kind}
    assert len(kinds) == 49 and kinds < set(FIELDS)
    assert any("stakeholder_id" in mistake.place for mistake in mistakes)
    again, _ = ocf.inspect(ocf.write(file))
    assert [i.fields for i in again.package.all()] == [i.fields for i in file.package.all()]
    with pytest.raises(Invalid) as refused:
        ocf.read(texts)
    assert refused.value.mistakes == mistakes


def test_the_format_has_56_object_types():
    assert len(FIELDS) == 56


@pytest.mark.parametrize("kind", sorted(set(FIELDS) - {"ISSUER"}))
def test_an_object_of_every_type_comes_back_as_it_was(kind):
    file = {
        "object_type": kind,
        "id": "x",
        "comments": ["ä"],
        "unknown": {"b": [1, None], "a": 0.1},
    }
    names = {"TX": "TRANSACTIONS", "CE": "TRANSACTIONS", "VESTING_TERMS": "VESTING_TERMS"}
    type_name = (
        names.get(kind[:2])
        or names.get(kind)
        or {"STOCK_CLASS": "STOCK_CLASSES"}.get(kind, f"{kind}S")
    )
    texts = package([])
    texts["More.ocf.json"] = json.dumps({"file_type": f"OCF_{type_name}_FILE", "items": [file]})
    read, _ = ocf.inspect(texts)
    again, _ = ocf.inspect(ocf.write(read))
    assert file in [item.fields for item in again.package.all()]


def test_writing_makes_a_directory_whose_sums_and_list_are_right(tmp_path):
    for name, text in ocf.write(ocf.read(northwind())).items():
        (tmp_path / name).write_text(text)
    again = ocf.read(directory(tmp_path))
    assert again.notices == ()
    first = ocf.read(northwind()).package
    assert [item.fields for item in again.package.all()] == [i.fields for i in first.all()]


def test_the_committed_example_is_what_writing_it_gives():
    assert ocf.write(ocf.read(northwind())) == northwind()


def test_an_unlisted_file_is_read_and_noted_and_listed_when_written():
    texts = package([issuance("s1", "2021-01-01", "ann", "10")])
    more = [{"object_type": "STOCK_LEGEND_TEMPLATE", "id": "l", "name": "n", "text": "t"}]
    texts["More.ocf.json"] = json.dumps(
        {"file_type": "OCF_STOCK_LEGEND_TEMPLATES_FILE", "items": more}
    )
    file = ocf.read(texts)
    assert "More.ocf.json: the manifest does not list" in str(file.notices[0])
    assert ocf.read(ocf.write(file)).notices == ()


def test_a_split_written_only_on_the_class_multiplies_every_lot():
    file = ocf.read(
        package([issuance("s1", "2021-01-01", "ann", "10"), split("x", "2022-01-01", "3")])
    )
    assert holdings(ocf.captable_at(file, date(2022, 1, 1))) == {"common": {"ann": 30}}


def test_a_split_reissued_without_naming_it_is_found_by_its_sums_and_counts_once():
    reissued = deed(
        "STOCK_REISSUANCE", "r", "2022-01-01", security_id="s1", resulting_security_ids=["s2"]
    )
    file = ocf.read(
        package(
            [
                reissued,
                issuance("s2", "2022-01-01", "ann", "30"),
                split("x", "2022-01-01", "3"),
                issuance("s1", "2021-01-01", "ann", "10"),
            ]
        )
    )
    assert holdings(ocf.captable_at(file, date(2022, 1, 1))) == {"common": {"ann": 30}}
    assert "which it does not name" in str(file.notices[0])
    kinds = [type(act) for act in ocf.plan(file)[-3:]]
    assert kinds == [Issue, Split, Reissue]


def test_an_unnamed_reissue_is_found_after_an_earlier_split_of_the_same_lot_too():
    reissued = deed(
        "STOCK_REISSUANCE", "r", "2023-01-01", security_id="s1", resulting_security_ids=["s2"]
    )
    items = [
        reissued,
        issuance("s1", "2021-01-01", "ann", "10"),
        issuance("s2", "2023-01-01", "ann", "60"),
        split("y", "2023-01-01", "3"),
        split("x", "2022-01-01", "2"),
    ]
    table = ocf.captable_at(ocf.read(package(items)), date(2023, 1, 1))
    assert holdings(table) == {"common": {"ann": 60}}


def test_a_reverse_split_rounds_each_lot_down_and_notes_the_fraction():
    file = ocf.read(
        package([issuance("s1", "2021-01-01", "ann", "7"), split("x", "2022-01-01", "1", "2")])
    )
    assert holdings(ocf.captable_at(file, date(2022, 1, 1))) == {"common": {"ann": 3}}
    assert "leaves 1/2 of a unit of 's1', rounded down; cash in lieu is due" in str(file.notices[0])


def test_an_implied_issuance_can_be_transferred_on():
    exercise = deed(
        "EQUITY_COMPENSATION_EXERCISE",
        "e",
        "2022-01-01",
        security_id="g1",
        quantity="5",
        resulting_security_ids=["s1"],
    )
    transfer = deed(
        "STOCK_TRANSFER",
        "t",
        "2022-01-01",
        security_id="s1",
        quantity="5",
        resulting_security_ids=["s2"],
    )
    items = [transfer, issuance("s2", "2022-01-01", "ben", "5"), exercise]
    file = ocf.read(package([*items, grant("g1", "2021-01-01", "ann", "20")]))
    assert [act.cause for act in ocf.plan(file) if isinstance(act, Issue)] == [Cause.EXERCISE]
    table = ocf.captable_at(file, date(2022, 1, 1))
    assert holdings(table) == {"common": {"ben": 5}}
    assert [claim.units for claim in table.claims] == [15]


def test_a_retraction_issues_and_ends_the_units():
    file = ocf.read(
        package(
            [
                issuance("s1", "2021-01-01", "ann", "7"),
                deed("STOCK_RETRACTION", "r", "2021-01-02", security_id="s1"),
            ]
        )
    )
    last = ocf.plan(file)[-1]
    assert isinstance(last, Redeem) and last.ending is Ending.RETRACTION and last.units == 7


def test_the_acquisition_day_is_carried_by_reissues_and_new_after_a_transfer():
    lots = {
        lot.security: lot.acquired
        for lot in ocf.captable_at(ocf.read(northwind()), date(2024, 6, 30)).lots
    }
    assert lots["cs-8"] == date(2021, 3, 15)  # CS-1, its balance, split and printed anew
    assert lots["cs-11"] == date(2022, 4, 5)  # converted from seed
    assert lots["cs-5"] == date(2022, 1, 10)  # a gift: the file does not say that it tacks
    assert lots["cs-15"] == date(2024, 2, 1)  # two certificates into one: the later day


def test_decimal_units_are_read_where_the_class_has_places():
    texts = package([issuance("s1", "2021-01-01", "ann", "1.250")])
    file = ocf.read(texts, {"common": 2})
    assert holdings(ocf.captable_at(file, date(2021, 1, 1))) == {"common": {"ann": 125}}
    with pytest.raises(Invalid):
        ocf.read(texts)


def test_more_may_be_issued_on_the_day_the_limit_is_raised():
    raised = deed(
        "STOCK_CLASS_AUTHORIZED_SHARES_ADJUSTMENT",
        "a",
        "2021-01-01",
        stock_class_id="common",
        new_shares_authorized="20",
    )
    transactions = [issuance("s1", "2021-01-01", "ann", "15"), raised]
    file = ocf.read(package(transactions, [stock_class("common", "10")]))
    assert ocf.captable_at(file, date(2021, 1, 1)).authorised == {"common": 20}
