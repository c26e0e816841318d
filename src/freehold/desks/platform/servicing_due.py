"""What waits in corporate actions, meetings and the cash book: pots to fund, actions to close, votes and
elections open, breaks to explain.

Told from the book alone: the dates stand in the terms and notices that were sent out.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from freehold.book import actions, cashbook, issuers, meetings
from freehold.book.issuers import KnownIssuer
from freehold.core.actions.kinds import ELECTED
from freehold.core.actions.life import State, Step, state
from freehold.core.actions.notice_file import read_notice
from freehold.core.actions.terms import Terms, read
from freehold.core.roles import Power
from freehold.desks import permits
from freehold.desks.office import Office
from freehold.desks.permits import Actor


@dataclass(frozen=True, slots=True)
class Waits:
    """A line for the list of what waits. `late` says that its instant has passed."""

    title: str
    detail: str
    href: str
    verb: str
    due: datetime | None
    late: bool = False


@dataclass(frozen=True, slots=True)
class Announced:
    """An action or a meeting by its name, for whoever looks for it."""

    name: str
    about: str
    href: str


def waits(office: Office, actor: Actor, now: datetime) -> Iterator[Waits]:
    """What waits for the actor in the issuers he services or holds of."""
    for owner in _owners(office, actor):
        yield from _actions(office, actor, owner, now)
        yield from _meetings(office, actor, owner, now)
        yield from _breaks(office, actor, owner)


@dataclass(frozen=True, slots=True)
class Coming:
    """A date that lies ahead: what happens then, of what, and the page about it."""

    at: datetime
    what: str
    about: str
    href: str


def coming(office: Office, actor: Actor, now: datetime, most: int) -> list[Coming]:
    """The next dates of actions and meetings of the issuers that the actor services or holds of."""
    found: list[Coming] = []
    for owner in _owners(office, actor):
        found += _dates_of_actions(office, owner)
        found += _dates_of_meetings(office, owner)
    return sorted((one for one in found if one.at > now), key=lambda one: one.at)[:most]


def _dates_of_actions(office: Office, owner: KnownIssuer) -> Iterator[Coming]:
    with office.book.reading() as tx:
        open_ = set(actions.unfinished(tx))
        known = [
            read(actions.versions(tx, one.id)[-1])
            for one in actions.every(tx, owner.id)
            if one.id in open_
        ]
    for terms in known:
        about, href = f"{terms.instrument} of {owner.name}", f"/actions/{terms.id}"
        kind = str(terms.kind).replace("-", " ")
        yield Coming(terms.record, f"Record of a {kind}", about, href)
        yield Coming(terms.payment, f"Payment of a {kind}", about, href)
        if terms.work in ELECTED or terms.options.choices:
            yield Coming(terms.elect_until, f"Answers to a {kind} end", about, href)


def _dates_of_meetings(office: Office, owner: KnownIssuer) -> Iterator[Coming]:
    with office.book.reading() as tx:
        called = [one for one in meetings.every(tx, owner.id) if one.ended_at is None]
        classes = [one.class_id for one in issuers.instruments(tx, owner.id)]
    for one in called:
        notice = read_notice(one.notice, classes)
        about, href = f"{notice.name} of {owner.name}", f"/meetings/{one.number}"
        yield Coming(notice.terms.opens, "Votes open", about, href)
        yield Coming(notice.terms.closes, "Votes close", about, href)


def announced(office: Office, actor: Actor) -> Iterator[Announced]:
    """Every action and meeting that the actor may read."""
    for owner in _owners(office, actor):
        with office.book.reading() as tx:
            known = [
                (one, read(actions.versions(tx, one.id)[-1])) for one in actions.every(tx, owner.id)
            ]
            called = meetings.every(tx, owner.id)
            classes = [one.class_id for one in issuers.instruments(tx, owner.id)]
        for one, terms in known:
            kind = str(terms.kind).replace("-", " ")
            about = f"{kind} · {terms.instrument} of {owner.name}"
            yield Announced(one.id, about, f"/actions/{one.id}")
        for each in called:
            name = read_notice(each.notice, classes).name
            about = f"meeting {each.number} of {owner.name}"
            yield Announced(name, about, f"/meetings/{each.number}")


def _owners(office: Office, actor: Actor) -> list[KnownIssuer]:
    own = {one.partition("/")[0] for one in permits.scopes(actor, Power.READ_OWN)}
    with office.book.reading() as tx:
        every = issuers.issuers(tx)
    return [
        one
        for one in every
        if one.chain == office.chain
        and (permits.allows(actor, Power.READ_REGISTER, one.id) or one.id in own)
    ]


def _actions(office: Office, actor: Actor, owner: KnownIssuer, now: datetime) -> Iterator[Waits]:
    with office.book.reading() as tx:
        open_ = set(actions.unfinished(tx))
        known = []
        for one in actions.every(tx, owner.id):
            if one.id in open_:
                steps = {Step(each.step) for each in actions.steps(tx, one.id)}
                known.append((read(actions.versions(tx, one.id)[-1]), steps))
    services = permits.allows(actor, Power.SERVICE, owner.id)
    elects = any(one.startswith(f"{owner.id}/") for one in permits.scopes(actor, Power.ELECT))
    for terms, steps in known:
        stands = state(terms, steps, now)
        if services:
            yield from _to_service(owner, terms, steps, stands, now)
        asks = terms.work in ELECTED or terms.options.choices
        if elects and asks and now < terms.elect_until and Step.PAY not in steps:
            title = f"You are asked: {str(terms.kind).replace('-', ' ')}"
            href = f"/actions/{terms.id}#elections"
            yield Waits(
                title, f"{terms.instrument} of {owner.name}.", href, "Elect", terms.elect_until
            )


def _to_service(
    owner: KnownIssuer, terms: Terms, steps: set[Step], stands: State, now: datetime
) -> Iterator[Waits]:
    href, detail = f"/actions/{terms.id}", f"{terms.instrument} of {owner.name}."
    if terms.pays and Step.FUND not in steps:
        late = now >= terms.payment
        title = f"{terms.id} waits for its money"
        yield Waits(title, detail, href, "Fund", terms.payment, late)
    if stands is State.RECONCILED:
        yield Waits(f"{terms.id} is paid and proved", detail, href, "Close", None)


def _meetings(office: Office, actor: Actor, owner: KnownIssuer, now: datetime) -> Iterator[Waits]:
    with office.book.reading() as tx:
        called = [one for one in meetings.every(tx, owner.id) if one.ended_at is None]
        classes = [one.class_id for one in issuers.instruments(tx, owner.id)]
    holds = permits.allows(actor, Power.HOLD_MEETINGS, owner.id)
    votes = any(one.startswith(f"{owner.id}/") for one in permits.scopes(actor, Power.ELECT))
    for one in called:
        notice = read_notice(one.notice, classes)
        href, terms = f"/meetings/{one.number}", notice.terms
        if votes and terms.opens <= now < terms.closes:
            title = f"Vote: {notice.name}"
            yield Waits(title, f"{owner.name}. It closes", f"{href}#vote", "Vote", terms.closes)
        if holds and terms.opens <= now < terms.closes:
            yield Waits(
                f"Votes are open: {notice.name}",
                f"{owner.name}. It closes",
                href,
                "Open",
                terms.closes,
            )
        if holds and now >= terms.counted_from:
            detail = f"{owner.name}. It closed"
            yield Waits(f"To be counted: {notice.name}", detail, href, "Count", terms.closes, True)


def _breaks(office: Office, actor: Actor, owner: KnownIssuer) -> Iterator[Waits]:
    """The breaks of the cash book that are open, for whoever keeps it."""
    if not permits.allows(actor, Power.KEEP_CASH, owner.id):
        return
    with office.book.reading() as tx:
        left = cashbook.breaks(tx, owner.id, open_alone=True)
    if left:
        count = "1 break" if len(left) == 1 else f"{len(left)} breaks"
        title = f"{count} of the cash book {'is' if len(left) == 1 else 'are'} open"
        detail = f"{owner.name}. The oldest was found"
        href = f"/cash/reconciliation?issuer={owner.id}"
        yield Waits(title, detail, href, "Explain", left[0].found_at, True)
