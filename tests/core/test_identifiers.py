"""Identifiers: real ones are accepted in one written form, any changed character is caught."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.core import identifiers as ids
from freehold.core.errors import Invalid

REAL = [
    (ids.parse_isin, "US0378331005"),
    (ids.parse_isin, "DE0007164600"),
    (ids.parse_isin, "XS0203470157"),
    (ids.parse_isin, "AU0000XVGZA3"),
    (ids.parse_cusip, "037833100"),
    (ids.parse_cusip, "38259P508"),
    (ids.parse_cusip, "68389X105"),
    (ids.parse_lei, "529900T8BM49AURSDO55"),
    (ids.parse_lei, "5493006MHB84DD0ZWV18"),
    (ids.parse_lei, "213800D1EI4B9WTWWD28"),
    (ids.parse_figi, "BBG000BLNNH6"),
    (ids.parse_figi, "BBG000B9XRY4"),
    (ids.parse_vin, "1M8GDM9AXKP042788"),
    (ids.parse_vin, "11111111111111111"),
    (ids.parse_vin, "5GZCZ43D13S812715"),
    (ids.parse_vin, "WVWZZZ1JZXW000001"),
]


@pytest.mark.parametrize(("parse", "code"), REAL)
def test_a_real_identifier_is_accepted_in_capitals_without_blanks(parse, code):
    assert parse(f" {code.lower()} ") == code


@pytest.mark.parametrize(("parse", "code"), [pair for pair in REAL if "WVW" not in pair[1]])
def test_every_single_wrong_digit_is_caught(parse, code):
    for place, character in enumerate(code):
        if character.isdigit() and (parse is not ids.parse_vin or place not in (0, 8)):
            other = "1" if character == "0" else str(int(character) - 1)
            with pytest.raises(Invalid):
                parse(code[:place] + other + code[place + 1 :])


@pytest.mark.parametrize(
    ("parse", "text", "words"),
    [
        (
            ids.parse_isin,
            "US0378331004",
            "isin US0378331004: the check digit of this ISIN would be 5",
        ),
        (ids.parse_isin, "US037833100", "is not an ISIN such as"),
        (ids.parse_lei, "529900T8BM49AURSDO56", "would be 55"),
        (ids.parse_figi, "GBG000BLNNH6", "kept for ISINs"),
        (ids.parse_figi, "BBA000BLNNH6", "is not a FIGI"),
        (ids.parse_vin, "1M8GDM9A0KP042788", "the check character (ninth) would be X"),
        (ids.parse_vin, "1M8GDM9AXKP04278O", "without I, O and Q"),
        (ids.parse_vin, "", "is not a VIN"),
        (ids.parse_country, "UK", "not an ISO 3166 country code"),
        (ids.parse_country, "de", "not an ISO 3166 country code"),
        (ids.parse_currency, "BTC", "not an ISO 4217 currency"),
        (ids.parse_currency, "usd", "not an ISO 4217 currency"),
        (ids.parse_currency, "XAU", "not an ISO 4217 currency"),
    ],
)
def test_a_wrong_identifier_gives_one_sentence_that_says_why(parse, text, words):
    with pytest.raises(Invalid) as refused:
        parse(text)
    assert words in refused.value.message


def test_the_vin_check_character_binds_in_north_america_only():
    assert ids.vin_region("1M8GDM9AXKP042788") == "North America"
    assert ids.vin_region("WVWZZZ1JZXW000001") == "Europe"
    assert ids.vin_region("JT2BG22K6V0000000") == "Asia"
    with pytest.raises(Invalid):
        ids.parse_vin("WVWZZZ1JZXW000001", check=True)
    assert ids.parse_vin("1M8GDM9A0KP042788", check=False)


def test_countries_and_currencies_give_their_numbers():
    assert ids.country_number(ids.parse_country("CH")) == 756
    assert ids.country_number("") == 0
    assert [ids.minor_digits(c) for c in ("USD", "JPY", "KWD")] == [2, 0, 3]


@given(st.text(max_size=24))
def test_no_text_crashes_a_parser(text):
    for parse in {parse for parse, _ in REAL} | {ids.parse_country, ids.parse_currency}:
        try:
            parse(text)
        except Invalid:
            continue
