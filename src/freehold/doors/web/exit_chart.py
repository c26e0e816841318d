"""The chart of an exit: what each class gets, one on top of the other, over every exit up to a top.

Between two breakpoints every payout is a straight line, so the corners are all there is to draw; they are
exact until the last step.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from markupsafe import Markup

from freehold.core.actions.exit_answer import ExitAnswer
from freehold.core.actions.waterfall import Breakpoint, Payouts, outcome
from freehold.doors.web import charts
from freehold.doors.web.charts import HEIGHT, MOST_PARTS, TICKS, WIDTH

STEPS = 1_000
"""Steps of the slider."""
CLOSE = Fraction(1, 15)
"""Marks nearer to each other than this part of the width share one label."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A class in the chart, or all those too small for a colour of their own; `now` is its payout at the
    exit asked, in smallest units."""

    name: str
    colour: int
    now: int


@dataclass(frozen=True, slots=True)
class ExitChart:
    """The drawing, the breakpoints' numbers over it, the words of its axes; the top layer comes first."""

    lines: Markup
    marks: Markup
    ticks: tuple[str, ...]
    exits: tuple[str, ...]
    layers: tuple[Layer, ...]


def top_of(bends: Sequence[Breakpoint], amount: int, digits: int) -> int:
    """Up to which exit, in whole coins, the chart goes: a round number beyond the last breakpoint."""
    scale = 10**digits
    wanted = max(bends[-1].exit * Fraction(6, 5) / scale, Fraction(amount, scale), Fraction(1_000))
    return charts.ceiling(-(-wanted.numerator // wanted.denominator))


def drawn(answer: ExitAnswer, top: int) -> ExitChart:
    """The chart up to an exit of `top` whole coins."""
    last = Fraction(top * 10**answer.file.digits)
    inside = [bend for bend in answer.breakpoints if bend.exit < last]
    exits = sorted({Fraction(0), *(bend.exit for bend in inside), last})
    payouts = [outcome(answer.file.terms, exit).payouts for exit in exits]
    groups = _groups(answer, payouts[-1])
    below, paths = [Fraction(0)] * len(exits), []
    for _, colour, members in groups:
        above = [
            low + sum((paid[who] for who in members), Fraction(0))
            for low, paid in zip(below, payouts, strict=True)
        ]
        path = Markup('<path class="layer f{}" d="{}"/>')
        paths.append(path.format(colour, _band(exits, below, above, last)))
        below = above
    ticks = [charts.short(top * tick // TICKS) for tick in range(TICKS + 1)]
    totals = {one.id: one.total for one in answer.payees}
    layers = [Layer(name, c, sum(totals[who] for who in members)) for name, c, members in groups]
    lines = _picture([charts.grid(), *paths, *_uprights(answer, inside, last)])
    marks = _labels([bend.exit / last for bend in inside if bend.exit])
    return ExitChart(lines, marks, tuple(reversed(ticks)), tuple(ticks), tuple(reversed(layers)))


def _groups(answer: ExitAnswer, at_the_top: Payouts) -> list[tuple[str, int, list[str]]]:
    """Name, colour and members of each layer, in the order of payment; the smallest ones together."""
    named = [one.id for one in answer.payees]
    most = MOST_PARTS if len(named) <= MOST_PARTS else MOST_PARTS - 1
    shown = set(sorted(named, key=lambda who: -at_the_top[who])[:most])
    own = [who for who in named if who in shown]
    groups = [(who, place, [who]) for place, who in enumerate(own, 1)]
    if rest := [who for who in named if who not in shown]:
        groups.append((f"{len(rest)} others", MOST_PARTS, rest))
    return groups


def _band(
    exits: Sequence[Fraction],
    below: Sequence[Fraction],
    above: Sequence[Fraction],
    last: Fraction,
) -> str:
    """The outline of a layer: along its upper edge and back along the lower one."""
    there = [_point(exit, paid, last) for exit, paid in zip(exits, above, strict=True)]
    back = [_point(exit, paid, last) for exit, paid in zip(exits, below, strict=True)]
    return "M" + "L".join([*there, *reversed(back)]) + "Z"


def _point(exit: Fraction, paid: Fraction, last: Fraction) -> str:
    return f"{float(exit / last * WIDTH):.1f} {float((1 - paid / last) * HEIGHT):.1f}"


def _uprights(answer: ExitAnswer, inside: Sequence[Breakpoint], last: Fraction) -> list[Markup]:
    """A line at each breakpoint, and a stronger one at the exit asked."""
    found = [
        Markup('<path class="bend" d="M{0} 0V{1}"/>').format(
            f"{float(bend.exit / last * WIDTH):.1f}", HEIGHT
        )
        for bend in inside
        if bend.exit
    ]
    if answer.amount <= last:
        across = f"{float(answer.amount / last * WIDTH):.1f}"
        found.append(Markup('<path class="here" d="M{0} 0V{1}"/>').format(across, HEIGHT))
    return found


def _labels(places: Sequence[Fraction]) -> Markup:
    """The numbers of the breakpoints over their lines; of several close together the first and the last."""
    runs: list[list[int]] = []
    for number, place in enumerate(places, 1):
        if runs and place - places[runs[-1][0] - 1] < CLOSE:
            runs[-1].append(number)
        else:
            runs.append([number])
    text = Markup('<text x="{}%" y="12">{}</text>')
    drawn = [
        text.format(
            f"{float((places[run[0] - 1] + places[run[-1] - 1]) / 2 * 100):.2f}",
            str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}",
        )
        for run in runs
    ]
    return Markup('<svg class="marks" aria-hidden="true">{}</svg>').format(Markup("").join(drawn))


def _picture(drawn: Sequence[Markup]) -> Markup:
    opening = Markup(
        '<svg class="chart" viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true">'
    )
    return opening.format(WIDTH, HEIGHT) + Markup("").join(drawn) + Markup("</svg>")
