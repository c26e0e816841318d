"""Money for the pot of a corporate action, which two persons agree to: an amount, or a share of revenue.

Feeding is funding: both are one kind of act, so that no rule about the one leaves the other open.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from freehold.core.actions.life import Step as Taken
from freehold.core.approvals import Act, Change
from freehold.core.clock import parse_day
from freehold.core.errors import Conflict, Invalid
from freehold.core.roles import Power
from freehold.core.units import format_units, parse_units
from freehold.desks.approvals import approvable_servicing as servicing_acts
from freehold.desks.approvals import kinds
from freehold.desks.approvals.kinds import Asking, Kind
from freehold.desks.office import Office
from freehold.desks.servicing import actions, events, feeding, pots, processing, servicing
from freehold.desks.servicing.servicing import Case

REVENUE = ("revenue", "on", "reference")
"""What is told of revenue; all three, or none."""
_read_amount = servicing_acts.read_named("fund-action", Taken.FUND)


def _read(office: Office, asking: Asking) -> Act:
    given = {name: asking.texts[name].strip() for name in REVENUE if asking.texts.get(name)}
    if not given:
        return _read_amount(office, asking)
    if missing := [name for name in REVENUE if not given.get(name)]:
        raise Invalid(
            f"revenue is told with its day and a reference: {missing[0]} is missing",
            field=missing[0],
        )
    if asking.texts.get("amount"):
        raise Invalid("amount stands beside revenue, from which it follows", field="amount")
    of = servicing_acts.of_action(office, asking, asking.texts["action"])
    revenue, on = _revenue(of, given), parse_day(given["on"], "on")
    _require_new(of, given["reference"])
    amount = format_units(feeding.due(office, of, revenue, on, given["reference"]), _places(of))
    told = {"action": of.known.id, **given, "revenue": format_units(revenue, _places(of))}
    return kinds.of_instrument("fund-action", asking, of.instrument, told, amount)


def _require_new(of: Case, reference: str) -> None:
    """Raises Conflict for revenue that was told under the reference already."""
    if any(one.step == Taken.FEED and one.content["reference"] == reference for one in of.taken):
        raise Conflict(
            f"the revenue {reference} is in the pot already: each has a reference of its own",
            action=of.known.id,
        )


def _difference(office: Office, act: Act) -> Sequence[Change]:
    """What each pot has before and after: the act's amount in the action's own coin, in each elected
    currency what its pot lacks."""
    of = servicing.case(office, act.arguments["action"])
    if "revenue" in act.arguments:
        return _feeding_difference(office, act, of)
    found = servicing_acts.planned(office, of)
    places, changes = _places(of), []
    for code, due in pots.due_by_currency(found).items():
        before, after = pots.funded(of, code), due
        if not code:
            given = act.arguments.get("amount")
            after = before + (parse_units(given, places) if given else due)
        digits = of.terms.options.places(code, places)
        pot = f"Money in the pot, {code or servicing_acts.coin_in(office, of.terms)}"
        changes.append(Change(pot, format_units(before, digits), format_units(after, digits)))
    return [*changes, Change("Holders who are paid", "0", str(len(actions.parts_of(found))))]


def _feeding_difference(office: Office, act: Act, of: Case) -> Sequence[Change]:
    given, places = act.arguments, _places(of)
    told, on = feeding.feeds(office, of), date.fromisoformat(given["on"])
    part = feeding.due(office, of, _revenue(of, given), on, given["reference"])
    coin = events.symbol(office, of.terms) or "money"
    changes = [
        Change("Revenue told", "none", f"{given['revenue']} {coin} of {on}, {given['reference']}"),
        Change(
            f"Money in the pot, {coin}",
            format_units(told.fed, places),
            format_units(told.fed + part, places),
        ),
    ]
    if told.most is not None:
        after = min(told.reached + part, told.most)
        of_cap = f"Of the cap of {format_units(told.most, places)}, {coin}"
        before = format_units(told.reached, places)
        changes.append(Change(of_cap, before, format_units(after, places)))
    return changes


def _revenue(of: Case, given: Mapping[str, str]) -> int:
    if of.terms.revenue is None:
        raise Invalid(f"{of.known.id} is not fed by revenue: name an amount", field="revenue")
    return parse_units(given["revenue"].replace(",", ""), _places(of), "revenue")


def _places(of: Case) -> int:
    return of.terms.cash.decimals if of.terms.cash else 0


def _texts(office: Office, act: Act) -> Mapping[str, str]:
    """What the order needs: the act's texts, money in the coin's smallest unit."""
    given = dict(act.arguments) | {"issuer": act.issuer}
    of = servicing.case(office, given["action"])
    for name in ("amount", "revenue"):
        if name in given:
            given[name] = str(parse_units(given[name], _places(of), name))
    return given


KINDS = (
    Kind(
        "fund-action",
        "Fund a corporate action",
        Power.SERVICE,
        _read,
        _difference,
        servicing_acts.by_worker(processing.Act.FUND, lambda act: act.arguments["action"], _texts),
        ("action",),
        ("amount", *REVENUE),
    ),
)
