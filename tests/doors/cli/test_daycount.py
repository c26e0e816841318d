"""`freehold daycount`: exact fractions out, one sentence where they cannot be had."""

import pytest


def test_the_fraction_is_exact_and_the_decimal_says_whether_it_is(run) -> None:
    found = run("daycount", "act/act isda", "2003-11-01", "2004-05-01")
    assert found.code == 0
    assert found.document == {
        "convention": "ACT/ACT ISDA",
        "from": "2003-11-01",
        "to": "2004-05-01",
        "days": 182,
        "numerator": 66491,
        "denominator": 133590,
        "decimal": "0.49772438056740774010",
        "decimal_is_exact": False,
    }


@pytest.mark.parametrize(
    ("words", "numerator", "denominator", "exact"),
    [
        ("30/360 2006-08-31 2007-02-28", 89, 180, False),
        ("30E/360-ISDA 2011-08-31 2012-02-29 --termination 2012-02-29", 179, 360, False),
        ("ACT/ACT-ICMA 2003-11-01 2004-05-01", 1, 2, True),
        ("ACT/ACT-ICMA 1999-02-01 1999-07-01 --reference 1998-07-01 1999-07-01", 30, 73, False),
        (
            "ACT/ACT-ICMA 2003-11-01 2004-05-01 --frequency 2 --reference 2003-11-01 2004-05-01",
            1,
            2,
            True,
        ),
        ("BUS/252 2024-02-09 2024-02-16 --calendar ANBIMA", 1, 84, False),
        ("1/1 2024-01-01 2024-02-01", 1, 1, True),
    ],
)
def test_what_a_convention_needs_is_given_by_options(
    run, words: str, numerator: int, denominator: int, exact: bool
) -> None:
    found = run("daycount", *words.split())
    assert found.code == 0
    assert (found.document["numerator"], found.document["denominator"]) == (numerator, denominator)
    assert found.document["decimal_is_exact"] is exact


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("ACT/361 2024-01-01 2024-02-01", "convention 'ACT/361' is none of ACT/360"),
        ("ACT/360 2024-13-01 2024-02-01", "FROM '2024-13-01' is not a date such as 2026-11-22"),
        ("ACT/360 2024-03-01 2024-02-01", "the period ends on 2024-02-01, before it begins"),
        ("ACT/ACT-ICMA 2024-01-01 2024-02-15", "ACT/ACT ICMA needs --reference FROM TO"),
        (
            "ACT/ACT-ICMA 2024-01-01 2024-02-01 --reference 2024-01-01 2024-07-01 --frequency 4",
            "has 6 months, and frequency 4 means 3",
        ),
        ("BUS/252 2024-01-01 2024-02-01", "name the calendar"),
        ("BUS/252 2024-01-01 2024-02-01 --calendar ANBIMO", "near are ANBIMA"),
    ],
)
def test_a_request_that_cannot_be_counted_is_explained(run, words: str, sentence: str) -> None:
    found = run("daycount", *words.split())
    assert found.code == 2
    assert sentence in found.said
