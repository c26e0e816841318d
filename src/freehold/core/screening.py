"""Screening: which entries of a sanctions list a person may be, how alike they are, and why.

Names are brought to one form first: other scripts to Latin letters, accents and punctuation away,
titles and legal forms away, words in any order. The likeness is that of the words in the better of
two orders (sorted, or with what both share taken first), 0 to 100. A date of birth or a country that
both sides state moves it a little: these are tie-breakers, never proof, because lists are often
wrong about both; the very same name is a hit whatever they say. From `THRESHOLD` on it is a hit,
which a person has to look at; below it is not. Comparing names is left to the library rapidfuzz,
transliteration to anyascii.
"""

import csv
import io
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from anyascii import anyascii
from rapidfuzz import fuzz, process

from freehold.core.errors import Invalid, Mistake
from freehold.core.holder import Particulars
from freehold.core.identifiers import parse_country
from freehold.core.ids import record_hash

THRESHOLD = 85
"""Points from which two are called alike. 100 is the same words; one letter in ten differs at 90."""
SAME_BIRTH, SAME_YEAR, OTHER_BIRTH = 6, 3, -12
SAME_COUNTRY, OTHER_COUNTRY = 3, -3
_COLUMNS = ("id", "name", "aliases", "born", "country")
_LEFT_OUT = frozenset(
    "mr mrs ms dr prof sir ltd limited llc inc corp co gmbh ag sa sarl plc bv nv oy ab as ooo zao"
    " pjsc jsc the".split()
)
_SHORT = 2  # a person of one very short word would be like half of a list


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a list. `born` is a date, a year (`1961`), or empty; countries are alpha-2."""

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    born: str = ""
    countries: tuple[str, ...] = ()

    @property
    def content(self) -> str:
        """The hash of what the entry says: an entry that changes is another one."""
        said = [self.id, self.name, *self.aliases, self.born, *self.countries]
        return record_hash(list(said))


@dataclass(frozen=True, slots=True)
class Hit:
    """A person who may be an entry: the score (0 to 100, whole points), and what it is made of."""

    entry: Entry
    score: int
    reasons: tuple[str, ...]


@lru_cache(maxsize=1 << 16)
def normal(name: str) -> str:
    """The form in which names are compared: Latin letters and digits, lower case, no titles."""
    latin = anyascii(unicodedata.normalize("NFKC", name)).lower()
    words = re.sub(r"[^a-z0-9 ]", "", re.sub(r"[-_.,/]", " ", latin)).split()
    kept = [word for word in words if word not in _LEFT_OUT]
    return " ".join(kept or words)


def hits(who: Particulars, entries: Sequence[Entry], threshold: int = THRESHOLD) -> list[Hit]:
    """The entries that a person may be, the most alike first."""
    return hits_in(who, prepared(entries), threshold)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A list made ready: every name of it in normal form, and the place of the entry it belongs to."""

    entries: Sequence[Entry]
    names: Sequence[str]
    places: Sequence[int]


def prepared(entries: Sequence[Entry]) -> Prepared:
    """The list with its names in normal form, for many persons."""
    pairs = [
        (normal(text), place)
        for place, entry in enumerate(entries)
        for text in (entry.name, *entry.aliases)
    ]
    return Prepared(entries, [name for name, _ in pairs], [place for _, place in pairs])


def hits_in(who: Particulars, listed: Prepared, threshold: int = THRESHOLD) -> list[Hit]:
    """As `hits`, against a prepared list.

    The likeness by shared words is never below that by order, so whoever it leaves further below the
    threshold than the tie-breakers can lift is no hit, and is not looked at closer.
    """
    names = [(text, normal(text)) for text in (who.name, *who.aliases)]
    least = threshold - SAME_BIRTH - SAME_COUNTRY - 1
    near = {
        listed.places[place]
        for _, mine in names
        for _, _, place in process.extract(
            mine, listed.names, scorer=fuzz.token_set_ratio, score_cutoff=least, limit=None
        )
    }
    found = [
        hit
        for place in sorted(near)
        if (hit := _compared(who, names, listed.entries[place], threshold))
    ]
    return sorted(found, key=lambda hit: (-hit.score, hit.entry.id))


def read_list(text: str, json_file: bool, place: str = "list") -> list[Entry]:
    """Entries of a list: CSV with the columns `id name aliases born country`, or a JSON list of such
    objects. Several aliases or countries stand with `;` between them (in JSON also as lists).

    Raises Invalid with every mistake and its line.
    """
    rows = _json_rows(text, place) if json_file else _csv_rows(text, place)
    mistakes: list[Mistake] = []
    found, seen = [], set()
    for where, row in rows:
        entry = _entry(row, where, mistakes)
        if entry.id and entry.id in seen:
            mistakes.append(Mistake(f"{where} id", f"{entry.id} stands twice in the list"))
        seen.add(entry.id)
        found.append(entry)
    if not rows:
        mistakes.append(Mistake(place, "has no entries: screening against it would find nobody"))
    if mistakes:
        raise Invalid("the list cannot be used; nobody was screened", mistakes)
    return found


# ---- comparing ----


def _compared(
    who: Particulars, names: Sequence[tuple[str, str]], entry: Entry, threshold: int
) -> Hit | None:
    alike, theirs = max(
        (_likeness(mine, normal(text)), text)
        for text in (entry.name, *entry.aliases)
        for _, mine in names
    )
    moved, reasons = _ties(who, entry)
    score = max(0, min(100, round(alike) + moved))
    if score < threshold:
        return None
    return Hit(entry, score, (f"name like {theirs!r}: {round(alike)}", *reasons))


def _likeness(mine: str, theirs: str) -> float:
    if len(mine) <= _SHORT or len(theirs) <= _SHORT:
        return 100.0 if mine == theirs else 0.0
    ordered = fuzz.token_sort_ratio(mine, theirs)
    if min(mine.count(" "), theirs.count(" ")) == 0:
        return ordered
    # a middle name more or less is common: what is shared counts, a little less than the whole
    return max(ordered, fuzz.token_set_ratio(mine, theirs) - 5)


def _ties(who: Particulars, entry: Entry) -> tuple[int, tuple[str, ...]]:
    moved, reasons = 0, []
    if who.born and entry.born:
        points, said = _birth(who.born, entry.born)
        moved += points
        reasons.append(f"{said}: {points:+d}")
    places = {who.residence, *who.citizenships} - {""}
    if places and entry.countries:
        points = SAME_COUNTRY if places & set(entry.countries) else OTHER_COUNTRY
        moved += points
        reasons.append(f"{'same' if points > 0 else 'other'} country: {points:+d}")
    return moved, tuple(reasons)


def _birth(mine: date, theirs: str) -> tuple[int, str]:
    if theirs == mine.isoformat():
        return SAME_BIRTH, "same date of birth"
    if abs(int(theirs[:4]) - mine.year) <= 1 and len(theirs) == 4:
        return SAME_YEAR, "same year of birth, or the next"
    if theirs[:4] == str(mine.year):
        return 0, "same year, another day of birth"
    return OTHER_BIRTH, "another year of birth"


# ---- reading ----

_Rows = list[tuple[str, Mapping[str, object]]]


def _csv_rows(text: str, place: str) -> _Rows:
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    missing = {"id", "name"} - set(reader.fieldnames or ())
    if missing:
        raise Invalid(
            f"{place} has no column {' and '.join(sorted(missing))}: its first line names the columns"
            f" {', '.join(_COLUMNS)}"
        )
    try:
        return [(f"{place} line {reader.line_num}", row) for row in reader]
    except csv.Error as wrong:
        raise Invalid(f"{place} line {reader.line_num} is no CSV: {wrong}") from None


def _json_rows(text: str, place: str) -> _Rows:
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as wrong:
        raise Invalid(f"{place} is no JSON: {wrong}") from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Invalid(f"{place} is not a list of objects with {', '.join(_COLUMNS)}")
    return [(f"{place} entry {number}", row) for number, row in enumerate(rows, 1)]


def _entry(row: Mapping[str, object], where: str, mistakes: list[Mistake]) -> Entry:
    unknown = [key for key in row if key not in _COLUMNS]
    if unknown:
        mistakes.append(Mistake(where, f"there is no column {unknown[0]!r}"))
    id, name, born = (str(row.get(key) or "").strip() for key in ("id", "name", "born"))
    for field, value in (("id", id), ("name", name)):
        if not value:
            mistakes.append(Mistake(f"{where} {field}", "is missing"))
    if not _is_birth(born):
        mistakes.append(Mistake(f"{where} born", f"{born!r} is neither a date nor a year"))
        born = ""
    countries = _listed(row, "country")
    for country in countries:
        try:
            parse_country(country, "country")
        except Invalid as wrong:
            mistakes.append(Mistake(f"{where} country", wrong.message))
    return Entry(id, name, tuple(_listed(row, "aliases")), born, tuple(countries))


def _listed(row: Mapping[str, object], field: str) -> list[str]:
    value = row.get(field) or ""
    parts = value if isinstance(value, list) else str(value).split(";")
    return [str(part).strip() for part in parts if str(part).strip()]


def _is_birth(text: str) -> bool:
    if text == "" or re.fullmatch(r"\d{4}", text):
        return True
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return bool(re.fullmatch(r"\d{4}-\d\d-\d\d", text))
