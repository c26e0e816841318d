"""An example world: a home that says of itself that nothing in it is real.

It is declared in a book that holds nothing yet, and never undone. In it, whoever sits at the machine
may come in as anybody, and the ledger's declared simulated clock may be set ahead, so that delays and
holding periods can be watched passing. No other home allows either.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from freehold.book import audit, identities, issuers, settings
from freehold.chain import node, ownership, signer
from freehold.config import Config, host_of
from freehold.core.audit import Entry
from freehold.core.clock import stamp, to_seconds
from freehold.core.errors import Conflict, Invalid, NotFound, Plain
from freehold.core.ids import Address
from freehold.core.roles import EVERYWHERE, Power, Role
from freehold.desks import permits
from freehold.desks.access import proofs, wallets
from freehold.desks.access.sessions import Client, start_session
from freehold.desks.office import Office, now_on_chain, set_clock

WORLD, STEP = "world", "example world: step"
EXAMPLE = "example"
FILLED = "filled"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
MOST_DAYS = 366
ANYWHERE = "http://localhost"
"""The site that a message names which no browser asked for."""


@dataclass(frozen=True, slots=True)
class World:
    """What an example world says of itself: what is being filled in (empty: all is), and its time."""

    filling: str
    now: datetime | None


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody as whom one may come in, with the roles he has."""

    name: str
    roles: tuple[Role, ...]


def declare(office: Office) -> None:
    """Declare that this home is an example world; again is no change.

    Raises Conflict where the home holds a register or people already, or its ledger has a real clock.
    """
    with office.book.transaction() as tx:
        if settings.read(tx, WORLD) == EXAMPLE:
            return
        if issuers.issuers(tx) or identities.everyone(tx) or not office.simulated:
            raise Conflict(
                f"{office.home} is in use and is no example world: set FREEHOLD_HOME to a new folder"
            )
        settings.write(tx, WORLD, EXAMPLE, office.clock.now())


def world(office: Office) -> World | None:
    """The example world that this home is; None where it is none."""
    with office.book.reading() as tx:
        if settings.read(tx, WORLD) != EXAMPLE:
            return None
        step = settings.read(tx, STEP) or ""
    return World("" if step == FILLED else step, now_on_chain(office))


def is_filled(office: Office) -> bool:
    """Whether everything is there."""
    with office.book.reading() as tx:
        return settings.read(tx, STEP) == FILLED


def note_step(office: Office, words: str) -> None:
    """Write down what is being filled in; FILLED ends it."""
    with office.book.transaction() as tx:
        settings.write(tx, STEP, words, office.clock.now())


def guests(office: Office) -> list[Guest]:
    """Everybody as whom one may come in; nobody outside an example world."""
    with office.book.reading() as tx:
        if settings.read(tx, WORLD) != EXAMPLE:
            return []
        return [
            Guest(one.sign_in_name, tuple(each.role for each in identities.roles(tx, one.id)))
            for one in identities.everyone(tx)
            if one.ended_at is None
        ]


def enter_guest(office: Office, name: str, given: list[tuple[Role, str]]) -> None:
    """Enter somebody of the example, before the issuers and holders are there for whom his roles are.

    Raises Conflict outside an example world.
    """
    now = office.clock.now()
    with office.book.transaction() as tx:
        if settings.read(tx, WORLD) != EXAMPLE:
            raise Conflict(f"{office.home} is no example world: invite people instead")
        made = proofs.enter(tx, name, [], permits.OPERATOR, now)
        for role, scope in given:
            identities.give(tx, made.id, role, scope, permits.OPERATOR, now)


def link_wallet(office: Office, who: permits.Actor, words: str, client: Client) -> Address:
    """Link a wallet to somebody of the example, whose key everybody can make from the words; its address.

    Raises Conflict outside an example world, NotPermitted without a fresh proof.
    """
    if world(office) is None:
        raise Conflict(
            f"{office.home} is no example world: a wallet is linked by whoever holds its key"
        )
    secret, place = hashlib.sha256(words.encode()).digest(), proofs.Place(ANYWHERE)
    wallet = signer.from_key(secret.hex())
    text = wallets.begin(office, place, wallets.LINK, wallet.address, client, who)
    signed = ownership.sign_personal(secret, text)
    return wallets.link(office, who, place, text, f"0x{signed.hex()}", client)


def enter(office: Office, config: Config, name: str, client: Client) -> str:
    """Come in as one of the example's people; the session's token.

    Raises NotFound outside an example world, and where the server can be reached from elsewhere.
    """
    here = host_of(config.listen) in LOOPBACK
    with office.book.transaction() as tx:
        known = identities.named(tx, name.strip().lower())
        if not here or settings.read(tx, WORLD) != EXAMPLE or known is None or known.ended_at:
            raise NotFound("there is no such page")
        return start_session(tx, known, client, "example world", office.clock.now())


def advance(office: Office, actor: permits.Actor, days: int) -> datetime:
    """Set the example world's clock so many days ahead; the instant it shows then.

    Raises NotPermitted, Invalid for no number of days from 1 to 366 or outside an example world.
    """
    permits.require(actor, Power.SET_CLOCK)
    if world(office) is None:
        raise Invalid("only an example world has a clock that can be set")
    if not 1 <= days <= MOST_DAYS:
        raise Invalid(f"days {days}: enter a number from 1 to {MOST_DAYS}", field="days")
    ahead = now_on_chain(office) + timedelta(days=days)
    set_clock(office, to_seconds(ahead))
    node.mine(office.w3)
    now = now_on_chain(office)
    with office.book.transaction() as tx:
        content: dict[str, Plain] = {"days": days, "now": stamp(now)}
        entry = Entry(actor.id, "set the clock", EVERYWHERE, content=content)
        audit.record(tx, entry, office.clock.now())
    return now
