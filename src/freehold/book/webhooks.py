"""Webhooks and their deliveries: who is told what where, how often it was tried, and what came back.

A delivery is a row for each change and each subscription to it, made exactly once: the subscription
remembers up to which change it has read, in the transaction that makes the rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, and_, func, insert, or_, select, update

from freehold.book import confidential
from freehold.book import schema_live as schema
from freehold.book.schema_live import Delivered
from freehold.book.session import Transaction
from freehold.core.errors import NotFound

LEASE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Webhook:
    """A subscription. `issuer` is * for all; `read_to` the last change that it has seen; `powers`
    those of the API key that made it, None for all of its owner's."""

    id: str
    identity: str
    issuer: str
    url: str
    kinds: tuple[str, ...]
    read_to: int
    created_at: datetime
    powers: tuple[str, ...] | None = None
    ended_at: datetime | None = None
    paused_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One change on its way to one webhook."""

    number: int
    webhook: str
    change: int
    round: int
    state: Delivered
    tries: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Try:
    """One try of a delivery: when, the status of the answer, and what was said."""

    number: int
    at: datetime
    status: int | None
    milliseconds: int
    said: str


def add(tx: Transaction, one: Webhook, secret: str) -> None:
    """Enter a subscription; the secret is kept sealed."""
    values = {name: getattr(one, name) for name in Webhook.__dataclass_fields__}
    powers = None if one.powers is None else " ".join(one.powers)
    words = {"kinds": " ".join(one.kinds), "powers": powers}
    tx.execute(insert(schema.webhook).values(**values | words))
    confidential.write(tx, _subject(one.id), {"secret": secret})


def exchange_secret(tx: Transaction, which: str, secret: str) -> None:
    """Another secret in the place of the one there was."""
    confidential.write(tx, _subject(which), {"secret": secret})


def secret_of(tx: Transaction, which: str) -> str:
    """The secret under which deliveries are signed."""
    return confidential.read_of(tx, _subject(which))["secret"]


def find(tx: Transaction, identity: str, which: str) -> Webhook:
    """A webhook of an identity. Raises NotFound."""
    of = schema.webhook.c
    mine = select(schema.webhook).where(of.id == which, of.identity == identity)
    row = tx.execute(mine.where(of.ended_at.is_(None))).first()
    if row is None:
        raise NotFound(f"there is no webhook {which}", webhook=which)
    return _webhook(row)


def by_id(tx: Transaction, which: str) -> Webhook | None:
    """A webhook that has not ended, whoever has it."""
    of = schema.webhook.c
    row = tx.execute(select(schema.webhook).where(of.id == which, of.ended_at.is_(None))).first()
    return _webhook(row) if row else None


def of_identity(tx: Transaction, identity: str) -> list[Webhook]:
    """The webhooks of an identity that have not ended, the newest first."""
    of = schema.webhook.c
    rows = select(schema.webhook).where(of.identity == identity, of.ended_at.is_(None))
    return [_webhook(row) for row in tx.execute(rows.order_by(of.created_at.desc(), of.id))]


def behind(tx: Transaction, head: int) -> list[Webhook]:
    """The webhooks that have not read up to a change."""
    of = schema.webhook.c
    rows = select(schema.webhook).where(of.ended_at.is_(None), of.read_to < head)
    return [_webhook(row) for row in tx.execute(rows.order_by(of.id))]


def end(tx: Transaction, which: str, now: datetime) -> None:
    """End a webhook; what waits for it is given up."""
    tx.execute(update(schema.webhook).where(schema.webhook.c.id == which).values(ended_at=now))
    of = schema.delivery.c
    waiting = and_(of.webhook == which, of.state == Delivered.WAITING)
    tx.execute(update(schema.delivery).where(waiting).values(state=Delivered.DEAD))


def pause(tx: Transaction, which: str, since: datetime | None) -> None:
    """Send nothing to a webhook since an instant; None: go on, with what waited."""
    here = update(schema.webhook).where(schema.webhook.c.id == which)
    tx.execute(here.values(paused_at=since))


def plan(
    tx: Transaction, one: Webhook, numbers: Sequence[int], read_to: int, now: datetime
) -> bool:
    """Make the deliveries of changes and remember how far was read; False if another did so first."""
    of = schema.webhook.c
    here = update(schema.webhook).where(of.id == one.id, of.read_to == one.read_to)
    if not tx.execute(here.values(read_to=read_to)).rowcount:
        return False
    for number in numbers:
        _enter(tx, one.id, number, 0, now)
    return True


def replay(tx: Transaction, which: str, numbers: Sequence[int], now: datetime) -> int:
    """Deliver changes once more; how many."""
    of = schema.delivery.c
    for number in numbers:
        known = (of.webhook == which, of.change == number)
        last = tx.execute(select(func.max(of.round)).where(*known)).scalar()
        _enter(tx, which, number, (last or 0) + 1, now)
    return len(numbers)


def due(tx: Transaction, now: datetime) -> list[tuple[str, str]]:
    """The webhooks that have a delivery due and none on its way, with their owners, whoever has waited
    longest first; none that is paused."""
    of, hook = schema.delivery.c, schema.webhook.c
    first = func.min(of.due_at)
    rows = (
        select(of.webhook, hook.identity)
        .join(schema.webhook, hook.id == of.webhook)
        .where(of.state == Delivered.WAITING, of.due_at <= now, hook.paused_at.is_(None))
        .where(of.webhook.not_in(_at_work(now)))
        .group_by(of.webhook, hook.identity)
        .order_by(first, of.webhook)
    )
    return [(which, identity) for which, identity in tx.execute(rows)]


def take_next(tx: Transaction, worker: str, which: str, now: datetime) -> Delivery | None:
    """The next delivery of a webhook that is due, leased to this worker; None where nothing is due, it is
    paused, or another worker is sending to it: one at a time, in their order."""
    of = schema.delivery.c
    paused = select(schema.webhook.c.id).where(schema.webhook.c.paused_at.is_not(None))
    wanted = (of.webhook == which, of.state == Delivered.WAITING, of.due_at <= now)
    rows = select(schema.delivery).where(
        *wanted, of.webhook.not_in(paused), of.webhook.not_in(_at_work(now))
    )
    row = tx.execute(rows.order_by(of.due_at, of.number).limit(1)).first()
    if row is None:
        return None
    free = or_(of.leased_until.is_(None), of.leased_until <= now)
    mine = update(schema.delivery).where(of.number == row.number, free)
    leased = tx.execute(mine.values(leased_by=worker, leased_until=now + LEASE)).rowcount
    return _delivery(row) if leased else None


def _at_work(now: datetime) -> Select[tuple[str]]:
    """The webhooks that a worker is sending to."""
    of = schema.delivery.c
    return select(of.webhook).where(of.state == Delivered.WAITING, of.leased_until > now)


def tried(tx: Transaction, one: Delivery, attempt: Try, state: Delivered, due_at: datetime) -> None:
    """Write down a try and how the delivery stands after it."""
    values = {name: getattr(attempt, name) for name in Try.__dataclass_fields__}
    tx.execute(insert(schema.delivery_try).values(delivery=one.number, **values))
    after = {"state": state, "tries": attempt.number, "due_at": due_at}
    after |= {"leased_by": None, "leased_until": None}
    here = schema.delivery.c.number == one.number
    tx.execute(update(schema.delivery).where(here).values(**after))


def deliveries(tx: Transaction, which: str, before: int | None, limit: int) -> list[Delivery]:
    """The deliveries of a webhook, the newest first."""
    of = schema.delivery.c
    rows = select(schema.delivery).where(of.webhook == which)
    if before is not None:
        rows = rows.where(of.number < before)
    return [_delivery(row) for row in tx.execute(rows.order_by(of.number.desc()).limit(limit))]


def delivery(tx: Transaction, which: str, number: int) -> Delivery:
    """One delivery of a webhook. Raises NotFound."""
    of = schema.delivery.c
    row = tx.execute(
        select(schema.delivery).where(of.webhook == which, of.number == number)
    ).first()
    if row is None:
        raise NotFound(f"there is no delivery {number} of webhook {which}", delivery=number)
    return _delivery(row)


def tries(tx: Transaction, numbers: Sequence[int]) -> dict[int, list[Try]]:
    """The tries of deliveries, the first first."""
    of = schema.delivery_try.c
    rows = select(schema.delivery_try).where(of.delivery.in_(numbers))
    found: dict[int, list[Try]] = {number: [] for number in numbers}
    for row in tx.execute(rows.order_by(of.delivery, of.number)):
        found[row.delivery].append(Try(row.number, row.at, row.status, row.milliseconds, row.said))
    return found


def counts(tx: Transaction) -> dict[Delivered, int]:
    """How many deliveries stand where."""
    of = schema.delivery.c
    rows = tx.execute(select(of.state, func.count()).group_by(of.state))
    return {Delivered(state): int(count) for state, count in rows}


def counts_of(tx: Transaction, which: Sequence[str]) -> dict[str, dict[Delivered, int]]:
    """The same for each of these webhooks."""
    of = schema.delivery.c
    rows = select(of.webhook, of.state, func.count()).where(of.webhook.in_(which))
    found = {one: dict.fromkeys(Delivered, 0) for one in which}
    for one, state, count in tx.execute(rows.group_by(of.webhook, of.state)):
        found[one][Delivered(state)] = count
    return found


def _enter(tx: Transaction, which: str, change: int, round: int, now: datetime) -> None:
    row = {"webhook": which, "change": change, "round": round, "tries": 0, "due_at": now}
    tx.execute(insert(schema.delivery).values(**row, state=Delivered.WAITING))


def _subject(which: str) -> str:
    return f"webhook {which}"


def _webhook(row: Row[Any]) -> Webhook:
    values = {name: getattr(row, name) for name in Webhook.__dataclass_fields__}
    powers = None if row.powers is None else tuple(row.powers.split())
    return Webhook(**values | {"kinds": tuple(row.kinds.split()), "powers": powers})


def _delivery(row: Row[Any]) -> Delivery:
    values = {name: getattr(row, name) for name in Delivery.__dataclass_fields__}
    return Delivery(**values | {"state": Delivered(row.state)})
