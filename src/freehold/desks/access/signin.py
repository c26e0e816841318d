"""Signing in: invitations, and a password with a one-time code.

Passwords are hashed with Argon2id (RFC 9106); codes are RFC 6238, one use each. The secret of a
code generator is not kept: it is derived from a key in the home folder and a number in the book, so
neither of the two alone makes codes. A wrong name, password or code gets one and the same sentence
after the same work. A denial is returned, not raised, because it is recorded. What all ways in share
is in `proofs.py`.
"""

import base64
import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

import argon2
import pyotp

from freehold.book import audit, identities, requests, tokens
from freehold.book.identities import Given, Identity
from freehold.book.schema_access import Proof, Purpose
from freehold.book.session import Transaction
from freehold.book.tokens import OneTime
from freehold.core.audit import Entry
from freehold.core.errors import Conflict, Invalid, Mistake, NotFound
from freehold.core.roles import EVERYWHERE, Power, Role
from freehold.desks import permits
from freehold.desks.access import humans, proofs
from freehold.desks.access.proofs import WAIT, Step
from freehold.desks.access.sessions import Client, start_session
from freehold.desks.office import Office
from freehold.desks.permits import Actor

TICKET_LIFE = timedelta(minutes=5)
CODE_SECONDS = 30
SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 256
SYSTEM = "freehold"
"""Who acts where nobody has signed in yet: the program itself, started by its owner."""
WRONG = "The name, the password or the code is wrong. Check them and try again."
WRONG_CODE = "The code is wrong or was used before. Enter the newest six digits."
SLOW = "That took too long. Start again with your name and password."


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an invited person sees: the name to sign in with, the secret for a code generator."""

    sign_in_name: str
    secret: str
    uri: str


# ---- invitations ---------------------------------------------------------------------------------


def first_link(office: Office, sign_in_name: str = "administrator") -> str | None:
    """A one-time link's token for the first administrator; None once there is one who can sign in.

    Asked again before it is used, it gives a new one, and the older is worthless.
    """
    try:
        return _first_link(office, sign_in_name)
    except Conflict:  # another process has just entered him, in the same database
        return _first_link(office, sign_in_name)


def _first_link(office: Office, sign_in_name: str) -> str | None:
    now = office.clock.now()
    with office.book.transaction() as tx:
        known = identities.named(tx, sign_in_name)
        if known is None:
            if identities.any_with(tx, Role.ADMINISTRATOR):
                return None
            known = proofs.enter(tx, sign_in_name, [(Role.ADMINISTRATOR, EVERYWHERE)], SYSTEM, now)
        elif identities.credentials(tx, known.id) or known.ended_at:
            return None
        return proofs.one_time_link(tx, known, SYSTEM, now)


def invite(
    office: Office,
    actor: Actor,
    sign_in_name: str,
    given: list[tuple[Role, str]],
    same_as: str | None = None,
) -> tuple[Identity, str]:
    """Enter an identity with roles for scopes; the token of the one-time link it enrols with.

    `same_as`: another identity of the same human being. Raises NotPermitted, NotFound for it, Conflict if
    the name is taken, Invalid for an unusable name or scope.
    """
    permits.require(actor, Power.MANAGE_IDENTITIES)
    permits.require_over(actor, given)
    now = office.clock.now()
    with office.book.transaction() as tx:
        made = proofs.enter(tx, sign_in_name, given, actor.id, now)
        if same_as:
            made = humans.join(office, tx, actor, made, same_as)
        return made, proofs.one_time_link(tx, made, actor.id, now)


def new_link(office: Office, actor: Actor, sign_in_name: str, once: str | None = None) -> str:
    """A new one-time link for somebody who lost his password or his code generator.

    What he has now stays good until the link is used. Raises NotPermitted, NotFound, Conflict where one was
    made under the idempotency key `once`.
    """
    permits.require(actor, Power.MANAGE_IDENTITIES)
    with office.book.transaction() as tx:
        known = _there(tx, sign_in_name)
        permits.require_over(
            actor, [(one.role, one.scope) for one in identities.roles(tx, known.id)]
        )
        now = office.clock.now()
        asked = requests.once(actor.id, once, EVERYWHERE, "make one-time link", known.id)
        requests.require_first(tx, asked)
        requests.note(tx, asked, {"id": f"a one-time link for {known.id}"}, now)
        return proofs.one_time_link(tx, known, actor.id, now)


def end_identity(office: Office, actor: Actor, sign_in_name: str) -> Identity:
    """Let somebody in no more, at once: his sessions and keys end too.

    Raises as `new_link`, Conflict for the last administrator.
    """
    permits.require(actor, Power.MANAGE_IDENTITIES)
    now = office.clock.now()
    with office.book.transaction() as tx:
        known = _there(tx, sign_in_name)
        permits.require_other_administrator(tx, known.id)
        identities.end(tx, known.id, now)
        tokens.end_sessions(tx, known.id, now)
        audit.record(tx, Entry(actor.id, "end identity", known.id), now)
    return known


def people(office: Office, actor: Actor) -> list[tuple[Identity, list[Given], bool]]:
    """Every identity with its roles, and whether it has set up its access. Raises NotPermitted."""
    permits.require(actor, Power.MANAGE_IDENTITIES)
    with office.book.reading() as tx:
        return [
            (one, identities.roles(tx, one.id), bool(identities.credentials(tx, one.id)))
            for one in identities.everyone(tx)
            if _seen(actor, identities.roles(tx, one.id))
        ]


def _seen(actor: Actor, given: list[Given]) -> bool:
    """Whether an administrator sees somebody: one of an issuer sees that issuer's people alone."""
    scopes = [one.scope for one in given] or [EVERYWHERE]
    return any(permits.allows(actor, Power.MANAGE_IDENTITIES, one) for one in scopes)


def _there(tx: Transaction, sign_in_name: str) -> Identity:
    known = identities.named(tx, sign_in_name.strip().lower())
    if known is None or known.ended_at:
        raise NotFound("nobody signs in under this name", field="sign_in_name")
    return known


def enrolment(office: Office, link: str) -> Enrolment:
    """What the holder of a one-time link is to set up. Raises NotFound if it is worthless."""
    with office.book.reading() as tx:
        found = tokens.look_up(tx, link, Purpose.LINK, office.clock.now())
        if found is None or found.identity is None:
            raise _worthless()
        known = identities.find(tx, found.identity)
    return _enrolment(office, known.sign_in_name, str(found.content["number"]))


def enrol(office: Office, link: str, password: str, code: str, client: Client) -> str:
    """Set the password and the code generator that a link is for; the token of a first session.

    The link is then used up, and every way in from before ends. Raises NotFound for a worthless link,
    Invalid (every mistake) for a weak
    password or a code that the generator does not show now.
    """
    waiting, now = enrolment(office, link), office.clock.now()
    mistakes = _weak(password, waiting.sign_in_name)
    step = _step_of(waiting.secret, code, now)
    if step is None:
        said = "this is not the code that is shown now: enter the newest six digits"
        mistakes.append(Mistake("code", said))
    if mistakes or step is None:
        raise Invalid("the enrolment cannot be used", mistakes)
    hashed = _hasher().hash(password)
    with office.book.transaction() as tx:
        found = tokens.use(tx, link, Purpose.LINK, now)
        if found is None or found.identity is None:
            raise _worthless()
        known = identities.find(tx, found.identity)
        proofs.replaced(tx, known, now)
        number = str(found.content["number"])
        identities.enrol(tx, known.id, Proof.PASSWORD, secrets.token_hex(8), {"hash": hashed}, now)
        identities.enrol(tx, known.id, Proof.CODE, number, {}, now, counter=step)
        audit.record(tx, Entry(known.id, "enrol", known.id), now)
        proofs.tell(tx, known.id, "password and code set", now)
        return start_session(tx, known, client, "one-time link", now)


def _worthless() -> NotFound:
    return NotFound("this link was used, has expired or never existed: ask for a new one")


# ---- name and password, then a code --------------------------------------------------------------


def begin(office: Office, sign_in_name: str, password: str, client: Client) -> Step:
    """The first step: a ticket for the second one if name and password are right."""
    name, now = sign_in_name.strip().lower(), office.clock.now()
    with office.book.reading() as tx:
        locked = proofs.locked(tx, name, client, now)
        known = identities.named(tx, name)
        known = None if known and known.shut_out else known
        held = identities.credentials(tx, known.id, Proof.PASSWORD) if known else []
    if locked:
        return Step(None, WAIT)
    right = _matches(held[0].content["hash"] if held else _nobody(), password) and bool(held)
    with office.book.transaction() as tx:
        if not right or known is None:
            proofs.failed(tx, name, client, known.id if known else "unknown", "password", now)
            return Step(None, WRONG)
        ticket = secrets.token_urlsafe(32)
        what = OneTime(Purpose.CODE, known.id, {"client": client.mark})
        tokens.issue(tx, ticket, what, now, now + TICKET_LIFE)
    return Step(ticket)


def finish(office: Office, ticket: str, code: str, client: Client) -> Step:
    """The second step: a session's token if the code is right, in time, and was not used before."""
    now = office.clock.now()
    with office.book.transaction() as tx:
        found = tokens.look_up(tx, ticket, Purpose.CODE, now)
        if found is None or found.identity is None or found.content["client"] != client.mark:
            return Step(None, SLOW)
        known = identities.find(tx, found.identity)
        if known.shut_out or proofs.locked(tx, known.sign_in_name, client, now):
            return Step(None, WAIT)
        held = identities.credentials(tx, known.id, Proof.CODE)
        step = _step_of(_secret(office, held[0].handle), code, now) if held else None
        if step is None or not identities.count_up(tx, held[0].number, step):
            proofs.failed(tx, known.sign_in_name, client, known.id, "code", now)
            return Step(None, WRONG)
        tokens.use(tx, ticket, Purpose.CODE, now)
        proofs.succeeded(tx, known.sign_in_name)
        return Step(start_session(tx, known, client, "password and code", now))


def prove(office: Office, actor: Actor, code: str, client: Client) -> str:
    """Make the actor's session fresh by a one-time code; the sentence why not, empty where it is."""
    now = office.clock.now()
    with office.book.transaction() as tx:
        if proofs.locked(tx, actor.name, client, now):
            return WAIT
        held = identities.credentials(tx, actor.id, Proof.CODE)
        step = _step_of(_secret(office, held[0].handle), code, now) if held else None
        if step is None or not identities.count_up(tx, held[0].number, step):
            proofs.failed(tx, actor.name, client, actor.id, "code", now)
            return WRONG_CODE
        tokens.prove(tx, actor.session, now)
        audit.record(tx, Entry(actor.id, "prove again", actor.id, content={"by": "code"}), now)
    return ""


def has_code(office: Office, actor: Actor) -> bool:
    """Whether the actor has a code generator."""
    with office.book.reading() as tx:
        return bool(identities.credentials(tx, actor.id, Proof.CODE))


# ---- passwords and codes -------------------------------------------------------------------------


@cache
def _hasher() -> argon2.PasswordHasher:
    return argon2.PasswordHasher()


@cache
def _nobody() -> str:
    """What the password of an unknown name is compared with, so that it takes as long."""
    return _hasher().hash(secrets.token_hex(16))


def _matches(hashed: str, password: str) -> bool:
    try:
        return _hasher().verify(hashed, password[:LONGEST_PASSWORD])
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False


def _weak(password: str, name: str) -> list[Mistake]:
    said = ""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        said = f"use {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters"
    elif len(set(password)) < 5:
        said = "use at least five different characters"
    elif name in password.lower():
        said = "leave your sign-in name out of it"
    return [Mistake("password", said)] if said else []


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step whose code this is: the present one, or the one before or after it."""
    generator, given = pyotp.TOTP(secret), "".join(code.split())
    present = int(now.timestamp()) // CODE_SECONDS
    for step in (present, present - 1, present + 1):
        if hmac.compare_digest(
            generator.generate_otp(step), given.encode("ascii", "replace").decode()
        ):
            return step
    return None


def _enrolment(office: Office, name: str, number: str) -> Enrolment:
    secret = _secret(office, number)
    uri = pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name="Freehold")
    return Enrolment(name, secret, uri)


def _secret(office: Office, number: str) -> str:
    """The code generator's secret: 20 bytes in base 32, as RFC 4226 recommends."""
    made = hmac.new(_home_key(office), f"code generator {number}".encode(), hashlib.sha256)
    return base64.b32encode(made.digest()[:20]).decode()


def _home_key(office: Office) -> bytes:
    """The key of the home folder, made on first use, readable by its owner alone."""
    file = office.home / "access-key"
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        key = file.read_bytes()
        if len(key) != 32:
            raise Conflict(f"{file} is no key of 32 bytes: restore it from a backup") from None
        return key
    made = secrets.token_bytes(32)
    with os.fdopen(descriptor, "wb") as writing:
        writing.write(made)
    return made
