"""Charts as SVG made here: the same figures stand in a table beside each.

Colours, strokes and fonts come from the style sheet by class, so both themes draw the same chart.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

WIDTH, HEIGHT = 1_000, 200
"""Units of the drawing, which is stretched to the room there is; strokes and letters are not."""
MOST_LINES = 4
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
    first: str
    last: str


def steps(lines: Sequence[Line], labels: Sequence[str]) -> Drawing:
    """Step lines over points in time: a register changes in steps, it does not slope."""
    top = _ceiling(max((max(line.values, default=0) for line in lines), default=0))
    drawn = [_grid()]
    for place, line in enumerate(lines[:MOST_LINES], 1):
        path = Markup('<path class="series s{}" d="{}"/>')
        drawn.append(path.format(place, _points(line.values, top)))
    opening = Markup(
        '<svg class="chart" viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true">'
    )
    picture = opening.format(WIDTH, HEIGHT) + Markup("").join(drawn) + Markup("</svg>")
    ticks = tuple(_short(top * tick // TICKS) for tick in range(TICKS, -1, -1))
    return Drawing(picture, ticks, labels[0] if labels else "", labels[-1] if labels else "")


def _points(values: Sequence[int], top: int) -> str:
    count = max(1, len(values) - 1)
    drawn = []
    for place, value in enumerate(values):
        across, down = WIDTH * place / count, HEIGHT * (1 - value / top)
        drawn.append(f"H{across:.1f}V{down:.1f}" if place else f"M0 {down:.1f}")
    if len(values) == 1:
        drawn.append(f"H{WIDTH}")
    return "".join(drawn)


def _grid() -> Markup:
    heights = [HEIGHT * tick / TICKS for tick in range(TICKS + 1)]
    path = "".join(f"M0 {down:.1f}H{WIDTH}" for down in heights)
    return Markup('<path class="grid" d="{}"/>').format(path)


def _ceiling(value: int) -> int:
    """A round number at or above the value, that four ticks divide."""
    if value <= TICKS:
        return TICKS
    power: int = 10 ** (len(str(value)) - 1)
    tops = (power * tenths // 10 for tenths in (10, 20, 40, 60, 80))
    return next((top for top in tops if top >= value), 10 * power)


def _short(value: int) -> str:
    for size, letter in ((10**9, "B"), (10**6, "M"), (10**3, "k")):
        if value >= size:
            return f"{value / size:g} {letter}"
    return str(value)
