"""Acts of corporate actions and meetings: asked for at a door, carried out by the worker.

A door signs nothing: it enters a work order, and the worker carries the act out with the desk that knows
it, each act under keys by which it happens once. What is due is asked for by the worker itself: a payment
whose day has come, and the proof after it. Killed in the middle, the worker begins the same order again.
"""

import json
from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum

from freehold.book import actions as book
from freehold.book import issuers
from freehold.book import meetings as book_of_meetings
from freehold.book import work_orders as kept
from freehold.book.meetings import KeptMeeting
from freehold.book.schema_work import State as Stage
from freehold.book.session import Transaction
from freehold.book.work_orders import WorkOrder
from freehold.core.actions.life import State, Step, why_not
from freehold.core.clock import to_seconds
from freehold.core.errors import Conflict, NotFound
from freehold.core.ids import record_hash
from freehold.core.roles import Power, holder_scope
from freehold.desks import permits
from freehold.desks.office import Office, now_on_chain
from freehold.desks.outbox import orders, work_orders
from freehold.desks.outbox.orders import Actor, ActOutcome
from freehold.desks.outbox.work_orders import Kind, Tell, Wanted
from freehold.desks.servicing import (
    actions,
    assembly,
    claiming,
    feeding,
    meeting_changes,
    meetings,
    noting,
    paying,
    pots,
    remains,
    replacing,
    sealed,
    servicing,
    subscribing,
    subscriptions,
    unclaimed,
    voting,
    winding_up,
    windups,
)
from freehold.desks.servicing.meeting_changes import AmendRequest
from freehold.desks.servicing.meetings import MeetingRequest
from freehold.desks.servicing.voting import ProxyRequest

WORKER = permits.Actor("worker", "worker", ())
Texts = Mapping[str, str]


class Act(StrEnum):
    """What an order carries out."""

    ANNOUNCE = "announce-action"
    AMEND = "amend-action"
    CANCEL = "cancel-action"
    REPLACE = "replace-action"
    FUND = "fund-action"
    PAY = "pay-action"
    RECONCILE = "reconcile-action"
    CLOSE = "close-action"
    RELEASE = "release-payment"
    CLAIM = "claim-payment"
    PERMIT = "permit-subscription"
    SWEEP = "sweep-unclaimed"
    WIND_UP = "propose-windup"
    FUND_WINDUP = "fund-windup"
    PAY_WINDUP = "pay-windup"
    RECONCILE_WINDUP = "reconcile-windup"
    CLOSE_WINDUP = "close-windup"
    CANCEL_WINDUP = "cancel-windup"
    RELEASE_WINDUP = "release-windup"
    CALL = "call-meeting"
    APPOINT = "appoint-proxy"
    REVEAL = "reveal-votes"
    CONCLUDE = "close-meeting"
    AMEND_MEETING = "amend-meeting"
    CALL_OFF = "cancel-meeting"


STEPS = {
    Act.AMEND: Step.AMEND,
    Act.CANCEL: Step.CANCEL,
    Act.FUND: Step.FUND,
    Act.PAY: Step.PAY,
    Act.RECONCILE: Step.RECONCILE,
    Act.CLOSE: Step.CLOSE,
}
"""The step of an action's life that an act takes."""
ALONE = (Act.PAY, Act.RECONCILE, Act.CLOSE, Act.RELEASE, Act.CLAIM)
"""Acts on an action that follow from what two persons agreed to: one person asks for them."""
AT_MEETINGS = (
    Act.CALL, Act.APPOINT, Act.REVEAL, Act.CONCLUDE, Act.AMEND_MEETING, Act.CALL_OFF,
)  # fmt: skip


def ask(office: Office, who: permits.Actor, id: str, act: Act, **texts: str) -> WorkOrder:
    """Ask for an act of an action that needs one person, once for each state it is asked in.

    Raises NotFound, NotPermitted, Conflict with the sentence why it is not the time.
    """
    permits.require(who, Power.SERVICE)
    of = servicing.case(office, id)
    permits.require(who, Power.SERVICE, of.owner.id)
    if act in STEPS:
        servicing.require(office, of, STEPS[act])
    key = f"{who.id} {act} {len(of.taken)} {json.dumps(texts, sort_keys=True)}"
    with office.book.transaction() as tx:
        found = enter(office, tx, who, act, of.owner.id, id, {"action": id, **texts}, key)
        if found.state is Stage.FAILED:  # asked again
            now = office.clock.now()
            found = kept.move(tx, found.id, Stage.FAILED, Stage.WAITING, now, doing="")
    return found


def ask_claim(office: Office, who: permits.Actor, id: str, holder: str) -> WorkOrder:
    """Ask that a holder's proofs are brought, which sends his money to his own wallet: for himself, or for
    whoever services the action or winding-up. Asked again for the same money it is the same order.

    Raises NotFound, NotPermitted, Conflict with the sentence why nothing can be claimed now.
    """
    permits.require_any(who, (Power.ELECT, None), (Power.SERVICE, None))
    of = remains.find(office, id)
    scope = holder_scope(of.owner.id, holder)
    permits.require_any(who, (Power.ELECT, scope), (Power.SERVICE, of.owner.id))
    now = claiming.require_open(office, claiming.proofs(office, who, id, holder))
    key = " ".join([Act.CLAIM, holder, *(str(one.distribution) for one in now)])
    texts = {"action": id, "holder": holder}
    with office.book.transaction() as tx:
        found = enter(office, tx, who, Act.CLAIM, of.owner.id, of.subject, texts, key)
        if found.state is Stage.FAILED:  # asked again
            moment = office.clock.now()
            found = kept.move(tx, found.id, Stage.FAILED, Stage.WAITING, moment, doing="")
    return found


def ask_permit(
    office: Office, who: permits.Actor, id: str, holder: str, signature: str
) -> WorkOrder:
    """Ask that a holder's signed permit is sent to the coin, so that the price of his subscription may be
    taken; once for each signature.

    Raises NotFound, NotPermitted, Invalid for another signature than his wallet's, Conflict.
    """
    subscriptions.require_signed(office, who, id, holder, signature)
    of = servicing.case(office, id)
    texts = {"action": id, "holder": holder, "signature": signature}
    key = f"{Act.PERMIT} {holder} {record_hash(signature)}"
    with office.book.transaction() as tx:
        return enter(office, tx, who, Act.PERMIT, of.owner.id, id, texts, key)


def ask_at(office: Office, who: permits.Actor, number: int, act: Act) -> WorkOrder:
    """Ask that a meeting is closed, or its sealed votes revealed.

    Raises NotFound, NotPermitted, Conflict with the sentence why it is not the time.
    """
    permits.require(who, Power.HOLD_MEETINGS)
    one = next((each for each in _meetings(office) if each.number == number), None)
    if one is None:
        raise NotFound(f"there is no meeting {number}", meeting=number)
    permits.require(who, Power.HOLD_MEETINGS, one.issuer.id)
    stage = assembly.Stage.REVEALING if act is Act.REVEAL else assembly.Stage.CLOSED
    doing = "reveal votes" if act is Act.REVEAL else "close meeting"
    with noting.refusals(office, who.id, doing, noting.meeting(one.issuer.id, number)):
        if wrong := assembly.when_wrong(one, (stage,)):
            raise Conflict(wrong, meeting=number)
    texts = {"meeting": str(number), "issuer": one.issuer.id}
    key = f"{who.id} {act} {office.clock.now():%Y-%m-%dT%H:%M}"
    with office.book.transaction() as tx:
        return enter(office, tx, who, act, one.issuer.id, f"meeting {number}", texts, key)


def _meetings(office: Office) -> list[assembly.Assembly]:
    with office.book.reading() as tx:
        every = [one for one in issuers.issuers(tx) if one.chain == office.chain]
    return [each for one in every for each in assembly.every(office, one.id)]


def enter(
    office: Office,
    tx: Transaction,
    who: permits.Actor,
    act: Act,
    issuer: str,
    subject: str,
    texts: Texts,
    key: str,
) -> WorkOrder:
    """Enter the order of an act, once under its key."""
    content = {"act": str(act), "by": who.name, "issuer": issuer, "texts": dict(texts)}
    wanted = Wanted(_kind(act), issuer, subject, content, 1)
    return work_orders.ask(office, tx, who, wanted, key)


def order_of(office: Office, act: Act, subject: str, key: str) -> WorkOrder | None:
    """The order that was entered under a key; None before that."""
    id = record_hash(["work order", str(_kind(act)), subject, key])
    with office.book.reading() as tx:
        try:
            return kept.find(tx, id)
        except NotFound:
            return None


def waiting(office: Office, subject: str) -> list[WorkOrder]:
    """Orders about an action or a meeting that are not carried out yet, or were refused; last first."""
    with office.book.reading() as tx:
        found = kept.about(tx, subject)
    if found and found[0].state is Stage.FAILED:
        return found[:1]
    return [one for one in found if one.state is Stage.WAITING]


# ---- the worker's part ----


def carry(office: Office, order: WorkOrder, tell: Tell) -> None:
    """Carry an order out. Raises Conflict with the sentence of a refusal."""
    act = Act(order.content["act"])
    tell(0, str(act).replace("-", " "))
    actor = Actor(str(order.content["by"])[:64], office.keys.agent)
    done = CARRIED[act](office, actor, order.content["texts"], order.id)
    if done is not None and done.refused:
        raise Conflict(done.reason, code=done.code)


def advance_due(office: Office) -> int:
    """Ask for what is due now: a payment whose day has come, the proof of what was paid; how many.

    Each is asked for once: what fails waits for a person who asks for it again.
    """
    with office.book.reading() as tx:
        ids = book.unfinished(tx)
    return sum(_advance(office, id) for id in ids)


def _advance(office: Office, id: str) -> bool:
    of = servicing.case(office, id)
    if of.owner.chain != office.chain:
        return False
    act = Act.RECONCILE if servicing.state_of(office, of) is State.DELIVERED else Act.PAY
    wrong = why_not(of.terms, of.steps, servicing.now_of(office), STEPS[act])
    if wrong or now_on_chain(office) < of.terms.record:
        return False
    key = f"due {act} {of.version}"
    if act is Act.PAY and (kept_until := pots.next_hold(office, of)) is not None:
        if to_seconds(servicing.now_of(office)) < kept_until:
            return False
        key += f" {kept_until}"
    if order_of(office, act, id, key) is not None:
        return False
    with office.book.transaction() as tx:
        enter(office, tx, WORKER, act, of.owner.id, id, {"action": id}, key)
    return True


def reveal_due(office: Office) -> int:
    """Ask that sealed votes are opened whose meeting has closed, once for each meeting; how many.

    What nobody opens in time does not count, so it waits for no person.
    """
    with office.book.reading() as tx:
        owners = {one.id: one for one in issuers.issuers(tx) if one.chain == office.chain}
        secret = [
            one
            for one in book_of_meetings.not_ended(tx)
            if one.issuer in owners and "revealed_until" in one.notice
        ]
    return sum(_reveal_due(office, one) for one in secret)


def _reveal_due(office: Office, kept_: KeptMeeting) -> bool:
    subject, key = f"meeting {kept_.number}", f"due {Act.REVEAL}"
    if order_of(office, Act.REVEAL, subject, key) is not None:
        return False
    terms = assembly.terms_of(office, kept_)
    if not terms.closes <= servicing.now_of(office) < terms.counted_from:
        return False
    one = assembly.find(office, kept_.issuer, kept_.number)
    if assembly.when_wrong(one, (assembly.Stage.REVEALING,)):
        return False
    texts = {"meeting": str(kept_.number), "issuer": kept_.issuer}
    with office.book.transaction() as tx:
        enter(office, tx, WORKER, Act.REVEAL, kept_.issuer, subject, texts, key)
    return True


def _kind(act: Act) -> Kind:
    return Kind.MEETING if act in AT_MEETINGS else Kind.ACTION


def _announce(office: Office, actor: Actor, given: Texts, key: str) -> ActOutcome:
    return actions.announce(office, actor, given["terms"], given["issuer"]).act


def _amend(office: Office, actor: Actor, given: Texts, key: str) -> ActOutcome:
    return actions.amend(office, actor, given["terms"]).act


def _cancel(office: Office, actor: Actor, given: Texts, key: str) -> ActOutcome:
    return paying.cancel(office, actor, given["action"])


def _replace(office: Office, actor: Actor, given: Texts, key: str) -> ActOutcome:
    return replacing.replace(office, actor, given["action"], given["terms"]).act


def _fund(office: Office, actor: Actor, given: Texts, key: str) -> ActOutcome:
    if "revenue" in given:
        told = int(given["revenue"]), date.fromisoformat(given["on"]), given["reference"]
        return feeding.feed(office, actor, given["action"], *told)
    amount = int(given["amount"]) if given.get("amount") else None
    return paying.fund(office, actor, given["action"], amount)


def _pay(office: Office, actor: Actor, given: Texts, key: str) -> ActOutcome:
    return paying.pay(office, actor, given["action"])


def _reconcile(office: Office, actor: Actor, given: Texts, key: str) -> None:
    paying.reconcile(office, actor, given["action"])


def _close(office: Office, actor: Actor, given: Texts, key: str) -> ActOutcome:
    return paying.close(office, actor, given["action"])


def _release(office: Office, actor: Actor, given: Texts, key: str) -> ActOutcome:
    return paying.release(office, actor, given["action"], int(given["account"]))


def _wind_up(office: Office, actor: Actor, given: Texts, key: str) -> ActOutcome:
    """What two persons agreed to at a door, two keys agree to on chain."""
    made = windups.propose(office, actor, given["terms"], given["exit"], given["issuer"])
    if made.act.refused or windups.case(office, made.windup).course.agreed:
        return made.act
    return windups.confirm(office, orders.second(office), made.windup, made.plan)


def _fund_windup(office: Office, actor: Actor, given: Texts, key: str) -> ActOutcome:
    amount = int(given["amount"]) if given.get("amount") else None
    return windups.fund(office, actor, given["windup"], amount)


def _pay_windup(office: Office, actor: Actor, given: Texts, key: str) -> ActOutcome:
    return winding_up.pay(office, actor, given["windup"])


def _reconcile_windup(office: Office, actor: Actor, given: Texts, key: str) -> None:
    winding_up.reconcile(office, actor, given["windup"])


def _close_windup(office: Office, actor: Actor, given: Texts, key: str) -> ActOutcome:
    return winding_up.close(office, actor, given["windup"])


def _cancel_windup(office: Office, actor: Actor, given: Texts, key: str) -> ActOutcome:
    return winding_up.cancel(office, actor, given["windup"])


def _release_windup(office: Office, actor: Actor, given: Texts, key: str) -> ActOutcome:
    return winding_up.release(office, actor, given["windup"], int(given["account"]))


def _claim(office: Office, actor: Actor, given: Texts, key: str) -> ActOutcome:
    return claiming.claim(office, actor, given["action"], given["holder"])


def _permit(office: Office, actor: Actor, given: Texts, key: str) -> ActOutcome:
    said = (given["action"], given["holder"], given["signature"])
    return subscribing.permit(office, actor, *said)


def _sweep(office: Office, actor: Actor, given: Texts, key: str) -> ActOutcome:
    return unclaimed.sweep(office, actor, given["action"], given["payee"])


def _call(office: Office, actor: Actor, given: Texts, key: str) -> ActOutcome:
    asked = MeetingRequest(given["notice"], key, given["issuer"])
    return meetings.announce(office, actor, asked).act


def _appoint(office: Office, actor: Actor, given: Texts, key: str) -> ActOutcome:
    asked = ProxyRequest(
        int(given["meeting"]),
        given["holder"],
        given.get("proxy") or None,
        key,
        given.get("giver") or None,
        bool(given.get("may_substitute")),
        given["issuer"],
        given.get("signature") or None,
        int(given.get("at") or 0),
    )
    return voting.appoint(office, actor, asked)


def _reveal(office: Office, actor: Actor, given: Texts, key: str) -> ActOutcome:
    about = given["issuer"], int(given["meeting"])
    holder, receipt = given.get("holder", ""), given.get("receipt", "")
    return sealed.reveal(office, actor, *about, holder, receipt)


def _conclude(office: Office, actor: Actor, given: Texts, key: str) -> ActOutcome:
    return meetings.close(office, actor, given["issuer"], int(given["meeting"]), key).act


def _amend_meeting(office: Office, actor: Actor, given: Texts, key: str) -> ActOutcome:
    asked = AmendRequest(int(given["meeting"]), given["notice"], key, given["issuer"])
    return meeting_changes.amend(office, actor, asked).act


def _call_off(office: Office, actor: Actor, given: Texts, key: str) -> ActOutcome:
    why = bytes.fromhex(given["document"])
    return meetings.cancel(office, actor, given["issuer"], int(given["meeting"]), why, key).act


CARRIED: Mapping[Act, Callable[[Office, Actor, Texts, str], ActOutcome | None]] = {
    Act.ANNOUNCE: _announce,
    Act.AMEND: _amend,
    Act.CANCEL: _cancel,
    Act.REPLACE: _replace,
    Act.FUND: _fund,
    Act.PAY: _pay,
    Act.RECONCILE: _reconcile,
    Act.CLOSE: _close,
    Act.RELEASE: _release,
    Act.CLAIM: _claim,
    Act.PERMIT: _permit,
    Act.SWEEP: _sweep,
    Act.WIND_UP: _wind_up,
    Act.FUND_WINDUP: _fund_windup,
    Act.PAY_WINDUP: _pay_windup,
    Act.RECONCILE_WINDUP: _reconcile_windup,
    Act.CLOSE_WINDUP: _close_windup,
    Act.CANCEL_WINDUP: _cancel_windup,
    Act.RELEASE_WINDUP: _release_windup,
    Act.CALL: _call,
    Act.APPOINT: _appoint,
    Act.REVEAL: _reveal,
    Act.CONCLUDE: _conclude,
    Act.AMEND_MEETING: _amend_meeting,
    Act.CALL_OFF: _call_off,
}
