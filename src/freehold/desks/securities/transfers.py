"""Transfers as holders instruct them: decided by the chain, explained to people, posted if allowed.

A holder without a wallet of his own instructs the agent, who posts the transfer by the same rules that
bind everybody (17 CFR 240.17Ad-10). A refusal is an outcome, not an error: it has the code that the
chain gives, the sentence behind it, and the day on which it would pass where one can be told.
"""

from dataclasses import dataclass, replace
from datetime import date

from freehold.book import audit, instructions, issuers, requests, restraints
from freehold.book.issuers import KnownHolder, KnownInstrument, KnownIssuer
from freehold.book.requests import Request
from freehold.book.session import Transaction
from freehold.chain import contracts
from freehold.chain.contracts import Question, call
from freehold.core.audit import Entry, Outcome
from freehold.core.errors import Broken, Conflict, Invalid, Plain
from freehold.core.facts import Kind, Proof
from freehold.core.ids import Address, InstructionId, instruction_id, record_hash
from freehold.core.instruction import Instruction
from freehold.core.powers import Powers
from freehold.core.reasons import message_for
from freehold.core.registration import UNSIGNED, Signed
from freehold.core.roles import Power, holder_scope
from freehold.core.units import Units, parse_units
from freehold.desks import parties, permits
from freehold.desks.office import Office
from freehold.desks.outbox import orders
from freehold.desks.outbox.carrying import Asked, entered, was_asked
from freehold.desks.outbox.orders import Actor, Order
from freehold.desks.parties import Party
from freehold.desks.rules import explaining, restraining
from freehold.desks.rules.restraining import Answer
from freehold.desks.securities import holding

CLOCK_CODES = frozenset({124, 140, 142, 143, 144, 148})
"""Refusals that end by time alone."""
NO_PROOF = Proof(0)
SECOND_PERSON = "The issuer's rules let nobody transfer alone: the agent looks at it first."
KINDS = (
    Kind.SALE,
    Kind.GIFT,
    Kind.TRUST,
    Kind.ESTATE,
    Kind.DIVORCE,
    Kind.PLEDGE,
    Kind.FORECLOSE,
    Kind.TO_ISSUER,
    Kind.PUBLIC_SALE,
)
"""Kinds of transfer that may be posted; the others are acts of a power."""


@dataclass(frozen=True, slots=True)
class TransferRequest:
    """Base units from one holder (by id) to another. `lots` are vintages to take from, none: by age.

    `kind` and `proofs` are what the agent, who needs ACTION and ADMIT, attests about the transfer.
    `signed` says who signed the instruction, which a registration on file asks for; `by_holder`: he gave
    it himself, signed in as who he is.
    """

    instrument: str
    sender: str
    receiver: str
    units: Units
    key: str
    issuer: str | None = None
    kind: Kind = Kind.SALE
    proofs: Proof = NO_PROOF
    lots: tuple[int, ...] = ()
    signed: Signed | None = None
    by_holder: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """Whom and what a request speaks of, as the book knows them, and what the book says to it.

    `said` are signatures and papers; `restrained`: restraints or legends have to be looked at besides;
    `waits` why a second person would look at it first, empty if nobody would.
    """

    owner: KnownIssuer
    instrument: KnownInstrument
    sender: KnownHolder
    receiver: KnownHolder
    said: Answer
    restrained: bool
    waits: str


@dataclass(frozen=True, slots=True)
class Between:
    """The same with what the chain says: whose accounts they are now, and the code of a refusal."""

    written: Written
    sender: Party
    receiver: Party
    code: int


@dataclass(frozen=True, slots=True)
class TransferOutcome:
    """What became of a transfer, or would: `code` 0 if the rules let it pass (then `reason` says only
    why a power is lacking); `passes_on` where time alone would help; no `instruction`: nothing was sent.
    `held` is the proposal that waits for the agent, where the issuer's rules let nobody transfer alone
    or the holder's address changed lately; `waits` says beforehand why it would.
    """

    sender: str
    receiver: str
    units: int
    code: int
    reason: str
    passes_on: date | None
    instruction: Instruction | None
    key: str = ""
    held: str = ""
    waits: str = ""

    @property
    def allowed(self) -> bool:
        return self.code == 0 and not self.reason


def ask(office: Office, request: TransferRequest) -> TransferOutcome:
    """What the rules say to a transfer now; nothing is sent.

    Raises NotFound for an unknown holder or instrument.
    """
    return _ask(office, _between(office, request), request)


def transfer(office: Office, actor: Actor, request: TransferRequest) -> TransferOutcome:
    """Post a transfer if the rules allow it.

    Asked again under the same key, a transfer that was posted is not posted again. Raises as `ask`.
    """
    between = _between(office, request)
    scope, sent_by = _scope(between.written.instrument), actor.signer.address
    if not was_asked(office, scope, sent_by, request.key):
        asked_first = _ask(office, between, request)
        if not asked_first.allowed:
            return asked_first
    done = orders.carry(office, actor, transfer_order(office, actor, request))
    if done.refused:
        return _outcome(request, done.code, done.reason, None, None)
    return _outcome(request, 0, "", None, done.instructions[0])


def transfer_order(office: Office, actor: Actor, request: TransferRequest) -> Order:
    """The order that posts a transfer by the rules. Raises NotFound."""
    between = _between(office, request)
    scope, asked = _scope(between.written.instrument), (_posted(between, actor, request),)
    return Order("transfer", scope, request.key, asked, Powers.ACTION | Powers.ADMIT)


def ask_as(
    office: Office, who: permits.Actor, request: TransferRequest, amount: str = ""
) -> TransferOutcome:
    """As `ask`, for somebody who came through a door: he needs the power, and is recorded.

    The request names the instrument by its token; `amount` are its units as decimal text, where the
    door does not know the instrument's decimals. Raises NotPermitted besides, Invalid.
    """
    permits.require(who, Power.ASK_TRANSFER)
    with office.book.reading() as tx:
        owner, one = issuers.instrument_at(tx, office.chain, request.instrument)
        named = _permitted(who, Power.ASK_TRANSFER, owner, one, request, amount)
        written = _written(office, tx, owner, one, named)
    outcome = _ask(office, _met(office, written, named), named)
    with office.book.transaction() as tx:
        entry = _entry(who, "ask transfer", named, outcome)
        audit.record(tx, entry, office.clock.now())
    return outcome


def request_as(
    office: Office, who: permits.Actor, request: TransferRequest, amount: str = ""
) -> TransferOutcome:
    """Decide a transfer and, if the rules allow it, give it to the worker to post.

    The same actor's same key gives the same answer and posts nothing twice. The decision, the audit
    entry and the instruction stand in one transaction. `amount`: see `ask_as`. Raises NotFound,
    NotPermitted, Invalid, Conflict if the key was used for another request.
    """
    permits.require(who, Power.REQUEST_TRANSFER)
    with office.book.reading() as tx:
        owner, one = issuers.instrument_at(tx, office.chain, request.instrument)
        named = _permitted(who, Power.REQUEST_TRANSFER, owner, one, request, amount)
        digest = _digest(named)
        if known := requests.earlier(tx, who.id, named.key, digest):
            return _answered(tx, known, named)
        written = _written(office, tx, owner, one, named)
    between = _met(office, written, named)
    outcome = _ask(office, between, named)
    keyed = replace(named, key=f"{who.id} {named.key}")
    posted = _posted(between, orders.agent(office), keyed)
    with office.book.transaction() as tx:
        if known := requests.claim(tx, who.id, named.key, digest):
            return _answered(tx, known, named)
        if outcome.allowed:
            outcome = _given(office, tx, who, between, posted, outcome)
        _keep(office, tx, who, named, digest, outcome)
    return outcome


def _digest(request: TransferRequest) -> str:
    """What tells a request from another one under the same key."""
    asked = [request.instrument, request.sender, request.receiver, str(request.units)]
    if request.signed:
        signed = request.signed
        asked += [*sorted(signed.by), *sorted(signed.papers), signed.representative]
    return record_hash([*asked])[2:]


def _given(
    office: Office,
    tx: Transaction,
    who: permits.Actor,
    between: Between,
    posted: Asked,
    outcome: TransferOutcome,
) -> TransferOutcome:
    """Give an allowed transfer to the worker, or hold it where the issuer's rules say so."""
    owner, instrument = between.written.owner, between.written.instrument
    sender, receiver, units = between.sender, between.receiver, Units(outcome.units)
    act = holding.act_of(owner, instrument, sender.holder.id, receiver.holder.id, units)
    if not holding.is_held(tx, act, office.clock.now()):
        given = entered(office, tx, _scope(instrument), posted)
        return replace(outcome, instruction=given)
    found = holding.difference_of(office, owner, instrument, sender, receiver, units)
    return replace(outcome, held=holding.hold(office, tx, who, act, found).id)


def signed_by(request: TransferRequest) -> Signed | None:
    """Who has signed a request; None: the holder gives it himself."""
    return None if request.by_holder else request.signed or UNSIGNED


def decimals_of(office: Office, who: permits.Actor, token: str) -> int:
    """The decimals of an instrument whose transfers the actor may ask about. Raises NotFound."""
    permits.require_any(who, (Power.ASK_TRANSFER, None), (Power.REQUEST_TRANSFER, None))
    with office.book.reading() as tx:
        return issuers.instrument_at(tx, office.chain, token)[1].decimals


def _permitted(
    who: permits.Actor,
    power: Power,
    owner: KnownIssuer,
    instrument: KnownInstrument,
    request: TransferRequest,
    amount: str,
) -> TransferRequest:
    """The request with its issuer and its units; the power is required before anything is told of a
    holder."""
    permits.require(who, power, holder_scope(owner.id, request.sender))
    inside = permits.allows(who, Power.READ_REGISTER, owner.id)
    if not inside and not request.receiver.startswith("0x"):  # or he could find out who holds
        raise Invalid("name the receiver by his wallet, 0x and 40 digits", field="receiver")
    units = parse_units(amount, instrument.decimals) if amount else request.units
    return replace(request, issuer=owner.id, units=units, by_holder=not inside)


def _keep(
    office: Office,
    tx: Transaction,
    who: permits.Actor,
    request: TransferRequest,
    digest: str,
    outcome: TransferOutcome,
) -> None:
    """Record the decision, and keep it as the answer to the key."""
    now = office.clock.now()
    audit.record(tx, _entry(who, "request transfer", request, outcome), now)
    passes_on = outcome.passes_on.isoformat() if outcome.passes_on else None
    kept = {"code": outcome.code, "passes_on": passes_on, "held": outcome.held}
    id = outcome.instruction.id if outcome.instruction else None
    scope = holder_scope(request.issuer or "", request.sender)
    requests.keep(tx, Request(who.id, request.key, digest, scope, id, kept, now))


def _entry(
    who: permits.Actor, act: str, request: TransferRequest, outcome: TransferOutcome
) -> Entry:
    content: dict[str, Plain] = {
        "from": outcome.sender,
        "to": outcome.receiver,
        "units": str(outcome.units),
        "instruction": outcome.instruction.id if outcome.instruction else None,
    }
    ended = Outcome.DONE if outcome.allowed else Outcome.REFUSED
    return Entry(who.id, act, request.instrument, ended, outcome.code or None, content)


def _answered(tx: Transaction, known: Request, request: TransferRequest) -> TransferOutcome:
    code, on = int(known.outcome["code"]), known.outcome["passes_on"]
    instruction = (
        instructions.find(tx, InstructionId(known.instruction)) if known.instruction else None
    )
    passes_on = date.fromisoformat(on) if on else None
    outcome = _outcome(request, code, message_for(code) if code else "", passes_on, instruction)
    return replace(outcome, held=str(known.outcome.get("held", "")))


def _between(office: Office, request: TransferRequest) -> Between:
    """Whom and what a request speaks of, and what book and chain say. Raises NotFound."""
    with office.book.reading() as tx:
        owner = issuers.find(tx, request.issuer)
        instrument = issuers.instrument_named(tx, owner.id, request.instrument)
        written = _written(office, tx, owner, instrument, request)
    return _met(office, written, request)


def _written(
    office: Office,
    tx: Transaction,
    owner: KnownIssuer,
    instrument: KnownInstrument,
    request: TransferRequest,
) -> Written:
    """What the book says to a request. Raises NotFound."""
    named = (request.sender, request.receiver)
    sender, receiver = parties.holders(office, tx, owner, named)
    said, restrained, waits, now = restraining.NOTHING, False, "", office.clock.now()
    if restraints.anything_about(tx, owner.id, sender.id):
        signed = signed_by(request)
        said = restraining.instruction(tx, owner.id, sender.id, signed, day=now.date())
        restrained = restraining.concerns(tx, owner.id, sender.id, now)
        waits = restraining.waits(tx, owner.id, sender.id, now)
        act = holding.act_of(owner, instrument, sender.id, receiver.id, request.units)
        if not waits and holding.is_held(tx, act, now):
            waits = SECOND_PERSON
    return Written(owner, instrument, sender, receiver, said, restrained, waits)


def _met(office: Office, written: Written, request: TransferRequest) -> Between:
    """What the chain says to it, in one exchange where nobody's wallet was replaced. Raises NotFound."""
    owner, instrument = written.owner, written.instrument
    holders = giver, taker = (written.sender, written.receiver)
    restriction = _restriction(instrument, giver.wallet, taker.wallet, request)
    asked = [*parties.questions(owner, holders), restriction]
    *words, code = contracts.read_all(office.w3, asked)
    named = (request.sender, request.receiver)
    sender, receiver = parties.met(office, owner, named, holders, words)
    living = _restriction(instrument, sender.wallet, receiver.wallet, request)
    if living != restriction:
        [code] = contracts.read_all(office.w3, [living])
    return Between(written, sender, receiver, code)


def _restriction(
    instrument: KnownInstrument, sender: Address, receiver: Address, request: TransferRequest
) -> Question:
    kind, proofs = int(request.kind), int(request.proofs)
    arguments = (sender, receiver, request.units, kind, proofs)
    return Question("SecurityToken", instrument.token, "restriction", arguments)


def _scope(instrument: KnownInstrument) -> str:
    return f"transfers {instrument.token}"


def _posted(between: Between, actor: Actor, request: TransferRequest) -> Asked:
    """The call that posts a transfer by the rules, signed for by the actor."""
    instrument = between.written.instrument
    scope = _scope(instrument)
    id = orders.instruction_bytes(instruction_id(scope, actor.signer.address, request.key))
    data = call(
        "SecurityToken",
        "transfer_posted",
        between.sender.wallet,
        between.receiver.wallet,
        request.units,
        int(request.kind),
        int(request.proofs),
        id,
        0,
        list(request.lots),
    )
    what = f"post a {request.kind.name.lower().replace('_', ' ')}"
    return Asked(actor.signer, instrument.token, data, what, request.key)


def _ask(office: Office, between: Between, request: TransferRequest) -> TransferOutcome:
    """The chain's refusal first, with its day; then what the book says."""
    code, written = between.code, between.written
    if code:
        passes_on = _passes_on(office, written, request) if code in CLOCK_CODES else None
        return _outcome(request, code, message_for(code), passes_on, None)
    if written.said.code:
        return _outcome(request, written.said.code, written.said.sentence, None, None)
    if written.restrained:
        token, now = written.instrument.token, office.clock.now()
        found = restraining.of_records(
            office, written.owner.id, token, between.sender, request.units, now
        )
        if found.against:
            first = found.against[0]
            return _outcome(request, first.code, first.sentence, found.ends, None)
    return replace(_outcome(request, 0, "", None, None), waits=written.waits)


def _passes_on(office: Office, written: Written, request: TransferRequest) -> date | None:
    """The first day on which the same transfer passes, by all rules and the records; None if none can
    be told."""
    named = (request.sender, request.receiver)
    asked = explaining.Question(
        *named, request.units, request.kind, request.proofs, signed_by(request)
    )
    try:
        token = written.instrument.token
        return explaining.explain(office, written.owner.id, token, asked).passes_on
    except (Conflict, Broken):  # a policy that this book does not have
        return None


def _outcome(
    request: TransferRequest,
    code: int,
    reason: str,
    passes_on: date | None,
    instruction: Instruction | None,
) -> TransferOutcome:
    return TransferOutcome(
        request.sender,
        request.receiver,
        request.units,
        code,
        reason,
        passes_on,
        instruction,
        request.key,
    )
