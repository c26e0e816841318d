"""Identifiers of securities, entities, vehicles, countries and currencies, and their check digits.

Each `parse_*` returns the identifier in its one written form (upper case, no spaces) or raises
Invalid with what is wrong. Check digits follow ISO 6166 (ISIN), ANSI X9.6 (CUSIP), ISO 17442 with
ISO/IEC 7064 MOD 97-10 (LEI), the OMG FIGI specification, and ISO 3779 with 49 CFR 565.15 (VIN).
Countries and currencies come from the kept libraries `iso3166` and `iso4217`.
"""

import re

import iso3166
import iso4217

from freehold.core.errors import Invalid
from freehold.core.ids import ZERO_ADDRESS, Address, checksummed

_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_VIN_VALUES = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", "12345678123457923456789", strict=True)) | {
    digit: digit for digit in "0123456789"
}
_VIN_REGIONS = (
    ("ABCDEFGH", "Africa"),
    ("JKLMNPR", "Asia"),
    ("STUVWXYZ", "Europe"),
    ("12345", "North America"),
    ("67", "Oceania"),
    ("89", "South America"),
)
_FIGI_RESERVED = {"BS", "BM", "GG", "GB", "GH", "KY", "VG"}


def parse_isin(text: str, field: str = "isin") -> str:
    """An ISO 6166 number: country or substitute prefix, nine characters, Luhn check digit."""
    code = _shaped(text, r"[A-Z]{2}[A-Z0-9]{9}[0-9]", field, "an ISIN such as US0378331005")
    digits = "".join(str(int(character, 36)) for character in code[:-1])
    return _checked(code, _luhn(digits), field, "ISIN")


def parse_cusip(text: str, field: str = "cusip") -> str:
    """A nine-character CUSIP: modulus 10 double-add-double over letters, digits, * @ #."""
    code = _shaped(text, r"[A-Z0-9*@#]{8}[0-9]", field, "a CUSIP such as 037833100")
    total = 0
    for place, character in enumerate(code[:-1]):
        value = 36 + "*@#".index(character) if character in "*@#" else int(character, 36)
        total += sum(divmod(value * (1 + place % 2), 10))
    return _checked(code, -total % 10, field, "CUSIP")


def parse_lei(text: str, field: str = "lei") -> str:
    """An ISO 17442 legal entity identifier: 18 characters and two check digits, MOD 97-10."""
    code = _shaped(text, r"[A-Z0-9]{18}[0-9]{2}", field, "an LEI such as 529900T8BM49AURSDO55")
    body = "".join(str(int(character, 36)) for character in code[:-2])
    expected = 98 - int(body + "00") % 97
    if code[-2:] != f"{expected:02d}":
        raise Invalid(f"{field} {code}: the check digits of this LEI would be {expected:02d}")
    return code


def parse_figi(text: str, field: str = "figi") -> str:
    """A financial instrument global identifier: twelve characters, third G, no vowels, Luhn."""
    shape = r"[B-DF-HJ-NP-TV-Z]{2}G[B-DF-HJ-NP-TV-Z0-9]{8}[0-9]"
    code = _shaped(text, shape, field, "a FIGI such as BBG000BLNNH6")
    if code[:2] in _FIGI_RESERVED:
        raise Invalid(f"{field} {code}: {code[:2]} is kept for ISINs and cannot begin a FIGI")
    total = 0
    for place, character in enumerate(code[:-1]):
        total += sum(map(int, str(int(character, 36) * (1 + place % 2))))
    return _checked(code, -total % 10, field, "FIGI")


def parse_vin(text: str, field: str = "vin", check: bool | None = None) -> str:
    """An ISO 3779 vehicle identification number: 17 characters without I, O, Q.

    The ninth character is a check digit in North America only (49 CFR 565.15), where it is always
    tested; elsewhere makers use that place freely, and it is tested only with `check=True`.
    """
    code = _shaped(text, r"[A-HJ-NPR-Z0-9]{17}", field, "a VIN of 17 characters without I, O and Q")
    if check or (check is None and vin_region(code) == "North America"):
        total = sum(int(_VIN_VALUES[c]) * w for c, w in zip(code, _VIN_WEIGHTS, strict=True))
        expected = "0123456789X"[total % 11]
        if code[8] != expected:
            raise Invalid(f"{field} {code}: the check character (ninth) would be {expected}")
    return code


def vin_region(vin: str) -> str:
    """Where the world manufacturer identifier (ISO 3780) was given: by its first character."""
    return next((region for first, region in _VIN_REGIONS if vin[:1] in first), "unknown")


def parse_country(text: str, field: str = "country") -> str:
    """An ISO 3166-1 alpha-2 code."""
    if text not in iso3166.countries_by_alpha2:
        raise Invalid(f"{field} {text!r} is not an ISO 3166 country code such as DE", field=field)
    return text


def countries() -> list[tuple[str, str]]:
    """Every country as (ISO 3166-1 alpha-2, short English name), by name."""
    return sorted(((one.alpha2, one.name) for one in iso3166.countries), key=lambda one: one[1])


def country_number(alpha2: str) -> int:
    """The ISO 3166-1 numeric code, as the register's facts hold it; 0 for an unstated country."""
    return int(iso3166.countries_by_alpha2[alpha2].numeric) if alpha2 else 0


def country_letters(number: int) -> str:
    """The alpha-2 code of a numeric one; the number itself where ISO 3166 has none, "" for 0."""
    country = iso3166.countries_by_numeric.get(f"{number:03d}")
    return country.alpha2 if country else (str(number) if number else "")


def parse_address(text: str, field: str = "wallet") -> Address:
    """A wallet's address with its checksum (ERC-55): 0x and 40 hex digits, not all zero.

    Digits in one case are taken as they are; mixed case must carry the right checksum.
    """
    written = text.strip()
    if not re.fullmatch(r"0x[0-9a-fA-F]{40}", written):
        raise Invalid(f"{field} {text!r} is not 0x and 40 hexadecimal digits", field=field)
    address = checksummed(written)
    digits = written[2:]
    if address == ZERO_ADDRESS:
        raise Invalid(f"{field} {text} is the zero address, which nobody holds", field=field)
    if digits not in (digits.lower(), digits.upper()) and written != address:
        raise Invalid(f"{field} {text} has a wrong checksum: copy it again", field=field)
    return address


def parse_currency(text: str, field: str = "currency") -> str:
    """An ISO 4217 code that money can be held in (one with a minor unit: no metals, no tests)."""
    known = text in iso4217.Currency.__members__ and text.isupper()
    if not known or iso4217.Currency(text).exponent is None:
        raise Invalid(f"{field} {text!r} is not an ISO 4217 currency such as USD", field=field)
    return text


def minor_digits(currency: str) -> int:
    """Decimal places of a currency's minor unit (USD 2, JPY 0, KWD 3)."""
    places = iso4217.Currency(currency).exponent
    assert places is not None, f"{currency} has no minor unit"
    return places


def _shaped(text: str, pattern: str, field: str, example: str) -> str:
    code = text.strip().upper()
    if not re.fullmatch(pattern, code):
        raise Invalid(f"{field} {text!r} is not {example}", field=field, value=text)
    return code


def _checked(code: str, expected: int, field: str, name: str) -> str:
    if code[-1] != str(expected):
        raise Invalid(
            f"{field} {code}: the check digit of this {name} would be {expected}",
            field=field,
            value=code,
        )
    return code


def _luhn(digits: str) -> int:
    """The digit that completes a Luhn number: from the right, every other digit is doubled."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        total += sum(divmod(int(digit) * (2 - place % 2), 10))
    return -total % 10
