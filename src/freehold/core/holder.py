"""The holder of record, and the person behind him, as the core needs them.

Names and addresses are personal data: they stay in the book and in files, never on chain (an
account number and classes stand for the holder there). `Particulars` are what an office writes down
of a person; where he lives and what he is a citizen of are two things, and neither is shown yet:
claims show them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from freehold.core.clock import parse_day
from freehold.core.errors import Invalid, Mistake
from freehold.core.identifiers import parse_country
from freehold.core.ids import HolderId

OLDEST = 130
"""Years: nobody was ever proved to be older."""
_FIELDS = frozenset("name kind born residence citizenships aliases address email tax_id".split())


class HolderKind(StrEnum):
    PERSON = "person"
    ENTITY = "entity"


@dataclass(frozen=True, slots=True)
class Holder:
    """One holder of record; `country` is ISO 3166-1 alpha-2, or empty where nobody stated it."""

    id: HolderId
    name: str
    kind: HolderKind
    country: str = ""


@dataclass(frozen=True, slots=True)
class Particulars:
    """What a person states about himself. Personal data: never in a message, a log or on chain.

    `born` is the date of birth, or of formation. Countries are ISO 3166-1 alpha-2.
    """

    name: str
    kind: HolderKind = HolderKind.PERSON
    born: date | None = None
    residence: str = ""
    citizenships: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    address: str = ""
    email: str = ""
    tax_id: str = ""

    def __repr__(self) -> str:
        return "Particulars(...)"


def read_particulars(given: Mapping[str, object], today: date) -> Particulars:
    """Particulars from plain values; lists for `citizenships` and `aliases`.

    Raises Invalid with every mistake: no name, an unknown kind, field or country, a birth in the
    future or more than 130 years ago.
    """
    mistakes = [
        Mistake(field, f"there is no such field; they are {', '.join(sorted(_FIELDS))}")
        for field in given
        if field not in _FIELDS
    ]
    name = str(given.get("name") or "").strip()
    if not name:
        mistakes.append(Mistake("name", "is missing: say who it is"))
    kind = str(given.get("kind") or HolderKind.PERSON)
    if kind not in list(HolderKind):
        mistakes.append(Mistake("kind", f"{kind!r} is neither person nor entity"))
    born = _born(given.get("born"), today, kind, mistakes)
    residence = str(given.get("residence") or "")
    citizenships = _listed(given, "citizenships")
    for place, country in [("residence", residence), *(("citizenships", c) for c in citizenships)]:
        _check_country(place, country, mistakes)
    if mistakes:
        raise Invalid("the person cannot be recorded; nothing was done", mistakes)
    return Particulars(
        name,
        HolderKind(kind),
        born,
        residence,
        tuple(citizenships),
        tuple(_listed(given, "aliases")),
        *(str(given.get(field) or "") for field in ("address", "email", "tax_id")),
    )


def require_person_id(text: str) -> str:
    """An id as people write it: letters, digits, dashes, at most 64. Raises Invalid."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}", text):
        raise Invalid(
            f"person {text!r} is no id: write letters, digits and dashes, at most 64",
            field="person",
        )
    return text


def _listed(given: Mapping[str, object], field: str) -> list[str]:
    value = given.get(field) or []
    return [str(one) for one in value] if isinstance(value, list | tuple) else [str(value)]


def _born(value: object, today: date, kind: str, mistakes: list[Mistake]) -> date | None:
    if not value:
        return None
    try:
        born = parse_day(str(value), "born")
    except Invalid as wrong:
        mistakes.append(Mistake("born", wrong.message))
        return None
    if born > today:
        mistakes.append(Mistake("born", f"{born} lies in the future: today is {today}"))
    elif kind == HolderKind.PERSON and today.year - born.year > OLDEST:
        mistakes.append(Mistake("born", f"{born} is more than {OLDEST} years ago"))
    return born


def _check_country(place: str, country: str, mistakes: list[Mistake]) -> None:
    if not country:
        return
    try:
        parse_country(country, place)
    except Invalid as wrong:
        mistakes.append(Mistake(place, wrong.message))
