"""Votes and proxies: taken down when they are given, brought to the chain in batches, by signature.

A holder with a wallet of his own signs himself; for one whose account the agent's key opens, the agent
signs when the vote is brought. Whoever brings a batch has no part in it: a vote that cannot count is
skipped by the contract with its reason, and never stops the others.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from freehold.book import audit, instructions, issuers, meetings
from freehold.book.meetings import GivenVote
from freehold.chain.contracts import call
from freehold.chain.signer import Signer
from freehold.core import events_voting as e
from freehold.core.actions.ballot_words import Said, pack_vote, seal, vote_sentence
from freehold.core.audit import Entry, Outcome
from freehold.core.clock import to_seconds
from freehold.core.errors import Invalid, NotFound, Plain
from freehold.core.facts import Flags
from freehold.core.ids import ZERO_ADDRESS, Address
from freehold.core.instruction import State
from freehold.core.powers import NO_POWERS
from freehold.core.reasons import sentence
from freehold.desks import parties
from freehold.desks.office import Office, now_on_chain
from freehold.desks.outbox import orders
from freehold.desks.outbox.carrying import Asked, carry_out, entered
from freehold.desks.outbox.following import ballot, bring_up
from freehold.desks.outbox.orders import Actor, ActOutcome, Order
from freehold.desks.parties import Party
from freehold.desks.servicing import assembly, ballot_signatures, noting
from freehold.desks.servicing.assembly import Assembly, Stage
from freehold.indexer import journal

BATCH = 50
SCOPE = "votes"


class Given(StrEnum):
    """What became of a vote: COUNTED stands on chain, SEALED is still to be revealed."""

    WAITING = "waiting"
    COUNTED = "counted"
    SEALED = "sealed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class VoteRequest:
    """A vote for `holder` (by id); `proxy` (a holder's id, or a wallet) gives it in his place.

    `signature` is the voter's over `message` (65 bytes), signed in the second `at`; left out for a
    voter whose account the agent's key opens. `sealed` are the choices of the signed `message` where
    the vote is secret.
    """

    meeting: int
    holder: str
    key: str
    said: Said
    proxy: str | None = None
    issuer: str | None = None
    signature: str | None = None
    at: int = 0
    sealed: int = 0


@dataclass(frozen=True, slots=True)
class VoteOutcome:
    """What became of a vote, with a sentence where it was refused, and the reason's code if it has one."""

    meeting: int
    holder: str
    given: Given
    reason: str = ""
    said: tuple[str, ...] = ()
    code: int = 0


@dataclass(frozen=True, slots=True)
class ProxyRequest:
    """Let `proxy` (a holder's id, or a wallet) vote for `holder`; None takes it back.

    `giver` is the holder, or a proxy who may substitute. `signature` is the giver's over `appointment`
    (65 bytes), signed in the second `at`; left out for one whose account the agent's key opens.
    """

    meeting: int
    holder: str
    proxy: str | None
    key: str
    giver: str | None = None
    may_substitute: bool = False
    issuer: str | None = None
    signature: str | None = None
    at: int = 0


def vote(office: Office, by: str, request: VoteRequest) -> VoteOutcome:
    """Take a vote down, once under its key; a process with keys brings it at once. `by` is whoever asks.

    Raises NotFound, Invalid for what is not on the agenda.
    """
    with noting.refusals(office, by, "vote", noting.appointment(request)):
        one = assembly.find(office, request.issuer, request.meeting)
        refused, code = _why_not(office, one, request), 0
        given = None if refused else _given(office, one, request)
    if given and given.signature is not None:
        typed = _typed(office, one.ballot, "Vote", VOTE, _vote_fields(given))
        if reason := ballot_signatures.against(office, given, typed):
            refused, code, given = sentence(reason), int(reason), None
    about = f"meeting {one.number} of {one.issuer.id}, {request.holder}"
    ended = Outcome.REFUSED if refused else Outcome.DONE
    why: dict[str, Plain] = {"reason": refused} if refused else {}
    entry = Entry(by, "vote", about, ended, code or None, why)
    with office.book.transaction() as tx:
        if given is not None:
            meetings.give(tx, given, office.clock.now())
        audit.record(tx, entry, office.clock.now())
    if refused:
        return VoteOutcome(one.number, request.holder, Given.REFUSED, refused, code=code)
    if office.posting.signers:
        bring(office, wait=True)
    return outcome(office, request.issuer, request.meeting, request.holder)


def bring(office: Office, *, wait: bool = False) -> int:
    """Bring the votes that wait in one batch; how many. With `wait` until all of them are final."""
    place, total = ballot(office), 0
    while place is not None:
        with office.book.reading() as tx:
            votes = _one_for_each(meetings.waiting(tx, BATCH))
        if not votes:
            break
        one = assembly.find(office, votes[0].issuer, votes[0].meeting)
        signed = [_signed(office, one, each) for each in votes]
        aside = assembly.set_aside(office, one)
        data = call("Ballot", "vote_signed", one.number, *_batch(signed))
        key = f"{one.number} {votes[0].number}"
        asked = [*([aside] if aside else []), Asked(office.keys.agent, place, data, "votes", key)]
        with office.book.transaction() as tx:
            done = [entered(office, tx, SCOPE, each) for each in asked]
            meetings.carried(tx, votes, done[-1].id)
        total += len(votes)
        if not wait:
            break
        carry_out(office, SCOPE, asked)
    return total


def outcome(office: Office, issuer: str | None, meeting: int, holder: str) -> VoteOutcome:
    """What became of the last vote for a holder. Raises NotFound where none was given."""
    one = assembly.find(office, issuer, meeting)
    with office.book.reading() as tx:
        given = meetings.given_for(tx, one.issuer.id, meeting, holder)
    party = parties.party(office, one.issuer, holder)
    said = tuple(assembly.said_of(one, party.facts.account))
    if said:
        counted = VoteOutcome(meeting, holder, Given.COUNTED, said=said)
        if not given or given[-1].instruction is not None:
            skipped = _skipped(office, one, given[-1]) if given else ""
            return replace(counted, given=Given.REFUSED, reason=skipped) if skipped else counted
    if not given:
        raise NotFound(f"no vote was given for {holder} at meeting {meeting}", holder=holder)
    if given[-1].instruction is None:
        return VoteOutcome(meeting, holder, Given.WAITING, said=said)
    if skipped := _skipped(office, one, given[-1]):
        return VoteOutcome(meeting, holder, Given.REFUSED, skipped, said)
    sealed = party.facts.account in one.chain.sealed
    return VoteOutcome(meeting, holder, Given.SEALED if sealed else Given.WAITING, said=said)


@noting.noted("appoint proxy", noting.appointment)
def appoint(
    office: Office, actor: Actor, request: ProxyRequest, *, dry_run: bool = False
) -> ActOutcome:
    """Appoint a proxy or take the appointment back, by the giver's signature, once under a key.

    Raises NotFound, Invalid where the giver keeps his own key.
    """
    one = assembly.find(office, request.issuer, request.meeting)
    party, giver, proxy = appointed(office, one, request)
    at, signature = request.at, request.signature
    if signature is None:
        signer = _signer(office, giver)
        at = to_seconds(now_on_chain(office))
        dated = replace(request, at=at)
        signature = signer.sign_typed_data(appointment(office, one, dated)).hex()
    given = (one.number, party.wallet, giver.wallet, proxy, request.may_substitute, at)
    data = call("Ballot", "appoint_signed", *given, *_parts(signature.removeprefix("0x")))
    asked = (Asked(actor.signer, one.ballot, data, "appoint a proxy", request.key),)
    order = Order("appoint-proxy", f"proxies {one.number}", request.key, asked, NO_POWERS)
    return orders.carry(office, actor, order, dry_run=dry_run)


def message(office: Office, request: VoteRequest) -> Mapping[str, Any]:
    """The typed data (EIP-712) that the voter's own wallet signs for a vote, dated now.

    What a secret vote says stays in the book under the seal that is signed. Raises NotFound, Invalid
    for what is not on the agenda.
    """
    one = assembly.find(office, request.issuer, request.meeting)
    at = request.at or to_seconds(now_on_chain(office))
    vote = _given(office, one, replace(request, at=at, signature=None))
    return _typed(office, one.ballot, "Vote", VOTE, _vote_fields(vote))


def appointment(office: Office, one: Assembly, request: ProxyRequest) -> dict[str, Any]:
    """The typed data (EIP-712) that the giver of an appointment signs, dated now unless it says when.

    Raises NotFound for a holder or proxy who is not known.
    """
    party, _, proxy = appointed(office, one, request)
    fields = {
        "meeting": one.number,
        "holder": party.wallet,
        "proxy": proxy,
        "maySubstitute": request.may_substitute,
        "at": request.at or to_seconds(now_on_chain(office)),
    }
    return _typed(office, one.ballot, "Appoint", APPOINT, fields)


def is_kept(office: Office, party: Party) -> bool:
    """Whether the agent's key opens a holder's account, so that he needs no wallet to vote."""
    return _custody(office, party) is not None


def require_kept(office: Office, one: Assembly, holder: str) -> None:
    """Raises Invalid where a holder keeps a wallet of his own, so that he has to sign himself."""
    _signer(office, parties.party(office, one.issuer, holder))


# ---- parts ----

VOTE = "uint256 meeting,address holder,uint256 choices,uint256[] marks,uint256 at"
APPOINT = "uint256 meeting,address holder,address proxy,bool maySubstitute,uint256 at"
_DOMAIN = "string name,string version,uint256 chainId,address verifyingContract"


def _why_not(office: Office, one: Assembly, request: VoteRequest) -> str:
    """Why a vote is refused before it is taken down, as a sentence; nothing if it is not."""
    if wrong := assembly.when_wrong(one, (Stage.OPEN,)):
        return wrong
    party = parties.party(office, one.issuer, request.holder)
    if Flags.TREASURY in party.facts.flags:
        return vote_sentence(2)
    if not any(assembly.holdings(office, one).get(party.facts.account, {}).values()):
        return vote_sentence(3)
    if request.signature is None:
        voter = _voter(office, one, request, party)
        if not isinstance(voter, Party) or _custody(office, voter) is None:
            return "the voter keeps a wallet of his own: his signature is needed"
    return ""


def _given(office: Office, one: Assembly, request: VoteRequest) -> GivenVote:
    """The vote in words; what a secret one says is sealed away."""
    party = parties.party(office, one.issuer, request.holder)
    account = party.facts.account
    held = assembly.holdings(office, one).get(account, {})
    choices, marks = pack_vote(request.said, one.agenda, one.classes, held)
    if one.chain.terms.revealed_until is not None:
        sealed = _known_seal if request.signature else _new_seal
        choices, marks = sealed(office, one, request, account, choices, marks), []
    voter = _voter(office, one, request, party)
    wallet = voter.wallet if isinstance(voter, Party) else voter
    return GivenVote(
        one.issuer.id,
        one.number,
        request.holder,
        party.wallet,
        wallet,
        choices,
        tuple(marks),
        request.at,
        request.signature,
        request.key,
    )


def _new_seal(
    office: Office,
    one: Assembly,
    request: VoteRequest,
    account: int,
    choices: int,
    marks: Sequence[int],
) -> int:
    """The seal of a secret vote; the book keeps what it says, to reveal it after the close."""
    salt = secrets.token_bytes(32)
    sealed = int.from_bytes(seal(one.number, account, choices, marks, salt))
    words = {"choices": hex(choices), "marks": [hex(mark) for mark in marks], "salt": salt.hex()}
    with office.book.transaction() as tx:
        meetings.keep_secret(
            tx, one.issuer.id, request.holder, one.number, sealed, json.dumps(words)
        )
    return sealed


def _known_seal(
    office: Office,
    one: Assembly,
    request: VoteRequest,
    account: int,
    choices: int,
    marks: Sequence[int],
) -> int:
    """The seal that a wallet signed, where the book knows it to be of this very vote."""
    with office.book.reading() as tx:
        text = meetings.secret(tx, one.issuer.id, request.holder, one.number, request.sealed)
    words = json.loads(text) if text else {}
    if words.get("choices") != hex(choices) or words.get("marks") != [hex(one) for one in marks]:
        raise Invalid(
            "what was signed is not this vote: ask for its ballot, and send the choices of the"
            " message as `sealed` with the signature",
            field="sealed",
        )
    return request.sealed


def _voter(office: Office, one: Assembly, request: VoteRequest, party: Party) -> Party | Address:
    if request.proxy is None:
        return party
    try:
        return parties.party(office, one.issuer, request.proxy)
    except NotFound:
        return _wallet(office, one, request.proxy)


def _wallet(office: Office, one: Assembly, named: str) -> Address:
    """The wallet of a holder, or a wallet itself. Raises NotFound."""
    if named.startswith("0x") and len(named) == 42:
        return Address(named)
    return parties.party(office, one.issuer, named).wallet


def appointed(office: Office, one: Assembly, request: ProxyRequest) -> tuple[Party, Party, Address]:
    """The holder, the giver, and the proxy's wallet; no wallet where the appointment is taken back."""
    party = parties.party(office, one.issuer, request.holder)
    giver = parties.party(office, one.issuer, request.giver or request.holder)
    proxy = _wallet(office, one, request.proxy) if request.proxy else ZERO_ADDRESS
    return party, giver, proxy


def _custody(office: Office, party: Party) -> Signer | None:
    """The agent's key that opens a holder's account; None where he keeps his own wallet."""
    number = party.holder.custody
    if number is None or office.keys.custody is None:
        return None
    signer = office.keys.custody(number)
    return signer if signer.address == party.wallet else None


def _signer(office: Office, party: Party) -> Signer:
    found = _custody(office, party)
    if found is None:
        raise Invalid(
            f"{party.holder.id} keeps a wallet of his own: he appoints a proxy with it",
            field="holder",
        )
    return found


def _one_for_each(votes: Sequence[GivenVote]) -> list[GivenVote]:
    """The first vote of each holder: a later one of his is signed after it stands."""
    first: dict[str, GivenVote] = {}
    for one in votes:
        first.setdefault(one.holder, one)
    return list(first.values())


def _signed(office: Office, one: Assembly, vote: GivenVote) -> GivenVote:
    if vote.signature is not None:
        return vote
    dated = replace(vote, at=to_seconds(now_on_chain(office)))
    with office.book.reading() as tx:
        known = issuers.holders(tx, vote.issuer)
    (custody,) = [each.custody for each in known if each.wallet == vote.voter]
    assert office.keys.custody and custody is not None, "checked when it was taken down"
    typed = _typed(office, one.ballot, "Vote", VOTE, _vote_fields(dated))
    return replace(
        dated, signature="0x" + office.keys.custody(custody).sign_typed_data(typed).hex()
    )


def _batch(votes: Sequence[GivenVote]) -> tuple[list[tuple[Any, ...]], list[int]]:
    """The ballots and their marks, as `vote_signed` takes them."""
    rows: list[tuple[Any, ...]] = []
    marks: list[int] = []
    for one in votes:
        voter = ZERO_ADDRESS if one.voter == one.wallet else one.voter
        parts = _parts((one.signature or "")[2:])
        rows.append((one.wallet, voter, one.choices, one.at, len(one.marks), *parts))
        marks += one.marks
    return rows, marks


def _parts(signature: str) -> tuple[int, int, int]:
    """v, r, s of 65 bytes. Raises Invalid."""
    try:
        words = bytes.fromhex(signature)
    except ValueError:
        words = b""
    if len(words) != 65:
        raise Invalid("the signature is not 65 bytes in hexadecimal digits", field="signature")
    return words[64], int.from_bytes(words[:32]), int.from_bytes(words[32:64])


def _vote_fields(vote: GivenVote) -> dict[str, Any]:
    return {
        "meeting": vote.meeting,
        "holder": vote.wallet,
        "choices": vote.choices,
        "marks": list(vote.marks),
        "at": vote.at,
    }


def _typed(
    office: Office, place: Address, kind: str, shape: str, fields: Mapping[str, Any]
) -> dict[str, Any]:
    domain = {
        "name": "Freehold Ballot",
        "version": "1",
        "chainId": office.chain,
        "verifyingContract": place,
    }
    types = {"EIP712Domain": _members(_DOMAIN), kind: _members(shape)}
    return {"types": types, "primaryType": kind, "domain": domain, "message": dict(fields)}


def _members(shape: str) -> list[dict[str, str]]:
    pairs = (member.split(" ") for member in shape.split(","))
    return [{"type": kind, "name": name} for kind, name in pairs]


def _skipped(office: Office, one: Assembly, vote: GivenVote) -> str:
    """Why the contract skipped a vote, or refused its batch; nothing if it did not."""
    assert vote.instruction, "it was brought"
    with office.book.reading() as tx:
        done = instructions.find(tx, vote.instruction)  # type: ignore[arg-type]
    if done.state not in (State.SETTLED, State.MINED, State.SENT, State.SIGNED, State.APPROVED):
        return done.note or "the batch was refused"
    bring_up(office)
    with office.index.connect() as view:
        said = journal.events_of(view, [one.ballot], (e.VoteSkipped,))
    for logged in said:
        event = logged.event
        assert isinstance(event, e.VoteSkipped), "only these were asked for"
        here = logged.position.transaction == done.mined_hash
        if here and (event.meeting, event.holder) == (vote.meeting, vote.wallet):
            return vote_sentence(event.reason)
    return ""
