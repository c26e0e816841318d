"""Draws a paper: heading, blocks of facts, texts and tables, over as many pages as it takes.

A `Paper` is data; `write` makes the bytes of a PDF of it. First everything is laid out, then drawn, so
that every page knows how many there are. The same paper gives the same bytes: no clock, no random
ids (`invariant` in reportlab). Whoever makes another kind of paper puts these blocks together.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from freehold.doors.papers.type import MONO, PLAIN, STRONG, lines, ready, width, written

INK, QUIET, LINE, ACCENT = "#151b24", "#4c535d", "#c9ced4", "#2751b8"
WIDTH, HEIGHT = A4
LEFT = RIGHT = 48.0
TOP, BOTTOM = 52.0, 66.0
ROOM = WIDTH - LEFT - RIGHT
TEXT, SMALL = 9.0, 7.5


@dataclass(frozen=True, slots=True)
class Heading:
    """A title inside the paper."""

    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; `quiet` ones are small."""

    text: str
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Labels with what they stand for, two beside each other; `mono` are labels of hashes and wallets."""

    pairs: Sequence[tuple[str, str]]
    mono: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its heading, its part of the width, numbers at the right."""

    heading: str
    share: float = 1.0
    number: bool = False
    mono: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; `totals` is its last row, in strong type. The head stands again on every page."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    totals: Sequence[str] = ()
    empty: str = "None."


Block = Heading | Text | Facts | Grid


@dataclass(frozen=True, slots=True)
class Paper:
    """A document: who gives it out, what it is, of when, its blocks, and what stands on every page.

    `digest` names the content it was made from; `reference` is the short name in the foot.
    """

    sender: str
    title: str
    as_of: str
    blocks: Sequence[Block]
    reference: str
    digest: str = ""
    to: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """A text where it stands on a page, or (no text) a line from x to `until`."""

    x: float
    y: float
    text: str = ""
    font: str = PLAIN
    size: float = TEXT
    colour: str = INK
    until: float = 0.0
    thick: float = 0.5


@dataclass(slots=True)
class _Pages:
    """Pages as they fill up; `y` is where the next line goes."""

    done: list[list[Mark]] = field(default_factory=lambda: [[]])
    y: float = HEIGHT - TOP

    def put(self, mark: Mark) -> None:
        self.done[-1].append(mark)

    def needs(self, height: float) -> bool:
        """Whether a new page had to be begun for so much height."""
        if self.y - height >= BOTTOM:
            return False
        self.done.append([])
        self.y = HEIGHT - TOP
        return True


def write(paper: Paper) -> bytes:
    """The PDF of a paper."""
    ready()
    pages = _laid_out(paper)
    written_to = io.BytesIO()
    canvas = Canvas(written_to, pagesize=A4, invariant=1, pageCompression=1, lang="en")
    canvas.setTitle(f"{paper.title}, {paper.as_of}")
    canvas.setAuthor(paper.sender)
    canvas.setSubject(paper.reference)
    canvas.setCreator("Freehold")
    for number, marks in enumerate(pages, 1):
        for mark in [*marks, *_foot(paper, number, len(pages))]:
            _draw(canvas, mark)
        canvas.showPage()
    canvas.save()
    return written_to.getvalue()


def _laid_out(paper: Paper) -> list[list[Mark]]:
    pages = _Pages()
    _head(pages, paper)
    for place, block in enumerate(paper.blocks):
        match block:
            case Heading():
                _heading(pages, block, paper.blocks[place + 1 : place + 2])
            case Text():
                _text(pages, block)
            case Facts():
                _facts(pages, block)
            case Grid():
                _grid(pages, block)
    return pages.done


def _head(pages: _Pages, paper: Paper) -> None:
    pages.put(Mark(LEFT, pages.y - 9, written(paper.sender, STRONG), STRONG, 10, ACCENT))
    pages.y -= 34
    for line in lines(paper.title, STRONG, 17, ROOM):
        pages.put(Mark(LEFT, pages.y - 12, line, STRONG, 17))
        pages.y -= 22
    for line in lines(paper.as_of, PLAIN, TEXT, ROOM):
        pages.put(Mark(LEFT, pages.y - 6, line, PLAIN, TEXT, QUIET))
        pages.y -= 13
    pages.y -= 8
    if paper.to:
        for line in paper.to:
            pages.put(Mark(LEFT, pages.y - 8, written(line), PLAIN, 10))
            pages.y -= 14
        pages.y -= 10


def _heading(pages: _Pages, block: Heading, after: Sequence[Block]) -> None:
    pages.needs(78 if after else 40)  # never the last line of a page
    pages.y -= 14
    for line in lines(block.text, STRONG, 11.5, ROOM):
        pages.put(Mark(LEFT, pages.y - 9, line, STRONG, 11.5))
        pages.y -= 15
    pages.y -= 4


def _text(pages: _Pages, block: Text) -> None:
    size, colour = (SMALL, QUIET) if block.quiet else (TEXT, INK)
    for line in lines(block.text, PLAIN, size, ROOM):
        pages.needs(size + 4)
        pages.put(Mark(LEFT, pages.y - size, line, PLAIN, size, colour))
        pages.y -= size + 4
    pages.y -= 5


def _facts(pages: _Pages, block: Facts) -> None:
    gap, label = 24.0, 92.0
    half = (ROOM - gap) / 2
    pairs = list(block.pairs)
    for start in range(0, len(pairs), 2):
        laid = []
        for side, (name, said) in enumerate(pairs[start : start + 2]):
            font = MONO if name in block.mono else PLAIN
            size = SMALL if name in block.mono else TEXT
            laid.append((side, name, lines(said or "—", font, size, half - label), font, size))
        height = max(len(one[2]) for one in laid) * 12 + 5
        pages.needs(height)
        for side, name, said_lines, font, size in laid:
            x = LEFT + side * (half + gap)
            pages.put(Mark(x, pages.y - 9, written(name), PLAIN, SMALL, QUIET))
            for row, line in enumerate(said_lines):
                pages.put(Mark(x + label, pages.y - 9 - 12 * row, line, font, size))
        pages.y -= height
    pages.y -= 4


def _grid(pages: _Pages, block: Grid) -> None:
    if not block.rows:
        _text(pages, Text(block.empty))
        return
    places = list(_places(block.columns))
    _columns(pages, block.columns, places)
    rows = [(row, False) for row in block.rows] + [(block.totals, True)] * bool(block.totals)
    for cells, strong in rows:
        cut = [
            _cell(column, text, room, strong)
            for column, (_, room), text in zip(block.columns, places, cells, strict=True)
        ]
        height = max(len(one) for one in cut) * 10.5 + 6
        if pages.needs(height):
            _columns(pages, block.columns, places)
        for column, (x, room), said in zip(block.columns, places, cut, strict=True):
            _put_cell(pages, column, x, room, said, strong)
        pages.y -= height
        pages.put(Mark(LEFT, pages.y, until=LEFT + ROOM, colour=LINE, thick=0.4))
    pages.y -= 8


def _places(columns: Sequence[Column]) -> Iterator[tuple[float, float]]:
    """Where each column begins, and how much room it has."""
    whole, x, gap = sum(one.share for one in columns), LEFT, 8.0
    for one in columns:
        room = ROOM * one.share / whole
        yield x, room - gap
        x += room


def _columns(
    pages: _Pages, columns: Sequence[Column], places: Sequence[tuple[float, float]]
) -> None:
    cut = [
        lines(one.heading, STRONG, SMALL, room)
        for one, (_, room) in zip(columns, places, strict=True)
    ]
    height = max(len(one) for one in cut) * 9.5 + 6
    pages.needs(height + 20)
    for column, (x, room), said in zip(columns, places, cut, strict=True):
        for row, line in enumerate(said):
            at = x + room - width(line, STRONG, SMALL) if column.number else x
            pages.put(Mark(at, pages.y - 8 - 9.5 * row, line, STRONG, SMALL, QUIET))
    pages.y -= height
    pages.put(Mark(LEFT, pages.y, until=LEFT + ROOM, colour=QUIET, thick=0.7))


def _cell(column: Column, text: str, room: float, strong: bool) -> list[str]:
    font, size = _type_of(column, strong)
    return lines(text, font, size, room)


def _type_of(column: Column, strong: bool) -> tuple[str, float]:
    if column.mono:
        return MONO, 6.8
    return (STRONG if strong else PLAIN), 8.3


def _put_cell(
    pages: _Pages, column: Column, x: float, room: float, said: Sequence[str], strong: bool
) -> None:
    font, size = _type_of(column, strong)
    for row, line in enumerate(said):
        at = x + room - width(line, font, size) if column.number else x
        pages.put(Mark(at, pages.y - 10 - 10.5 * row, line, font, size))


def _foot(paper: Paper, number: int, count: int) -> Iterator[Mark]:
    yield Mark(LEFT, BOTTOM - 14, until=LEFT + ROOM, colour=LINE)
    yield Mark(LEFT, BOTTOM - 26, written(paper.reference), PLAIN, SMALL, QUIET)
    page = f"Page {number} of {count}"
    at = LEFT + ROOM - width(page, PLAIN, SMALL)
    yield Mark(at, BOTTOM - 26, page, PLAIN, SMALL, QUIET)
    if paper.digest:
        yield Mark(LEFT, BOTTOM - 37, f"SHA-256 {paper.digest}", MONO, 6.5, QUIET)


def _draw(canvas: Canvas, mark: Mark) -> None:
    if not mark.text:
        canvas.setStrokeColor(mark.colour)
        canvas.setLineWidth(mark.thick)
        canvas.line(mark.x, mark.y, mark.until, mark.y)
        return
    canvas.setFillColor(mark.colour)
    canvas.setFont(mark.font, mark.size)
    canvas.drawString(mark.x, mark.y, mark.text)
