"""The type of papers: embedded Inter and Geist Mono, widths of text, and how text is broken into lines.

The fonts stand in `fonts/` under the SIL Open Font License 1.1, which allows embedding. They have Latin,
Greek and Cyrillic letters; a name in another script is written in Latin letters (anyascii), because
an empty box would tell nothing.
"""

import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib.resources import as_file, files

from anyascii import anyascii
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

PLAIN, STRONG, MONO = "Inter", "Inter-Semibold", "GeistMono"
_FILES = {PLAIN: "inter-regular.ttf", STRONG: "inter-semibold.ttf", MONO: "geist-mono.ttf"}


@cache
def _font(name: str) -> TTFont:
    with as_file(files("freehold.doors.papers") / "fonts" / _FILES[name]) as place:
        font = TTFont(name, str(place))
    pdfmetrics.registerFont(font)
    return font


def ready() -> None:
    """Load the fonts, once."""
    for name in _FILES:
        _font(name)


def width(text: str, font: str, size: float) -> float:
    """How wide a text is, in points."""
    _font(font)
    return float(pdfmetrics.stringWidth(text, font, size))


def written(text: str, font: str = PLAIN) -> str:
    """The text in letters that the font has: composed, without control characters, else in Latin."""
    letters = _font(font).face.charToGlyph
    composed = unicodedata.normalize("NFC", text)
    shown = []
    for one in composed:
        if one in "\n\t ":
            shown.append(" ")
        elif unicodedata.category(one)[0] == "C":
            continue
        elif ord(one) in letters:
            shown.append(one)
        else:
            shown.append("".join(c for c in anyascii(one) if ord(c) in letters) or "?")
    return "".join(shown)


def lines(text: str, font: str, size: float, room: float) -> list[str]:
    """The text in lines that fit the room; words break at spaces, longer ones where they must."""
    found, line = [], ""
    for word in _pieces(written(text, font), font, size, room):
        longer = f"{line} {word}" if line else word
        if line and width(longer, font, size) > room:
            found.append(line)
            longer = word
        line = longer
    return [*found, line]


def _pieces(text: str, font: str, size: float, room: float) -> Iterator[str]:
    for word in text.split():
        while len(word) > 1 and width(word, font, size) > room:
            most = next(n for n in range(len(word) - 1, 0, -1) if _fits(word, n, font, size, room))
            yield word[:most]
            word = word[most:]
        yield word


def _fits(word: str, letters: int, font: str, size: float, room: float) -> bool:
    return letters == 1 or width(word[:letters], font, size) <= room
