"""Winding-ups that two persons agree to: the plan, money for it, its end before time.

What is approved becomes a work order (`approvable_servicing.by_worker`).
"""

from collections.abc import Iterator, Mapping, Sequence

from freehold.core.actions.windup import Step as Taken
from freehold.core.actions.windup import state
from freehold.core.approvals import Act, Change
from freehold.core.clock import stamp
from freehold.core.errors import Conflict, Invalid
from freehold.core.roles import Power
from freehold.core.units import format_units, parse_units
from freehold.desks.approvals import kinds
from freehold.desks.approvals.approvable_servicing import MOST_ROWS, NONE, by_worker
from freehold.desks.approvals.kinds import Asking, Kind
from freehold.desks.office import Office
from freehold.desks.outbox import orders
from freehold.desks.servicing import processing, windup_reading, windups
from freehold.desks.servicing.windups import Case, Draft


def _read_plan(office: Office, asking: Asking) -> Act:
    text, exit, owner = asking.texts["terms"], asking.texts["exit"], asking.owner.id
    windups.require_new(office, text)
    found = windups.draft(office, text, exit, owner)
    tried = windups.propose(office, orders.agent(office), text, exit, owner, dry_run=True)
    if tried.act.refused:
        raise Conflict(tried.act.reason)
    amount = format_units(found.total, found.coin.decimals)
    act = kinds.of_issuer("propose-windup", asking, {"terms": text, "exit": exit})
    return Act(act.kind, act.issuer, act.arguments, None, amount, act.grounds, act.reference)


def _plan_difference(office: Office, act: Act) -> Sequence[Change]:
    given = act.arguments
    found = windups.draft(office, given["terms"], given["exit"], act.issuer)
    terms, coin = found.terms, found.coin.symbol
    said = {
        "Winding-up": terms.exit.name, "Exit": f"{given['exit']} {terms.exit.currency}",
        "Coin": found.coin.address, "Record of every class": stamp(terms.record),
        "Payment": stamp(terms.payment), "Claims until": stamp(terms.claim_until),
        "Tax of": terms.tax or NONE,
    }  # fmt: skip
    changes = [Change(name, NONE, text) for name, text in said.items()]
    for stage in found.stages:
        amount = _coins(found, stage.amount)
        at = stamp(windups.opens(terms, stage.id))
        changes.append(Change(f"Stage {stage.id}, {coin}", NONE, f"{amount} from {at}"))
    for part in windup_reading.parts(office, found):
        does = f", {part.does}" if part.does else ""
        after = _coins(found, part.total)
        changes.append(Change(f"{part.id} ({part.kind}{does}), {coin}", "0", after))
    return [*changes, *_shares(office, found)]


def _shares(office: Office, found: Draft) -> Iterator[Change]:
    """What each account gets, on today's holdings."""
    rows = windup_reading.shares(office, found)
    if len(rows) > MOST_ROWS:
        yield Change("Accounts concerned", "0", str(len(rows)))
        return
    for one in rows:
        subject = one.holder or f"account {one.account}"
        what = f"Gross for {one.class_id}, {found.coin.symbol}"
        yield Change(what, "0", _coins(found, one.gross), subject)


def _read_named(kind: str, step: Taken) -> kinds.Read:
    def read(office: Office, asking: Asking) -> Act:
        of = _of(office, asking)
        windups.require(office, of, step)
        given = {"windup": of.id}
        if amount := asking.texts.get("amount", ""):
            smallest = parse_units(amount.replace(",", ""), of.coin.decimals, "amount")
            windups.to_fund(of, smallest)
            given["amount"] = _coins(of, smallest)
        act = kinds.of_issuer(kind, asking, given)
        money = given.get("amount")
        return Act(act.kind, act.issuer, act.arguments, None, money, act.grounds, act.reference)

    return read


def _of(office: Office, asking: Asking) -> Case:
    of = windups.case(office, asking.texts["windup"])
    if of.owner.id != asking.owner.id:
        said = f"{of.id} is a winding-up of {of.owner.id}, not of {asking.owner.id}"
        raise Invalid(said, field="windup")
    return of


def _fund_difference(office: Office, act: Act) -> Sequence[Change]:
    of = windups.case(office, act.arguments["windup"])
    given = windups.to_fund(of, _amount(of, act))
    pot = f"Money in the pot, {of.coin.symbol}"
    return [Change(pot, _coins(of, of.funded), _coins(of, of.funded + given))]


def _cancel_difference(office: Office, act: Act) -> Sequence[Change]:
    of = windups.case(office, act.arguments["windup"])
    changes = [Change("State", str(state(of.course)), "cancelled")]
    if back := of.funded - of.course.needed(of.course.opened):
        pot = f"Money in the pot, {of.coin.symbol}"
        changes.append(Change(pot, _coins(of, back), "given back"))
    return changes


def _amount(of: Case, act: Act) -> int | None:
    amount = act.arguments.get("amount")
    return parse_units(amount, of.coin.decimals, "amount") if amount else None


def _coins(of: Case | Draft, amount: int) -> str:
    return format_units(amount, of.coin.decimals)


# ---- how they are carried out ----


def _texts(office: Office, act: Act) -> Mapping[str, str]:
    """What the order needs: the act's texts, money in the coin's smallest unit."""
    given = dict(act.arguments) | {"issuer": act.issuer}
    if "amount" in given:
        of = windups.case(office, given["windup"])
        given["amount"] = str(_amount(of, act))
    return given


def _subject(act: Act) -> str:
    id = act.arguments.get("windup") or windups.id_in(act.arguments["terms"])
    return windups.scope_of(id)


def _refused_now(office: Office, act: Act) -> str:
    given, agent = act.arguments, orders.agent(office)
    text, exit = given["terms"], given["exit"]
    return windups.propose(office, agent, text, exit, act.issuer, dry_run=True).act.reason


KINDS = (
    Kind(
        "propose-windup",
        "Wind an issuer up",
        Power.SERVICE,
        _read_plan,
        _plan_difference,
        by_worker(processing.Act.WIND_UP, _subject, _texts, _refused_now),
        ("terms", "exit"),
    ),
    Kind(
        "fund-windup",
        "Fund a winding-up",
        Power.SERVICE,
        _read_named("fund-windup", Taken.FUND),
        _fund_difference,
        by_worker(processing.Act.FUND_WINDUP, _subject, _texts),
        ("windup",),
        ("amount",),
    ),
    Kind(
        "cancel-windup",
        "Call a winding-up off",
        Power.SERVICE,
        _read_named("cancel-windup", Taken.CANCEL),
        _cancel_difference,
        by_worker(processing.Act.CANCEL_WINDUP, _subject, _texts),
        ("windup",),
    ),
)
