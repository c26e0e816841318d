"""Webhooks: somebody's server is told what changes, once for each change, until it has answered.

A webhook sees what its owner may see at the moment of the delivery, narrowed to an issuer and to kinds
of change. The worker plans deliveries from the feed and sends them (`delivering.py`); what fails is tried
again, ever later (`core/webhooks.py`), and given up after the last try. Any delivered or given-up change
can be replayed.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from freehold.book import audit, changes, identities, requests, webhooks
from freehold.book.changes import KINDS, Change
from freehold.book.schema_live import Delivered as Delivered
from freehold.book.session import Transaction
from freehold.book.webhooks import Delivery, Try, Webhook
from freehold.core.audit import Entry
from freehold.core.clock import stamp
from freehold.core.errors import Conflict, Invalid, Mistake, NotFound
from freehold.core.roles import EVERYWHERE, Power
from freehold.desks import permits
from freehold.desks.office import LOCAL_CHAIN, Office
from freehold.desks.permits import Actor
from freehold.desks.platform.changes import scoped, sees, visible
from freehold.feeds import hooks

MOST_HOOKS = 20
MOST_REPLAYED = 500


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """A delivery with its change's kind, everything that was tried, and the body that is sent.

    The body is None where its owner may not see the change any more.
    """

    delivery: Delivery
    kind: str
    tries: tuple[Try, ...]
    body: str | None


@dataclass(frozen=True, slots=True)
class Health:
    """A webhook, and how many of its deliveries stand where."""

    webhook: Webhook
    counts: Mapping[Delivered, int]


def subscribe(
    office: Office,
    actor: Actor,
    url: str,
    kinds: Sequence[str],
    issuer: str = EVERYWHERE,
    once: str | None = None,
) -> tuple[Webhook, str]:
    """A webhook for oneself, and its secret, which is shown this once.

    It begins with what changes from now on. Raises NotPermitted, Invalid with every mistake, Conflict
    where one has too many already, or one was made under the idempotency key `once`.
    """
    permits.require(actor, Power.OWN_KEYS)
    mistakes = [
        Mistake("kinds", f"{one!r} is none of {', '.join(KINDS)}")
        for one in kinds
        if one not in KINDS
    ]
    if not kinds:
        mistakes.append(Mistake("kinds", "choose at least one"))
    try:
        hooks.require_target(url, loopback=is_test(office))
    except Invalid as fault:
        mistakes += fault.mistakes
    if mistakes:
        raise Invalid("the webhook cannot be made", mistakes)
    now, secret = office.clock.now(), _new_secret()
    wanted = tuple(dict.fromkeys(kinds))
    asked = requests.once(actor.id, once, issuer, "make webhook", url, list(wanted), issuer)
    with office.book.transaction() as tx:
        requests.require_first(tx, asked)
        if len(webhooks.of_identity(tx, actor.id)) >= MOST_HOOKS:
            raise Conflict(f"there are {MOST_HOOKS} webhooks already: end one first")
        id = f"hook_{secrets.token_hex(12)}"
        made = Webhook(id, actor.id, issuer, url, wanted, changes.head(tx), now, _limit(actor))
        webhooks.add(tx, made, secret)
        requests.note(tx, asked, {"id": id}, now)
        content = {"url": url, "kinds": " ".join(wanted), "issuer": issuer}
        audit.record(tx, Entry(actor.id, "make webhook", id, content=dict(content)), now)
    return made, secret


def listed(office: Office, actor: Actor) -> list[Webhook]:
    """One's own webhooks. Raises NotPermitted."""
    permits.require(actor, Power.OWN_KEYS)
    with office.book.reading() as tx:
        return webhooks.of_identity(tx, actor.id)


def end(office: Office, actor: Actor, which: str) -> None:
    """End one of one's own webhooks. Raises NotPermitted, NotFound."""
    permits.require(actor, Power.OWN_KEYS)
    now = office.clock.now()
    with office.book.transaction() as tx:
        webhooks.find(tx, actor.id, which)
        webhooks.end(tx, which, now)
        audit.record(tx, Entry(actor.id, "end webhook", which), now)


def pause(office: Office, actor: Actor, which: str, *, paused: bool) -> Webhook:
    """Send nothing to one of one's own webhooks for now, or go on with what waited meanwhile.

    Again is no change. Raises NotPermitted, NotFound.
    """
    permits.require(actor, Power.OWN_KEYS)
    now = office.clock.now()
    with office.book.transaction() as tx:
        one = webhooks.find(tx, actor.id, which)
        if paused == (one.paused_at is not None):
            return one
        since = now if paused else None
        webhooks.pause(tx, which, since)
        audit.record(
            tx, Entry(actor.id, "pause webhook" if paused else "resume webhook", which), now
        )
    return replace(one, paused_at=since)


def rotate(
    office: Office, actor: Actor, which: str, once: str | None = None
) -> tuple[Webhook, str]:
    """A new secret for one of one's own webhooks, shown this once; the next try is signed with it.

    Raises NotPermitted, NotFound, Conflict where one was made under the idempotency key `once`.
    """
    permits.require(actor, Power.OWN_KEYS)
    now, secret = office.clock.now(), _new_secret()
    asked = requests.once(actor.id, once, EVERYWHERE, "rotate webhook secret", which)
    with office.book.transaction() as tx:
        one = webhooks.find(tx, actor.id, which)
        requests.require_first(tx, asked)
        requests.note(tx, asked, {"id": f"a new secret of {which}"}, now)
        webhooks.exchange_secret(tx, which, secret)
        audit.record(tx, Entry(actor.id, "rotate webhook secret", which), now)
    return one, secret


def replay(
    office: Office, actor: Actor, which: str, first: int, last: int, once: str | None = None
) -> int:
    """Deliver again the changes with these numbers that the webhook is about, under the idempotency key
    `once` no second time; how many that are.

    Raises NotPermitted, NotFound, Invalid for a range that is empty or too long.
    """
    permits.require(actor, Power.OWN_KEYS)
    if not 0 < first <= last < first + MOST_REPLAYED:
        said = f"a range has 1 to {MOST_REPLAYED} changes, the first one first"
        raise Invalid("this cannot be replayed", [Mistake("last", said)])
    now = office.clock.now()
    asked = requests.once(actor.id, once, EVERYWHERE, "replay webhook", which, first, last)
    with office.book.transaction() as tx:
        one = webhooks.find(tx, actor.id, which)
        if known := requests.answered(tx, asked):
            return int(known["deliveries"])
        found = visible(tx, actor, first - 1, last - first + 1, one.kinds).items
        numbers = [
            change.number for change in found if change.number <= last and concerns(one, change)
        ]
        count = webhooks.replay(tx, which, numbers, now)
        requests.note(tx, asked, {"deliveries": count}, now)
        content = {"first": first, "last": last, "deliveries": count}
        audit.record(tx, Entry(actor.id, "replay webhook", which, content=dict(content)), now)
    return count


def log(
    office: Office, actor: Actor, which: str, before: int | None, limit: int
) -> list[DeliveryView]:
    """The deliveries of one's own webhook, the newest first. Raises NotPermitted, NotFound."""
    permits.require(actor, Power.OWN_KEYS)
    with office.book.reading() as tx:
        webhooks.find(tx, actor.id, which)
        return _views(tx, actor, webhooks.deliveries(tx, which, before, limit))


def delivery(office: Office, actor: Actor, which: str, number: int) -> DeliveryView:
    """One delivery of one's own webhook. Raises NotPermitted, NotFound."""
    permits.require(actor, Power.OWN_KEYS)
    with office.book.reading() as tx:
        webhooks.find(tx, actor.id, which)
        return _views(tx, actor, [webhooks.delivery(tx, which, number)])[0]


def health(office: Office, actor: Actor) -> list[Health]:
    """One's own webhooks, the newest first, with how their deliveries stand. Raises NotPermitted."""
    permits.require(actor, Power.OWN_KEYS)
    with office.book.reading() as tx:
        mine = webhooks.of_identity(tx, actor.id)
        found = webhooks.counts_of(tx, [one.id for one in mine])
        return [Health(one, found[one.id]) for one in mine]


def find(office: Office, actor: Actor, which: str) -> Webhook:
    """One of one's own webhooks. Raises NotPermitted, NotFound."""
    permits.require(actor, Power.OWN_KEYS)
    with office.book.reading() as tx:
        return webhooks.find(tx, actor.id, which)


def _views(tx: Transaction, actor: Actor, found: Sequence[Delivery]) -> list[DeliveryView]:
    tries = webhooks.tries(tx, [one.number for one in found])
    told = scoped(tx, [changes.find(tx, one.change) for one in found])
    bodies = [body_of(one).decode() if sees(actor, one) else None for one in told]
    return [
        DeliveryView(one, change.kind, tuple(tries[one.number]), body)
        for one, change, body in zip(found, told, bodies, strict=True)
    ]


def acting_for(office: Office, operator: Actor, sign_in_name: str) -> Actor:
    """The actor that somebody is, for whoever administers identities. Raises NotPermitted, NotFound."""
    permits.require(operator, Power.MANAGE_IDENTITIES, EVERYWHERE)
    with office.book.reading() as tx:
        known = identities.named(tx, sign_in_name)
        if known is None or known.ended_at:
            raise NotFound(f"nobody signs in as {sign_in_name}", name=sign_in_name)
        return permits.actor_of(tx, known)


def body_of(change: Change) -> bytes:
    """What a delivery says: one change as canonical JSON, the same in every try."""
    told = {
        "number": change.number,
        "at": stamp(change.at),
        "kind": change.kind,
        "scope": change.scope,
        "subject": change.subject,
        "content": dict(change.content),
    }
    return json.dumps(told, sort_keys=True, separators=(",", ":")).encode()


def _new_secret() -> str:
    return f"whsec_{secrets.token_urlsafe(32)}"


def _limit(actor: Actor) -> tuple[str, ...] | None:
    """A webhook that an API key made sees no more than the key."""
    return None if actor.limit is None else tuple(sorted(actor.limit))


def concerns(one: Webhook, change: Change) -> bool:
    """Whether a change that the owner may see is one that the webhook is about."""
    issuer = change.scope.split("/")[0]
    return change.kind in one.kinds and one.issuer in (EVERYWHERE, issuer)


def is_test(office: Office) -> bool:
    """Whether the network is one for tests, where deliveries may stay on this machine."""
    return office.chain == LOCAL_CHAIN
