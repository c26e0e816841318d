"""An exit from a cap table: terms of the file, prices after splits, and what is left out."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction

import pytest

from freehold.core import ocf
from freehold.core.actions.exit_captable import exit_of
from freehold.core.actions.exit_file import ExitFile
from freehold.core.actions.waterfall import Participation, outcome
from freehold.core.errors import Invalid
from tests.core.ocf.worlds import (
    Item,
    deed,
    grant,
    issuance,
    northwind,
    package,
    split,
    stock_class,
)


def exit_from(files: Mapping[str, str], day: date = date(2030, 1, 1)) -> ExitFile:
    return exit_of(ocf.captable_at(ocf.read(files), day))


def preferred(key: str, seniority: str = "2", **more: object) -> Item:
    right = {
        "type": "STOCK_CLASS_CONVERSION_RIGHT",
        "conversion_mechanism": {
            "type": "RATIO_CONVERSION",
            "conversion_price": {"amount": "2", "currency": "CHF"},
            "ratio": {"numerator": "3", "denominator": "2"},
            "rounding_type": "FLOOR",
        },
        "converts_to_stock_class_id": "common",
    }
    stated = {
        "class_type": "PREFERRED",
        "seniority": seniority,
        "price_per_share": {"amount": "2", "currency": "CHF"},
        "liquidation_preference_multiple": "1",
        "conversion_rights": [right],
    }
    return stock_class(key) | stated | more


FOUNDERS = issuance("s1", "2021-01-01", "ann", "600")
INVESTOR = issuance("s2", "2021-02-01", "ben", "100", "a")


def test_the_example_company_is_read_with_its_splits_and_ratios() -> None:
    file = exit_from(northwind())
    assert (file.name, file.currency) == ("Northwind Optics, Inc.", "USD")
    series = {one.id: one for one in file.terms.preferred}
    assert series["series-a"].preference == 1_400_000 * 250
    assert series["series-a"].shares == 1_400_000 * Fraction(105, 100)
    assert (series["series-a"].rank, series["series-seed"].rank) == (1, 2)
    assert series["series-seed"].participation is Participation.NONE
    # granted at 0.25 before five for one
    early = next(one for one in file.terms.options if one.id == "option at 0.05")
    assert (early.shares, early.strike) == (225_000, 225_000 * 5)
    assert file.notices == (
        "convertible safe-1 of helen-okafor is left out: a SAFE converts at the price of a later"
        " round",
    )
    assert sum(file.holders["common"].values()) == 3_168_000
    found = outcome(file.terms, Fraction(1_200_000_000))
    assert sum(found.payouts.values()) == 1_200_000_000
    assert "series-seed" in found.converting and "series-a" not in found.converting


def test_the_higher_seniority_is_paid_first_and_equal_ones_share() -> None:
    classes = [stock_class("common"), preferred("a", "2"), preferred("b", "3"), preferred("c", "2")]
    items = [FOUNDERS, INVESTOR]
    items += [issuance(f"s-{key}", "2021-02-01", "cid", "50", key) for key in ("b", "c")]
    file = exit_from(package(items, classes))
    assert {one.id: one.rank for one in file.terms.preferred} == {"a": 2, "b": 1, "c": 2}


def test_a_split_divides_prices_and_multiplies_units() -> None:
    classes = [stock_class("common"), preferred("a")]
    items = [FOUNDERS, INVESTOR, grant("g1", "2021-03-01", "cid", "40")]
    before = exit_from(package(items, classes))
    after = exit_from(
        package(
            [*items, split("x", "2022-01-01", "4"), split("y", "2022-01-01", "5", of="a")], classes
        )
    )
    for file in (before, after):
        (one,) = file.terms.preferred
        (option,) = file.terms.options
        assert one.preference == 100 * 200
        assert option.strike == 40 * 100
    assert (before.terms.options[0].id, after.terms.options[0].id) == (
        "option at 1.0",
        "option at 0.25",
    )
    assert after.terms.options[0].shares == 160
    assert before.terms.preferred[0].shares == 150
    assert after.terms.preferred[0].shares == 600


def test_a_participation_cap_makes_a_class_participate() -> None:
    classes = [stock_class("common"), preferred("a", participation_cap_multiple="3")]
    (one,) = exit_from(package([FOUNDERS, INVESTOR], classes)).terms.preferred
    assert (one.participation, one.cap) == (Participation.CAPPED, 100 * 200 * 3)


def test_what_cannot_be_counted_is_told() -> None:
    stock_unit = grant("g1", "2021-03-01", "cid", "40") | {"compensation_type": "RSU"}
    del stock_unit["exercise_price"]
    unpriced = grant("g2", "2021-03-01", "cid", "30")
    del unpriced["exercise_price"]
    senior = grant("g3", "2021-03-01", "cid", "20") | {"stock_class_id": "a"}
    money = {"amount": "100.00", "currency": "CHF"}
    mechanism = {"type": "FIXED_AMOUNT_CONVERSION", "converts_to_quantity": "9"}
    right = {
        "type": "CONVERTIBLE_CONVERSION_RIGHT",
        "conversion_mechanism": mechanism,
        "converts_to_stock_class_id": "common",
    }
    note = deed(
        "CONVERTIBLE_ISSUANCE",
        "issue n1",
        "2021-01-01",
        security_id="n1",
        custom_id="N-1",
        stakeholder_id="ann",
        security_law_exemptions=[],
        convertible_type="NOTE",
        investment_amount=money,
        conversion_triggers=[
            {"trigger_id": "t", "type": "ELECTIVE_AT_WILL", "conversion_right": right}
        ],
        seniority=1,
    )
    classes = [stock_class("common"), preferred("a")]
    items = [FOUNDERS, INVESTOR, stock_unit, unpriced, senior, note]
    file = exit_from(package(items, classes))
    assert [one.id for one in file.terms.options] == ["restricted stock unit"]
    assert file.terms.options[0].strike == 0
    assert sorted(file.notices) == [
        "convertible n1 of ann is left out: write it as a debt in a file of terms, or convert it"
        " first",
        "option g2 of cid is left out: no price is stated at which it is exercised",
        "option g3 of cid is left out: it becomes a, which is no common class",
    ]


@pytest.mark.parametrize(
    ("classes", "items", "mistakes"),
    [
        (
            [stock_class("common"), preferred("a", price_per_share=None)],
            [FOUNDERS, INVESTOR],
            [
                "a: price_per_share: is missing: its preference cannot be told",
                "price_per_share: no class states one, so the currency is not known",
            ],
        ),
        (
            [stock_class("common"), preferred("a", liquidation_preference_multiple=None)],
            [FOUNDERS, INVESTOR],
            [
                "a: liquidation_preference_multiple: is missing: write 1 for its price once, 0 for"
                " no preference"
            ],
        ),
        (
            [
                stock_class("common"),
                preferred("a", price_per_share={"amount": "2", "currency": "USD"}),
            ],
            [FOUNDERS, INVESTOR, grant("g", "2021-01-01", "cid", "5")],
            ["currency: prices are in CHF, USD: an exit is paid in one"],
        ),
    ],
)
def test_a_table_that_does_not_say_enough_is_refused(classes, items, mistakes) -> None:
    for one in classes:
        for field in [key for key, value in one.items() if value is None]:
            del one[field]
    with pytest.raises(Invalid) as caught:
        exit_from(package(items, classes))
    assert [str(one) for one in caught.value.mistakes] == mistakes


def test_a_company_without_common_stock_has_nobody_for_the_rest() -> None:
    classes = [stock_class("common"), preferred("a", conversion_rights=[])]
    with pytest.raises(Invalid, match="there is no common stock"):
        exit_from(package([INVESTOR], classes))
