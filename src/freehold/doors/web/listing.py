"""Tables of pages: one way to filter, sort, page and export, whose state is the page's address.

A page says once what the columns and the filters of a table are. What is asked for stands in the query,
so a list can be shared, reloaded and gone back to, and needs no scripts. Rows come as a whole and are
filtered here, or page by page from the book. `templates/tables.html` draws what this module answers.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from freehold.core.clock import parse_day
from freehold.core.errors import Invalid
from freehold.desks.register import reports
from freehold.doors.api.papers import CSV, file_of
from freehold.doors.web.visits import Visit, see

SIZE = 50
MOST_IN_A_FILE = 10_000
"""Rows of a file that comes from the book: so many are read at once."""
SORT, PAGE, FILE = "sort", "page", "file"

Rows = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Column:
    """A column under its word in addresses and files; without a label it stands in files alone.

    `sort` is what rows are sorted by (None: they cannot be), `text` what a file says of a row (None: the
    file has no such column).
    """

    word: str
    label: str = ""
    sort: Callable[[Any], Any] | None = None
    text: Callable[[Any], str] | None = None
    number: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """A field by which rows are sought: words, one of some options, or a day (`kind` text or date).

    `keeps` says whether a row fits what was entered; None where the book seeks.
    """

    word: str
    label: str
    keeps: Callable[[Any, str], bool] | None = None
    options: Sequence[tuple[str, str]] = ()
    kind: str = "text"

    def reads(self, text: str) -> str:
        """What was entered, if it can be meant."""
        if self.options:
            return text if text in dict(self.options) else ""
        if self.kind == "date":
            return text if _midnight(text) else ""
        return text.strip()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the book is asked for: values by filter, the word to sort by, and which rows of how many."""

    given: Mapping[str, str]
    sort: str
    offset: int
    limit: int

    def instant(self, word: str, days: int = 0) -> datetime | None:
        """The midnight at which a day begins that was entered, or one so many days later."""
        found = _midnight(self.given.get(word, ""))
        return found + timedelta(days=days) if found else None


Source = Callable[[Wanted], tuple[Rows, int]]
"""Rows from the book, and how many there are in all."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A table as it was asked for. `total` counts the rows that the filters leave, `carried` is what else
    stands in the address; `prefix` tells the tables of one page apart. `matching`
    are the rows of all its pages, where they are here.
    """

    name: str
    path: str
    columns: Sequence[Column]
    filters: Sequence[Filter]
    given: Mapping[str, str]
    sort: str
    rows: Rows
    total: int
    page: int
    carried: Mapping[str, str]
    prefix: str = ""
    size: int = SIZE
    matching: Rows = ()

    @property
    def heads(self) -> Sequence[Column]:
        """The columns that stand on the page."""
        return [one for one in self.columns if one.label]

    @property
    def orders(self) -> Sequence[tuple[str, str]]:
        """What one may sort by, each way, for a page that has no room for heads."""
        found = [one for one in self.heads if one.sort]
        ways = (("", " \N{UPWARDS ARROW}"), ("-", " \N{DOWNWARDS ARROW}"))
        return [(way + one.word, one.label + said) for one in found for way, said in ways]

    @property
    def exports(self) -> bool:
        return any(one.text for one in self.columns)

    @property
    def first(self) -> int:
        return (self.page - 1) * self.size + 1

    @property
    def upto(self) -> int:
        return self.first + len(self.rows) - 1

    @property
    def before(self) -> str:
        """The address of the page before; empty on the first."""
        return self._address(page=self.page - 1) if self.page > 1 else ""

    @property
    def following(self) -> str:
        """The address of the page behind; empty on the last."""
        return self._address(page=self.page + 1) if self.upto < self.total else ""

    @property
    def cleared(self) -> str:
        """The address without filters."""
        return self._address(given={})

    @property
    def place(self) -> str:
        """Where the form of the filters is sent."""
        return self.path + self._fragment

    @property
    def file(self) -> str:
        """The address of the file with every row that the filters leave."""
        return self._address(file=self.name).partition("#")[0]

    def by(self, word: str) -> str:
        """The address of the table sorted by a column; pressed again, the other way."""
        return self._address(sort=f"-{word}" if self.sort == word else word)

    def id(self, word: str) -> str:
        """A field's name, told apart from those of other tables of the page."""
        return self.prefix + word

    @property
    def _fragment(self) -> str:
        return f"#{self.name}" if self.prefix else ""

    def _address(
        self,
        given: Mapping[str, str] | None = None,
        sort: str = "",
        page: int = 1,
        file: str = "",
    ) -> str:
        own = dict(self.given if given is None else given)
        own |= {SORT: sort or self.sort, PAGE: str(page) if page > 1 else "", FILE: file}
        query = dict(self.carried) | {self.id(word): value for word, value in own.items() if value}
        return f"?{urlencode(query)}{self._fragment}" if query else self.place


def from_rows(
    visit: Visit,
    name: str,
    rows: Iterable[Any],
    columns: Sequence[Column],
    filters: Sequence[Filter] = (),
    *,
    sort: str = "",
    prefix: str = "",
    path: str = "",
) -> Listing:
    """A table of rows that are all here; sorted by `sort` unless something else is asked for."""
    every, matching = list(rows), list[Any]()

    def source(wanted: Wanted) -> tuple[Rows, int]:
        found = [row for row in every if _fits(row, filters, wanted.given)]
        keys = {one.word: one.sort for one in columns}
        if key := keys.get(wanted.sort.removeprefix("-")):
            found.sort(key=key, reverse=wanted.sort.startswith("-"))
        matching[:] = found
        whole = wanted.limit == MOST_IN_A_FILE  # what is here need not be cut off
        return found[wanted.offset : None if whole else wanted.offset + wanted.limit], len(found)

    made = from_book(visit, name, source, columns, filters, sort=sort, prefix=prefix, path=path)
    return replace(made, matching=tuple(matching))


def from_book(
    visit: Visit,
    name: str,
    source: Source,
    columns: Sequence[Column],
    filters: Sequence[Filter] = (),
    *,
    sort: str = "",
    prefix: str = "",
    path: str = "",
    size: int = SIZE,
) -> Listing:
    """A table of whose rows the book gives a page at a time, or as many as a file may have."""
    given = {one.word: one.reads(visit.query(prefix + one.word)) for one in filters}
    given = {word: value for word, value in given.items() if value}
    asked = visit.query(prefix + SORT)
    sorted_by = asked if _sorts(asked, columns) else sort
    number = _page(visit.query(prefix + PAGE))
    if visit.query(prefix + FILE) == name:
        rows, total = source(Wanted(given, sorted_by, 0, MOST_IN_A_FILE))
        number = 1
    else:
        rows, total = source(Wanted(given, sorted_by, (number - 1) * size, size))
        if not rows and number > 1:  # fewer than there were: the last page of them
            number = max(1, -(-total // size))
            rows, total = source(Wanted(given, sorted_by, (number - 1) * size, size))
    own = {prefix + word for word in (SORT, PAGE, FILE, *(one.word for one in filters))}
    asked_else = visit.request.query_params.items()
    carried = {word: value[:256] for word, value in asked_else if word not in own and value}
    where = path or visit.request.url.path
    return Listing(
        name, where, columns, filters, given, sorted_by, rows, total, number, carried, prefix, size
    )


def show(
    visit: Visit, template: str, *tables: Listing, status: int = 200, **values: Any
) -> Response:
    """The page with its tables under their names; or the file of that one whose file is asked for."""
    for one in tables:
        if one.exports and visit.query(one.id(FILE)) == one.name:
            return as_file(one)
    return see(
        visit, template, status, **{one.name.replace("-", "_"): one for one in tables}, **values
    )


def as_file(one: Listing) -> Response:
    """A table as CSV: exact values, and no text that a spreadsheet would take for a formula."""
    told = [(column.word, column.text) for column in one.columns if column.text]
    rows = [tuple(text(row) for _, text in told) for row in one.rows]
    content = reports.csv_text([word for word, _ in told], rows)
    return file_of(content, CSV, f"{one.name}.csv")


def at_source(row: Any) -> Any:
    """Marks a column by which the book sorts."""
    raise AssertionError("the book has sorted")


def finding(label: str, *texts: Callable[[Any], str], word: str = "q") -> Filter:
    """A filter by words that stand in any of some texts of a row, in whatever case."""

    def keeps(row: Any, wanted: str) -> bool:
        return any(wanted.casefold() in text(row).casefold() for text in texts)

    return Filter(word, label, keeps)


def choosing(
    word: str, label: str, options: Iterable[tuple[str, str]], of: Callable[[Any], str]
) -> Filter:
    """A filter by one of some options; options are a value and its words."""
    return Filter(word, label, lambda row, wanted: of(row) == wanted, tuple(options))


def from_day(label: str, of: Callable[[Any], datetime] | None = None, word: str = "from") -> Filter:
    """A filter that leaves what is of a day or of later ones."""
    keeps = None
    if of is not None:
        keeps = lambda row, wanted: of(row) >= _begin(wanted)  # noqa: E731
    return Filter(word, label, keeps, kind="date")


def to_day(label: str, of: Callable[[Any], datetime] | None = None, word: str = "to") -> Filter:
    """A filter that leaves what is of a day or of earlier ones."""
    keeps = None
    if of is not None:
        keeps = lambda row, wanted: of(row) < _begin(wanted) + timedelta(days=1)  # noqa: E731
    return Filter(word, label, keeps, kind="date")


def _fits(row: Any, filters: Sequence[Filter], given: Mapping[str, str]) -> bool:
    asked = [(one.keeps, given[one.word]) for one in filters if one.word in given]
    return all(keeps is None or keeps(row, value) for keeps, value in asked)


def _sorts(word: str, columns: Sequence[Column]) -> bool:
    return word.removeprefix("-") in {one.word for one in columns if one.sort}


def _page(text: str) -> int:
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 9 else 1


def _begin(text: str) -> datetime:
    return _midnight(text) or datetime.max.replace(tzinfo=UTC)


def _midnight(text: str) -> datetime | None:
    """The midnight of a day in ISO 8601; None for what is no day."""
    try:
        day: date = parse_day(text)
    except Invalid:
        return None
    return datetime.combine(day, time(), UTC)
