"""The pages of winding-ups: the list, terms tried and proposed, one with its classes and holders."""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from freehold.core.actions.exit_plan import plan_hash
from freehold.core.actions.options import Payout
from freehold.core.actions.windup import State, Step
from freehold.core.errors import Conflict, Invalid, NotFound, PlatformError
from freehold.core.roles import Power
from freehold.core.units import format_units
from freehold.desks import permits
from freehold.desks.approvals import approvals
from freehold.desks.approvals.approvals import ProposeRequest, Tried
from freehold.desks.register import reports
from freehold.desks.servicing import remains, unclaimed, windup_orders, windup_reading, windups
from freehold.desks.servicing.processing import Act
from freehold.desks.servicing.windup_reading import WindupView
from freehold.doors.web import servicing_lists
from freehold.doors.web.listing import show
from freehold.doors.web.visits import Form, Visit, act, go, issuers_of, page, see

ROWS = 50
FIELDS = ("terms", "exit", "issuer", "key")
ORDERS: Mapping[str, Act] = {
    "pay": Act.PAY_WINDUP,
    "reconcile": Act.RECONCILE_WINDUP,
    "close": Act.CLOSE_WINDUP,
}
KINDS = ("propose-windup", "fund-windup", "cancel-windup")
SWEEP = "sweep-unclaimed"
TITLES = {
    Step.PROPOSE: "Proposed",
    Step.CONFIRM: "Agreed",
    Step.FUND: "Funded",
    Step.PAY: "Paid",
    Step.RECONCILE: "Proved",
    Step.CLOSE: "Closed",
}


@dataclass(frozen=True, slots=True)
class Station:
    """A station of a winding-up's life: done, now or waiting."""

    title: str
    kind: str
    at: datetime | None


def routes() -> list[BaseRoute]:
    """The pages, and what their forms are sent to."""
    one = "/windups/{id}"
    return [
        Route("/windups", page(every), methods=["GET"]),
        Route("/windups/new", page(new), methods=["GET"]),
        Route("/windups/new", act(propose), methods=["POST"]),
        Route(one, page(windup), methods=["GET"]),
        Route(f"{one}/holders.csv", page(holders_csv), methods=["GET"]),
        Route(f"{one}/fund", act(fund), methods=["POST"]),
        Route(f"{one}/cancel", act(cancel), methods=["POST"]),
        Route(f"{one}/orders/{{step}}", act(order), methods=["POST"]),
        Route(f"{one}/release", act(release), methods=["POST"]),
    ]


def every(visit: Visit) -> Response:
    """All winding-ups of the issuers whose registers may be read."""
    table = servicing_lists.windups(visit, windup_reading.listed(visit.office, visit.who))
    values: dict[str, Any] = {
        "money": money,
        "proposes": permits.allows(visit.who, Power.SERVICE),
        "waiting": _proposed(visit),
    }
    return show(visit, "windups.html", table, **values)


# ---- a new one ----


def new(visit: Visit) -> Response:
    """Terms and exit."""
    permits.require(visit.who, Power.SERVICE)
    return _form(visit, {"key": secrets.token_hex(16)})


def propose(visit: Visit, form: Form) -> Response:
    """Show what the terms would pay; confirmed, propose them."""
    permits.require(visit.who, Power.SERVICE)
    given = {name: form.get(name, "").replace("\r\n", "\n").strip() for name in FIELDS}
    if form.get("edit") == "yes":
        return _form(visit, given)
    texts = {"terms": given["terms"], "exit": given["exit"]}
    asked = ProposeRequest("propose-windup", texts, given["key"][:128], given["issuer"] or None)
    try:
        if form.get("confirm") != "yes":
            found = approvals.dry_run(visit.office, visit.who, asked)
            return _form(visit, given, found.reason, tried=found)
        made = approvals.propose(visit.office, visit.who, asked)
    except (Invalid, NotFound, Conflict) as fault:
        return _form(visit, given, fault.message, mistakes=_mistakes(fault))
    if made.proposal is None:
        return _form(visit, given, made.tried.reason)
    return go(f"/approvals/{made.proposal.id}")


def _form(
    visit: Visit,
    given: Mapping[str, str],
    problem: str = "",
    *,
    mistakes: list[str] | None = None,
    tried: Tried | None = None,
) -> Response:
    names = approvals.names_of(visit.office, visit.who, tried.act.issuer) if tried else {}
    values: dict[str, Any] = {
        "given": {name: given.get(name, "") for name in FIELDS},
        "problem": problem,
        "mistakes": mistakes or [],
        "tried": tried if tried and not tried.refused else None,
        "names": names,
        "owners": issuers_of(visit),
    }
    return see(visit, "windup_new.html", 422 if problem else 200, **values)


def _mistakes(fault: PlatformError) -> list[str]:
    """Every mistake of the file, with its line."""
    return [f"{one.place}: {one.message}" for one in getattr(fault, "mistakes", ())]


# ---- one ----


def windup(visit: Visit) -> Response:
    """One winding-up: its life, who gets what, what of it is paid, what can be done now."""
    return _shown(visit, visit.path("id"))


def _shown(visit: Visit, id: str, status: int = 200, **more: Any) -> Response:
    office, who = visit.office, visit.who
    one = windup_reading.one(office, who, id)
    of, text = one.of, visit.query("q").casefold()
    shares = windup_reading.readable_shares(office, who, of)
    rows = [row for row in shares if text in f"{row.name} {row.holder} {row.class_id}".casefold()]
    last = max(1, -(-len(rows) // ROWS))
    services = permits.allows(who, Power.SERVICE, of.owner.id)
    asked = visit.query("page", "1")
    number = min(max(1, int(asked) if re.fullmatch(r"\d{1,6}", asked) else 1), last)
    values: dict[str, Any] = {
        "one": one,
        "of": of,
        "terms": of.terms,
        "plan": plan_hash(of.plan),
        "exit": of.known.exit.replace(",", ""),
        "stations": stations(one),
        "parts_of": windup_reading.parts(office, of),
        "rows": rows[(number - 1) * ROWS : number * ROWS],
        "first": (number - 1) * ROWS + 1,
        "matched": len(rows),
        "number": number,
        "last": last,
        "q": visit.query("q"),
        "provisional": windup_reading.provisional(office, of),
        "money": money,
        "units": lambda row: format_units(row.units, windups.decimals_of(of, row.class_id)),
        "services": services,
        "next_order": _next_order(one),
        "takes_money": one.state not in (State.PROPOSED, *_DONE) and of.funded < of.course.total,
        "may_cancel": one.state not in (State.PAYING, *_DONE),
        "orders": windup_orders.waiting(office, who, id) if services else [],
        "reads_all": windup_reading.reads_all(who, of),
        "waiting": [each for each in _proposed(visit, (*KINDS, SWEEP)) if _about(each, id)],
        "claimed": of.terms.payout is not Payout.PUSH,
        "left": _left(visit, of),
        "key": secrets.token_hex(16),
        "problem": "",
        "wrong_at": "",
        "given": {},
    }
    return see(visit, "windup.html", status, **(values | more))


_DONE = (State.PAID, State.RECONCILED, State.CLOSED, State.CANCELLED)


def stations(one: WindupView) -> list[Station]:
    """The life of a winding-up, with when each was done; paid is when the last stage is."""
    last = {Step(each.step): each.at for each in one.of.taken}
    if one.of.course.paid < len(one.of.stages):
        last.pop(Step.PAY, None)
    found: list[Station] = []
    for step, title in TITLES.items():
        waits = not any(each.kind == "now" for each in found) and one.state is not State.CANCELLED
        kind = "done" if step in last else "now" if waits else ""
        found.append(Station(title, kind, last.get(step)))
    if one.state is State.CANCELLED:
        kept = [each for each in found if each.kind == "done"]
        return [*kept, Station("Called off", "bad", last[Step.CANCEL])]
    return found


def money(of: windups.Case, amount: int) -> str:
    """An amount in whole coins."""
    return format_units(amount, of.coin.decimals)


def holders_csv(visit: Visit) -> Response:
    """Who gets what of which class, raw and exact, as CSV."""
    id = visit.path("id")
    of = windup_reading.one(visit.office, visit.who, id).of
    heads = "class account holder name units gross withheld net paid held state".split()
    rows = [
        (
            row.class_id, str(row.account), row.holder, row.name,
            format_units(row.units, windups.decimals_of(of, row.class_id)),
            *(money(of, each) for each in (row.gross, row.withheld, row.net, row.paid, row.held)),
            row.became,
        )
        for row in windup_reading.readable_shares(visit.office, visit.who, of)
    ]  # fmt: skip
    said = f'attachment; filename="{id}-holders.csv"'
    text = reports.csv_text(heads, rows)
    return Response(text, media_type="text/csv", headers={"Content-Disposition": said})


def fund(visit: Visit, form: Form) -> Response:
    """Propose to put the next stage's money into the pot."""
    amount = form.get("amount", "").replace(",", "").strip()
    return _propose(visit, form, "fund-windup", {"amount": amount} if amount else {}, "amount")


def cancel(visit: Visit, form: Form) -> Response:
    """Propose to call what is not yet paid off."""
    return _propose(visit, form, "cancel-windup", {}, "")


def _propose(visit: Visit, form: Form, kind: str, more: Mapping[str, str], field: str) -> Response:
    id = visit.path("id")
    owner = windup_reading.serviced(visit.office, visit.who, id)
    try:
        asked = ProposeRequest(kind, {"windup": id, **more}, form.get("key", "")[:128], owner)
        made = approvals.propose(visit.office, visit.who, asked)
    except (Invalid, Conflict) as fault:
        return _shown(visit, id, 422, problem=fault.message, wrong_at=field, given=form)
    if made.proposal is None:
        return _shown(visit, id, 422, problem=made.tried.reason)
    return go(f"/approvals/{made.proposal.id}")


def order(visit: Visit, form: Form) -> Response:
    """Pay, prove or close: asked of the worker."""
    id, step = visit.path("id"), visit.path("step")
    permits.require(visit.who, Power.SERVICE)
    if step not in ORDERS:
        raise NotFound(f"there is no step {step[:32]}")
    return _asked(visit, id, ORDERS[step])


def release(visit: Visit, form: Form) -> Response:
    """Send money that is held for an account to its wallet."""
    permits.require(visit.who, Power.SERVICE)
    account = form.get("account", "")
    if not re.fullmatch(r"\d{1,9}", account):
        raise Invalid(f"{account[:16]!r} is no account", field="account")
    return _asked(visit, visit.path("id"), Act.RELEASE_WINDUP, account=account)


def _asked(visit: Visit, id: str, wanted: Act, **texts: str) -> Response:
    try:
        windup_orders.ask(visit.office, visit.who, id, wanted, **texts)
    except Conflict as fault:
        return _shown(visit, id, 422, problem=fault.message)
    return go(f"/windups/{id}")


def _next_order(one: WindupView) -> str:
    """What a person may ask the worker for now."""
    if one.state is State.PAID:
        return "reconcile"
    if one.state is State.RECONCILED:
        return "close"
    return "pay" if one.next.startswith("The stage") and one.next.endswith("is paid") else ""


@dataclass(frozen=True, slots=True)
class Left:
    """What is held under names and what nobody has claimed, in smallest units, of how many accounts;
    whether the period for it is over."""

    held: int
    open: int
    accounts: int
    due: bool


def _left(visit: Visit, of: windups.Case) -> Left | None:
    """What is left of a winding-up, for whoever reads the cash book; None where nothing is."""
    if not permits.allows(visit.who, Power.READ_CASH, of.owner.id) or not of.course.opened:
        return None
    rows = unclaimed.rows_of(visit.office, remains.find(visit.office, of.id))
    if not rows:
        return None
    held = sum(one.amount for one in rows if one.held)
    rest = sum(one.amount for one in rows) - held
    return Left(held, rest, len({one.account for one in rows}), rows[0].due)


def _proposed(visit: Visit, kinds: Sequence[str] = KINDS) -> list[Any]:
    """Proposals about winding-ups that wait for a second person."""
    if not permits.allows(visit.who, Power.READ_APPROVALS):
        return []
    return [
        one for one in approvals.queue(visit.office, visit.who) if one.proposal.act.kind in kinds
    ]


def _about(view: Any, id: str) -> bool:
    return id in (view.proposal.act.arguments.get(name) for name in ("windup", "action"))
