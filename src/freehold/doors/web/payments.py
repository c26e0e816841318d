"""A holder's own page of money: what came, what comes, what he is asked, of actions and winding-ups."""

from collections.abc import Iterator
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from freehold.core.actions.kinds import Work
from freehold.core.clock import stamp
from freehold.core.errors import NotFound
from freehold.core.roles import Power
from freehold.core.units import format_units
from freehold.desks import notices, permits
from freehold.desks.register import reports
from freehold.desks.servicing import actions, ballots, events, windup_reading, windups
from freehold.desks.servicing.events import ActionView, Entitled
from freehold.desks.servicing.windup_reading import Share, WindupView
from freehold.doors.papers import windup_payment
from freehold.doors.web.servicing import coins, takes_choices
from freehold.doors.web.visits import Visit, page, see
from freehold.doors.web.windups import money

HEADS = (
    "what", "id", "holder", "account", "class", "payment", "units", "gross", "withheld", "net", "held",
    "coin", "state",
)  # fmt: skip


def routes() -> list[BaseRoute]:
    """The page, its rows as CSV, and a paper about a holder's part of a winding-up."""
    return [
        Route("/payments", page(payments), methods=["GET"]),
        Route("/payments.csv", page(payments_csv), methods=["GET"]),
        Route("/windups/{id}/payment.pdf", page(windup_pdf), methods=["GET"]),
    ]


def payments(visit: Visit) -> Response:
    """What came and what comes to the holders one acts for: payments, elections, money held."""
    permits.require(visit.who, Power.READ_OWN)
    found, wound_up = _of_actions(visit), windup_reading.own(visit.office, visit.who)
    now = events.now(visit.office)
    asked = [
        one
        for one in events.listed(visit.office, visit.who)
        if actions.choices_in(one.terms) and takes_choices(one) and now < one.terms.elect_until
    ]
    said = {one.terms.id: ballots.elections(visit.office, visit.who, one.terms.id) for one in asked}
    values: dict[str, Any] = {
        "found": found,
        "wound_up": wound_up,
        "asked": asked,
        "said": said,
        "coins": coins,
        "money": money,
        "units": lambda one, amount: format_units(amount, one.instrument.decimals),
        "moved": _units,
        "class_units": _class_units,
        "now": now,
        "held": [(one, row) for one, row in found if row.became == events.HELD],
        "letters": notices.of_holders(visit.office, visit.who),
        "held_back": [(one, row) for one, row in wound_up if row.held],
    }
    return see(visit, "payments.html", **values)


def payments_csv(visit: Visit) -> Response:
    """The same as CSV, raw and exact."""
    permits.require(visit.who, Power.READ_OWN)
    rows = [_action_row(*each) for each in _of_actions(visit)]
    rows += [_windup_row(*each) for each in windup_reading.own(visit.office, visit.who)]
    said = 'attachment; filename="payments.csv"'
    text = reports.csv_text(HEADS, rows)
    return Response(text, media_type="text/csv", headers={"Content-Disposition": said})


def windup_pdf(visit: Visit) -> Response:
    """What one holder gets by a winding-up, class by class, as a paper."""
    id, holder = visit.path("id"), visit.query("holder")
    one = windup_reading.one(visit.office, visit.who, id)
    every = windup_reading.readable_shares(visit.office, visit.who, one.of)
    rows = [row for row in every if holder and row.holder == holder]
    if not rows:
        raise NotFound(f"{holder[:64] or 'nobody'} has no part in {id}", holder=holder)
    said = f'attachment; filename="{id}-{holder}.pdf"'
    content = windup_payment.as_pdf(one, rows, events.now(visit.office))
    return Response(content, media_type="application/pdf", headers={"Content-Disposition": said})


# ---- parts ----


def _of_actions(visit: Visit) -> list[tuple[ActionView, Entitled]]:
    return list(_own_parts(visit))


def _own_parts(visit: Visit) -> Iterator[tuple[ActionView, Entitled]]:
    for one in events.listed(visit.office, visit.who):
        mine = events.own_holders(visit.who, one.owner.id)
        for row in events.entitlements(visit.office, visit.who, one.terms.id).rows:
            if row.holder in mine:
                yield one, row


def _class_units(one: WindupView, row: Share) -> str:
    return format_units(row.units, windups.decimals_of(one.of, row.class_id))


def _units(one: ActionView, row: Entitled) -> str:
    """The units that are paid for, or those that come and go."""
    part = row.part
    moved = 0 if one.terms.work is Work.PAY else part.gets or part.gives
    return format_units(moved or part.units, one.instrument.decimals)


def _action_row(one: ActionView, row: Entitled) -> tuple[str, ...]:
    part, terms = row.part, one.terms
    amounts = (part.gross, part.withheld, part.net, row.held)
    return (
        str(terms.kind), terms.id, row.holder, str(part.account), one.instrument.class_id,
        stamp(terms.payment), _units(one, row),
        *(coins(one, each, part.currency) if terms.cash else "" for each in amounts),
        part.currency or one.symbol, row.became or str(one.state),
    )  # fmt: skip


def _windup_row(one: WindupView, row: Share) -> tuple[str, ...]:
    of = one.of
    amounts = (row.gross, row.withheld, row.net, row.held)
    return (
        "winding-up", of.id, row.holder, str(row.account), row.class_id, stamp(of.terms.payment),
        _class_units(one, row), *(money(of, each) for each in amounts), of.coin.symbol,
        windup_reading.stands(one, row),
    )  # fmt: skip
