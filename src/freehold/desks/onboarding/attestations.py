"""What a registrar vouches for, signed away from the chain and brought there by anybody.

Three steps that need not happen in one place: `state` writes the message, reading the chain;
`sign` needs a key and nothing else; `submit` needs any funded key. An attestation (facts of a wallet)
and a passage (the kind of one transfer) work once, at one contract of one chain, until a deadline,
and only while the signer has the power ADMIT; the contract sees to all of it.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from freehold.book import issuers, people
from freehold.book.issuers import KnownInstrument, KnownIssuer
from freehold.book.people import Commitment, Wallet
from freehold.book.session import Transaction
from freehold.chain import contracts
from freehold.chain.contracts import call
from freehold.chain.signer import Signer
from freehold.core.attestation import ATTESTABLE, Attestation, Passage, Signed, typed_data
from freehold.core.claims import commitment
from freehold.core.clock import stamp, to_seconds
from freehold.core.errors import Conflict, Invalid
from freehold.core.evidence import Fact
from freehold.core.facts import Flags, Kind, Proof, pack_facts, replaced_by, unpack_facts
from freehold.core.ids import Address, checksummed, instruction_id, record_hash
from freehold.core.instruction import Instruction
from freehold.core.policy.gate import Judgement, judge
from freehold.core.policy.model import PROOF_NAMES, Policy, Stage
from freehold.core.reasons import message_for
from freehold.desks.office import Office, now_on_chain
from freehold.desks.onboarding import persons
from freehold.desks.onboarding.persons import Scheme, Standing
from freehold.desks.outbox.carrying import Asked, carry_out

_STOPPED = Flags.FROZEN | Flags.SANCTIONED


@dataclass(frozen=True, slots=True)
class Stated:
    """What was written for a registrar to sign; None with a code where a rule speaks against it, or
    with the facts that are missing to know."""

    message: Attestation | Passage | None
    code: int = 0
    reason: str = ""
    standing: Standing | None = None
    missing: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        return self.message is not None


@dataclass(frozen=True, slots=True)
class Transfer:
    """One transfer of base units that a registrar shall vouch for; `day` 0 is today."""

    instrument: str
    sender: Address
    receiver: Address
    units: int
    kind: Kind
    proofs: Proof
    key: str
    day: int = 0


def state(
    office: Office,
    issuer: str | None,
    person: str,
    wallet: Address,
    deadline: datetime,
    scheme: Scheme | None = None,
) -> Stated:
    """The facts of a person's wallet, ready to be signed: to admit it, or to change what is known.

    Raises NotFound, Conflict if the wallet belongs to another or was replaced, Invalid for a
    deadline that has passed.
    """
    _require_ahead(office, deadline)
    vault = office.people.vault()
    with office.book.transaction() as tx:
        owner = issuers.find(tx, issuer)
        who = people.find(tx, person)
        by = persons.scheme_for(office, tx, owner.id, scheme)
        persons.keep_scheme(office, tx, owner.register, by)
        found = persons.standing(office, tx, vault, who, by)
        if not found.admitted:
            return Stated(None, found.code, message_for(found.code), found)
        known = people.person_of(tx, owner.id, wallet)
        identity = known.identity if known else checksummed("0x" + secrets.token_hex(20))
        people.add_wallet(tx, Wallet(owner.id, wallet, person, identity), office.clock.now())
        claims = tuple(people.claims_of(tx, vault, person))
        salt = secrets.token_bytes(32)
        shown = Commitment(owner.id, commitment(salt, claims), salt, claims)
        people.keep_commitment(tx, vault, person, shown, office.clock.now())
    previous = _word(office, owner, wallet)
    kept = unpack_facts(previous).flags & _STOPPED if previous else Flags(0)
    row = pack_facts(found.facts(kept)) | int(wallet, 16)
    message = Attestation(
        office.chain,
        owner.register,
        wallet,
        row,
        identity,
        shown.commitment,
        previous,
        to_seconds(deadline),
    )
    return Stated(message, standing=found)


def passage(
    office: Office,
    issuer: str | None,
    asked: Transfer,
    deadline: datetime,
    facts: Mapping[str, Fact] | None = None,
) -> Stated:
    """One transfer of its kind and with its proofs, ready to be signed, if the rules would let it pass.

    The gate of the policy in force is asked first, with what is known of both persons and the `facts`
    that the registrar states (`offshore_transaction`, `form_144_filed` ...); then the token.
    Raises Invalid for a kind that nobody may vouch for, NotFound, and as `state`.
    """
    _require_ahead(office, deadline)
    if asked.kind not in ATTESTABLE:
        kinds = ", ".join(sorted(kind.name.lower() for kind in ATTESTABLE))
        raise Invalid(f"{asked.kind.name.lower()} is no kind to vouch for: {kinds}", field="kind")
    with office.book.reading() as tx:
        owner = issuers.find(tx, issuer)
        instrument = issuers.instrument_named(tx, owner.id, asked.instrument)
        policy = persons.policy_in_force(office, tx, instrument)
        gates = _gates(office, tx, owner, policy, asked, facts or {}) if policy else []
    for gate in gates:
        if not gate.allowed:
            words = gate.failures[0].text if gate.failures else "facts are missing"
            return Stated(None, gate.code, words, missing=tuple(sorted(gate.missing)))
    code = restriction(office, instrument, asked)
    if code:
        return Stated(None, code, message_for(code))
    id = instruction_id(f"passages {instrument.token}", office.keys.agent.address, asked.key)
    message = Passage(
        office.chain,
        instrument.token,
        contracts.read(office.w3, "SecurityToken", instrument.token, "name"),
        asked.sender,
        asked.receiver,
        asked.units,
        int(asked.kind),
        int(asked.proofs),
        id,
        asked.day,
        to_seconds(deadline),
    )
    return Stated(message)


def _gates(
    office: Office,
    tx: Transaction,
    owner: KnownIssuer,
    policy: Policy,
    asked: Transfer,
    stated: Mapping[str, Fact],
) -> list[Judgement]:
    """What the policy asks before each proof is attested: of the receiver, and whether the sender is
    an affiliate or either a bad actor. Who is no person of the book leaves his facts missing."""
    sender, receiver = (
        _known(office, tx, owner, policy, wallet) for wallet in (asked.sender, asked.receiver)
    )
    facts = {name: value for name, value in receiver.items() if name != "affiliate"}
    if "affiliate" in sender:
        facts["affiliate"] = sender["affiliate"]
    if sender.get("bad_actor"):
        facts["bad_actor"] = True
    facts |= {"kind": asked.kind.name.lower(), "amount": asked.units, **stated}
    facts.setdefault("today", now_on_chain(office).date())
    proofs = [name for name, proof in PROOF_NAMES.items() if proof & asked.proofs] or ["none"]
    return [judge(policy, Stage.ATTEST, {**facts, "proof": name}) for name in proofs]


def _known(
    office: Office, tx: Transaction, owner: KnownIssuer, policy: Policy, wallet: Address
) -> dict[str, Fact]:
    found = people.person_of(tx, owner.id, wallet)
    if found is None:
        return {}
    person = people.find(tx, found.person)
    if person.erased_at:
        return {}
    return persons.gate_facts(office, tx, office.people.vault(), person, policy)


def restriction(office: Office, instrument: KnownInstrument, asked: Transfer) -> int:
    """The code with which the chain would refuse a transfer of this kind now; 0 if it would pass."""
    code: int = contracts.read(
        office.w3,
        "SecurityToken",
        instrument.token,
        "restriction",
        asked.sender,
        asked.receiver,
        asked.units,
        int(asked.kind),
        int(asked.proofs),
    )
    return code


def sign(registrar: Signer, message: Attestation | Passage) -> Signed:
    """Sign a message; needs no ledger and no book."""
    signature = registrar.sign_typed_data(typed_data(message))
    return Signed(message, registrar.address, "0x" + signature.hex())


def submit(office: Office, signed: Signed, by: Signer | None = None) -> Instruction:
    """Bring a signed message to its contract, under the key of `by` (the agent's if left out).

    Raises Conflict with the contract's words where it is refused: forged, used before, expired, of
    somebody who is no registrar, stale; and where it is meant for another chain.
    """
    message, sender = signed.message, by or office.keys.agent
    if message.chain != office.chain:
        raise Conflict(f"it is signed for chain {message.chain}; this is chain {office.chain}")
    if isinstance(message, Attestation):
        data, what = _attest(signed, message), "submit an attestation"
    else:
        data, what = _transfer(signed, message), "submit a passage"
    key = record_hash([signed.registrar, signed.signature, data.hex()])
    scope = f"attestations {message.contract}"
    return carry_out(office, scope, [Asked(sender, message.contract, data, what, key)])[0]


def _attest(signed: Signed, message: Attestation) -> bytes:
    return call(
        "Holders",
        "attest",
        message.row,
        message.identity,
        bytes.fromhex(message.commitment[2:]),
        message.deadline,
        signed.registrar,
        bytes.fromhex(signed.signature[2:]),
    )


def _transfer(signed: Signed, message: Passage) -> bytes:
    nothing_named: list[int] = []
    return call(
        "SecurityToken",
        "transfer_attested",
        message.sender,
        message.receiver,
        message.units,
        message.kind,
        message.proofs,
        bytes.fromhex(message.instruction[2:]),
        message.day,
        message.deadline,
        signed.registrar,
        bytes.fromhex(signed.signature[2:]),
        nothing_named,
    )


def _word(office: Office, owner: KnownIssuer, wallet: Address) -> int:
    word: int = contracts.read(office.w3, "Holders", owner.register, "facts", wallet)
    if word and (newer := replaced_by(word)):
        raise Conflict(f"the wallet {wallet} was replaced by {newer}", wallet=wallet)
    return word


def _require_ahead(office: Office, deadline: datetime) -> None:
    now = now_on_chain(office)
    if deadline <= now:
        raise Invalid(
            f"the deadline {stamp(deadline)} has passed: the chain is at {stamp(now)}",
            field="deadline",
        )
