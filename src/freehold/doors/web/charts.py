"""Charts as SVG made here: the same figures stand in a table beside each.

Colours, strokes and fonts come from the style sheet by class, so both themes draw the same chart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from markupsafe import Markup

WIDTH, HEIGHT = 1_000, 200
"""Units of the drawing, which is stretched to the room there is; strokes and letters are not."""
MOST_LINES = 4
MOST_PARTS = 6
"""Parts of a bar: there are six colours, and the last one is for all others."""
TICKS = 4


@dataclass(frozen=True, slots=True)
class Line:
    """A named series of values, one for each point."""

    name: str
    values: Sequence[int]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart: its lines as SVG, and the words beside its axes, which stand in HTML."""

    lines: Markup
    ticks: tuple[str, ...]
    days: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a whole with its share of it; `colour` is the number of its series."""

    name: str
    share: Fraction
    colour: int


def parts(shares: Sequence[tuple[str, Fraction]]) -> tuple[Part, ...]:
    """The largest shares by name, all others together in the last one."""
    ordered = sorted(shares, key=lambda one: -one[1])
    most = MOST_PARTS if len(ordered) <= MOST_PARTS else MOST_PARTS - 1
    found = [Part(name, share, place) for place, (name, share) in enumerate(ordered[:most], 1)]
    if rest := ordered[most:]:
        others = sum((share for _, share in rest), Fraction())
        found.append(Part(f"{len(rest)} others", others, MOST_PARTS))
    return tuple(found)


def stacked(shown: Sequence[Part]) -> Markup:
    """One bar of the parts, from the left in their order."""
    opening = Markup(
        '<svg class="stacked" viewBox="0 0 {} 20" preserveAspectRatio="none" aria-hidden="true">'
    )
    bars, at = [opening.format(WIDTH)], Fraction()
    for part in shown:
        rect = Markup('<rect class="f{}" x="{}" y="0" width="{}" height="20"/>')
        x, width = f"{float(at * WIDTH):.1f}", f"{float(part.share * WIDTH):.1f}"
        bars.append(rect.format(part.colour, x, width))
        at += part.share
    return Markup("").join([*bars, Markup("</svg>")])


def measured(share: Fraction, needed: Fraction) -> Markup:
    """One bar of a share, with a mark at what is needed."""
    opening = Markup(
        '<svg class="stacked" viewBox="0 0 {} 20" preserveAspectRatio="none" aria-hidden="true">'
    )
    rect = Markup('<rect class="{}" x="{}" y="0" width="{}" height="20"/>')
    bar = rect.format("f1", 0, f"{float(share * WIDTH):.1f}")
    mark = rect.format("needed", f"{min(float(needed * WIDTH), WIDTH - 4):.1f}", 4)
    return Markup("").join([opening.format(WIDTH), bar, mark, Markup("</svg>")])


def steps(lines: Sequence[Line], points: Sequence[datetime]) -> Drawing:
    """Step lines over instants, by time: a register changes in steps, it does not slope."""
    top = ceiling(max((max(line.values, default=0) for line in lines), default=0))
    drawn = [grid()]
    for place, line in enumerate(lines[:MOST_LINES], 1):
        path = Markup('<path class="series s{}" d="{}"/>')
        drawn.append(path.format(place, _points(line.values, points, top)))
    opening = Markup(
        '<svg class="chart" viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true">'
    )
    picture = opening.format(WIDTH, HEIGHT) + Markup("").join(drawn) + Markup("</svg>")
    ticks = tuple(short(top * tick // TICKS) for tick in range(TICKS, -1, -1))
    return Drawing(picture, ticks, _days(points))


def _days(points: Sequence[datetime]) -> tuple[str, ...]:
    """Days at even distances from the first point to the last."""
    if not points:
        return ()
    first, last = points[0], points[-1]
    days = [first + (last - first) * tick / TICKS for tick in range(TICKS + 1)]
    return tuple(dict.fromkeys(f"{day.day} {day:%b %Y}" for day in days))


def _points(values: Sequence[int], points: Sequence[datetime], top: int) -> str:
    whole = (points[-1] - points[0]).total_seconds() or 1.0
    drawn = []
    for place, value in enumerate(values):
        across = WIDTH * (points[place] - points[0]).total_seconds() / whole
        down = HEIGHT * (1 - value / top)
        drawn.append(f"H{across:.1f}V{down:.1f}" if place else f"M0 {down:.1f}")
    if len(values) == 1:
        drawn.append(f"H{WIDTH}")
    return "".join(drawn)


def grid() -> Markup:
    """The lines of the ticks."""
    heights = [HEIGHT * tick / TICKS for tick in range(TICKS + 1)]
    path = "".join(f"M0 {down:.1f}H{WIDTH}" for down in heights)
    return Markup('<path class="grid" d="{}"/>').format(path)


def ceiling(value: int) -> int:
    """A round number at or above the value, that four ticks divide."""
    if value <= TICKS:
        return TICKS
    power: int = 10 ** (len(str(value)) - 1)
    tops = (power * tenths // 10 for tenths in (10, 20, 40, 60, 80))
    return next((top for top in tops if top >= value), 10 * power)


def short(value: int) -> str:
    """A number beside an axis."""
    for size, letter in ((10**9, "B"), (10**6, "M"), (10**3, "k")):
        if value >= size:
            return f"{value / size:g} {letter}"
    return str(value)
