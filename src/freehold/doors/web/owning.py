"""The pages of securities and of those who own them: overview, cap table, list of holders."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from starlette.responses import Response

from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.core.ids import checksummed
from freehold.core.roles import Power
from freehold.desks import permits
from freehold.desks.register import ownership, reports
from freehold.desks.register.ownership import CapTableView, HolderLine, OwnerRow
from freehold.desks.securities import instruments, termsheets
from freehold.desks.securities.instruments import Moment
from freehold.doors.api.papers import CSV, file_of
from freehold.doors.web import charts
from freehold.doors.web.charts import Line
from freehold.doors.web.formats import typed_instant
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
    """Who owns how much of an issuer, by class and fully diluted, now or at an instant of the past."""
    issuer, problem = visit.path("issuer")[:128], ""
    try:
        table = _cap_table(visit)
    except (Invalid, Conflict) as fault:
        problem, table = fault.message, ownership.cap_table(visit.office, visit.who, issuer)
    held = charts.parts([(row.holder, row.share) for row in table.rows])
    by_holder: dict[str, Fraction] = {}
    for line in table.diluted:
        by_holder[line.holder] = by_holder.get(line.holder, Fraction()) + line.share
    diluted = charts.parts(list(by_holder.items()))
    sort = visit.query("sort", "-units")
    when = "Held then" if visit.query("at") and not problem else "Held today"
    return see(
        visit,
        "cap_table.html",
        table=replace(table, rows=tuple(_sorted(table.rows, sort, _owner_keys(table)))),
        owners=ownership.issuers_of(visit.office, visit.who),
        bars=[(when, held, charts.stacked(held))]
        + ([("Fully diluted", diluted, charts.stacked(diluted))] if diluted else []),
        sort=sort,
        at="" if problem else visit.query("at"),
        problem=problem,
        files=permits.allows(visit.who, Power.READ_FILES, table.issuer),
    )


def cap_table_csv(visit: Visit) -> Response:
    """A cap table as CSV: a row for each holder, a column for each class."""
    table = _cap_table(visit)
    columns = ["holder", "account", *(one.symbol for one in table.classes), "units", "share"]
    rows = [
        (
            row.holder,
            str(row.account),
            *(one or "0" for one in row.units),
            row.total,
            str(row.share),
        )
        for row in table.rows
    ]
    name = f"cap-table-{table.issuer}-{table.as_of}.csv"
    return file_of(reports.csv_text(columns, rows), CSV, name)


def _cap_table(visit: Visit) -> CapTableView:
    instant = typed_instant(visit.query("at")) if visit.query("at") else None
    return ownership.cap_table(visit.office, visit.who, visit.path("issuer")[:128], instant)


def _owner_keys(table: CapTableView) -> dict[str, Callable[[OwnerRow], Any]]:
    by_class = {f"class{n + 1}": _in_class(n) for n in range(len(table.classes))}
    return by_class | {"name": lambda row: row.holder.casefold(), "units": lambda row: row.share}


def _in_class(place: int) -> Callable[[OwnerRow], Any]:
    return lambda row: Decimal(row.units[place] or 0)


HOLDER_KEYS: dict[str, Callable[[HolderLine], Any]] = {
    "name": lambda one: one.name.casefold(),
    "issuer": lambda one: one.issuer_name.casefold(),
    "class": lambda one: one.holder_class,
    "country": lambda one: one.country,
    "state": lambda one: one.stands,
    "until": lambda one: one.until or date.max,
}


def _sorted(rows: Iterable[Any], sort: str, keys: Mapping[str, Callable[[Any], Any]]) -> list[Any]:
    """The rows by the column that `sort` names, downwards with a minus; as they are for any other word."""
    key = keys.get(sort.removeprefix("-"))
    return sorted(rows, key=key, reverse=sort.startswith("-")) if key else list(rows)


def holders(visit: Visit) -> Response:
    """Every holder of the issuers whose registers one may read."""
    text, sort = visit.query("q"), visit.query("sort", "name")
    found = _sorted(ownership.holder_list(visit.office, visit.who, text), sort, HOLDER_KEYS)
    page = int(visit.query("page", "1")) if visit.query("page", "1").isdigit() else 1
    last = max(1, -(-len(found) // ROWS))
    page = min(max(1, page), last)
    shown = found[(page - 1) * ROWS : page * ROWS]
    issuers = {one.issuer for one in shown}
    values: dict[str, Any] = {
        "q": text,
        "sort": sort if sort.removeprefix("-") in HOLDER_KEYS else "name",
        "page": page,
        "last": last,
        "total": len(found),
        "filed": {one for one in issuers if permits.allows(visit.who, Power.READ_FILES, one)},
    }
    return see(visit, "holders.html", found=shown, first=(page - 1) * ROWS + 1, **values)


def holders_csv(visit: Visit) -> Response:
    """The list of holders as CSV, all that the search finds."""
    found = ownership.holder_list(visit.office, visit.who, visit.query("q"))
    columns = ("issuer", "holder", "name", "account", "class", "country", "holds", "state", "until")
    rows = [
        (
            one.issuer, one.id, one.name, str(one.account), one.holder_class, one.country,
            "; ".join(f"{units} {symbol}" for symbol, units in one.held),
            one.stands, one.until.isoformat() if one.until else "",
        )
        for one in found
    ]  # fmt: skip
    return file_of(reports.csv_text(columns, rows), CSV, "holders.csv")


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
