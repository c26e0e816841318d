"""The pages of corporate actions: one action, its forms."""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import partial
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from freehold.core.actions.kinds import ELECTED
from freehold.core.actions.kinds import Kind as Servicing
from freehold.core.actions.life import State
from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.core.roles import Power
from freehold.core.units import format_units, parse_units
from freehold.desks import permits
from freehold.desks.approvals import approvals
from freehold.desks.approvals.approvals import ProposeRequest
from freehold.desks.register import reports
from freehold.desks.servicing import actions, ballots, events, feeding, processing
from freehold.desks.servicing.events import ActionView, Entitled
from freehold.desks.servicing.processing import Act
from freehold.doors.papers import payment
from freehold.doors.web import charts, subscribing
from freehold.doors.web.proposing import shown_then_proposed
from freehold.doors.web.visits import Form, Visit, act, go, page, see

ROWS = 50
STEPS = ("announced", "recorded", "funded", "paying", "delivered", "reconciled", "closed")
TITLES = {
    "announced": "Announced",
    "recorded": "Record instant",
    "funded": "Funded",
    "paying": "Paid",
    "delivered": "Delivered",
    "reconciled": "Proved",
    "closed": "Closed",
}
ORDERS: Mapping[str, Act] = {"pay": Act.PAY, "reconcile": Act.RECONCILE, "close": Act.CLOSE}
SORTS: Mapping[str, Callable[[Entitled], Any]] = {
    "account": lambda one: one.part.account,
    "holder": lambda one: one.name.casefold() or one.holder,
    "units": lambda one: -one.part.units,
    "net": lambda one: (-one.part.net, -one.part.gets),
}


@dataclass(frozen=True, slots=True)
class Stage:
    """A station of an action's life: done, now or waiting."""

    title: str
    kind: str
    at: datetime | None
    by: str


def routes() -> list[BaseRoute]:
    """The pages, and what their forms are sent to."""
    one = "/actions/{id}"
    return [
        Route(one, page(action), methods=["GET"]),
        Route(f"{one}/entitlements.csv", page(entitlements_csv), methods=["GET"]),
        Route(f"{one}/payment.pdf", page(payment_pdf), methods=["GET"]),
        Route(f"{one}/amend", page(amending), methods=["GET"]),
        Route(f"{one}/amend", act(amend), methods=["POST"]),
        Route(f"{one}/fund", act(fund), methods=["POST"]),
        Route(f"{one}/feed", act(feed), methods=["POST"]),
        Route(f"{one}/cancel", act(cancel), methods=["POST"]),
        Route(f"{one}/orders/{{step}}", act(order), methods=["POST"]),
        Route(f"{one}/release", act(release), methods=["POST"]),
        Route(f"{one}/elect", act(elect), methods=["POST"]),
    ]


def proposed(visit: Visit) -> list[Any]:
    """Proposals about actions and meetings that wait for a second person."""
    if not permits.allows(visit.who, Power.READ_APPROVALS):
        return []
    kinds = [str(one) for one in (Act.ANNOUNCE, Act.AMEND, Act.CANCEL, Act.FUND)]
    found = approvals.queue(visit.office, visit.who)
    return [one for one in found if one.proposal.act.kind in kinds]


# ---- one action ----


def action(visit: Visit) -> Response:
    """One action: its life, terms, who gets what, the money, what can be done now."""
    return _shown(visit, visit.path("id"))


def _shown(visit: Visit, id: str, status: int = 200, **more: Any) -> Response:
    office, who = visit.office, visit.who
    one = events.one(office, who, id)
    found = events.entitlements(office, who, id)
    text, sort = visit.query("q").casefold(), visit.query("sort", "account")
    rows = [row for row in found.rows if text in f"{row.name} {row.holder}".casefold()]
    rows.sort(key=SORTS.get(sort.removeprefix("-"), SORTS["account"]), reverse=sort.startswith("-"))
    number = int(visit.query("page", "1")) if visit.query("page", "1").isdigit() else 1
    last = max(1, -(-len(rows) // ROWS))
    number = min(max(1, number), last)
    money = events.money(office, who, id) if one.terms.cash and one.may_read_all else None
    services = permits.allows(who, Power.SERVICE, one.owner.id)
    values: dict[str, Any] = {
        "one": one,
        "terms": one.terms,
        "stages": stages(one),
        "rows": rows[(number - 1) * ROWS : number * ROWS],
        "matched": len(rows),
        "everybody": len(found.rows),
        "first": (number - 1) * ROWS + 1,
        "provisional": found.provisional,
        "plan": found.plan,
        "why": found.why,
        "fractions": bool(found.plan.fractions),
        "q": visit.query("q"),
        "sort": sort,
        "number": number,
        "last": last,
        "money": money,
        "bars": [_bar(one, each) for each in (money, *money.others)] if money else [],
        "coins": lambda amount, code="": coins(one, amount, code),
        "units": lambda amount: format_units(amount, one.instrument.decimals),
        "fed": feeding.feeds(office, events.readable(office, who, id))
        if one.terms.revenue
        else None,
        "orders": processing.waiting(office, id),
        "waiting": [each for each in proposed(visit) if _about(each, id)],
        "services": services,
        "next_order": _next_order(one) if services else "",
        "elections": ballots.elections(office, who, id),
        "choices": actions.choices_in(one.terms) if takes_choices(one) else (),
        "asks": bool(actions.choices_in(one.terms)),
        "rights": subscribing.rights(visit, one, found.rows) if takes_choices(one) else [],
        "prices": subscribing.prices(visit, one) if takes_choices(one) else [],
        "mine": events.own_holders(who, one.owner.id, Power.ELECT),
        "followed_by": [
            each.terms.id
            for each in events.listed(office, who, one.owner.id)
            if each.terms.follows == id
        ],
        "versions": len(events.versions(office, who, id)),
        "now": events.now(office),
        "key": secrets.token_hex(16),
        "problem": "",
        "wrong_at": "",
        "given": {},
    }
    return see(visit, "action.html", status, **(values | more))


def stages(one: ActionView) -> list[Stage]:
    """The life of an action from announcement to close, with when and by whom each was done."""
    taken = {each.step: each for each in one.steps}
    names = {"announced": "announce", "funded": "fund", "paying": "pay", "delivered": "deliver"}
    names |= {"reconciled": "reconcile", "closed": "close"}
    found: list[Stage] = []
    order = [each for each in STEPS if (each != "funded" and each != "paying") or one.terms.pays]
    cancelled = one.state is State.CANCELLED
    reached = order.index(one.state) if one.state in order else -1
    for name in order:
        step = taken.get(names.get(name, ""))
        done = step is not None or (name == "recorded" and reached >= order.index("recorded"))
        at = one.terms.record if name == "recorded" else step.at if step else None
        if not done and name == "paying":
            at = one.terms.payment
        waits = not done and not cancelled and not any(each.kind == "now" for each in found)
        kind = "done" if done else "now" if waits else ""
        found.append(Stage(TITLES[name], kind, at, step.by if step else ""))
    if cancelled:
        step = taken["cancel"]
        kept = [each for each in found if each.kind == "done"]
        return [*kept, Stage("Cancelled", "bad", step.at, step.by)]
    return found


def coins(one: ActionView, amount: int, code: str = "") -> str:
    """An amount in whole coins of a currency, the action's own if none is named."""
    own = one.terms.cash.decimals if one.terms.cash else 0
    return format_units(amount, one.terms.options.places(code, own))


def _bar(one: ActionView, money: events.Money) -> dict[str, Any]:
    """A pot in words and as a bar: paid, held, withheld, swept, still to be paid, as parts of what is
    needed. Nothing is drawn of a pot that nothing is needed of."""
    whole, code = max(money.needed, money.funded), money.currency
    done = money.paid + money.held + money.withheld
    left = max(0, money.funded - done - money.swept)
    amounts = {
        "Paid": money.paid,
        "Held": money.held,
        "Withheld as tax": money.withheld,
        "In the pot": left,
        "Not funded": max(0, money.needed - money.funded),
        "Sent to its keeper": money.swept,
    }
    shown = [
        charts.Part(name, Fraction(amount, whole), place)
        for place, (name, amount) in enumerate(amounts.items(), 1)
        if amount and whole
    ]
    return {
        "money": money,
        "code": code or one.symbol,
        "key": [(each, coins(one, amounts[each.name], code)) for each in shown],
        "drawn": charts.stacked(shown) if shown else None,
        "coins": lambda amount: coins(one, amount, code),
    }


def _next_order(one: ActionView) -> str:
    if one.state is State.DELIVERED:
        return "reconcile"
    if one.state is State.RECONCILED:
        return "close"
    due = one.due
    return "pay" if due and due.what in ("Payment", "Delivery") and due.at is None else ""


def takes_choices(one: ActionView) -> bool:
    """Whether holders may still answer."""
    return one.state in (State.ANNOUNCED, State.RECORDED, State.FUNDED)


def _about(view: Any, id: str) -> bool:
    given = view.proposal.act.arguments
    return given.get("action") == id or f'id = "{id}"' in given.get("terms", "")


# ---- papers ----


def entitlements_csv(visit: Visit) -> Response:
    """Who gets what, raw and exact, as CSV."""
    id = visit.path("id")
    one = events.one(visit.office, visit.who, id)
    found = events.entitlements(visit.office, visit.who, id)
    places = one.instrument.decimals
    heads = (
        "account",
        "holder",
        "name",
        "units",
        "gets",
        "gives",
        "gross",
        "withheld",
        "net",
        "currency",
        "state",
    )
    rows = [
        (
            str(row.part.account), row.holder, row.name, format_units(row.part.units, places),
            format_units(row.part.gets, places), format_units(row.part.gives, places),
            *(coins(one, amount, row.part.currency)
              for amount in (row.part.gross, row.part.withheld, row.part.net)),
            row.part.currency or one.symbol, row.became,
        )
        for row in found.rows
    ]  # fmt: skip
    said = f'attachment; filename="{id}-entitlements.csv"'
    text = reports.csv_text(heads, rows)
    return Response(text, media_type="text/csv", headers={"Content-Disposition": said})


def payment_pdf(visit: Visit) -> Response:
    """What one holder gets by an action, as a paper."""
    id, holder = visit.path("id"), visit.query("holder")
    one = events.one(visit.office, visit.who, id)
    rows = [
        row for row in events.entitlements(visit.office, visit.who, id).rows if row.holder == holder
    ]
    if not rows:
        raise NotFound(f"{holder[:64] or 'nobody'} has no part in {id}", holder=holder)
    said = f'attachment; filename="{id}-{holder}.pdf"'
    content = payment.as_pdf(one, rows[0], events.now(visit.office))
    return Response(content, media_type="application/pdf", headers={"Content-Disposition": said})


# ---- what forms ask for ----


def amending(visit: Visit) -> Response:
    """The terms in force as a text to change."""
    id = visit.path("id")
    permits.require(visit.who, Power.SERVICE)
    text = events.versions(visit.office, visit.who, id)[-1]
    return _amending(visit, id, text)


def amend(visit: Visit, form: Form) -> Response:
    """Show what other terms would change, then propose them."""
    id, text = visit.path("id"), form.get("terms", "")
    owner = events.serviced(visit.office, visit.who, id)
    key, other = form.get("key", "")[:128], form.get("other", "").strip()
    given, kind = {"terms": text}, "amend-action"
    if other:
        given, kind = {"action": id, "terms": _following(text, id, other)}, "replace-action"
    asked = ProposeRequest(kind, given, key, owner)
    return shown_then_proposed(visit, form, asked, partial(_amending, visit, id, text, other=other))


def _following(text: str, id: str, other: str) -> str:
    """The terms under another id, saying which action they follow."""
    lines = [
        line
        for line in text.replace("\r\n", "\n").split("\n")
        if line.partition("=")[0].strip() not in ("id", "follows")
    ]
    return "\n".join([f"id = {json.dumps(other)}", f"follows = {json.dumps(id)}", *lines])


def _amending(visit: Visit, id: str, text: str, **more: Any) -> Response:
    values: dict[str, Any] = {
        "one": events.one(visit.office, visit.who, id),
        "text": text,
        "other": "",
        "tried": None,
        "problem": "",
        "mistakes": [],
        "key": secrets.token_hex(16),
    }
    values |= more
    names = approvals.names_of(visit.office, visit.who, values["one"].owner.id)
    return see(visit, "action_amend.html", 422 if values["problem"] else 200, names=names, **values)


def fund(visit: Visit, form: Form) -> Response:
    """Propose to fill the pot."""
    amount = form.get("amount", "").replace(",", "").strip()
    return _propose(visit, form, "fund-action", {"amount": amount} if amount else {}, "amount")


def feed(visit: Visit, form: Form) -> Response:
    """Propose to put the part of revenue into the pot."""
    told = {name: form.get(name, "").strip() for name in ("revenue", "on", "reference")}
    return _propose(visit, form, "fund-action", told, "revenue")


def cancel(visit: Visit, form: Form) -> Response:
    """Propose to call the action off."""
    return _propose(visit, form, "cancel-action", {}, "")


def _propose(visit: Visit, form: Form, kind: str, more: Mapping[str, str], field: str) -> Response:
    id = visit.path("id")
    owner = events.serviced(visit.office, visit.who, id)
    key = form.get("key", "")[:128]
    try:
        asked = ProposeRequest(kind, {"action": id, **more}, key, owner)
        made = approvals.propose(visit.office, visit.who, asked)
    except (Invalid, Conflict) as fault:
        where = str(fault.facts.get("field", field))
        return _shown(visit, id, 422, problem=fault.message, wrong_at=where, given=form)
    if made.proposal is None:
        return _shown(visit, id, 422, problem=made.tried.reason)
    return go(f"/approvals/{made.proposal.id}")


def order(visit: Visit, form: Form) -> Response:
    """Pay, prove or close: asked of the worker."""
    id, step = visit.path("id"), visit.path("step")
    permits.require(visit.who, Power.SERVICE)
    if step not in ORDERS:
        raise NotFound(f"there is no step {step[:32]}")
    try:
        processing.ask(visit.office, visit.who, id, ORDERS[step])
    except Conflict as fault:
        return _shown(visit, id, 422, problem=fault.message)
    return go(f"/actions/{id}")


def release(visit: Visit, form: Form) -> Response:
    """Send money that is held for an account to its wallet."""
    id, account = visit.path("id"), form.get("account", "")
    permits.require(visit.who, Power.SERVICE)
    if not (account.isascii() and account.isdigit() and len(account) < 10):
        return _shown(visit, id, 422, problem="choose the account whose money goes out")
    try:
        processing.ask(visit.office, visit.who, id, Act.RELEASE, account=account)
    except Conflict as fault:
        return _shown(visit, id, 422, problem=fault.message)
    return go(f"/actions/{id}")


def elect(visit: Visit, form: Form) -> Response:
    """Record what a holder elects."""
    id, holder = visit.path("id"), form.get("holder", "").strip()
    permits.require_any(visit.who, (Power.ELECT, None), (Power.SERVICE, None))
    one = events.one(visit.office, visit.who, id)
    try:
        typed = form.get("units", "").replace(",", "").strip()
        choice, key = form.get("choice", ""), form.get("key", "")[:128]
        if not typed and one.terms.work in ELECTED:
            raise Invalid("say how many units; 0 takes back what was elected", field="units")
        units = parse_units(typed or "0", one.instrument.decimals)
        ballots.elect(visit.office, visit.who, id, holder, choice, units, key)
    except (Invalid, Conflict, NotFound) as fault:
        where = str(fault.facts.get("field", "units"))
        return _shown(visit, id, 422, problem=fault.message, wrong_at=where, given=form)
    return go(f"/actions/{id}#elections")


KINDS = list(Servicing)
