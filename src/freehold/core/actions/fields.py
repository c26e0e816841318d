"""Fields of a TOML file of terms, read so that every mistake is found and told with its place.

A `Section` is one table of the file. Each reader returns a value that can be gone on with even
where the field is wrong, and notes the mistake with its line; the caller refuses the whole file in
the end. Numbers are exact: whole, with a point, or quoted where TOML has no word for them.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, TypeVar

from freehold.core import clock
from freehold.core.actions.daycount import YEARS
from freehold.core.errors import Invalid, Mistake
from freehold.core.tomltext import Path, TomlText, read_toml

_NUMBER = re.compile(r"-?\d{1,60}(\.\d{1,60})?(/[1-9]\d{0,60})?%?")
"""No sum of money and no rate has more digits; what has would only keep the machine busy."""
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_MOST_PLACES = 18
Kind = TypeVar("Kind", bound=StrEnum)
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Section:
    """One table of the file, where it stands (`class 2: ` or nothing), and all mistakes so far."""

    content: Mapping[str, Any]
    text: TomlText
    path: Path = ()
    place: str = ""
    mistakes: list[Mistake] = field(default_factory=list)


def parse_toml(text: str) -> Section:
    """The whole file as a section. Raises Invalid if it is not TOML."""
    read = read_toml(text, "the file of terms")
    return Section(read.content, read)


def refuse_mistakes(section: Section, subject: str) -> None:
    """Raises Invalid with every mistake noted so far, if there is one."""
    if section.mistakes:
        raise Invalid(f"{subject} cannot be used", tuple(dict.fromkeys(section.mistakes)))


def note(section: Section, key: str, message: str) -> None:
    """Note a mistake of a field."""
    line = section.text.line(*section.path, key)
    section.mistakes.append(Mistake(f"line {line}: {section.place}{key}", message))


def only(section: Section, *known: str) -> None:
    """Note every field that is not one of `known`."""
    for key in sorted(set(section.content) - set(known)):
        note(section, key, f"is unknown; there are {', '.join(sorted(known))}")


def has(section: Section, key: str) -> bool:
    return key in section.content


def sections(section: Section, key: str) -> list[Section]:
    """The tables of a [[list]]; places are numbered from 1 as `key 2: `."""
    listed = section.content.get(key, [])
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        note(section, key, f"is a list of tables: write [[{key}]]")
        return []
    return [
        Section(
            one,
            section.text,
            (*section.path, key, number - 1),
            f"{section.place}{key} {number}: ",
            section.mistakes,
        )
        for number, one in enumerate(listed, 1)
    ]


def inner(section: Section, key: str) -> Section:
    """One [table] inside; an empty one where it is missing."""
    found = section.content.get(key, {})
    if not isinstance(found, dict):
        note(section, key, f"is a table: write [{key}]")
        found = {}
    path, place = (*section.path, key), f"{section.place}{key}: "
    return Section(found, section.text, path, place, section.mistakes)


def text(section: Section, key: str, default: str | None = None) -> str:
    """A text that is not empty."""
    found = section.content.get(key, default)
    if found is not None and found == default:
        return default or ""
    if not isinstance(found, str) or not found.strip():
        note(section, key, "is missing: write a text" if found is None else "is not a text")
        return ""
    return found.strip()


def coin(section: Section, key: str) -> str:
    """The address of a coin."""
    found = text(section, key)
    if not _ADDRESS.fullmatch(found):
        note(section, key, f"{found!r} is not the address of a coin")
    return found


def places(section: Section, key: str) -> int:
    """How many decimals a coin has."""
    found = whole(section, key)
    if found > _MOST_PLACES:
        note(section, key, f"{found} is more than {_MOST_PLACES}, which no coin here has")
    return found


def texts(section: Section, key: str) -> tuple[str, ...]:
    """A list of texts; empty where it is missing."""
    found = section.content.get(key, [])
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        note(section, key, f'is a list of ids such as ["{key}-1"]')
        return ()
    return tuple(found)


def number(section: Section, key: str, default: Fraction | None = None) -> Fraction:
    """An exact number: 3, 0.08, "8%" or "1/3". Not negative."""
    if key not in section.content and default is not None:
        return default
    found = _number(section, key)
    if found is None:
        return default or Fraction(0)
    if found < 0:
        note(section, key, f"{section.content[key]} is negative")
        return default or Fraction(0)
    return found


def signed(section: Section, key: str, default: Fraction) -> Fraction:
    """An exact number that may be negative."""
    found = _number(section, key) if key in section.content else None
    return default if found is None else found


def optional(section: Section, key: str, read: Callable[[Section, str], Value]) -> Value | None:
    """The field by another reader, None where it is not written."""
    return read(section, key) if key in section.content else None


def share(section: Section, key: str, default: Fraction | None = None) -> Fraction:
    """A part of a whole, from 0 to 1 ("0.2", "20%")."""
    found = number(section, key, default)
    if found > 1:
        note(section, key, f'{section.content[key]} is more than the whole: write 0.2 or "20%"')
        return Fraction(0)
    return found


def whole(section: Section, key: str, default: int | None = None) -> int:
    """A whole number, not negative; quoted or not."""
    found = number(section, key, None if default is None else Fraction(default))
    if found.denominator != 1:
        note(section, key, f"{section.content[key]} is not a whole number")
        return default or 0
    return int(found)


def minor(section: Section, key: str, digits: int, default: int | None = None) -> int:
    """An amount of money in the smallest unit of its currency. Not negative, never rounded."""
    found = number(section, key, None if default is None else Fraction(default, 10**digits))
    scaled = found * 10**digits
    if scaled.denominator != 1:
        note(section, key, f"{section.content[key]} has more than the {digits} decimal places")
        return 0
    return int(scaled)


def flag(section: Section, key: str, default: bool = False) -> bool:
    found = section.content.get(key, default)
    if not isinstance(found, bool):
        note(section, key, f"{found!r} is neither true nor false")
        return default
    return found


def day(section: Section, key: str) -> date:
    """A date, as TOML has it (2026-11-22) or quoted. Where it is wrong, 1970-01-01."""
    found = section.content.get(key)
    if isinstance(found, str):
        try:
            found = date.fromisoformat(found)
        except ValueError:
            found = repr(found)
    if isinstance(found, date) and not isinstance(found, datetime) and found.year in YEARS:
        return found
    missing = "is missing: write a date such as 2026-11-22"
    note(section, key, missing if found is None else f"{found} is not a date such as 2026-11-22")
    return date(1970, 1, 1)


def instant(section: Section, key: str) -> datetime:
    """An instant with its zone (2026-11-22T14:00:00Z). Where it is wrong, the begin of 1970."""
    found = section.content.get(key)
    written = found.isoformat() if isinstance(found, datetime) else found
    if not isinstance(written, str) or len(written) <= 10:
        note(section, key, f"{found} is no instant such as 2026-11-22T14:00:00Z")
        return clock.from_seconds(0)
    try:
        return clock.parse(written, key)
    except Invalid as wrong:
        note(section, key, wrong.message)
        return clock.from_seconds(0)


def choice(section: Section, key: str, kinds: type[Kind], default: Kind | None = None) -> Kind:
    """One of the values of an enumeration."""
    first = next(iter(kinds)) if default is None else default
    if key not in section.content and default is not None:
        return default
    found = section.content.get(key)
    if found not in list(kinds):
        note(section, key, f"{found!r} is none of {', '.join(kinds)}")
        return first
    return kinds(found)


def parsed(
    section: Section,
    key: str,
    parse: Callable[[str, str], Value],
    default: Value,
    needed: bool = True,
) -> Value:
    """A text that another parser reads, whose sentence is noted if it refuses."""
    if not needed and key not in section.content:
        return default
    written = text(section, key)
    if not written:
        return default
    try:
        return parse(written, key)
    except Invalid as wrong:
        note(section, key, wrong.message)
        return default


def _number(section: Section, key: str) -> Fraction | None:
    found = section.content.get(key)
    if found is None:
        note(section, key, "is missing: write a number")
        return None
    if isinstance(found, bool) or not isinstance(found, int | str | Decimal):
        note(section, key, f"{found!r} is not a number")
        return None
    written = str(found).replace("_", "").replace(",", "").strip()
    if not _NUMBER.fullmatch(written):
        note(section, key, f'{written} is not a number such as 3, 0.08, "8%" or "1/3"')
        return None
    value, _, below = written.removesuffix("%").partition("/")
    exact = Fraction(value) / (int(below) if below else 1)
    return exact / 100 if written.endswith("%") else exact
