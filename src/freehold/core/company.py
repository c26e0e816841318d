"""A company and its classes from a small TOML file: what a take-over of an old register starts from.

id = "harbour"            what the issuer is called here
name = "Harbour Mills AG"
country = "CH"            ISO 3166-1 alpha-2
formed = 1998-05-04       optional

[[class]]
id = "registered"
name = "Registered shares"
symbol = "HMR"
kind = "common"           common or preferred
decimals = 0              optional
authorised = "2000000"    optional; left out there is no limit
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from freehold.core.errors import Invalid, Mistake
from freehold.core.identifiers import parse_country
from freehold.core.instrument import InstrumentKind, Issuer, ShareClass
from freehold.core.units import parse_units

_ISSUER = {"id", "name", "country", "formed", "class"}
_CLASS = {"id", "name", "symbol", "kind", "decimals", "authorised"}
_MOST_DECIMALS = 18


@dataclass(frozen=True, slots=True)
class Company:
    """An issuer and its classes by id."""

    issuer: Issuer
    classes: Mapping[str, ShareClass]


def read_company(text: str) -> Company:
    """Read the file. Raises Invalid with every mistake and its key."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Invalid(f"the company file is not TOML: {error}") from None
    mistakes = _unknown("", content, _ISSUER)
    written = content.get("class", [])
    listed = written if isinstance(written, list) else []
    if not listed:
        mistakes.append(Mistake("class", "there is none: write at least one [[class]]"))
    classes = [_class(number, one, mistakes) for number, one in enumerate(listed, 1)]
    formed = content.get("formed")
    if formed is not None and not isinstance(formed, date):
        mistakes.append(Mistake("formed", f"{formed!r} is not a date such as 1998-05-04"))
    issuer = Issuer(
        _text(content, "id", "", mistakes),
        _text(content, "name", "", mistakes),
        _country(content, mistakes),
        formed if isinstance(formed, date) else None,
    )
    ids = [one.id for one in classes]
    mistakes += [
        Mistake(f"class {id}", "stands twice") for id in {i for i in ids if ids.count(i) > 1}
    ]
    if mistakes:
        raise Invalid("the company file cannot be used", mistakes)
    return Company(issuer, {one.id: one for one in classes})


def _class(number: int, content: Any, mistakes: list[Mistake]) -> ShareClass:
    place = f"class {number}: "
    known = content if isinstance(content, dict) else {}
    mistakes += _unknown(place, known, _CLASS)
    kind = known.get("kind", "common")
    if kind not in ("common", "preferred"):
        mistakes.append(Mistake(f"{place}kind", f"{kind!r} is neither common nor preferred"))
        kind = "common"
    decimals = known.get("decimals", 0)
    if not isinstance(decimals, int) or not 0 <= decimals <= _MOST_DECIMALS:
        mistakes.append(Mistake(f"{place}decimals", f"{decimals!r} is not a number from 0 to 18"))
        decimals = 0
    return ShareClass(
        _text(known, "id", place, mistakes),
        _text(known, "name", place, mistakes),
        _text(known, "symbol", place, mistakes),
        InstrumentKind(kind),
        decimals,
        _authorised(known, decimals, place, mistakes),
    )


def _authorised(
    content: Mapping[str, Any], decimals: int, place: str, mistakes: list[Mistake]
) -> int | None:
    if "authorised" not in content:
        return None
    try:
        return parse_units(str(content["authorised"]), decimals, "authorised")
    except Invalid as wrong:
        mistakes.append(Mistake(f"{place}authorised", wrong.message))
        return None


def _text(content: Mapping[str, Any], key: str, place: str, mistakes: list[Mistake]) -> str:
    value = content.get(key)
    if not isinstance(value, str) or not value.strip():
        mistakes.append(Mistake(place + key, "is missing: write a text"))
        return ""
    return value.strip()


def _country(content: Mapping[str, Any], mistakes: list[Mistake]) -> str:
    try:
        return parse_country(str(content.get("country", "")))
    except Invalid as wrong:
        mistakes.append(Mistake("country", wrong.message))
        return ""


def _unknown(place: str, content: Mapping[str, Any], known: set[str]) -> list[Mistake]:
    return [
        Mistake(place + key, f"is unknown; there are {', '.join(sorted(known))}")
        for key in sorted(set(content) - known)
    ]
