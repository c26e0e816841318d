"""Why a transfer would be refused, when it would pass, and how much would pass now.

The chain is asked for the outcome; the policy in force explains it. Both look at the same facts: the
words of the register and of the token, the lots, the counts. They must agree, and if they do not
the explanation says so instead of guessing.
"""

from dataclasses import dataclass, replace
from datetime import date

from freehold.book import issuers
from freehold.book.issuers import KnownHolder, KnownInstrument, KnownIssuer
from freehold.chain import contracts
from freehold.core.clock import DAY_SECONDS, day_of, to_seconds
from freehold.core.errors import Broken, Conflict
from freehold.core.facts import Flags, Kind, Proof, unpack_facts, unpack_vintage
from freehold.core.policy import checks
from freehold.core.policy.case import BUILT_IN, NO_PROOFS, Case, Decision, Failure, Law
from freehold.core.policy.checks import Check
from freehold.core.policy.compile import Compiled, compile_policy
from freehold.core.policy.compiled import Lot, Moment, Party, is_same_person
from freehold.core.policy.decide import decide
from freehold.core.policy.persons import NOBODY, Person
from freehold.core.reasons import Reason, message_for
from freehold.core.registration import UNSIGNED, Signed
from freehold.core.roles import Power, holder_scope
from freehold.desks import parties, permits
from freehold.desks.office import Office, now_on_chain
from freehold.desks.permits import Actor
from freehold.desks.rules import restraining
from freehold.desks.rules.adoption import in_force
from freehold.desks.rules.policies import PolicyFile
from freehold.desks.rules.restraining import Records

_M32, _M96 = (1 << 32) - 1, (1 << 96) - 1
_PAUSED_OR_HALTED, _ACTIVE = (1 << 69) | (1 << 70), 1 << 68
_FROZEN_HERE = 1 << 216
NO_RECORDS = Records()


@dataclass(frozen=True, slots=True)
class Question:
    """A transfer asked about: holders by id, base units.

    `signed` says who has signed the instruction, which a registration on file asks for; None: the holder
    gives it himself, signed in as who he is.
    """

    sender: str
    receiver: str
    units: int
    kind: Kind = Kind.SALE
    proofs: Proof = NO_PROOFS
    signed: Signed | None = UNSIGNED


@dataclass(frozen=True, slots=True)
class Explanation:
    """The decision, the policy it comes from, and the code that a transfer would get on the day.

    `records` is what the agent's records say besides: where the rules let it pass, its first answer is
    the transfer's. `most` is the most base units that rules and records let pass now. `checks` are all
    rules that were looked at, those that refuse first.
    """

    question: Question
    policy: str
    policy_id: str
    code: int
    decision: Decision
    on: date
    records: Records = NO_RECORDS
    checks: tuple[Check, ...] = ()
    most: int = 0

    @property
    def allowed(self) -> bool:
        return self.code == 0

    @property
    def passes_on(self) -> date | None:
        """The first day on which it would pass, where time alone helps."""
        if self.decision.allowed:
            return self.records.ends
        return None if self.records.against else self.decision.would_pass_on

    @property
    def reason(self) -> str:
        """The sentence that goes with the code; empty if it passes."""
        said = self.records.against
        if self.decision.allowed and said:
            return said[0].sentence
        return message_for(self.code) if self.code else ""


def explain(office: Office, issuer: str | None, named: str, question: Question) -> Explanation:
    """Decide a transfer between two holders as the register stands now, with everything behind it.

    Raises Conflict where the policy in force is not in the book, Broken where chain and policy differ.
    """
    with office.book.reading() as tx:
        owner = issuers.find(tx, issuer)
        instrument = issuers.instrument_named(tx, owner.id, named)
    parted = parties.each(office, owner, (question.sender, question.receiver))
    seller, buyer = (replace(one.holder, wallet=one.wallet) for one in parted)
    sides = owner, instrument, seller, buyer
    force = in_force(office, instrument)
    if force.compiled is None and force.rules is None:
        raise Conflict(
            f"{instrument.name} obeys {force.name} ({force.id}), which is no policy of this book:"
            " adopt one with `freehold policy adopt`",
            policy=force.id,
        )
    code = contracts.read(
        office.w3, "SecurityToken", instrument.token, "restriction",
        seller.wallet, buyer.wallet, question.units, int(question.kind), int(question.proofs),
    )  # fmt: skip
    case = case_of(office, *sides, force.compiled, question)
    if force.compiled is None:
        assert force.rules is not None, "refused above"
        most = contracts.read(
            office.w3, "SecurityToken", instrument.token, "max_transferable",
            seller.wallet, buyer.wallet,
        )  # fmt: skip
        decision, listed = checks.starting(case, int(most), instrument.decimals, force.rules)
    else:
        policy = force.compiled.policy
        decision = _placed(decide(Law(policy), case), case, force.compiled, int(code))
        listed = checks.of_policy(decision, policy, question.kind)
    if code != decision.code:
        raise Broken(
            f"the chain answers {code} and the policy {decision.code}: this must not be;"
            " check that the policy of the book is the one in force",
            chain=int(code),
            policy=int(decision.code),
        )
    day = day_of(case.moment.today)
    found = Explanation(question, force.name, force.id, int(code), decision, day, checks=listed)
    return _with_records(office, owner, instrument, parted[0], found)


def _with_records(
    office: Office,
    owner: KnownIssuer,
    instrument: KnownInstrument,
    seller: parties.Party,
    found: Explanation,
) -> Explanation:
    """What the agent's records say besides, with the code that the transfer itself would get."""
    now, asked = office.clock.now(), found.question
    said = restraining.of_instruction(
        office, owner.id, instrument.token, seller, asked.units, asked.signed, now
    )
    code = found.code or (said.against[0].code if said.against else 0)
    against = tuple(Check(False, one.sentence, code=one.code) for one in said.against)
    words = () if against else ("No stop, claim, pledge or legend in the records", said.signed)
    clear = tuple(Check(True, one) for one in words if one)
    first = sum(one.passes is False for one in found.checks)
    listed = (*found.checks[:first], *against, *found.checks[first:], *clear)
    most = min(found.decision.largest, said.most)
    return replace(found, code=code, records=said, checks=listed, most=most)


def explain_as(
    office: Office, actor: Actor, token: str, question: Question, draft: PolicyFile | None = None
) -> Explanation:
    """As `explain`, for somebody at a door; under a draft, as if it were in force today.

    Under a draft the chain is not asked, and lots keep the clocks they have. Raises NotPermitted besides.
    """
    permits.require(actor, Power.ASK_POLICY)
    with office.book.reading() as tx:
        owner, instrument = issuers.instrument_at(tx, office.chain, token)
        permits.require(actor, Power.ASK_POLICY, owner.id)
        seller, buyer = (
            issuers.holder_named(tx, owner.id, one) for one in (question.sender, question.receiver)
        )
    if draft is None:
        return explain(office, owner.id, instrument.token, question)
    compiled = compile_policy(draft.parsed.policy)
    case = case_of(office, owner, instrument, seller, buyer, compiled, question)
    decided = decide(Law(compiled.policy), case)
    decision = _placed(decided, case, compiled, int(decided.code or Reason.NO_RESALE_PATH))
    day = day_of(case.moment.today)
    policy, code = compiled.policy, int(decision.code)
    listed = checks.of_policy(decision, policy, question.kind)
    found = Explanation(question, policy.name, compiled.id, code, decision, day, checks=listed)
    party = parties.party(office, owner, question.sender)
    return _with_records(office, owner, instrument, party, found)


def weigh(office: Office, who: Actor, token: str, question: Question) -> Explanation:
    """A refusal explained to whoever may ask about the transfer. Who reads no register hears what was
    found of the sender's own units, and of others only whether a rule passes.

    Raises NotPermitted, NotFound, Conflict, Broken.
    """
    with office.book.reading() as tx:
        owner, instrument = issuers.instrument_at(tx, office.chain, token)
    permits.require(who, Power.ASK_TRANSFER, holder_scope(owner.id, question.sender))
    inside = permits.allows(who, Power.READ_REGISTER, owner.id)
    asked = question if inside else replace(question, signed=None)
    found = explain(office, owner.id, instrument.token, asked)
    if inside:
        return found
    told = tuple(one if one.own else replace(one, detail="") for one in found.checks)
    return replace(found, checks=told)


def case_of(
    office: Office,
    owner: KnownIssuer,
    instrument: KnownInstrument,
    seller: KnownHolder,
    buyer: KnownHolder,
    compiled: Compiled | None,
    question: Question,
) -> Case:
    """The facts of a transfer as the chain has them now; `compiled` None under the starting rules."""
    state = _ask(office, instrument, "state")
    sender, receiver = (_party(office, owner, instrument, one) for one in (seller, buyer))
    moment = Moment(
        to_seconds(now_on_chain(office)) // DAY_SECONDS,
        bool(state & _PAUSED_OR_HALTED),
        state >> 56 & 0xFFF,
        state >> 140 & (1 << 28) - 1,
    )
    if compiled is None:
        return Case(sender, receiver, question.units, moment, question.kind, question.proofs)
    return Case(
        sender,
        receiver,
        question.units,
        moment,
        question.kind,
        question.proofs,
        _person(compiled, sender, seller),
        _person(compiled, receiver, buyer),
        active=bool(state & _ACTIVE),
        informed_until=_ask(office, instrument, "informed_until"),
        counts=_counts(office, instrument, compiled, state),
        standing=compiled.rules.reacquired,
    )


def _placed(decision: Decision, case: Case, compiled: Compiled, code: int) -> Decision:
    """The decision where a party stands in a class that this policy does not have, because another one
    placed him: what holds for every policy comes first, then that, and nothing passes."""
    without = [
        side
        for side, party in (("sender", case.sender), ("receiver", case.receiver))
        if party.facts is not None and party.of_class not in compiled.members
    ]
    if not without or code == decision.code or is_same_person(case.sender, case.receiver):
        return decision
    always = tuple(one for one in decision.failures if one.rule == BUILT_IN)
    text = f"This policy has no class for the {without[0]}, whom an earlier one placed"
    way_out = "A review places a holder in a class of the policy in force."
    here = Failure(Reason(code), BUILT_IN, text, way_out=way_out)
    return Decision(always or (here,), (), None, 0)


def _ask(office: Office, instrument: KnownInstrument, view: str, *arguments: int) -> int:
    return int(contracts.read(office.w3, "SecurityToken", instrument.token, view, *arguments))


def _party(
    office: Office, owner: KnownIssuer, instrument: KnownInstrument, holder: KnownHolder
) -> Party:
    word = contracts.read(office.w3, "Holders", owner.register, "facts", holder.wallet)
    if not word:
        return Party()
    facts = unpack_facts(word)
    linked = contracts.read(
        office.w3, "Holders", owner.register, "accounts_of_person", facts.account
    )
    accounts = [linked >> 32 * n & _M32 for n in range(8)] if facts.flags & Flags.MULTI else []
    others = [one for one in accounts if one and one != facts.account]
    account = _ask(office, instrument, "account_word", facts.account)
    elsewhere = sum(_ask(office, instrument, "account_word", one) & _M96 for one in others)
    return Party(
        facts,
        account & _M96,
        account >> 96 & _M96,
        bool(account & _FROZEN_HERE),
        _lots(office, instrument, facts.account),
        accounts[0] if accounts else facts.account,
        elsewhere,
    )


def _lots(office: Office, instrument: KnownInstrument, account: int) -> tuple[Lot, ...]:
    w3, token = office.w3, instrument.token
    found = []
    for lot in contracts.read(w3, "SecurityToken", token, "lots_of", account):
        terms = contracts.read(w3, "SecurityToken", token, "vintages", lot >> 96)
        found.append(Lot(lot >> 96, lot & _M96, unpack_vintage(terms)))
    return tuple(found)


def _person(compiled: Compiled, party: Party, holder: KnownHolder) -> Person:
    """Somebody of the class that the register has for him; the rules cannot tell members apart."""
    members = compiled.members.get(party.of_class, ())
    person = members[0] if members else NOBODY
    return Person(person.attributes, person.country or holder.country)


def _counts(
    office: Office, instrument: KnownInstrument, compiled: Compiled, state: int
) -> dict[str, int]:
    counted = _ask(office, instrument, "group_counts")
    counts: dict[str, int] = {}
    groups = 0
    for cap in compiled.policy.caps:
        if cap.is_of_all:
            counts[cap.id] = state >> 140 & (1 << 28) - 1
        elif not cap.per_person:
            counts[cap.id] = counted >> 32 * groups & _M32
            groups += 1
    return counts
