"""Claims of an action: the file, a holder's proof, and the money brought to him by proof or by signature.

An action whose terms say `payout = "claim"` or `"both"` opens its pots with the root of a claim file
(docs/reference/claim-file.md). Anybody may bring a proof, and the money goes to the wallet that opens the
account; with the holder's signature it goes where he says. What was paid before is refused with that
reason before anything is sent, so that nobody pays gas for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from freehold.chain import contracts
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
from freehold.desks.servicing import events, holders_of, noting, pots, servicing
from freehold.desks.servicing.servicing import Case

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
    """One account's claim and what proves it; `paid` says that its money is there or held already."""

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


@dataclass(frozen=True, slots=True)
class Signed:
    """To whom a holder lets his money go, until which second, by the signature of his wallet."""

    payee: str
    deadline: int
    signature: str


def claims(office: Office, who: Actor, id: str, currency: str = "") -> ClaimFile:
    """The claim file of a pot of an action. Raises NotPermitted, NotFound, Conflict before it is open."""
    permits.require(who, Power.READ_REGISTER)
    of = events.readable(office, who, id)
    permits.require(who, Power.READ_REGISTER, of.owner.id)
    code = _code(of, currency)
    part = _open_part(of, code)
    number = pots.numbers(of)[code]
    place = servicing.distribution(office)
    return ClaimFile(id, code, place, number, part["root"], tuple(pots.claims_of(part)))


@dataclass(frozen=True, slots=True)
class Standing:
    """One account's claim and how it stands: `claimed` or pushed, `held` under its name, else `open`."""

    currency: str
    account: int
    holder: str
    name: str
    gross: int
    withheld: int
    became: str


@dataclass(frozen=True, slots=True)
class Claims:
    """Who has claimed and who still may, of every pot with a claim file; why nobody may now, if so."""

    rows: tuple[Standing, ...]
    claim_from: datetime
    claim_until: datetime
    why_not: str


CLAIMED, HELD, OPEN, GONE = "claimed", "held", "open", "gone"


def standing(office: Office, who: Actor, id: str) -> Claims:
    """How the claims of an action stand; a holder sees his own. Raises NotPermitted, NotFound."""
    of = events.readable(office, who, id)
    every = permits.allows(who, Power.READ_REGISTER, of.owner.id)
    mine = events.own_holders(who, of.owner.id)
    known = holders_of.by_account(office, of.owner, of.instrument.token)
    rows, ended = [], False
    for code, part in pots.opened(of).items():
        if "root" not in part:
            continue
        number = pots.numbers(of)[code]
        paid, _ = pots.payments(office, number)
        over = bool(pots.state(office, number) & pots.ENDED)
        ended = ended or over
        for account, (gross, withheld) in sorted(pots.due_of(part).items()):
            holder = known.get(account)
            if not every and (holder is None or holder.id not in mine):
                continue
            named = (holder.id, holder.name) if holder else ("", "")
            became = GONE if over else OPEN
            if account in paid:
                became = HELD if pots.held_for(office, number, account) else CLAIMED
            rows.append(Standing(code, account, *named, gross, withheld, became))
    why, begin = "", of.terms.payment
    if servicing.now_of(office) < begin:
        why = f"claims of {id} begin with the payment on {stamp(begin)}"
    elif ended:
        why = f"the pot of {id} has ended: claims ran until {stamp(of.terms.claim_until)}"
    return Claims(tuple(rows), begin, of.terms.claim_until, why)


def is_kept(office: Office, who: Actor, id: str, holder: str) -> bool:
    """Whether the agent's key opens the account of a holder of an action. Raises as `proof`."""
    of = _own(office, who, id, holder)
    party = parties.party(office, of.owner, holder)
    return party.holder.custody is not None and party.wallet == party.holder.wallet


def to_sign(office: Office, who: Actor, id: str, holder: str, payee: str) -> Mapping[str, Any]:
    """What the holder's wallet signs (EIP-712) so that his money goes to `payee`, his wallet if empty.

    Raises NotPermitted, NotFound, Invalid, Conflict where nothing can be claimed now.
    """
    of = _own(office, who, id, holder)
    one = _proof(office, of, holder)
    if why := why_not(office, of, one):
        raise Conflict(why, action=id, account=one.account)
    return message(one, _payee(payee, one), deadline_of(one))


def send_signed(
    office: Office, who: Actor, id: str, holder: str, signed: Signed, key: str
) -> relay.Relayed:
    """Send a claim that the holder's wallet signed; the agent pays the gas. Raises as `to_sign`."""
    of = _own(office, who, id, holder)
    one = _proof(office, of, holder)
    if why := why_not(office, of, one):
        raise Conflict(why, action=id, account=one.account)
    _raw(signed.signature)
    asked = _signed(one, _payee(signed.payee, one), signed.deadline)
    return relay.relay(office, who, asked, signed.signature, key)


def _own(office: Office, who: Actor, id: str, holder: str) -> Case:
    """The action, for somebody who claims for this holder."""
    permits.require(who, Power.ELECT)
    of = events.readable(office, who, id)
    permits.require(who, Power.ELECT, holder_scope(of.owner.id, holder))
    return of


def _payee(payee: str, one: ClaimProof) -> str:
    if payee and not (len(payee) == 42 and payee.startswith("0x")):
        raise Invalid("enter a wallet, 0x and 40 digits, or nothing for your own", field="payee")
    return payee or one.wallet


def proof(office: Office, who: Actor, id: str, holder: str) -> ClaimProof:
    """What proves a holder's claim; for himself, or for whoever reads the register.

    Raises NotPermitted, NotFound where nothing is due to him, Conflict before the pot is open.
    """
    of = events.readable(office, who, id)
    every = permits.allows(who, Power.READ_REGISTER, of.owner.id)
    if not every and holder not in events.own_holders(who, of.owner.id):
        raise NotFound(f"there is no holder {holder}", holder=holder)
    return _proof(office, of, holder)


def _proof(office: Office, of: Case, holder: str) -> ClaimProof:
    party = parties.party(office, of.owner, holder)
    account, number = party.facts.account, 0
    for code, number in pots.numbers(of).items():
        known = pots.opened(of).get(code)
        if known is None or account not in pots.due_of(known):
            continue
        part = _open_part(of, code)
        listed = pots.claims_of(part)
        at = claim_file.position_of(listed, account)
        tree = claim_file.tree(listed)
        place = servicing.distribution(office)
        return ClaimProof(
            of.known.id, code, office.chain, place, number, account, party.wallet,
            listed[at].gross, listed[at].withheld, tuple(claim_file.proof(tree, at)), tree.root,
            of.terms.payment, of.terms.claim_until, _is_paid(office, number, account),
        )  # fmt: skip
    _open_part(of, "")
    raise NotFound(f"nothing is due to {holder} by {of.known.id}", holder=holder)


def message(one: ClaimProof, payee: str, deadline: int) -> Mapping[str, Any]:
    """The EIP-712 message by which the holder's wallet lets his money go to `payee` until a second."""
    return claim_message(_signed(one, payee, deadline), one.chain)


@noting.noted("claim in action", noting.itself)
def claim(
    office: Office, actor: orders.Actor, id: str, holder: str, signed: Signed | None = None
) -> ActOutcome:
    """Bring a holder's proof: his money goes to his wallet, or where he has signed that it goes.

    Raises NotFound, Invalid for a signature that is none, Conflict before the payment, after the end of
    claims, or where the account was paid already.
    """
    of = servicing.case(office, id)
    one = _proof(office, of, holder)
    if why := why_not(office, of, one):
        raise Conflict(why, action=id, account=one.account)
    words = (one.distribution, one.wallet, one.gross, one.withheld, _words(one))
    data, key = call("Distribution", "claim", *words), f"claim {one.account}"
    if signed is not None:
        given = (checksummed(signed.payee), signed.deadline, _raw(signed.signature))
        data = call("Distribution", "claim_signed", *words, *given)
        key = f"claim {one.account} to {signed.payee}"
    return servicing.carry(office, actor, of, [(one.place, "claim", key[:64], data)])


def why_not(office: Office, of: Case, one: ClaimProof) -> str:
    """The sentence that refuses a claim now; empty where it may be brought."""
    now = servicing.now_of(office)
    if one.paid:
        return (
            f"account {one.account} was paid by {one.action} already, or its money is held in its"
            " name: nothing is claimed twice"
        )
    if now < one.claim_from:
        return f"claims of {one.action} begin with the payment on {stamp(one.claim_from)}"
    if pots.state(office, one.distribution) & pots.ENDED:
        return f"the pot of {one.action} has ended: claims ran until {stamp(one.claim_until)}"
    return ""


def _is_paid(office: Office, number: int, account: int) -> bool:
    place = servicing.distribution(office)
    return bool(contracts.read(office.w3, "Distribution", place, "is_paid", number, account))


def _open_part(of: Case, code: str) -> Mapping[str, Any]:
    part = pots.opened(of).get(code)
    if part is None:
        raise Conflict(f"{of.known.id} is not open yet: claims begin with its payment")
    if "root" not in part:
        raise Conflict(f"{of.known.id} is pushed to its holders: nothing is claimed in it")
    return part


def _code(of: Case, currency: str) -> str:
    options = of.terms.options
    if currency in ("", options.base):
        return ""
    if currency not in options.codes:
        known = ", ".join((options.base, *options.codes)) or "its own coin alone"
        raise Invalid(f"{of.known.id} is paid in {known}, not in {currency}", field="currency")
    return currency


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


def deadline_of(one: ClaimProof) -> int:
    """The second with which claims end, the latest a signature need be good for."""
    return to_seconds(one.claim_until)
