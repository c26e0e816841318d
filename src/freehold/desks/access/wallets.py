"""Wallets as a way in: a message of EIP-4361 that the wallet signs, checked by us or by its contract.

The nonce of a message is ours, good once, for five minutes and in one browser. A wallet opens a door only
after its owner linked it, signed in by another way; linking is a message of its own, so that a signature
for the one never serves for the other.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime

from freehold.book import audit, identities
from freehold.book.schema_access import Proof, Purpose
from freehold.chain import ownership
from freehold.core.audit import Entry
from freehold.core.errors import Conflict, Invalid
from freehold.core.ids import Address, checksummed
from freehold.core.wallet_message import Site, WalletMessage, fault_of, read_message
from freehold.desks import permits
from freehold.desks.access import proofs
from freehold.desks.access.proofs import WAIT, Place, Step
from freehold.desks.access.sessions import Client, start_session
from freehold.desks.office import Office
from freehold.desks.permits import Actor

SIGN_IN, LINK = "sign in", "link"
STATEMENTS = {
    SIGN_IN: "Sign in to Freehold. This costs nothing and moves nothing.",
    LINK: "Link this wallet to your access at Freehold. This costs nothing and moves nothing.",
}
LONGEST_MESSAGE = 2_048
REPLAYED = "The message was used before, or was not made for this browser. Sign a new one."
NOT_SIGNED = "The wallet did not sign this message. Check which account it uses, and sign again."
UNLINKED = "Nobody signs in with this wallet here. Sign in another way, then link it."


@dataclass(frozen=True, slots=True)
class LinkedWallet:
    """A wallet that opens the door of its owner."""

    number: int
    address: Address
    created_at: datetime
    used_at: datetime | None


def begin(
    office: Office, place: Place, act: str, address: str, client: Client, actor: Actor | None
) -> str:
    """The message that a wallet has to sign for an act: SIGN_IN, or LINK by somebody signed in.

    Raises Invalid for what is no address, NotPermitted for LINK without a fresh proof.
    """
    now, nonce = office.clock.now().replace(microsecond=0), secrets.token_hex(16)
    if actor is not None:
        permits.require_fresh(actor, office.clock.now())
    wallet = _address(address)
    with office.book.transaction() as tx:
        whose = actor.id if actor else None
        proofs.challenge(tx, nonce, Purpose.WALLET, act, client, whose, now)
    site, until = _site(office, place), now + proofs.CHALLENGE_LIFE
    return WalletMessage(site, wallet, STATEMENTS[act], nonce, now, until).text()


def sign_in(office: Office, place: Place, text: str, signature: str, client: Client) -> Step:
    """A session's token if a linked wallet signed our message; else one sentence."""
    now = office.clock.now()
    with office.book.reading() as tx:
        if proofs.locked(tx, None, client, now):
            return Step(None, WAIT)
    found, fault = _signed(office, place, SIGN_IN, text, signature, client, None)
    with office.book.transaction() as tx:
        if found is None:
            proofs.failed(tx, None, client, "unknown", "wallet", now)
            return Step(None, fault)
        held = identities.credential(tx, Proof.WALLET, _handle(office, found))
        known = identities.find(tx, held.identity) if held else None
        if held is None or known is None or known.shut_out:
            proofs.failed(tx, None, client, "unknown", "wallet", now)
            return Step(None, UNLINKED)
        identities.used(tx, held.number, now)
        return Step(start_session(tx, known, client, "wallet", now))


def link(
    office: Office, actor: Actor, place: Place, text: str, signature: str, client: Client
) -> Address:
    """Link a wallet that signed our message. Raises Invalid with the sentence why not, Conflict if it
    is linked already, NotPermitted without a fresh proof."""
    now = office.clock.now()
    permits.require_fresh(actor, now)
    found, fault = _signed(office, place, LINK, text, signature, client, actor.id)
    if found is None:
        with office.book.transaction() as tx:
            proofs.failed(tx, actor.name, client, actor.id, "wallet", now)
        raise Invalid(fault)
    with office.book.transaction() as tx:
        held = identities.credential(tx, Proof.WALLET, _handle(office, found))
        if held is not None and held.identity == actor.id:
            return found
        try:
            identities.enrol(
                tx, actor.id, Proof.WALLET, _handle(office, found), {"name": found}, now
            )
        except Conflict:
            raise Conflict("this wallet was linked before, perhaps by somebody else") from None
        audit.record(tx, Entry(actor.id, "link wallet", actor.id, content={"wallet": found}), now)
        proofs.tell(tx, actor.id, "wallet added", now, {"name": found})
    return found


def linked(office: Office, actor: Actor) -> list[LinkedWallet]:
    """One's own linked wallets, the newest first."""
    with office.book.reading() as tx:
        held = identities.credentials(tx, actor.id, Proof.WALLET)
    return [
        LinkedWallet(one.number, checksummed(one.content["name"]), one.created_at, one.used_at)
        for one in held
    ]


def unlink(office: Office, actor: Actor, number: int) -> None:
    """Take a wallet away as a way in, never the last one. Raises as `proofs.drop`."""
    now = office.clock.now()
    permits.require_fresh(actor, now)
    with office.book.transaction() as tx:
        proofs.drop(tx, actor, number, Proof.WALLET, now)


def _signed(
    office: Office,
    place: Place,
    act: str,
    text: str,
    signature: str,
    client: Client,
    who: str | None,
) -> tuple[Address | None, str]:
    """The wallet that signed our message for an act; or None and the sentence why it does not count."""
    now = office.clock.now()
    try:
        message = read_message(text[: LONGEST_MESSAGE + 1].replace("\r\n", "\n"))
    except Invalid as unreadable:
        return None, unreadable.message
    if fault := fault_of(message, _site(office, place), STATEMENTS[act], now):
        return None, fault
    with office.book.transaction() as tx:
        asked = proofs.answered(tx, message.nonce, Purpose.WALLET, act, client, now)
    if asked is None or asked.identity != who:
        return None, REPLAYED
    content = _bytes(signature)
    if content is None or not ownership.holds(office.w3, message.address, message.text(), content):
        return None, NOT_SIGNED
    return message.address, ""


def _site(office: Office, place: Place) -> Site:
    return Site(place.domain, f"{place.origin}/sign-in", office.chain)


def _handle(office: Office, wallet: Address) -> str:
    return f"{office.chain}:{wallet}"


def _address(text: str) -> Address:
    """Raises Invalid."""
    digits = text.strip().removeprefix("0x")
    if len(digits) != 40 or not all(one in "0123456789abcdefABCDEF" for one in digits):
        raise Invalid("the wallet's address is 0x and 40 hexadecimal digits", field="address")
    return checksummed(f"0x{digits}")


def _bytes(signature: str) -> bytes | None:
    digits = signature.strip().removeprefix("0x")
    if len(digits) > 2 * ownership.LONGEST_SIGNATURE:
        return None
    try:
        return bytes.fromhex(digits)
    except ValueError:
        return None
