"""Claims of a payment: the file, a holder's proof, and the money brought to him by proof or by signature.

An action or a winding-up whose terms say `payout = "claim"` or `"both"` opens its pots with the roots of
claim files (docs/reference/claim-file.md). Of an action a holder has one claim, of a winding-up one in each
class of each stage that is open. Anybody may bring a proof, and the money goes to the wallet that opens the
account; with the holder's signature it goes where he says. What was paid before is refused with that
reason before anything is sent, so that nobody pays gas for it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from freehold.chain.contracts import call
from freehold.core.actions import claim_file
from freehold.core.actions.claim_file import Claim
from freehold.core.clock import stamp, to_seconds
from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.core.ids import Address, checksummed
from freehold.core.roles import Power, holder_scope
from freehold.core.signed_acts import SignedClaim, claim_message
from freehold.desks import parties, permits
from freehold.desks.office import Office
from freehold.desks.outbox import orders, relay
from freehold.desks.outbox.orders import ActOutcome
from freehold.desks.permits import Actor
from freehold.desks.servicing import (
    events,
    holders_of,
    holding,
    noting,
    remains,
    servicing,
    windups,
)
from freehold.desks.servicing.remains import Pot, Remains

_SIGNATURE = 65


@dataclass(frozen=True, slots=True)
class ClaimFile:
    """All claims of a pot, in the coin's smallest unit, accounts ascending, and their root."""

    action: str
    currency: str
    place: Address
    distribution: int
    root: str
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class ClaimProof:
    """One account's claim on a pot and what proves it; `paid` says that its money is there or held already,
    `ended` that the pot has nothing more to give, `part` which part of a winding-up it is."""

    action: str
    currency: str
    chain: int
    place: Address
    distribution: int
    account: int
    wallet: Address
    gross: int
    withheld: int
    proof: tuple[str, ...]
    root: str
    claim_from: datetime
    claim_until: datetime
    paid: bool
    ended: bool
    part: str


@dataclass(frozen=True, slots=True)
class Signed:
    """To whom a holder lets his money go, until which second, by the signature of his wallet."""

    payee: str
    deadline: int
    signature: str


@dataclass(frozen=True, slots=True)
class Standing:
    """One account's claim on a pot and how it stands: `claimed` or pushed, `held` under its name, else
    `open`, or `gone` where the pot has ended."""

    pot: Pot
    account: int
    holder: str
    name: str
    gross: int
    withheld: int
    became: str

    @property
    def net(self) -> int:
        return self.gross - self.withheld


@dataclass(frozen=True, slots=True)
class Claims:
    """Who has claimed and who still may, of every pot with a claim file; why nobody may now, if so.

    `every`: these are the claims of all holders, not only those of whoever asked.
    """

    of: Remains
    rows: tuple[Standing, ...]
    every: bool
    why_not: str

    @property
    def pots(self) -> tuple[Pot, ...]:
        """The pots that have a claim file."""
        return tuple(one for one in self.of.pots if one.root)


CLAIMED, HELD, OPEN, GONE = "claimed", "held", "open", "gone"


def claims(office: Office, who: Actor, id: str, key: str = "") -> ClaimFile:
    """The claim file of a pot of an action or a winding-up: of the first one, or of that which `key` names
    (the code of a currency, or the number of a pot).

    Raises NotPermitted, NotFound, Conflict before it is open, Invalid for a pot that it does not have.
    """
    permits.require(who, Power.READ_REGISTER)
    one = remains.readable(office, who, id)
    permits.require(who, Power.READ_REGISTER, one.owner.id)
    pots = _claimable(one)
    pot = next((each for each in pots if key in (each.key, "")), None)
    if pot is None:
        known = ", ".join(each.key or "its own coin alone" for each in pots)
        raise Invalid(f"{id} has claims in {known}, not in {key[:64]}", field="currency")
    claims = tuple(_listed(pot))
    return ClaimFile(id, pot.currency, one.place, pot.number, pot.root, claims)


def standing(office: Office, who: Actor, id: str) -> Claims:
    """How the claims of an action or a winding-up stand; a holder sees his own.

    Raises NotPermitted, NotFound.
    """
    one = remains.readable(office, who, id)
    every = permits.allows(who, Power.READ_REGISTER, one.owner.id)
    mine = events.own_holders(who, one.owner.id)
    known = holders_of.by_account(office, one.owner, one.instrument.token)
    said, rows, ended = one.paid(office), [], False
    for pot in one.pots:
        if not pot.root:
            continue
        over, of = one.is_ended(office, pot.number), said[pot.number]
        ended = ended or over
        for account, amounts in sorted(pot.due.items()):
            holder = known.get(account)
            if not every and (holder is None or holder.id not in mine):
                continue
            named = (holder.id, holder.name) if holder else ("", "")
            became = GONE if over else OPEN
            if account in of.due:
                became = HELD if of.still(account) else CLAIMED
            rows.append(Standing(pot, account, *named, *amounts, became))
    why = ""
    if servicing.now_of(office) < one.payment:
        why = f"claims of {id} begin with the payment on {stamp(one.payment)}"
    elif ended and not any(row.became == OPEN for row in rows):
        why = _over(id, one.until)
    return Claims(one, tuple(rows), every, why)


def is_kept(office: Office, who: Actor, id: str, holder: str) -> bool:
    """Whether the agent's key opens the account of a holder of an action. Raises as `proofs`."""
    one = _own(office, who, id, holder)
    party = parties.party(office, one.owner, holder)
    return party.holder.custody is not None and party.wallet == party.holder.wallet


def to_sign(
    office: Office, who: Actor, id: str, holder: str, payee: str, distribution: int = 0
) -> Mapping[str, Any]:
    """What the holder's wallet signs (EIP-712) so that his money of a pot goes to `payee`, his wallet if
    empty. The pot need not be named where he has one claim.

    Raises NotPermitted, NotFound, Invalid, Conflict where nothing can be claimed now.
    """
    one = _signable(office, _own(office, who, id, holder), holder, distribution)
    return message(one, _payee(payee, one), deadline_of(one))


def send_signed(
    office: Office,
    who: Actor,
    id: str,
    holder: str,
    signed: Signed,
    key: str,
    distribution: int = 0,
) -> relay.Relayed:
    """Send a claim that the holder's wallet signed; the agent pays the gas. Raises as `to_sign`."""
    one = _signable(office, _own(office, who, id, holder), holder, distribution)
    _raw(signed.signature)
    asked = _signed(one, _payee(signed.payee, one), signed.deadline)
    return relay.relay(office, who, asked, signed.signature, key)


def proofs(office: Office, who: Actor, id: str, holder: str) -> list[ClaimProof]:
    """What proves a holder's claims; for himself, or for whoever reads the register.

    Raises NotPermitted, NotFound where nothing is due to him, Conflict before a pot is open.
    """
    one = remains.readable(office, who, id)
    every = permits.allows(who, Power.READ_REGISTER, one.owner.id)
    if not every and holder not in events.own_holders(who, one.owner.id):
        raise NotFound(f"there is no holder {holder}", holder=holder)
    return _proofs(office, one, holder)


def proof(office: Office, who: Actor, id: str, holder: str, distribution: int = 0) -> ClaimProof:
    """The same of one pot, which need not be named where there is one claim. Raises Invalid where it is
    none of his."""
    return _one(proofs(office, who, id, holder), distribution)


def message(one: ClaimProof, payee: str, deadline: int) -> Mapping[str, Any]:
    """The EIP-712 message by which the holder's wallet lets his money go to `payee` until a second."""
    return claim_message(_signed(one, payee, deadline), one.chain)


@noting.noted("claim payment", noting.itself)
def claim(
    office: Office,
    actor: orders.Actor,
    id: str,
    holder: str,
    signed: Signed | None = None,
    distribution: int = 0,
) -> ActOutcome:
    """Bring a holder's proofs: what is not paid to him yet goes to his wallet, or of one pot where he has
    signed that it goes.

    Raises NotFound, Invalid for a signature that is none, Conflict before the payment, after the end of
    claims, or where the account was paid already.
    """
    one = remains.find(office, id)
    holding.require_found(office, one.owner, parties.party(office, one.owner, holder).holder.id)
    found = _proofs(office, one, holder)
    if signed is not None or distribution:
        found = [_one(found, distribution)]
    now = require_open(office, found)
    return windups.carry(office, actor, one.scope, [_brought(each, signed) for each in now])


def of_the_found(office: Office, one: Remains, account: int, wallet: Address) -> list[windups.Call]:
    """What pays an account that the pages left out because its holder was lost, pot by pot."""
    left = [pot for pot in one.pots if account in pot.lost]
    return [
        _brought(each, None)
        for each in _each(office, one, wallet, account, left)
        if not each.paid and not each.ended
    ]


def require_open(office: Office, found: Sequence[ClaimProof]) -> list[ClaimProof]:
    """Those claims that may be brought now. Raises Conflict, saying why, where there is none."""
    why = [(each, why_not(office, each)) for each in found]
    may = [each for each, words in why if not words]
    if not may:
        one, words = why[0]
        raise Conflict(words, action=one.action, account=one.account)
    return may


def why_not(office: Office, one: ClaimProof) -> str:
    """The sentence that refuses a claim now; empty where it may be brought."""
    if one.paid:
        return (
            f"account {one.account} was paid by {one.action} already, or its money is held in its"
            " name: nothing is claimed twice"
        )
    if servicing.now_of(office) < one.claim_from:
        return f"claims of {one.action} begin with the payment on {stamp(one.claim_from)}"
    return _over(one.action, one.claim_until) if one.ended else ""


def deadline_of(one: ClaimProof) -> int:
    """The second with which claims end, the latest a signature need be good for."""
    return to_seconds(one.claim_until)


# ---- parts ----


def _own(office: Office, who: Actor, id: str, holder: str) -> Remains:
    """The action or winding-up, for somebody who claims for this holder."""
    permits.require(who, Power.ELECT)
    one = remains.readable(office, who, id)
    permits.require(who, Power.ELECT, holder_scope(one.owner.id, holder))
    return one


def _signable(office: Office, one: Remains, holder: str, distribution: int) -> ClaimProof:
    holding.require_found(office, one.owner, parties.party(office, one.owner, holder).holder.id)
    return require_open(office, [_one(_proofs(office, one, holder), distribution)])[0]


def _one(found: Sequence[ClaimProof], distribution: int) -> ClaimProof:
    """The claim on this pot, or the only one."""
    named = [each for each in found if distribution in (0, each.distribution)]
    if len(named) == 1:
        return named[0]
    known = " or ".join(f"{each.distribution} ({each.part})" for each in found)
    asked = f"not in {distribution}" if distribution else "which are claimed one by one"
    raise Invalid(f"the claims are in the pots {known}, {asked}", field="distribution")


def _payee(payee: str, one: ClaimProof) -> str:
    if payee and not (len(payee) == 42 and payee.startswith("0x")):
        raise Invalid("enter a wallet, 0x and 40 digits, or nothing for your own", field="payee")
    return payee or one.wallet


def _proofs(office: Office, one: Remains, holder: str) -> list[ClaimProof]:
    found = _claimable(one)
    party = parties.party(office, one.owner, holder)
    account = party.facts.account
    mine = list(_each(office, one, party.wallet, account, found))
    if not mine:
        raise NotFound(f"nothing is due to {holder} by {one.id}", holder=holder)
    return mine


def _claimable(one: Remains) -> list[Pot]:
    """The pots with a claim file. Raises Conflict where there is none."""
    if not one.pots:
        raise Conflict(f"{one.id} is not open yet: claims begin with its payment")
    found = [pot for pot in one.pots if pot.root]
    if not found:
        raise Conflict(f"{one.id} is pushed to its holders: nothing is claimed in it")
    return found


def _each(
    office: Office, one: Remains, wallet: Address, account: int, found: Sequence[Pot]
) -> Iterator[ClaimProof]:
    for pot in found:
        if account not in pot.due:
            continue
        listed = _listed(pot)
        at, tree = claim_file.position_of(listed, account), claim_file.tree(listed)
        yield ClaimProof(
            one.id, pot.currency, office.chain, one.place, pot.number, account, wallet,
            listed[at].gross, listed[at].withheld, tuple(claim_file.proof(tree, at)), tree.root,
            pot.opens, one.until, one.is_paid(office, pot.number, account),
            one.is_ended(office, pot.number), pot.part,
        )  # fmt: skip


def _listed(pot: Pot) -> list[Claim]:
    """The claims of a pot, accounts ascending."""
    return [Claim(account, *amounts) for account, amounts in sorted(pot.due.items())]


def _brought(one: ClaimProof, signed: Signed | None) -> windups.Call:
    """The call that brings a claim; both contracts take it alike."""
    words = (one.distribution, one.wallet, one.gross, one.withheld, _words(one))
    key = f"claim {one.distribution} {one.account}"
    if signed is None:
        return one.place, "claim", key, call("Distribution", "claim", *words)
    given = (checksummed(signed.payee), signed.deadline, _raw(signed.signature))
    data = call("Distribution", "claim_signed", *words, *given)
    return one.place, "claim", f"{key} to {signed.payee}", data


def _over(id: str, until: datetime) -> str:
    return f"the pot of {id} has ended: claims ran until {stamp(until)}"


def _signed(one: ClaimProof, payee: str, deadline: int) -> SignedClaim:
    money = (one.gross, one.withheld, one.proof)
    where = (one.place, one.distribution, one.account, one.wallet)
    return SignedClaim(*where, *money, checksummed(payee), deadline)


def _words(one: ClaimProof) -> list[bytes]:
    return [bytes.fromhex(each[2:]) for each in one.proof]


def _raw(signature: str) -> bytes:
    try:
        found = bytes.fromhex(signature.removeprefix("0x"))
    except ValueError:
        found = b""
    if len(found) != _SIGNATURE:
        raise Invalid(
            "this is no signature: write 65 bytes as 0x and 130 digits", field="signature"
        )
    return found
