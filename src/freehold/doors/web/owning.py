"""The pages of securities and of those who own them: overview, cap table, list of holders."""

from datetime import datetime
from fractions import Fraction
from typing import Any

from starlette.responses import Response

from freehold.core.errors import NotFound
from freehold.core.ids import checksummed
from freehold.core.roles import Power
from freehold.desks import permits
from freehold.desks.register import ownership
from freehold.desks.securities import instruments, termsheets
from freehold.desks.securities.instruments import Moment
from freehold.doors.web import charts
from freehold.doors.web.charts import Line
from freehold.doors.web.policy_words import clauses
from freehold.doors.web.visits import Visit, go, see

ROWS = 50
MOST_POINTS = 60
"""Points of a chart and stops of the slider: more cannot be told apart."""


def token_of(visit: Visit) -> str:
    """The token that a path names. Raises NotFound for what can be none."""
    given = visit.path("token")
    if len(given) != 42 or not given.startswith("0x"):
        raise NotFound(f"there is no instrument {given[:64]}")
    return checksummed(given)


def overview(visit: Visit) -> Response:
    """An instrument on one page: what it is, how much of it there is, and by which rules it moves."""
    token = token_of(visit)
    permits.require_any(visit.who, (Power.READ_REGISTER, None), (Power.READ_OWN, None))
    if not permits.allows(visit.who, Power.READ_REGISTER):
        return go(f"/securities/{token}/register")  # which shows an investor his own line
    sheet = termsheets.term_sheet(visit.office, visit.who, token)
    chart = ownership_chart(visit, sheet.token, sheet.decimals, sheet.now)
    words = clauses(sheet.compiled.policy) if sheet.compiled else ()
    return see(visit, "overview.html", one=sheet, chart=chart, words=words)


def cap_table(visit: Visit) -> Response:
    """Who owns how much of an issuer, by class and fully diluted."""
    table = ownership.cap_table(visit.office, visit.who, visit.path("issuer")[:128])
    held = charts.parts([(row.holder, row.share) for row in table.rows])
    by_holder: dict[str, Fraction] = {}
    for line in table.diluted:
        by_holder[line.holder] = by_holder.get(line.holder, Fraction()) + line.share
    diluted = charts.parts(list(by_holder.items()))
    owners = ownership.issuers_of(visit.office, visit.who)
    return see(
        visit,
        "cap_table.html",
        table=table,
        owners=owners,
        bars=[("Held today", held, charts.stacked(held))]
        + ([("Fully diluted", diluted, charts.stacked(diluted))] if diluted else []),
    )


def holders(visit: Visit) -> Response:
    """Every holder of the issuers whose registers one may read."""
    text = visit.query("q")
    found = ownership.holder_list(visit.office, visit.who, text)
    page = int(visit.query("page", "1")) if visit.query("page", "1").isdigit() else 1
    last = max(1, -(-len(found) // ROWS))
    page = min(max(1, page), last)
    shown = found[(page - 1) * ROWS : page * ROWS]
    asks = permits.allows(visit.who, Power.READ_REGISTER)
    values: dict[str, Any] = {
        "q": text,
        "page": page,
        "last": last,
        "total": len(found),
        "asks": asks,
    }
    return see(visit, "holders.html", found=shown, first=(page - 1) * ROWS + 1, **values)


def thinned(points: list[Moment]) -> list[Moment]:
    """At most so many points, the first and the last among them."""
    if len(points) <= MOST_POINTS:
        return points
    last = len(points) - 1
    return [points[last * place // (MOST_POINTS - 1)] for place in range(MOST_POINTS)]


def ownership_chart(visit: Visit, token: str, decimals: int, now: datetime) -> dict[str, object]:
    """Units by class of holder over time, up to now."""
    points, shares = instruments.shares(visit.office, visit.who, token)
    kept = {one.block for one in thinned(points)}
    places = [place for place, one in enumerate(points) if one.block in kept]
    whole = 10**decimals
    lines = [
        Line(share.holder_class, [share.units[place] // whole for place in places])
        for share in shares
    ]
    instants = [points[place].instant for place in places]
    if instants and now > instants[-1]:
        instants.append(now)
        lines = [Line(one.name, [*one.values, one.values[-1]]) for one in lines]
    rows = [(points[place], [line.values[n] for line in lines]) for n, place in enumerate(places)]
    return {"drawn": charts.steps(lines, instants), "lines": lines, "rows": rows}
