"""What opening an account for a person takes: claims with their ids, the holder's row, the commitment.

Shared by whoever admits: at once and waiting for the chain (`onboarding`), or as one decision whose
instruction the worker sends (`reviewing`).
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

from freehold.book import issuers, people
from freehold.book.issuers import KnownHolder, KnownIssuer
from freehold.book.people import Commitment, Person, Wallet
from freehold.book.session import Transaction
from freehold.book.vault import Vault
from freehold.chain import contracts
from freehold.chain.contracts import call
from freehold.core.claims import Claim, commitment, read_claim
from freehold.core.errors import Conflict, NotPermitted
from freehold.core.facts import pack_facts
from freehold.core.ids import Address, canonical, checksummed
from freehold.desks.office import Office, now_on_chain
from freehold.desks.onboarding import persons
from freehold.desks.onboarding.persons import Scheme, Standing
from freehold.desks.outbox.carrying import Asked


@dataclass(frozen=True, slots=True)
class Opening:
    """An account that is about to be opened: for whom, in which class, and what the chain is shown."""

    owner: KnownIssuer
    holder: KnownHolder
    owned: Wallet
    shown: Commitment
    standing: Standing


def prepare(
    office: Office,
    tx: Transaction,
    vault: Vault,
    owner: KnownIssuer,
    person: Person,
    wallet: Address | None,
    scheme: Scheme | None = None,
) -> Opening | Standing:
    """Note everything that goes before the chain; the standing alone where no class takes the person.

    Raises Conflict if the wallet or the id belongs to another, NotPermitted without keys for others.
    """
    by = persons.scheme_for(office, tx, owner.id, scheme)
    persons.keep_scheme(office, tx, owner.register, by)
    found = persons.standing(office, tx, vault, person, by)
    if not found.admitted:
        return found
    holder = _holder_row(office, tx, owner, person, wallet)
    shown = _commit(office, tx, vault, owner, person)
    known = people.person_of(tx, owner.id, holder.wallet)
    identity = known.identity if known else checksummed("0x" + secrets.token_hex(20))
    owned = Wallet(owner.id, holder.wallet, person.id, identity)
    people.add_wallet(tx, owned, office.clock.now())
    return Opening(owner, holder, owned, shown, found)


def is_open(office: Office, made: Opening) -> bool:
    """Whether the wallet is in the register already."""
    register, wallet = made.owner.register, made.owned.wallet
    return bool(contracts.read(office.w3, "Holders", register, "facts", wallet))


def scope(owner: KnownIssuer) -> str:
    """What the keys of such acts belong to."""
    return f"facts {owner.id}"


def asked(office: Office, made: Opening) -> Asked:
    """The act that opens the account."""
    row = pack_facts(made.standing.facts()) | int(made.holder.wallet, 16)
    digest = bytes.fromhex(made.shown.commitment[2:])
    data = call("Holders", "admit_person", row, made.owned.identity, digest)
    key = f"admit {made.owned.person} {made.owned.wallet} {row:x}"
    return Asked(office.keys.agent, made.owner.register, data, "admit a person", key)


def make_claim(
    office: Office,
    tx: Transaction,
    vault: Vault,
    given: Mapping[str, str],
    own_names: Sequence[str] = (),
) -> Claim:
    """The claim with its id: blinded, so that it says nothing, and the same for the same content."""
    named = {"issuer": persons.OFFICE, **{key: text for key, text in given.items() if text}}
    claim = read_claim({**named, "id": "new"}, now_on_chain(office).date(), own_names)
    content = canonical({**named, "id": ""}).decode()
    return replace(claim, id=f"c-{people.blind(tx, vault, claim.subject, content)[:16]}")


def _holder_row(
    office: Office, tx: Transaction, owner: KnownIssuer, person: Person, wallet: Address | None
) -> KnownHolder:
    """The row of the holder in the register's list; the name in it is sealed and erased with the
    person."""
    every = issuers.holders(tx, owner.id)
    for one in every:
        if one.id == person.id and wallet in (None, one.wallet):
            return one
        if one.wallet == wallet:
            raise Conflict(f"the wallet {wallet} belongs to {one.id}", wallet=wallet)
        if one.id == person.id:
            raise Conflict(f"{person.id} has an account with another wallet, {one.wallet}")
    opened = [one for one in people.wallets(tx, person.id) if one.issuer == owner.id]
    if opened and wallet not in (None, opened[0].wallet):
        raise Conflict(f"{person.id} is being admitted with another wallet, {opened[0].wallet}")
    number = None
    if wallet is None:
        if office.keys.custody is None:
            raise NotPermitted(
                f"{person.id} has no wallet, and no key is kept for others: name one"
            )
        number, wallet = _next_custody(office, tx, owner, person)
    name = people.particulars(tx, office.people.vault(), person.id).name
    return KnownHolder(owner.id, person.id, name, str(person.kind), "", wallet, number)


def _next_custody(
    office: Office, tx: Transaction, owner: KnownIssuer, person: Person
) -> tuple[int, Address]:
    """The agent's next key that is nobody else's, also of whoever is just being admitted."""
    assert office.keys.custody, "it was asked for where keys are kept"
    taken = [one.custody for one in issuers.holders(tx, owner.id) if one.custody is not None]
    for number in count(max(taken, default=-1) + 1):
        wallet = office.keys.custody(number).address
        known = people.person_of(tx, owner.id, wallet)
        if known is None or known.person == person.id:
            return number, wallet
    raise AssertionError("there is always a next number")


def _commit(
    office: Office, tx: Transaction, vault: Vault, owner: KnownIssuer, person: Person
) -> Commitment:
    """A salted commitment to all claims of the person; asked again, the one that was made."""
    for one in people.commitments_of(tx, vault, person.id):
        if one.issuer == owner.id:
            return one
    claims = tuple(people.claims_of(tx, vault, person.id))
    salt = secrets.token_bytes(32)
    shown = Commitment(owner.id, commitment(salt, claims), salt, claims)
    people.keep_commitment(tx, vault, person.id, shown, office.clock.now())
    return shown
