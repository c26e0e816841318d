"""The price of a subscription on an action's page: what is due, and the permit that a wallet signs."""

import json
from collections.abc import Sequence
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from freehold.core.actions.kinds import Work
from freehold.core.errors import Conflict, Invalid
from freehold.core.roles import Power
from freehold.core.units import format_units
from freehold.desks import permits
from freehold.desks.servicing import events, processing, subscriptions
from freehold.desks.servicing.events import ActionView, Entitled
from freehold.desks.servicing.subscribing import Price
from freehold.doors.web.visits import Form, Visit, act, go, tell


def routes() -> list[BaseRoute]:
    """What the form of a permit is sent to."""
    one = "/actions/{id}/subscriptions/{holder}"
    return [
        Route(f"{one}/begin", act(begin), methods=["POST"]),
        Route(one, act(permit), methods=["POST"]),
    ]


def prices(visit: Visit, one: ActionView) -> list[tuple[Price, str]]:
    """What the holders owe whom somebody elects for, with the amount in words."""
    if one.terms.work is not Work.OFFER:
        return []
    found = []
    for holder in events.own_holders(visit.who, one.owner.id, Power.ELECT):
        try:
            price = subscriptions.price(visit.office, visit.who, one.terms.id, holder)
        except Conflict:
            continue  # he subscribed nothing
        found.append((price, format_units(price.amount, price.coin.decimals)))
    return found


def rights(visit: Visit, one: ActionView, rows: Sequence[Entitled]) -> list[tuple[str, str, str]]:
    """The rights of the holders one elects for: who, how many units, what all of them cost, in words."""
    exchange, cash = one.terms.exchange, one.terms.cash
    if one.terms.work is not Work.OFFER or not (exchange and exchange.price and cash):
        return []
    mine, places = events.own_holders(visit.who, one.owner.id, Power.ELECT), one.instrument.decimals
    found = []
    for row in rows:
        if row.holder in mine:
            many = int(row.part.units * exchange.ratio)
            cost = many * exchange.price * 10**cash.decimals / 10**places
            smallest = -(-cost.numerator // cost.denominator)  # up, as what is due
            whole = format_units(smallest, cash.decimals)
            found.append((row.holder, format_units(many, places), whole))
    return found


def begin(visit: Visit, form: Form) -> Response:
    """What the holder's wallet signs."""
    permits.require(visit.who, Power.ELECT)
    try:
        id, holder = visit.path("id"), visit.path("holder")
        typed = subscriptions.to_sign(visit.office, visit.who, id, holder)
    except (Invalid, Conflict) as fault:
        return Response(json.dumps({"problem": fault.message}), 422, media_type="application/json")
    message = {name: _plain(value) for name, value in typed["message"].items()}
    at = int(typed["message"]["deadline"])
    return tell(json.dumps({"at": at, "typed": {**typed, "message": message}}))


def permit(visit: Visit, form: Form) -> Response:
    """Send the signed permit to the coin."""
    permits.require(visit.who, Power.ELECT)
    id, signature = visit.path("id"), form.get("signature", "").strip()
    processing.ask_permit(visit.office, visit.who, id, visit.path("holder"), signature)
    return go(f"/actions/{id}#elections")


def _plain(value: Any) -> Any:
    """Numbers as text, because scripts read them as floats."""
    return str(value) if isinstance(value, int) else value
