"""Passkeys: keys in a device that prove who somebody is (W3C Web Authentication, level 2).

A passkey is discoverable, so that nobody types a name, and its holder is verified by the device, so that
it counts as two factors. Challenges are ours, single-use and bound to the browser. A counter that does
not grow says that the key was copied: it is refused, recorded, and its owner told. No attestation is
asked for: which maker built a device is nobody's business here.
"""

import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, options_to_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from freehold.book import audit, identities, tokens
from freehold.book.identities import Credential, Identity
from freehold.book.schema_access import Proof, Purpose
from freehold.book.session import Transaction
from freehold.core.audit import Entry, Outcome
from freehold.core.errors import Conflict, Invalid, Mistake, NotFound
from freehold.desks import permits
from freehold.desks.access import proofs
from freehold.desks.access.proofs import STALE, WAIT, Place, Step
from freehold.desks.access.sessions import Client, start_session
from freehold.desks.office import Office
from freehold.desks.permits import Actor

MOST = 20
"""Passkeys of one identity."""
LONGEST_ANSWER = 16_384
LONGEST_NAME = 64
UNKNOWN = "This passkey does not open anything here. Use another one, or your password."
COPIED = "This passkey may have been copied: its counter did not grow. Use another way in."
SIGN_IN, PROVE, ADD, ENROL = "sign in", "prove", "add", "enrol"
_VERIFIED = UserVerificationRequirement.REQUIRED


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey as its owner sees it; `synced` says that its maker keeps copies on other devices."""

    number: int
    name: str
    created_at: datetime
    used_at: datetime | None
    synced: bool


# ---- adding ----


def begin_enrolment(office: Office, place: Place, link: str, client: Client) -> str:
    """What a browser needs to make the first passkey of whoever holds a one-time link, as JSON.

    Raises NotFound for a worthless link.
    """
    now = office.clock.now()
    with office.book.transaction() as tx:
        known = _invited(tx, link, now)
        return _creation(tx, place, known, ENROL, client, now)


def enrol(office: Office, place: Place, link: str, answer: str, name: str, client: Client) -> str:
    """Use a one-time link up with a passkey; the token of a first session.

    Every way in from before ends. Raises NotFound for a worthless link, Invalid for a bad answer.
    """
    now = office.clock.now()
    with office.book.reading() as tx:
        known = _invited(tx, link, now)
    made = _checked(office, place, known, ENROL, answer, client)
    called = _named(name)
    with office.book.transaction() as tx:
        if tokens.use(tx, link, Purpose.LINK, now) is None:
            raise _worthless()
        proofs.replaced(tx, known, now)
        _keep(tx, known.id, made, called, now)
        return start_session(tx, known, client, "one-time link", now)


def begin_adding(office: Office, actor: Actor, place: Place, client: Client) -> str:
    """What a browser needs to make another passkey. Raises NotPermitted without a fresh proof."""
    now = office.clock.now()
    permits.require_fresh(actor, now)
    with office.book.transaction() as tx:
        known = identities.find(tx, actor.id)
        return _creation(tx, place, known, ADD, client, now)


def add(office: Office, actor: Actor, place: Place, answer: str, name: str, client: Client) -> None:
    """Add a passkey to one's own. Raises Invalid, Conflict if it is known or there are too many."""
    now = office.clock.now()
    permits.require_fresh(actor, now)
    called = _named(name)
    with office.book.reading() as tx:
        known = identities.find(tx, actor.id)
    made = _checked(office, place, known, ADD, answer, client)
    with office.book.transaction() as tx:
        _keep(tx, known.id, made, called, now)
        proofs.tell(tx, known.id, "passkey added", now, {"name": called})


def passkeys(office: Office, actor: Actor) -> list[Passkey]:
    """One's own passkeys, the newest first."""
    with office.book.reading() as tx:
        held = identities.credentials(tx, actor.id, Proof.PASSKEY)
    return [
        Passkey(one.number, one.content["name"], one.created_at, one.used_at, one.content["synced"])
        for one in held
    ]


def rename(office: Office, actor: Actor, number: int, name: str) -> None:
    """Give one of one's own passkeys another name. Raises NotFound, Invalid."""
    with office.book.transaction() as tx:
        held = identities.credentials(tx, actor.id, Proof.PASSKEY)
        mine = next((one for one in held if one.number == number), None)
        if mine is None:
            raise NotFound("you have no such passkey", number=number)
        identities.rename(tx, number, {**mine.content, "name": _named(name)})
        entry = Entry(actor.id, "rename passkey", actor.id, content={"number": str(number)})
        audit.record(tx, entry, office.clock.now())


def remove(office: Office, actor: Actor, number: int) -> None:
    """Take away one of one's own passkeys, never the last way in. Raises as `proofs.drop`."""
    now = office.clock.now()
    permits.require_fresh(actor, now)
    with office.book.transaction() as tx:
        proofs.drop(tx, actor, number, Proof.PASSKEY, now)


# ---- proving ----


def begin_sign_in(office: Office, place: Place, client: Client) -> str:
    """What a browser needs to ask its owner for any passkey of ours, as JSON."""
    now, token = office.clock.now(), secrets.token_urlsafe(32)
    with office.book.transaction() as tx:
        proofs.challenge(tx, token, Purpose.PASSKEY, SIGN_IN, client, None, now)
    return _request(place, token, [])


def sign_in(office: Office, place: Place, answer: str, client: Client) -> Step:
    """A session's token if a passkey of somebody answered our challenge."""
    now = office.clock.now()
    with office.book.transaction() as tx:
        if proofs.locked(tx, None, client, now):
            return Step(None, WAIT)
        found = _proved(tx, place, SIGN_IN, None, answer, client, now)
        if isinstance(found, str):
            return Step(None, found)
        known = identities.find(tx, found.identity)
        return Step(start_session(tx, known, client, "passkey", now))


def begin_proof(office: Office, actor: Actor, place: Place, client: Client) -> str:
    """What a browser needs to ask for one of the actor's own passkeys again, as JSON."""
    now, token = office.clock.now(), secrets.token_urlsafe(32)
    with office.book.transaction() as tx:
        held = identities.credentials(tx, actor.id, Proof.PASSKEY)
        proofs.challenge(tx, token, Purpose.PASSKEY, PROVE, client, actor.id, now)
    return _request(place, token, held)


def prove(office: Office, actor: Actor, place: Place, answer: str, client: Client) -> str:
    """Make the actor's session fresh; the sentence why not, empty where it is."""
    now = office.clock.now()
    with office.book.transaction() as tx:
        if proofs.locked(tx, actor.name, client, now):
            return WAIT
        found = _proved(tx, place, PROVE, actor.id, answer, client, now)
        if isinstance(found, str):
            return found
        tokens.prove(tx, actor.session, now)
        audit.record(tx, Entry(actor.id, "prove again", actor.id, content={"by": "passkey"}), now)
    return ""


# ---- the parts ----


def _creation(
    tx: Transaction, place: Place, known: Identity, act: str, client: Client, now: datetime
) -> str:
    token = secrets.token_urlsafe(32)
    proofs.challenge(tx, token, Purpose.PASSKEY, act, client, known.id, now)
    options = webauthn.generate_registration_options(
        rp_id=place.host,
        rp_name="Freehold",
        user_name=known.sign_in_name,
        user_id=known.id.encode(),
        challenge=base64url_to_bytes(token),
        timeout=int(proofs.CHALLENGE_LIFE.total_seconds()) * 1_000,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            require_resident_key=True,
            user_verification=_VERIFIED,
        ),
        exclude_credentials=_described(identities.credentials(tx, known.id, Proof.PASSKEY)),
    )
    return options_to_json(options)


def _request(place: Place, token: str, held: list[Credential]) -> str:
    options = webauthn.generate_authentication_options(
        rp_id=place.host,
        challenge=base64url_to_bytes(token),
        timeout=int(proofs.CHALLENGE_LIFE.total_seconds()) * 1_000,
        allow_credentials=_described(held),
        user_verification=_VERIFIED,
    )
    return options_to_json(options)


def _described(held: list[Credential]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(base64url_to_bytes(one.content["id"])) for one in held]


def _checked(
    office: Office, place: Place, known: Identity, act: str, answer: str, client: Client
) -> dict[str, Any]:
    """What is kept of a new passkey, with its counter. Raises Invalid where the challenge is not ours or
    the device's answer is no good; the challenge is used up all the same."""
    said, token = _read(answer)
    with office.book.transaction() as tx:
        now = office.clock.now()
        asked = proofs.answered(tx, token, Purpose.PASSKEY, act, client, now)
    if asked is None or asked.identity != known.id:
        raise Invalid(STALE)
    try:
        made = webauthn.verify_registration_response(
            credential=said,
            expected_challenge=base64url_to_bytes(token),
            expected_rp_id=place.host,
            expected_origin=place.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        raise Invalid(
            "The device's answer cannot be used. Try again, or use another device."
        ) from None
    return {
        "id": bytes_to_base64url(made.credential_id),
        "key": bytes_to_base64url(made.credential_public_key),
        "synced": made.credential_backed_up,
        "counter": made.sign_count,
    }


def _keep(tx: Transaction, which: str, made: dict[str, Any], name: str, now: datetime) -> None:
    if len(identities.credentials(tx, which, Proof.PASSKEY)) >= MOST:
        raise Conflict(f"you have {MOST} passkeys already: remove one first")
    counter = int(made.pop("counter"))
    content = {**made, "name": name}
    handle = tokens.fingerprint(made["id"])
    identities.enrol(tx, which, Proof.PASSKEY, handle, content, now, counter=counter)
    audit.record(tx, Entry(which, "add passkey", which), now)


def _proved(
    tx: Transaction,
    place: Place,
    act: str,
    who: str | None,
    answer: str,
    client: Client,
    now: datetime,
) -> Credential | str:
    """The passkey that answered our challenge, counted up; or the sentence why not."""
    try:
        said, token = _read(answer)
    except Invalid:
        return UNKNOWN
    asked = proofs.answered(tx, token, Purpose.PASSKEY, act, client, now)
    if asked is None or asked.identity != who:
        return STALE
    held = identities.credential(tx, Proof.PASSKEY, tokens.fingerprint(str(said.get("id"))))
    known = identities.find(tx, held.identity) if held else None
    if held is None or known is None or known.shut_out or who not in (None, known.id):
        proofs.failed(tx, None, client, "unknown", "passkey", now)
        return UNKNOWN
    if proofs.locked(tx, known.sign_in_name, client, now):
        return WAIT
    counter = _verified(place, said, token, held)
    if counter is None or not _is_of(said, known):
        proofs.failed(tx, known.sign_in_name, client, known.id, "passkey", now)
        return UNKNOWN
    if (counter or held.counter) and not identities.count_up(tx, held.number, counter):
        content = {"wrong": "the counter of a passkey did not grow"}
        audit.record(tx, Entry(known.id, "sign in", "", Outcome.DENIED, content=content), now)
        proofs.tell(tx, known.id, "passkey copied", now, {"name": held.content["name"]})
        return COPIED
    identities.used(tx, held.number, now)
    return held


def _verified(place: Place, said: dict[str, Any], token: str, held: Credential) -> int | None:
    """The counter in a good answer of this passkey; None for a bad one. Counting is done apart."""
    try:
        proved = webauthn.verify_authentication_response(
            credential=said,
            expected_challenge=base64url_to_bytes(token),
            expected_rp_id=place.host,
            expected_origin=place.origin,
            credential_public_key=base64url_to_bytes(held.content["key"]),
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        return None
    return proved.new_sign_count


def _is_of(said: dict[str, Any], known: Identity) -> bool:
    """Whether the device names the identity whose passkey it is; a discoverable one must."""
    handle = said["response"].get("userHandle")
    return handle is None or handle == bytes_to_base64url(known.id.encode())


def _read(answer: str) -> tuple[dict[str, Any], str]:
    """A browser's answer and the challenge it answers. Raises Invalid."""
    try:
        if len(answer) > LONGEST_ANSWER:
            raise ValueError
        said = json.loads(answer)
        told = json.loads(base64url_to_bytes(said["response"]["clientDataJSON"]))
        token = told["challenge"]
        if not isinstance(token, str) or not isinstance(said["id"], str):
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Invalid("This is no answer of a passkey. Start again.") from None
    return said, token


def _named(name: str) -> str:
    """A passkey's name. Raises Invalid."""
    said = " ".join(name.split())
    if len(said) > LONGEST_NAME or not said.isprintable():
        fault = Mistake("name", f"has at most {LONGEST_NAME} characters")
        raise Invalid("the passkey cannot be named so", [fault])
    return said or "Passkey"


def _invited(tx: Transaction, link: str, now: datetime) -> Identity:
    found = tokens.look_up(tx, link, Purpose.LINK, now)
    if found is None or found.identity is None:
        raise _worthless()
    return identities.find(tx, found.identity)


def _worthless() -> NotFound:
    return NotFound("this link was used, has expired or never existed: ask for a new one")
