"""The fully diluted table: what counts, with how many units, and what is listed apart and why."""

import json
from datetime import date
from fractions import Fraction

import pytest

from freehold.core import ocf
from freehold.core.captable import CapTable, ClaimKind, convert, fully_diluted
from freehold.core.instrument import ConversionRight, InstrumentKind, Rounding, ShareClass
from tests.core.ocf.worlds import Item, deed, grant, issuance, package, split, stock_class

LAST = date(2030, 1, 1)


def table(items: list[Item], plans: list[Item] = (), classes: list[Item] | None = None) -> CapTable:
    texts = package(items, classes)
    if plans:
        document = {"file_type": "OCF_STOCK_PLANS_FILE", "items": plans}
        texts["Plans.ocf.json"] = json.dumps(document)
    return ocf.captable_at(ocf.read(texts), LAST)


def claims(found: CapTable) -> dict[str, int]:
    return {claim.security: claim.units for claim in found.claims}


def plan(**more: object) -> Item:
    return {
        "object_type": "STOCK_PLAN",
        "id": "plan",
        "plan_name": "Plan",
        "initial_shares_reserved": "100",
        "stock_class_ids": ["common"],
        "default_cancellation_behavior": "RETURN_TO_POOL",
        **more,
    }


def convertible(mechanism: Item, into: str = "common") -> Item:
    right = {
        "type": "CONVERTIBLE_CONVERSION_RIGHT",
        "conversion_mechanism": mechanism,
        "converts_to_stock_class_id": into,
    }
    trigger = {"trigger_id": "t", "type": "ELECTIVE_AT_WILL", "conversion_right": right}
    return deed(
        "CONVERTIBLE_ISSUANCE",
        "issue c1",
        "2021-01-01",
        security_id="c1",
        custom_id="C-1",
        stakeholder_id="ann",
        security_law_exemptions=[],
        convertible_type="NOTE",
        investment_amount={"amount": "1000.00", "currency": "CHF"},
        conversion_triggers=[trigger],
        seniority=1,
    )


def priced(currency: str) -> Item:
    return {
        "type": "RATIO_CONVERSION",
        "conversion_price": {"amount": "0.30", "currency": currency},
        "ratio": {"numerator": "1", "denominator": "1"},
        "rounding_type": "FLOOR",
    }


def test_a_convertible_with_a_price_counts_as_what_the_money_buys():
    # 1000.00 / 0.30 = 3333.33
    assert claims(table([convertible(priced("CHF"))])) == {"c1": 3_333}


def test_a_convertible_of_a_fixed_number_is_multiplied_by_a_later_split():
    fixed = {"type": "FIXED_AMOUNT_CONVERSION", "converts_to_quantity": "500"}
    assert claims(table([convertible(fixed), split("x", "2022-01-01", "3")])) == {"c1": 1_500}


@pytest.mark.parametrize(
    ("mechanism", "into", "reason"),
    [
        (priced("USD"), "common", "its terms do not determine"),
        (priced("CHF"), "", "its terms do not determine"),
        ({"type": "SAFE_CONVERSION"}, "common", "a SAFE converts at the price of a later round"),
        ({"type": "CUSTOM_CONVERSION"}, "common", "terms in words only"),
    ],
)
def test_a_convertible_without_a_number_is_listed_with_the_reason(mechanism, into, reason):
    found = table([convertible(mechanism, into)])
    assert found.claims == ()
    assert [claim.security for claim in found.open_claims] == ["c1"]
    assert reason in found.open_claims[0].reason


def test_two_triggers_with_different_numbers_determine_none():
    item = convertible({"type": "FIXED_AMOUNT_CONVERSION", "converts_to_quantity": "500"})
    second = json.loads(json.dumps(item["conversion_triggers"][0]))
    second["conversion_right"]["conversion_mechanism"]["converts_to_quantity"] = "600"
    item["conversion_triggers"].append(second)
    assert len(table([item]).open_claims) == 1


def warrant(*quantities: str) -> Item:
    """A warrant whose quantity stands in its triggers only."""
    item = convertible({"type": "FIXED_AMOUNT_CONVERSION"})
    triggers = [json.loads(json.dumps(item["conversion_triggers"][0])) for _ in quantities]
    for trigger, quantity in zip(triggers, quantities, strict=True):
        trigger["conversion_right"]["conversion_mechanism"]["converts_to_quantity"] = quantity
    kept = ("id", "date", "security_id", "custom_id", "stakeholder_id", "security_law_exemptions")
    return {
        **{field: item[field] for field in kept},
        "object_type": "TX_WARRANT_ISSUANCE",
        "purchase_price": {"amount": "1", "currency": "CHF"},
        "exercise_triggers": triggers,
    }


def test_a_warrant_counts_as_its_triggers_say_where_they_agree():
    assert claims(table([warrant("70", "70"), split("x", "2022-01-01", "2")])) == {"c1": 140}
    assert [claim.security for claim in table([warrant("70", "80")]).open_claims] == ["c1"]


def test_an_expired_option_no_longer_counts():
    expired = {**grant("g1", "2021-01-01", "ann", "20"), "expiration_date": "2029-12-31"}
    living = {**grant("g2", "2021-01-01", "ann", "30"), "expiration_date": "2030-01-01"}
    found = table([expired, living])
    assert claims(found) == {"g2": 30}
    assert [claim.reason for claim in found.open_claims] == ["expired on 2029-12-31"]


def test_rights_settled_in_cash_never_become_shares():
    cash = {**grant("g1", "2021-01-01", "ann", "20"), "compensation_type": "CSAR"}
    stock = {**grant("g2", "2021-01-01", "ann", "30"), "compensation_type": "SSAR"}
    found = table([cash, stock])
    assert [(c.kind, c.units) for c in found.claims] == [(ClaimKind.APPRECIATION_RIGHT, 30)]


def cancelled(quantity: str, **more: object) -> list[Item]:
    """A grant of 40 from the plan of 100, of which some are cancelled."""
    left = {**grant("g2", "2022-01-01", "ann", str(40 - int(quantity))), "stock_plan_id": "plan"}
    return [
        {**grant("g1", "2021-01-01", "ann", "40"), "stock_plan_id": "plan"},
        left,
        deed(
            "EQUITY_COMPENSATION_CANCELLATION",
            "c",
            "2022-01-01",
            security_id="g1",
            quantity=quantity,
            balance_security_id="g2",
            **more,
        ),
    ]


def test_what_is_cancelled_returns_to_a_plan_that_says_so():
    assert claims(table(cancelled("15"), [plan()])) == {"g2": 25, "plan": 75}


def test_what_is_cancelled_is_gone_where_the_plan_retires_it():
    retired = plan(default_cancellation_behavior="RETIRE")
    assert claims(table(cancelled("15"), [retired])) == {"g2": 25, "plan": 60}


@pytest.mark.parametrize("behaviour", ["RETIRE", "RETURN_TO_POOL"])
def test_a_stated_return_counts_once_whatever_the_plan_says(behaviour):
    returned = deed(
        "STOCK_PLAN_RETURN_TO_POOL",
        "r",
        "2022-01-01",
        security_id="g1",
        stock_plan_id="plan",
        quantity="10",
        reason_text="because",
    )
    found = table([*cancelled("15"), returned], [plan(default_cancellation_behavior=behaviour)])
    assert claims(found) == {"g2": 25, "plan": 70}


def test_a_plan_that_granted_too_much_is_noted_and_reserves_nothing():
    texts = package([{**grant("g1", "2021-01-01", "ann", "120"), "stock_plan_id": "plan"}])
    document = {"file_type": "OCF_STOCK_PLANS_FILE", "items": [plan()]}
    file = ocf.read(texts | {"Plans.ocf.json": json.dumps(document)})
    assert any("120 units are granted, 100 are reserved" in str(n) for n in file.notices)
    assert claims(ocf.captable_at(file, LAST)) == {"g1": 120}


def preferred(rounding: str = "FLOOR", **more: object) -> Item:
    mechanism = {
        "type": "RATIO_CONVERSION",
        "ratio": {"numerator": "3", "denominator": "2"},
        "rounding_type": rounding,
    }
    right = {"converts_to_stock_class_id": "common", "conversion_mechanism": mechanism}
    return {**stock_class("preferred"), "conversion_rights": [right], **more}


@pytest.mark.parametrize(("of", "units"), [("common", 30), ("preferred", 15)])
def test_a_split_of_either_class_keeps_the_other_sides_claim_fair(of, units):
    """10 preferred convert into 15 common; twice the common is 30, twice the preferred still 15."""
    items = [issuance("p1", "2021-01-01", "ann", "10", "preferred")]
    found = table(
        [*items, split("x", "2022-01-01", "2", of=of)], [], [stock_class("common"), preferred()]
    )
    assert [row.units for row in fully_diluted(found)] == [units]


@pytest.mark.parametrize(
    ("rounding", "units"), [(Rounding.DOWN, 1), (Rounding.NEAREST, 2), (Rounding.UP, 2)]
)
def test_one_unit_at_three_for_two_is_rounded_as_the_right_says(rounding, units):
    share = ShareClass("a", "A", "A", InstrumentKind.COMMON)
    assert convert(ConversionRight("a", Fraction(3, 2), rounding), 1, share, share) == units
    assert convert(ConversionRight("a", Fraction(3, 2), rounding), 2, share, share) == 3


def test_decimal_places_of_both_classes_count_in_a_conversion():
    whole = ShareClass("a", "A", "A", InstrumentKind.COMMON)
    cents = ShareClass("b", "B", "B", InstrumentKind.COMMON, 2)
    assert convert(ConversionRight("b", Fraction(3, 2)), 1, whole, cents) == 150
    assert convert(ConversionRight("a", Fraction(3, 2)), 150, cents, whole) == 2
