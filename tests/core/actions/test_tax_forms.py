"""Tax forms: every mistake at once, nothing that ran out; and the rows of a year's files."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from freehold.core.actions.incomes import Income
from freehold.core.actions.tax import Form, treatment
from freehold.core.actions.tax_forms import (
    Payment,
    Recipient,
    form_from_json,
    form_json,
    payee_of,
    read_form,
    rows_of_1042s,
    rows_of_1099,
)
from freehold.core.errors import Invalid

TODAY = date(2026, 1, 1)
GERMAN = {"form": "w8ben", "signed": "2025-03-10", "residence": "DE", "tin": "12", "treaty": True}


def mistakes(given):
    with pytest.raises(Invalid, match="nothing was kept") as told:
        read_form(given, TODAY)
    return {one.place: one.message for one in told.value.mistakes}


def test_a_form_reads_and_gives_the_treatys_rate_of_the_day():
    form = read_form(GERMAN, TODAY)
    assert form_from_json(form_json(form)) == form
    assert treatment(payee_of(form, "", TODAY), TODAY).rate == Fraction(15, 100)
    assert "12" not in repr(form)


def test_a_form_that_ran_out_yesterday_is_refused_and_one_of_today_is_not():
    found = mistakes(GERMAN | {"signed": "2022-03-10"})
    assert found == {
        "signed": "the form signed on 2022-03-10 ran out on 2025-12-31: ask for a new one"
    }
    assert read_form(GERMAN | {"signed": "2022-03-10"}, date(2025, 12, 31)).form is Form.W8BEN


def test_every_mistake_of_a_form_is_told_at_once():
    found = mistakes(
        {"form": "w9", "signed": "2027-01-01", "tin": "x", "treaty": True, "own_rate": "5", "u": 1}
    )
    assert set(found) == {"u", "signed", "tin", "treaty", "own_rate", "why"}
    assert "is not one of w9, w8ben, w8bene" in mistakes({"form": "w7"})["form"]
    assert (
        "no rate is known of a treaty with AQ" in mistakes(GERMAN | {"residence": "AQ"})["treaty"]
    )


def test_an_entity_is_not_exempt_unless_its_form_says_so():
    form = read_form(
        {"form": "w8bene", "signed": "2025-03-10", "residence": "DE", "chapter3": "corporation"},
        TODAY,
    )
    assert treatment(payee_of(form, "", TODAY), TODAY).chapter == 4


def test_without_a_form_residence_decides():
    assert treatment(payee_of(None, "US", TODAY), TODAY).rate == Fraction(24, 100)
    assert treatment(payee_of(None, "DE", TODAY), TODAY).rate == Fraction(30, 100)


def paid(person, gross, withheld, statement, chapter=0, rate=Fraction(0), account=1):
    known = (person, date(2025, 6, 30), "USDX", 6, gross, withheld, rate)
    return Payment("dividend", account, *known, "US", "IRC", statement, chapter)


W9 = read_form({"form": "w9", "signed": "2025-03-10", "tin": "123-45-6789"}, TODAY)
WHO = {
    "ann": Recipient("ann", "Ann", "1 Road", "US", W9),
    "max": Recipient("max", "Max", "2 Weg", "DE", read_form(GERMAN, TODAY)),
}


def test_a_1099_is_due_from_ten_dollars_or_with_tax_withheld():
    row = rows_of_1099([paid("ann", 10_000_000, 0, "1099-DIV")], WHO, "Acme", 2025)
    assert row[0]["box_1a_total_ordinary_dividends"] == "10"
    assert row[0]["recipient_tin"] == "123-45-6789"
    assert rows_of_1099([paid("ann", 9_999_999, 0, "1099-DIV")], WHO, "Acme", 2025) == []
    assert len(rows_of_1099([paid("ann", 9, 1, "1099-DIV")], WHO, "Acme", 2025)) == 1


def test_every_field_of_a_1099_div_is_what_was_paid_to_whom():
    who = WHO | {"bob": Recipient("bob", "Bob", "3 Lane", "US", None)}
    all_paid = [
        paid("ann", 10_000_001, 0, "1099-DIV"),
        paid("ann", 2_500_000, 600_000, "1099-DIV", account=2),
        paid("bob", 3, 1, "1099-DIV", rate=Fraction(24, 100), account=3),
        paid("max", 9_000_000, 1_350_000, "1042-S", 3, Fraction(15, 100), 4),
    ]
    assert rows_of_1099(all_paid, who, "Acme", 2025) == [
        {
            "year": "2025",
            "payer": "Acme",
            "recipient_id": "ann",
            "recipient_name": "Ann",
            "recipient_address": "1 Road",
            "recipient_tin": "123-45-6789",
            "currency": "USDX",
            "box_1a_total_ordinary_dividends": "12.500001",
            "box_4_federal_income_tax_withheld": "0.6",
            "box_9_cash_liquidation_distributions": "0",
            "box_10_noncash_liquidation_distributions": "0",
        },
        {
            "year": "2025",
            "payer": "Acme",
            "recipient_id": "bob",
            "recipient_name": "Bob",
            "recipient_address": "3 Lane",
            "recipient_tin": "",
            "currency": "USDX",
            "box_1a_total_ordinary_dividends": "0.000003",
            "box_4_federal_income_tax_withheld": "0.000001",
            "box_9_cash_liquidation_distributions": "0",
            "box_10_noncash_liquidation_distributions": "0",
        },
    ]


def test_a_liquidation_is_no_dividend_has_a_limit_of_its_own_and_another_code():
    def ended(*given, **named):
        return replace(paid(*given, **named), income=Income.LIQUIDATION, part="closing, common")

    less = ended("ann", 599_999_999, 0, "1099-DIV")
    assert rows_of_1099([less], WHO, "Acme", 2025) == []
    both = [ended("ann", 600_000_000, 0, "1099-DIV"), paid("ann", 1, 0, "1099-DIV", account=2)]
    (row,) = rows_of_1099(both, WHO, "Acme", 2025)
    assert row["box_1a_total_ordinary_dividends"] == "0.000001"
    assert row["box_9_cash_liquidation_distributions"] == "600"
    abroad = [
        ended("max", 2_000_000, 300_000, "1042-S", 3, Fraction(15, 100)),
        paid("max", 1_000_000, 150_000, "1042-S", 3, Fraction(15, 100), 2),
    ]
    rows = rows_of_1042s(abroad, WHO, "Acme", 2025)
    assert {one["box_1_income_code"]: one["box_2_gross_income"] for one in rows} == {
        "06": "1", "37": "2",
    }  # fmt: skip


def test_a_1042_s_keeps_chapters_and_rates_apart_and_loses_no_unit():
    fifteen, thirty = Fraction(15, 100), Fraction(30, 100)
    all_paid = [
        paid("max", 1_000_001, 150_000, "1042-S", 3, fifteen),
        paid("max", 2, 0, "1042-S", 3, fifteen, 2),
        paid("max", 500_000, 150_000, "1042-S", 4, thirty, 3),
    ]
    rows = rows_of_1042s(all_paid, WHO, "Acme", 2025)
    assert [
        (one["box_3_chapter_indicator"], one["box_2_gross_income"], one["box_3b_tax_rate"],
         one["box_4b_tax_rate"])
        for one in rows
    ] == [("3", "1.000003", "15", "0"), ("4", "0.5", "0", "30")]  # fmt: skip
    assert sum(Fraction(one["box_7a_federal_tax_withheld"]) for one in rows) == Fraction(3, 10)


def test_interest_rent_and_other_income_have_forms_and_codes_of_their_own():
    def of(income, *given, **named):
        return replace(paid(*given, **named), income=income)

    interest = of(Income.INTEREST, "ann", 10_000_000, 0, "1099-INT")
    rent = of(Income.RENT, "ann", 600_000_000, 0, "1099-MISC", account=2)
    share = of(Income.OTHER, "ann", 1, 0, "1099-MISC", account=3)
    every = [interest, rent, share]
    assert rows_of_1099(every, WHO, "Acme", 2025) == []
    (row,) = rows_of_1099(every, WHO, "Acme", 2025, "1099-INT")
    assert row["box_1_interest_income"] == "10"
    (row,) = rows_of_1099(every, WHO, "Acme", 2025, "1099-MISC")
    assert (row["box_1_rents"], row["box_3_other_income"]) == ("600", "0.000001")
    assert rows_of_1099([share], WHO, "Acme", 2025, "1099-MISC") == [], "below the limit"
    abroad = [
        of(income, "max", 10, 0, "1042-S", 3, rate, place)
        for place, (income, rate) in enumerate(
            [(Income.INTEREST, Fraction(0)), (Income.RENT, Fraction(30, 100))]
        )
    ]
    assert {
        (one["box_1_income_code"], one["box_3a_exemption_code"])
        for one in rows_of_1042s(abroad, WHO, "Acme", 2025)
    } == {("01", "05"), ("14", "00")}


def test_a_treatys_rate_on_dividends_is_taken_of_nothing_else():
    max_, nobody = payee_of(WHO["max"].form, "DE", TODAY), payee_of(None, "DE", TODAY)
    rates = {one: treatment(max_, TODAY, one).rate for one in Income}
    assert (rates[Income.DIVIDEND], rates[Income.RENT]) == (Fraction(15, 100), Fraction(30, 100))
    interest = treatment(max_, TODAY, Income.INTEREST)
    assert (interest.rate, interest.cite) == (0, "IRC 871(h), 881(c)") and not interest.verified
    assert treatment(nobody, TODAY, Income.INTEREST).rate == Fraction(30, 100), "without a form"
    ann = payee_of(W9, "US", TODAY)
    assert treatment(ann, TODAY, Income.INTEREST).statement == "1099-INT"
