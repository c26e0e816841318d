"""How values read on a page; templates use nothing else.

Quantities come as exact decimal text and are never rounded; a dash stands for what is not there.
"""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

from markupsafe import Markup, escape

from freehold.core.clock import parse
from freehold.core.errors import Invalid

DASH = "—"
MINUS = "\N{MINUS SIGN}"
NO_BREAK = "\N{NO-BREAK SPACE}"


def units(text: str | int | None) -> str:
    """Grouped by thousands, every decimal kept: 2,400,000 or 1,250.50."""
    if text is None or text == "":
        return DASH
    whole, dot, rest = str(text).partition(".")
    sign = MINUS if whole.startswith("-") else ""
    return f"{sign}{int(whole.lstrip('-')):,}{dot}{rest}"


def figure(text: str) -> str:
    """An argument of an event: numbers grouped, words as they are, endless ones cut."""
    if text.isascii() and text.isdigit():
        return units(text) if len(text) <= 24 else f"{text[:8]}…{text[-4:]}"
    return text if len(text) <= 60 else f"{text[:57]}…"


def percent(text: str) -> str:
    """Two decimals of exact text with four, rounded half up; a dash where there is no share."""
    if not text:
        return DASH
    whole, _, rest = text.partition(".")
    hundredths = int(whole + (rest + "0000")[:2]) + ((rest + "0000")[2] >= "5")
    return f"{hundredths // 100}.{hundredths % 100:02d}{NO_BREAK}%"


def part(value: Fraction) -> str:
    """A share in per cent with two decimals, rounded half up."""
    hundredths = (value * 20_000 + 1) // 2
    return f"{hundredths // 100:,}.{hundredths % 100:02d}{NO_BREAK}%"


def whole(value: Fraction) -> str:
    """Units that need not be whole: exact where they have few decimals, else as a fraction."""
    if value.denominator == 1:
        return units(value.numerator)
    scaled = value * 10_000
    if scaled.denominator == 1:
        return units(str(Decimal(scaled.numerator) / 10_000))
    return f"{value.numerator:,}/{value.denominator:,}"


def away(due: datetime, now: datetime) -> str:
    """How far ahead of now an instant lies, the nearest unit rounded down: in 27 days."""
    seconds = int((due - now).total_seconds())
    if seconds < 0:
        return "over"
    for size, word in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            count = seconds // size
            return f"in {count} {word}{'' if count == 1 else 's'}"
    return "in less than a minute"


def day(value: date | str | None) -> str:
    """18 Mar 2026."""
    if not value:
        return DASH
    found = date.fromisoformat(value) if isinstance(value, str) else value
    return f"{found.day} {found:%b %Y}"


def instant(value: datetime | None) -> Markup:
    """18 Mar 2026 14:02 UTC, with the exact instant for machines."""
    if value is None:
        return Markup(DASH)
    at = value.astimezone(UTC)
    exact = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    words = f"{at.day} {at:%b %Y %H:%M} UTC"
    return Markup('<time datetime="{}">{}</time>').format(exact, words)


def exact_instant(value: datetime) -> str:
    """2026-03-18 14:02:11 UTC, for logs."""
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def block(number: int | None) -> str:
    """18,204."""
    return DASH if number is None else f"{number:,}"


def short(value: str) -> str:
    """The first six and the last four characters of a hash or an address."""
    return value if len(value) <= 12 else f"{value[:6]}…{value[-4:]}"


def grouped(value: str) -> Markup:
    """A hash in full, in groups of eight that may break over lines."""
    parts = [value[at : at + 8] for at in range(0, len(value), 8)]
    return Markup("<wbr>").join(map(escape, parts))


def initials(name: str) -> str:
    """Two letters for an avatar."""
    words = [word for word in name.replace(".", " ").replace("-", " ").split() if word]
    return "".join(word[0] for word in words[:2]).upper() or "?"


ABBREVIATIONS = {"dlt": "DLT", "eu": "EU", "uk": "UK"}


def words(name: str) -> str:
    """A name such as transfer-agent, TransferRefused or ACCREDITED in words, the first letter large."""
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    text = text if " " in text else text.replace("-", " ")
    kept = [
        ABBREVIATIONS.get(one, one if one.isupper() and len(one) < 4 else one.lower())
        for one in text.split()
    ]
    text = " ".join(kept).replace("_", " ")
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """A message with its first letter large and a full stop; nothing else of it changes."""
    said = text[:1].upper() + text[1:]
    return said if said.endswith((".", "?", "!")) else f"{said}."


def recorded(text: str) -> str:
    """A record before or after an act: quantities grouped, words and addresses as they are."""
    plain = text.removeprefix("-").replace(".", "", 1)
    return units(text) if plain.isascii() and plain.isdigit() else text


def signed(text: str) -> str:
    """A change: +12,000, a true minus, or the word that it is."""
    if text[:1] not in "+-" or not text:
        return text
    return ("+" if text[0] == "+" else MINUS) + units(text[1:])


FILTERS = {
    "recorded": recorded,
    "signed": signed,
    "units": units,
    "figure": figure,
    "percent": percent,
    "part": part,
    "whole": whole,
    "away": away,
    "day": day,
    "instant": instant,
    "exact_instant": exact_instant,
    "block": block,
    "short": short,
    "grouped": grouped,
    "initials": initials,
    "words": words,
    "sentence": sentence,
}


def typed_instant(text: str) -> datetime:
    """The instant that a field for date and time holds, in UTC. Raises Invalid."""
    try:
        return parse(text if text.endswith("Z") or "+" in text else f"{text}:00Z")
    except Invalid:
        said = "Enter a date and a time, such as 2026-03-18 16:00."
        raise Invalid(said, field="at") from None
