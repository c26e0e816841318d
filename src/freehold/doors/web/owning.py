"""The pages of securities and of those who own them: overview, cap table, list of holders."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from starlette.responses import Response

from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.core.ids import checksummed
from freehold.core.roles import Power
from freehold.desks import permits
from freehold.desks.register import ownership
from freehold.desks.register.ownership import CapTableView, OwnerRow
from freehold.desks.securities import instruments, termsheets
from freehold.desks.securities.instruments import Moment
from freehold.doors.web import charts
from freehold.doors.web.charts import Line
from freehold.doors.web.formats import typed_instant, words
from freehold.doors.web.listing import Column, choosing, finding, from_rows, show
from freehold.doors.web.policy_words import clauses
from freehold.doors.web.visits import Visit, go, issuers_of, see

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
    said = clauses(sheet.compiled.policy) if sheet.compiled else ()
    return see(visit, "overview.html", one=sheet, chart=chart, words=said)


def cap_table(visit: Visit) -> Response:
    """Who owns how much of an issuer, by class and fully diluted, now or at an instant of the past."""
    office, who, issuer = visit.office, visit.who, visit.path("issuer")[:128]
    problem, at, stops = "", None, list[Moment]()
    try:
        found = ownership.cap_table(office, who, issuer)
        stops = _stops(visit, found)
        if at := _instant(visit, stops):
            found = ownership.cap_table(office, who, issuer, at)
    except (Invalid, Conflict) as fault:
        problem, at = fault.message, None
    held = charts.parts([(row.holder, row.share) for row in found.rows])
    by_holder: dict[str, Fraction] = {}
    for line in found.diluted:
        by_holder[line.holder] = by_holder.get(line.holder, Fraction()) + line.share
    diluted = charts.parts(list(by_holder.items()))
    named = finding("Find a holder", lambda row: row.holder, lambda row: row.id)
    table = from_rows(
        visit, "cap-table", found.rows, _owner_columns(found), (named,), sort="-units"
    )
    return show(
        visit,
        "cap_table.html",
        table,
        table=found,
        owners=ownership.issuers_of(office, who),
        bars=[("Held then" if at else "Held today", held, charts.stacked(held))]
        + ([("Fully diluted", diluted, charts.stacked(diluted))] if diluted else []),
        stops=stops,
        stop=sum(one.instant < at for one in stops) - 1 if at else len(stops) - 1,
        at=at,
        problem=problem,
        files=permits.allows(who, Power.READ_FILES, found.issuer),
    )


def _stops(visit: Visit, table: CapTableView) -> list[Moment]:
    """The instants at which units of any class moved, for the slider."""
    every = [
        one
        for column in table.classes
        for one in instruments.moments(visit.office, visit.who, column.token)
    ]
    return thinned(sorted({one.block: one for one in every}.values(), key=lambda one: one.block))


def _instant(visit: Visit, stops: Sequence[Moment]) -> datetime | None:
    """The instant asked for, by date and time or by the slider's stop, which ends with its block.

    Raises Invalid.
    """
    if text := visit.query("at"):
        return typed_instant(text)
    stop = visit.query("stop")
    if stop.isascii() and stop.isdigit() and len(stop) < 4 and int(stop) < len(stops) - 1:
        return stops[int(stop)].instant + timedelta(seconds=1)
    return None


def _owner_columns(table: CapTableView) -> list[Column]:
    by_class = [
        Column(f"class{place + 1}", one.symbol, _in_class(place), _units_in(place), number=True)
        for place, one in enumerate(table.classes)
    ]
    return [
        Column("name", "Holder", lambda row: row.holder.casefold(), lambda row: row.holder),
        Column("account", text=lambda row: str(row.account)),
        *by_class,
        Column("units", "All units", lambda row: row.share, lambda row: row.total, number=True),
        Column("share", "Share", text=lambda row: str(row.share), number=True),
    ]


def _in_class(place: int) -> Callable[[OwnerRow], Any]:
    return lambda row: Decimal(row.units[place] or 0)


def _units_in(place: int) -> Callable[[OwnerRow], str]:
    return lambda row: row.units[place] or "0"


STANDS = ("Eligible", "Claim expiring", "Claim lapsed", "Frozen", "Treasury")
HOLDERS = (
    Column("issuer_id", text=lambda one: one.issuer),
    Column("holder", text=lambda one: one.id),
    Column("name", "Holder", lambda one: one.name.casefold(), lambda one: one.name),
    Column("account", text=lambda one: str(one.account)),
    Column("issuer", "Issuer", lambda one: one.issuer_name.casefold(), lambda one: one.issuer_name),
    Column("class", "Class", lambda one: one.holder_class, lambda one: one.holder_class),
    Column("country", "Country", lambda one: one.country, lambda one: one.country),
    Column("holds", "Holds", text=lambda one: "; ".join(f"{units} {of}" for of, units in one.held)),
    Column("state", "State", lambda one: one.stands, lambda one: one.stands),
    Column(
        "until",
        "May receive until",
        lambda one: one.until or date.max,
        lambda one: one.until.isoformat() if one.until else "",
    ),
)


def holders(visit: Visit) -> Response:
    """Every holder of the issuers whose registers one may read."""
    found = ownership.holder_list(visit.office, visit.who)
    filters = [
        finding(
            "Name, number, country or state",
            lambda one: one.name, lambda one: one.id, lambda one: one.country,
            lambda one: one.stands, lambda one: one.issuer_name, lambda one: one.holder_class,
        ),
        choosing("state", "State", [(one, one) for one in STANDS], lambda one: one.stands),
    ]  # fmt: skip
    classes = sorted({one.holder_class for one in found})
    if len(classes) > 1:
        options = [(one, words(one)) for one in classes]
        filters.append(choosing("class", "Class", options, lambda one: one.holder_class))
    if len(owners := issuers_of(visit)) > 1:
        filters.append(choosing("issuer", "Issuer", owners, lambda one: one.issuer))
    table = from_rows(visit, "holders", found, HOLDERS, filters, sort="name")
    issuers = {one.issuer for one in table.rows}
    filed = {one for one in issuers if permits.allows(visit.who, Power.READ_FILES, one)}
    return show(visit, "holders.html", table, filed=filed)


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
