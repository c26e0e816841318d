"""From book entry to self-custody: a holder without a wallet takes his units under a key of his own.

His account stands under a key that the agent derives for him alone. He names a wallet and signs a
challenge with it, which proves that he has its key; somebody of the agent checks who he is. Then the
recovery of the register moves the account, with all holdings, lots and records: one person proposes, a
second one confirms (`desks/securities/recoveries.py`). Nothing but the wallet changes.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from freehold.book import audit, custody
from freehold.book.custody import CustodyExit
from freehold.chain import contracts
from freehold.chain.messages import signer_of
from freehold.core.audit import Entry
from freehold.core.clock import stamp
from freehold.core.errors import Conflict, Invalid, NotFound, NotPermitted, Plain
from freehold.core.ids import Address, checksummed
from freehold.core.roles import Power, holder_scope
from freehold.desks import notices, parties, permits
from freehold.desks.office import Office
from freehold.desks.permits import Actor

GOOD_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Challenge:
    """What the new wallet has to sign, until when."""

    exit: CustodyExit
    text: str


def ask(office: Office, who: Actor, issuer: str | None, holder: str, wallet: str) -> Challenge:
    """Begin: the text that the wallet has to sign; while it is good, the same for the same wallet. For the
    holder himself, who has just proved who he is where he is in a session, or the agent.

    Raises NotPermitted, Invalid for what is no fresh wallet, Conflict where the holder has his own key.
    """
    permits.require_any(who, (Power.KEEP_FILES, None), (Power.READ_OWN, None))
    owner = parties.owner(office, issuer)
    mine = holder_scope(owner.id, holder)
    permits.require_any(who, (Power.KEEP_FILES, owner.id), (Power.READ_OWN, mine))
    found = parties.party(office, owner, holder)
    if found.holder.custody is None or found.wallet != found.holder.wallet:
        raise Conflict(f"{holder} has a key of his own already", holder=holder)
    new = _wallet(wallet)
    if contracts.read(office.w3, "Holders", owner.register, "facts", new):
        raise Invalid("this wallet opens an account already: name a fresh one", field="wallet")
    now = office.clock.now()
    permits.require_fresh_session(who, now)
    if known := _open(office, owner.id, found.holder.id, new, now):
        return Challenge(known, _text(office, known))
    one = CustodyExit(
        f"cx_{secrets.token_hex(12)}",
        owner.id,
        found.holder.id,
        new,
        secrets.token_hex(16),
        now,
        now + GOOD_FOR,
        None,
        None,
        None,
    )
    with office.book.transaction() as tx:
        custody.add(tx, one)
        audit.record(tx, Entry(who.id, "ask for self-custody", mine, content={"exit": one.id}), now)
    return Challenge(one, _text(office, one))


@dataclass(frozen=True, slots=True)
class Kept:
    """A holder whom somebody is: whether the agent keeps the key of his account, and his ways out of it."""

    issuer: str
    issuer_name: str
    holder: str
    wallet: Address
    by_agent: bool
    exits: tuple[CustodyExit, ...]

    @property
    def waits(self) -> CustodyExit | None:
        """The way that was proved last, on which the agent has to act."""
        proved = (one for one in self.exits if one.proved_at)
        return next(proved, None) if self.by_agent else None


def mine(office: Office, who: Actor) -> list[Kept]:
    """The holders whom the actor is, and how their accounts are kept. Raises NotPermitted."""
    permits.require(who, Power.READ_OWN)
    kept = []
    for scope in sorted(permits.scopes(who, Power.READ_OWN)):
        issuer, _, holder = scope.partition("/")
        try:
            owner = parties.owner(office, issuer)
            found = parties.party(office, owner, holder)
        except NotFound:  # he was invited, and stands in no register yet
            continue
        by_agent = found.holder.custody is not None and found.wallet == found.holder.wallet
        with office.book.reading() as tx:
            exits = tuple(custody.of_holder(tx, owner.id, holder))
        kept.append(Kept(owner.id, owner.name, holder, found.wallet, by_agent, exits))
    return kept


def listed(office: Office, who: Actor, issuer: str | None) -> list[CustodyExit]:
    """Ways out of the agent's key: of every holder for whoever reads the files, of himself for a holder."""
    permits.require_any(who, (Power.READ_FILES, None), (Power.READ_OWN, None))
    owner = parties.owner(office, issuer)
    with office.book.reading() as tx:
        found = custody.of_issuer(tx, owner.id)
    if permits.allows(who, Power.READ_FILES, owner.id):
        return found
    own = permits.scopes(who, Power.READ_OWN)
    return [one for one in found if holder_scope(one.issuer, one.holder) in own]


def prove_text(office: Office, who: Actor, text: str, signature: str) -> CustodyExit:
    """As `prove`, by the text that was signed. Raises Invalid for a text that is no challenge of ours."""
    nonce = next((line[7:] for line in text.splitlines() if line.startswith("Nonce: ")), "")
    if not nonce:
        raise Invalid("this is no challenge of ours: ask for one", field="message")
    permits.require_any(who, (Power.KEEP_FILES, None), (Power.READ_OWN, None))
    with office.book.reading() as tx:
        one = custody.by_nonce(tx, nonce.strip())
    return prove(office, who, one.id, signature)


def proved(office: Office, who: Actor, id: str) -> CustodyExit:
    """A way whose wallet showed its key, for whoever may check who the holder is. Raises Conflict where it
    did not yet, or where that was checked."""
    permits.require(who, Power.KEEP_FILES)
    one = _find(office, who, id)
    permits.require(who, Power.KEEP_FILES, one.issuer)
    if one.proved_at is None or one.checked_by is not None:
        raise Conflict("the key was not shown yet, or the identity was checked already", exit=id)
    return one


def prove(office: Office, who: Actor, id: str, signature: str) -> CustodyExit:
    """Show that one has the wallet's key, by its signature of the challenge.

    Raises Invalid for another wallet's signature, Conflict for a challenge that is over or was used.
    """
    one = _find(office, who, id)
    now = office.clock.now()
    if now >= one.expires_at:
        raise Conflict(f"the challenge was good until {stamp(one.expires_at)}: ask for another")
    if signer_of(_text(office, one), signature) != one.wallet:
        raise Invalid(f"this is not signed by {one.wallet}", field="signature")
    with office.book.transaction() as tx:
        custody.prove(tx, id, now)
        scope = holder_scope(one.issuer, one.holder)
        audit.record(tx, Entry(who.id, "prove a wallet", scope, content={"exit": id}), now)
        said = (
            f"The wallet {one.wallet} is to open your account, once the agent has seen who you are."
        )
        notices.tell_holder(tx, one.issuer, one.holder, said, now, f"custody {id}")
        return custody.find(tx, id)


def check_identity(office: Office, who: Actor, id: str, document: str) -> CustodyExit:
    """Note that the agent saw who the holder is, on a paper (its SHA-256): the recovery may be proposed.

    Raises NotPermitted for the holder himself, Conflict where the key was not shown before.
    """
    permits.require(who, Power.KEEP_FILES)
    one = _find(office, who, id)
    if not permits.allows(who, Power.KEEP_FILES, one.issuer):
        raise NotPermitted(f"this needs the power {Power.KEEP_FILES} for {one.issuer}")
    plain = document.strip().lower().removeprefix("0x")
    if len(plain) != 64 or any(letter not in "0123456789abcdef" for letter in plain):
        raise Invalid("document is no SHA-256: give 64 hexadecimal digits", field="document")
    now = office.clock.now()
    with office.book.transaction() as tx:
        custody.check(tx, id, who.id, plain)
        said: dict[str, Plain] = {"exit": id, "document": plain}
        scope = holder_scope(one.issuer, one.holder)
        audit.record(tx, Entry(who.id, "check an identity", scope, content=said), now)
        return custody.find(tx, id)


def _open(
    office: Office, issuer: str, holder: str, wallet: Address, now: datetime
) -> CustodyExit | None:
    """A challenge of this wallet that is still good and was not answered."""
    with office.book.reading() as tx:
        found = custody.of_holder(tx, issuer, holder)
    good = (one for one in found if one.wallet == wallet and not one.proved_at)
    return next((one for one in good if now < one.expires_at), None)


def _find(office: Office, who: Actor, id: str) -> CustodyExit:
    permits.require_any(who, (Power.KEEP_FILES, None), (Power.READ_OWN, None))
    with office.book.reading() as tx:
        one = custody.find(tx, id)
    mine = holder_scope(one.issuer, one.holder)
    permits.require_any(who, (Power.KEEP_FILES, one.issuer), (Power.READ_OWN, mine))
    return one


def _text(office: Office, one: CustodyExit) -> str:
    """The challenge: whoever signs it sees what it is for, on which chain, until when."""
    return (
        "I take my units in the register of holders under this wallet.\n\n"
        f"Issuer: {one.issuer}\nHolder: {one.holder}\nWallet: {one.wallet}\n"
        f"Chain: {office.chain}\nNonce: {one.nonce}\nGood until: {stamp(one.expires_at)}"
    )


def _wallet(text: str) -> Address:
    plain = text.strip()
    if len(plain) != 42 or not plain.startswith("0x") or not _hexadecimal(plain[2:]):
        raise Invalid(f"wallet {plain[:44]!r} is no address: 0x and 40 digits", field="wallet")
    if plain[2:] not in (plain[2:].lower(), checksummed(plain)[2:]):
        raise Invalid("wallet has a wrong checksum: a letter was mistyped", field="wallet")
    return checksummed(plain)


def _hexadecimal(text: str) -> bool:
    return all(one in "0123456789abcdefABCDEF" for one in text)
