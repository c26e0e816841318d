"""`freehold bench actions`, the list of all actions: each from its announcement to its close.

Every kind of action is announced, amended while that is possible, funded, interrupted in its payment,
carried out, proved and closed on the embedded ledger; and called off in every state in which that is
possible. In each state everything that is out of place is tried, and must be refused with a sentence.
Register, contract, money, pot and statements are then compared with what the table says must be.
"""

import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from freehold.core.actions import pages
from freehold.core.actions.kinds import TRAITS, Work
from freehold.core.actions.life import State
from freehold.core.actions.terms import read
from freehold.core.clock import stamp, to_seconds
from freehold.core.errors import Conflict, PlatformError
from freehold.desks.office import now_on_chain
from freehold.desks.register import registers
from freehold.desks.servicing import actions, delivering, feeding, paying, servicing
from freehold.doors.bench import action_checks as checks
from freehold.doors.bench import action_world as worlds
from freehold.doors.bench.action_checks import Walk
from freehold.doors.bench.action_table import LIVES, Held, Life
from freehold.doors.bench.action_world import World
from freehold.doors.bench.report import Row

ACTS = ("page ", "issue ", "unit ", "split page ", "collect ", "rename")
"""Acts on holders, by the beginnings of their keys: before one of them the work is interrupted."""
CALLED_OFF = (State.ANNOUNCED, State.RECORDED, State.FUNDED, State.PAYING)
"""The states in which an action can be called off."""
TOO_LATE = {
    State.PAYING: ("amend", "fund", "reconcile", "close"),
    State.DELIVERED: ("amend", "fund", "pay", "close", "cancel"),
    State.RECONCILED: ("amend", "fund", "pay", "cancel"),
    State.CLOSED: ("amend", "fund", "pay", "reconcile", "close", "cancel"),
    State.CANCELLED: ("amend", "fund", "pay", "reconcile", "close", "cancel"),
}
TOO_EARLY = {
    State.ANNOUNCED: ("pay", "reconcile", "close"),
    State.RECORDED: ("pay", "reconcile", "close"),
    State.FUNDED: ("pay", "reconcile", "close"),
}
"""What is out of place in each state, and must be refused."""


class Interrupted(Exception):
    """The work was stopped, as by a process that dies."""


def rows() -> Iterator[Row]:
    """Every action of the table; a row that is not met says what was wrong first."""
    with (
        tempfile.TemporaryDirectory(prefix="freehold-bench-") as folder,
        page_by_page(),
        worlds.opened(Path(folder) / "home") as world,
    ):
        for life in LIVES:
            for state in states(life) if life.called_off else ():
                wrong = called_off(world, life, state)
                yield _row(f"action {life.kind}: called off when {state}", wrong)
            wrong = lived(world, life)
            yield _row(f"action {life.name}: announced to closed, statements verified", wrong)
        verified = registers.verify(world.office).ok
        yield Row("register rebuilt from events after them all", int(verified), "", 1, "higher")


def _row(name: str, wrong: list[str]) -> Row:
    told = f"{name}: {wrong[0]}" if wrong else name
    return Row(told, int(not wrong), "", 1, "higher")


@contextmanager
def page_by_page() -> Iterator[None]:
    """One holder on a page, so that an action can be interrupted between two holders."""
    paged, at_once = pages.paged, delivering.AT_ONCE
    setattr(pages, "paged", lambda listed: paged(listed, 1))  # noqa: B010
    setattr(delivering, "AT_ONCE", 1)  # noqa: B010
    try:
        yield
    finally:
        setattr(pages, "paged", paged)  # noqa: B010
        setattr(delivering, "AT_ONCE", at_once)  # noqa: B010


def states(life: Life) -> tuple[State, ...]:
    """The states through which an action of this kind comes until it pays."""
    pots = "[cash]" in life.body and TRAITS[life.kind].work is not Work.OFFER
    return tuple(one for one in CALLED_OFF if pots or one is not State.FUNDED)


# ---- the ways ----


def lived(world: World, life: Life, id: str = "") -> list[str]:
    """Announce, amend in every state, be interrupted, pay, prove, close; what was wrong."""
    walk = _announced(world, life, id or re.sub("[^a-z0-9]+", "-", life.name))
    _reach(walk, State.PAYING, amend=True)
    if TRAITS[life.kind].work is Work.SPLIT and life.stop > 1:
        _refused(walk, "cancel", State.PAYING)
    _done(walk, "pay", paying.pay(world.office, world.agent, walk.id))
    _out_of_place(walk, State.DELIVERED)
    _told(walk, lambda: paying.reconcile(world.office, world.agent, walk.id))
    _out_of_place(walk, State.RECONCILED)
    _done(walk, "close", paying.close(world.office, world.agent, walk.id))
    _out_of_place(walk, State.CLOSED)
    walk.wrong.extend(checks.found_wrong(walk, life.due(walk.held)))
    return walk.wrong


def called_off(world: World, life: Life, at: State) -> list[str]:
    """Announce, come to a state, call off; what was wrong."""
    walk = _announced(world, life, f"{life.kind}-off-{at}")
    _reach(walk, at)
    _done(walk, "cancel", paying.cancel(world.office, world.agent, walk.id))
    _out_of_place(walk, State.CANCELLED)
    due = life.half(walk.held) if at is State.PAYING else checks.unchanged(walk.held)
    walk.wrong.extend(checks.found_wrong(walk, due))
    return walk.wrong


# ---- parts ----


def _announced(world: World, life: Life, id: str) -> Walk:
    """Its class as at the beginning, and the first announcement, which is not yet what will be."""
    named = "paid" if TRAITS[life.kind].work is Work.PAY else str(life.kind)
    instrument, other = worlds.open_class(world, named), worlds.open_class(world, "other")
    worlds.fill(world, named, checks.units(world, instrument), id)
    checks.freeze(world, named, id)
    if life.tax:
        worlds.file_form(world)
    held = checks.units(world, instrument)
    text = _terms(world, life, id, named, held)
    draft = text.replace(*life.draft)
    there, money = checks.units(world, other), worlds.money_of(world)
    walk = Walk(world, life, id, named, text, draft, held, money, there)
    done = actions.announce(world.office, world.agent, draft, world.owner.id)
    _done(walk, "announce", done.act)
    for named, (choice, many) in life.elects(held).items():
        actions.elect(world.office, world.agent, id, named, choice, many)
    return walk


def _terms(world: World, life: Life, id: str, named: str, held: Held) -> str:
    record = now_on_chain(world.office).replace(microsecond=0) + timedelta(days=1)
    month = (record.replace(day=1) + timedelta(days=31)).replace(day=1).date()
    second = (month + timedelta(days=31)).replace(day=1)
    body = life.body.format(
        id=id,
        coin=world.coin,
        other="other",
        start=month,
        second=second,
        maturity=month.replace(year=month.year + 1),
        most=sum(life.due(held).units.values()) - sum(held.values()),
    )
    dates = f"record = {stamp(record)}\npayment = {stamp(record + timedelta(days=2))}\n"
    tax = f'tax = "{life.tax}"\n' if life.tax else ""
    head = f'id = "{id}"\nkind = "{life.kind}"\ninstrument = "{named}"\n'
    return head + (dates if life.dated else "") + tax + body


def _reach(walk: Walk, wanted: State, *, amend: bool = False) -> None:
    """Come to a state; on the way the terms are amended in each state where that is asked for."""
    office, agent, id = walk.world.office, walk.world.agent, walk.id
    terms = read(walk.text)
    pots = State.FUNDED in states(walk.life)
    _amended(walk, amend or wanted is not State.ANNOUNCED)
    _feed(walk, walk.life.feeds[:1])
    _out_of_place(walk, State.ANNOUNCED, tried=amend)
    if wanted is State.ANNOUNCED:
        return
    worlds.pass_by(walk.world, to_seconds(terms.record) + 1)
    if not walk.life.feeds:
        _out_of_place(walk, State.RECORDED, tried=amend)
        _amended(walk, amend)
    if wanted is State.RECORDED:
        return
    if pots:
        _feed(walk, walk.life.feeds[1:])
        if not walk.life.feeds:
            _done(walk, "fund", paying.fund(office, agent, id))
        _out_of_place(walk, State.FUNDED, tried=amend)
        _amended(walk, amend)
    if wanted is State.FUNDED:
        return
    for named, many in walk.life.due(walk.held).pays.items():
        worlds.allow(walk.world, named, many, id)
        walk.money[named] += many
        walk.money[worlds.TREASURY] -= many
    worlds.pass_by(walk.world, to_seconds(terms.payment) + 1)
    try:
        with interrupted(walk.life.stop):
            paying.pay(office, agent, id)
        walk.wrong.append("it was not interrupted")
    except Interrupted:
        pass
    _out_of_place(walk, State.PAYING, tried=amend)


def _feed(walk: Walk, fed: Any) -> None:
    for revenue in fed:
        office, agent = walk.world.office, walk.world.agent
        day = now_on_chain(office).date()
        done = feeding.feed(office, agent, walk.id, revenue, day, f"revenue {revenue}")
        _done(walk, "feed", done)


def _amended(walk: Walk, wanted: bool) -> None:
    if not wanted:
        return
    before = actions.show(walk.world.office, walk.id).version
    done = actions.amend(walk.world.office, walk.world.agent, walk.text)
    _done(walk, "amend", done.act)
    if actions.show(walk.world.office, walk.id).version != before + 1:
        walk.wrong.append("the amendment is no new version of the terms")


def _done(walk: Walk, what: str, done: Any) -> None:
    if done.refused:
        walk.wrong.append(f"{what} was refused: {done.reason}")


def _told(walk: Walk, act: Callable[[], Any]) -> None:
    try:
        act()
    except PlatformError as error:
        walk.wrong.append(error.message)


def _out_of_place(walk: Walk, state: State, *, tried: bool = True) -> None:
    """The action is in the state, and everything that has no place there is refused in a sentence."""
    found = actions.show(walk.world.office, walk.id).state
    if found is not state and not (walk.life.feeds and found is State.FUNDED):
        walk.wrong.append(f"it is {found} and not {state}")
    for act in TOO_LATE.get(state, TOO_EARLY.get(state, ())) if tried else ():
        _refused(walk, act, state)


def _refused(walk: Walk, act: str, state: State) -> None:
    office, agent, id = walk.world.office, walk.world.agent, walk.id
    asked: dict[str, Callable[[], Any]] = {
        "amend": lambda: actions.amend(office, agent, walk.draft).act,
        "fund": lambda: paying.fund(office, agent, id, 10**12),
        "pay": lambda: paying.pay(office, agent, id),
        "reconcile": lambda: paying.reconcile(office, agent, id),
        "close": lambda: paying.close(office, agent, id),
        "cancel": lambda: paying.cancel(office, agent, id),
    }
    try:
        done = asked[act]()
    except Conflict as refusal:
        if len(refusal.message.split()) < 5:
            walk.wrong.append(f"{act} when {state} is refused without a sentence")
        return
    if not getattr(done, "refused", False) or not done.reason:
        walk.wrong.append(f"{act} when {state} was not refused")


@contextmanager
def interrupted(before: int) -> Iterator[None]:
    """Stop the work before so many acts on holders, as a process that dies there would."""
    carry, done = servicing.carry, []

    def one_by_one(office: Any, actor: Any, of: Any, calls: Any, *needs: Any) -> Any:
        answer = None
        for each in calls:
            if each[2].startswith(ACTS):
                done.append(each[2])
                if len(done) == before:
                    raise Interrupted
            answer = carry(office, actor, of, [each], *needs)
            if answer.refused:
                return answer
        return answer if answer is not None else carry(office, actor, of, calls, *needs)

    setattr(servicing, "carry", one_by_one)  # noqa: B010
    try:
        yield
    finally:
        setattr(servicing, "carry", carry)  # noqa: B010
